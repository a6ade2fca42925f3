/** Workflows that call others: whose steps are undone, when, and with which services. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Fiber, Layer, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, RunTimeout, Workflow } from "sluice"
import {
  bookedTable,
  Desk,
  Journey,
  journey,
  NoTable,
  noTable,
  type Pay,
  Stay,
  silentTable,
  sleep,
  stay,
  type Table
} from "../support/journey.ts"
import { Boom, ended, errorOf, failureOf, isInterrupted, settle, valueOf } from "../support/runs.ts"
import { endingOf, Ledger } from "../support/saga.ts"

const boom = new Boom({ id: "pay" })

const refused: Pay<Boom> = () => Effect.fail(boom)

/** A run with a stay whose desk writes what it cancels. */
const withStay = <A, E>(ledger: Ledger, table: Table, run: Effect.Effect<A, E, Stay>) =>
  Effect.provide(run, Layer.provide(stay(table), Desk.writing(ledger)))

describe("a called workflow that reached an exit", () => {
  it.effect("is undone when its caller fails later, between the caller's own steps", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = withStay(ledger, bookedTable, journey(ledger, sleep, refused).run("Rome"))
      expect(yield* failureOf(run)).toBe(boom)
      expect(ledger.undone).toEqual(["car", "table 9", "room in Rome", "flight"])
    })
  )

  it.effect("is undone however the caller ends", () =>
    Effect.gen(function* () {
      const endings: ReadonlyArray<{ readonly ending: string; readonly pay: Pay<Boom> }> = [
        { ending: "fail", pay: refused },
        { ending: "die", pay: () => Effect.die("dead") },
        { ending: "timeout", pay: () => Effect.never },
        { ending: "interrupt", pay: () => Effect.never }
      ]
      for (const { ending, pay } of endings) {
        const ledger = new Ledger()
        const options = ending === "timeout" ? { timeout: "1 minute" as const } : {}
        const run = withStay(ledger, bookedTable, journey(ledger, sleep, pay).run("Rome", options))
        const fiber = yield* Effect.forkChild(run)
        yield* TestClock.adjust("2 minutes")
        if (ending === "interrupt") yield* Fiber.interrupt(fiber)
        expect({ ended: endingOf(ended(fiber)), undone: ledger.undone }).toEqual({
          ended: ending,
          undone: ["car", "table 9", "room in Rome", "flight"]
        })
      }
    })
  )

  it.effect("is undone when the caller ends at an exit that rolls back, and kept at any other", () =>
    Effect.gen(function* () {
      const off = new Ledger()
      yield* valueOf(withStay(off, bookedTable, journey(off, sleep, ({ to }) => Effect.succeed(to.Off())).run("Rome")))
      expect(off.undone).toEqual(["car", "table 9", "room in Rome", "flight"])
      const done = new Ledger()
      const paid = journey(done, sleep, ({ payload, to }) => Effect.succeed(to.Done(payload))).run("Rome")
      expect(yield* valueOf(withStay(done, bookedTable, paid))).toEqual({ _tag: "Done", payload: "table 9" })
      expect(done.undone).toEqual([])
    })
  )

  it.effect("is undone with the services of its Layer, whatever the caller has", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = withStay(ledger, bookedTable, journey(ledger, sleep, refused).run("Rome"))
      yield* settle(Effect.provide(run, Desk.writing(ledger, "not this desk: ")))
      expect(ledger.undone).toEqual(["car", "table 9", "room in Rome", "flight"])
    })
  )

  it.effect("is undone with its own input and the id of its own run, and told why", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      class Inner extends Workflow.define("Inner")
        .failure(CompensationFailed)
        .store({ note: Schema.String })
        .state("Only", Schema.String, ["Done"])
        .exit("Done", Schema.Number)
        .start("Only") {}
      class Outer extends Workflow.define("Outer")
        .state("Call", Schema.Number, ["Last"])
        .state("Last", Schema.Number, ["Done"])
        .exit("Done", Schema.Number)
        .start("Call") {}
      const inner = Inner.layer({
        Only: Inner.task("Only", function* ({ payload, store, to }) {
          yield* store.set("note", "kept")
          return to.Done(payload.length)
        }).compensate({
          Done: ({ cause, input, payload, run, store }) =>
            Effect.map(store.getOption("note"), (note) => {
              seen.push({ input, payload, id: run.id, note: Option.getOrNull(note), why: Cause.squash(cause) })
            })
        })
      })
      const outer = Outer.implement({
        Call: Outer.call("Call", Inner, ({ payload }) => "x".repeat(payload), {
          Done: ({ result, to }) => to.Last(result)
        }),
        Last: ({ payload, to }) => (payload < 0 ? Effect.succeed(to.Done(0)) : Effect.fail(boom))
      })
      yield* settle(Effect.provide(outer.run(3, { id: "run-1" }), inner))
      expect(seen).toEqual([{ input: "xxx", payload: 3, id: "run-1/Call", note: "kept", why: boom }])
    })
  )
})

