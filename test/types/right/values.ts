/** What a function may give where that is no transition: any value, also one of which the types know nothing. */
import { Deferred, Effect, Option, Queue, Result, Schema, Stream } from "effect"
import { Join, Scheduler, Workflow } from "sluice"
import * as Testing from "sluice/testing"

export class Batch extends Workflow.define("Batch")
  .state("Work", Schema.Array(Schema.String), ["Done"])
  .exit("Done", Schema.Number)
  .start("Work") {}

export class Quiet extends Workflow.define("Quiet")
  .state("Begin", Schema.Void, ["End"])
  .exit("End", Schema.Void)
  .start("Begin") {}

export class Wide extends Workflow.define("Wide")
  .state("Begin", Schema.Unknown, ["End"])
  .exit("End", Schema.Void)
  .start("Begin") {}

export declare const release: (count: number) => Effect.Effect<void>
// What comes of a client without types.
export declare const sdk: any
export declare const unknown: unknown

// Functions that are generic in what they give.
export const each = <A, E, R>(work: (item: string) => Effect.Effect<A, E, R>, undo: (value: A) => Effect.Effect<A>) =>
  Batch.forEach(
    "Work",
    ({ payload }) => payload,
    ({ item }) => work(item)
  )
    .compensate(({ value }) => undo(value))
    .join(Join.all, ({ results, to }) => to.Done(results.length))
export const eachValue = <A>(items: ReadonlyArray<A>, work: (item: A) => A) =>
  Batch.forEach(
    "Work",
    () => items,
    ({ item }) => work(item)
  ).join(Join.settled, ({ results, to }) => to.Done(results.successes.length))
export const branches = <A, E, R>(work: Effect.Effect<A, E, R>, undo: (value: A) => A) =>
  Batch.split("Work", {
    effect: () => work,
    *generator() {
      return yield* work
    }
  })
    .compensate({ effect: ({ value }) => undo(value) })
    .join(Join.any, ({ to }) => to.Done(1))
export const undone = <A, E>(work: Effect.Effect<A, E>) =>
  Batch.task("Work", ({ to }) => Effect.as(work, to.Done(1))).compensate({ Done: () => Effect.ignore(work) })

export const values = Batch.split("Work", {
  any: () => sdk.get(),
  unknown: () => unknown,
  nothing: () => {},
  effectOfNothing: () => Effect.void,
  exit: () => Effect.exit(release(1)),
  data: () => [{ release }],
  iterator: () => new Map([["a", 1]]).values(),
  lookalike: () => ({ next: "a", [Symbol.iterator]: () => [1].values() }),
  option: () => Option.some(1),
  result: () => Result.succeed(1),
  queue: () => Queue.unbounded<number>(),
  deferred: () => Deferred.make<number>(),
  fiber: () => Effect.forkChild(Effect.void),
  stream: () => Stream.make(1)
})
  .compensate({ any: () => sdk.release(), unknown: () => unknown, exit: () => Effect.exit(release(1)) })
  .join(Join.all, ({ to }) => to.Done(1))

export const undo = Batch.task("Work", ({ to }) => to.Done(1)).compensate({ Done: () => sdk.release() })

export const items = [
  Batch.forEach(
    "Work",
    ({ payload }) => new Map(payload.map((item) => [item, 1])),
    ({ item: [key, count] }) => key.length + count
  ).compensate(() => sdk.release()),
  Batch.forEach(
    "Work",
    function* ({ payload }) {
      for (const item of payload) yield item.length
    },
    function* ({ item }) {
      return yield* Effect.succeed(item)
    }
  ),
  Batch.forEach(
    "Work",
    () => [release(1), release(2)],
    ({ item }) => item
  )
]

export const inputs = [
  Batch.call("Work", Quiet, () => {}, { End: ({ to }) => to.Done(1) }),
  Batch.call("Work", Wide, () => sdk.get(), { End: ({ to }) => to.Done(1) }),
  Batch.call("Work", Wide, ({ payload }) => payload, { End: ({ to }) => to.Done(1) })
]
export const entries = [
  Scheduler.entry(Wide, Scheduler.manual, { input: "all" }),
  Scheduler.entry(Wide, Scheduler.manual, { input: ({ id }) => id, trip: 3 }),
  Scheduler.entry(Wide, Scheduler.manual, { input: () => unknown })
]

export const some = Batch.split("Work", { any: () => sdk, unknown: () => unknown, nothing: () => {} }).join(
  Join.all,
  ({ to }) => to.Done(1)
)
export const standIns = [
  Testing.branches(some, { any: () => 1, unknown: () => ({}), nothing: () => {} }),
  Testing.branches(some, { any: () => sdk, unknown: Effect.void, nothing: Effect.never })
]
