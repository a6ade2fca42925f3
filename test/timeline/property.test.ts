/** Whatever happened, it is drawn: in lines that are wide enough, as SVG that is well-formed, with nothing upon another. */
import * as fc from "fast-check"
import { Timeline } from "sluice"
import { describe, expect, it } from "vitest"
import { anything, runs } from "./arbitrary.ts"
import { readTimeline } from "./read.ts"
import type { Event } from "./Script.ts"

const isWide = (character: string): boolean => /\p{Script=Han}/u.test(character)

const columns = (line: string): number => [...line].reduce((sum, character) => sum + (isWide(character) ? 2 : 1), 0)

const widths = fc.constantFrom(60, 61, 80, 100, 173)

const idsOf = (events: ReadonlyArray<Event>) => new Set(events.map(({ runId, workflow }) => `${workflow} ${runId}`))

describe.each([
  ["runs as an engine tells them", runs],
  ["events in any order", anything]
] as const)("of %s", (_, arbitrary) => {
  it("a text keeps its width", () => {
    fc.assert(
      fc.property(arbitrary, widths, (events, width) => {
        const lines = Timeline.text(events, { width }).split("\n")
        expect(Math.max(...lines.map(columns))).toBeLessThanOrEqual(width)
      })
    )
  })

  it("an SVG shows the same lanes, and nothing upon another", () => {
    fc.assert(
      fc.property(arbitrary, (events) => {
        const picture = readTimeline(Timeline.svg(events))
        const lines = Timeline.text(events).split("\n").slice(1, -1)
        expect(picture.lanes).toHaveLength(lines.length)
        expect(picture.overlaps).toEqual([])
        expect(picture.outside).toEqual([])
      }),
      { numRuns: 50 }
    )
  })

  it("every lane has a bar, and every run is a lane", () => {
    fc.assert(
      fc.property(arbitrary, (events) => {
        const { lanes } = readTimeline(Timeline.svg(events))
        expect(lanes.filter(({ bars }) => bars.length === 0)).toEqual([])
        const drawn = lanes.flatMap(({ title }) => title.filter((line) => line.startsWith("run ")))
        expect(new Set(drawn).size).toBe(idsOf(events).size)
      })
    )
  })
})

it("what has ended has no open end", () => {
  fc.assert(
    fc.property(runs, (events) => {
      const ended = new Set(events.filter(({ _tag }) => _tag === "RunFinished").map(({ runId }) => runId))
      const open = [...idsOf(events)].filter((id) => !ended.has(id.split(" ")[1]!))
      const { lanes } = readTimeline(Timeline.svg(events))
      if (open.length === 0) expect(lanes.filter((lane) => lane.isOpen)).toEqual([])
      else expect(lanes.some((lane) => lane.isOpen)).toBe(true)
    })
  )
})
