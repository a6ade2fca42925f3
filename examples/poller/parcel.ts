/**
 * Follows a parcel to its door: asks its carrier for an hour, rests until the next day, and gives up after some days.
 */
import { Context, type Effect, Schedule, Schema } from "effect"
import { Guard, Workflow } from "sluice"
import { match } from "ts-pattern"

/** The carrier does not answer, and may answer later. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { carrier: Schema.String }) {}

export type Whereabouts = "on its way" | "delivered" | "lost"

export class Carriers extends Context.Service<
  Carriers,
  { locate(carrier: string, number: string): Effect.Effect<Whereabouts, Unavailable> }
>()("poller/Carriers") {}

/** A parcel on its way, and for how many days it is still asked for. */
export const Shipment = Schema.Struct({ number: Schema.String, carrier: Schema.String, daysLeft: Schema.Int })
export type Shipment = typeof Shipment.Type

export class Parcel extends Workflow.define("Parcel")
  .state("Track", Shipment, ["Track", "Delivered", "Lost", "Overdue"])
  .exit("Delivered", Schema.Void)
  .exit("Lost", Schema.Void)
  .exit("Overdue", Schema.Void)
  .start("Track") {}

type Tracking = Workflow.Context<typeof Parcel, "Track">

/** Until the next day the run waits with nothing running. */
const tomorrow = ({ payload, to }: Pick<Tracking, "payload" | "to">) =>
  payload.daysLeft > 1 ? to.Track.after("1 day", { ...payload, daysLeft: payload.daysLeft - 1 }) : to.Overdue()

export const Track = Parcel.poll(
  "Track",
  function* ({ payload: { carrier, number }, pending, to }) {
    const whereabouts = yield* Carriers.use((_) => _.locate(carrier, number))
    return match(whereabouts)
      .with("on its way", () => pending)
      .with("delivered", () => to.Delivered())
      .with("lost", () => to.Lost())
      .exhaustive()
  },
  { schedule: Schedule.spaced("20 minutes").pipe(Schedule.upTo({ times: 3 })), failures: 1 }
)
  // It stands before the breaker: a parcel that takes its time says nothing against its carrier.
  .catchTag("PollExhausted", tomorrow)
  .guard(Guard.circuitBreaker({ key: ({ payload }) => payload.carrier }))
  // The carrier did not answer, or was not even asked because it did not answer for others.
  .catch(tomorrow)

export const parcel = Parcel.implement({ Track })
