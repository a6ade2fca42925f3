/** Items that are pulled as there is room for them: how far ahead, until when, and what closes where they come from. */
import { describe, expect, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Join, QuorumNotReached } from "sluice"
import { Fan, implement } from "../support/fan.ts"
import {
  Boom,
  defectsOf,
  ended,
  errorOf,
  failureOf,
  isInterrupted,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { everyStrategy } from "../support/strategies.ts"
import { Timeline } from "../support/timeline.ts"

const boom = new Error("boom")

type Source = Iterable<number> | AsyncIterable<number> | Stream.Stream<number>

/** Numbers from 0, of which it is known how many were pulled, how many were done with, and how often they were closed. */
class Numbers {
  pulled = 0
  done = 0
  ahead = 0
  closed = 0
  private readonly end: number

  constructor(end = Number.POSITIVE_INFINITY) {
    this.end = end
  }

  private *pull(): Generator<number, void> {
    while (this.pulled < this.end) {
      this.ahead = Math.max(this.ahead, this.pulled + 1 - this.done)
      yield this.pulled++
    }
  }

  *iterate(): Generator<number, void> {
    try {
      yield* this.pull()
    } finally {
      this.closed++
    }
  }

  async *iterateAsync(): AsyncGenerator<number, void> {
    yield* this.iterate()
  }

  stream(): Stream.Stream<number> {
    return Stream.ensuring(
      Stream.fromIterable(this.pull(), { chunkSize: 1 }),
      Effect.sync(() => void this.closed++)
    )
  }

  /** Finishes with an item. */
  finish<A, E>(work: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.ensuring(
      work,
      Effect.sync(() => void this.done++)
    )
  }
}

const sources: ReadonlyArray<{ readonly name: string; readonly from: (numbers: Numbers) => Source }> = [
  { name: "a generator", from: (numbers) => numbers.iterate() },
  { name: "an AsyncIterable", from: (numbers) => numbers.iterateAsync() },
  { name: "a Stream", from: (numbers) => numbers.stream() }
]

describe.each(sources)("$name of items", ({ from }) => {
  it.live.each(everyStrategy)("gives what an array of them gives: $name", ({ strategy }) =>
    Effect.gen(function* () {
      for (const concurrency of [1, 2, "unbounded"] as const) {
        const outcome = (items: () => Source) =>
          implement(
            Fan.forEach(
              "Work",
              items,
              ({ item }) => Effect.andThen(Effect.yieldNow, item === 1 ? Effect.fail("one") : Effect.succeed(item)),
              { concurrency }
            )
              .join(strategy, ({ results, to }) => to.Done(results))
              .catch(({ error, to }) => to.Done(error))
          ).run()
        expect(yield* outcome(() => from(new Numbers(2)))).toEqual(yield* outcome(() => [0, 1]))
        expect(yield* outcome(() => from(new Numbers(0)))).toEqual(yield* outcome(() => []))
      }
    })
  )

  it.live.each([1, 3])("is never ahead of %s branches", (concurrency) =>
    Effect.gen(function* () {
      const numbers = new Numbers(5_000)
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => from(numbers),
          ({ item }) => numbers.finish(item % 2 === 0 ? Effect.succeed(item) : Effect.as(Effect.yieldNow, item)),
          { concurrency }
        ).join(Join.all, ({ results, to }) => to.Done(results.length))
      )
      expect((yield* workflow.run()).payload).toBe(5_000)
      expect(numbers).toMatchObject({ pulled: 5_000, ahead: concurrency, closed: 1 })
    })
  )

  it.live("is pulled until the strategy has decided, and closed then", () =>
    Effect.gen(function* () {
      for (const [strategy, most] of [
        [Join.any, 3],
        [Join.quorum(5), 7],
        [Join.partialResults(5), 7]
      ] as const) {
        const numbers = new Numbers()
        const workflow = implement(
          Fan.forEach(
            "Work",
            () => from(numbers),
            ({ item }) => Effect.as(Effect.yieldNow, item),
            {
              concurrency: 3
            }
          ).join(strategy, ({ to }) => to.Done(numbers.closed))
        )
        expect((yield* workflow.run()).payload).toBe(1)
        expect(numbers.pulled).toBeLessThanOrEqual(most)
      }
    })
  )

  it.live("is pulled until one fails too many, and closed then", () =>
    Effect.gen(function* () {
      for (const [strategy, most] of [
        [Join.all, 4],
        [Join.tolerate({ failures: 2 }), 8]
      ] as const) {
        const numbers = new Numbers()
        const workflow = implement(
          Fan.forEach(
            "Work",
            () => from(numbers),
            ({ item }) => Effect.andThen(Effect.yieldNow, item % 2 === 1 ? Effect.fail("odd") : Effect.succeed(item)),
            { concurrency: 2 }
          )
            .join(strategy, ({ to }) => to.Done("joined"))
            .catch(({ to }) => to.Done(numbers.closed))
        )
        expect((yield* workflow.run()).payload).toBe(1)
        expect(numbers.pulled).toBeLessThanOrEqual(most)
      }
    })
  )

  it.live("is closed when the run is interrupted", () =>
    Effect.gen(function* () {
      const numbers = new Numbers()
      const begun = Deferred.makeUnsafe<void>()
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => from(numbers),
          ({ item }) => (item === 1 ? Effect.andThen(Deferred.succeed(begun, undefined), Effect.never) : Effect.never),
          { concurrency: 2 }
        ).join(Join.settled, ({ to }) => to.Done("joined"))
      )
      const fiber = yield* Effect.forkChild(workflow.run())
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(numbers).toMatchObject({ pulled: 2, closed: 1 })
    })
  )

  it.live("that ends too early fails what needs more, at its end", () =>
    Effect.gen(function* () {
      const numbers = new Numbers(4)
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => from(numbers),
          ({ item }) => (item === 0 ? Effect.fail("zero") : item)
        ).join(Join.quorum(4), ({ to }) => to.Done("joined"))
      )
      expect(yield* Effect.flip(workflow.run())).toMatchObject({ required: 4, failures: [{ index: 0, error: "zero" }] })
      expect(numbers.pulled).toBe(4)
    })
  )

  it.live("has what was begun as interrupted, and nothing else", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => from(new Numbers()),
          ({ item }) => (item < 2 ? Effect.never : Effect.as(Effect.yieldNow, item)),
          { concurrency: 3 }
        ).join(Join.partialResults(1), ({ results, to }) => to.Done(results))
      )
      expect((yield* workflow.run()).payload).toEqual({
        successes: [{ index: 2, item: 2, value: 2 }],
        failures: [],
        interrupted: [
          { index: 0, item: 0 },
          { index: 1, item: 1 }
        ]
      })
    })
  )

  it.live("is pulled again when the state is retried", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => from(new Numbers(3)),
          ({ attempt, item }) => (attempt === 1 && item === 1 ? Effect.fail("first") : item),
          { concurrency: 1 }
        )
          .join(Join.all, ({ attempt, results, to }) => to.Done({ attempt, results }))
          .retry({ times: 1 })
      )
      expect((yield* workflow.run()).payload).toEqual({ attempt: 2, results: [0, 1, 2] })
    })
  )
})

