/**
 * The machine that the type tests are about, and what its handlers use.
 */
import { Context, Data, type Effect, Schema } from "effect"
import { CompensationFailed, Workflow } from "sluice"

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

export class Declined extends Schema.TaggedError<Declined>()("Declined", { reason: Schema.String }) {}

/** What `Sale` calls. */
export class Billing extends Workflow.define("Billing")
  .failure(Declined)
  .state("Bill", Schema.Struct({ sum: Schema.Finite }), ["Paid", "Refused"])
  .exit("Paid", Schema.Struct({ receipt: Schema.String }))
  .exit("Refused", Schema.Void)
  .start("Bill") {}

/** A machine with signals, whose steps are worth undoing. */
export class Sale extends Workflow.define("Sale")
  .store({ seen: Workflow.cell(Schema.Number, { initial: 0 }) })
  .failure(Schema.Union([Declined, CompensationFailed]))
  .signal("Approve", Schema.Struct({ by: Schema.String }))
  .signal("Withdraw", Schema.Void)
  .state("Reserve", Order, ["Review", "Gone"])
  .state("Review", Stock, ["Ask", "Gone"])
  .state("Ask", Schema.String, ["Pay", "Ask", "Gone"])
  .state("Pay", Schema.Finite, ["Sold", "Cool"])
  .state("Cool", Schema.Void, ["Gone"])
  .exit("Sold", Schema.String)
  .exit("Gone", Schema.Void, { rollback: true })
  .start("Reserve") {}

/** A machine whose states may all go to `Salvage` or `Broken` when they fail. */
export class Import extends Workflow.define("Import")
  .failure(Declined)
  .fallback(["Salvage", "Broken"])
  .state("Fetch", Schema.String, ["Parse"])
  .state("Parse", Schema.Finite, ["Imported"])
  .state("Salvage", Schema.String, ["Imported"])
  .exit("Imported", Schema.Void)
  .exit("Broken", Schema.String)
  .start("Fetch") {}
