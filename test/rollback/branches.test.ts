/** Branches that are stopped: by a limit, an interruption, or a decision that came before they could be stopped. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Join, JoinTimeout, Workflow } from "sluice"
import { Boom, ended, errorOf, failAfter, isInterrupted, settle, succeedAfter, valueOf } from "../support/runs.ts"
import { Ledger, Round, round } from "../support/saga.ts"
import { Timeline } from "../support/timeline.ts"

const boom = new Boom({ id: "later" })

/** A branch that succeeds after 10 milliseconds, and one that goes on for ever. */
const oneOfTwo = (ledger: Ledger) =>
  Round.split("Work", { a: () => succeedAfter(10, "a"), b: () => Effect.as(Effect.never, "b") })
    .compensate({ a: ({ value }) => ledger.undo(value), b: ({ value }) => ledger.undo(value) })
    .join(Join.all, ({ to }) => to.After("joined"))

describe("a limit after a join", () => {
  it.effect("has what succeeded undone before a catch sees it", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = oneOfTwo(ledger)
        .timeout(50)
        .catch(({ error, to }) => to.Recovered([error instanceof JoinTimeout, ...ledger.undone]))
      const outcome = yield* valueOf(round(ledger, work).run("x"))
      expect(outcome.payload).toEqual([true, "a"])
      expect(ledger.undone).toEqual(["a"])
    })
  )

  it.effect("has what succeeded undone before each retry", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = oneOfTwo(ledger).timeout(50).retry({ times: 2 })
      expect(errorOf(yield* settle(round(ledger, work).run("x")))).toBeInstanceOf(JoinTimeout)
      expect(ledger.undone).toEqual(["a", "a", "a", "before"])
    })
  )

  it.effect("counts as the failure of the join for an option `rollback` that asks for failures", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const workflow = Round.implement(
        {
          Before: ({ payload, to }) => to.Work(payload),
          Work: oneOfTwo(ledger)
            .timeout(50)
            .catch(({ to }) => to.Recovered("caught")),
          After: ({ payload, to }) => to.Done(payload),
          Recovered: ({ payload, to }) => to.Done(payload)
        },
        { rollback: Cause.hasFails }
      )
      expect((yield* valueOf(workflow.run("x"))).payload).toBe("caught")
      expect(ledger.undone).toEqual(["a"])
    })
  )
})

describe("an interruption of branches", () => {
  it.effect("undoes those that have succeeded, then the states before", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const fiber = yield* Effect.forkChild(round(ledger, oneOfTwo(ledger)).run("x"))
      yield* TestClock.adjust(20)
      yield* Fiber.interrupt(fiber)
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(ledger.undone).toEqual(["a", "before"])
    })
  )

  it.effect("waits for the finalizers of the branches first", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const time = new Timeline()
      const work = Round.split("Work", {
        a: () => succeedAfter(10, "a"),
        b: () => Effect.as(time.track("b", Effect.never, 100), "b")
      })
        .compensate({ a: () => time.mark("a undone") })
        .join(Join.all, ({ to }) => to.After("joined"))
      const fiber = yield* Effect.forkChild(round(ledger, work).run("x"))
      yield* TestClock.adjust(20)
      yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust(1_000)
      expect(time.entries).toEqual(["0 b starts", "120 b interrupted", "120 a undone"])
    })
  )

  it.effect("in the function of the join undoes all of them", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = Round.forEach(
        "Work",
        () => ["a", "b", "c"],
        ({ item }) => item
      )
        .compensate(({ value }) => ledger.undo(value))
        .join(Join.all, ({ to }) => Effect.as(Effect.never, to.After("joined")))
      const fiber = yield* Effect.forkChild(round(ledger, work).run("x"))
      yield* TestClock.adjust(20)
      yield* Fiber.interrupt(fiber)
      expect(ledger.undone).toEqual(["c", "b", "a", "before"])
    })
  )
})

describe("concurrency", () => {
  it.effect("undoes those that had their turn, and knows none of the others", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = Round.forEach(
        "Work",
        () => [1, 2, 3, 4, 5, 6],
        ({ item }) => (item === 4 ? failAfter(10, "4") : succeedAfter(10, item)),
        { concurrency: 1 }
      )
        .compensate(({ value }) => ledger.undo(`${value}`))
        .join(Join.all, ({ to }) => to.After("joined"))
      expect(Exit.isFailure(yield* settle(round(ledger, work).run("x")))).toBe(true)
      expect(ledger.undone).toEqual(["3", "2", "1", "before"])
    })
  )

  it.effect("of several undoes in reverse order of completion, not of the items", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = Round.forEach(
        "Work",
        () => [50, 20, 40, 10],
        ({ item }) => succeedAfter(item, item),
        { concurrency: 2 }
      )
        .compensate(({ value }) => ledger.undo(`${value}`))
        .join(Join.all, ({ to }) => to.After("joined"))
      yield* settle(round(ledger, work, Effect.fail(boom)).run("x"))
      // 20 ends at 20, 50 at 50, 40 at 60, and 10, which began at 50, also at 60.
      expect(ledger.undone.slice(2)).toEqual(["50", "20", "before"])
      expect(ledger.undone.slice(0, 2).sort()).toEqual(["10", "40"])
    })
  )
})

