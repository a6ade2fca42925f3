/**
 * Limits of time: a duration, or a point in time. What a user gives for one is read here, and what waits for it sleeps here.
 */
import { Clock, DateTime, Duration, Effect, Option } from "effect"
import type { TestClock } from "effect/testing"
import { InvalidLimit } from "../Errors.ts"
import { durationProblems, limitProblems } from "../graph/problems.ts"

/** How long something lasts, or until when. */
export type Limit = Duration.Duration | DateTime.DateTime

/** A limit as a user gives it. */
export type LimitInput = Duration.Input | DateTime.DateTime

/** The duration that a user has given. What is none stays what it is: whoever validates it refuses it, with its place. */
export const toDuration = (given: Duration.Input): Duration.Duration =>
  Option.getOrElse(
    durationProblems("", given).length === 0 ? Duration.fromInput(given) : Option.none(),
    // No machine is made of it.
    () => given as Duration.Duration
  )

/** The limit that a user has given, which has been checked. */
export const toLimit = (given: LimitInput): Limit =>
  DateTime.isDateTime(given) ? given : Duration.fromInputUnsafe(given)

/** Where a run is given a limit. */
interface Place {
  readonly workflow: string
  readonly state: string
}

/** The limit that a user has given a run; the run dies of one that is none. */
export const checkLimit = (what: string, given: LimitInput, { state, workflow }: Place): Limit => {
  const [problem] = limitProblems(what, given)
  if (problem !== undefined) throw new InvalidLimit({ workflow, state, problem })
  return toLimit(given)
}

/** Checks a duration that a user has given a run; the run dies of one that is none. */
export const checkDuration = (what: string, given: Duration.Input, { state, workflow }: Place): void => {
  const [problem] = durationProblems(what, given)
  if (problem !== undefined) throw new InvalidLimit({ workflow, state, problem })
}

/** How long it is until a limit. */
export const remaining = (limit: Limit): Effect.Effect<Duration.Duration> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    DateTime.isDateTime(limit) ? Duration.millis(Math.max(0, DateTime.toEpochMillis(limit) - now)) : limit
  )

/**
 * Sleeps until a limit. The timers of a machine stand still while it sleeps, and its clock goes on: so a long sleep is made
 * of stages, after each of which the clock is read again.
 *
 * A point in time comes when the clock says so, however often that is set. A duration has passed when the clock says so, and
 * at the latest when it has been slept for: one that is set back prolongs nothing.
 */
export const sleepUntil = (limit: Limit): Effect.Effect<void> =>
  Clock.clockWith((clock) => {
    const now = () => clock.currentTimeMillisUnsafe()
    let left = DateTime.isDateTime(limit) ? Number.POSITIVE_INFINITY : Duration.toMillis(limit)
    const end = DateTime.isDateTime(limit) ? DateTime.toEpochMillis(limit) : now() + left
    if (end === Number.POSITIVE_INFINITY) return Effect.never
    return Effect.whileLoop({
      while: () => left > 0 && now() < end,
      body: () => {
        const stage = Math.min(left, end - now(), longestStage(clock))
        left -= stage
        return clock.sleep(Duration.millis(stage))
      },
      step: () => {}
    })
  })

/** Sleeps until an instant, or for one stage of the way to it: whoever calls it reads the clock again. */
export const sleepTowards = (instant: number): Effect.Effect<void> =>
  Clock.clockWith((clock) =>
    clock.sleep(Duration.millis(Math.min(instant - clock.currentTimeMillisUnsafe(), longestStage(clock))))
  )

/** How long a machine may have slept through before anybody notices, in milliseconds. */
const stage = 60_000

/** How long a clock may be left alone. That of a test goes on only when the test says so, and its timers with it. */
const longestStage = (clock: Clock.Clock): number => (isTestClock(clock) ? Number.POSITIVE_INFINITY : stage)

/**
 * Whether a clock is a `TestClock` as Effect makes it, whose time and timers are one. A copy of it that has been given another
 * time, to play a machine that sleeps, is none: Effect's is told by a function, and what stands in for that is an arrow or a
 * method. Were Effect's one day told in another way, it would only be read more often than it need be.
 */
const isTestClock = (clock: Clock.Clock): boolean => {
  const adjust: keyof TestClock.TestClock = "adjust"
  return adjust in clock && Object.hasOwn(clock.currentTimeMillisUnsafe, "prototype")
}
