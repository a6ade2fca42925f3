/**
 * What is wrong with a number, a duration or a limit that a user has given. The types let through any number and any
 * duration: also those that are read from where they are not set, and are NaN, and differences that are less than zero.
 */
import { DateTime, Duration, Formatter, Option, Predicate } from "effect"

/** The problem of what must be a count, where `what` names it. */
export const countProblems = (what: string, n: unknown, least: number): ReadonlyArray<string> =>
  Number.isInteger(n) && (n as number) >= least
    ? []
    : [`${what} must be a whole number of at least ${least}, not ${show(n)}`]

/** The problem of what must be a share. */
export const shareProblems = (what: string, n: number): ReadonlyArray<string> =>
  n > 0 && n <= 1 ? [] : [`${what} must be above 0 and at most 1, not ${show(n)}`]

/** The problem of what must be a duration. */
export const durationProblems = (what: string, value: unknown): ReadonlyArray<string> =>
  Option.match(readDuration(value), {
    onNone: () => [`${what} is not a duration: ${show(value)}`],
    onSome: (duration) => (Duration.isNegative(duration) ? [`${what} is less than zero: ${show(value)}`] : [])
  })

/** The problem of what must be a duration or a point in time. */
export const limitProblems = (what: string, value: unknown): ReadonlyArray<string> => {
  const isLimit = DateTime.isDateTime(value)
    ? Number.isFinite(DateTime.toEpochMillis(value))
    : Option.isSome(readDuration(value))
  if (!isLimit) return [`${what} is neither a duration nor a point in time: ${show(value)}`]
  return DateTime.isDateTime(value) ? [] : durationProblems(what, value)
}

/** The problem of what must be the length of time after which something comes again. */
export const periodProblems = (what: string, value: unknown): ReadonlyArray<string> =>
  Option.exists(readDuration(value), (duration) => Duration.isFinite(duration) && Duration.toMillis(duration) >= 1)
    ? []
    : [`${what} must be a finite duration of at least a millisecond, not ${show(value)}`]

/** The duration that a value is. Effect takes NaN, and an object that names no unit, for no time at all. */
const readDuration = (value: unknown): Option.Option<Duration.Duration> =>
  namesTime(value) ? Duration.fromInput(value as Duration.Input) : Option.none()

const namesTime = (value: unknown): boolean => {
  if (Predicate.isNumber(value)) return !Number.isNaN(value)
  if (!Predicate.isObjectOrArray(value) || Duration.isDuration(value)) return true
  const parts = Object.entries(value).filter(([, part]) => part !== undefined)
  const sum = parts.reduce(
    (sum, [unit, part]) =>
      (Array.isArray(value) || units.has(unit)) && Predicate.isNumber(part) ? sum + part : Number.NaN,
    0
  )
  return parts.length > 0 && !Number.isNaN(sum)
}

const units: ReadonlySet<string> = new Set<keyof Duration.DurationObject>([
  "weeks",
  "days",
  "hours",
  "minutes",
  "seconds",
  "milliseconds",
  "microseconds",
  "nanoseconds"
])

const show = (value: unknown): string => (Predicate.isString(value) ? value : Formatter.format(value))
