/**
 * What an order is made of, and the services of the shop. Whatever takes something has a way to give it back.
 */
import { Context, type Effect, Schema } from "effect"

export const OrderRequest = Schema.Struct({
  id: Schema.String,
  item: Schema.String,
  cents: Schema.Int,
  card: Schema.String,
  address: Schema.String
})
export type OrderRequest = typeof OrderRequest.Type

/** An item that is set aside. */
export const Reservation = Schema.Struct({ reservation: Schema.String })
export type Reservation = typeof Reservation.Type

/** Money that was taken from a card. */
export const Receipt = Schema.Struct({ card: Schema.String, cents: Schema.Int })
export type Receipt = typeof Receipt.Type

export class OutOfStock extends Schema.TaggedError<OutOfStock>()("OutOfStock", { item: Schema.String }) {}

export class CardDeclined extends Schema.TaggedError<CardDeclined>()("CardDeclined", { card: Schema.String }) {}

export class NoCourier extends Schema.TaggedError<NoCourier>()("NoCourier", { address: Schema.String }) {}

export class CardClosed extends Schema.TaggedError<CardClosed>()("CardClosed", { card: Schema.String }) {
  override get message() {
    return `the ${this.card} card is closed`
  }
}

/** A service does not answer, and may answer later. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { service: Schema.String }) {}

export class Stock extends Context.Service<
  Stock,
  {
    reserve(item: string): Effect.Effect<Reservation, OutOfStock | Unavailable>
    release(reservation: Reservation): Effect.Effect<void>
  }
>()("order-saga/Stock") {}

export class Payments extends Context.Service<
  Payments,
  {
    charge(card: string, cents: number): Effect.Effect<Receipt, CardDeclined | Unavailable>
    refund(receipt: Receipt): Effect.Effect<void, CardClosed | Unavailable>
  }
>()("order-saga/Payments") {}

export class Couriers extends Context.Service<
  Couriers,
  {
    /** Has the parcel collected, and gives the number to track it by. */
    collect(address: string): Effect.Effect<string, NoCourier | Unavailable>
  }
>()("order-saga/Couriers") {}
