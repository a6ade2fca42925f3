/**
 * The handlers of the first half: an order is checked, priced, reserved and paid for. Every export is a handler.
 */
import { Effect, Schedule } from "effect"
import { Join } from "sluice"
import { Order } from "./order.ts"
import { Customers, Payments, Stock, tell } from "./services.ts"

export const Validate = Order.route("Validate", ({ payload: { lines }, to }) => {
  if (lines.length === 0) return to.Reject({ reason: "the order is empty" })
  const wrong = lines.find(({ quantity }) => quantity < 1)
  return wrong === undefined
    ? to.Screen()
    : to.Reject({ reason: `${wrong.quantity} of ${wrong.sku} cannot be ordered` })
})

export const Screen = Order.split("Screen", {
  address: ({ input }) => Customers.use((_) => _.checkAddress(input.address)),
  score: ({ input }) => Customers.use((_) => _.fraudScore(input)),
  trusted: ({ input }) => Customers.use((_) => _.isTrusted(input.customer))
})
  .join(Join.all, ({ results: { score, trusted }, to }) => {
    if (score > 0.9) return to.Reject({ reason: "suspected fraud" })
    return score > 0.5 && !trusted ? to.Review({ score }) : to.Price()
  })
  .timeout("5 seconds")
  .catchTags({
    AddressUnknown: ({ error, to }) => to.Reject({ reason: `nobody lives at ${error.address}` }),
    // Without a score somebody has to look.
    JoinTimeout: ({ to }) => to.Review({ score: 1 }),
    Unavailable: ({ to }) => to.Review({ score: 1 })
  })

export const Review = Order.task("Review", function* ({ input, payload, to }) {
  const decision = yield* Customers.use((_) => _.review(input, payload.score))
  return decision === "accept" ? to.Price() : to.Reject({ reason: "refused on review" })
})
  .timeout("1 day")
  .catchTag("StateTimeout", ({ to }) => to.Reject({ reason: "nobody reviewed the order" }))

export const Price = Order.forEach(
  "Price",
  ({ input }) => input.lines,
  ({ item }) => Stock.use((_) => _.price(item.sku)).pipe(Effect.map((price) => price * item.quantity)),
  { concurrency: 4 }
)
  .join(Join.all, ({ input, results, to }) =>
    to.Reserve({ total: results.reduce((total, price) => total + price, 0), wanted: input.lines, attempt: 1 })
  )
  .catchTag("ProductUnknown", ({ error, to }) => to.Reject({ reason: `${error.sku} is not for sale` }))

export const Reserve = Order.forEach(
  "Reserve",
  ({ payload }) => payload.wanted,
  function* ({ item, store }) {
    const reservation = yield* Stock.use((_) => _.reserve(item))
    yield* store.append("reserved", reservation)
  },
  { concurrency: 4 }
).join(Join.settled, ({ input, payload, results, to }) =>
  results.failures.length === 0
    ? to.Authorise({ total: payload.total, card: input.card, declined: [] })
    : to.Backorder({ ...payload, wanted: results.failures.map(({ item }) => item) })
)

export const Backorder = Order.route("Backorder", ({ payload, to }) =>
  payload.attempt < 5
    ? to.AwaitStock({ ...payload, attempt: payload.attempt + 1 })
    : to.ReleaseStock({ reason: `out of stock: ${payload.wanted.map(({ sku }) => sku).join(", ")}` })
)

export const AwaitStock = Order.task("AwaitStock", ({ payload, to }) =>
  Effect.as(Effect.sleep("12 hours"), to.Reserve(payload))
)

export const Authorise = Order.task("Authorise", function* ({ payload: { card, total }, to }) {
  const authorisation = yield* Payments.use((_) => _.authorise(card, total))
  return to.Confirm({ total, authorisation })
})
  .timeout("10 seconds")
  // It stands before the retry: a card that was declined is not tried again.
  .catchTag("CardDeclined", ({ payload, to }) =>
    to.Declined({ ...payload, declined: [...payload.declined, payload.card] })
  )
  .retry({ schedule: Schedule.exponential("1 second"), times: 3 })
  .catch(({ to }) => to.ReleaseStock({ reason: "no payment was possible" }))

export const Declined = Order.route("Declined", ({ payload, to }) =>
  payload.declined.length < 3
    ? to.AskForCard(payload)
    : to.ReleaseStock({ reason: `${payload.declined.length} cards were declined` })
)

export const AskForCard = Order.task("AskForCard", function* ({ input, payload, to }) {
  const card = yield* Customers.use((_) => _.anotherCard(input))
  return to.Authorise({ ...payload, card })
})
  .timeout("2 days")
  .catchTag("StateTimeout", ({ to }) => to.ReleaseStock({ reason: "the customer named no other card" }))

export const Confirm = Order.split("Confirm", {
  email: ({ input }) => Customers.use((_) => _.email(input.customer, `order ${input.id} is confirmed`)),
  message: ({ input }) => Customers.use((_) => _.message(input.customer, `order ${input.id} is confirmed`))
})
  .join(Join.any, ({ input, payload, to }) => to.Pick({ payment: payload, lines: input.lines }))
  .timeout("1 minute")
  // An order is not held up because its customer cannot be told.
  .catch(({ input, payload, to }) => to.Pick({ payment: payload, lines: input.lines }))

export const VoidPayment = Order.task("VoidPayment", ({ payload: { authorisation, reason }, to }) =>
  Effect.as(
    Payments.use((_) => _.cancel(authorisation)),
    to.ReleaseStock({ reason })
  )
).retry({ schedule: Schedule.exponential("1 second"), times: 8 })

export const ReleaseStock = Order.task("ReleaseStock", function* ({ payload, store, to }) {
  const reserved = yield* store.get("reserved")
  const stock = yield* Stock
  yield* Effect.forEach(reserved, stock.release, { concurrency: 4, discard: true })
  yield* store.remove("reserved")
  return to.Cancel(payload)
})

export const Cancel = Order.task("Cancel", ({ input, payload, to }) =>
  Effect.as(tell(input.customer, `order ${input.id} is cancelled: ${payload.reason}`), to.Cancelled(payload))
)

export const Reject = Order.task("Reject", ({ input, payload, to }) =>
  Effect.as(tell(input.customer, `order ${input.id} is rejected: ${payload.reason}`), to.Rejected(payload))
)
