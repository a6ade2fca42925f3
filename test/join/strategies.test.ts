/** Every strategy: when it proceeds, what it gives the join, when it fails and with what. */
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { AllBranchesFailed, Join, NoBranchCompleted, QuorumNotReached, ToleranceExceeded, type Workflow } from "sluice"
import { Fan, implement } from "../support/fan.ts"
import { Boom, failAfter, failureOf, succeedAfter, valueOf } from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

type Runs<E> = Workflow.Workflow<typeof Fan, E, never>

/** What the join was given. */
const results = <E>(workflow: Runs<E>) => Effect.map(valueOf(workflow.run()), (outcome) => outcome.payload)

const failure = <E>(workflow: Runs<E>) => failureOf(workflow.run())

describe("all", () => {
  it.effect("gives every value of a split under the name of its branch", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", { slow: () => succeedAfter(30, 1), fast: () => succeedAfter(10, "two") }).join(
          Join.all,
          function* ({ results, to }) {
            yield* time.mark("joined")
            return to.Done(results)
          }
        )
      )
      expect(yield* results(workflow)).toEqual({ slow: 1, fast: "two" })
      expect(time.entries).toEqual(["30 joined"])
    })
  )

  it.effect("gives the values of a forEach in item order, whatever ends first", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [30, 10, 20],
          ({ item, index }) => succeedAfter(item, `${index}: ${item}`)
        ).join(Join.all, ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual(["0: 30", "1: 10", "2: 20"])
    })
  )

  it.effect("fails with the error of the first branch that fails, itself, and stops the others", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const first = new Boom({ id: "first" })
      const workflow = implement(
        Fan.split("Work", {
          later: () => time.track("later", failAfter(20, "later")),
          first: () => time.track("first", Effect.andThen(Effect.sleep(10), Effect.fail(first))),
          never: () => time.track("never", Effect.never)
        }).join(Join.all, ({ results, to }) => to.Done(results))
      )
      expect(yield* failure(workflow)).toBe(first)
      expect(time.entries.slice(3).sort()).toEqual(["10 first failed", "10 later interrupted", "10 never interrupted"])
    })
  )

  it.effect("fails with the error of an item", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [30, 10, 20],
          ({ item }) => failAfter(item, `after ${item}`)
        ).join(Join.all, ({ results, to }) => to.Done(results))
      )
      expect(yield* failure(workflow)).toEqual(new Boom({ id: "after 10" }))
    })
  )
})

describe("any", () => {
  it.effect("proceeds with the first success of a split and names its branch", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          failing: () => time.track("failing", failAfter(5, "early")),
          winner: () => time.track("winner", succeedAfter(10, "won")),
          loser: () => time.track("loser", succeedAfter(20, "lost"))
        }).join(Join.any, ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual({ branch: "winner", value: "won" })
      expect(time.entries.slice(3)).toEqual(["5 failing failed", "10 winner done", "10 loser interrupted"])
    })
  )

  it.effect("proceeds with the first success of a forEach and names its item", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [30, 10, 20],
          ({ item }) => succeedAfter(item, item * 2)
        ).join(Join.any, ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual({ index: 1, item: 10, value: 20 })
    })
  )

  it.effect("fails with every typed error, in branch order, once the last branch has failed", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", { a: () => failAfter(20, "a"), b: () => Effect.fail("b"), c: () => failAfter(10, "c") })
          .join(Join.any, ({ results, to }) => to.Done(results))
          .catchTag("AllBranchesFailed", function* ({ error }) {
            yield* time.mark("failed")
            return yield* Effect.fail(error)
          })
      )
      expect(yield* failure(workflow)).toEqual(
        new AllBranchesFailed({
          state: "Work",
          failures: [
            { branch: "a", error: new Boom({ id: "a" }) },
            { branch: "b", error: "b" },
            { branch: "c", error: new Boom({ id: "c" }) }
          ]
        })
      )
      expect(time.entries).toEqual(["20 failed"])
    })
  )

  it.effect("fails with the errors of all items, in item order", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [20, 10],
          ({ item }) => failAfter(item, `${item}`)
        ).join(Join.any, ({ results, to }) => to.Done(results))
      )
      expect(yield* failure(workflow)).toEqual(
        new AllBranchesFailed({
          state: "Work",
          failures: [
            { index: 0, item: 20, error: new Boom({ id: "20" }) },
            { index: 1, item: 10, error: new Boom({ id: "10" }) }
          ]
        })
      )
    })
  )
})

