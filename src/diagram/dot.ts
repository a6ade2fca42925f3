/**
 * A picture in the language of Graphviz.
 */

import { printable } from "../text/words.ts"
import { allEdges, type NodeStatus, type Picture, type PictureEdge, type PictureNode } from "./Picture.ts"

type Direction = "TB" | "LR"

/** Writes a picture as a directed graph in DOT. */
export const writeDot = (picture: Picture, direction: Direction): string => {
  const crowded = crowdedNodes(picture)
  const title = `label="${escape(picture.title)}"`
  return [
    `digraph "${escape(picture.title)}" {`,
    `  graph [${title} labelloc=t fontname=Helvetica fontsize=16 nodesep=0.3 ranksep=0.4 rankdir=${direction}]`,
    ...(crowded.size > 0 ? ["  graph [concentrate=true]"] : []),
    '  node [shape=box style="rounded,filled" fillcolor="#f6f8fa" color="#57606a"]',
    '  node [fontname=Helvetica fontsize=12 height=0.4 margin="0.3,0.08"]',
    '  edge [color="#57606a" arrowsize=0.7]',
    ...writeBody(picture, { crowded, ...sides[direction] }, "  "),
    "}",
    ""
  ].join("\n")
}

interface Layout {
  readonly crowded: ReadonlySet<string>
  /** Where edges arrive at a node, and where none does. */
  readonly front: string
  readonly side: string
}

/** With more edges to one node than this, they are drawn as a tree that ends in it. */
const crowd = 8

const crowdedNodes = (picture: Picture): ReadonlySet<string> => {
  const incoming = new Map<string, number>()
  for (const { to } of allEdges(picture)) incoming.set(to, (incoming.get(to) ?? 0) + 1)
  return new Set([...incoming].filter(([, edges]) => edges > crowd).map(([id]) => id))
}

const sides = { TB: { front: "n", side: "e" }, LR: { front: "w", side: "s" } } as const

/** The name stands at the bottom, as the edge from the caller arrives at the top. */
const calleeStyle = 'labelloc=b labeljust=l fontsize=12 style="rounded,dashed" color="#57606a"'

const writeBody = (picture: Picture, layout: Layout, indent: string): ReadonlyArray<string> => {
  const backEdges = findBackEdges(picture.edges)
  return [
    ...picture.nodes.map((node) => `${indent}"${node.id}" [${attributesOf(node)}]`),
    ...picture.edges.map((edge) => `${indent}${writeEdge(edge, layout, backEdges.has(edge))}`),
    ...picture.callees.flatMap(({ id, picture }) => [
      `${indent}subgraph "cluster ${id}" {`,
      `${indent}  graph [label="${escape(picture.title)}" ${calleeStyle}]`,
      ...writeBody(picture, layout, `${indent}  `),
      `${indent}}`
    ])
  ]
}

/** The edges that lead back to where an earlier one comes from. */
const findBackEdges = (edges: ReadonlyArray<PictureEdge>): ReadonlySet<PictureEdge> => {
  const earlier = new Set<string>()
  return new Set(
    edges.filter(({ from, to }) => {
      earlier.add(JSON.stringify([from, to]))
      return from !== to && earlier.has(JSON.stringify([to, from]))
    })
  )
}

/** How a run stands out from what it has not touched. Where it is or has ended, the text of the node says as well. */
const looks = {
  missed: 'fillcolor=white color="#c8d1da" fontcolor="#818b98"',
  visited: 'fillcolor="#ddeefa" color="#0072b2" penwidth=1.5',
  current: 'fillcolor="#fff5c2" color="#8a6d00" penwidth=3',
  failed: 'fillcolor="#fbe0d0" color="#d55e00" penwidth=3',
  interrupted: 'fillcolor="#fdeccb" color="#b87a00" penwidth=3'
} as const satisfies Record<NodeStatus, string>

const attributesOf = (node: PictureNode): string =>
  node.status === undefined ? shapeOf(node) : `${shapeOf(node)} ${looks[node.status]}`

const shapeOf = ({ kind, lines }: PictureNode): string => {
  const label = `label="${lines.map(escape).join("\\n")}"`
  switch (kind) {
    case "start":
      return 'label="" shape=circle width=0.15 height=0.15 fixedsize=true fillcolor="#57606a"'
    case "entry":
      return 'label="" shape=circle width=0.15 height=0.15 fixedsize=true fillcolor=white'
    case "state":
      return label
    case "route":
      return `${label} shape=hexagon style=filled margin="0.05,0.03"`
    case "call":
      return `${label} shape=component style=filled`
    case "exit":
      return `${label} peripheries=2`
    case "anyState":
      return `${label} style="rounded,dashed"`
  }
}

const styles = {
  transition: [],
  entry: [],
  fallback: ["style=dashed"],
  call: ["style=dotted", "arrowhead=empty"]
} as const

const writeEdge = (
  { from, isTaken, kind, to }: PictureEdge,
  { crowded, front, side }: Layout,
  isBack: boolean
): string => {
  const attributes = [
    ...styles[kind],
    ...(isTaken === undefined ? [] : isTaken ? ['color="#0072b2"', "penwidth=2"] : ['color="#c8d1da"']),
    // A tree of edges stands beside the others, which stay straight.
    ...(crowded.has(to) ? ["weight=0"] : []),
    // Where there are trees, Graphviz would lose an edge back, unless it has a place of its own to arrive.
    ...(crowded.size > 0 && isBack ? [`headport=${side}`] : []),
    // In a tree, the way of a run would end where it meets the others.
    ...(crowded.has(to) && isTaken && !isBack ? [`headport=${front}`] : [])
  ]
  return `"${from}" -> "${to}"${attributes.length === 0 ? "" : ` [${attributes.join(" ")}]`}`
}

/** A text as Graphviz reads it: it knows escapes, and the entities of HTML. */
const escape = (text: string): string =>
  printable(text)
    .replaceAll("&", "&amp;")
    .replace(/[\\"]/g, (c) => `\\${c}`)
