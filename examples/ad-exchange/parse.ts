/**
 * From the text of a file or a body to a bid request, or to all that is wrong with it.
 */
import { Data, Effect, Predicate, Schema } from "effect"
import { BidRequest } from "./openrtb.ts"

/** A text that is no bid request: it is no JSON, or has fields that do not fit. */
export class Malformed extends Data.TaggedError("Malformed")<{ readonly issues: ReadonlyArray<string> }> {
  override get message(): string {
    const shown = this.issues.slice(0, mostIssues)
    const more = this.issues.length - shown.length
    return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("; ")
  }
}

const mostIssues = 20

export const parseRequest = Effect.fnUntraced(function* (text: string) {
  const json = yield* Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: () => new Malformed({ issues: [jsonIssue(text)] })
  })
  return yield* Schema.decodeUnknownEffect(BidRequest)(json, { errors: "all" }).pipe(
    Effect.mapError(({ message }) => new Malformed({ issues: message.replaceAll(/\n +at /g, " at ").split("\n") }))
  )
})

const jsonIssue = (text: string): string => {
  const index = breakOf(text)
  const lines = text.slice(0, index).split("\n")
  const what =
    index < text.length
      ? `${JSON.stringify(String.fromCodePoint(text.codePointAt(index)!))} is not expected`
      : "it ends too early"
  return `No JSON: ${what} at line ${lines.length}, column ${lines.at(-1)!.length + 1}`
}

/** How much of a text could be the beginning of JSON. `JSON.parse` says where a mistake is only of some. */
const breakOf = (text: string): number => {
  let good = 0
  let bad = text.length + 1
  while (bad - good > 1) {
    const length = Math.floor((good + bad) / 2)
    if (couldBegin(text.slice(0, length))) good = length
    else bad = length
  }
  return good
}

/** Whether there is nothing wrong with a text but its end. */
const couldBegin = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    const message = Predicate.isError(error) ? error.message : ""
    const [, position] = /at position (\d+)/.exec(message) ?? []
    return position === undefined ? message.includes("end of JSON input") : Number(position) >= text.length
  }
}
