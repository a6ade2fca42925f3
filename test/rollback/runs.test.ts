/** Which runs are rolled back: the option `rollback`, and the time that a run may take. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Layer, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Join, RunTimeout, Workflow } from "sluice"
import {
  Boom,
  causeOf,
  defectsOf,
  dieAfter,
  ended,
  errorOf,
  failAfter,
  failureOf,
  isInterrupted,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { type Car, endingOf, Ledger, Round, Trip, trip, written } from "../support/saga.ts"
import { Timeline } from "../support/timeline.ts"

const boom = new Boom({ id: "car" })
const defect = new Error("dead")

const booked: Car<never, never> = ({ to }) => succeedAfter(10, to.Booked("enjoy"))

/** How a trip ends, by the id of its run. */
const endsAs: Car<Boom, never> = ({ run, to }) => {
  if (run.id === "fail") return Effect.fail(boom)
  return run.id === "die" ? Effect.die(defect) : Effect.as(Effect.never, to.Booked("never"))
}

/** The ways in which a trip can end badly; gives which of them were rolled back. */
const rolledBack = (rollback?: (cause: Cause.Cause<unknown>) => boolean) =>
  Effect.gen(function* () {
    const undone: Array<string> = []
    for (const ending of ["fail", "die", "timeout", "interrupt"]) {
      const ledger = new Ledger()
      const workflow = trip(written(ledger), endsAs, rollback === undefined ? {} : { rollback })
      const options = ending === "timeout" ? { id: ending, timeout: "1 minute" as const } : { id: ending }
      const fiber = yield* Effect.forkChild(workflow.run("4A", options))
      yield* TestClock.adjust("2 minutes")
      if (ending === "interrupt") yield* Fiber.interrupt(fiber)
      const exit = ended(fiber)
      expect(endingOf(exit)).toBe(ending)
      expect(ledger.undone).toEqual(ledger.undone.length === 0 ? [] : ["hotel", "flight"])
      if (ledger.undone.length > 0) undone.push(ending)
    }
    return undone
  })

describe("the option `rollback`", () => {
  it.effect("unless given rolls back every run that ends badly", () =>
    Effect.gen(function* () {
      expect(yield* rolledBack()).toEqual(["fail", "die", "timeout", "interrupt"])
    })
  )

  it.effect("says which causes are rolled back", () =>
    Effect.gen(function* () {
      expect(yield* rolledBack(() => false)).toEqual([])
      expect(yield* rolledBack(Cause.hasFails)).toEqual(["fail", "timeout"])
      expect(yield* rolledBack(Cause.hasDies)).toEqual(["die"])
      expect(yield* rolledBack(Cause.hasInterruptsOnly)).toEqual(["interrupt"])
      const isTimeout = (cause: Cause.Cause<unknown>) => Cause.squash(cause) instanceof RunTimeout
      expect(yield* rolledBack(isTimeout)).toEqual(["timeout"])
    })
  )

  it.effect("is asked about the failure of a join, too: what it does not undo then may be undone later", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const asked: Array<unknown> = []
      const workflow = Round.implement(
        {
          Before: ({ payload, to }) => to.Work(payload),
          Work: Round.split("Work", { a: () => succeedAfter(10, "a"), b: () => failAfter(20, "b") })
            .compensate({ a: ({ value }) => ledger.undo(value) })
            .join(Join.all, ({ to }) => to.After("joined"))
            .catch(({ to }) => to.Recovered([...ledger.undone])),
          After: ({ payload, to }) => to.Done(payload),
          Recovered: ({ payload, to }) =>
            Array.isArray(payload) && payload.length > 0 ? Effect.succeed(to.Done(payload)) : Effect.fail(boom)
        },
        {
          rollback: (cause) => {
            asked.push(Cause.squash(cause))
            return Cause.squash(cause) === boom
          }
        }
      )
      expect(errorOf(yield* settle(workflow.run("x")))).toBe(boom)
      expect(asked).toEqual([new Boom({ id: "b" }), boom])
      expect(ledger.undone).toEqual(["a"])
    })
  )

  it.effect("is asked about the failure itself when a branch could not be undone", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const workflow = Round.implement(
        {
          Before: Round.task("Before", ({ payload, to }) => to.Work(payload)).compensate({
            Work: () => ledger.undo("before")
          }),
          Work: Round.split("Work", { a: () => succeedAfter(10, "a"), b: () => failAfter(20, "b") })
            .compensate({ a: () => Effect.fail("no refund") })
            .join(Join.all, ({ to }) => to.After("joined"))
            .catch(({ to }) => to.Recovered("never")),
          After: ({ payload, to }) => to.Done(payload),
          Recovered: ({ payload, to }) => to.Done(payload)
        },
        { rollback: (cause) => !Cause.hasDies(cause) }
      )
      expect(errorOf(yield* settle(workflow.run("x")))).toMatchObject({ _tag: "CompensationFailed" })
      expect(ledger.undone).toEqual(["before"])
    })
  )

  it.effect("that throws is a defect, and everything is undone all the same", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const bug = new Error("a bug")
      const workflow = Round.implement(
        {
          Before: Round.task("Before", ({ payload, to }) => to.Work(payload)).compensate({
            Work: () => ledger.undo("before")
          }),
          Work: Round.task("Work", ({ payload, to }) =>
            payload === "x" ? failAfter(20, "b") : Effect.succeed(payload === "y" ? to.After("") : to.Recovered(""))
          ),
          After: ({ payload, to }) => to.Done(payload),
          Recovered: ({ payload, to }) => to.Done(payload)
        },
        {
          rollback: () => {
            throw bug
          }
        }
      )
      expect(defectsOf(yield* settle(workflow.run("x")))).toContain(bug)
      expect(ledger.undone).toEqual(["before"])
    })
  )
})

