/**
 * Any error in a line of text. An error is whatever a user fails or dies with: one whose properties throw when they are
 * read, a frozen one, no object at all. Saying what it is never throws, so that it never takes the place of the failure.
 */
import { Cause, Formatter, Predicate } from "effect"

/** A property of anything; `undefined` where there is none or reading it throws. */
export const readProperty = (value: unknown, key: PropertyKey): unknown => {
  try {
    return Predicate.hasProperty(value, key) ? value[key] : undefined
  } catch {
    return undefined
  }
}

/** Whether a value is of a class; one that does not let itself be looked at is of none. */
export const isInstance = <T>(value: unknown, type: abstract new (...args: never) => T): value is T => {
  try {
    return value instanceof type
  } catch {
    return false
  }
}

/** The tag or the name of an error. */
export const nameOf = (error: unknown): string | undefined =>
  [readProperty(error, "_tag"), readProperty(error, "name")].find(isText)

/** The message of an error, if it has one. */
export const messageOf = (error: unknown): string | undefined => {
  const message = readProperty(error, "message")
  return isText(message) ? message : undefined
}

/** An error in a line: its tag or name, with its message; of what has neither, the value. */
export const errorLine = (error: unknown): string => {
  if (typeof error === "string") return toLine(error)
  const said = [nameOf(error), messageOf(error)].filter(Predicate.isNotUndefined)
  return toLine(said.length > 0 ? said.join(": ") : Formatter.format(error))
}

/** A cause in a line: that of its first failure, or else of its first defect. */
export const causeLine = ({ reasons }: Cause.Cause<unknown>): string => {
  const failure = reasons.find(Cause.isFailReason)
  if (failure !== undefined) return errorLine(failure.error)
  const defect = reasons.find(Cause.isDieReason)
  return defect === undefined ? "interrupted" : errorLine(defect.defect)
}

/** How many entries of a list a message shows. */
const shown = 3

/** The first few entries of a list, and how many more there are. */
export const firstOf = <A>(list: ReadonlyArray<A>, show: (entry: A) => string): ReadonlyArray<string> => [
  ...list.slice(0, shown).map(show),
  ...(list.length > shown ? [`and ${list.length - shown} more`] : [])
]

/** A message with reasons below it, a line each. */
export const withReasons = (message: string, reasons: ReadonlyArray<string>): string =>
  [message, ...reasons.map((reason) => `  - ${reason}`)].join("\n")

const longestLine = 200

const toLine = (text: string): string => {
  const line = text.slice(0, 4 * longestLine).replace(/\s*[\r\n\u2028\u2029]\s*/g, " ")
  return line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""
