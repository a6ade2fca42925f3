/**
 * The workflow that the test kit is tested with: it has every kind of handler, policies of its own and of all, and steps
 * that are undone. Its services note what is done with them.
 */
import { Context, Effect, Layer, Schedule, Schema } from "effect"
import { CompensationFailed, Join, Workflow } from "sluice"

export const Order = Schema.Struct({ id: Schema.String, lines: Schema.Array(Schema.String) })
export type Order = typeof Order.Type

const Reserved = Schema.Struct({ order: Order, shelf: Schema.String })
const Paid = Schema.Struct({ receipt: Schema.String, cents: Schema.Int })
const Reason = Schema.Struct({ reason: Schema.String })

export class OutOfStock extends Schema.TaggedError<OutOfStock>()("OutOfStock", { line: Schema.String }) {}
export class CardDeclined extends Schema.TaggedError<CardDeclined>()("CardDeclined", { reason: Schema.String }) {}
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { service: Schema.String }) {}

export class Shop extends Context.Service<
  Shop,
  {
    score(order: Order): Effect.Effect<number>
    reserve(order: Order): Effect.Effect<string, OutOfStock | Unavailable>
    price(line: string): Effect.Effect<number, Unavailable>
    charge(cents: number): Effect.Effect<string, CardDeclined | Unavailable>
    refund(receipt: string): Effect.Effect<void, Unavailable>
  }
>()("testing/Shop") {}

/** What `Checkout` calls. */
export class Delivery extends Workflow.define("Delivery")
  .failure(CompensationFailed)
  .state("Pack", Schema.Struct({ order: Schema.String }), ["Hand", "NoBox"])
  .state("Hand", Schema.String, ["Handed"])
  .exit("Handed", Schema.Struct({ tracking: Schema.String }))
  .exit("NoBox", Schema.Void)
  .start("Pack") {}

export class Checkout extends Workflow.define("Checkout")
  .signal("Approval", Schema.Struct({ by: Schema.String }))
  .signal("Withdrawal", Schema.Void)
  .fallback(["GivenUp"])
  .state("Check", Order, ["Price", "Declined"])
  .state("Price", Reserved, ["Limit", "Declined"])
  .state("Limit", Schema.Int, ["Charge", "Declined"])
  .state("Charge", Schema.Int, ["Approve", "Declined"])
  .state("Approve", Paid, ["Deliver", "Declined"])
  .state("Deliver", Paid, ["Sent", "GivenUp"])
  .exit("Sent", Schema.Struct({ tracking: Schema.String }))
  .exit("Declined", Reason)
  .exit("GivenUp", Reason, { rollback: true })
  .start("Check", "Charge") {}

export const Check = Checkout.split("Check", {
  score: ({ payload }) => Shop.use((_) => _.score(payload)),
  shelf: ({ payload }) => Shop.use((_) => _.reserve(payload))
})
  .join(Join.all, ({ payload, results, to }) =>
    results.score > 0.9 ? to.Declined({ reason: "fraud" }) : to.Price({ order: payload, shelf: results.shelf })
  )
  .timeout("100 millis")
  .catchTags({
    OutOfStock: ({ error, to }) => to.Declined({ reason: `no ${error.line}` }),
    JoinTimeout: ({ to }) => to.Declined({ reason: "too slow" })
  })

export const Price = Checkout.forEach(
  "Price",
  ({ payload }) => payload.order.lines,
  ({ item }) => Shop.use((_) => _.price(item))
)
  .join(Join.partialTimeout("1 second"), ({ results, to }) =>
    results.failures.length > 0
      ? to.Declined({ reason: "a line has no price" })
      : to.Limit(results.successes.reduce((sum, { value }) => sum + value, 0))
  )
  .catchTag("NoBranchCompleted", ({ to }) => to.Declined({ reason: "no line has a price" }))

export const Limit = Checkout.route("Limit", ({ payload, to }) =>
  payload > 100_000 ? to.Declined({ reason: "too dear" }) : to.Charge(payload)
)

export const Charge = Checkout.task("Charge", function* ({ payload, to }) {
  return to.Approve({ receipt: yield* Shop.use((_) => _.charge(payload)), cents: payload })
})
  .compensate({ Approve: ({ payload }) => Shop.use((_) => _.refund(payload.receipt)) })
  .timeout("10 seconds")
  .retry({ schedule: Schedule.spaced("1 minute"), times: 2 })
  .catchTag("CardDeclined", ({ error, to }) => to.Declined({ reason: error.reason }))

export const Approve = Checkout.wait("Approve", {
  Approval: ({ payload, to }) => to.Deliver(payload),
  Withdrawal: ({ to }) => to.Declined({ reason: "withdrawn" })
}).after("2 days", ({ to }) => to.Declined({ reason: "nobody approved it" }))

export const Deliver = Checkout.call("Deliver", Delivery, ({ input }) => ({ order: input.id }), {
  Handed: ({ result, to }) => to.Sent(result),
  NoBox: ({ to }) => to.GivenUp({ reason: "no box" })
})

/** A service that is out of order ends a run of it, whichever step asks. */
export const checkout = Checkout.implement(
  { Check, Price, Limit, Charge, Approve, Deliver },
  { policy: (step) => step.catchTag("Unavailable", ({ error, to }) => to.GivenUp({ reason: error.service })) }
)

export const order: Order = { id: "o-1", lines: ["book", "lamp"] }

/** A shop in which every order is sent, except for what is overridden, and what was done in it. */
export const openShop = (overrides: Partial<Shop["Service"]> = {}) => {
  const done: Array<string> = []
  const note = (what: string) => Effect.sync(() => void done.push(what))
  const shop = Layer.succeed(Shop)({
    score: () => Effect.succeed(0.1),
    reserve: () => Effect.as(note("reserve"), "A1"),
    price: () => Effect.succeed(500),
    charge: (cents) => Effect.as(note(`charge ${cents}`), "r-1"),
    refund: (receipt) => note(`refund ${receipt}`),
    ...overrides
  })
  const delivery = Delivery.layer({
    Pack: Delivery.task("Pack", ({ payload, to }) =>
      payload.order === "huge" ? Effect.succeed(to.NoBox()) : Effect.as(note(`pack ${payload.order}`), to.Hand("box"))
    ).compensate({ Hand: ({ payload }) => note(`unpack ${payload}`) }),
    Hand: ({ to }) => to.Handed({ tracking: "T-1" })
  })
  return { done, note, layer: Layer.merge(shop, delivery) }
}
