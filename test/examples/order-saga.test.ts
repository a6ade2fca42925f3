/** The order saga: what is given back and in which order, approval and its limit, what cannot be undone, and the program. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Clock, Duration, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import { CompensationFailed } from "sluice"
import * as Testing from "sluice/testing"
import { order } from "../../examples/order-saga/order.ts"
import { program } from "../../examples/order-saga/program.ts"
import {
  CardClosed,
  CardDeclined,
  Couriers,
  NoCourier,
  type OrderRequest,
  OutOfStock,
  Payments,
  Stock,
  Unavailable
} from "../../examples/order-saga/services.ts"
import { errorOf, settle, valueOf } from "../support/runs.ts"

interface Overrides {
  readonly stock?: Partial<Stock["Service"]>
  readonly payments?: Partial<Payments["Service"]>
  readonly couriers?: Partial<Couriers["Service"]>
}

/** A shop in which everything goes well, except for what is overridden, and which notes what was done. */
const openShop = ({ couriers, payments, stock }: Overrides = {}) => {
  const done: Array<string> = []
  const note = (what: string) => Effect.sync(() => void done.push(what))
  const services = Layer.mergeAll(
    Layer.succeed(Stock)({
      reserve: (item) => Effect.as(note(`reserve ${item}`), { reservation: item }),
      release: ({ reservation }) => note(`release ${reservation}`),
      ...stock
    }),
    Layer.succeed(Payments)({
      charge: (card, cents) => Effect.as(note(`charge ${cents}`), { card, cents }),
      refund: ({ cents }) => note(`refund ${cents}`),
      ...payments
    }),
    Layer.succeed(Couriers)({
      collect: () => Effect.as(note("collect"), "T-7"),
      ...couriers
    })
  )
  return { done, note, services }
}

const lamp: OrderRequest = { id: "7", item: "lamp", cents: 4_000, card: "blue", address: "1 High Street" }
const piano: OrderRequest = { ...lamp, item: "piano", cents: 900_000 }

const noCourier = { collect: (address: string) => Effect.fail(new NoCourier({ address })) }
const down = Effect.fail(new Unavailable({ service: "test" }))

describe("an order", () => {
  it.effect("is shipped, and keeps what it took", () =>
    Effect.gen(function* () {
      const { done, services } = openShop()
      expect(yield* order.run(lamp).pipe(Effect.provide(services))).toEqual({
        _tag: "Shipped",
        payload: { tracking: "T-7" }
      })
      expect(done).toEqual(["reserve lamp", "charge 4000", "collect"])
    })
  )

  it.effect.each([
    ["there is no lamp left", { stock: { reserve: (item: string) => Effect.fail(new OutOfStock({ item })) } }, []],
    [
      "the blue card was declined",
      { payments: { charge: (card: string) => Effect.fail(new CardDeclined({ card })) } },
      ["reserve lamp", "release lamp"]
    ],
    [
      "no courier goes to 1 High Street",
      { couriers: noCourier },
      ["reserve lamp", "charge 4000", "refund 4000", "release lamp"]
    ]
  ] as const)("is cancelled because %s, and gives everything back in reverse", ([reason, overrides, expected]) =>
    Effect.gen(function* () {
      const { done, services } = openShop(overrides)
      expect(yield* order.run(lamp).pipe(Effect.provide(services))).toEqual({ _tag: "Cancelled", payload: { reason } })
      expect(done).toEqual(expected)
    })
  )

  it.effect.each([
    ["the stock", { stock: { reserve: () => down } }, []],
    ["the bank", { payments: { charge: () => down } }, ["reserve lamp", "release lamp"]],
    [
      "the courier",
      { couriers: { collect: () => down } },
      ["reserve lamp", "charge 4000", "refund 4000", "release lamp"]
    ]
  ] as const)("is abandoned when %s stays down, after 1, 2 and 4 seconds", ([, overrides, expected]) =>
    Effect.gen(function* () {
      const { done, services } = openShop(overrides)
      Testing.assertReport(yield* Testing.run(order, lamp).pipe(Effect.provide(services)), {
        outcome: { _tag: "Abandoned", payload: { reason: "test did not answer" } },
        duration: "7 seconds"
      })
      expect(done).toEqual(expected)
    })
  )

  it.effect("is shipped by a courier who answers the fourth time, and is charged once", () =>
    Effect.gen(function* () {
      let asked = 0
      const { done, services } = openShop({
        couriers: { collect: () => Effect.suspend(() => (++asked < 4 ? down : Effect.succeed("T-8"))) }
      })
      expect(yield* valueOf(order.run(lamp).pipe(Effect.provide(services)))).toEqual({
        _tag: "Shipped",
        payload: { tracking: "T-8" }
      })
      expect(done).toEqual(["reserve lamp", "charge 4000"])
    })
  )
})

