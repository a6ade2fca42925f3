/**
 * A timeline as SVG.
 */
import { DateTime, Option } from "effect"
import { formatMillis } from "../history/words.ts"
import { printable } from "../text/words.ts"
import { type Lane, type Row, rowsOf, type SpanKind, type Timeline } from "./Lane.ts"
import { cut, emsOf, roomOf } from "./room.ts"
import { barsOf, makeScale, type Scale, ticksOf } from "./scale.ts"

/** Writes a timeline as an SVG document that is so many pixels wide. */
export const writeSvg = (timeline: Timeline, width: number): string => {
  const rows = rowsOf(timeline.lanes)
  const layout = makeLayout(timeline, rows, width)
  const bottom = top + rows.length * rowHeight
  const height = bottom + 40
  const names = timeline.lanes.map(({ label }) => label).join(", ") || "no events"
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"` +
      ` font-family="Helvetica,Arial,sans-serif" font-size="${fontSize}" fill="#1f2328">`,
    `<title>${escape(names)}</title>`,
    `<defs>${patterns.join("")}</defs>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...drawBands(rows, width),
    ...drawAxis(timeline, layout, bottom),
    ...rows.map((row, index) => drawLane(row, timeline, layout, top + index * rowHeight)),
    ...drawLegend(rows, bottom + 14),
    "</svg>",
    ""
  ].join("\n")
}

const fontSize = 12
const rowHeight = 20
const barHeight = 12
const indent = 14
const margin = 12
/** Where the first lane begins. */
const top = 40
/** A column of the scale, in pixels: the least that can be seen. */
const columnWidth = 2

/** There is room above the names for the time at which all begins. */
const leastLabel = 190

/** Where the parts of a lane are, from the left. */
interface Layout {
  readonly label: number
  readonly bars: number
  readonly scale: Scale
  /** Where durations end. */
  readonly duration: number
  readonly notes: number
  readonly width: number
}

const makeLayout = (timeline: Timeline, rows: ReadonlyArray<Row>, width: number): Layout => {
  const widest = (part: (row: Row) => number, least: number, limit: number) =>
    Math.ceil(rows.reduce((most, row) => Math.min(limit, Math.max(most, part(row))), least))
  const label = widest(({ depth, lane }) => depth * indent + widthOf(lane.label), leastLabel, width * 0.28)
  const duration = widest(({ lane }) => widthOf(durationOf(lane)), 0, width)
  const notes = widest(({ lane }) => widthOf(notesOf(lane)), 0, width * 0.26)
  const bars = 2 * margin + label
  const columns = Math.floor((width - bars - duration - notes - 4 * margin) / columnWidth)
  const end = bars + columns * columnWidth
  return {
    label,
    bars,
    scale: makeScale(timeline, columns),
    duration: end + 2 * margin + duration,
    notes: end + 3 * margin + duration,
    width
  }
}

const widthOf = (text: string): number => roomOf(text, emsOf) * fontSize

const fitted = (text: string, width: number): string => cut(text, width / fontSize, emsOf)

const durationOf = ({ duration, isOpen }: Lane): string =>
  isOpen ? `> ${formatMillis(duration)}` : formatMillis(duration)

const notesOf = ({ notes }: Lane): string => notes.join(", ")

/** Colours that also those tell apart who see fewer, and a pattern for each, for those who see none. */
const colors = {
  ran: "#0072b2",
  waited: "#dde3e9",
  failed: "#d55e00",
  interrupted: "#e69f00",
  undone: "#cc79a7"
} as const satisfies Record<SpanKind, string>

const lines = {
  ran: "",
  waited: '<circle cx="3" cy="3" r="0.9" fill="#57606a"/>',
  failed: '<path d="M0 0L6 6M0 6L6 0" stroke="white"/>',
  interrupted: '<path d="M-1 1L1 -1M0 6L6 0M5 7L7 5" stroke="#5c3d00"/>',
  undone: '<path d="M0 1.5H6M0 4.5H6" stroke="white"/>'
} as const satisfies Record<SpanKind, string>

const kinds = ["ran", "waited", "failed", "interrupted", "undone"] as const satisfies ReadonlyArray<SpanKind>

const patternOf = (kind: SpanKind): string => `timeline-${kind}`

const patterns = kinds.map(
  (kind) =>
    `<pattern id="${patternOf(kind)}" width="6" height="6" patternUnits="userSpaceOnUse">` +
    `<rect width="6" height="6" fill="${colors[kind]}"/>${lines[kind]}</pattern>`
)

/** Behind each run, so that one sees where it begins. */
const drawBands = (rows: ReadonlyArray<Row>, width: number): ReadonlyArray<string> =>
  rows.flatMap(({ lane }, index) =>
    lane.kind === "run"
      ? [`<rect y="${top + index * rowHeight}" width="${width}" height="${rowHeight}" fill="#f3f5f7"/>`]
      : []
  )

const drawAxis = (timeline: Timeline, { bars, label, scale }: Layout, bottom: number): ReadonlyArray<string> => {
  const start = Option.map(DateTime.make(timeline.start), DateTime.formatIso)
  const y = top - 14
  return [
    `<g class="axis" fill="#57606a" font-size="11">`,
    ...Option.toArray(start).map((time) => `<text x="${margin}" y="${y}">${escape(fitted(time, label))}</text>`),
    ...ticksOf(timeline, scale, tickDistance / columnWidth).flatMap(({ column, label }) => {
      const x = bars + column * columnWidth
      return [
        `<path d="M${round(x)} ${top - 8}V${bottom}" stroke="#d0d7de"/>`,
        `<text x="${round(x)}" y="${y}" text-anchor="middle">${label}</text>`
      ]
    }),
    "</g>"
  ]
}

/** Between two names of moments, so that they do not touch. */
const tickDistance = 80

const drawLane = ({ depth, lane }: Row, timeline: Timeline, layout: Layout, y: number): string => {
  const { bars: left, label, notes, scale } = layout
  const since = (time: number) => formatMillis(time - timeline.start)
  const indented = Math.min(depth * indent, label / 2)
  const bars = barsOf(lane.spans, scale)
  const title = [lane.label, `${durationOf(lane)}, from ${since(lane.start)}`, ...lane.notes, ...lane.details]
  return [
    `<g class="lane"${lane.kind === "run" ? ' font-weight="bold"' : ""}>`,
    titled(title),
    textAt("label", margin + indented, y, fitted(lane.label, label - indented)),
    ...bars.map(({ from, span, to }) => {
      const place = `x="${left + from * columnWidth}" y="${y + (rowHeight - barHeight) / 2}"`
      const size = `width="${(to - from) * columnWidth}" height="${barHeight}"`
      const what = `${span.kind} ${formatMillis(span.end - span.start)}, from ${since(span.start)}`
      return `<rect class="bar" ${place} ${size} fill="url(#${patternOf(span.kind)})">${titled([what])}</rect>`
    }),
    ...(lane.isOpen ? [drawOpenEnd(left + bars.reduce((end, { to }) => Math.max(end, to), 0) * columnWidth, y)] : []),
    ...lane.marks.map(({ label, time }) => drawMark(label, left + scale.position(time) * columnWidth, y)),
    textAt("duration", layout.duration, y, durationOf(lane), ' text-anchor="end"'),
    textAt("notes", notes, y, fitted(notesOf(lane), layout.width - margin - notes)),
    "</g>"
  ].join("")
}

/** A point to where a bar goes on. */
const drawOpenEnd = (x: number, y: number): string =>
  `<path class="open" d="M${x} ${y + rowHeight / 2 - 5}l6 5l-6 5z" fill="${colors.ran}"/>`

/** A rhomb for a moment. */
const drawMark = (label: string, x: number, y: number): string =>
  `<path class="mark" d="M${round(x)} ${y + 3}l6 7l-6 7l-6 -7z" fill="#1f2328" stroke="white">${titled([label])}</path>`

const drawLegend = (rows: ReadonlyArray<Row>, y: number): ReadonlyArray<string> => {
  const used = new Set(rows.flatMap(({ lane }) => lane.spans.map(({ kind }) => kind)))
  const words: ReadonlyArray<readonly [string, (x: number) => string]> = [
    ...kinds.filter((kind) => used.has(kind)).map((kind) => [kind, (x: number) => swatch(kind, x, y)] as const),
    ...(rows.some(({ lane }) => lane.isOpen) ? [["goes on", (x: number) => drawOpenEnd(x + 8, y)] as const] : []),
    ...(rows.some(({ lane }) => lane.marks.length > 0)
      ? [["signal", (x: number) => drawMark("", x + 10, y)] as const]
      : [])
  ]
  let x = margin
  const drawn = words.map(([word, draw]) => {
    const at = x
    x += swatchWidth + 6 + widthOf(word) + 14
    return draw(at) + textAt("word", at + swatchWidth + 6, y, word)
  })
  return [`<g class="legend">`, ...drawn, "</g>"]
}

const swatchWidth = 20

const swatch = (kind: SpanKind, x: number, y: number): string =>
  `<rect x="${round(x)}" y="${y + 4}" width="${swatchWidth}" height="${barHeight}" fill="url(#${patternOf(kind)})"/>`

const textAt = (kind: string, x: number, y: number, text: string, more = ""): string =>
  text === "" ? "" : `<text class="${kind}" x="${round(x)}" y="${y + 14}"${more}>${escape(text)}</text>`

/** What a closer look shows. */
const titled = (lines: ReadonlyArray<string>): string => `<title>${lines.map(escape).join("\n")}</title>`

const round = (pixels: number): number => Math.round(pixels * 10) / 10

/** A text as XML takes it. */
const escape = (text: string): string =>
  printable(text).replace(/[<>&"]/g, (character) => `&#${character.codePointAt(0)};`)
