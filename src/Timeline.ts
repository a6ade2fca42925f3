/**
 * Pictures of runs over time, made of their events: what ran when, branch by branch, where a run waited, and what failed, was
 * interrupted, tried again or undone.
 *
 * The events may be those of several runs: a run that another one calls stands below the state that called it. They may be
 * incomplete: what goes on has an open end, and of a run whose oldest events are missing the rest is drawn.
 *
 * Of more than twenty alike, be they visits, branches, attempts or runs, only the first, the last, the longest and the failed
 * are drawn, three of each. The others between them are a line that says how many they are and what became of them.
 */
import type { RunEvent } from "./Event.ts"
import { readHistory } from "./history/readHistory.ts"
import type { Timeline } from "./timeline/Lane.ts"
import { makeTimeline } from "./timeline/lanes.ts"
import { writeSvg } from "./timeline/svg.ts"
import { writeText } from "./timeline/text.ts"

/** Options of a timeline. */
export interface TimelineOptions {
  /**
   * How wide the picture is: columns of a terminal for text, 100 unless given, at least 60; pixels for SVG, 960 unless
   * given, at least 600.
   */
  readonly width?: number
}

/**
 * Draws runs over time for a terminal: a line for each run, state and branch, and for each attempt where not the first one
 * succeeded, with a bar drawn to scale, how long it took, and how it ended.
 *
 * ```ts
 * import { Console, Effect, Schema, Stream } from "effect"
 * import { Timeline, Workflow } from "sluice"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done"])
 *   .exit("Done", Schema.String)
 *   .start("Greet") {}
 *
 * const greeting = Greeting.implement({ Greet: ({ payload, to }) => to.Done(`Hello, ${payload}`) })
 *
 * const program = Effect.gen(function* () {
 *   const { events } = yield* greeting.fork("Ada")
 *   yield* Console.log(Timeline.text(yield* Stream.runCollect(events)))
 * })
 * ```
 */
export const text = (events: ReadonlyArray<RunEvent>, { width = 100 }: TimelineOptions = {}): string =>
  writeText(timelineOf(events), between(width, 60, 1000))

/**
 * Draws runs over time as the text of an SVG file, as `text` does. Colours have patterns besides, and every bar a title that
 * says more.
 */
export const svg = (events: ReadonlyArray<RunEvent>, { width = 960 }: TimelineOptions = {}): string =>
  writeSvg(timelineOf(events), between(width, 600, 10_000))

const timelineOf = (events: ReadonlyArray<RunEvent>): Timeline => makeTimeline(readHistory(events))

/** A whole number within limits; what is no number is the least. */
const between = (value: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, Math.floor(value) || least))