describe("quorum", () => {
  it.effect("proceeds with so many successes, in completion order, and stops the others", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          third: () => time.track("third", succeedAfter(30, 3)),
          second: () => time.track("second", succeedAfter(20, "2")),
          failing: () => time.track("failing", failAfter(15, "failing")),
          first: () => time.track("first", succeedAfter(10, true))
        }).join(Join.quorum(2), ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual([
        { branch: "first", value: true },
        { branch: "second", value: "2" }
      ])
      expect(time.entries.slice(4)).toEqual([
        "10 first done",
        "15 failing failed",
        "20 second done",
        "20 third interrupted"
      ])
    })
  )

  it.effect("gives the successes of a forEach in completion order", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [30, 20, 10],
          ({ item }) => succeedAfter(item, item * 2)
        ).join(Join.quorum(2), ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual([
        { index: 2, item: 10, value: 20 },
        { index: 1, item: 20, value: 40 }
      ])
    })
  )

  it.effect("gives no more than was required, even if more end in the same instant", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [1, 2, 3, 4],
          ({ item }) => succeedAfter(10, item)
        ).join(Join.quorum(2), ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual([
        { index: 0, item: 1, value: 1 },
        { index: 1, item: 2, value: 2 }
      ])
    })
  )

  it.effect("fails as soon as the number can no longer be reached, and stops the others", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          slow: () => time.track("slow", succeedAfter(1_000, "slow")),
          b: () => time.track("b", failAfter(30, "b")),
          good: () => time.track("good", succeedAfter(10, "good")),
          a: () => time.track("a", failAfter(20, "a"))
        }).join(Join.quorum(3), ({ results, to }) => to.Done(results))
      )
      expect(yield* failure(workflow)).toEqual(
        new QuorumNotReached({
          state: "Work",
          required: 3,
          successes: [{ branch: "good", value: "good" }],
          failures: [
            { branch: "b", error: new Boom({ id: "b" }) },
            { branch: "a", error: new Boom({ id: "a" }) }
          ]
        })
      )
      expect(time.entries.slice(4)).toEqual(["10 good done", "20 a failed", "30 b failed", "30 slow interrupted"])
    })
  )

  it.effect("fails at once when there are fewer items than required, and starts none", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [1, 2],
          ({ item }) => time.track(`${item}`, succeedAfter(10, item))
        ).join(Join.quorum(3), ({ results, to }) => to.Done(results))
      )
      expect(yield* failure(workflow)).toEqual(
        new QuorumNotReached({ state: "Work", required: 3, successes: [], failures: [] })
      )
      expect(time.entries).toEqual([])
    })
  )
})

describe("percentage", () => {
  it.effect("proceeds with the share of the branches, rounded up, in completion order", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          a: () => succeedAfter(30, "a"),
          b: () => succeedAfter(20, "b"),
          c: () => succeedAfter(10, "c")
        }).join(Join.percentage(0.5), ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual([
        { branch: "c", value: "c" },
        { branch: "b", value: "b" }
      ])
    })
  )

  it.effect.each([
    { share: 0.07, items: 100, required: 7 },
    { share: 0.071, items: 100, required: 8 },
    { share: 1 / 3, items: 3, required: 1 },
    { share: 2 / 3, items: 3, required: 2 },
    { share: 0.29, items: 100, required: 29 },
    { share: 0.55, items: 100, required: 55 },
    { share: 0.1, items: 3, required: 1 },
    { share: 0.501, items: 2, required: 2 },
    { share: 1, items: 5, required: 5 },
    { share: 1e-9, items: 5, required: 1 }
  ])("of $items items, $share are $required", ({ share, items, required }) =>
    Effect.gen(function* () {
      const every = Array.from({ length: items }, (_, index) => index)
      const join = <A, E>(each: (index: number) => Effect.Effect<A, E>) =>
        implement(
          Fan.forEach(
            "Work",
            () => every,
            ({ item }) => each(item)
          ).join(Join.percentage(share), ({ results, to }) => to.Done(results.length))
        )
      expect(yield* results(join((index) => succeedAfter(index, index)))).toBe(required)
      const error = yield* failure(join((index) => failAfter(index, "any")))
      expect(error.required).toBe(required)
      expect(error.failures).toHaveLength(items - required + 1)
    })
  )

  it.effect("fails with QuorumNotReached as soon as the share can no longer be reached", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", { a: () => succeedAfter(1_000, "a"), b: () => failAfter(10, "b") }).join(
          Join.percentage(0.75),
          ({ results, to }) => to.Done(results)
        )
      )
      expect(yield* failure(workflow)).toEqual(
        new QuorumNotReached({
          state: "Work",
          required: 2,
          successes: [],
          failures: [{ branch: "b", error: new Boom({ id: "b" }) }]
        })
      )
    })
  )
})

