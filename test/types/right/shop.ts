/** The definition that most cases use: four states, three exits, a store and a declared failure. */
import { Context, Data, type Effect, Schema } from "effect"
import { Workflow } from "sluice"

export class Order extends Schema.Class<Order>("Order")({
  id: Schema.String,
  total: Schema.Number
}) {}

export class OutOfStock extends Schema.TaggedError<OutOfStock>()("OutOfStock", { id: Schema.String }) {}

export class Unpaid extends Data.TaggedError("Unpaid")<{ readonly due: number }> {}

export class Stock extends Context.Service<
  Stock,
  { readonly count: (id: string) => Effect.Effect<number, OutOfStock> }
>()("Stock") {}

export class Bank extends Context.Service<Bank, { readonly charge: (sum: number) => Effect.Effect<string, Unpaid> }>()(
  "Bank"
) {}

export class Shop extends Workflow.define("Shop")
  .store({
    total: Workflow.cell(Schema.Number, { initial: 0 }),
    notes: Schema.Array(Schema.String),
    customer: Schema.String
  })
  .failure(OutOfStock)
  .state("Check", Order, ["Gather", "Rejected"])
  .state("Gather", Order, ["Ship", "Rejected"])
  .state(
    "Ship",
    Schema.Struct({ id: Schema.String, parcels: Schema.Number, note: Schema.optionalKey(Schema.String) }),
    ["Pack", "Cancelled"]
  )
  .state("Pack", Workflow.type<ReadonlyArray<string>>(), ["Shipped", "Cancelled"])
  .exit("Shipped", Schema.Struct({ parcels: Schema.Number }))
  .exit("Rejected", Schema.String)
  .exit("Cancelled", Schema.Void)
  .start("Check", "Ship") {}
