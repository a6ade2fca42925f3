/**
 * The workflow behind its Layer, and a demonstration: six orders in a shop whose services are simulated.
 */
import { Console, Effect, Fiber, Layer, Ref, Stream } from "effect"
import { TestClock } from "effect/testing"
import { match } from "ts-pattern"
import { Order } from "./order.ts"
import * as Selling from "./selling.ts"
import {
  AddressUnknown,
  CardDeclined,
  Couriers,
  Customers,
  type OrderRequest,
  OutOfStock,
  Payments,
  ProductUnknown,
  Stock,
  Warehouse
} from "./services.ts"
import * as Shipping from "./shipping.ts"

/** Provides `Order`. The handlers need the services; who runs an order does not. */
export const OrderLive = Order.layer({ ...Selling, ...Shipping })

const customers = Layer.succeed(Customers)({
  isTrusted: (customer) => Effect.succeed(customer !== "stranger"),
  fraudScore: ({ customer }) => Effect.succeed(customer === "stranger" ? 0.7 : 0.1),
  checkAddress: (address) => (address === "Nowhere" ? Effect.fail(new AddressUnknown({ address })) : Effect.void),
  review: () => Effect.delay(Effect.succeed("refuse"), "3 hours"),
  anotherCard: () => Effect.never,
  sentBack: ({ lines }) =>
    lines.some(({ sku }) => sku === "shoes") ? Effect.succeed("too small").pipe(Effect.delay("5 days")) : Effect.never,
  email: () => Effect.void,
  message: () => Effect.void
})

const prices = new Map([
  ["book", 1_500],
  ["lamp", 4_000],
  ["shoes", 9_000]
])

/** Lamps come in only after they have been asked for twice. */
const stock = Layer.effect(
  Stock,
  Effect.gen(function* () {
    const lampsAskedFor = yield* Ref.make(0)
    return Stock.of({
      price: (sku) => {
        const price = prices.get(sku)
        return price === undefined ? Effect.fail(new ProductUnknown({ sku })) : Effect.succeed(price)
      },
      reserve: Effect.fnUntraced(function* (line) {
        if (line.sku === "lamp" && (yield* Ref.updateAndGet(lampsAskedFor, (n) => n + 1)) <= 2) {
          return yield* new OutOfStock({ sku: line.sku })
        }
        return { id: `${line.quantity} x ${line.sku}`, line }
      }),
      release: () => Effect.void,
      restock: () => Effect.void
    })
  })
)

const payments = Layer.succeed(Payments)({
  authorise: (card, cents) =>
    card === "expired" ? Effect.fail(new CardDeclined({ reason: card })) : Effect.succeed(`${cents} from ${card}`),
  capture: () => Effect.void,
  cancel: () => Effect.void,
  refund: () => Effect.void
})

const warehouse = Layer.succeed(Warehouse)({
  pick: () => Effect.void,
  pack: (lines) => Effect.succeed({ grams: 500 * lines.length }),
  print: () => Effect.void,
  inspect: () => Effect.succeed(true)
})

const couriers = Layer.succeed(Couriers)({
  quote: (courier, { grams }) =>
    courier === "Swift" ? Effect.never : Effect.succeed(courier === "Cargo" ? 5_000 : grams),
  collect: (courier, { grams }) => Effect.succeed(`${courier}-${grams}`),
  track: () => Effect.succeed("delivered")
})

const shop = Layer.mergeAll(customers, stock, payments, warehouse, couriers)

const order = { customer: "Ada", address: "1 High Street", card: "blue" }

const orders: ReadonlyArray<OrderRequest> = [
  { ...order, id: "A-1", lines: [{ sku: "book", quantity: 2 }] },
  { ...order, id: "A-2", lines: [{ sku: "lamp", quantity: 1 }] },
  { ...order, id: "A-3", lines: [{ sku: "shoes", quantity: 1 }] },
  { ...order, id: "A-4", card: "expired", lines: [{ sku: "book", quantity: 1 }] },
  { ...order, id: "A-5", customer: "stranger", lines: [{ sku: "lamp", quantity: 9 }] },
  { ...order, id: "A-6", address: "Nowhere", lines: [{ sku: "book", quantity: 1 }] }
]

const euros = (cents: number) => `${(cents / 100).toFixed(2)} euros`

/** Follows an order to its end. A demonstration does not wait for the post: sixty days pass at once on the test clock. */
const follow = Effect.fn("follow")(function* (request: OrderRequest) {
  const run = yield* Order.fork(request, { id: request.id })
  yield* TestClock.adjust("60 days")
  const outcome = yield* Fiber.join(run.fiber)
  const states = yield* run.events.pipe(
    Stream.flatMap((event) => Stream.fromIterable(event._tag === "StateEntered" ? [event.state] : [])),
    Stream.runCollect
  )
  yield* Console.log(
    match(outcome)
      .with({ _tag: "Delivered" }, ({ payload }) => `${request.id} is delivered, for ${euros(payload.paid)}`)
      .with(
        { _tag: "Returned" },
        ({ payload }) => `${request.id} is returned, ${euros(payload.refunded)} refunded: ${payload.reason}`
      )
      .with({ _tag: "Cancelled" }, ({ payload }) => `${request.id} is cancelled: ${payload.reason}`)
      .with({ _tag: "Rejected" }, ({ payload }) => `${request.id} is rejected: ${payload.reason}`)
      .exhaustive()
  )
  yield* Console.log(`  ${states.join(" > ")}`)
  return outcome
}, Effect.scoped)

export const program = Effect.forEach(orders, follow).pipe(Effect.provide(OrderLive.pipe(Layer.provide(shop))))
