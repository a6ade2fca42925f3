/**
 * An assertion on what a run did, which says in what it differs.
 */
import { Duration, type Exit, Predicate, TextDiff } from "effect"
import type { RunEvent } from "../Event.ts"
import type { AnyDefinition, ExitName, Outcome, StateName } from "../types/Table.ts"
import { AssertionError } from "./AssertionError.ts"
import type { Compensation, Report } from "./Report.ts"
import { isSame, show, showEvent } from "./values.ts"

/** What is expected of a run. What is not given may be anything. */
export interface Expected<D extends AnyDefinition, E> {
  /** The states that were entered, in their order, and the exit that was reached. */
  readonly path?: ReadonlyArray<StateName<D> | ExitName<D>>
  /** The exit that was reached, with its payload or by its name. */
  readonly outcome?: Outcome<D> | ExitName<D>
  /** How the run ended: `Exit.fail(error)`, `Exit.die(defect)`, `Exit.interrupt()`, or with a success. */
  readonly exit?: Exit.Exit<Outcome<D>, E>
  /** The state in which it has not ended. */
  readonly stuck?: StateName<D>
  /** How long it took, in virtual time. */
  readonly duration?: Duration.Input
  /** The compensations that were run, in their order: by their states, or by some of their properties. */
  readonly compensations?: ReadonlyArray<StateName<D> | Partial<Compensation>>
  /** Events that happened, in this order, with any others among them: by their tags and some of their properties. */
  readonly events?: ReadonlyArray<EventPattern<RunEvent<StateName<D>, ExitName<D>>>>
}

/** The tag of an event and some of its properties. */
export type EventPattern<Event extends RunEvent> = Event extends RunEvent
  ? Pick<Event, "_tag"> & Partial<Omit<Event, "_tag">>
  : never

/**
 * Throws an `AssertionError` when a run did something else than is expected, which says what: `-` is expected, `+` is what
 * the run did.
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Workflow } from "sluice"
 * import * as Testing from "sluice/testing"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done"])
 *   .exit("Done", Schema.String)
 *   .start("Greet") {}
 *
 * const greeting = Greeting.implement({ Greet: ({ payload, to }) => to.Done(`Hello, ${payload}`) })
 *
 * const test = Effect.map(Testing.run(greeting, "Ada"), (report) =>
 *   Testing.assertReport(report, {
 *     path: ["Greet", "Done"],
 *     outcome: { _tag: "Done", payload: "Hello, Ada" },
 *     events: [{ _tag: "TransitionTaken", state: "Greet", target: "Done" }]
 *   })
 * )
 * ```
 */
export const assertReport = <D extends AnyDefinition, E>(report: Report<D, E>, expected: Expected<D, E>): void => {
  // Names of states are texts like any other here.
  const parts = partsOf(report as AnyReport, expected as AnyExpected)
  const wrong = parts.filter(({ difference }) => difference.length > 0)
  if (wrong.length === 0) return
  const lines = [
    `The run of ${report.workflow} is not as expected (- expected, + reported):`,
    ...wrong.flatMap(({ difference, name }) => [`  ${name}:`, ...difference.map((line) => `    ${line}`)]),
    ...(wrong.some(({ name }) => tellsEnding.has(name)) ? [] : [`  It ${endingOf(report as AnyReport)}.`])
  ]
  throw new AssertionError(
    lines.join("\n"),
    Object.fromEntries(parts.map(({ actual, name }) => [name, actual])),
    Object.fromEntries(parts.map(({ expected, name }) => [name, expected]))
  )
}

type AnyReport = Report<AnyDefinition, unknown>
type AnyExpected = Expected<AnyDefinition, unknown>

/** A part of a report beside what is expected of it; without a difference, they are the same. */
interface Part {
  readonly name: keyof AnyExpected
  readonly actual: unknown
  readonly expected: unknown
  readonly difference: ReadonlyArray<string>
}

/** The parts whose difference says how the run has ended. */
const tellsEnding: ReadonlySet<keyof AnyExpected> = new Set(["outcome", "exit", "stuck"])

