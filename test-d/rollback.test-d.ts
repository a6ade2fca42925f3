/**
 * Compensations: what they are given, what they add to a handler's errors and services, and where they may stand: M23, M24.
 */
import { type Cause, Context, Effect, Schedule } from "effect"
import {
  type AllBranchesFailed,
  type CompensationFailed,
  type Handler,
  Join,
  type JoinTimeout,
  type StateTimeout,
  type Workflow
} from "sluice"
import { expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { Busy, Declined, type Order, type OutOfStock, Sale, Shelves, Stock } from "./shop.js"

class Refunds extends Context.Service<Refunds, { give(shelf: string): Effect.Effect<void, Busy> }>()("Refunds") {}
class Policy extends Context.Service<Policy, { readonly times: number }>()("Policy") {}

/** The targets, errors and services of a handler, exactly. */
declare const has: <Taken, E, R>() => <Is extends Handler.AnyHandler>(
  handler: Is
) => IsEqual<
  [Is[Handler.HandlerTypes]["taken"], Is[Handler.HandlerTypes]["error"], Is[Handler.HandlerTypes]["services"]],
  [Taken, E, R]
>
declare const same: <A>() => <B>(value: B) => IsEqual<A, B>

const task = Sale.task("Reserve", ({ payload, to }) =>
  Effect.map(
    Shelves.use((shelves) => shelves.find(payload.id)),
    (stock) => (stock.shelf === "" ? to.Gone() : to.Review(stock))
  )
)
const give = ({ payload }: Workflow.CompensationContext<typeof Sale, "Review">) =>
  Refunds.use((refunds) => refunds.give(payload.shelf))

// A compensation adds the failure of a rollback and its own services; its own errors are among those of that failure.
const undone = task.compensate({ Review: give })
expectType<true>(has<"Review" | "Gone", OutOfStock | Busy | CompensationFailed, Shelves | Refunds>()(undone))
expectType<true>(
  has<"Review" | "Gone", OutOfStock | Busy | CompensationFailed, Shelves>()(
    task.compensate({ Review: () => undefined, Gone: () => Effect.void })
  )
)
expectType<true>(
  has<"Review" | "Gone", OutOfStock | Busy | CompensationFailed, Shelves | Refunds>()(
    task.compensate({
      *Review({ payload, store }) {
        yield* store.update("seen", (seen) => seen - 1)
        yield* Refunds.use((refunds) => refunds.give(payload.shelf))
        return payload.shelf.length
      }
    })
  )
)
// A scope is provided, as in a handler.
expectType<true>(
  has<"Review" | "Gone", OutOfStock | Busy | CompensationFailed, Shelves>()(
    task.compensate({
      Review: () => Effect.acquireRelease(Effect.succeed(1), () => Effect.void)
    })
  )
)

// What it is given, exactly.
task.compensate({
  Review: (context) => {
    expectType<true>(same<Workflow.CompensationContext<typeof Sale, "Review">>()(context))
    expectType<true>({} as IsEqual<keyof typeof context, "input" | "store" | "run" | "payload" | "cause">)
    expectType<true>(same<Stock>()(context.payload))
    expectType<true>(same<Order>()(context.input))
    expectType<true>(same<Cause.Cause<unknown>>()(context.cause))
    return Effect.void
  },
  Gone: ({ payload }) => {
    expectType<true>(same<void>()(payload))
  }
})

// It may stand anywhere in the chain, several times, and no policy of the handler catches its failure.
type Undone = CompensationFailed
expectType<true>(
  has<"Review" | "Gone", Undone, Shelves | Refunds>()(task.catch(({ to }) => to.Gone()).compensate({ Review: give }))
)
expectType<true>(has<"Review" | "Gone", Undone, Shelves | Refunds>()(undone.catch(({ to }) => to.Gone())))
expectType<true>(
  has<"Review" | "Gone", StateTimeout | Undone, Shelves | Refunds>()(
    undone.catch(({ to }) => to.Gone()).timeout("1 second")
  )
)
expectType<true>(
  has<"Review" | "Gone", StateTimeout | OutOfStock | Busy | Undone, Shelves | Refunds>()(
    task.timeout("1 second").compensate({ Review: give }).retry({ times: 2 })
  )
)
expectType<true>(
  has<"Review" | "Gone", Busy | Undone, Shelves | Refunds>()(
    undone.timeout("1 second").catchTags({ OutOfStock: ({ to }) => to.Gone(), StateTimeout: ({ to }) => to.Gone() })
  )
)
expectType<true>(
  has<"Review" | "Gone", OutOfStock | Busy | Undone, Shelves | Refunds>()(
    undone.retry(Schedule.recurs(2)).compensate({ Gone: () => Effect.void })
  )
)
expectType<true>(
  has<"Review" | "Gone", OutOfStock | Undone, Shelves | Refunds>()(
    undone.retry({ while: (error) => error._tag === "Busy" })
  )
)
expectType<true>(
  has<"Review" | "Gone", OutOfStock | Busy | Undone, Shelves | Refunds>()(undone.guard((effect) => effect))
)
// A target that only a catch goes to.
const failing = Sale.task("Reserve", () => Effect.fail(new Busy()))
expectType<true>(
  has<"Gone", Undone, never>()(failing.catch(({ to }) => to.Gone()).compensate({ Gone: () => Effect.void }))
)
expectError(failing.compensate({ Gone: () => Effect.void }))

// What a catch sees, and can name, is what the handler itself failed with.
undone.timeout("1 second").catch(({ error, to }) => {
  expectType<true>(same<OutOfStock | Busy | StateTimeout>()(error))
  return to.Gone()
})
expectError(undone.catchTag("CompensationFailed", ({ to }) => to.Gone()))
expectError(undone.catchTags({ CompensationFailed: ({ to }: Workflow.Context<typeof Sale, "Reserve">) => to.Gone() }))

// Options: what a retry of the compensation needs is needed.
task.compensate({ Review: give }, { retry: { times: 3, schedule: Schedule.spaced("1 second") }, timeout: "5 seconds" })
task.compensate({ Review: give }, { uninterruptible: true })
expectType<true>(
  has<"Review" | "Gone", OutOfStock | Busy | CompensationFailed, Shelves | Refunds | Policy>()(
    task.compensate(
      { Review: give },
      { retry: { while: () => Policy.use((policy) => Effect.succeed(policy.times > 1)) } }
    )
  )
)
expectError(task.compensate({ Review: give }, { retry: { times: "3" } }))
expectError(task.compensate({ Review: give }, { timeout: "5 sec" }))
expectError(task.compensate({ Review: give }, { retries: 3 }))

// M23: a target the handler never goes to, whether the state declares it or not.
const gone = Sale.task("Reserve", ({ to }) => to.Gone())
expectError(gone.compensate({ Review: give }))
expectError(task.compensate({ Sold: () => Effect.void }))
expectError(task.compensate({ Review: give, Revew: () => Effect.void }))
expectError(Sale.route("Reserve", ({ to }) => to.Gone()).compensate({ Gone: () => Effect.void }))

// M24: what it cannot have, and a Promise.
expectError(task.compensate({ Review: ({ payload }) => Effect.log(payload.total) }))
expectError(task.compensate({ Review: ({ to }) => to }))
expectError(task.compensate({ Review: ({ error }) => error }))
expectError(task.compensate({ Review: ({ value }) => value }))
expectError(task.compensate({ Review: async ({ payload }) => payload.shelf }))
expectError(
  task.compensate({ Review: () => Effect.promise(async () => [Promise.resolve()]).pipe(Effect.map((_) => _[0])) })
)

// The branches of a split, by what each produced.
const split = Sale.split("Reserve", {
  stock: ({ payload }) => Shelves.use((shelves) => shelves.find(payload.id)),
  sure: () => 1
})
const undoneSplit = split.compensate({
  stock: (context) => {
    expectType<true>(same<Workflow.BranchCompensationContext<typeof Sale, "Reserve", Stock>>()(context))
    expectType<true>({} as IsEqual<keyof typeof context, "input" | "store" | "run" | "payload" | "value" | "cause">)
    expectType<true>(same<Order>()(context.payload))
    return Refunds.use((refunds) => refunds.give(context.value.shelf))
  }
})
const joined = undoneSplit.join(Join.all, ({ results, to }) => to.Review(results.stock))
expectType<true>(has<"Review", OutOfStock | Busy | CompensationFailed, Shelves | Refunds>()(joined))
expectType<true>(
  has<"Review" | "Gone", JoinTimeout | CompensationFailed, Shelves | Refunds>()(
    joined.catch(({ to }) => to.Gone()).timeout("1 second")
  )
)
expectType<true>(
  has<
    "Review",
    | AllBranchesFailed<{ readonly branch: "stock"; readonly error: OutOfStock | Busy }>
    | CompensationFailed
    | JoinTimeout,
    Shelves | Policy
  >()(
    split
      .compensate({ sure: () => Policy })
      .join(Join.any, ({ results, to }) =>
        to.Review(results.branch === "stock" ? results.value : new Stock({ shelf: "" }))
      )
      .timeout("1 second")
  )
)
expectType<true>(
  has<"Review", OutOfStock | Busy | CompensationFailed, Shelves | Refunds>()(joined.compensate({ Review: give }))
)
undoneSplit.compensate({ sure: ({ value }) => expectType<true>(same<number>()(value)) })
expectError(split.compensate({ typo: () => Effect.void }))
expectError(split.compensate({ sure: ({ value }) => value.shelf }))
expectError(split.compensate({ sure: ({ item }) => item }))
expectError(split.compensate({ sure: async () => 1 }))
expectError(joined.compensate({ stock: () => Effect.void }))

// The items of a forEach.
const forEach = Sale.forEach(
  "Reserve",
  ({ payload }) => [payload.id],
  ({ item }) => (item === "" ? Effect.fail(new Declined({ reason: "" })) : Effect.succeed(item.length))
)
const undoneItems = forEach.compensate((context) => {
  expectType<true>(same<Workflow.ItemCompensationContext<typeof Sale, "Reserve", string, number>>()(context))
  expectType<true>(
    {} as IsEqual<keyof typeof context, "input" | "store" | "run" | "payload" | "value" | "cause" | "item" | "index">
  )
  return Refunds.use((refunds) => refunds.give(context.item))
})
expectType<true>(
  has<"Gone", Declined | CompensationFailed, Refunds>()(undoneItems.join(Join.all, ({ to }) => to.Gone()))
)
expectType<true>(has<"Gone", CompensationFailed, Refunds>()(undoneItems.join(Join.settled, ({ to }) => to.Gone())))
expectError(forEach.compensate({ one: () => Effect.void }))
expectError(forEach.compensate(({ value }) => value.shelf))
expectError(forEach.compensate(({ branch }) => branch))
expectError(forEach.compensate(async ({ item }) => item))

// The failure itself.
declare const failed: CompensationFailed
expectType<string>(failed.runId)
expectType<Cause.Cause<unknown>>(failed.cause)
expectType<Cause.Cause<unknown>>(failed.failures[0]!.cause)
expectType<string | undefined>(failed.failures[0]!.target)
expectType<string | number | undefined>(failed.untried[0]!.branch)
expectType<unknown>(failed.untried[0]!.payload)

// A generic helper keeps what it is given.
const undoing = <N extends Workflow.StateName<typeof Sale>, Taken extends string, E, R, Own>(
  task: Handler.Task<typeof Sale, N, Taken, E, R, Own>
) => task.retry({ times: 1 })
expectType<true>(has<"Review" | "Gone", OutOfStock | Busy | CompensationFailed, Shelves | Refunds>()(undoing(undone)))
