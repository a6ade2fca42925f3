/**
 * Limits of time: a duration, or a point in time.
 */
import { Clock, DateTime, Duration, Effect } from "effect"

/** How long something lasts, or until when. */
export type Limit = Duration.Duration | DateTime.DateTime

/** A limit as a user gives it. */
export type LimitInput = Duration.Input | DateTime.DateTime

/** The limit that a user has given. */
export const toLimit = (limit: LimitInput): Limit =>
  DateTime.isDateTime(limit) ? limit : Duration.fromInputUnsafe(limit)

/** How long it is until a limit. */
export const remaining = (limit: Limit): Effect.Effect<Duration.Duration> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    DateTime.isDateTime(limit) ? Duration.millis(Math.max(0, DateTime.toEpochMillis(limit) - now)) : limit
  )