const partsOf = (report: AnyReport, expected: AnyExpected): ReadonlyArray<Part> => {
  const { compensations, duration, events, exit, outcome, path, stuck } = expected
  const ending = endingOf(report)
  return [
    ...(path === undefined ? [] : [listPart("path", report.path, path)]),
    ...(outcome === undefined
      ? []
      : [valuePart("outcome", Predicate.isString(outcome) ? report.outcome?._tag : report.outcome, outcome, ending)]),
    ...(exit === undefined ? [] : [valuePart("exit", report.exit, exit, ending)]),
    ...(stuck === undefined ? [] : [valuePart("stuck", report.stuck?.state, stuck, ending)]),
    ...(duration === undefined ? [] : [valuePart("duration", millis(report.duration), millis(duration))]),
    ...(compensations === undefined ? [] : [compensationsPart(report.compensations, compensations)]),
    ...(events === undefined ? [] : [eventsPart(report.events, events)])
  ]
}

const millis = (duration: Duration.Input): string => `${Duration.toMillis(Duration.fromInputUnsafe(duration))} ms`

const listPart = (name: Part["name"], actual: ReadonlyArray<unknown>, expected: ReadonlyArray<unknown>): Part => ({
  name,
  actual,
  expected,
  difference:
    actual.length === expected.length && actual.every((value, index) => isSame(value, expected[index]))
      ? []
      : differenceOf(expected.map(showItem), actual.map(showItem))
})

const valuePart = (name: Part["name"], actual: unknown, expected: unknown, absent = "nothing"): Part => ({
  name,
  actual: actual ?? absent,
  expected,
  difference: isSame(actual, expected)
    ? []
    : differenceOf(showItem(expected).split("\n"), (actual === undefined ? absent : showItem(actual)).split("\n"))
})

/** A text stands for itself. */
const showItem = (value: unknown): string => (Predicate.isString(value) ? value : show(value))

/** The lines of what was expected and of what was reported, those that both have once. */
const differenceOf = (expected: ReadonlyArray<string>, actual: ReadonlyArray<string>): ReadonlyArray<string> =>
  TextDiff.diff(expected, actual).flatMap(({ _tag, items }) =>
    items.map((line) => `${{ Equal: " ", Delete: "-", Insert: "+" }[_tag]} ${line}`)
  )

/** What is compared of a compensation is what the one that is expected in its place says. */
const compensationsPart = (
  reported: ReadonlyArray<Compensation>,
  expected: ReadonlyArray<string | Partial<Compensation>>
): Part =>
  listPart(
    "compensations",
    reported.map((compensation, index) => {
      const pattern = expected[index]
      return typeof pattern === "object" ? pick(compensation, pattern) : compensation.state
    }),
    expected
  )

const pick = (value: object, pattern: object): object =>
  Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(pattern, key)))

const eventsPart = (
  events: ReadonlyArray<RunEvent>,
  expected: ReadonlyArray<{ readonly _tag: RunEvent["_tag"] }>
): Part => {
  const tags = new Set(expected.map(({ _tag }) => _tag))
  const keys = expected.reduce((keys, pattern) => Object.assign(keys, pattern), {})
  const actual = events.filter(({ _tag }) => tags.has(_tag)).map((event) => pick(event, keys))
  let from = 0
  for (const pattern of expected) {
    const index = events.findIndex((event, index) => index >= from && matches(event, pattern))
    if (index >= 0) {
      from = index + 1
      continue
    }
    const difference = [
      ...events.slice(from - 1, from).map((event) => `  ${showEvent(event)}`),
      `- ${showEvent(pattern)}`,
      ...events.slice(from).map((event) => `+ ${showEvent(event)}`)
    ]
    return { name: "events", actual, expected, difference }
  }
  return { name: "events", actual, expected, difference: [] }
}

const matches = (event: RunEvent, pattern: object): boolean =>
  Object.entries(pattern).every(([key, value]) => isSame(event[key as keyof RunEvent], value))

/** How a run has ended, or where it is. */
const endingOf = ({ exit, outcome, stuck }: AnyReport): string => {
  if (stuck !== undefined) return `has not ended (${stuck.reason}): ${stuck.detail}`
  return exit === undefined || outcome !== undefined ? `ended at ${outcome?._tag}` : show(exit)
}