describe("a strategy that needs their number", () => {
  it.effect("decides when the source has ended", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const items = Stream.fromEffectRepeat(succeedAfter(10, "item")).pipe(Stream.take(4))
      const forEach = Fan.forEach(
        "Work",
        () => items,
        ({ index }) => (index === 1 ? Effect.fail("one") : index)
      )
      for (const strategy of [Join.percentage(0.5), Join.tolerate({ rate: 0.25 })]) {
        const workflow = implement(
          forEach.join(strategy, function* ({ to }) {
            yield* time.mark("joined")
            return to.Done("joined")
          })
        )
        yield* valueOf(workflow.run())
      }
      expect(time.entries).toEqual(["40 joined", `${3_600_000 + 40} joined`])
      expect(yield* failureOf(implement(forEach.join(Join.percentage(1), ({ to }) => to.Done(""))).run())).toEqual(
        new QuorumNotReached({
          state: "Work",
          required: 4,
          successes: [0, 2, 3].map((index) => ({ index, item: "item", value: index })),
          failures: [{ index: 1, item: "item", error: "one" }]
        })
      )
    })
  )

  it.effect("of those that are known does not wait for more to fail", () =>
    Effect.gen(function* () {
      for (const items of [["a", "b"], new Set(["a", "b"]), new Map([["a", "b"]])]) {
        const workflow = implement(
          Fan.forEach<typeof Fan, "Work", unknown, unknown>(
            "Work",
            () => items,
            () => Effect.never
          ).join(Join.quorum(3), ({ to }) => to.Done("joined"))
        )
        expect(yield* failureOf(workflow.run())).toMatchObject({ required: 3, failures: [] })
      }
    })
  )
})

