/**
 * Readings of electricity meters, and the ledger they are stored in.
 */
import { Context, Effect, Schedule, Schema } from "effect"

export const Reading = Schema.Struct({ meter: Schema.String, kilowattHours: Schema.Number })
export type Reading = typeof Reading.Type

/** The ledger refuses a reading, and would refuse it again. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** A service does not answer, and may answer later. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { service: Schema.String }) {
  override get message() {
    return `${this.service} did not answer`
  }
}

export class Ledger extends Context.Service<
  Ledger,
  { write(reading: Reading): Effect.Effect<void, Refused | Unavailable> }
>()("ingest/Ledger") {}

/** Writes a reading, up to four times in seven seconds: a ledger that is busy may answer, one that refuses does not. */
export const store = (reading: Reading) =>
  Ledger.use((_) => _.write(reading)).pipe(
    Effect.retry({
      schedule: Schedule.exponential("1 second"),
      times: 3,
      while: ({ _tag }) => _tag === "Unavailable"
    })
  )