describe("a large order", () => {
  it.effect.each([
    [100_000, "Shipped"],
    [100_001, "Cancelled"]
  ] as const)("of %i cents ends as %s without an approval", ([cents, ending]) =>
    Effect.gen(function* () {
      const { services } = openShop()
      const report = yield* Testing.run(order, { ...piano, cents }).pipe(Effect.provide(services))
      Testing.assertReport(report, { outcome: ending, duration: ending === "Shipped" ? 0 : "2 days" })
    })
  )

  it.effect("is shipped once it is approved, by the id of its run", () =>
    Effect.gen(function* () {
      const { done, services } = openShop()
      const run = yield* Effect.forkChild(order.run(piano, { id: "P-1" }).pipe(Effect.provide(services)))
      yield* TestClock.adjust("47 hours")
      expect(done).toEqual(["reserve piano"])
      yield* order.signal("P-1", "Approval", { by: "Grace" })
      expect(yield* Fiber.join(run)).toMatchObject({ _tag: "Shipped" })
      expect(done).toEqual(["reserve piano", "charge 900000", "collect"])
    })
  )

  it.effect("is cancelled when it is refused, and the piano is back in stock", () =>
    Effect.gen(function* () {
      const { done, services } = openShop()
      const refusal = { by: "Grace", reason: "it is the third one" }
      const report = yield* Testing.run(order, piano, {
        signals: [{ at: "1 hour", signal: "Refusal", payload: refusal }]
      }).pipe(Effect.provide(services))
      Testing.assertReport(report, {
        path: ["Reserve", "Review", "Cancelled"],
        outcome: { _tag: "Cancelled", payload: { reason: "Grace refused it: it is the third one" } },
        compensations: ["Reserve"]
      })
      expect(done).toEqual(["reserve piano", "release piano"])
    })
  )

  it.effect("waits for its approval for two days and no longer", () =>
    Effect.gen(function* () {
      const { done, services } = openShop()
      const run = yield* order.fork(piano).pipe(Effect.provide(services))
      yield* TestClock.adjust(Duration.subtract(Duration.days(2), Duration.millis(1)))
      expect(yield* run.state).toBe("Review")
      yield* TestClock.adjust("1 milli")
      expect(yield* Fiber.join(run.fiber)).toEqual({ _tag: "Cancelled", payload: { reason: "nobody approved it" } })
      expect(done).toEqual(["reserve piano", "release piano"])
      expect(yield* Effect.flip(run.signal("Approval", { by: "Grace" }))).toMatchObject({ _tag: "RunNotFound" })
    })
  )
})