describe("partialResults", () => {
  it.effect("keeps what else was known by then, each list in branch order", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          slow: () => time.track("slow", succeedAfter(100, "slow")),
          second: () => succeedAfter(30, 2),
          bad: () => failAfter(20, "bad"),
          worse: () => failAfter(10, "worse"),
          first: () => succeedAfter(5, 1),
          slower: () => time.track("slower", succeedAfter(200, "slower"))
        }).join(Join.partialResults(2), ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual({
        successes: [
          { branch: "second", value: 2 },
          { branch: "first", value: 1 }
        ],
        failures: [
          { branch: "bad", error: new Boom({ id: "bad" }) },
          { branch: "worse", error: new Boom({ id: "worse" }) }
        ],
        interrupted: [{ branch: "slow" }, { branch: "slower" }]
      })
      expect(time.entries.slice(2).sort()).toEqual(["30 slow interrupted", "30 slower interrupted"])
    })
  )

  it.effect("names the items of a forEach", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [30, 20, 10],
          ({ item }) => (item === 10 ? failAfter(item, "ten") : succeedAfter(item, item))
        ).join(Join.partialResults(1), ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual({
        successes: [{ index: 1, item: 20, value: 20 }],
        failures: [{ index: 2, item: 10, error: new Boom({ id: "ten" }) }],
        interrupted: [{ index: 0, item: 30 }]
      })
    })
  )

  it.effect("fails as soon as the minimum can no longer be reached", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          late: () => succeedAfter(1_000, "late"),
          good: () => succeedAfter(10, "good"),
          bad: () => failAfter(20, "bad")
        }).join(Join.partialResults(3), ({ results, to }) => to.Done(results))
      )
      expect(yield* failure(workflow)).toEqual(
        new QuorumNotReached({
          state: "Work",
          required: 3,
          successes: [{ branch: "good", value: "good" }],
          failures: [{ branch: "bad", error: new Boom({ id: "bad" }) }]
        })
      )
    })
  )
})

