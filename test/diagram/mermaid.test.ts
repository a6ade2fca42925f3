// @vitest-environment jsdom
/**
 * Flowcharts as Mermaid itself draws them. What parses may still not be drawn: its layout looks nodes up in objects that
 * have more keys than they were given.
 */
import * as fc from "fast-check"
import mermaid from "mermaid"
import { Diagram } from "sluice"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { adExchange } from "../../examples/ad-exchange/handlers.ts"
import { Flight } from "../../examples/travel-booking/flight.ts"
import { Hotel } from "../../examples/travel-booking/hotel.ts"
import { trip } from "../../examples/travel-booking/trip.ts"
import { Script } from "../timeline/Script.ts"
import { awkward, drawable, graphOf, inherited, words } from "./arbitrary.ts"
import { diamond, everything, Inner, middle, outer } from "./graphs.ts"

beforeAll(() => {
  // There is no layout here, so that no text has a size.
  Object.assign(SVGElement.prototype, {
    getBBox: () => ({ x: 0, y: 0, width: 80, height: 20 }),
    getComputedTextLength: () => 80
  })
  // Where an edge meets no border for that reason, Mermaid encodes the whole node in place of a point, its text included.
  vi.stubGlobal("btoa", (text: string) => Buffer.from(text).toString("base64"))
  mermaid.initialize({ startOnLoad: false })
})
afterAll(() => vi.unstubAllGlobals())

/** What a page shows of a flowchart; fails when Mermaid does not draw it. */
const render = async (source: string) => {
  const { svg } = await mermaid.render("picture", source)
  const page = document.createElement("div")
  page.innerHTML = svg
  const textsOf = (selector: string) => [...page.querySelectorAll(selector)].map(({ textContent }) => textContent ?? "")
  return {
    title: textsOf(".flowchartTitleText").join(""),
    nodes: textsOf("g.node").map(collapsed),
    groups: textsOf("g.cluster").map(collapsed),
    edges: textsOf("path.flowchart-link").length
  }
}

/** A text as a page shows it. */
const collapsed = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, " ")
    .replace(/\s+/g, " ")
    .trim()

const namesOf = ({ graph }: Diagram.Drawable): ReadonlyArray<string> => graph.places.map(({ name }) => collapsed(name))

/** All edges: also those that lead to an entry, and to the fallback. */
const edgesOf = ({ graph: { entries, fallback, places } }: Diagram.Drawable): number =>
  places.reduce((sum, { targets }) => sum + new Set(targets).size, entries.length + new Set(fallback).size)

/** The nodes that stand for no place: the marks of the entries, and "any state". */
const marksOf = ({ graph: { entries, fallback } }: Diagram.Drawable): ReadonlyArray<string> => [
  ...entries.map(() => ""),
  ...(fallback.length === 0 ? [] : ["any state"])
]

const expectDrawn = async (drawable: Diagram.Drawable) => {
  const { edges, groups, nodes, title } = await render(Diagram.mermaid(drawable))
  expect(nodes.toSorted()).toEqual([...namesOf(drawable), ...marksOf(drawable)].toSorted())
  expect({ edges, groups }).toEqual({ edges: edgesOf(drawable), groups: [] })
  expect(collapsed(title)).toBe(collapsed(drawable.graph.name))
}

/** A chain through all names. */
const chainOf = (names: ReadonlyArray<string>) => graphOf("Chain", names, (index) => names.slice(index + 1, index + 2))

describe("Mermaid draws", () => {
  it("states and exits of any name", () => {
    // Every other one is an exit, and each state leads to the next exit and the next state.
    const targetsOf = (index: number) => (index % 2 === 0 ? awkward.slice(index + 1, index + 3) : [])
    return expectDrawn(graphOf("Names", awkward, targetsOf))
  })

  it("workflows of any name, within those that call them", async () => {
    const places = [...inherited, ...words].map((name) => ({
      ...chainOf([`call ${name}`]).graph.places[0]!,
      work: { kind: "call" as const, callee: name, policies: [] }
    }))
    const callees = places.map(({ work }) => ({ graph: { ...chainOf([work.callee]).graph, name: work.callee } }))
    const { groups } = await render(Diagram.mermaid({ graph: { ...chainOf(["First"]).graph, places } }, { callees }))
    expect(groups.toSorted()).toEqual(places.map(({ work }) => work.callee).toSorted())
  })

  it("a run in states of any name", async () => {
    const drawable = chainOf([...inherited, "Last"])
    const run = new Script("Chain", "r-1").start(inherited[0]!)
    for (const name of inherited.slice(1)) run.to(name)
    const { edges, nodes } = await render(Diagram.mermaid(drawable, { run: run.at(5).exit("Last").events }))
    expect(nodes.filter((text) => text.includes("took"))).toHaveLength(inherited.length)
    expect(edges).toBe(edgesOf(drawable))
  })

  it.each([
    ["a definition", diamond, []],
    ["all there is", everything, []],
    ["the ad exchange", adExchange, []],
    ["calls", trip, [Flight, Hotel]],
    ["calls within calls", outer, [middle, Inner]]
  ])("%s", async (_, drawable, callees) => {
    const { groups, nodes } = await render(Diagram.mermaid(drawable, { callees, direction: "right" }))
    for (const { name } of drawable.graph.places) {
      expect(nodes.filter((text) => text.startsWith(name)).length).toBeGreaterThanOrEqual(1)
    }
    expect(groups.length).toBeGreaterThanOrEqual(callees.length)
  })

  it("whatever the places are called and however they are connected", () =>
    fc.assert(fc.asyncProperty(drawable, expectDrawn), { numRuns: 10 }))
})

describe("a flowchart that Mermaid refuses", () => {
  const states = (count: number) => Array.from({ length: count }, (_, index) => `S${index}`)
  /** A chain that begins with a mark has as many edges as places. */
  const edges = (count: number) => Diagram.mermaid(chainOf(states(count)))
  const notes = (source: string) => source.match(/^%%.*$/gm)

  it("says so when it has more edges than a page takes", async () => {
    const [most, more] = [edges(500), edges(501)]
    await expect(mermaid.parse(most)).resolves.toMatchObject({ diagramType: "flowchart-v2" })
    expect(notes(most)).toBeNull()
    await expect(mermaid.parse(more)).rejects.toThrow("Edge limit exceeded. 500 edges found, but the limit is 500")
    expect(notes(more)).toEqual([
      "%% 501 edges: Mermaid refuses more than 500, unless its page sets maxEdges (see initialize)"
    ])
  })

  it("says so when it is longer than a page takes", async () => {
    const long = Diagram.mermaid(chainOf(["First", "x".repeat(50_000)]))
    expect((await render(long)).nodes).toEqual(["Maximum text size in diagram exceeded"])
    expect(notes(long)).toEqual([
      expect.stringMatching(
        /^%% 150\d\d\d characters: Mermaid refuses more than 50000, unless its page sets maxTextSize/
      )
    ])
  })

  it("is taken by a page that allows it, what it says of itself included", async () => {
    mermaid.initialize({ startOnLoad: false, maxEdges: 501 })
    await expect(mermaid.parse(edges(501))).resolves.toMatchObject({ diagramType: "flowchart-v2" })
    mermaid.initialize({ startOnLoad: false })
  })
})
