/**
 * A demonstration: five trips with an airline, hotels and a bank that are simulated, and say what they do.
 */
import { Console, Effect, Layer } from "effect"
import { match } from "ts-pattern"
import { Airline, FlightLive, NoSeat } from "./flight.ts"
import { Full, HotelLive, Rooms } from "./hotel.ts"
import { Bank, CardDeclined, type TripRequest, trip } from "./trip.ts"

const say = (what: string) => Console.log(`  ${what}`)

const airline = Layer.succeed(Airline)({
  hold: (destination) =>
    destination === "Atlantis"
      ? Effect.fail(new NoSeat())
      : Effect.as(say("a seat is held"), { seat: "14A", cents: 20_000 }),
  release: (seat) => say(`seat ${seat} is free again`),
  issue: (seat, traveller) => Effect.as(say(`a ticket is issued to ${traveller}`), `T-${seat}`),
  annul: (ticket) => say(`ticket ${ticket} is annulled`)
})

const rooms = Layer.succeed(Rooms)({
  reserve: (town, nights) =>
    town === "Bethlehem"
      ? Effect.fail(new Full())
      : Effect.as(say("a room is reserved"), { room: "7", cents: 9_000 * nights }),
  cancel: (room) => say(`room ${room} is cancelled`),
  reserveTable: (town) => (town === "Paris" ? Effect.fail(new Full()) : Effect.as(say("a table is reserved"), "3")),
  cancelTable: (table) => say(`table ${table} is cancelled`)
})

const bank = Layer.succeed(Bank)({
  charge: (card, cents) =>
    card === "empty"
      ? Effect.fail(new CardDeclined({ card }))
      : say(`${(cents / 100).toFixed(2)} euros are paid with the ${card} card`)
})

const ada = { traveller: "Ada", nights: 2, card: "blue" }

const requests: ReadonlyArray<TripRequest> = [
  { ...ada, destination: "Oslo" },
  { ...ada, destination: "Paris" },
  { ...ada, destination: "Atlantis" },
  { ...ada, destination: "Bethlehem" },
  { ...ada, destination: "Rome", card: "empty" }
]

const book = Effect.fn("book")(function* (request: TripRequest) {
  yield* Console.log(`${request.destination}:`)
  const ending = yield* trip.run(request).pipe(
    Effect.map((outcome) =>
      match(outcome)
        .with({ _tag: "Booked" }, ({ payload: { flight, stay } }) => `booked: ${flight.ticket}, room ${stay.room}`)
        .with({ _tag: "NotPossible" }, ({ payload }) => `not possible: ${payload.reason}`)
        .exhaustive()
    ),
    Effect.catchTags({
      CardDeclined: ({ card }) => Effect.succeed(`failed: the ${card} card was declined`),
      CompensationFailed: ({ message }) => Effect.succeed(`failed: ${message}`)
    })
  )
  yield* say(ending)
})

const flights = FlightLive.pipe(Layer.provide(airline))
const hotels = HotelLive.pipe(Layer.provide(rooms))

export const program = Effect.forEach(requests, book, { discard: true }).pipe(Effect.provide([flights, hotels, bank]))
