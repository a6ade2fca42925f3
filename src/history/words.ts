/**
 * What pictures of runs say: how long something took, how it failed, how many there were.
 */
import { Cause, DateTime, Option, Predicate } from "effect"
import { match } from "ts-pattern"
import { errorTypeOf, isFailure } from "../engine/watch/attributes.ts"
import { messageOf } from "../text/errorLine.ts"
import type { Stretch, Wait } from "./History.ts"

/** A duration in milliseconds, as precisely as a reader wants to know it. */
export const formatMillis = (millis: number): string => {
  if (!(millis >= 0.005)) return "0 ms"
  if (millis < 9.95) return `${Number(millis.toFixed(millis < 0.995 ? 2 : 1))} ms`
  if (millis < 999.5) return `${Math.round(millis)} ms`
  if (millis < 59_950) return `${Number((millis / 1000).toPrecision(3))} s`
  const seconds = Math.round(millis / 1000)
  if (seconds < 3600) return inTwo(seconds, 60, ["min", "s"])
  const minutes = Math.round(seconds / 60)
  return minutes < 24 * 60 ? inTwo(minutes, 60, ["h", "min"]) : inTwo(Math.round(minutes / 60), 24, ["d", "h"])
}

const inTwo = (amount: number, size: number, [large, small]: readonly [string, string]): string => {
  const rest = amount % size
  return `${Math.floor(amount / size)} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`
}

/** How something ended that did not succeed, and why. */
export const nameEnding = ({ cause, ending }: Stretch): string | undefined => {
  if (ending === undefined || ending === "succeeded") return undefined
  const reason = cause === undefined ? undefined : mainReason(cause)
  if (cause === undefined || reason === undefined) return ending
  return `${ending === "failed" && !isFailure(reason) ? "died" : ending}: ${nameCause(cause)}`
}

/** What a cause is, in a word; an error that is a text is itself. */
export const nameCause = (cause: Cause.Cause<unknown>): string => {
  const error = mainError(cause)
  return Predicate.isString(error) ? error : (errorTypeOf(cause) ?? "interrupted")
}

/** What a cause is, with its message. */
export const explainCause = (cause: Cause.Cause<unknown>): string => {
  const error = mainError(cause)
  const message = messageOf(error)
  return message === undefined ? nameCause(cause) : `${nameCause(cause)}: ${message}`
}

/** The reason that says most: a failure before a defect, and nothing of an interruption. */
const mainReason = ({ reasons }: Cause.Cause<unknown>): Cause.Fail<unknown> | Cause.Die | undefined =>
  reasons.find(isFailure) ?? reasons.find(Cause.isDieReason)

const mainError = (cause: Cause.Cause<unknown>): unknown => {
  const reason = mainReason(cause)
  return reason?._tag === "Fail" ? reason.error : reason?.defect
}

/** What is waited for; nothing when the wait is over. */
export const describeWait = (wait: Wait | undefined): string | undefined => {
  if (wait === undefined || wait.end !== undefined) return undefined
  return match(wait.for)
    .with("signal", () => `waits for ${wait.signals.join(", ")}`)
    .with("time", "transition", () => `until ${formatTime(wait.until)}`)
    .with("answer", () => "waits for an answer")
    .with("retry", () => "waits for a retry")
    .exhaustive()
}

const formatTime = (millis: number | undefined): string =>
  Option.match(DateTime.make(millis ?? Number.NaN), {
    onNone: () => "later",
    onSome: (time) => DateTime.formatIso(time).replace(".000Z", "Z")
  })

/** Words and how often each occurs, in the order of their first occurrence. */
export const tally = (words: ReadonlyArray<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}