describe("tolerate", () => {
  it.effect("waits for every branch while no more fail than are tolerated", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          slow: () => time.track("slow", succeedAfter(100, "slow")),
          bad: () => failAfter(10, "bad"),
          fast: () => succeedAfter(5, "fast")
        }).join(Join.tolerate({ failures: 1 }), ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual({
        successes: [
          { branch: "slow", value: "slow" },
          { branch: "fast", value: "fast" }
        ],
        failures: [{ branch: "bad", error: new Boom({ id: "bad" }) }]
      })
      expect(time.entries).toEqual(["0 slow starts", "100 slow done"])
    })
  )

  it.effect("fails as soon as one too many has failed, and stops the others", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          b: () => failAfter(20, "b"),
          slow: () => time.track("slow", succeedAfter(100, "slow")),
          a: () => failAfter(10, "a")
        }).join(Join.tolerate({ failures: 1 }), ({ results, to }) => to.Done(results))
      )
      expect(yield* failure(workflow)).toEqual(
        new ToleranceExceeded({
          state: "Work",
          tolerated: 1,
          failures: [
            { branch: "b", error: new Boom({ id: "b" }) },
            { branch: "a", error: new Boom({ id: "a" }) }
          ]
        })
      )
      expect(time.entries).toEqual(["0 slow starts", "20 slow interrupted"])
    })
  )

  it.effect("tolerates no failure when told so", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", { bad: () => failAfter(10, "bad"), slow: () => succeedAfter(100, "slow") }).join(
          Join.tolerate({ failures: 0 }),
          ({ results, to }) => to.Done(results)
        )
      )
      expect(yield* failure(workflow)).toEqual(
        new ToleranceExceeded({
          state: "Work",
          tolerated: 0,
          failures: [{ branch: "bad", error: new Boom({ id: "bad" }) }]
        })
      )
    })
  )

  it.effect.each([
    { rate: 0.5, items: 3, tolerated: 1 },
    { rate: 1 / 3, items: 3, tolerated: 1 },
    { rate: 0.07, items: 100, tolerated: 7 },
    { rate: 0.29, items: 100, tolerated: 29 },
    { rate: 0.1, items: 9, tolerated: 0 },
    { rate: 0.999, items: 3, tolerated: 2 }
  ])("a rate of $rate tolerates $tolerated failures of $items", ({ rate, items, tolerated }) =>
    Effect.gen(function* () {
      const join = (failing: number) =>
        implement(
          Fan.forEach(
            "Work",
            () => Array.from({ length: items }, (_, index) => index),
            ({ index }) => (index < failing ? failAfter(index, "any") : succeedAfter(index, index))
          ).join(Join.tolerate({ rate }), ({ results, to }) => to.Done(results.failures.length))
        )
      expect(yield* results(join(tolerated))).toBe(tolerated)
      const error = yield* failure(join(tolerated + 1))
      expect(error.tolerated).toBe(tolerated)
      expect(error.failures).toHaveLength(tolerated + 1)
    })
  )

  it.effect("a rate of 1 lets every branch fail", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [1, 2],
          ({ item }) => failAfter(item, `${item}`)
        ).join(Join.tolerate({ rate: 1 }), ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual({
        successes: [],
        failures: [
          { index: 0, item: 1, error: new Boom({ id: "1" }) },
          { index: 1, item: 2, error: new Boom({ id: "2" }) }
        ]
      })
    })
  )
})

describe("settled", () => {
  it.effect("waits for every branch and never fails", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          slow: () => time.track("slow", succeedAfter(100, "slow")),
          b: () => failAfter(20, "b"),
          a: () => failAfter(10, "a"),
          fast: () => succeedAfter(1, "fast")
        }).join(Join.settled, ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual({
        successes: [
          { branch: "slow", value: "slow" },
          { branch: "fast", value: "fast" }
        ],
        failures: [
          { branch: "b", error: new Boom({ id: "b" }) },
          { branch: "a", error: new Boom({ id: "a" }) }
        ]
      })
      expect(time.entries).toEqual(["0 slow starts", "100 slow done"])
    })
  )

  it.effect("proceeds when every item has failed", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => ["x", "y"],
          ({ item }) => Effect.fail(item.length)
        ).join(Join.settled, ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual({
        successes: [],
        failures: [
          { index: 0, item: "x", error: 1 },
          { index: 1, item: "y", error: 1 }
        ]
      })
    })
  )
})

