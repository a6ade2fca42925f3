/** Timelines as SVG: well-formed, every lane once, to scale, and nothing upon anything else. */
import { Exit } from "effect"
import { Timeline } from "sluice"
import { describe, expect, it } from "vitest"
import { parseXml } from "../diagram/xml.ts"
import { readTimeline } from "./read.ts"
import { type Event, Script } from "./Script.ts"

const down = { _tag: "Down", message: "nobody answers" }

const draw = (events: ReadonlyArray<Event>, width?: number) =>
  readTimeline(Timeline.svg(events, width === undefined ? {} : { width }))

/** One run with everything there is, which calls another one. */
const everything = (): ReadonlyArray<Event> => {
  const trip = new Script("Trip", "t-1").start("Search").branch("a", "b", 3).at(40).succeed("a")
  trip.at(60).failBranch("b", down).at(80).stopBranch(3).join("quorum", 1, 1, 1, false).fail(down).retry(20, down)
  const flight = new Script("Flight", "t-1/Book", 150)
  flight.start("Hold", { workflow: "Trip", runId: "t-1", state: "Book" }).at(250).exit("Held")
  trip
    .at(150)
    .to("Book")
    .at(250)
    .to("Approve")
    .wait("signal", { signals: ["Yes"] })
    .at(350)
    .signal("Yes")
    .to("Pay")
  trip.at(400).stop()
  flight.at(400).undo("Hold", { target: "Held" }, 50)
  trip.at(450).finish(Exit.fail({ _tag: "RunTimeout" }))
  return [...trip.events, ...flight.events]
}

const labels = ["Trip t-1", "Search", "attempt 1", "a", "b", "item 3", "attempt 2", "Book", "Flight", "Hold", "↺ Hold"]

