/** The events that a handle keeps: how many, in how much memory, and for whom. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { Workflow } from "sluice"
import { EventLog } from "../../src/engine/watch/EventLog.ts"
import { Fan, implement } from "../support/fan.ts"
import { heapInUse } from "../support/memory.ts"

const signature = { workflow: "Work", runId: "w-1", state: "Work", time: 0 }

const numbered = (payload: number): Workflow.RunEvent => ({ ...signature, _tag: "StateEntered", payload })

const finished: Workflow.RunEvent = { ...signature, _tag: "RunFinished", exit: Exit.void, duration: 0 }

/** Adds events with the numbers from one to another. */
const add = (log: EventLog, from: number, to: number): void => {
  for (let i = from; i <= to; i++) log.add(numbered(i))
}

const numbers = (events: ReadonlyArray<Workflow.RunEvent>) =>
  events.map((event) => (event._tag === "StateEntered" ? event.payload : event._tag))

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe("the events that are kept", () => {
  it.effect("are all, or the last 1,024, for one who comes when the run has ended", () =>
    Effect.gen(function* () {
      for (const count of [0, 1, 1022, 1023, 1024, 1025, 5000]) {
        const log = new EventLog()
        add(log, 1, count)
        log.add(finished)
        const expected = [...range(Math.max(1, count - 1022), count), "RunFinished"]
        expect(numbers(yield* Stream.runCollect(log.stream))).toEqual(expected)
        expect(numbers(yield* Stream.runCollect(log.stream))).toEqual(expected)
      }
    })
  )

  it.effect("are missed by one who falls further behind, the oldest", () =>
    Effect.gen(function* () {
      const log = new EventLog()
      add(log, 1, 10)
      const seen: Array<unknown> = []
      const consuming = yield* Effect.forkChild(
        Stream.runForEach(log.stream, (event) =>
          Effect.andThen(
            Effect.sleep(1000),
            Effect.sync(() => seen.push(...numbers([event])))
          )
        )
      )
      yield* TestClock.adjust(5500)
      expect(seen).toEqual(range(1, 5))
      add(log, 11, 3000)
      log.add(finished)
      yield* TestClock.adjust("1 day")
      yield* Fiber.join(consuming)
      expect(seen).toEqual([...range(1, 10), ...range(3000 - 1022, 3000), "RunFinished"])
    })
  )

  it.effect("wake who waits only once the run has gone on", () =>
    Effect.gen(function* () {
      const log = new EventLog()
      const seen: Array<unknown> = []
      const consuming = yield* Effect.forkChild(
        Stream.runForEach(log.stream, (event) => Effect.sync(() => seen.push(...numbers([event])))),
        { startImmediately: true }
      )
      for (const number of range(1, 3)) {
        log.add(numbered(number))
        expect(seen).toEqual(range(1, number - 1))
        yield* TestClock.adjust(1)
        expect(seen).toEqual(range(1, number))
      }
      log.add(finished)
      yield* Fiber.join(consuming)
    })
  )

  it.effect("forget one who has stopped waiting", () =>
    Effect.gen(function* () {
      const log = new EventLog()
      const consuming = yield* Effect.forkChild(Stream.runCollect(log.stream), { startImmediately: true })
      const other = yield* Effect.forkChild(Stream.runCollect(log.stream), { startImmediately: true })
      yield* Fiber.interrupt(consuming)
      log.add(finished)
      expect(numbers(yield* Fiber.join(other))).toEqual(["RunFinished"])
    })
  )
})

describe("a parked run with a handle", () => {
  it.effect("holds what it has told, and no room for what it may tell", () =>
    Effect.gen(function* () {
      const workflow = implement(Fan.task("Work", ({ to }) => Effect.as(Effect.never, to.Done("never"))))
      const park = (count: number) => Effect.all(Array.from({ length: count }, () => workflow.fork()))
      yield* park(100)
      const before = heapInUse()
      const handles = yield* park(2_000)
      expect((heapInUse() - before) / handles.length).toBeLessThan(12_000)
      expect(handles.every(({ fiber }) => fiber.pollUnsafe() === undefined)).toBe(true)
    })
  )
})