describe("a time limit", () => {
  it.effect("proceeds with what has settled of items that never end, and stops the stream", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const items = Stream.fromEffectRepeat(succeedAfter(10, "item")).pipe(
        Stream.onExit(() => Effect.andThen(Effect.sleep(7), time.mark("stream ends")))
      )
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => items,
          ({ index }) => (index === 1 ? Effect.never : index)
        ).join(Join.partialTimeout(35), function* ({ results, to }) {
          yield* time.mark("joined")
          return to.Done(results)
        })
      )
      expect((yield* valueOf(workflow.run())).payload).toEqual({
        successes: [0, 2].map((index) => ({ index, item: "item", value: index })),
        failures: [],
        interrupted: [{ index: 1, item: "item" }]
      })
      expect(time.entries).toEqual(["42 stream ends", "42 joined"])
    })
  )
})

describe("items that fail to come", () => {
  it.effect.each(everyStrategy)("fail the state with the error of the Stream: $name", ({ strategy }) =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => Stream.concat(Stream.make(1), Stream.fromEffect(Effect.delay(Effect.fail(new Boom({ id: "s" })), 10))),
          () => time.track("item", Effect.never)
        ).join(strategy, ({ to }) => to.Done("joined"))
      )
      expect(errorOf(yield* settle(workflow.run()))).toEqual(new Boom({ id: "s" }))
      expect(time.entries).toEqual(["0 item starts", "10 item interrupted"])
    })
  )

  it.effect.each(everyStrategy)("are a defect where they are thrown or rejected: $name", ({ strategy }) =>
    Effect.gen(function* () {
      const time = new Timeline()
      function* thrown() {
        yield 1
        throw boom
      }
      async function* rejected() {
        yield 1
        throw boom
      }
      for (const items of [thrown, rejected, () => Stream.concat(Stream.make(1), Stream.die(boom))]) {
        const workflow = implement(
          Fan.forEach(
            "Work",
            (): Source => items(),
            () => time.track("item", Effect.never)
          ).join(strategy, ({ to }) => to.Done("joined"))
        )
        const fiber = yield* Effect.forkChild(workflow.run())
        const exit = yield* Fiber.await(fiber)
        expect(defectsOf(exit)).toEqual([boom])
      }
      expect(time.entries.filter((entry) => entry.endsWith("interrupted"))).toHaveLength(3)
    })
  )

  it.effect("are caught with the failures of the items", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => Stream.fail(new Boom({ id: "s" })),
          () => 1
        )
          .join(Join.settled, ({ to }) => to.Done("joined"))
          .catchTag("Boom", ({ error, to }) => to.Done(error.id))
      )
      expect((yield* valueOf(workflow.run())).payload).toBe("s")
    })
  )

  it.effect("have what was completed undone", () =>
    Effect.gen(function* () {
      const undone: Array<number> = []
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => Stream.concat(Stream.make(1, 2), Stream.fail(new Boom({ id: "s" }))),
          ({ item }) => Effect.succeed(item)
        )
          .compensate(({ item }) => Effect.sync(() => void undone.push(item)))
          .join(Join.settled, ({ to }) => to.Done("joined"))
      )
      expect(yield* failureOf(workflow.run())).toEqual(new Boom({ id: "s" }))
      expect(undone).toEqual([2, 1])
    })
  )
})

