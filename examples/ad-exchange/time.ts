/**
 * The time that the seller leaves the exchange, all in milliseconds.
 */
import { Clock, Effect, Option, Schema } from "effect"
import type { BidRequest } from "./openrtb.ts"

/** How long the exchange waits for its partners, at most. */
export const partnerTime = 200

/** What it needs to decide and to answer. */
const ownTime = 20

/** The deadline came before what was to be known by then. */
export class TooLate extends Schema.TaggedError<TooLate>()("TooLate", {}) {
  override readonly message = "no answer within the time that the request allows"
}

/** When everything must be known that the answer needs; none when the request has no limit. */
export const deadlineOf = ({ tmax }: BidRequest): Effect.Effect<Option.Option<number>> =>
  Effect.map(Clock.currentTimeMillis, (now) => (tmax === undefined ? Option.none() : Option.some(now + tmax - ownTime)))

/** How much of a limit is left before the deadline. */
export const leftOf = (limit: number, deadline: Option.Option<number>): Effect.Effect<number> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    Option.match(deadline, {
      onNone: () => limit,
      onSome: (at) => Math.max(0, Math.min(limit, Math.floor(at - now)))
    })
  )

/** Stops an effect at the deadline. */
export const before = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  deadline: Option.Option<number>
): Effect.Effect<A, E | TooLate, R> =>
  Option.match(deadline, {
    onNone: () => effect,
    onSome: () =>
      Effect.flatMap(leftOf(Number.POSITIVE_INFINITY, deadline), (left) =>
        left > 0 ? Effect.timeoutOrElse(effect, { duration: left, orElse: () => new TooLate() }) : new TooLate()
      )
  })
