/**
 * A trip: a flight and a hotel, each a workflow of its own, and one payment for both.
 *
 * A trip knows the exits of the two and nothing of their steps or services. Those steps are its own to undo all the same:
 * when it fails, or ends where it rolls back, hotel and flight are given back in reverse.
 */
import { Context, type Effect, Schema } from "effect"
import { Workflow } from "sluice"
import { Flight, Ticket } from "./flight.ts"
import { Hotel, Stay } from "./hotel.ts"

const TripRequest = Schema.Struct({
  traveller: Schema.String,
  destination: Schema.String,
  nights: Schema.Int,
  card: Schema.String
})
export type TripRequest = typeof TripRequest.Type

const Bookings = Schema.Struct({ flight: Ticket, stay: Stay, table: Schema.optionalKey(Schema.String) })

export class CardDeclined extends Schema.TaggedError<CardDeclined>()("CardDeclined", { card: Schema.String }) {}

export class Bank extends Context.Service<
  Bank,
  { charge(card: string, cents: number): Effect.Effect<void, CardDeclined> }
>()("travel-booking/Bank") {}

export class Trip extends Workflow.define("Trip")
  .state("BookFlight", TripRequest, ["BookHotel", "NotPossible"])
  .state("BookHotel", Ticket, ["Pay", "NotPossible"])
  .state("Pay", Bookings, ["Booked"])
  .exit("Booked", Bookings)
  .exit("NotPossible", Schema.Struct({ reason: Schema.String }), { rollback: true })
  .start("BookFlight") {}

export const trip = Trip.implement({
  BookFlight: Trip.call("BookFlight", Flight, ({ payload }) => payload, {
    Booked: ({ result, to }) => to.BookHotel(result),
    SoldOut: ({ input, to }) => to.NotPossible({ reason: `no seat to ${input.destination}` })
  }),

  BookHotel: Trip.call("BookHotel", Hotel, ({ input }) => ({ town: input.destination, nights: input.nights }), {
    WithTable: ({ payload, result: { table, ...stay }, to }) => to.Pay({ flight: payload, stay, table }),
    RoomOnly: ({ payload, result, to }) => to.Pay({ flight: payload, stay: result }),
    NoRoom: ({ input, to }) => to.NotPossible({ reason: `no room in ${input.destination}` })
  }),

  // A card that is declined fails the trip: nobody here says what to do then.
  *Pay({ input, payload, to }) {
    yield* Bank.use((_) => _.charge(input.card, payload.flight.cents + payload.stay.cents))
    return to.Booked(payload)
  }
})
