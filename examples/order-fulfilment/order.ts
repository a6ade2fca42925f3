/**
 * The second half of the table: from the warehouse to the customer, and back again if need be.
 *
 * Whoever places an order imports this file and nothing else: `Order.run(request)` needs `Order`, which the Layer in
 * `fulfilment.ts` provides.
 */
import { Schema } from "effect"
import { Paid, purchase } from "./purchase.ts"
import { Courier, Line, Parcel } from "./services.ts"

const Picking = Schema.Struct({ payment: Paid, lines: Schema.Array(Line) })

const Packed = Schema.Struct({ payment: Paid, parcel: Parcel })

const Booked = Schema.Struct({ payment: Paid, parcel: Parcel, courier: Courier })

/** A parcel on its way. `missed` counts the deliveries that found nobody home. */
const Travelling = Schema.Struct({ payment: Paid, tracking: Schema.String, missed: Schema.Int })

/** Goods that come back, or never arrived. */
const Returning = Schema.Struct({ payment: Paid, reason: Schema.String })

const Receipt = Schema.Struct({ paid: Schema.Int, tracking: Schema.String })

const Refunded = Schema.Struct({ refunded: Schema.Int, reason: Schema.String })

export class Order extends purchase
  .state("Pick", Picking, ["Pack", "Replace"])
  .state("Replace", Picking, ["Pick", "VoidPayment"])
  .state("Pack", Paid, ["Label"])
  .state("Label", Packed, ["ChooseCourier"])
  .state("ChooseCourier", Packed, ["Capture", "VoidPayment"])
  .state("Capture", Booked, ["HandOver", "VoidPayment"])
  .state("HandOver", Booked, ["InTransit"])
  .state("InTransit", Travelling, ["InTransit", "AwaitReturn", "Redeliver", "Refund"])
  .state("Redeliver", Travelling, ["InTransit", "Restock"])
  .state("AwaitReturn", Travelling, ["Inspect", "Close"])
  .state("Inspect", Returning, ["Restock", "Refund"])
  .state("Restock", Returning, ["Refund"])
  .state("Refund", Returning, ["Apologise"])
  .state("Apologise", Refunded, ["Returned"])
  .state("Close", Receipt, ["Delivered"])
  .exit("Delivered", Receipt)
  .exit("Returned", Refunded)
  .start("Validate") {}
