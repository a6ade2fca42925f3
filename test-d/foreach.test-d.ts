/**
 * What each strategy promises the join of a forEach, and how it fails, exactly: M11 to M14.
 */
import { Data, Effect, type Scope, type Stream } from "effect"
import {
  type AllBranchesFailed,
  type CompensationFailed,
  type Handler,
  Join,
  type JoinTimeout,
  type NoBranchCompleted,
  type QuorumNotReached,
  type ToleranceExceeded,
  type Workflow
} from "sluice"
import { expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { Busy, type Shelves, Shop, type Stock } from "./shop.js"

interface Success {
  readonly index: number
  readonly item: string
  readonly value: number
}
interface Failed {
  readonly index: number
  readonly item: string
  readonly error: Busy
}
interface Place {
  readonly index: number
  readonly item: string
}
interface Settled {
  readonly successes: ReadonlyArray<Success>
  readonly failures: ReadonlyArray<Failed>
}
interface Partial extends Settled {
  readonly interrupted: ReadonlyArray<Place>
}

declare const isExactly: <A>() => <B>(value: B) => IsEqual<A, B>
declare const fails: <E>() => <Is extends Handler.AnyHandler>(
  handler: Is
) => IsEqual<Is[Handler.HandlerTypes]["error"], E>

const items = Shop.forEach(
  "Check",
  ({ payload }) => [payload.id],
  ({ index, item }) => (index > 0 ? Effect.fail(new Busy()) : Effect.succeed(item.length))
)
const join = <const S extends Join.Strategy>(strategy: S) => items.join(strategy, ({ to }) => to.Rejected(""))

expectType<true>(fails<Busy>()(join(Join.all)))
expectType<true>(fails<AllBranchesFailed<Failed>>()(join(Join.any)))
expectType<true>(fails<QuorumNotReached<Success, Failed>>()(join(Join.quorum(2))))
expectType<true>(fails<QuorumNotReached<Success, Failed>>()(join(Join.percentage(0.5))))
expectType<true>(fails<QuorumNotReached<Success, Failed>>()(join(Join.partialResults(2))))
expectType<true>(fails<ToleranceExceeded<Failed>>()(join(Join.tolerate({ failures: 1 }))))
expectType<true>(fails<never>()(join(Join.settled)))
expectType<true>(fails<NoBranchCompleted>()(join(Join.partialTimeout("1 second"))))
expectType<true>(fails<NoBranchCompleted | JoinTimeout>()(join(Join.partialTimeout("1 second")).timeout("2 seconds")))

items.join(Join.all, ({ results, to }) => {
  expectType<true>(isExactly<ReadonlyArray<number>>()(results))
  return to.Rejected("")
})
items.join(Join.any, ({ results, to }) => {
  expectType<true>(isExactly<Success>()(results))
  return to.Rejected("")
})
items.join(Join.quorum(2), ({ results, to }) => {
  expectType<true>(isExactly<ReadonlyArray<Success>>()(results))
  return to.Rejected("")
})
items.join(Join.percentage(0.5), ({ results, to }) => {
  expectType<true>(isExactly<ReadonlyArray<Success>>()(results))
  return to.Rejected("")
})
items.join(Join.partialResults(2), ({ results, to }) => {
  expectType<true>(isExactly<Partial>()(results))
  return to.Rejected("")
})
items.join(Join.tolerate({ rate: 0.5 }), ({ results, to }) => {
  expectType<true>(isExactly<Settled>()(results))
  return to.Rejected("")
})
items.join(Join.settled, ({ results, to }) => {
  expectType<true>(isExactly<Settled>()(results))
  return to.Rejected("")
})
items.join(Join.partialTimeout("1 second"), ({ results, to }) => {
  expectType<true>(isExactly<Partial>()(results))
  return to.Rejected("")
})

// A generator for each item, any iterable of items, the store, a service, and a scope of its own.
const stocks = Shop.forEach(
  "Check",
  ({ payload }) => new Set([payload.total]),
  function* ({ item, store, payload }) {
    yield* store.append("notes", payload.id)
    yield* Effect.acquireRelease(Effect.void, () => Effect.void)
    const stock: Effect.Effect<Stock, Busy, Shelves> = Effect.fail(new Busy())
    return [item, yield* stock] as const
  },
  { concurrency: 2 }
).join(Join.all, function* ({ results, to }) {
  yield* Effect.void
  expectType<true>(isExactly<ReadonlyArray<readonly [number, Stock]>>()(results))
  return to.Rejected("")
})
expectType<true>(fails<Busy>()(stocks))
expectType<true>({} as IsEqual<(typeof stocks)[Handler.HandlerTypes]["services"], Shelves>)

// Items may come one after another: a Stream's error is one of the state, by itself, and its services are the handler's.
class Cut extends Data.TaggedError("Cut") {}
declare const lines: Stream.Stream<string, Cut, Shelves | Scope.Scope>
const streamed = Shop.forEach(
  "Check",
  () => lines,
  ({ item }) => (item === "" ? Effect.fail(new Busy()) : Effect.succeed(item.length))
)
const joinStream = <const S extends Join.Strategy>(strategy: S) => streamed.join(strategy, ({ to }) => to.Rejected(""))
expectType<true>(fails<Busy | Cut>()(joinStream(Join.all)))
expectType<true>(fails<AllBranchesFailed<Failed> | Cut>()(joinStream(Join.any)))
expectType<true>(fails<QuorumNotReached<Success, Failed> | Cut>()(joinStream(Join.quorum(2))))
expectType<true>(fails<Cut>()(joinStream(Join.settled)))
const settledStream = joinStream(Join.settled)
expectType<true>({} as IsEqual<(typeof settledStream)[Handler.HandlerTypes]["services"], Shelves>)
const undone = streamed.compensate(({ item }) => Effect.log(item)).join(Join.settled, ({ to }) => to.Rejected(""))
expectType<true>(fails<Cut | CompensationFailed>()(undone))
const caught = settledStream.catchTag("Cut", ({ to }) => to.Rejected(""))
expectType<true>(fails<never>()(caught))
streamed.join(Join.settled, ({ results, to }) => {
  expectType<true>(isExactly<Settled>()(results))
  return to.Rejected("")
})
const awaited = Shop.forEach(
  "Check",
  async function* () {
    yield 1
  },
  ({ item }) => item.toFixed()
).join(Join.all, ({ results, to }) => {
  expectType<true>(isExactly<ReadonlyArray<string>>()(results))
  return to.Rejected("")
})
expectType<true>(fails<never>()(awaited))
expectType<true>({} as IsEqual<(typeof awaited)[Handler.HandlerTypes]["services"], never>)

// Items that cannot fail leave no failure.
const sure = Shop.forEach(
  "Check",
  ({ payload }) => [payload],
  () => 1
)
sure.join(Join.settled, ({ results, to }) => {
  expectType<true>(isExactly<ReadonlyArray<never>>()(results.failures))
  return to.Rejected("")
})
expectType<true>(fails<never>()(sure.join(Join.all, ({ to }) => to.Rejected(""))))

// What the strategy does not promise, what an item is not, and what is given to no item.
expectError(items.join(Join.any, ({ results, to }) => to.Rejected(`${results.length}`)))
expectError(items.join(Join.all, ({ results, to }) => to.Rejected(`${results.successes.length}`)))
expectError(items.join(Join.settled, ({ results, to }) => to.Rejected(`${results.interrupted.length}`)))
expectError(
  items.join(Join.partialResults(1), ({ results, to }) => to.Rejected(`${results.failures.map((_) => _.value)}`))
)
expectError(items.join(Join.partialTimeout(), ({ to }) => to.Rejected("")))
expectError(items.join(Join.all, () => "no transition"))
expectError(
  Shop.forEach(
    "Check",
    ({ payload }) => payload.total,
    () => 1
  )
)
declare const context: Workflow.ItemContext<typeof Shop, "Check", string>
expectType<string>(context.item)
expectType<number>(context.index)
expectError(context.to)
