/**
 * Handlers and their policies: M1, M2, M4, M5, M6, M7, M10, M16, and what a right one infers.
 */
import { Effect, Schedule, Schema } from "effect"
import { type Handler, Join, type StateTimeout, Workflow } from "sluice"
import { expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { type Busy, type Order, Other, type OutOfStock, Shelves, Shop, type Stock } from "./shop.js"

declare const order: Order
declare const stock: Stock

/** The targets, errors and services of a handler, exactly. */
declare const isExactly: <Taken, E, R>() => <Is extends Handler.Handler<typeof Shop, string, string, unknown, unknown>>(
  handler: Is
) => IsEqual<
  [Is[Handler.HandlerTypes]["taken"], Is[Handler.HandlerTypes]["error"], Is[Handler.HandlerTypes]["services"]],
  [Taken, E, R]
>

const find = (id: string) => Shelves.use((_) => _.find(id))

// The three forms infer alike.
const asFunction = Shop.task("Check", ({ payload, to }) => (payload.total > 0 ? to.Pack(stock) : to.Rejected("no")))
expectType<true>(isExactly<"Pack" | "Rejected", never, never>()(asFunction))
const asEffect = Shop.task("Check", ({ payload, to }) => Effect.map(find(payload.id), (found) => to.Pack(found)))
expectType<true>(isExactly<"Pack", OutOfStock | Busy, Shelves>()(asEffect))
const asGenerator = Shop.task("Check", function* ({ payload, to }) {
  if (payload.total === 0) return to.Rejected("nothing")
  return to.Pack(yield* find(payload.id))
})
expectType<true>(isExactly<"Pack" | "Rejected", OutOfStock | Busy, Shelves>()(asGenerator))

// A scope is provided: acquiring needs no service.
const acquiring = Shop.task("Check", ({ to }) =>
  Effect.as(
    Effect.acquireRelease(Effect.void, () => Effect.void),
    to.Pack(stock)
  )
)
expectType<true>(isExactly<"Pack", never, never>()(acquiring))

// Policies, in their order.
expectType<true>(isExactly<"Pack", OutOfStock | Busy | StateTimeout, Shelves>()(asEffect.timeout("1 second")))
expectType<true>(isExactly<"Pack", OutOfStock | Busy, Shelves>()(asEffect.retry({ times: 2 })))
expectType<true>(isExactly<"Pack", OutOfStock | Busy, Shelves>()(asEffect.retry(Schedule.recurs(2))))
expectType<true>(isExactly<"Pack" | "Rejected", never, Shelves>()(asEffect.catch(({ to }) => to.Rejected("no"))))
expectType<true>(
  isExactly<"Pack" | "Rejected", Busy, Shelves>()(
    asEffect.catchTag("OutOfStock", ({ error, to }) => to.Rejected(error.shelf))
  )
)
expectType<true>(
  isExactly<"Pack" | "Rejected", never, Shelves>()(
    asEffect.catchTags({
      OutOfStock: ({ error, to }) => to.Rejected(error.shelf),
      Busy: ({ to }) => to.Rejected("busy")
    })
  )
)
// What a catch itself fails with, and what comes after it, stays.
expectType<true>(
  isExactly<"Pack" | "Rejected", "late" | StateTimeout, Shelves>()(
    asEffect.catch(({ to }) => (order.total > 0 ? to.Rejected("no") : Effect.fail("late" as const))).timeout("1 second")
  )
)

// M1, M2: what is no target of this state.
expectError(Shop.task("Check", ({ to }) => to.Typo("x")))
expectError(Shop.task("Check", ({ to }) => to.Shipped()))
expectError(Shop.task("Pack", ({ to }) => Effect.succeed(to.Pack(stock))))

// M4: payloads.
Shop.task("Pack", ({ to }) => to.Shipped())
expectError(Shop.task("Pack", ({ to }) => to.Shipped(1)))
expectError(Shop.task("Pack", ({ to }) => to.Rejected()))
expectError(Shop.task("Pack", ({ to }) => to.Rejected(1)))
expectError(Shop.task("Check", ({ to }) => to.Pack({ shelf: "a", extra: 1 })))
class Odd extends Workflow.define("Odd")
  .state("Go", Workflow.type<any>(), ["Go", "Whole", "Never", "Maybe"])
  .exit("Whole", Workflow.type<unknown>())
  .exit("Never", Workflow.type<never>())
  .exit("Maybe", Schema.UndefinedOr(Schema.String))
  .start("Go") {}
Odd.task("Go", ({ to }) => to.Go(1))
Odd.task("Go", ({ to }) => to.Whole({ a: 1 }))
Odd.task("Go", ({ to }) => to.Maybe(undefined))
expectError(Odd.task("Go", ({ to }) => to.Go()))
expectError(Odd.task("Go", ({ to }) => to.Whole()))
expectError(Odd.task("Go", ({ to }) => to.Never(1)))
expectError(Odd.task("Go", ({ to }) => to.Maybe(1)))

// M5: what is no transition of this state.
expectError(Shop.task("Check", () => "Pack"))
expectError(Shop.task("Check", () => ({ _tag: "Rejected", payload: "made by hand" }) as const))
expectError(Shop.task("Check", ({ payload, to }) => (payload.total > 0 ? to.Pack(stock) : undefined)))
expectError(
  Shop.task("Check", function* ({ payload, to }) {
    yield* Effect.void
    if (payload.total > 0) return to.Pack(stock)
  })
)
expectError(Shop.task("Check", ({ to }) => to.Pack))
expectError(Shop.task("Check", async ({ to }) => to.Pack(stock)))
expectError(Shop.task("Check", () => Effect.void))
declare const foreign: Workflow.Transition<typeof Other, "Rejected">
expectError(Shop.task("Check", () => foreign))
expectError(Shop.route("Check", ({ to }) => Effect.succeed(to.Pack(stock))))

// M6, M7, M10: the record of handlers.
const Check = Shop.route("Check", ({ payload, to }) => (payload.total > 0 ? to.Pack(stock) : to.Rejected("no")))
const Pack = Shop.task("Pack", function* ({ payload, store, to }) {
  const seen = yield* store.update("seen", (n) => n + 1)
  if (seen > 3) return to.Rejected("too often")
  return payload.shelf === "" ? to.Check(order) : to.Shipped()
})
const shop = Shop.implement({ Check, Pack })
expectType<true>({} as IsEqual<typeof shop, Workflow.Workflow<typeof Shop, never, never>>)
expectError(Shop.implement({ Check }))
expectError(Shop.implement({ Check, Pack, Typo: () => 1 }))
expectError(Shop.implement({ Check, Pack, Shipped: () => 1 }))
expectError(Shop.implement({ Check: Pack, Pack }))
expectError(Shop.implement({ Check: Other.task("Check", ({ to }) => to.Rejected("")), Pack }))
expectError(Shop.implement({ Check: 1, Pack }))
expectError(Shop.implement({ Check: ({ to }) => to.Pack(stock), Pack }))
expectError(Shop.implement({ Check: Shop.task("Check", ({ to }) => to.Pack(stock)), Pack }))
// A catch counts: what it goes to is taken.
Shop.implement({ Check: asEffect.catch(({ to }) => to.Rejected("no")), Pack })

// The errors and services of a workflow are those of its handlers.
const finding = Shop.implement({ Check: asEffect.catchTag("Busy", ({ to }) => to.Rejected("busy")), Pack })
expectType<true>({} as IsEqual<Workflow.Error<typeof finding>, OutOfStock>)
expectType<true>({} as IsEqual<Workflow.Services<typeof finding>, Shelves>)

// M16: a tag that cannot occur.
expectError(asEffect.catchTag("Typo", ({ to }) => to.Rejected("")))
expectError(asFunction.catchTag("OutOfStock", ({ to }) => to.Rejected("")))
declare const rejected: Workflow.Transition<typeof Shop, "Rejected">
expectError(asEffect.catchTags({ Typo: () => rejected }))
asEffect.catchTags({ Busy: () => rejected })
expectError(asEffect.catchTag("Busy", ({ to }) => to.Rejected("")).catchTag("Busy", ({ to }) => to.Rejected("")))
expectError(asEffect.catch(() => "not a transition"))

// A context can be named for functions written apart.
const apart = ({ payload, to }: Workflow.Context<typeof Shop, "Check">) =>
  payload.total > 0 ? to.Pack(stock) : to.Rejected("no")
Shop.implement({ Check: apart, Pack })
Shop.split("Check", { a: () => 1 }).join(Join.all, apart)
