/**
 * Keeps a picture of many things readable: of those that are alike, a few are shown, and the others are a line that says
 * how many they are and what became of them.
 */

import { tally } from "../history/words.ts"
import type { Lane } from "./Lane.ts"

/** As many alike are all shown. */
const many = 20

/** Of more, so many of the first, of the last, of the longest and of those that failed. */
const shown = 3

/** Folds what is too much to be shown one by one: the plural says what there are so many of. */
export const fold = (lanes: ReadonlyArray<Lane>, plural: string): ReadonlyArray<Lane> => {
  if (lanes.length <= many) return lanes
  const kept = new Set([
    ...lanes.slice(0, shown),
    ...lanes.slice(-shown),
    ...lanes.toSorted((a, b) => b.duration - a.duration).slice(0, shown),
    ...lanes.filter(({ spans }) => spans.some(({ kind }) => kind === "failed")).slice(0, shown)
  ])
  const folded: Array<Lane> = []
  let between: Array<Lane> = []
  const foldBetween = () => {
    if (between.length === 1) folded.push(...between)
    if (between.length > 1) folded.push(foldedLane(between, plural))
    between = []
  }
  for (const lane of lanes) {
    if (!kept.has(lane)) between.push(lane)
    else {
      foldBetween()
      folded.push(lane)
    }
  }
  foldBetween()
  return folded
}

const foldedLane = (lanes: ReadonlyArray<Lane>, plural: string): Lane => {
  const start = lanes.reduce((start, lane) => Math.min(start, lane.start), Number.POSITIVE_INFINITY)
  return {
    kind: "fold",
    label: `… ${lanes.length} ${plural}`,
    start,
    duration: lanes.reduce((end, lane) => Math.max(end, lane.start + lane.duration), start) - start,
    isOpen: lanes.some(({ isOpen }) => isOpen),
    spans: lanes.flatMap(({ spans }) => spans),
    marks: lanes.flatMap(({ marks }) => marks),
    notes: [...tally(lanes.map(({ countedAs }) => countedAs))].map(([word, count]) => `${count} ${word}`),
    details: [],
    lanes: [],
    countedAs: plural
  }
}
