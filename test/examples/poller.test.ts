/** The poller: when it asks, what it bears, the rest until the next day, the circuit of a carrier, and the program. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import { Carriers, parcel, type Shipment, Unavailable, type Whereabouts } from "../../examples/poller/parcel.ts"
import { breaker, program } from "../../examples/poller/program.ts"
import { ended } from "../support/runs.ts"

type Answer = Effect.Effect<Whereabouts, Unavailable>

/** Carriers that answer each question in turn, the last way from then on, and that note when they were asked. */
const openCarriers = (first: Answer, ...others: ReadonlyArray<Answer>) => {
  const answers = [first, ...others]
  const askedAt: Array<number> = []
  const asked: Array<string> = []
  const carriers = Layer.succeed(Carriers)({
    locate: (_, number) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        asked.push(number)
        askedAt.push(Duration.toMinutes(now))
        return answers[Math.min(askedAt.length, answers.length) - 1] ?? first
      })
  })
  return { asked, askedAt, services: Layer.merge(carriers, breaker) }
}

const onItsWay = Effect.succeed("on its way" as const)
const delivered = Effect.succeed("delivered" as const)
const down = Effect.fail(new Unavailable({ carrier: "Heron" }))

const shipment: Shipment = { number: "H-1", carrier: "Heron", daysLeft: 2 }

/** Follows a parcel for a week. */
const follow = (shipment: Shipment) =>
  Effect.gen(function* () {
    const run = yield* Effect.forkChild(parcel.run(shipment))
    yield* TestClock.adjust("1 week")
    return yield* ended(run)
  })

describe("a parcel", () => {
  it.effect.each([
    ["Delivered", delivered],
    ["Lost", Effect.succeed("lost" as const)]
  ] as const)("is found to be %s the third time its carrier is asked", ([ending, answer]) => {
    const { askedAt, services } = openCarriers(onItsWay, onItsWay, answer)
    return Effect.gen(function* () {
      expect(yield* follow(shipment)).toMatchObject({ _tag: ending })
      expect(askedAt).toEqual([0, 20, 40])
    }).pipe(Effect.provide(services))
  })

  it.effect("is asked for during an hour a day, and is overdue when the days are over", () => {
    const { askedAt, services } = openCarriers(onItsWay)
    return Effect.gen(function* () {
      expect(yield* follow(shipment)).toMatchObject({ _tag: "Overdue" })
      const nextDay = 60 + 24 * 60
      expect(askedAt).toEqual([0, 20, 40, 60, nextDay, nextDay + 20, nextDay + 40, nextDay + 60])
    }).pipe(Effect.provide(services))
  })

  it.effect("goes on to the next day as one visit of its state after another", () => {
    const { services } = openCarriers(onItsWay)
    return Effect.gen(function* () {
      const step = yield* Effect.forkChild(parcel.step("Track", shipment))
      yield* TestClock.adjust("1 hour")
      expect(yield* ended(step)).toEqual({
        _tag: "Track",
        payload: { ...shipment, daysLeft: 1 },
        after: Duration.days(1)
      })
    }).pipe(Effect.provide(services))
  })
})

describe("a carrier that fails", () => {
  it.effect("now and then is borne", () => {
    const { askedAt, services } = openCarriers(down, onItsWay, down, delivered)
    return Effect.gen(function* () {
      expect(yield* follow(shipment)).toMatchObject({ _tag: "Delivered" })
      expect(askedAt).toEqual([0, 20, 40, 60])
    }).pipe(Effect.provide(services))
  })

  it.effect("twice in a row is asked again the next day", () => {
    const { askedAt, services } = openCarriers(down, down, delivered)
    return Effect.gen(function* () {
      expect(yield* follow(shipment)).toMatchObject({ _tag: "Delivered" })
      expect(askedAt).toEqual([0, 20, 20 + 24 * 60])
    }).pipe(Effect.provide(services))
  })

  it.effect("for two parcels is not asked for a third, and others are", () => {
    const { asked, services } = openCarriers(down, down, down, down, delivered)
    const ofGull = { ...shipment, carrier: "Gull" }
    return Effect.gen(function* () {
      yield* Effect.forkChild(parcel.run({ ...ofGull, number: "G-1" }))
      yield* Effect.forkChild(parcel.run({ ...ofGull, number: "G-2" }))
      yield* TestClock.adjust("1 hour")
      yield* Effect.forkChild(parcel.run({ ...ofGull, number: "G-3" }))
      yield* TestClock.adjust("20 minutes")
      expect(asked).toEqual(["G-1", "G-2", "G-1", "G-2"])
      expect(yield* parcel.run(shipment)).toMatchObject({ _tag: "Delivered" })
      yield* TestClock.adjust("3 days")
      // The first to come on the next day asks for all; the others follow when its answer closes the circuit.
      expect(asked.slice(4)).toEqual(["H-1", "G-1", "G-2", "G-3"])
    }).pipe(Effect.provide(services))
  })

  it.effect("is not what a slow parcel is taken for", () => {
    const { asked, services } = openCarriers(onItsWay)
    return Effect.gen(function* () {
      yield* Effect.forkChild(parcel.run(shipment))
      yield* Effect.forkChild(parcel.run({ ...shipment, number: "H-2" }))
      yield* TestClock.adjust("2 hours")
      yield* Effect.forkChild(parcel.run({ ...shipment, number: "H-3" }))
      yield* TestClock.adjust("1 minute")
      expect(asked.at(-1)).toBe("H-3")
    }).pipe(Effect.provide(services))
  })
})

describe("the program", () => {
  const account = [
    "day 1, 0:00  H-4 is lost",
    "day 1, 0:00  Gull does not answer for G-1",
    "day 1, 0:00  Gull does not answer for G-2",
    "day 1, 0:20  Gull does not answer for G-1",
    "day 1, 0:20  Gull does not answer for G-2",
    "day 1, 0:40  H-1 is delivered",
    "day 2, 0:20  Gull does not answer for G-1",
    "day 2, 0:40  Gull does not answer for G-1",
    "day 2, 1:00  H-2 is delivered",
    "day 3, 0:20  G-2 is delivered",
    "day 3, 0:40  G-1 is delivered",
    "day 3, 1:00  G-3 is delivered",
    "day 3, 3:00  H-3 is overdue"
  ]

  it.effect("follows seven parcels for three days", () =>
    Effect.gen(function* () {
      yield* program
      expect(yield* TestConsole.logLines).toEqual(account)
    })
  )

  it("runs as a program of its own", () => {
    const register = new URL("../support/register.mjs", import.meta.url).href
    const main = fileURLToPath(new URL("../../examples/poller/main.ts", import.meta.url))
    const output = execFileSync(process.execPath, ["--import", register, main], { encoding: "utf8" })
    expect(output.trimEnd().split("\n")).toEqual(account)
  })
})
