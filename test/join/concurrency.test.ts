/** The bulkhead: how many branches run at once, and what happens to those that wait. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Join } from "sluice"
import { Fan, implement } from "../support/fan.ts"
import { defectsOf, dieAfter, failAfter, settle, succeedAfter, valueOf } from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

describe("without a limit", () => {
  it.effect("all branches start at once", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => Array.from({ length: 500 }, (_, index) => index),
          ({ item }) => time.track(`${item}`, succeedAfter(10, item))
        ).join(Join.all, ({ results, to }) => to.Done(results.length))
      )
      expect((yield* valueOf(workflow.run())).payload).toBe(500)
      expect(time.entries.slice(0, 500)).toEqual(Array.from({ length: 500 }, (_, index) => `0 ${index} starts`))
    })
  )
})

describe("with a limit", () => {
  it.effect.each([{ concurrency: 1 }, { concurrency: 2 }, { concurrency: 3 }, { concurrency: 20 }])(
    "at most $concurrency branches run at once, and as many as that",
    ({ concurrency }) =>
      Effect.gen(function* () {
        let running = 0
        let most = 0
        const each = (millis: number) =>
          Effect.acquireUseRelease(
            Effect.sync(() => {
              most = Math.max(most, ++running)
            }),
            () => succeedAfter(millis, millis),
            () => Effect.sync(() => running--)
          )
        const workflow = implement(
          Fan.forEach(
            "Work",
            () => [50, 10, 30, 20, 40, 10],
            ({ item }) => each(item),
            { concurrency }
          ).join(Join.all, ({ results, to }) => to.Done(results))
        )
        expect((yield* valueOf(workflow.run())).payload).toEqual([50, 10, 30, 20, 40, 10])
        expect(most).toBe(Math.min(concurrency, 6))
        expect(running).toBe(0)
      })
  )

  it.effect("a branch starts as soon as another has ended, in order", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split(
          "Work",
          {
            a: () => time.track("a", succeedAfter(30, "a")),
            b: () => time.track("b", failAfter(10, "b")),
            c: () => time.track("c", succeedAfter(10, "c")),
            d: () => time.track("d", succeedAfter(10, "d"))
          },
          { concurrency: 2 }
        ).join(Join.settled, ({ to }) => to.Done("joined"))
      )
      yield* valueOf(workflow.run())
      expect(time.entries.filter((entry) => entry.endsWith("starts"))).toEqual([
        "0 a starts",
        "0 b starts",
        "10 c starts",
        "20 d starts"
      ])
    })
  )

  it.effect("no branch starts before the finalizers of the one it waits for have run", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => ["a", "b"],
          ({ item }) => time.track(item, succeedAfter(10, item), 100),
          { concurrency: 1 }
        ).join(Join.settled, ({ to }) => to.Done("joined"))
      )
      yield* valueOf(workflow.run())
      expect(time.entries).toEqual(["0 a starts", "110 a done", "110 b starts", "220 b done"])
    })
  )

  const ends = [
    { name: "any", strategy: Join.any, first: () => succeedAfter(10, 0) },
    { name: "quorum", strategy: Join.quorum(1), first: () => succeedAfter(10, 0) },
    { name: "partialResults", strategy: Join.partialResults(1), first: () => succeedAfter(10, 0) },
    { name: "percentage", strategy: Join.percentage(0.1), first: () => succeedAfter(10, 0) },
    { name: "all, failing", strategy: Join.all, first: () => failAfter(10, "bad") },
    { name: "tolerate, failing", strategy: Join.tolerate({ failures: 0 }), first: () => failAfter(10, "bad") },
    { name: "quorum, failing", strategy: Join.quorum(5), first: () => failAfter(10, "bad") },
    { name: "partialTimeout", strategy: Join.partialTimeout("10 millis"), first: () => succeedAfter(5, 0) },
    { name: "settled, dying", strategy: Join.settled, first: () => dieAfter(10, "dead") },
    { name: "settled, interrupted", strategy: Join.settled, first: () => Effect.interrupt },
    { name: "any, at once", strategy: Join.any, first: () => Effect.succeed(0) },
    { name: "all, failing at once", strategy: Join.all, first: () => Effect.fail("bad") }
  ] satisfies ReadonlyArray<{ name: string; strategy: Join.Strategy; first: () => Effect.Effect<number, unknown> }>

  it.effect.each(ends)("a queued branch never starts once the join has decided: $name", ({ strategy, first }) =>
    Effect.gen(function* () {
      const started: Array<number> = []
      // The second branch takes its time to stop, so that a place is free while the join waits for it.
      const each = (item: number): Effect.Effect<number, unknown> => {
        started.push(item)
        return item === 0 ? first() : Effect.ensuring(succeedAfter(1_000, item), Effect.sleep(100))
      }
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [0, 1, 2, 3, 4],
          ({ item }) => Effect.suspend(() => each(item)),
          { concurrency: 2 }
        ).join(strategy as Join.Strategy, ({ to }) => to.Done("joined"))
      )
      yield* settle(workflow.run())
      expect(started).toContain(0)
      expect(started.filter((item) => item > 2)).toEqual([])
    })
  )

  it.effect("a queued branch never starts once the run is interrupted", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => ["a", "b", "c", "d"],
          ({ item }) => time.track(item, Effect.never, item === "a" ? 10 : 20),
          { concurrency: 2 }
        ).join(Join.settled, ({ to }) => to.Done("joined"))
      )
      const fiber = yield* Effect.forkChild(workflow.run())
      yield* TestClock.adjust(10)
      yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust(1_000)
      expect(time.entries).toEqual(["0 a starts", "0 b starts", "20 a interrupted", "30 b interrupted"])
    })
  )

  it.effect("a branch that is queued for long can still be the one that decides", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [1, 2, 3, 4],
          ({ item }) => (item === 4 ? succeedAfter(10, "won") : failAfter(10, "bad")),
          { concurrency: 1 }
        ).join(Join.any, ({ results, to }) => to.Done(results))
      )
      expect((yield* valueOf(workflow.run())).payload).toEqual({ index: 3, item: 4, value: "won" })
    })
  )

  it.effect("a defect of a queued branch fails the run", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [1, 2, 3],
          ({ item }) => (item === 3 ? dieAfter(10, "dead") : succeedAfter(10, item)),
          { concurrency: 2 }
        ).join(Join.settled, ({ results, to }) => to.Done(results))
      )
      expect(defectsOf(yield* settle(workflow.run()))).toEqual(["dead"])
    })
  )

  it.effect("thousands of branches that end at once do not grow the stack", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => Array.from({ length: 20_000 }, (_, index) => index),
          ({ item }) => (item % 2 === 0 ? item : Effect.sync(() => item)),
          { concurrency: 2 }
        ).join(Join.all, ({ results, to }) => to.Done(results.length))
      )
      expect((yield* workflow.run()).payload).toBe(20_000)
    })
  )
})
