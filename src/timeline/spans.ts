/**
 * What was going on in a visit, and when.
 */
import type { Attempt, Stretch, Visit, Wait } from "../history/History.ts"
import type { Span, SpanKind } from "./Lane.ts"

/** Where what has not ended yet ends in a picture. */
export interface Now {
  /** The last moment that is known of. */
  readonly known: number
  /** A little later, so that one sees that it goes on. */
  readonly drawn: number
}

/** What something did that ended like that. */
export const kindOf = ({ ending }: Stretch): SpanKind =>
  ending === "failed" || ending === "interrupted" ? ending : "ran"

/** What a visit did: its attempts, what was between and after them, and its waits. */
export const spansOfVisit = (visit: Visit, now: Now): ReadonlyArray<Span> =>
  withWaits(workOf(visit, now), visit.waits, now)

/** What an attempt did, and the waits within it. */
export const spansOfAttempt = (attempt: Attempt, { waits }: Visit, now: Now): ReadonlyArray<Span> => {
  const { start } = attempt
  const end = attempt.end ?? now.drawn
  const within = waits.filter((wait) => wait.start >= start && wait.start < end)
  return withWaits([{ kind: kindOf(attempt), start, end }], within, now)
}

const workOf = (visit: Visit, now: Now): ReadonlyArray<Span> => {
  const end = visit.end ?? now.drawn
  if (visit.attempts.length === 0) return [{ kind: kindOf(visit), start: visit.start, end }]
  const spans: Array<Span> = []
  let time = visit.start
  for (const attempt of visit.attempts) {
    // Before an attempt, a guard may hold it back; after one, a catch may have to choose.
    if (attempt.start > time) spans.push({ kind: "ran", start: time, end: attempt.start })
    time = Math.max(time, attempt.start, attempt.end ?? end)
    spans.push({ kind: kindOf(attempt), start: attempt.start, end: time })
  }
  return time < end ? [...spans, { kind: "ran", start: time, end }] : spans
}

/** Spans in their order with the waits cut out of them, which are in their order, too. */
const withWaits = (spans: ReadonlyArray<Span>, waits: ReadonlyArray<Wait>, now: Now): ReadonlyArray<Span> => {
  const all: Array<Span> = []
  let next = 0
  for (const { end, kind, start } of spans) {
    let time = start
    for (let wait = waits[next]; wait !== undefined && wait.start < end; wait = waits[++next]) {
      if (wait.start > time) all.push({ kind, start: time, end: wait.start })
      all.push(waitSpan(wait, now))
      time = Math.max(time, wait.end ?? now.drawn)
    }
    // What ends in a wait has failed all the same.
    if (time < end || time === start || kind !== "ran") all.push({ kind, start: Math.min(time, end), end })
  }
  return joined(all.concat(waits.slice(next).map((wait) => waitSpan(wait, now))))
}

/** Spans of which no two of the same kind follow each other at once. */
const joined = (spans: ReadonlyArray<Span>): ReadonlyArray<Span> => {
  const all: Array<Span> = []
  for (const span of spans) {
    const last = all.at(-1)
    if (last?.kind === span.kind && last.end === span.start) all[all.length - 1] = { ...last, end: span.end }
    else all.push(span)
  }
  return all
}

const waitSpan = ({ end, start }: Wait, now: Now): Span => ({ kind: "waited", start, end: end ?? now.drawn })