describe("an order that is interrupted", () => {
  it.effect("while it waits for a courier gives back money and stock", () =>
    Effect.gen(function* () {
      const { done, services } = openShop({ couriers: { collect: () => Effect.never } })
      const report = yield* Testing.run(order, lamp, { interruptAt: "1 minute" }).pipe(Effect.provide(services))
      Testing.assertReport(report, { exit: Exit.interrupt(), compensations: ["Charge", "Reserve"] })
      expect(done).toEqual(["reserve lamp", "charge 4000", "refund 4000", "release lamp"])
    })
  )

  it.effect("while it is being charged finishes that, so that it can give it back", () =>
    Effect.gen(function* () {
      const { done, note, services } = openShop({
        payments: {
          charge: (card, cents) =>
            Effect.sleep("5 seconds").pipe(Effect.andThen(note("charge")), Effect.as({ card, cents }))
        }
      })
      const report = yield* Testing.run(order, lamp, { interruptAt: "1 second" }).pipe(Effect.provide(services))
      Testing.assertReport(report, { exit: Exit.interrupt(), duration: "5 seconds" })
      expect(done).toEqual(["reserve lamp", "charge", "refund 4000", "release lamp"])
    })
  )
})

describe("a refund that fails", () => {
  it.effect("is tried four times, a minute apart, and made good if the last one succeeds", () =>
    Effect.gen(function* () {
      const refundedAt: Array<number> = []
      const { done, note, services } = openShop({
        couriers: noCourier,
        payments: {
          refund: () =>
            Effect.flatMap(Clock.currentTimeMillis, (now) => (refundedAt.push(now) < 4 ? down : note("refund")))
        }
      })
      const report = yield* Testing.run(order, lamp).pipe(Effect.provide(services))
      Testing.assertReport(report, {
        outcome: "Cancelled",
        compensations: ["Charge", "Reserve"],
        duration: "3 minutes"
      })
      expect(refundedAt).toEqual([0, 60_000, 120_000, 180_000])
      expect(done).toEqual(["reserve lamp", "charge 4000", "refund", "release lamp"])
    })
  )

  it.effect("is listed with its payload, and does not keep the stock", () =>
    Effect.gen(function* () {
      const { done, services } = openShop({
        couriers: noCourier,
        payments: { refund: ({ card }) => Effect.fail(new CardClosed({ card })) }
      })
      const error = errorOf(yield* settle(order.run(lamp, { id: "S-1" }).pipe(Effect.provide(services))))
      expect(error).toBeInstanceOf(CompensationFailed)
      expect(error).toMatchObject({
        workflow: "OrderSaga",
        runId: "S-1",
        cause: Cause.empty,
        failures: [
          {
            workflow: "OrderSaga",
            state: "Charge",
            target: "Ship",
            payload: { card: "blue", cents: 4_000 },
            cause: Cause.fail(new CardClosed({ card: "blue" }))
          }
        ],
        untried: []
      })
      expect(done).toEqual(["reserve lamp", "charge 4000", "release lamp"])
    })
  )
})

describe("the program", () => {
  const account = [
    "S-1: book",
    "  reserved: book",
    "  charged: 15.00 euros",
    "  collected",
    "  shipped as T-1",
    "S-2: book",
    "  reserved: book",
    "  charged: 15.00 euros",
    "  refunded: 15.00 euros",
    "  back in stock: book",
    "  cancelled: no courier goes to The Island",
    "S-3: piano",
    "  reserved: piano",
    "  charged: 9000.00 euros",
    "  collected",
    "  shipped as T-1",
    "S-4: piano",
    "  reserved: piano",
    "  back in stock: piano",
    "  cancelled: nobody approved it",
    "S-5: book",
    "  reserved: book",
    "  back in stock: book",
    "  abandoned: the bank did not answer",
    "S-6: book",
    "  reserved: book",
    "  charged: 15.00 euros",
    "  back in stock: book",
    '  not undone: Charge {"card":"lost","cents":1500}, CardClosed: the lost card is closed'
  ]

  it.effect("ends six orders in every way there is", () =>
    Effect.gen(function* () {
      yield* program
      expect(yield* TestConsole.logLines).toEqual(account)
    })
  )

  it("runs as a program of its own", () => {
    const register = new URL("../support/register.mjs", import.meta.url).href
    const main = fileURLToPath(new URL("../../examples/order-saga/main.ts", import.meta.url))
    const output = execFileSync(process.execPath, ["--import", register, main], { encoding: "utf8" })
    expect(output.trimEnd().split("\n")).toEqual(account)
  })
})
