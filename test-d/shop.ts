/**
 * The machine that the type tests are about, and what its handlers use.
 */
import { Context, Data, type Effect, Schema } from "effect"
import { Workflow } from "sluice"

export class Order extends Schema.Class<Order>("Order")({ id: Schema.String, total: Schema.Finite }) {}
export class Stock extends Schema.Class<Stock>("Stock")({ shelf: Schema.String }) {}

export class OutOfStock extends Data.TaggedError("OutOfStock")<{ readonly shelf: string }> {}
export class Busy extends Data.TaggedError("Busy") {}

export class Shelves extends Context.Service<Shelves, { find(id: string): Effect.Effect<Stock, OutOfStock | Busy> }>()(
  "Shelves"
) {}

export class Shop extends Workflow.define("Shop")
  .store({ seen: Workflow.cell(Schema.Number, { initial: 0 }), notes: Schema.Array(Schema.String) })
  .state("Check", Order, ["Pack", "Rejected"])
  .state("Pack", Stock, ["Shipped", "Rejected", "Check"])
  .exit("Shipped", Schema.Void)
  .exit("Rejected", Schema.String)
  .start("Check", "Pack") {}

export class Other extends Workflow.define("Other")
  .state("Check", Order, ["Rejected"])
  .exit("Rejected", Schema.String)
  .start("Check") {}
