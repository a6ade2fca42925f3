/** Branches and items that have succeeded: undone at once when their join fails, or when the run fails later. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { Join } from "sluice"
import {
  Boom,
  causeOf,
  defectsOf,
  dieAfter,
  errorOf,
  failAfter,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { Ledger, Round, round } from "../support/saga.ts"
import { everyStrategy } from "../support/strategies.ts"
import { Timeline } from "../support/timeline.ts"

const boom = new Boom({ id: "later" })

/** What each strategy has let succeed, of three branches that succeed one after the other. */
const successes: Readonly<Record<string, ReadonlyArray<string>>> = {
  all: ["a", "b", "c"],
  any: ["a"],
  quorum: ["a", "b"],
  percentage: ["a", "b"],
  partialResults: ["a", "b"],
  "tolerate failures": ["a", "b", "c"],
  "tolerate rate": ["a", "b", "c"],
  settled: ["a", "b", "c"],
  partialTimeout: ["a", "b", "c"]
}

/** Strategies that fail although a branch has succeeded, when the second and the third fail. */
const failing: ReadonlyArray<{ readonly name: string; readonly strategy: Join.Strategy; readonly failsAt: number }> = [
  { name: "all", strategy: Join.all, failsAt: 20 },
  { name: "quorum", strategy: Join.quorum(2), failsAt: 30 },
  { name: "percentage", strategy: Join.percentage(0.5), failsAt: 30 },
  { name: "partialResults", strategy: Join.partialResults(2), failsAt: 30 },
  { name: "tolerate failures", strategy: Join.tolerate({ failures: 1 }), failsAt: 30 },
  { name: "tolerate rate", strategy: Join.tolerate({ rate: 0.5 }), failsAt: 30 }
]

/** Branches that succeed after 10, 20 and 30 milliseconds. */
const threeBranches = (ledger: Ledger) =>
  Round.split("Work", {
    a: () => succeedAfter(10, "a"),
    b: () => succeedAfter(20, "b"),
    c: () => succeedAfter(30, "c")
  }).compensate({
    a: ({ value }) => ledger.undo(value),
    b: ({ value }) => ledger.undo(value),
    c: ({ value }) => ledger.undo(value)
  })

/** Items that succeed after 10, 20 and 30 milliseconds. */
const threeItems = (ledger: Ledger) =>
  Round.forEach(
    "Work",
    () => ["a", "b", "c"],
    ({ index, item }) => succeedAfter(10 * (index + 1), item)
  ).compensate(({ value }) => ledger.undo(value))

describe.each(everyStrategy)("after a join by $name", ({ name, strategy }) => {
  const expected = [...successes[name]!.toReversed(), "before"]

  it.effect("a run that fails later undoes the branches that had succeeded, the last one first", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = threeBranches(ledger).join(strategy, ({ to }) => to.After("joined"))
      expect(errorOf(yield* settle(round(ledger, work, Effect.fail(boom)).run("x")))).toBe(boom)
      expect(ledger.undone).toEqual(expected)
    })
  )

  it.effect("a run that fails later undoes the items that had succeeded, the last one first", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = threeItems(ledger).join(strategy, ({ to }) => to.After("joined"))
      expect(errorOf(yield* settle(round(ledger, work, Effect.fail(boom)).run("x")))).toBe(boom)
      expect(ledger.undone).toEqual(expected)
    })
  )

  it.effect("a run that ends well undoes nothing", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = threeBranches(ledger).join(strategy, ({ to }) => to.After("joined"))
      yield* valueOf(round(ledger, work).run("x"))
      expect(ledger.undone).toEqual([])
    })
  )

  it.effect("whose own function fails, the branches are undone at once", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = threeBranches(ledger)
        .join(strategy, ({ payload, to }) => (payload === "" ? Effect.succeed(to.After("")) : Effect.fail(boom)))
        .catch(({ error, to }) => to.Recovered([error, ...ledger.undone]))
      const outcome = yield* valueOf(round(ledger, work).run("x"))
      expect(outcome.payload).toEqual([boom, ...successes[name]!.toReversed()])
    })
  )
})