describe("the option `timeout`", () => {
  it.effect("interrupts the run, rolls it back, and fails with RunTimeout", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const car: Car<never, never> = ({ to }) => Effect.as(time.track("car", Effect.never, 100), to.Booked("never"))
      const undos = { hotel: () => time.track("hotel", Effect.sleep(50)), flight: () => time.mark("flight undone") }
      const exit = yield* settle(trip(undos, car).run("4A", { timeout: "1 second" }))
      const error = errorOf(exit)
      expect(causeOf(exit).reasons).toHaveLength(1)
      expect(error).toEqual(new RunTimeout({ workflow: "Trip", duration: Duration.seconds(1) }))
      expect(error?.message).toBe("Workflow 'Trip' took longer than 1s")
      expect(time.entries).toEqual([
        "20 car starts",
        "1100 car interrupted",
        "1100 hotel starts",
        "1150 hotel done",
        "1150 flight undone"
      ])
    })
  )

  it.effect("tells the compensations that the time was up", () =>
    Effect.gen(function* () {
      const causes: Array<unknown> = []
      const seeing = ({ cause }: { readonly cause: Cause.Cause<unknown> }) =>
        Effect.sync(() => void causes.push(Cause.squash(cause)))
      const workflow = trip({ hotel: seeing, flight: seeing }, endsAs)
      const error = yield* failureOf(workflow.run("4A", { id: "never", timeout: "1 second" }))
      expect(causes).toEqual([error, error])
    })
  )

  it.effect("carries the id and the path of the run, and is caught by its tag", () =>
    Effect.gen(function* () {
      const run = trip(written(new Ledger()), endsAs).run("4A", { id: "run-1", timeout: "1 second" })
      expect(Option.getOrThrow(Workflow.failureContext(causeOf(yield* settle(run))))).toEqual({
        workflow: "Trip",
        runId: "run-1",
        state: "Car",
        attempt: 1,
        path: ["Flight", "Hotel", "Car"]
      })
      const caught = Effect.catchTag(run, "RunTimeout", ({ workflow }) => Effect.succeed(`${workflow} was late`))
      expect(yield* valueOf(caught)).toBe("Trip was late")
    })
  )

  it.effect("does not show in a run that ends in time, well or badly", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const inTime = trip(written(ledger), booked).run("4A", { timeout: 31 })
      expect(yield* valueOf(inTime)).toEqual({ _tag: "Booked", payload: "enjoy" })
      expect(ledger.undone).toEqual([])
      expect(yield* failureOf(trip(written(ledger), endsAs).run("4A", { id: "fail", timeout: "1 second" }))).toBe(boom)
      const died = yield* settle(trip(written(ledger), () => dieAfter(10, defect)).run("4A", { timeout: "1 second" }))
      expect(defectsOf(died)).toEqual([defect])
      expect(ledger.undone).toEqual(["hotel", "flight", "hotel", "flight"])
    })
  )

  it.effect("is not caught by a handler, and not tried again", () =>
    Effect.gen(function* () {
      let begun = 0
      const ledger = new Ledger()
      const workflow = Trip.implement({
        Flight: Trip.task("Flight", ({ to }) => to.Hotel("seat")).compensate({ Hotel: () => ledger.undo("flight") }),
        Hotel: ({ to }) => to.Car("room"),
        Car: Trip.task("Car", ({ payload, to }) => {
          begun++
          return payload === "" ? failAfter(0, "never") : Effect.as(Effect.never, to.Booked("never"))
        })
          .retry({ times: 5 })
          .catch(({ to }) => to.Cancelled("caught"))
      })
      expect(yield* failureOf(workflow.run("4A", { timeout: "1 second" }))).toBeInstanceOf(RunTimeout)
      expect(begun).toBe(1)
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("counts for a run without anything to undo, and stops a run between two states", () =>
    Effect.gen(function* () {
      class Slow extends Workflow.define("Slow")
        .state("Wait", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Wait") {}
      const workflow = Slow.implement({ Wait: ({ to }) => to.Done.after("1 hour") })
      expect(yield* failureOf(workflow.run(undefined, { timeout: "1 minute" }))).toBeInstanceOf(RunTimeout)
    })
  )

  it.effect("holds from an entry, and for a run that is forked", () =>
    Effect.gen(function* () {
      class Entered extends Workflow.define("Entered")
        .state("First", Schema.Void, ["Second"])
        .state("Second", Schema.Void, ["Third"])
        .state("Third", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("First", "Second") {}
      const ledger = new Ledger()
      const workflow = Entered.implement({
        First: Entered.task("First", ({ to }) => to.Second()).compensate({ Second: () => ledger.undo("first") }),
        Second: Entered.task("Second", ({ to }) => to.Third()).compensate({ Third: () => ledger.undo("second") }),
        Third: ({ to }) => Effect.as(Effect.never, to.Done())
      })
      const entered = workflow.runFrom("Second", undefined, undefined, { timeout: "1 second" })
      expect(yield* failureOf(entered)).toBeInstanceOf(RunTimeout)
      expect(ledger.undone).toEqual(["second"])
      const handle = yield* workflow.fork(undefined, { timeout: "1 second" })
      yield* TestClock.adjust("2 seconds")
      expect(yield* Effect.flip(Fiber.join(handle.fiber))).toBeInstanceOf(RunTimeout)
      expect(ledger.undone).toEqual(["second", "second", "first"])
      const events = yield* Stream.runCollect(handle.events)
      expect(events.at(-1)).toMatchObject({ _tag: "RunFinished", exit: { _tag: "Failure" } })
    })
  )

  it.effect("holds for a workflow that is reached through its Layer: run, runFrom and fork", () =>
    Effect.gen(function* () {
      class Served extends Workflow.define("Served")
        .failure(Schema.Never)
        .state("First", Schema.String, ["Second"])
        .state("Second", Schema.String, ["Done"])
        .exit("Done", Schema.String)
        .start("First", "Second") {}
      const layer = Served.layer({
        First: ({ payload, to }) => succeedAfter(500, to.Second(payload)),
        Second: ({ payload, to }) => succeedAfter(1_000, to.Done(payload))
      })
      const served = <A, E>(effect: Effect.Effect<A, E, Served>) => Effect.provide(effect, layer)
      const late = Served.run("in", { timeout: "1 second" })
      expect(yield* failureOf(served(late))).toBeInstanceOf(RunTimeout)
      const entered = Served.runFrom("Second", "in", "in", { timeout: "900 millis" })
      expect(yield* failureOf(served(entered))).toBeInstanceOf(RunTimeout)
      expect(yield* valueOf(served(Served.run("in", { timeout: "2 seconds" })))).toEqual({
        _tag: "Done",
        payload: "in"
      })
      const context = yield* Layer.build(layer)
      const handle = yield* Effect.provideContext(Served.fork("in", { timeout: "1 second" }), context)
      yield* TestClock.adjust("2 seconds")
      expect(errorOf(yield* Fiber.await(handle.fiber))).toBeInstanceOf(RunTimeout)
    })
  )

  it.effect("does not end a rollback that has begun before it is up", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const undos = { hotel: () => time.track("hotel", Effect.sleep("1 minute")), flight: () => time.mark("flight") }
      const exit = yield* settle(trip(undos, endsAs).run("4A", { id: "fail", timeout: "1 second" }))
      expect(errorOf(exit)).toBe(boom)
      expect(time.entries).toEqual(["20 hotel starts", "60020 hotel done", "60020 flight"])
    })
  )

  it.effect("and an interruption: the run ends once, by what came first", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const fiber = yield* Effect.forkChild(
        trip(written(ledger), endsAs).run("4A", { id: "never", timeout: "1 second" })
      )
      yield* TestClock.adjust(500)
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 minute")
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(Exit.isFailure(ended(fiber))).toBe(true)
      expect(ledger.undone).toEqual(["hotel", "flight"])
    })
  )
})
