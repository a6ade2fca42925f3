/** No branches at all: some strategies are content with nothing, the others fail at once. */
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { AllBranchesFailed, Join, NoBranchCompleted, QuorumNotReached } from "sluice"
import { Fan, implement } from "../support/fan.ts"

const none = () =>
  Fan.forEach(
    "Work",
    (): ReadonlyArray<number> => [],
    ({ item }) => Effect.succeed(item)
  )

describe("a forEach of no items", () => {
  it.effect("proceeds at once under all, settled, tolerate and percentage", () =>
    Effect.gen(function* () {
      const payload = <E>(handler: ReturnType<typeof implement<E, never>>) =>
        Effect.map(handler.run(), (outcome) => outcome.payload)
      expect(yield* payload(implement(none().join(Join.all, ({ results, to }) => to.Done(results))))).toEqual([])
      expect(yield* payload(implement(none().join(Join.settled, ({ results, to }) => to.Done(results))))).toEqual({
        successes: [],
        failures: []
      })
      expect(
        yield* payload(implement(none().join(Join.tolerate({ failures: 0 }), ({ results, to }) => to.Done(results))))
      ).toEqual({ successes: [], failures: [] })
      expect(
        yield* payload(implement(none().join(Join.tolerate({ rate: 0.5 }), ({ results, to }) => to.Done(results))))
      ).toEqual({ successes: [], failures: [] })
      expect(yield* payload(implement(none().join(Join.percentage(1), ({ results, to }) => to.Done(results))))).toEqual(
        []
      )
    })
  )

  it.effect("fails at once under any, quorum, partialResults and partialTimeout", () =>
    Effect.gen(function* () {
      const error = <E>(handler: ReturnType<typeof implement<E, never>>) => Effect.flip(handler.run())
      expect(yield* error(implement(none().join(Join.any, ({ results, to }) => to.Done(results))))).toEqual(
        new AllBranchesFailed({ state: "Work", failures: [] })
      )
      expect(yield* error(implement(none().join(Join.quorum(1), ({ results, to }) => to.Done(results))))).toEqual(
        new QuorumNotReached({ state: "Work", required: 1, successes: [], failures: [] })
      )
      expect(
        yield* error(implement(none().join(Join.partialResults(1), ({ results, to }) => to.Done(results))))
      ).toEqual(new QuorumNotReached({ state: "Work", required: 1, successes: [], failures: [] }))
      // Without a branch there is nothing to wait for: the clock of the test stands still.
      expect(
        yield* error(implement(none().join(Join.partialTimeout("1 hour"), ({ results, to }) => to.Done(results))))
      ).toEqual(new NoBranchCompleted({ state: "Work", duration: Duration.hours(1) }))
    })
  )
})

describe("a forEach of fewer items than a quorum needs", () => {
  it.effect("fails at once, and none of them begins", () =>
    Effect.gen(function* () {
      let began = 0
      const work = Fan.forEach(
        "Work",
        () => [1],
        () => Effect.sync(() => ++began)
      ).join(Join.quorum(2), ({ results, to }) => to.Done(results))
      expect(yield* Effect.flip(implement(work).run())).toEqual(
        new QuorumNotReached({ state: "Work", required: 2, successes: [], failures: [] })
      )
      expect(began).toBe(0)
    })
  )
})

describe("a split of no branches", () => {
  it.effect("does as a forEach of no items", () =>
    Effect.gen(function* () {
      const split = Fan.split("Work", {})
      expect((yield* implement(split.join(Join.all, ({ results, to }) => to.Done(results))).run()).payload).toEqual({})
      expect((yield* implement(split.join(Join.settled, ({ results, to }) => to.Done(results))).run()).payload).toEqual(
        { successes: [], failures: [] }
      )
      expect(
        (yield* implement(split.join(Join.percentage(1), ({ results, to }) => to.Done(results))).run()).payload
      ).toEqual([])
      expect(yield* Effect.flip(implement(split.join(Join.any, ({ results, to }) => to.Done(results))).run())).toEqual(
        new AllBranchesFailed({ state: "Work", failures: [] })
      )
      expect(
        yield* Effect.flip(implement(split.join(Join.partialTimeout(10), ({ results, to }) => to.Done(results))).run())
      ).toEqual(new NoBranchCompleted({ state: "Work", duration: Duration.millis(10) }))
    })
  )
})
