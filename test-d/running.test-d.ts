/**
 * Running, the store, and the workflow behind its Layer: M17, M18, M19, M21, M22.
 */
import { Effect, type Fiber, type Layer, Schema } from "effect"
import { type InvalidInput, type StoreKeyMissing, Workflow } from "sluice"
import { match } from "ts-pattern"
import { expectAssignable, expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { Busy, type Order, type OutOfStock, Shelves, Shop, type Stock } from "./shop.js"

declare const order: Order
declare const stock: Stock
declare const shop: Workflow.Workflow<typeof Shop, OutOfStock, Shelves>

// M17: outcomes.
declare const outcome: Workflow.Outcome<typeof Shop>
expectType<number>(
  match(outcome)
    .with({ _tag: "Shipped" }, () => 1)
    .with({ _tag: "Rejected" }, ({ payload }) => payload.length)
    .exhaustive()
)
expectError(
  match(outcome)
    .with({ _tag: "Shipped" }, () => 1)
    .exhaustive()
)
expectError(
  match(outcome)
    .with({ _tag: "Typo" }, () => 1)
    .otherwise(() => 2)
)
expectError(((_: Workflow.Outcome<typeof Shop>["_tag"]) => _)("Pack"))

// M18: services and failures.
expectType<true>({} as IsEqual<Effect.Services<ReturnType<typeof shop.run>>, Shelves>)
expectType<true>({} as IsEqual<Effect.Error<ReturnType<typeof shop.run>>, OutOfStock>)
expectError(Effect.runPromise(shop.run(order)))
expectError(((_: Effect.Effect<Workflow.Outcome<typeof Shop>, never, Shelves>) => _)(shop.run(order)))

// M21: inputs and entries.
shop.runFrom("Pack", stock, order, { id: "run-1" })
expectError(shop.run(stock))
expectError(shop.run())
expectError(shop.runFrom("Pack", order, order))
expectError(shop.runFrom("Shipped", undefined, order))
expectError(shop.step("Check", stock))
expectError(shop.step("Shipped", undefined))
class Bare extends Workflow.define("Bare")
  .state("Go", Schema.Void, ["Next"])
  .state("Next", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Go") {}
const bare = Bare.implement({ Go: ({ to }) => to.Next(), Next: ({ to }) => to.Done() })
bare.run()
expectError(bare.runFrom("Next", undefined, undefined))
expectType<true>(
  {} as IsEqual<Effect.Success<ReturnType<typeof bare.run>>, { readonly _tag: "Done"; readonly payload: void }>
)
shop.step("Check", order).pipe(
  Effect.map((step) => {
    expectType<"Pack" | "Rejected">(step._tag)
    return step
  })
)
shop
  .fork(order)
  .pipe(Effect.map((handle) => expectType<Fiber.Fiber<Workflow.Outcome<typeof Shop>, OutOfStock>>(handle.fiber)))

// Decoding needs a schema.
expectType<Effect.Effect<Order, InvalidInput>>(Shop.decodeInput({}))
class InMemory extends Workflow.define("InMemory")
  .state("Go", Workflow.type<Map<string, number>>(), ["Done"])
  .exit("Done", Schema.Void)
  .start("Go") {}
expectError(InMemory.decodeInput({}))

// M19: the store.
Shop.task("Check", function* ({ store, to }) {
  expectType<number>(yield* store.get("seen"))
  expectType<Effect.Effect<number>>(store.get("seen"))
  expectType<Effect.Effect<ReadonlyArray<string>, StoreKeyMissing>>(store.get("notes"))
  yield* store.append("notes", "a", "b")
  yield* store.set("seen", 1)
  return to.Rejected(yield* store.modify("seen", (n) => [`${n}`, n + 1] as const))
})
expectError(Shop.task("Check", ({ store, to }) => Effect.as(store.get("typo"), to.Rejected(""))))
expectError(Shop.task("Check", ({ store, to }) => Effect.as(store.set("seen", "one"), to.Rejected(""))))
expectError(Shop.task("Check", ({ store, to }) => Effect.as(store.append("seen", 1), to.Rejected(""))))
expectError(Shop.task("Check", ({ store, to }) => Effect.as(store.append("notes", 1), to.Rejected(""))))
expectError(Bare.task("Go", ({ store, to }) => Effect.as(store.get("seen"), to.Next())))

// M22: failures behind a Layer.
class Declared extends Workflow.define("Declared")
  .failure(Schema.Literal("declared"))
  .state("Go", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Go") {}
expectType<Layer.Layer<Declared>>(Declared.layer({ Go: ({ to }) => to.Done() }))
expectType<Layer.Layer<Declared, never, Shelves>>(
  Declared.layer({
    *Go({ to }) {
      yield* Effect.catch(
        Shelves.use((_) => _.find("a")),
        () => Effect.fail("declared" as const)
      )
      return to.Done()
    }
  })
)
expectError(Declared.layer({ Go: ({ to }) => (order.total > 0 ? to.Done() : Effect.fail(new Busy())) }))
expectError(Declared.layer({ Go: ({ to }) => (order.total > 0 ? to.Done() : Effect.fail("other" as const)) }))
expectError(Declared.layer({}))
expectAssignable<Effect.Effect<{ readonly _tag: "Done" }, "declared", Declared>>(Declared.run())
expectError(Effect.runPromise(Declared.run()))