describe("a branch that succeeds too late to count", () => {
  /** A quick branch that decides, and a slow one that finishes once it has begun. */
  const tooLate = (ledger: Ledger) =>
    Round.split("Work", { quick: () => succeedAfter(10, "quick"), slow: () => succeedAfter(50, "slow") })
      .compensate({ quick: ({ value }) => ledger.undo(value) })
      .compensate({ slow: ({ value }) => ledger.undo(value) }, { uninterruptible: true })

  it.effect("is undone when the run fails later", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = tooLate(ledger).join(Join.any, ({ results, to }) => to.After(results.branch))
      yield* settle(round(ledger, work, Effect.fail(boom)).run("x"))
      expect(ledger.undone).toEqual(["slow", "quick", "before"])
    })
  )

  it.effect("is not undone when the run ends well", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = tooLate(ledger).join(Join.any, ({ results, to }) => to.After(results.branch))
      expect((yield* valueOf(round(ledger, work).run("x"))).payload).toBe("quick")
      expect(ledger.undone).toEqual([])
    })
  )

  it.effect("is undone at once when the join has failed", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = Round.split("Work", { slow: () => succeedAfter(50, "slow"), bad: () => failAfter(10, "bad") })
        .compensate({ slow: ({ value }) => ledger.undo(value) }, { uninterruptible: true })
        .join(Join.all, ({ to }) => to.After("joined"))
        .catch(({ error, to }) => to.Recovered([error.id, ...ledger.undone]))
      expect((yield* valueOf(round(ledger, work).run("x"))).payload).toEqual(["bad", "slow"])
    })
  )

  it.effect("is undone when the run is interrupted, or its state takes too long", () =>
    Effect.gen(function* () {
      const stubborn = (ledger: Ledger) =>
        Round.split("Work", { slow: () => succeedAfter(50, "slow"), never: () => Effect.as(Effect.never, "never") })
          .compensate({ slow: ({ value }) => ledger.undo(value) }, { uninterruptible: true })
          .join(Join.all, ({ to }) => to.After("joined"))
      const interrupted = new Ledger()
      const fiber = yield* Effect.forkChild(round(interrupted, stubborn(interrupted)).run("x"))
      yield* TestClock.adjust(20)
      yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust(1_000)
      const late = new Ledger()
      yield* settle(round(late, stubborn(late).timeout(20)).run("x"))
      expect([interrupted.undone, late.undone]).toEqual([
        ["slow", "before"],
        ["slow", "before"]
      ])
    })
  )

  it.effect("is undone, too, when it is an item", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = Round.forEach(
        "Work",
        () => [10, 50],
        ({ item }) => succeedAfter(item, item)
      )
        .compensate(({ value }) => ledger.undo(`${value}`), { uninterruptible: true })
        .join(Join.any, ({ to }) => to.After("joined"))
      yield* settle(round(ledger, work, Effect.fail(boom)).run("x"))
      expect(ledger.undone).toEqual(["50", "10", "before"])
    })
  )
})

describe("the order", () => {
  it.effect("is that of completion, reversed, across branches, items and states", () =>
    Effect.gen(function* () {
      class Tour extends Workflow.define("Tour")
        .state("One", Schema.Void, ["Two"])
        .state("Two", Schema.Void, ["Three"])
        .state("Three", Schema.Void, ["Four"])
        .state("Four", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("One") {}
      const ledger = new Ledger()
      const workflow = Tour.implement({
        One: Tour.split("One", { x: () => succeedAfter(30, "x"), y: () => succeedAfter(10, "y") })
          .compensate({ x: () => ledger.undo("x"), y: () => ledger.undo("y") })
          .join(Join.all, ({ to }) => to.Two())
          .compensate({ Two: () => ledger.undo("one") }),
        Two: Tour.task("Two", ({ to }) => to.Three()).compensate({ Three: () => ledger.undo("two") }),
        Three: Tour.forEach(
          "Three",
          () => [20, 30, 10],
          ({ item }) => succeedAfter(item, item)
        )
          .compensate(({ value }) => ledger.undo(`${value}`))
          .join(Join.settled, ({ to }) => to.Four()),
        Four: ({ run, to }) => (run.id === "" ? Effect.succeed(to.Done()) : Effect.fail(boom))
      })
      yield* settle(workflow.run())
      expect(ledger.undone).toEqual(["30", "20", "10", "two", "one", "x", "y"])
    })
  )

  it.effect("is sequential: one compensation ends before the next begins", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const time = new Timeline()
      const work = Round.forEach(
        "Work",
        () => ["a", "b"],
        ({ item }) => item
      )
        .compensate(({ value }) => time.track(`undo ${value}`, Effect.sleep(10)))
        .join(Join.all, ({ to }) => to.After("joined"))
      yield* settle(round(ledger, work, Effect.fail(boom)).run("x"))
      expect(time.entries).toEqual(["0 undo b starts", "10 undo b done", "10 undo a starts", "20 undo a done"])
    })
  )
})