describe("where items come from", () => {
  class Rate extends Context.Service<Rate, number>()("test/items/Rate") {}

  it.effect("may need services, and acquire in a scope that closes before the join", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => Stream.fromEffect(Effect.andThen(time.resource("stream", 5), Rate)),
          ({ item }) => item * 2
        ).join(Join.all, function* ({ results, to }) {
          yield* time.mark("joined")
          return to.Done(results)
        })
      )
      expect((yield* valueOf(Effect.provideService(workflow.run(), Rate, 7))).payload).toEqual([14])
      expect(time.entries).toEqual(["0 stream acquired", "5 stream released", "5 joined"])
    })
  )

  it.effect("may bring the end of a branch while it is asked", () =>
    Effect.gen(function* () {
      let gate = Deferred.makeUnsafe<number>()
      let begun: Array<number> = []
      let closed = 0
      function* items() {
        try {
          yield 0
          Deferred.doneUnsafe(gate, Effect.succeed(5))
          yield 1
          yield 2
        } finally {
          closed++
        }
      }
      for (const [strategy, payload, started] of [
        [Join.all, [5, 1, 2], [0, 1, 2]],
        [Join.any, { index: 0, item: 0, value: 5 }, [0]]
      ] as const) {
        gate = Deferred.makeUnsafe<number>()
        begun = []
        const workflow = implement(
          Fan.forEach(
            "Work",
            items,
            ({ item }) => {
              begun.push(item)
              return item === 0 ? Deferred.await(gate) : Effect.as(Effect.yieldNow, item)
            },
            { concurrency: 2 }
          ).join(strategy, ({ results, to }) => to.Done(results))
        )
        expect((yield* workflow.run()).payload).toEqual(payload)
        expect(begun).toEqual(started)
      }
      expect(closed).toBe(2)
    })
  )

  it.effect("ends the run with what it throws when it is closed", () =>
    Effect.gen(function* () {
      function* items() {
        try {
          yield 1
          yield 2
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: that is what is tried
          throw boom
        }
      }
      const workflow = implement(
        Fan.forEach("Work", items, ({ item }) => item, { concurrency: 1 }).join(Join.any, ({ to }) => to.Done("joined"))
      )
      expect(defectsOf(yield* settle(workflow.run()))).toEqual([boom])
    })
  )

  it.effect("is refused where it is none: text, an Effect, a Promise, a number", () =>
    Effect.gen(function* () {
      for (const given of ["text", Effect.succeed([1]), Promise.resolve([1]), 1, null, undefined, {}]) {
        const workflow = implement(
          Fan.forEach(
            "Work",
            // What a caller without types may give.
            () => given as unknown as Iterable<number>,
            ({ item }) => item
          ).join(Join.settled, ({ to }) => to.Done("joined"))
        )
        expect(defectsOf(yield* settle(workflow.run()))).toMatchObject([
          { _tag: "InvalidResult", state: "Work", giver: "what gives its items" }
        ])
      }
    })
  )
})

describe("many items that are finished at once", () => {
  it.effect("let other fibers have their turn", () =>
    Effect.gen(function* () {
      let turns = 0
      const other = yield* Effect.forkChild(
        Effect.forever(
          Effect.andThen(
            Effect.sync(() => turns++),
            Effect.yieldNow
          ),
          { disableYield: true }
        )
      )
      for (const items of [Array.from({ length: 20_000 }, (_, index) => index), new Numbers(20_000).iterate()]) {
        turns = 0
        const workflow = implement(
          Fan.forEach(
            "Work",
            () => items,
            ({ item }) => (item % 2 === 0 ? item : Effect.sync(() => item))
          ).join(Join.all, ({ results, to }) => to.Done(results.length))
        )
        expect((yield* workflow.run()).payload).toBe(20_000)
        expect(turns).toBeGreaterThanOrEqual(9)
      }
      yield* Fiber.interrupt(other)
    })
  )

  it.effect("can be interrupted between them", () =>
    Effect.gen(function* () {
      const numbers = new Numbers()
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => numbers.iterate(),
          () => undefined
        ).join(Join.settled, ({ to }) => to.Done("joined"))
      )
      const fiber = yield* Effect.forkChild(Effect.timeout(workflow.run(), 10))
      yield* TestClock.adjust(10)
      expect(errorOf(yield* Fiber.await(fiber))).toMatchObject({ _tag: "TimeoutError" })
      expect(numbers.closed).toBe(1)
    })
  )
})
