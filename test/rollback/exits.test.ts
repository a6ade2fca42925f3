/** Exits: one that rolls back undoes what was completed before the run ends there, a normal one undoes nothing. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, Join, Workflow } from "sluice"
import {
  Boom,
  causeOf,
  defectsOf,
  ended,
  errorOf,
  failAfter,
  isInterrupted,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { type Car, Ledger, Trip, trip, written } from "../support/saga.ts"
import { Timeline } from "../support/timeline.ts"

const noRefund = new Boom({ id: "no refund" })

const booked: Car<never, never> = ({ to }) => Effect.succeed(to.Booked("enjoy"))
const cancelled: Car<never, never> = ({ to }) => Effect.succeed(to.Cancelled("no car"))

describe("an exit that rolls back", () => {
  it.effect("undoes what was completed, the last step first, and then gives its outcome", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const undos = {
        hotel: () => time.track("hotel", Effect.sleep(100)),
        flight: () => time.track("flight", Effect.sleep(100))
      }
      const run = Effect.tap(trip(undos, cancelled).run("4A"), () => time.mark("ended"))
      expect(yield* valueOf(run)).toEqual({ _tag: "Cancelled", payload: "no car" })
      expect(time.entries).toEqual([
        "20 hotel starts",
        "120 hotel done",
        "120 flight starts",
        "220 flight done",
        "220 ended"
      ])
    })
  )

  it.effect("does so after a failure was caught", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const workflow = Trip.implement({
        Flight: Trip.task("Flight", ({ to }) => to.Hotel("seat")).compensate({ Hotel: () => ledger.undo("flight") }),
        Hotel: Trip.task("Hotel", ({ to }) => to.Car("room")).compensate({ Car: () => ledger.undo("hotel") }),
        Car: Trip.task("Car", ({ payload, to }) =>
          payload === "" ? Effect.succeed(to.Booked("")) : failAfter(10, "no car")
        ).catch(({ error, to }) => to.Cancelled(error.id))
      })
      expect(yield* valueOf(workflow.run("4A"))).toEqual({ _tag: "Cancelled", payload: "no car" })
      expect(ledger.undone).toEqual(["hotel", "flight"])
    })
  )

  it.effect("gives the compensations an empty cause, and asks no option `rollback`", () =>
    Effect.gen(function* () {
      const causes: Array<Cause.Cause<unknown>> = []
      const seeing = ({ cause }: { readonly cause: Cause.Cause<unknown> }) => Effect.sync(() => void causes.push(cause))
      const workflow = trip({ hotel: seeing, flight: seeing }, cancelled, { rollback: () => false })
      yield* valueOf(workflow.run("4A"))
      expect(causes.map((cause) => cause.reasons)).toEqual([[], []])
    })
  )

  it.effect("undoes at once when no state had to be waited for", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      class Quick extends Workflow.define("Quick")
        .state("First", Schema.Void, ["Second"])
        .state("Second", Schema.Void, ["Off"])
        .exit("Off", Schema.String, { rollback: true })
        .start("First") {}
      const workflow = Quick.implement({
        First: Quick.task("First", ({ to }) => to.Second()).compensate({ Second: () => ledger.undo("first") }),
        Second: Quick.task("Second", ({ to }) => to.Off("off")).compensate({ Off: () => ledger.undo("second") })
      })
      expect(yield* workflow.run()).toEqual({ _tag: "Off", payload: "off" })
      expect(ledger.undone).toEqual(["second", "first"])
    })
  )

  it.effect("with nothing completed gives its outcome", () =>
    Effect.gen(function* () {
      class Bare extends Workflow.define("Bare")
        .state("Only", Schema.Void, ["Off"])
        .exit("Off", Schema.String, { rollback: true })
        .start("Only") {}
      expect(yield* Bare.implement({ Only: ({ to }) => to.Off("off") }).run()).toEqual({ _tag: "Off", payload: "off" })
    })
  )

  it.effect("undoes branches, too", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      class Fan extends Workflow.define("Fan")
        .state("Work", Schema.Void, ["Off"])
        .exit("Off", Schema.Void, { rollback: true })
        .start("Work") {}
      const workflow = Fan.implement({
        Work: Fan.split("Work", { a: () => succeedAfter(20, "a"), b: () => succeedAfter(10, "b") })
          .compensate({ a: ({ value }) => ledger.undo(value), b: ({ value }) => ledger.undo(value) })
          .join(Join.all, ({ to }) => to.Off())
      })
      yield* valueOf(workflow.run())
      expect(ledger.undone).toEqual(["a", "b"])
    })
  )

  it.effect("fails with CompensationFailed when something cannot be undone; nothing else was the cause", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const workflow = trip({ ...written(ledger), hotel: () => Effect.fail(noRefund) }, cancelled)
      const failure = errorOf(yield* settle(workflow.run("4A", { id: "run-1" }))) as CompensationFailed
      expect(failure).toBeInstanceOf(CompensationFailed)
      expect(failure.cause.reasons).toEqual([])
      expect(failure).toMatchObject({ workflow: "Trip", runId: "run-1", failures: [{ state: "Hotel" }], untried: [] })
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("is named by what could not be undone on the way to it", () =>
    Effect.gen(function* () {
      const undos = { hotel: () => Effect.fail(noRefund), flight: () => Effect.void }
      const error = errorOf(yield* settle(trip(undos, cancelled).run("4A", { id: "t-1" })))
      expect(error).toMatchObject({ exit: "Cancelled" })
      expect((error as CompensationFailed).message).toContain("rolled back at exit 'Cancelled'")
    })
  )

  it.effect("is not what a failure that could not be undone names: that says where it happened", () =>
    Effect.gen(function* () {
      const undos = { hotel: () => Effect.fail(noRefund), flight: () => Effect.void }
      const failing = trip(undos, () => Effect.fail(new Boom({ id: "no car" })))
      const error = errorOf(yield* settle(failing.run("4A", { id: "t-1" }))) as CompensationFailed
      expect(error.exit).toBeUndefined()
      expect(Option.getOrThrow(Workflow.failureContext(error.cause))).toMatchObject({ runId: "t-1", state: "Car" })
    })
  )

  it.effect("is bounded by compensationTimeout", () =>
    Effect.gen(function* () {
      const workflow = trip({ hotel: () => Effect.never, flight: () => Effect.void }, cancelled)
      const failure = errorOf(yield* settle(workflow.run("4A", { compensationTimeout: "1 second" })))
      expect(failure).toMatchObject({ failures: [{ state: "Hotel" }], untried: [{ state: "Flight" }] })
    })
  )

  it.effect("goes on undoing when it is interrupted meanwhile, each step once", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const undos = {
        hotel: () => time.track("hotel", Effect.sleep(100)),
        flight: () => time.track("flight", Effect.sleep(100))
      }
      const fiber = yield* Effect.forkChild(trip(undos, cancelled).run("4A"))
      yield* TestClock.adjust(50)
      yield* Effect.forkChild(Effect.andThen(Fiber.interrupt(fiber), time.mark("interrupt has returned")))
      yield* TestClock.adjust("1 minute")
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(time.entries.slice(1)).toEqual([
        "120 hotel done",
        "120 flight starts",
        "220 flight done",
        "220 interrupt has returned"
      ])
    })
  )

  it.effect("loses no failure when it is interrupted meanwhile", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const hotel = () => Effect.andThen(Effect.sleep(100), Effect.fail(noRefund))
      const fiber = yield* Effect.forkChild(trip({ ...written(ledger), hotel }, cancelled).run("4A"))
      yield* TestClock.adjust(50)
      yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1 minute")
      const exit = ended(fiber)
      expect(Cause.hasInterrupts(causeOf(exit))).toBe(true)
      expect(defectsOf(exit)).toMatchObject([{ _tag: "CompensationFailed", failures: [{ state: "Hotel" }] }])
      expect(ledger.undone).toEqual(["flight"])
    })
  )
})

describe("a normal exit", () => {
  it.effect("undoes nothing", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      expect(yield* valueOf(trip(written(ledger), booked).run("4A"))).toEqual({ _tag: "Booked", payload: "enjoy" })
      expect(ledger.undone).toEqual([])
    })
  )

  it.effect("undoes nothing either when what runs the workflow is interrupted right after, or fails", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const workflow = trip(written(ledger), booked)
      const fiber = yield* Effect.forkChild(Effect.andThen(workflow.run("4A"), Effect.never))
      yield* TestClock.adjust(30)
      yield* Fiber.interrupt(fiber)
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(Exit.isFailure(yield* settle(Effect.andThen(workflow.run("4A"), Effect.fail("later"))))).toBe(true)
      expect(ledger.undone).toEqual([])
    })
  )

  it.effect("is not reached by a run that its last step interrupts: it is undone", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
      class Quick extends Workflow.define("Quick")
        .state("First", Schema.Void, ["Second"])
        .state("Second", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("First") {}
      const workflow = Quick.implement({
        First: Quick.task("First", ({ to }) => to.Second()).compensate({ Second: () => ledger.undo("first") }),
        Second: Quick.task("Second", ({ to }) => {
          fibers[0]!.interruptUnsafe()
          return to.Done()
        }).compensate({ Done: () => ledger.undo("second") })
      })
      const fiber = yield* Effect.forkChild(workflow.run())
      fibers.push(fiber)
      yield* TestClock.adjust(10)
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(ledger.undone).toEqual(["second", "first"])
    })
  )

  it.effect("of one run leaves what another run of the workflow has to undo", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const undos = {
        hotel: ({ input }: { readonly input: string }) => ledger.undo(`hotel ${input}`),
        flight: ({ input }: { readonly input: string }) => ledger.undo(`flight ${input}`)
      }
      const workflow = trip(undos, ({ input, to }) =>
        input === "bad" ? failAfter(10, "no car") : succeedAfter(10, to.Booked("enjoy"))
      )
      const runs = Effect.forEach(["good", "bad", "fine"], (seat) => Effect.exit(workflow.run(seat)), {
        concurrency: "unbounded"
      })
      expect((yield* valueOf(runs)).map(Exit.isSuccess)).toEqual([true, false, true])
      expect(ledger.undone).toEqual(["hotel bad", "flight bad"])
    })
  )
})