describe("a timeline", () => {
  it("has every lane once, in the order of the text", () => {
    const { lanes } = draw(everything())
    expect(lanes.map(({ label }) => label)).toEqual([...labels, "Approve", "Pay"])
    const text = Timeline.text(everything()).split("\n").slice(1, -1)
    expect(text.map((line) => line.trim().split(/ {2,}/)[0])).toEqual(lanes.map(({ label }) => label))
  })

  it("says of each lane how long it took and how it ended", () => {
    const { lanes } = draw(everything())
    const [trip, search, first, a, b, item] = lanes
    expect(trip).toMatchObject({ duration: "450 ms", notes: "failed: RunTimeout" })
    expect(search).toMatchObject({ duration: "150 ms", notes: "→ Book, 2 attempts" })
    expect(first).toMatchObject({ duration: "80 ms", notes: "failed: Down, 1 of 3" })
    expect([a, b, item].map((lane) => lane?.notes)).toEqual([undefined, "failed: Down", "interrupted"])
    expect(b!.title).toEqual(["b", "60 ms, from 0 ms", "failed: Down", "Down: nobody answers"])
    expect(lanes.find(({ label }) => label === "Flight")!.title).toContain("run t-1/Book")
  })

  it("draws bars to scale, a pattern for each kind", () => {
    const { lanes } = draw(everything())
    const [whole] = lanes
    const pixels = whole!.bars.at(-1)!.right - whole!.bars[0]!.left
    const at = (millis: number) => whole!.bars[0]!.left + (millis / 450) * pixels
    const barsOf = (label: string) => lanes.find((lane) => lane.label === label)!.bars
    const expectBar = (bar: { left: number; right: number } | undefined, from: number, to: number) => {
      expect(Math.abs(bar!.left - at(from))).toBeLessThanOrEqual(2)
      expect(Math.abs(bar!.right - at(to))).toBeLessThanOrEqual(2)
    }
    expect(barsOf("Search").map(({ kind }) => kind)).toEqual(["failed", "waited", "ran"])
    expectBar(barsOf("Search")[0], 0, 80)
    expectBar(barsOf("Search")[1], 80, 100)
    expectBar(barsOf("Search")[2], 100, 150)
    expect(barsOf("Approve").map(({ kind }) => kind)).toEqual(["waited"])
    expectBar(barsOf("Approve")[0], 250, 350)
    expect(barsOf("Pay").map(({ kind }) => kind)).toEqual(["interrupted"])
    expect(barsOf("↺ Hold").map(({ kind }) => kind)).toEqual(["undone"])
    expectBar(barsOf("↺ Hold")[0], 400, 450)
    expect(barsOf("Search")[1]!.title).toEqual(["waited 20 ms, from 80 ms"])
  })

  it("draws what goes on without a break as one bar", () => {
    const guarded = new Script("Run", "r-1").start("Ask").at(50).begin(1).at(100).exit("Done").events
    const { lanes } = draw(guarded.toSpliced(2, 1))
    expect(lanes[1]!.bars.map(({ title }) => title)).toEqual([["ran 100 ms, from 0 ms"]])
  })

  it("has an axis of time and a legend of what is in it", () => {
    const { legend, lanes, ticks } = draw(everything())
    const left = lanes[0]!.bars[0]!.left
    const pixels = lanes[0]!.bars.at(-1)!.right - left
    expect(ticks.map(({ label }) => label)).toEqual(["0 ms", "100 ms", "200 ms", "300 ms", "400 ms"])
    for (const [index, { x }] of ticks.entries())
      expect(Math.abs(x - (left + (index / 4.5) * pixels))).toBeLessThanOrEqual(1)
    expect(legend).toEqual(["ran", "waited", "failed", "interrupted", "undone", "signal"])
    expect(draw(everything().slice(0, 3)).legend).toEqual(["ran", "goes on"])
  })

  it.each([600, 960, 2000])("%d pixels wide has nothing upon anything else", (width) => {
    const names = ["A state whose name is a good deal longer than its column", "W".repeat(80), "状態".repeat(30)]
    const run = new Script(names[0]!, "r-1").start(names[1]!)
    run
      .branch(...names)
      .at(10)
      .fail("a reason that nobody would read to its end, as it is too long")
      .at(40)
      .exit(names[2]!)
    for (const picture of [draw([...everything(), ...run.events], width), draw(everything().slice(0, 20), width)]) {
      expect(picture.width).toBe(width)
      expect(picture.overlaps).toEqual([])
      expect(picture.outside).toEqual([])
    }
  })

  it("of calls within calls leaves room for every name, as a text does", () => {
    const calls = Array.from({ length: 30 }, (_, depth) => {
      const caller = { workflow: "Call", runId: `r-${depth - 1}`, state: "Again" }
      return new Script("Call", `r-${depth}`).start("Again", depth === 0 ? undefined : caller).events
    }).flat()
    const { lanes, overlaps } = draw(calls)
    expect(lanes).toHaveLength(60)
    expect(lanes.filter(({ label }) => !/^(Call r-|Again)/.test(label))).toEqual([])
    expect(overlaps).toEqual([])
    const lines = Timeline.text(calls, { width: 60 }).split("\n").slice(1, -1)
    expect(lines.filter((line) => !/^ *(Call r|Again|Call …)/.test(line))).toEqual([])
  })

  it("shows where it goes on", () => {
    const { lanes } = draw(new Script("Run", "r-1").start("Ask").at(100).to("Tell").events)
    expect(lanes.map(({ isOpen, duration }) => [isOpen, duration])).toEqual([
      [true, "> 100 ms"],
      [false, "100 ms"],
      [true, "> 0 ms"]
    ])
  })

  it("does not wait any longer when the time is up, though nothing is heard of it", () => {
    const rest = new Script("Run", "r-1").start("Rest").wait("time", { until: 100 })
    const other = new Script("Job", "j-1").start("Work")
    const waiting = draw([...rest.events, ...other.at(50).to("Work").events]).lanes[1]!
    expect([waiting.bars.map(({ kind }) => kind), waiting.notes]).toEqual([
      ["waited"],
      "until 1970-01-01T00:00:00.100Z"
    ])
    const working = draw([...rest.events, ...other.at(200).to("Work").events]).lanes[1]!
    expect([working.bars.map(({ kind }) => kind), working.notes]).toEqual([["waited", "ran"], undefined])
  })

  it("marks signals", () => {
    const { lanes } = draw(everything())
    expect(lanes.flatMap(({ label, marks }) => marks.map((mark) => [label, mark]))).toEqual([["Approve", "signal Yes"]])
  })

  it("is well-formed whatever things are called", () => {
    const name = `<b>&amp;"'\u0000\u001b\uffff\ud800</b>`
    const run = new Script(name, name)
      .start(name)
      .branch(name)
      .at(10)
      .failBranch(name, name)
      .fail(name)
      .at(20)
      .exit(name)
    const { lanes } = draw(run.events)
    expect(lanes.map(({ label }) => label).slice(1)).toEqual([`<b>&amp;"'    </b>`, "attempt 1", `<b>&amp;"'    </b>`])
  })

  it("of nothing is a picture, too", () => {
    const svg = Timeline.svg([])
    expect(() => parseXml(svg)).not.toThrow()
    expect(readTimeline(svg).lanes).toEqual([])
  })

  it("is 960 pixels wide unless told, and never too narrow to be read", () => {
    expect(draw(everything()).width).toBe(960)
    for (const width of [0, 599.5, Number.NaN]) expect(draw(everything(), width).width).toBe(600)
  })
})
