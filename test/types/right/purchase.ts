/** The definitions that the cases about rollback, waiting, calling and shared policies use. */
import { Context, Data, type Effect, Schema } from "effect"
import { CompensationFailed, Workflow } from "sluice"
import { Order } from "./shop.ts"

export const Hold = Schema.Struct({ id: Schema.String, parcels: Schema.Number })
export const Receipt = Schema.Struct({ charge: Schema.String })

export class Refused extends Schema.TaggedError<Refused>()("Refused", { reason: Schema.String }) {}

export class Offline extends Data.TaggedError("Offline") {}

export class Depot extends Context.Service<
  Depot,
  {
    readonly hold: (id: string) => Effect.Effect<typeof Hold.Type, Offline>
    readonly free: (id: string) => Effect.Effect<void>
  }
>()("Depot") {}

export class Teller extends Context.Service<
  Teller,
  { readonly refund: (charge: string) => Effect.Effect<void, Offline> }
>()("Teller") {}

/** A workflow that others call. */
export class Payment extends Workflow.define("Payment")
  .failure(Refused)
  .state("Ask", Schema.Struct({ sum: Schema.Number }), ["Paid", "Declined"])
  .exit("Paid", Schema.Struct({ receipt: Schema.String }))
  .exit("Declined", Schema.String)
  .start("Ask") {}

export class Purchase extends Workflow.define("Purchase")
  .store({ charges: Workflow.cell(Schema.Number, { initial: 0 }) })
  .failure(Schema.Union([Refused, CompensationFailed]))
  .signal("Approval", Schema.Struct({ by: Schema.String }))
  .signal("Withdrawal", Schema.Void)
  .state("Reserve", Order, ["Charge", "SoldOut"])
  .state("Charge", Hold, ["Review", "Cancelled"])
  .state("Review", Receipt, ["Track", "Cancelled"])
  .state("Track", Receipt, ["Pay", "Track", "Cancelled"])
  .state("Pay", Schema.Number, ["Rest", "Done", "Cancelled"])
  .state("Rest", Schema.Void, ["Done"])
  .exit("Done", Schema.String)
  .exit("SoldOut", Schema.Void)
  .exit("Cancelled", Schema.String, { rollback: true })
  .start("Reserve") {}

/** A workflow whose states may all go to `Salvage` or `Broken` when they fail. */
export class Import extends Workflow.define("Import")
  .failure(Refused)
  .fallback(["Salvage", "Broken"])
  .state("Fetch", Schema.String, ["Parse"])
  .state("Parse", Schema.String, ["Imported"])
  .state("Salvage", Schema.Struct({ state: Schema.String, reason: Schema.String }), ["Imported"])
  .exit("Imported", Schema.Number)
  .exit("Broken", Schema.String)
  .start("Fetch") {}

/** A table that is begun here, with a signal and a fallback, and ended in another file. */
export const begun = Workflow.define("Begun")
  .signal("Go", Schema.Struct({ at: Schema.Number }))
  .fallback(["Broken"])
  .state("First", Schema.Void, ["Second"])
  .exit("Broken", Schema.String)
