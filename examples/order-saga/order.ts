/**
 * An order as a saga: each step says how it is undone, and an order that cannot be shipped gives everything back.
 *
 * A step is undone when the run fails, is interrupted, or reaches an exit with `rollback`. `Cancelled` and `Abandoned` are
 * such exits: outcomes like any other, which leave nothing of the order behind.
 */
import { Schedule, Schema } from "effect"
import { Workflow } from "sluice"
import { Couriers, OrderRequest, Payments, Receipt, Reservation, Stock } from "./services.ts"

const Reason = Schema.Struct({ reason: Schema.String })

export class Order extends Workflow.define("OrderSaga")
  .signal("Approval", Schema.Struct({ by: Schema.String }))
  .signal("Refusal", Schema.Struct({ by: Schema.String, reason: Schema.String }))
  .fallback(["Abandoned"])
  .state("Reserve", OrderRequest, ["Review", "Charge", "Cancelled"])
  .state("Review", Reservation, ["Charge", "Cancelled"])
  .state("Charge", Reservation, ["Ship", "Cancelled"])
  .state("Ship", Receipt, ["Shipped", "Cancelled"])
  .exit("Shipped", Schema.Struct({ tracking: Schema.String }))
  .exit("Cancelled", Reason, { rollback: true })
  .exit("Abandoned", Reason, { rollback: true })
  .start("Reserve") {}

/** What may be bought without anybody looking at it. */
const limit = 100_000

const release = ({ payload }: { readonly payload: Reservation }) => Stock.use((_) => _.release(payload))

export const Reserve = Order.task("Reserve", function* ({ input, to }) {
  const reservation = yield* Stock.use((_) => _.reserve(input.item))
  return input.cents > limit ? to.Review(reservation) : to.Charge(reservation)
})
  .compensate({ Review: release, Charge: release })
  .catchTag("OutOfStock", ({ error, to }) => to.Cancelled({ reason: `there is no ${error.item} left` }))

export const Review = Order.wait("Review", {
  Approval: ({ payload, to }) => to.Charge(payload),
  Refusal: ({ signal, to }) => to.Cancelled({ reason: `${signal.by} refused it: ${signal.reason}` })
}).after("2 days", ({ to }) => to.Cancelled({ reason: "nobody approved it" }))

export const Charge = Order.task("Charge", function* ({ input, to }) {
  return to.Ship(yield* Payments.use((_) => _.charge(input.card, input.cents)))
})
  // A charge that has begun is waited for: nobody could tell afterwards whether there is money to give back.
  .compensate(
    { Ship: ({ payload }) => Payments.use((_) => _.refund(payload)) },
    { retry: { schedule: Schedule.spaced("1 minute"), times: 3 }, uninterruptible: true }
  )
  .catchTag("CardDeclined", ({ error, to }) => to.Cancelled({ reason: `the ${error.card} card was declined` }))

export const Ship = Order.task("Ship", function* ({ input, to }) {
  return to.Shipped({ tracking: yield* Couriers.use((_) => _.collect(input.address)) })
}).catchTag("NoCourier", ({ error, to }) => to.Cancelled({ reason: `no courier goes to ${error.address}` }))

export const order = Order.implement(
  { Reserve, Review, Charge, Ship },
  {
    // Every service may be down, whichever step asks it.
    policy: (step) =>
      step
        .retry({ schedule: Schedule.exponential("1 second"), times: 3 })
        .catchTag("Unavailable", ({ error, to }) => to.Abandoned({ reason: `${error.service} did not answer` }))
  }
)
