/**
 * What each strategy promises, and how it fails: M11 to M15.
 */
import { Effect } from "effect"
import {
  type AllBranchesFailed,
  type Handler,
  Join,
  type JoinTimeout,
  type NoBranchCompleted,
  type QuorumNotReached,
  type ToleranceExceeded
} from "sluice"
import { expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { Busy, OutOfStock, Shop, Stock } from "./shop.js"

const split = Shop.split("Check", {
  sure: () => 1,
  stock: ({ payload }) => (payload.total > 0 ? Effect.succeed(new Stock({ shelf: "a" })) : Effect.fail(new Busy())),
  *note({ payload }) {
    if (payload.total < 0) return yield* new OutOfStock({ shelf: "b" })
    return "noted"
  }
})
type Success =
  | { readonly branch: "sure"; readonly value: number }
  | { readonly branch: "stock"; readonly value: Stock }
  | { readonly branch: "note"; readonly value: string }
type Failed =
  | { readonly branch: "stock"; readonly error: Busy }
  | { readonly branch: "note"; readonly error: OutOfStock }
type Name = { readonly branch: "sure" } | { readonly branch: "stock" } | { readonly branch: "note" }

declare const errorOf: <E>() => <Is extends Handler.AnyHandler>(
  handler: Is
) => IsEqual<Is[Handler.HandlerTypes]["error"], E>

expectType<true>(
  errorOf<Busy | OutOfStock>()(
    split.join(Join.all, ({ results, to }) => {
      expectType<{ readonly sure: number; readonly stock: Stock; readonly note: string }>(results)
      return to.Pack(results.stock)
    })
  )
)
expectType<true>(
  errorOf<AllBranchesFailed<Failed>>()(
    split.join(Join.any, ({ results, to }) => {
      expectType<Success>(results)
      return to.Rejected(results.branch)
    })
  )
)
expectType<true>(
  errorOf<QuorumNotReached<Success, Failed>>()(
    split.join(Join.quorum(2), ({ results, to }) => {
      expectType<ReadonlyArray<Success>>(results)
      return to.Rejected("")
    })
  )
)
expectType<true>(
  errorOf<QuorumNotReached<Success, Failed>>()(
    split.join(Join.percentage(0.5), ({ results, to }) => {
      expectType<ReadonlyArray<Success>>(results)
      return to.Rejected("")
    })
  )
)
expectType<true>(
  errorOf<QuorumNotReached<Success, Failed>>()(
    split.join(Join.partialResults(1), ({ results, to }) => {
      expectType<ReadonlyArray<Success>>(results.successes)
      expectType<ReadonlyArray<Failed>>(results.failures)
      expectType<ReadonlyArray<Name>>(results.interrupted)
      return to.Rejected("")
    })
  )
)
expectType<true>(
  errorOf<ToleranceExceeded<Failed>>()(
    split.join(Join.tolerate({ failures: 1 }), ({ results, to }) => {
      expectType<ReadonlyArray<Failed>>(results.failures)
      return to.Rejected("")
    })
  )
)
expectType<true>(
  errorOf<never>()(
    split.join(Join.settled, ({ results, to }) => {
      expectType<ReadonlyArray<Success>>(results.successes)
      return to.Rejected("")
    })
  )
)
expectType<true>(
  errorOf<NoBranchCompleted | JoinTimeout>()(
    split
      .join(Join.partialTimeout("1 second"), ({ results, to }) => {
        expectType<ReadonlyArray<Name>>(results.interrupted)
        return to.Rejected("")
      })
      .timeout("2 seconds")
  )
)

const forEach = Shop.forEach(
  "Check",
  ({ payload }) => [payload.id],
  ({ index, item }) => (index > 0 ? Effect.fail(new Busy()) : Effect.succeed(item.length))
)
type ItemSuccess = { readonly index: number; readonly item: string; readonly value: number }
type ItemFailure = { readonly index: number; readonly item: string; readonly error: Busy }
expectType<true>(
  errorOf<Busy>()(
    forEach.join(Join.all, ({ results, to }) => {
      expectType<ReadonlyArray<number>>(results)
      return to.Rejected("")
    })
  )
)
forEach.join(Join.any, ({ results: { index, item, value }, to }) => {
  expectType<[number, string, number]>([index, item, value])
  return to.Rejected("")
})
forEach.join(Join.tolerate({ rate: 0.5 }), ({ results, to }) => {
  const success: ItemSuccess | undefined = results.successes[0]
  const failure: ItemFailure | undefined = results.failures[0]
  return to.Rejected(`${success?.item} ${failure?.error._tag}`)
})

// M11
expectError(Join.partialTimeout())

// M12
Join.quorum(3)
expectError(split.join(Join.quorum(4), ({ to }) => to.Rejected("")))
expectError(split.join(Join.partialResults(4), ({ to }) => to.Rejected("")))
forEach.join(Join.quorum(400), ({ to }) => to.Rejected(""))
expectError(Join.quorum(0))
expectError(Join.quorum(-1))
expectError(Join.quorum(1.5))
expectError(Join.partialResults(0))
declare const some: number
split.join(Join.quorum(some), ({ to }) => to.Rejected(""))

// M13
Join.percentage(1)
Join.percentage(0.001)
expectError(Join.percentage(0))
expectError(Join.percentage(1.5))
expectError(Join.percentage(50))
expectError(Join.percentage(-0.5))
Join.tolerate({ failures: 0 })
expectError(Join.tolerate({ rate: 0 }))
expectError(Join.tolerate({ rate: 2 }))
expectError(Join.tolerate({ failures: -1 }))
expectError(Join.tolerate({ failures: 0.5 }))
Join.percentage(some)

// M14
expectError(split.join(Join.any, ({ results, to }) => to.Pack(results.stock)))
expectError(split.join(Join.partialResults(1), ({ results, to }) => to.Pack(results.successes[0]!.value)))
expectError(split.join(Join.all, ({ results, to }) => to.Rejected(results.typo)))

// M15
Shop.split("Check", {}, { concurrency: 2 })
Shop.split("Check", {}, { concurrency: "unbounded" })
expectError(Shop.split("Check", {}, { concurrency: 0 }))
expectError(Shop.split("Check", {}, { concurrency: -1 }))
expectError(
  Shop.forEach(
    "Check",
    () => [1],
    () => 1,
    { concurrency: 0 }
  )
)
