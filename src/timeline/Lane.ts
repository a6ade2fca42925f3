/**
 * What a timeline shows, whatever it is written in: a lane for each run, visit, attempt and branch, with spans of time.
 */

/** Lanes on one scale of time. */
export interface Timeline {
  readonly start: number
  readonly end: number
  readonly lanes: ReadonlyArray<Lane>
}

/** A line of the picture, and the lines that are part of it. */
export interface Lane {
  readonly kind: "run" | "visit" | "attempt" | "branch" | "undoing" | "fold"
  readonly label: string
  readonly start: number
  /** Whether it has not ended as far as is known. */
  readonly isOpen: boolean
  /** How long it took, in milliseconds, or has taken as far as is known. */
  readonly duration: number
  /** What it did, in the order of time. */
  readonly spans: ReadonlyArray<Span>
  /** What it was sent. */
  readonly marks: ReadonlyArray<Mark>
  /** How it ended, and what else is worth a word. */
  readonly notes: ReadonlyArray<string>
  /** What only a closer look shows. */
  readonly details: ReadonlyArray<string>
  readonly lanes: ReadonlyArray<Lane>
  /** The word under which it is counted where many are folded into one line. */
  readonly countedAs: string
}

/** A time in which the same was going on. */
export interface Span {
  readonly kind: SpanKind
  readonly start: number
  readonly end: number
}

export type SpanKind = "ran" | "waited" | "failed" | "interrupted" | "undone"

/** A moment. */
export interface Mark {
  readonly time: number
  readonly label: string
}

/** A lane, and how deep it is within others. */
export interface Row {
  readonly lane: Lane
  readonly depth: number
}

/** All lanes, those within another one below it. */
export const rowsOf = (lanes: ReadonlyArray<Lane>, depth = 0): ReadonlyArray<Row> =>
  lanes.flatMap((lane) => [{ lane, depth }, ...rowsOf(lane.lanes, depth + 1)])
