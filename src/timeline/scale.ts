/**
 * Time as places on a line of so many columns.
 */

import { formatMillis } from "../history/words.ts"
import type { Span, SpanKind, Timeline } from "./Lane.ts"

/** The part of the line that something takes: columns from the first to before the last. */
export interface Scale {
  readonly columns: number
  /** Where a moment is, in columns and fractions of one. */
  readonly position: (time: number) => number
}

/** The scale of a timeline on so many columns. */
export const makeScale = ({ end, start }: Timeline, columns: number): Scale => {
  const perMilli = end > start ? columns / (end - start) : 0
  return { columns, position: (time) => Math.max(0, Math.min(columns, (time - start) * perMilli)) }
}

/** A run of columns that show the same. */
export interface Bar {
  readonly span: Span
  readonly from: number
  /** The first column after it. */
  readonly to: number
}

/** What most calls for attention where several spans meet in one column. */
const rank: Readonly<Record<SpanKind, number>> = { failed: 2, interrupted: 1, undone: 1, ran: 0, waited: 0 }

/**
 * What each column shows of some spans: every span has one at least, unless what calls for more attention is there; of
 * those that call for the same, the longest in the column is shown.
 */
export const barsOf = (spans: ReadonlyArray<Span>, { columns, position }: Scale): ReadonlyArray<Bar> => {
  const shown: Array<{ readonly span: Span; readonly share: number } | undefined> = Array.from({ length: columns })
  for (const span of spans) {
    const [start, end] = [position(span.start), position(span.end)]
    const first = Math.min(Math.floor(start), columns - 1)
    const last = Math.max(first, Math.ceil(end) - 1)
    for (let column = first; column <= last; column++) {
      const share = Math.min(end, column + 1) - Math.max(start, column)
      const other = shown[column]
      const more = other === undefined ? 1 : rank[span.kind] - rank[other.span.kind] || share - other.share
      if (more > 0) shown[column] = { span, share }
    }
  }
  const bars: Array<Bar> = []
  shown.forEach((cell, column) => {
    if (cell === undefined) return
    const last = bars.at(-1)
    if (last?.span === cell.span && last.to === column) bars[bars.length - 1] = { ...last, to: column + 1 }
    else bars.push({ span: cell.span, from: column, to: column + 1 })
  })
  return bars
}

/** A moment with its name. */
export interface Tick {
  readonly column: number
  readonly label: string
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** Steps of time that are easily read. */
const steps = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour)
]

/** A step of time that is not shorter than another. */
const roundStep = (millis: number): number => {
  const step = millis > second / 2 ? steps.find((step) => step >= millis) : undefined
  if (step !== undefined) return step
  const unit = millis > second / 2 ? day : 1
  const power = 10 ** Math.floor(Math.log10(millis / unit))
  return power * unit * [1, 2, 5, 10].find((n) => n * power * unit >= millis)!
}

/** Moments at even distances, at least so many columns from each other, named by the time since the start. */
export const ticksOf = (
  { end, start }: Timeline,
  { columns, position }: Scale,
  distance: number
): ReadonlyArray<Tick> => {
  if (!(end > start)) return [{ column: 0, label: formatMillis(0) }]
  const step = roundStep(Math.max(0.01, ((end - start) / columns) * distance))
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => ({
    column: position(start + index * step),
    label: formatMillis(index * step)
  }))
}
