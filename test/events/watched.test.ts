/** A run that is watched does what it does when nobody watches. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber, Option } from "effect"
import { CompensationFailed, Join, Workflow } from "sluice"
import { Loop } from "../support/loop.ts"
import { heapInUse } from "../support/memory.ts"
import { dieAfter, failAfter, settle, succeedAfter } from "../support/runs.ts"
import { Ledger, trip, written } from "../support/saga.ts"
import { somebody } from "../support/watchers.ts"
import { failsTimes, interruptedAfter, Sub, sub, Trial, trial, trialOf } from "./trial.ts"

/** How a run ended, when, and where it failed. */
const endOf = <A, E, R>(run: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const begin = clock.currentTimeMillisUnsafe()
    let endedAt = Number.NaN
    const exit = yield* settle(
      Effect.ensuring(
        run,
        Effect.sync(() => (endedAt = clock.currentTimeMillisUnsafe() - begin))
      )
    )
    if (Exit.isSuccess(exit)) return { endedAt, outcome: exit.value }
    return {
      endedAt,
      reasons: reasonsOf(exit.cause),
      context: Option.getOrUndefined(Workflow.failureContext(exit.cause))
    }
  })

/** What a cause is made of, without its stack: that shows the spans. */
const reasonsOf = (cause: Cause.Cause<unknown>): ReadonlyArray<unknown> =>
  cause.reasons.map((reason) =>
    Cause.isFailReason(reason) ? plain(reason.error) : Cause.isDieReason(reason) ? plain(reason.defect) : "interrupted"
  )

const plain = (error: unknown): unknown =>
  error instanceof CompensationFailed
    ? {
        cause: reasonsOf(error.cause),
        failures: error.failures.map((failure) => ({ ...failure, cause: reasonsOf(failure.cause) })),
        untried: error.untried
      }
    : error

const branches = Trial.split("Work", { a: () => succeedAfter(10, 1), b: ({ attempt }) => failsTimes(1, attempt, 2) })
const joined = branches.join(Join.all, ({ results, to }) => to.Next(results))
const call = Trial.call("Work", Sub, () => 7, { Good: ({ result, to }) => to.Next(result) })
const failing = Trial.task("Work", ({ attempt, to }) => failsTimes(2, attempt, to.Next("y")))
const undos = { flight: () => Effect.sleep(3), hotel: () => failAfter(3, "hotel") }

const runs: Readonly<Record<string, Effect.Effect<unknown, unknown>>> = {
  "one that succeeds": trial(Trial.task("Work", ({ to }) => succeedAfter(10, to.Next("y")))),
  "one that never waits": trial(Trial.route("Work", ({ to }) => to.Next("y"))),
  "one that fails": trial(joined),
  "one that is retried": trial(joined.retry({ times: 1 })),
  "one that fails in its last attempt": trial(failing.retry({ times: 1 })),
  "one that dies": trial(Trial.task("Work", ({ to }) => Effect.as(dieAfter(10, "dead"), to.Next("y")))),
  "one that gives what is no transition": trial(Trial.task("Work", () => ({ _tag: "Elsewhere" }) as never)),
  "one that is timed out": trial(Trial.task("Work", ({ to }) => Effect.as(Effect.never, to.Next("y"))).timeout(10)),
  "one whose time is up": trialOf(Trial.pause("Work", 50, ({ to }) => to.Next("y"))).run("x", { id: "1", timeout: 20 }),
  "one that is interrupted": interruptedAfter(
    10,
    trial(Trial.wait("Work", { Go: ({ signal, to }) => to.Next(signal) }))
  ),
  "one whose branches are undone": trial(
    branches.compensate({ a: () => Effect.sleep(3) }).join(Join.all, ({ results, to }) => to.Next(results))
  ),
  "one that cannot be undone": trip(undos, () => failAfter(10, "car")).run("Rome", { id: "1" }),
  "one that could not be undone and is interrupted while it releases": interruptedAfter(
    17,
    trial(
      branches
        .compensate({ a: () => failAfter(5, "undo") })
        .join(Join.all, ({ results, to }) => to.Next(results))
        .guard((work) =>
          Effect.andThen(
            Effect.acquireRelease(Effect.void, () => Effect.sleep(5)),
            work
          )
        )
    )
  ),
  "one that rolls back at its exit": trip(written(new Ledger()), ({ to }) => succeedAfter(10, to.Cancelled("-"))).run(
    "Rome"
  ),
  "one that calls another": Effect.provide(
    trial(call),
    sub((to) => succeedAfter(10, to.Two(8)))
  )
}

describe("a run that is watched", () => {
  const cases = Object.entries(runs).flatMap(([what, run]) => somebody.map((watcher) => ({ what, run, ...watcher })))

  it.effect.each(cases)("ends as it does unwatched: $what, watched by $who", ({ context, run }) =>
    Effect.gen(function* () {
      const unwatched = yield* endOf(run)
      expect(yield* endOf(Effect.provideContext(run, yield* context))).toEqual(unwatched)
    })
  )
})

describe("a loop that is watched", () => {
  it.effect.each(somebody)("grows neither the stack nor the memory in use: by $who", ({ context }) =>
    Effect.gen(function* () {
      const last = 200_000
      const held: Array<number> = []
      const workflow = Loop.implement({
        Again: ({ payload, to }) => {
          if (payload === 1_000 || payload === last) held.push(heapInUse())
          return payload < last ? to.Again(payload + 1) : to.Done(payload)
        }
      })
      expect(yield* Effect.provideContext(workflow.run(0), yield* context)).toEqual({ _tag: "Done", payload: last })
      // 200,000 of anything that is kept would be megabytes.
      expect(held[1]! - held[0]!).toBeLessThan(1_000_000)
    })
  )

  it.effect("keeps no more for its handle than the last events", () =>
    Effect.gen(function* () {
      const last = 200_000
      const held: Array<number> = []
      const workflow = Loop.implement({
        Again: ({ payload, to }) => {
          if (payload === 1_000 || payload === last) held.push(heapInUse())
          return payload < last ? to.Again(payload + 1) : to.Done(payload)
        }
      })
      const handle = yield* workflow.fork(0)
      expect((yield* Fiber.join(handle.fiber)).payload).toBe(last)
      expect(held[1]! - held[0]!).toBeLessThan(1_000_000)
    })
  )

  it.effect.each(somebody)("lets other fibers run, and can be interrupted: by $who", ({ context }) =>
    Effect.gen(function* () {
      // It does end, so that a loop that starves the others fails the test instead of hanging it.
      const many = 2_000_000
      let steps = 0
      const workflow = Loop.implement({
        Again: ({ payload, to }) => {
          steps++
          return payload < many ? to.Again(payload + 1) : to.Done(payload)
        }
      })
      const fiber = yield* Effect.forkChild(Effect.provideContext(workflow.run(0), yield* context))
      const seen: Array<number> = []
      for (let turn = 0; turn < 5; turn++) {
        yield* Effect.yieldNow
        seen.push(steps)
      }
      expect(new Set(seen).size).toBeGreaterThan(2)
      yield* Fiber.interrupt(fiber)
      expect(steps).toBeLessThan(many)
      expect(Exit.hasInterrupts(yield* Fiber.await(fiber))).toBe(true)
    })
  )
})
