/** Workflows that call others, when something cannot be undone: whose failure it is, and that none is lost. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Duration, Effect, Fiber, Layer, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, CompensationTimeout, Join, Workflow } from "sluice"
import { bookedTable, Desk, journey, noTable, type Pay, Stay, silentTable, sleep, stay } from "../support/journey.ts"
import { Boom, causeOf, defectsOf, ended, errorOf, failAfter, failureOf, settle, valueOf } from "../support/runs.ts"
import { Ledger, Round, round } from "../support/saga.ts"

const boom = new Boom({ id: "pay" })

const refused: Pay<Boom> = () => Effect.fail(boom)

const closed = (table: Parameters<typeof stay>[0]) => Layer.provide(stay(table), Desk.closed)

/** Whether a cause holds that something of a workflow could not be undone, at whatever depth. */
const tellsOf = (workflow: string, cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some((reason) => {
    if (reason._tag === "Interrupt") return false
    const why = reason._tag === "Fail" ? reason.error : reason.defect
    if (!(why instanceof CompensationFailed)) return false
    const workflows = [why, ...why.failures].map((one) => one.workflow)
    return workflows.includes(workflow) || tellsOf(workflow, why.cause)
  })

describe("steps that a called workflow handed over", () => {
  it.effect("and that cannot be undone are among the failures of its caller, under their own names", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = journey(ledger, sleep, refused).run("Rome", { id: "run-1" })
      const failure = errorOf(yield* settle(Effect.provide(run, closed(bookedTable))))
      expect(failure).toMatchObject({
        _tag: "CompensationFailed",
        workflow: "Journey",
        runId: "run-1",
        failures: [
          { workflow: "Stay", state: "Table", target: "Booked", payload: "table 9" },
          { workflow: "Stay", state: "Room", target: "Table", payload: "room in Rome" }
        ],
        untried: []
      })
      expect(Cause.squash((failure as CompensationFailed).cause)).toBe(boom)
      expect(ledger.undone).toEqual(["car", "flight"])
    })
  )

  it.effect("and for which no time was left are untried under their own names", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = journey(ledger, sleep, refused).run("Rome", { compensationTimeout: "1 second" })
      const busy = Layer.provide(stay(bookedTable), Desk.busy)
      const failure = errorOf(yield* settle(Effect.provide(run, busy))) as CompensationFailed
      expect(failure).toMatchObject({
        failures: [{ workflow: "Stay", state: "Table" }],
        untried: [
          { workflow: "Stay", state: "Room", target: "Table", payload: "room in Rome" },
          { workflow: "Journey", state: "Flight", target: "Sleep", payload: "Rome" }
        ]
      })
      expect(failure.failures.map(({ cause }) => Cause.squash(cause))).toEqual([
        new CompensationTimeout({ state: "Table", duration: Duration.seconds(1) })
      ])
    })
  )

  it.effect("and that have branches keep their names through several callers", () =>
    Effect.gen(function* () {
      class Inner extends Workflow.define("Inner")
        .failure(CompensationFailed)
        .state("Fan", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Fan") {}
      class Middle extends Workflow.define("Middle")
        .failure(CompensationFailed)
        .state("Inner", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Inner") {}
      class Outer extends Workflow.define("Outer")
        .state("Middle", Schema.Void, ["Last"])
        .state("Last", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Middle") {}
      const inner = Inner.layer({
        Fan: Inner.forEach(
          "Fan",
          () => ["a", "b"],
          ({ item }) => item
        )
          .compensate(({ value }) => Effect.fail(`not ${value}`))
          .join(Join.all, ({ to }) => to.Done())
      })
      const middle = Middle.layer({
        Inner: Middle.call("Inner", Inner, () => undefined, { Done: ({ to }) => to.Done() })
      })
      const outer = Outer.implement({
        Middle: Outer.call("Middle", Middle, () => undefined, { Done: ({ to }) => to.Last() }),
        Last: ({ run, to }) => (run.id === "" ? Effect.succeed(to.Done()) : Effect.fail(boom))
      })
      const run = Effect.provide(outer.run(), Layer.provide(middle, inner))
      expect(errorOf(yield* settle(run))).toMatchObject({
        workflow: "Outer",
        failures: [
          { workflow: "Inner", state: "Fan", branch: 1, payload: "b" },
          { workflow: "Inner", state: "Fan", branch: 0, payload: "a" }
        ]
      })
    })
  )
})

describe("a called workflow that could not roll itself back", () => {
  it.effect("fails with CompensationFailed, which its caller can catch", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const call = sleep.catchTag("CompensationFailed", ({ error, to }) =>
        to.Home({ id: error.runId, states: error.failures.map(({ state }) => state), why: Cause.squash(error.cause) })
      )
      const run = journey(ledger, call, refused).run("Rome", { id: "run-1" })
      expect((yield* valueOf(Effect.provide(run, closed(noTable)))).payload).toEqual({
        id: "run-1/Sleep",
        states: ["Room"],
        why: expect.objectContaining({ _tag: "NoTable" })
      })
      expect(ledger.undone).toEqual([])
    })
  )

  it.effect("and was caught, is no failure of a caller that is rolled back later", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const call = sleep.catchTag("CompensationFailed", ({ to }) => to.Home("caught"))
      const run = journey(ledger, call, refused, Effect.fail(boom)).run("Rome")
      expect(yield* failureOf(Effect.provide(run, closed(noTable)))).toBe(boom)
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("ends its caller with the same failure when it is not caught, and the caller is undone", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = journey(ledger, sleep, refused).run("Rome")
      const exit = yield* settle(Effect.provide(run, closed(noTable)))
      expect(errorOf(exit)).toMatchObject({ workflow: "Stay", failures: [{ workflow: "Stay", state: "Room" }] })
      expect(causeOf(exit).reasons).toHaveLength(1)
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("is the cause of a caller that could not roll itself back either", () =>
    Effect.gen(function* () {
      const workflow = Round.implement({
        Before: Round.task("Before", ({ payload, to }) => to.Work(payload)).compensate({
          Work: () => Effect.fail("no")
        }),
        Work: Round.call("Work", Stay, ({ payload }) => payload, {
          Booked: ({ result, to }) => to.After(result),
          Full: ({ result, to }) => to.Recovered(result)
        }),
        After: ({ payload, to }) => to.Done(payload),
        Recovered: ({ payload, to }) => to.Done(payload)
      })
      const failure = errorOf(yield* settle(Effect.provide(workflow.run("Rome"), closed(noTable))))
      expect(failure).toMatchObject({ workflow: "Round", failures: [{ workflow: "Round", state: "Before" }] })
      const cause = Result.getOrThrow(Cause.findError((failure as CompensationFailed).cause))
      expect(cause).toMatchObject({ workflow: "Stay", failures: [{ state: "Room" }] })
    })
  )
})

describe("a called workflow that was stopped and could not roll itself back", () => {
  it.effect("is told of when its caller was interrupted", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = journey(ledger, sleep, refused).run("Rome")
      const fiber = yield* Effect.forkChild(Effect.provide(run, closed(silentTable)))
      yield* TestClock.adjust(100)
      yield* Fiber.interrupt(fiber)
      expect(defectsOf(ended(fiber))).toMatchObject([{ workflow: "Stay", failures: [{ state: "Room" }] }])
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("is told of when the time of its caller was up", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = journey(ledger, sleep, refused).run("Rome", { timeout: "1 second" })
      const exit = yield* settle(Effect.provide(run, closed(silentTable)))
      expect(tellsOf("Stay", causeOf(exit))).toBe(true)
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("is told of when its caller's state took too long, which is not caught then", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const call = sleep.timeout("1 second").catchTag("StateTimeout", ({ to }) => to.Home("late"))
      const run = journey(ledger, call, refused).run("Rome")
      const exit = yield* settle(Effect.provide(run, closed(silentTable)))
      expect(tellsOf("Stay", causeOf(exit))).toBe(true)
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("in a branch is told of in the failure of the run that could not be rolled back either", () =>
    Effect.gen(function* () {
      const work = Round.split("Work", {
        good: () => "good",
        stay: () => Stay.run("Rome"),
        bad: () => failAfter(50, "bad")
      })
        .compensate({ good: () => Effect.fail("no") })
        .join(Join.all, ({ to }) => to.After("joined"))
      const ledger = new Ledger()
      const exit = yield* settle(Effect.provide(round(ledger, work).run("x"), closed(silentTable)))
      expect(errorOf(exit)).toMatchObject({ workflow: "Round", failures: [{ workflow: "Round", branch: "good" }] })
      expect(tellsOf("Stay", causeOf(exit))).toBe(true)
      expect(ledger.undone).toEqual(["before"])
    })
  )
})

describe("compensationTimeout", () => {
  it.effect("of a caller bounds the rollback of the workflow it calls", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = journey(ledger, sleep, refused).run("Rome", { compensationTimeout: "1 second" })
      const failure = errorOf(yield* settle(Effect.provide(run, Layer.provide(stay(noTable), Desk.busy))))
      expect(failure).toMatchObject({ workflow: "Stay", failures: [{ state: "Room" }], untried: [] })
      expect(ledger.undone).toEqual(["flight"])
    })
  )
})
