/**
 * Booking a hotel: a room, and a table for the first evening, without which the room is booked all the same.
 */
import { Context, type Effect, Schema } from "effect"
import { CompensationFailed, Workflow } from "sluice"

export const HotelRequest = Schema.Struct({ town: Schema.String, nights: Schema.Int })

export const Stay = Schema.Struct({ room: Schema.String, cents: Schema.Int })

const Evening = Schema.Struct({ ...Stay.fields, table: Schema.String })

export class Full extends Schema.TaggedError<Full>()("Full", {}) {}

export class Rooms extends Context.Service<
  Rooms,
  {
    reserve(town: string, nights: number): Effect.Effect<typeof Stay.Type, Full>
    cancel(room: string): Effect.Effect<void>
    reserveTable(town: string): Effect.Effect<string, Full>
    cancelTable(table: string): Effect.Effect<void>
  }
>()("travel-booking/Rooms") {}

export class Hotel extends Workflow.define("Hotel")
  .failure(CompensationFailed)
  .state("Room", HotelRequest, ["Table", "NoRoom"])
  .state("Table", Stay, ["WithTable", "RoomOnly"])
  .exit("WithTable", Evening)
  .exit("RoomOnly", Stay)
  .exit("NoRoom", Schema.Void)
  .start("Room") {}

export const HotelLive = Hotel.layer({
  Room: Hotel.task("Room", function* ({ payload: { nights, town }, to }) {
    return to.Table(yield* Rooms.use((_) => _.reserve(town, nights)))
  })
    .compensate({ Table: ({ payload }) => Rooms.use((_) => _.cancel(payload.room)) })
    .catchTag("Full", ({ to }) => to.NoRoom()),

  Table: Hotel.task("Table", function* ({ input, payload, to }) {
    return to.WithTable({ ...payload, table: yield* Rooms.use((_) => _.reserveTable(input.town)) })
  })
    .compensate({ WithTable: ({ payload }) => Rooms.use((_) => _.cancelTable(payload.table)) })
    .catchTag("Full", ({ payload, to }) => to.RoomOnly(payload))
})
