/**
 * What a diagram shows, whatever it is written in: nodes with their lines of text, edges, and the pictures of called
 * workflows.
 */
import type { Graph, GraphPlace } from "../graph/Graph.ts"
import { mark } from "../text/words.ts"
import { describeHandler, describeShared } from "./describe.ts"

/** A graph, and the graphs of workflows it calls. */
export interface Picture {
  readonly title: string
  readonly nodes: ReadonlyArray<PictureNode>
  readonly edges: ReadonlyArray<PictureEdge>
  readonly callees: ReadonlyArray<CalleePicture>
}

/** A place, a mark where runs begin, or the node that stands for every state. */
export interface PictureNode {
  /** Names of places are ids of their own; what has another id is no place of the outermost graph. */
  readonly id: string
  readonly kind: "start" | "entry" | "state" | "route" | "call" | "exit" | "anyState"
  /** The name of the place; nothing of what is none. */
  readonly place?: string
  /** The name of a place first, then what is known of it. */
  readonly lines: ReadonlyArray<string>
  /** What a run has to do with it, in a picture of one. */
  readonly status?: NodeStatus
}

/** Whether a run was there, is there, or has ended there without an exit. */
export type NodeStatus = "missed" | "visited" | "current" | "failed" | "interrupted"

/** A permitted transition, the beginning of a run, where any state may go when it fails, or a call. */
export interface PictureEdge {
  readonly kind: "transition" | "entry" | "fallback" | "call"
  readonly from: string
  readonly to: string
  /** Whether a run went that way, in a picture of one. */
  readonly isTaken?: boolean
}

/** A called workflow, drawn within the picture of its caller. */
export interface CalleePicture {
  readonly id: string
  readonly picture: Picture
}

/** Makes the picture of a graph, and within it those of the workflows it calls, where they are among `callees`. */
export const makePicture = (
  graph: Graph,
  callees: ReadonlyArray<Graph>,
  path: ReadonlyArray<string> = [],
  callers: ReadonlyArray<string> = []
): Picture => {
  const idOf = (name: string) => makeId([...path, name])
  const shared = anyState(graph, path)
  const calls = graph.places.flatMap(({ name, work }) => {
    const callee = callees.find((other) => other.name === work?.callee)
    // A workflow that calls itself is drawn once.
    if (callee === undefined || [...callers, graph.name].includes(callee.name)) return []
    return [{ caller: name, callee }]
  })
  return {
    title: graph.name,
    nodes: [
      // How a called workflow begins, the edge from its caller shows.
      ...(callers.length > 0 ? [] : graph.entries.map((entry) => entryMark(graph, entry))),
      ...graph.places.map((place) => drawPlace(place, idOf(place.name))),
      ...shared.nodes
    ],
    edges: [
      ...(callers.length > 0 ? [] : graph.entries.map((entry) => edge("entry", markId(entry), idOf(entry)))),
      ...graph.places.flatMap(({ name, targets }) =>
        [...new Set(targets)].map((target) => edge("transition", idOf(name), idOf(target)))
      ),
      ...shared.edges,
      ...calls.map(({ callee, caller }) => edge("call", idOf(caller), makeId([...path, caller, callee.start])))
    ],
    callees: calls.map(({ callee, caller }) => ({
      id: idOf(caller),
      picture: makePicture(callee, callees, [...path, caller], [...callers, graph.name])
    }))
  }
}

/** The nodes of a picture and of those within it. */
export const allNodes = ({ callees, nodes }: Picture): ReadonlyArray<PictureNode> => [
  ...nodes,
  ...callees.flatMap(({ picture }) => allNodes(picture))
]

/** The edges of a picture and of those within it. */
export const allEdges = ({ callees, edges }: Picture): ReadonlyArray<PictureEdge> => [
  ...edges,
  ...callees.flatMap(({ picture }) => allEdges(picture))
]

const drawPlace = ({ kind, name, rollback, work }: GraphPlace, id: string): PictureNode => {
  const place = name
  if (kind === "exit") return { id, kind, place, lines: rollback ? [name, `${mark} rolls back`] : [name] }
  if (work === undefined) return { id, kind, place, lines: [name] }
  const compensated = work.policies.some((policy) => policy.kind === "compensate")
  return {
    id,
    kind: work.kind === "route" || work.kind === "call" ? work.kind : "state",
    place,
    lines: [compensated ? `${name} ${mark}` : name, ...describeHandler(work)]
  }
}

const entryMark = ({ start }: Graph, entry: string): PictureNode => ({
  id: markId(entry),
  kind: entry === start ? "start" : "entry",
  lines: []
})

/** One node for what all states share: an edge from each of them would hide all others. */
const anyState = (
  { fallback, policies = [] }: Graph,
  path: ReadonlyArray<string>
): Pick<Picture, "nodes" | "edges"> => {
  const lines = describeShared(policies)
  if (fallback.length === 0 && lines.length === 0) return { nodes: [], edges: [] }
  const id = [...path.map(encode), "~any"].join("/")
  return {
    nodes: [{ id, kind: "anyState", lines: ["any state", ...lines] }],
    edges: [...new Set(fallback)].map((target) => edge("fallback", id, makeId([...path, target])))
  }
}

const edge = (kind: PictureEdge["kind"], from: string, to: string): PictureEdge => ({ kind, from, to })

const makeId = (path: ReadonlyArray<string>): string => path.map(encode).join("/")

/** No encoded name begins like this. */
const markId = (entry: string): string => `~to ${encode(entry)}`

/** Keeps names apart from what ids are made of, and from what Graphviz takes for something else. */
const encode = (name: string): string =>
  name.replace(/[~%/\\"&\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, (c) => `~${c.codePointAt(0)!.toString(16).padStart(2, "0")}`)