describe("partialTimeout", () => {
  it.effect("proceeds with what has settled when the time is up, and stops the others", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          late: () => time.track("late", succeedAfter(100, "late")),
          bad: () => failAfter(20, "bad"),
          good: () => succeedAfter(10, "good"),
          later: () => time.track("later", failAfter(200, "later"))
        }).join(Join.partialTimeout("50 millis"), function* ({ results, to }) {
          yield* time.mark("joined")
          return to.Done(results)
        })
      )
      expect(yield* results(workflow)).toEqual({
        successes: [{ branch: "good", value: "good" }],
        failures: [{ branch: "bad", error: new Boom({ id: "bad" }) }],
        interrupted: [{ branch: "late" }, { branch: "later" }]
      })
      expect(time.entries.slice(2)).toEqual(["50 late interrupted", "50 later interrupted", "50 joined"])
    })
  )

  it.effect("proceeds when all that settled has failed", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [10, 100],
          ({ item }) => failAfter(item, `${item}`)
        ).join(Join.partialTimeout("50 millis"), ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual({
        successes: [],
        failures: [{ index: 0, item: 10, error: new Boom({ id: "10" }) }],
        interrupted: [{ index: 1, item: 100 }]
      })
    })
  )

  it.effect("does not wait for the time when every branch has settled", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", { a: () => succeedAfter(10, "a"), b: () => failAfter(20, "b") }).join(
          Join.partialTimeout("50 millis"),
          function* ({ results, to }) {
            yield* time.mark("joined")
            return to.Done(results)
          }
        )
      )
      expect(yield* results(workflow)).toEqual({
        successes: [{ branch: "a", value: "a" }],
        failures: [{ branch: "b", error: new Boom({ id: "b" }) }],
        interrupted: []
      })
      expect(time.entries).toEqual(["20 joined"])
    })
  )

  it.effect("fails when nothing has settled in time", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", { late: () => time.track("late", succeedAfter(100, "late")) }).join(
          Join.partialTimeout("50 millis"),
          ({ results, to }) => to.Done(results)
        )
      )
      expect(yield* failure(workflow)).toEqual(new NoBranchCompleted({ state: "Work", duration: Duration.millis(50) }))
      expect(time.entries).toEqual(["0 late starts", "50 late interrupted"])
    })
  )

  it.effect("counts a queued branch among the interrupted", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [10, 100, 100],
          ({ item, index }) => time.track(`${index}`, succeedAfter(item, item)),
          { concurrency: 1 }
        ).join(Join.partialTimeout("50 millis"), ({ results, to }) => to.Done(results))
      )
      expect(yield* results(workflow)).toEqual({
        successes: [{ index: 0, item: 10, value: 10 }],
        failures: [],
        interrupted: [
          { index: 1, item: 100 },
          { index: 2, item: 100 }
        ]
      })
      expect(time.entries).toEqual(["0 0 starts", "10 0 done", "10 1 starts", "50 1 interrupted"])
    })
  )
})

describe("the messages of the failures", () => {
  it.effect("name the state, count the branches, and say why they failed", () =>
    Effect.gen(function* () {
      const branches = { a: () => failAfter(1, "a"), b: () => failAfter(2, "b") }
      const split = Fan.split("Work", branches)
      const message = <E extends { readonly message: string }>(workflow: Runs<E>) =>
        Effect.map(failure(workflow), (error) => error.message)
      expect(yield* message(implement(split.join(Join.any, ({ to }) => to.Done(0))))).toBe(
        "All 2 branches of state 'Work' failed\n  - branch 'a': Boom\n  - branch 'b': Boom"
      )
      expect(yield* message(implement(split.join(Join.quorum(2), ({ to }) => to.Done(0))))).toBe(
        "State 'Work' needs 2 successful branches: 0 succeeded, 1 failed\n  - branch 'a': Boom"
      )
      expect(yield* message(implement(split.join(Join.tolerate({ failures: 1 }), ({ to }) => to.Done(0))))).toBe(
        "State 'Work' tolerates 1 failed branches: 2 failed\n  - branch 'a': Boom\n  - branch 'b': Boom"
      )
      expect(yield* message(implement(split.join(Join.partialTimeout(0.5), ({ to }) => to.Done(0))))).toMatch(
        /^No branch of state 'Work' completed within /
      )
    })
  )

  it.effect("say of many branches why the first few failed, and how many more did", () =>
    Effect.gen(function* () {
      const items = Array.from({ length: 1_000 }, (_, index) => index)
      const forEach = Fan.forEach(
        "Work",
        () => items,
        ({ item }) => Effect.fail(new Error(`no room\n  in ${item}`))
      )
      const error = yield* failure(implement(forEach.join(Join.any, ({ to }) => to.Done(0))))
      expect(error.message.split("\n")).toEqual([
        "All 1000 branches of state 'Work' failed",
        "  - item 0: Error: no room in 0",
        "  - item 1: Error: no room in 1",
        "  - item 2: Error: no room in 2",
        "  - and 997 more"
      ])
    })
  )
})