describe("a called workflow that fails", () => {
  it.effect("has rolled itself back before its caller's catch sees the failure", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const call = sleep.catchTag("NoTable", ({ error, to }) => to.Home([error.at, ...ledger.undone]))
      const run = withStay(ledger, noTable, journey(ledger, call, refused).run("Rome"))
      expect((yield* valueOf(run)).payload).toEqual(["nine", "room in Rome"])
      expect(ledger.undone).toEqual(["room in Rome"])
    })
  )

  it.effect("has rolled itself back before each time it is tried again", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      let asked = 0
      const thirdTime: Table = (context) => (++asked < 3 ? noTable(context) : bookedTable(context))
      const run = withStay(ledger, thirdTime, journey(ledger, sleep.retry({ times: 5 }), refused).run("Rome"))
      expect(yield* failureOf(run)).toBe(boom)
      expect(ledger.undone).toEqual(["room in Rome", "room in Rome", "car", "table 9", "room in Rome", "flight"])
    })
  )

  it.effect("and is not caught, ends its caller, which is undone after it", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = withStay(ledger, noTable, journey(ledger, sleep, refused).run("Rome"))
      expect(yield* failureOf(run)).toEqual(new NoTable({ at: "nine" }))
      expect(ledger.undone).toEqual(["room in Rome", "flight"])
    })
  )

  it.effect("because its caller's state takes too long, has rolled itself back before a catch sees that", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const call = sleep.timeout("1 second").catchTag("StateTimeout", ({ to }) => to.Home([...ledger.undone]))
      const run = withStay(ledger, silentTable, journey(ledger, call, refused).run("Rome"))
      expect((yield* valueOf(run)).payload).toEqual(["room in Rome"])
    })
  )
})

describe("a called workflow that reached an exit that rolls back", () => {
  it.effect("has undone its steps before its caller goes on, and they are not undone again", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const full: Table = ({ to }) => Effect.succeed(to.Full("full"))
      const call = Journey.call("Sleep", Stay, ({ payload }) => payload, {
        Booked: ({ result, to }) => to.Car(result),
        Full: ({ result, to }) => to.Home([result, ...ledger.undone])
      })
      const home = journey(ledger, call, refused)
      expect((yield* valueOf(withStay(ledger, full, home.run("Rome")))).payload).toEqual(["full", "room in Rome"])
      const failing = new Ledger()
      const lost = journey(failing, sleep, refused, Effect.fail(boom))
      expect(yield* failureOf(withStay(failing, full, lost.run("Rome")))).toBe(boom)
      expect(failing.undone).toEqual(["room in Rome", "flight"])
    })
  )
})

describe("an interruption", () => {
  it.effect("passes through: the called workflow is undone first, then its caller, and both are waited for", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = withStay(ledger, silentTable, journey(ledger, sleep, refused).run("Rome"))
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(100)
      yield* Fiber.interrupt(fiber)
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(ledger.undone).toEqual(["room in Rome", "flight"])
    })
  )

  it.effect("by the time of the caller passes through, too", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = withStay(ledger, silentTable, journey(ledger, sleep, refused).run("Rome", { timeout: "1 second" }))
      expect(yield* failureOf(run)).toBeInstanceOf(RunTimeout)
      expect(ledger.undone).toEqual(["room in Rome", "flight"])
    })
  )
})

describe("a workflow that calls itself", () => {
  class Nest extends Workflow.define("Nest")
    .failure(Schema.Union([Schema.String, CompensationFailed]))
    .state("Level", Schema.Number, ["Deeper", "Bottom"])
    .state("Deeper", Schema.Number, ["Bottom"])
    .state("Bottom", Schema.Number, ["Done"])
    .exit("Done", Schema.Number)
    .start("Level") {}

  /** Goes down to level 0, and fails on the way up at a level. */
  const nest = (ledger: Ledger, failsAt: number) =>
    Nest.layer({
      Level: Nest.task("Level", ({ payload, to }) =>
        Effect.as(Effect.sleep(10), payload === 0 ? to.Bottom(payload) : to.Deeper(payload))
      ).compensate({
        Deeper: ({ payload }) => ledger.undo(`level ${payload}`),
        Bottom: ({ payload }) => ledger.undo(`level ${payload}`)
      }),
      Deeper: Nest.call("Deeper", Nest, ({ payload }) => payload - 1, {
        Done: ({ payload, to }) => to.Bottom(payload)
      }),
      Bottom: Nest.task("Bottom", ({ payload, to }) =>
        payload === failsAt ? Effect.fail(`at ${payload}`) : Effect.succeed(to.Done(payload))
      ).compensate({ Done: ({ payload }) => ledger.undo(`bottom of ${payload}`) })
    })

  it.effect("is undone once at every depth, wherever it fails", () =>
    Effect.gen(function* () {
      for (const failsAt of [0, 1, 2, 3]) {
        const ledger = new Ledger()
        const run = Effect.provide(Nest.run(3), nest(ledger, failsAt))
        expect(errorOf(yield* settle(run))).toBe(`at ${failsAt}`)
        const above = [0, 1, 2, 3].filter((level) => level < failsAt).map((level) => `bottom of ${level}`)
        expect(ledger.undone).toEqual([...above.toReversed(), "level 0", "level 1", "level 2", "level 3"])
      }
      const ledger = new Ledger()
      expect(yield* valueOf(Effect.provide(Nest.run(3), nest(ledger, -1)))).toEqual({ _tag: "Done", payload: 3 })
      expect(ledger.undone).toEqual([])
    })
  )
})
