/** Reading a diagram back: the nodes and edges that are in it. */
import type { Diagram } from "sluice"
import { type Element, elementsOf, parseXml } from "./xml.ts"

export interface Node {
  readonly id: string
  readonly lines: ReadonlyArray<string>
}

export interface Box {
  readonly id: string
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const titleOf = (element: Element): string => element.children.find(({ name }) => name === "title")!.text

/** A title or an id as the names it was made of. */
export const decodeId = (id: string): string =>
  id.replace(/~(fff[ef]|[0-9a-f]{2})/g, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))

/** A title of an edge without the side of the node that it arrives at. */
export const withoutPort = (title: string): string => title.replace(/:[nesw]$/, "")

const boxOf = (element: Element): Box => {
  const outlines = elementsOf(element).filter(({ name }) => ["path", "polygon", "polyline", "ellipse"].includes(name))
  const points = outlines.flatMap(({ attributes, name }) => {
    const number = (key: string) => Number(attributes.get(key))
    if (name === "ellipse")
      return [-1, 1].map((side) => [number("cx") + side * number("rx"), number("cy") + side * number("ry")] as const)
    const text = attributes.get("points") ?? attributes.get("d")!
    return [...text.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const)
  })
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  return {
    id: titleOf(element),
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys)
  }
}

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

/** What an SVG shows. */
export const readSvg = (source: string) => {
  const elements = elementsOf(parseXml(source))
  const ofClass = (name: string) => elements.filter(({ attributes }) => attributes.get("class") === name)
  const boxes = ofClass("node").map(boxOf)
  return {
    nodes: ofClass("node").map(
      (element): Node => ({
        id: titleOf(element),
        lines: element.children.filter(({ name }) => name === "text").map(({ text }) => text.replaceAll("\u00a0", " "))
      })
    ),
    edges: ofClass("edge").map((element) => ({
      title: withoutPort(titleOf(element)),
      dashed: elementsOf(element).some(({ attributes }) => attributes.has("stroke-dasharray")),
      taken: element.children.some(({ attributes }) => attributes.get("stroke-width") === "2"),
      arrives: element.children.some(({ name }) => name === "polygon"),
      drawn: element.children.some(({ attributes, name }) => name === "path" && attributes.get("d") !== "")
    })),
    groups: ofClass("cluster").map((element) => element.children.find(({ name }) => name === "text")!.text),
    overlaps: boxes.flatMap((a, index) =>
      boxes
        .slice(index + 1)
        .filter((b) => overlap(a, b))
        .map((b) => [a.id, b.id])
    )
  }
}

const decodeText = (text: string): string => text.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))

/** What a Mermaid flowchart says, its ids resolved to the first lines of the nodes. */
export const readMermaid = (source: string) => {
  const nodes = [...source.matchAll(/^ *(?<id>\w+)[([{]{1,2}"(?<text>[^"]*)"[)\]}]{1,2}(?::::(?<kind>\w+))?$/gm)].map(
    ({ groups }) => ({ id: groups!.id!, kind: groups!.kind, lines: groups!.text!.split("<br/>").map(decodeText) })
  )
  const edges = [...source.matchAll(/^ *(?<from>\w+) (?<arrow>-->|-\.->|-\. calls \.->) (?<to>\w+)$/gm)].map(
    ({ groups }) => ({ from: groups!.from!, arrow: groups!.arrow!, to: groups!.to! })
  )
  const statuses = new Map(
    [...source.matchAll(/^ *class (?<ids>[\w,]+) (?<status>\w+)$/gm)].flatMap(({ groups }) =>
      groups!.ids!.split(",").map((id) => [id, groups!.status!] as const)
    )
  )
  const taken = /^ *linkStyle (?<indexes>[\d,]+) stroke:/m.exec(source)?.groups?.indexes?.split(",") ?? []
  const lines = source.trimEnd().split("\n").slice(4)
  const other = lines.filter((line) => !/^ *(subgraph .*|end|classDef .*|class .*|linkStyle .*)$/.test(line)).length
  return {
    nodes,
    edges,
    unread: other - nodes.length - edges.length,
    /** What a run has to do with each node. */
    statuses,
    /** The edges that a run took. */
    taken: taken.map((index) => edges[Number(index)]!)
  }
}

/** Every place of a graph, and every edge, as the ids of an SVG have them. */
export const contentsOf = ({ graph }: Diagram.Drawable, path = "") => ({
  places: graph.places.map(({ name }) => path + name),
  edges: graph.places.flatMap(({ name, targets }) =>
    [...new Set(targets)].map((target) => `${path}${name}->${path}${target}`)
  )
})
