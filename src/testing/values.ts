/**
 * Comparing and showing what a run was given and gave: payloads, errors, causes and events.
 */
import { Cause, Equal, Exit, Formatter, Predicate } from "effect"
import { match } from "ts-pattern"
import type { RunEvent } from "../Event.ts"
import { errorLine } from "../text/errorLine.ts"

/**
 * Whether two values are equal as data. Causes are, when their reasons are: where a failure happened and who interrupted
 * is no part of it. Errors of a class without equality of its own are compared by name, message and properties.
 */
export const isSame = (a: unknown, b: unknown): boolean => {
  if (Exit.isExit(a) && Exit.isExit(b)) return isSameExit(a, b)
  if (Cause.isCause(a) && Cause.isCause(b)) return isSameCause(a, b)
  if (Equal.equals(a, b)) return true
  return (
    isPlainError(a) &&
    isPlainError(b) &&
    a.name === b.name &&
    a.message === b.message &&
    Equal.equals({ ...a }, { ...b })
  )
}

const isSameExit = (a: Exit.Exit<unknown, unknown>, b: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isSuccess(a) ? Exit.isSuccess(b) && isSame(a.value, b.value) : Exit.isFailure(b) && isSameCause(a.cause, b.cause)

const isSameCause = (a: Cause.Cause<unknown>, b: Cause.Cause<unknown>): boolean =>
  a.reasons.length === b.reasons.length && a.reasons.every((reason, index) => isSameReason(reason, b.reasons[index]!))

const isSameReason = (a: Cause.Reason<unknown>, b: Cause.Reason<unknown>): boolean =>
  match([a, b])
    .with([{ _tag: "Fail" }, { _tag: "Fail" }], ([a, b]) => isSame(a.error, b.error))
    .with([{ _tag: "Die" }, { _tag: "Die" }], ([a, b]) => isSame(a.defect, b.defect))
    .otherwise(([a, b]) => a._tag === b._tag)

const isPlainError = (value: unknown): value is Error => value instanceof Error && !Equal.isEqual(value)

/** A value as text: in lines, or in one line. One that does not let itself be looked at is said to be so. */
export const show = (value: unknown, space = 2): string => {
  try {
    return showReadable(value, space)
  } catch {
    return errorLine(value)
  }
}

const showReadable = (value: unknown, space: number): string => {
  if (Exit.isExit(value)) return Exit.isSuccess(value) ? show(value.value, space) : showCause(value.cause, space)
  if (Cause.isCause(value)) return showCause(value, space)
  if (!(value instanceof Error)) return Formatter.format(value, { space })
  const { _tag, name: _name, ...properties } = { ...value } as Readonly<Record<string, unknown>>
  const name = Predicate.isString(_tag) ? _tag : `${value.name}: ${value.message}`
  return Object.keys(properties).length === 0 ? name : `${name} ${Formatter.format(properties, { space })}`
}

const showCause = ({ reasons }: Cause.Cause<unknown>, space: number): string =>
  reasons
    .map((reason) =>
      match(reason)
        .with({ _tag: "Fail" }, ({ error }) => `fails with ${show(error, space)}`)
        .with({ _tag: "Die" }, ({ defect }) => `dies with ${show(defect, space)}`)
        .with({ _tag: "Interrupt" }, () => "is interrupted")
        .exhaustive()
    )
    .join(", and ")

/** An event, or some of its properties, as a line of text. */
export const showEvent = (event: Partial<RunEvent>): string => {
  const { _tag, runId: _runId, state, time, workflow: _workflow, ...details } = event
  return [
    ...(time === undefined ? [] : [`${time} ms`]),
    _tag,
    ...(state === undefined ? [] : [state]),
    ...Object.entries(details).map(([key, value]) => `${key}: ${show(value, 0)}`)
  ].join(" ")
}
