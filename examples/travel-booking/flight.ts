/**
 * Booking a flight: a seat is held, and then ticketed. Each step says how it is undone.
 */
import { Context, type Effect, Schema } from "effect"
import { CompensationFailed, Workflow } from "sluice"

export const FlightRequest = Schema.Struct({ traveller: Schema.String, destination: Schema.String })

const Hold = Schema.Struct({ seat: Schema.String, cents: Schema.Int })

export const Ticket = Schema.Struct({ ticket: Schema.String, cents: Schema.Int })

export class NoSeat extends Schema.TaggedError<NoSeat>()("NoSeat", {}) {}

export class Airline extends Context.Service<
  Airline,
  {
    hold(destination: string): Effect.Effect<typeof Hold.Type, NoSeat>
    release(seat: string): Effect.Effect<void>
    /** Issues a ticket for a seat that is held, and gives its number. */
    issue(seat: string, traveller: string): Effect.Effect<string>
    annul(ticket: string): Effect.Effect<void>
  }
>()("travel-booking/Airline") {}

export class Flight extends Workflow.define("Flight")
  .failure(CompensationFailed)
  .state("Hold", FlightRequest, ["Issue", "SoldOut"])
  .state("Issue", Hold, ["Booked"])
  .exit("Booked", Ticket)
  .exit("SoldOut", Schema.Void)
  .start("Hold") {}

export const FlightLive = Flight.layer({
  Hold: Flight.task("Hold", function* ({ payload, to }) {
    return to.Issue(yield* Airline.use((_) => _.hold(payload.destination)))
  })
    .compensate({ Issue: ({ payload }) => Airline.use((_) => _.release(payload.seat)) })
    .catchTag("NoSeat", ({ to }) => to.SoldOut()),

  Issue: Flight.task("Issue", function* ({ input, payload: { cents, seat }, to }) {
    return to.Booked({ ticket: yield* Airline.use((_) => _.issue(seat, input.traveller)), cents })
  }).compensate({ Booked: ({ payload }) => Airline.use((_) => _.annul(payload.ticket)) })
})
