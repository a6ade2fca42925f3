/**
 * A timeline as text for a terminal.
 */

import { formatMillis } from "../history/words.ts"
import { printable } from "../text/words.ts"
import { type Lane, type Row, rowsOf, type SpanKind, type Timeline } from "./Lane.ts"
import { columnsOf, cut, roomOf } from "./room.ts"
import { barsOf, makeScale, type Scale, ticksOf } from "./scale.ts"

/** Writes a timeline in lines that are at most so many columns wide. */
export const writeText = (timeline: Timeline, width: number): string => {
  const rows = rowsOf(timeline.lanes).map((row) => makeRow(row, Math.floor(width * 0.15)))
  if (rows.length === 0) return "no events"
  const label = widest(rows, "label", Math.floor(width * 0.3))
  const duration = widest(rows, "duration", width)
  const notes = widest(rows, "notes", Math.floor(width * 0.28))
  const scale = makeScale(timeline, width - label - duration - notes - 3 * gap.length)
  return [
    " ".repeat(label) + gap + drawTicks(timeline, scale),
    ...rows.map((row) =>
      [
        inCell(row.label, label),
        drawBar(row.lane, scale),
        row.duration.padStart(duration),
        cut(row.notes, notes, columnsOf)
      ]
        .join(gap)
        .trimEnd()
    ),
    ...drawLegend(rows, width)
  ].join("\n")
}

const gap = "  "

/** A line but for its bar. */
interface Line {
  readonly lane: Lane
  readonly label: string
  readonly duration: string
  readonly notes: string
}

const makeRow = ({ depth, lane }: Row, deepest: number): Line => ({
  lane,
  label: " ".repeat(Math.min(2 * depth, deepest)) + plain(lane.label),
  duration: `${lane.isOpen ? `${open} ` : ""}${formatMillis(lane.duration)}`,
  notes: plain(lane.notes.join(", "))
})

/** A text that stays where it is put, whatever the direction of its script. */
const plain = (text: string): string => printable(text).replace(/\p{Bidi_Control}/gu, " ")

/** A text in a cell: cut off, or filled up. */
const inCell = (text: string, columns: number): string => {
  const shown = cut(text, columns, columnsOf)
  return shown + " ".repeat(columns - roomOf(shown, columnsOf))
}

const widest = (lines: ReadonlyArray<Line>, cell: "label" | "duration" | "notes", limit: number): number =>
  lines.reduce((most, line) => Math.min(limit, Math.max(most, roomOf(line[cell], columnsOf))), 0)

/** What stands for a column of each kind. */
const characters = {
  ran: "█",
  waited: "░",
  failed: "x",
  interrupted: "/",
  undone: "<"
} as const satisfies Record<SpanKind, string>

const open = ">"
const mark = "!"

const drawBar = ({ isOpen, marks, spans }: Lane, scale: Scale): string => {
  const { columns, position } = scale
  const cells = Array.from({ length: columns }, () => " ")
  const bars = barsOf(spans, scale)
  for (const { from, span, to } of bars) cells.fill(characters[span.kind], from, to)
  if (isOpen) cells[bars.reduce((last, { to }) => Math.max(last, to), 1) - 1] = open
  for (const { time } of marks) cells[Math.min(columns - 1, Math.floor(position(time)))] = mark
  return cells.join("")
}

/** Between the beginnings of two names of moments, which are shorter. */
const distance = 11

const drawTicks = (timeline: Timeline, scale: Scale): string => {
  let line = ""
  for (const { column, label } of ticksOf(timeline, scale, distance)) {
    const start = Math.floor(column)
    if (start + label.length <= scale.columns) line = line.padEnd(start) + label
  }
  return line
}

const drawLegend = (lines: ReadonlyArray<Line>, width: number): ReadonlyArray<string> => {
  const lanes = lines.map(({ lane }) => lane)
  const kinds = new Set(lanes.flatMap(({ spans }) => spans.map(({ kind }) => kind)))
  const words = [
    ...(["ran", "waited", "failed", "interrupted", "undone"] as const)
      .filter((kind) => kinds.has(kind))
      .map((kind) => `${characters[kind]} ${kind}`),
    ...(lanes.some(({ isOpen }) => isOpen) ? [`${open} goes on`] : []),
    ...(lanes.some(({ marks }) => marks.length > 0) ? [`${mark} signal`] : [])
  ]
  const shown = [""]
  for (const word of words) {
    const last = shown.at(-1)!
    const longer = last === "" ? word : last + gap + word
    if (longer.length <= width) shown[shown.length - 1] = longer
    else shown.push(word)
  }
  return shown
}
