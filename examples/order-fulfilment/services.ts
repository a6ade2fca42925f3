/**
 * What an order is made of, and the services that the shop has for it.
 */
import { Context, Effect, Schema } from "effect"

export const Line = Schema.Struct({ sku: Schema.String, quantity: Schema.Int })
export type Line = typeof Line.Type

export const OrderRequest = Schema.Struct({
  id: Schema.String,
  customer: Schema.String,
  address: Schema.String,
  card: Schema.String,
  lines: Schema.Array(Line)
})
export type OrderRequest = typeof OrderRequest.Type

export const Reservation = Schema.Struct({ id: Schema.String, line: Line })
export type Reservation = typeof Reservation.Type

export const Parcel = Schema.Struct({ grams: Schema.Int })
export type Parcel = typeof Parcel.Type

export const Courier = Schema.Literals(["Swift", "Steady", "Cargo"])
export type Courier = typeof Courier.Type

/** Where a parcel is. */
export const Tracking = Schema.Literals(["moving", "delivered", "nobody home", "lost"])
export type Tracking = typeof Tracking.Type

export class AddressUnknown extends Schema.TaggedError<AddressUnknown>()("AddressUnknown", {
  address: Schema.String
}) {}

export class ProductUnknown extends Schema.TaggedError<ProductUnknown>()("ProductUnknown", { sku: Schema.String }) {}

export class OutOfStock extends Schema.TaggedError<OutOfStock>()("OutOfStock", { sku: Schema.String }) {}

export class CardDeclined extends Schema.TaggedError<CardDeclined>()("CardDeclined", { reason: Schema.String }) {}

export class ItemDamaged extends Schema.TaggedError<ItemDamaged>()("ItemDamaged", { sku: Schema.String }) {}

export class NoQuote extends Schema.TaggedError<NoQuote>()("NoQuote", { courier: Courier }) {}

/** A service does not answer, and may answer later. It is the one failure that an order can end with. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { service: Schema.String }) {}

/** What is known about customers, and what only they can say. */
export class Customers extends Context.Service<
  Customers,
  {
    isTrusted(customer: string): Effect.Effect<boolean>
    fraudScore(order: OrderRequest): Effect.Effect<number, Unavailable>
    checkAddress(address: string): Effect.Effect<void, AddressUnknown>
    /** A member of staff looks at the order, which takes the time it takes. */
    review(order: OrderRequest, score: number): Effect.Effect<"accept" | "refuse">
    /** Waits for the customer to name another card. */
    anotherCard(order: OrderRequest): Effect.Effect<string>
    /** Waits for the customer to send the order back, and gives the reason. */
    sentBack(order: OrderRequest): Effect.Effect<string>
    email(customer: string, text: string): Effect.Effect<void, Unavailable>
    message(customer: string, text: string): Effect.Effect<void, Unavailable>
  }
>()("order-fulfilment/Customers") {}

/** Writes to a customer. No order is held up because that fails. */
export const tell = (customer: string, text: string) =>
  Customers.use((_) => _.email(customer, text)).pipe(Effect.timeout("1 minute"), Effect.ignore)

export class Stock extends Context.Service<
  Stock,
  {
    /** The price of one, in cents. */
    price(sku: string): Effect.Effect<number, ProductUnknown>
    reserve(line: Line): Effect.Effect<Reservation, OutOfStock>
    release(reservation: Reservation): Effect.Effect<void>
    restock(line: Line): Effect.Effect<void>
  }
>()("order-fulfilment/Stock") {}

export class Payments extends Context.Service<
  Payments,
  {
    authorise(card: string, cents: number): Effect.Effect<string, CardDeclined | Unavailable>
    capture(authorisation: string): Effect.Effect<void, CardDeclined | Unavailable>
    cancel(authorisation: string): Effect.Effect<void, Unavailable>
    refund(authorisation: string, cents: number): Effect.Effect<void, Unavailable>
  }
>()("order-fulfilment/Payments") {}

export class Warehouse extends Context.Service<
  Warehouse,
  {
    pick(line: Line): Effect.Effect<void, ItemDamaged>
    pack(lines: ReadonlyArray<Line>): Effect.Effect<Parcel>
    print(document: "label" | "invoice", order: OrderRequest): Effect.Effect<void>
    /** Whether what came back can be sold again. */
    inspect(line: Line): Effect.Effect<boolean>
  }
>()("order-fulfilment/Warehouse") {}

export class Couriers extends Context.Service<
  Couriers,
  {
    quote(courier: Courier, parcel: Parcel): Effect.Effect<number, NoQuote>
    /** Hands the parcel over, and gives the number to track it by. */
    collect(courier: Courier, parcel: Parcel): Effect.Effect<string, Unavailable>
    track(number: string): Effect.Effect<Tracking, Unavailable>
  }
>()("order-fulfilment/Couriers") {}
