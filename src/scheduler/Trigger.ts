/**
 * What starts the runs of an entry: a cron text, an interval, or nothing but a call.
 */
import { Cron, DateTime, Duration, Option, Result } from "effect"
import { match } from "ts-pattern"
import { periodProblems } from "../graph/problems.ts"
import type { CronText } from "./CronText.ts"

/** Options of a cron trigger. */
export interface CronOptions {
  /**
   * Which of the two instants counts when a local time occurs twice: the `"earlier"` (unless given), the `"later"`, or
   * `"both"`. Jobs that run many times a day want `"both"`, as there is an hour without a tick otherwise; a daily job that
   * must not run twice does not.
   */
  readonly onDstOverlap?: Cron.DstOverlapPolicy
}

/** What starts the runs of an entry, as plain data. */
export type Trigger =
  | {
      readonly _tag: "cron"
      readonly text: string
      readonly zone: string
      readonly options: CronOptions
    }
  | { readonly _tag: "interval"; readonly every: Duration.Input }
  | { readonly _tag: "manual" }

/**
 * Starts a run at the times of a cron text, read as local time in a time zone.
 *
 * `text` has five fields (minute, hour, day of the month, month, day of the week), or six with seconds in front; `zone`
 * is the name of a time zone such as `"Europe/Berlin"`, or an offset from `"-12:00"` to `"+14:00"`, `"UTC"` unless given. A local time that does not
 * exist on the day when clocks go forward is moved past the gap; one that exists twice counts once, unless
 * `onDstOverlap` says otherwise. So a daily job runs once a day on every day of the year.
 *
 * A wrong number of fields, or a plain number out of range, does not compile; any other wrong text or zone is among the
 * problems that `Scheduler.define` throws.
 */
export const cron = <const Text extends string>(
  text: CronText<Text>,
  zone = "UTC",
  options: CronOptions = {}
): Trigger => ({
  _tag: "cron",
  // The parameter is `Text` itself wherever the call compiles.
  text: text as string,
  zone,
  options
})

/**
 * Starts a run every so often: the first one interval after the scheduler has started, and from then on at whole
 * intervals, however long the runs take.
 *
 * `every` is at least a millisecond.
 */
export const interval = (every: Duration.Input): Trigger => ({ _tag: "interval", every })

/** Starts a run only when `trigger` is called. */
export const manual: Trigger = { _tag: "manual" }

/** When a trigger ticks. */
export interface Timetable {
  /** The first tick after an instant, both in milliseconds since the epoch; none when there is no further one. */
  readonly after: (millis: number) => number | undefined
  /** An instant as a date in the time zone of the trigger. */
  readonly date: (millis: number) => DateTime.DateTime
}

/** The last instant that a date can have, in milliseconds since the epoch. */
export const endOfTime = 8_640_000_000_000_000

/** The timetable of a trigger of a scheduler that starts at an instant, or every problem of the trigger. */
export const timetable = (trigger: Trigger, start: number): Result.Result<Timetable, ReadonlyArray<string>> =>
  match(trigger)
    .with({ _tag: "cron" }, cronTimetable)
    .with({ _tag: "interval" }, ({ every }) => intervalTimetable(every, start))
    .with({ _tag: "manual" }, () => Result.succeed({ after: () => undefined, date: DateTime.makeUnsafe }))
    .otherwise(() => Result.fail(["its trigger is neither a cron text, nor an interval, nor manual"]))

const cronTimetable = ({ options, text: given, zone: name }: Extract<Trigger, { readonly _tag: "cron" }>) => {
  // What is no text comes only from outside the types.
  const text = String(given)
  const parsed = Cron.parse(text)
  const zone = Option.filter(
    DateTime.zoneFromString(name),
    (zone) => zone._tag === "Named" || isOffset(name, zone.offset)
  )
  const { onDstOverlap = "earlier" } = options
  const isPolicy = ["earlier", "later", "both"].includes(onDstOverlap)
  if (Result.isFailure(parsed) || Option.isNone(zone) || !isPolicy) {
    return Result.fail([
      ...(Result.isFailure(parsed) ? [`the cron text '${text}' is wrong: ${describe(parsed.failure, text)}`] : []),
      ...(Option.isNone(zone) ? [`'${name}' is not a time zone`] : []),
      ...(isPolicy ? [] : [`onDstOverlap must be 'earlier', 'later' or 'both', not ${onDstOverlap}`])
    ])
  }
  const times: Cron.Cron = Cron.parseUnsafe(text, zone.value, options)
  const after = (millis: number) => nextOf(times, millis)
  // Any instant will do: a cron text that never ticks does not do so from here either.
  return after(0) === undefined
    ? Result.fail([`the cron text '${text}' never ticks`])
    : Result.succeed({ after, date: (millis: number) => DateTime.makeZonedUnsafe(millis, { timeZone: zone.value }) })
}

/** Whether a text is an offset that some place on earth has; Effect takes any digits after a sign. */
const isOffset = (text: string, millis: number): boolean =>
  /^(GMT)?[+-]\d\d:?[0-5]\d$/.test(text) && millis >= -12 * hour && millis <= 14 * hour

const hour = 3_600_000

const describe = ({ input, message }: Cron.CronParseError, text: string): string =>
  input === undefined || input === text ? message : `${message}, not '${input}'`

/** Effect's own search throws when it finds nothing. */
const nextOf = (times: Cron.Cron, after: number): number | undefined => {
  try {
    return Cron.next(times, after).getTime()
  } catch {
    return undefined
  }
}

const intervalTimetable = (every: Duration.Input, start: number): Result.Result<Timetable, ReadonlyArray<string>> => {
  const problems = periodProblems("the interval", every)
  if (problems.length > 0) return Result.fail(problems)
  const millis = Duration.toMillis(every)
  const after = (instant: number) => {
    const next = start + (Math.floor((instant - start) / millis) + 1) * millis
    return next > endOfTime ? undefined : next
  }
  return Result.succeed({ after, date: DateTime.makeUnsafe })
}
