/** Whatever its places are called and however they are connected, a diagram has each of them, and each edge, once. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { Diagram } from "sluice"
import { expect, it } from "vitest"
import { drawable } from "./arbitrary.ts"
import { contentsOf, decodeId, readMermaid, readSvg, withoutPort } from "./read.ts"

/** A text as a diagram can show it. */
const shown = (text: string): string => text.replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, " ")
const collapsed = (text: string): string => shown(text).replace(/\s+/g, " ").trim()

it("a Mermaid flowchart has every place and every edge once", () => {
  fc.assert(
    fc.property(drawable, (drawable) => {
      const { fallback, places, entries } = drawable.graph
      const { edges, nodes, unread } = readMermaid(Diagram.mermaid(drawable))
      const added = new Set(["start", "entry", "anyState"])
      const drawn = nodes.filter(({ kind = "state" }) => !added.has(kind))
      // What no page can show looks like a space.
      expect(drawn.map(({ lines }) => lines[0])).toEqual(places.map(({ name }) => shown(name) || " "))
      const ids = new Map(places.map(({ name }, index) => [name, drawn[index]!.id]))
      const transitions = places.flatMap(({ name, targets }) =>
        [...new Set(targets)].map((target) => ({ from: ids.get(name), arrow: "-->", to: ids.get(target) }))
      )
      const isAdded = (id: string) => !drawn.some((node) => node.id === id)
      expect(edges.filter(({ from }) => !isAdded(from))).toEqual(transitions)
      expect(edges.filter(({ from }) => isAdded(from)).map(({ to }) => to)).toEqual(
        [...entries, ...fallback].map((name) => ids.get(name))
      )
      expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length)
      expect(nodes.filter(({ id }) => /^(end|graph|subgraph|style|class|click|default|v|TB)$/.test(id))).toEqual([])
      expect(unread).toBe(0)
    })
  )
})

it("an SVG has every place and every edge once, and no node upon another", async () => {
  await fc.assert(
    fc.asyncProperty(drawable, async (drawable) => {
      const picture = readSvg(await Effect.runPromise(Diagram.svg(drawable)))
      const { edges, places } = contentsOf(drawable)
      const drawn = picture.nodes.filter(({ id }) => !/^~(to|any)/.test(id))
      expect(drawn.map(({ id }) => decodeId(id)).toSorted()).toEqual(places.toSorted())
      expect(drawn.map(({ lines }) => collapsed(lines.join(" "))).toSorted()).toEqual(places.map(collapsed).toSorted())
      const transitions = picture.edges.filter(({ title }) => !/^~(to|any)/.test(title))
      expect(transitions.map(({ title }) => decodeId(title)).toSorted()).toEqual(edges.map(withoutPort).toSorted())
      expect(picture.overlaps).toEqual([])
    })
  )
})
