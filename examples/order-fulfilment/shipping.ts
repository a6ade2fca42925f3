/**
 * The handlers of the second half: an order is packed, sent, followed and, if need be, taken back. Every export is a handler.
 */
import { Array, Effect, Order as Ordering, Schedule } from "effect"
import { Join } from "sluice"
import { match } from "ts-pattern"
import { Order } from "./order.ts"
import { Courier, Couriers, Customers, Payments, Stock, tell, Warehouse } from "./services.ts"

export const Pick = Order.forEach(
  "Pick",
  ({ payload }) => payload.lines,
  ({ item }) => Warehouse.use((_) => _.pick(item)),
  { concurrency: 4 }
).join(Join.settled, ({ payload: { payment }, results, to }) =>
  results.failures.length === 0
    ? to.Pack(payment)
    : to.Replace({ payment, lines: results.failures.map(({ item }) => item) })
)

export const Replace = Order.forEach(
  "Replace",
  ({ payload }) => payload.lines,
  function* ({ item, store }) {
    yield* store.append("reserved", yield* Stock.use((_) => _.reserve(item)))
  }
)
  .join(Join.all, ({ payload, to }) => to.Pick(payload))
  .catchTag("OutOfStock", ({ error, payload: { payment }, to }) =>
    to.VoidPayment({ authorisation: payment.authorisation, reason: `no undamaged ${error.sku} is left` })
  )

export const Pack = Order.task("Pack", function* ({ input, payload, to }) {
  const parcel = yield* Warehouse.use((_) => _.pack(input.lines))
  return to.Label({ payment: payload, parcel })
})

export const Label = Order.split("Label", {
  label: ({ input }) => Warehouse.use((_) => _.print("label", input)),
  invoice: ({ input }) => Warehouse.use((_) => _.print("invoice", input))
}).join(Join.all, ({ payload, to }) => to.ChooseCourier(payload))

const cheapest = Ordering.mapInput(Ordering.Number, (quote: { readonly value: number }) => quote.value)

export const ChooseCourier = Order.forEach(
  "ChooseCourier",
  () => Courier.literals,
  ({ item, payload }) => Couriers.use((_) => _.quote(item, payload.parcel))
)
  .join(Join.partialTimeout("5 seconds"), ({ payload, results, to }) =>
    Array.isReadonlyArrayNonEmpty(results.successes)
      ? to.Capture({ ...payload, courier: Array.min(results.successes, cheapest).item })
      : to.VoidPayment({ authorisation: payload.payment.authorisation, reason: "no courier takes the parcel" })
  )
  .catchTag("NoBranchCompleted", ({ payload, to }) =>
    to.VoidPayment({ authorisation: payload.payment.authorisation, reason: "no courier answers" })
  )

export const Capture = Order.task("Capture", ({ payload, to }) =>
  Effect.as(
    Payments.use((_) => _.capture(payload.payment.authorisation)),
    to.HandOver(payload)
  )
)
  .catchTag("CardDeclined", ({ error, payload, to }) =>
    to.VoidPayment({ authorisation: payload.payment.authorisation, reason: error.reason })
  )
  .retry({ schedule: Schedule.exponential("1 second"), times: 8 })

export const HandOver = Order.task("HandOver", function* ({ payload: { courier, parcel, payment }, to }) {
  const tracking = yield* Couriers.use((_) => _.collect(courier, parcel))
  return to.InTransit({ payment, tracking, missed: 0 })
}).retry({ schedule: Schedule.spaced("1 hour"), times: 24 })

export const InTransit = Order.task("InTransit", function* ({ payload, to }) {
  yield* Effect.sleep("6 hours")
  const tracking = yield* Couriers.use((_) => _.track(payload.tracking))
  return match(tracking)
    .with("moving", () => to.InTransit(payload))
    .with("delivered", () => to.AwaitReturn(payload))
    .with("nobody home", () => to.Redeliver({ ...payload, missed: payload.missed + 1 }))
    .with("lost", () => to.Refund({ payment: payload.payment, reason: "the parcel was lost" }))
    .exhaustive()
})
  // Where the parcel is will be known later.
  .catchTag("Unavailable", ({ payload, to }) => to.InTransit(payload))

export const Redeliver = Order.task("Redeliver", ({ payload, to }) =>
  payload.missed < 3
    ? Effect.as(Effect.sleep("1 day"), to.InTransit(payload))
    : Effect.succeed(to.Restock({ payment: payload.payment, reason: "the parcel was never received" }))
)

export const AwaitReturn = Order.task("AwaitReturn", function* ({ input, payload, to }) {
  const reason = yield* Customers.use((_) => _.sentBack(input))
  return to.Inspect({ payment: payload.payment, reason })
})
  .timeout("14 days")
  .catchTag("StateTimeout", ({ payload, to }) => to.Close({ paid: payload.payment.total, tracking: payload.tracking }))

export const Inspect = Order.forEach(
  "Inspect",
  ({ input }) => input.lines,
  ({ item }) => Warehouse.use((_) => _.inspect(item))
).join(Join.all, ({ payload, results, to }) =>
  results.every((sellable) => sellable) ? to.Restock(payload) : to.Refund(payload)
)

export const Restock = Order.forEach(
  "Restock",
  ({ input }) => input.lines,
  ({ item }) => Stock.use((_) => _.restock(item))
).join(Join.all, ({ payload, to }) => to.Refund(payload))

export const Refund = Order.task("Refund", ({ payload: { payment, reason }, to }) =>
  Effect.as(
    Payments.use((_) => _.refund(payment.authorisation, payment.total)),
    to.Apologise({ refunded: payment.total, reason })
  )
).retry({ schedule: Schedule.exponential("1 second"), times: 8 })

export const Apologise = Order.task("Apologise", ({ input, payload, to }) =>
  Effect.as(tell(input.customer, `we are sorry about order ${input.id}: ${payload.reason}`), to.Returned(payload))
)

export const Close = Order.task("Close", ({ input, payload, to }) =>
  Effect.as(tell(input.customer, `how do you like order ${input.id}?`), to.Delivered(payload))
)
