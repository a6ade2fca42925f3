/**
 * The first half of the table: from the order to its payment, and the ways in which it does not come to that.
 *
 * It is a value without an end: `order.ts` goes on building it.
 */
import { Schema } from "effect"
import { Workflow } from "sluice"
import { Line, OrderRequest, Reservation, Unavailable } from "./services.ts"

const Doubt = Schema.Struct({ score: Schema.Number })

/** Lines still to be reserved. `attempt` counts the deliveries that were waited for. */
const Reserving = Schema.Struct({ total: Schema.Int, wanted: Schema.Array(Line), attempt: Schema.Int })

/** A payment to be made. `declined` are the cards that did not do. */
const Paying = Schema.Struct({ total: Schema.Int, card: Schema.String, declined: Schema.Array(Schema.String) })

/** A payment that is authorised, and taken when the parcel leaves. */
export const Paid = Schema.Struct({ total: Schema.Int, authorisation: Schema.String })

/** A payment to be given up. */
const Voiding = Schema.Struct({ authorisation: Schema.String, reason: Schema.String })

const Reason = Schema.Struct({ reason: Schema.String })

export const purchase = Workflow.define("Order")
  .failure(Unavailable)
  .store({ reserved: Workflow.cell(Schema.Array(Reservation), { initial: [] }) })
  .state("Validate", OrderRequest, ["Screen", "Reject"])
  .state("Screen", Schema.Void, ["Price", "Review", "Reject"])
  .state("Review", Doubt, ["Price", "Reject"])
  .state("Price", Schema.Void, ["Reserve", "Reject"])
  .state("Reserve", Reserving, ["Authorise", "Backorder"])
  .state("Backorder", Reserving, ["AwaitStock", "ReleaseStock"])
  .state("AwaitStock", Reserving, ["Reserve"])
  .state("Authorise", Paying, ["Confirm", "Declined", "ReleaseStock"])
  .state("Declined", Paying, ["AskForCard", "ReleaseStock"])
  .state("AskForCard", Paying, ["Authorise", "ReleaseStock"])
  .state("Confirm", Paid, ["Pick"])
  .state("VoidPayment", Voiding, ["ReleaseStock"])
  .state("ReleaseStock", Reason, ["Cancel"])
  .state("Cancel", Reason, ["Cancelled"])
  .state("Reject", Reason, ["Rejected"])
  .exit("Cancelled", Reason)
  .exit("Rejected", Reason)