describe.each(failing)("a join by $name that fails", ({ failsAt, strategy }) => {
  const fanned = (time: Timeline) =>
    Round.split("Work", {
      a: () => succeedAfter(10, "a"),
      b: () => failAfter(20, "b"),
      c: () => failAfter(30, "c")
    })
      .compensate({ a: () => Effect.andThen(Effect.sleep(100), time.mark("a undone")) })
      .join(strategy, ({ to }) => to.After("joined"))

  it.effect("undoes what has succeeded before a catch sees the failure, and not again", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const time = new Timeline()
      const work = fanned(time).catch(function* ({ to }) {
        yield* time.mark("caught")
        return to.Recovered("caught")
      })
      expect(errorOf(yield* settle(round(ledger, work, Effect.fail(boom)).run("x")))).toBe(boom)
      expect(time.entries).toEqual([`${failsAt + 100} a undone`, `${failsAt + 100} caught`])
      expect(ledger.undone).toEqual(["before"])
    })
  )

  it.effect("undoes what has succeeded before it is tried again", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const ledger = new Ledger()
      const work = Round.split("Work", {
        a: ({ attempt }) => Effect.andThen(time.mark(`attempt ${attempt}`), succeedAfter(10, "a")),
        b: () => failAfter(20, "b"),
        c: () => failAfter(30, "c")
      })
        .compensate({ a: () => time.mark("a undone") })
        .join(strategy, ({ to }) => to.After("joined"))
        .retry({ times: 1 })
        .catch(({ to }) => to.Recovered("given up"))
      expect((yield* valueOf(round(ledger, work).run("x"))).payload).toBe("given up")
      expect(time.entries).toEqual([
        "0 attempt 1",
        `${failsAt} a undone`,
        `${failsAt} attempt 2`,
        `${2 * failsAt} a undone`
      ])
      expect(ledger.undone).toEqual([])
    })
  )

  it.effect("and ends the run, is undone before the states that came before it", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = Round.forEach(
        "Work",
        () => [10, 20, 30],
        ({ item }) => (item === 10 ? succeedAfter(item, `item ${item}`) : failAfter(item, `${item}`))
      )
        .compensate(({ value }) => ledger.undo(value))
        .join(strategy, ({ to }) => to.After("joined"))
      expect(Exit.isFailure(yield* settle(round(ledger, work).run("x")))).toBe(true)
      expect(ledger.undone).toEqual(["item 10", "before"])
    })
  )
})

describe("the compensation of a branch", () => {
  it.effect("is given what the branch produced, the payload of the state, and the cause", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const seen: Array<unknown> = []
      const work = Round.split("Work", { a: () => succeedAfter(10, "a"), b: () => failAfter(20, "b") })
        .compensate({
          a: ({ cause, input, payload, run, value }) =>
            void seen.push({ value, payload, input, id: run.id, error: Cause.squash(cause) })
        })
        .join(Join.all, ({ to }) => to.After("joined"))
      yield* settle(round(ledger, work).run("x", { id: "run-1" }))
      expect(seen).toEqual([{ value: "a", payload: "x", input: "x", id: "run-1", error: new Boom({ id: "b" }) }])
    })
  )

  it.effect("of an item is given the item and its position, too", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const seen: Array<unknown> = []
      const work = Round.forEach(
        "Work",
        ({ payload }) => [`${payload}1`, `${payload}2`],
        ({ item }) => Effect.succeed(item.length)
      )
        .compensate(({ cause, index, item, payload, value }) => {
          seen.push({ index, item, payload, value, error: Cause.squash(cause) })
        })
        .join(Join.all, ({ to }) => to.After("joined"))
      yield* settle(round(ledger, work, Effect.fail(boom)).run("x"))
      expect(seen).toEqual([
        { index: 1, item: "x2", payload: "x", value: 2, error: boom },
        { index: 0, item: "x1", payload: "x", value: 2, error: boom }
      ])
    })
  )

  it.effect("is not called for a branch that failed, was stopped, or has none", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = Round.split("Work", {
        quick: () => "quick",
        plain: () => succeedAfter(10, "plain"),
        bad: () => failAfter(20, "bad"),
        slow: () => succeedAfter(30, "slow")
      })
        .compensate({ quick: () => ledger.undo("quick"), bad: () => ledger.undo("bad") })
        .compensate({ slow: () => ledger.undo("slow") })
        .join(Join.all, ({ to }) => to.After("joined"))
      yield* settle(round(ledger, work).run("x"))
      expect(ledger.undone).toEqual(["quick", "before"])
    })
  )

  it.effect("is called once when a branch dies, which ends the run", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const defect = new Error("dead")
      const work = Round.split("Work", { a: () => succeedAfter(10, "a"), b: () => dieAfter(20, defect) })
        .compensate({ a: () => ledger.undo("a") })
        .join(Join.settled, ({ to }) => to.After("joined"))
        .retry({ times: 3 })
        .catch(({ to }) => to.Recovered("never"))
      const exit = yield* settle(round(ledger, work).run("x"))
      expect(defectsOf(exit)).toEqual([defect])
      expect(causeOf(exit).reasons).toHaveLength(1)
      expect(ledger.undone).toEqual(["a", "before"])
    })
  )
})
