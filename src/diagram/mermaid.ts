/**
 * A picture as a Mermaid flowchart: unlike a state diagram it has dashed edges, and shapes.
 */

import { printable } from "../text/words.ts"
import { allEdges, allNodes, type NodeStatus, type Picture, type PictureEdge, type PictureNode } from "./Picture.ts"

/** Writes a picture as a Mermaid flowchart. */
export const writeMermaid = (picture: Picture, direction: "TB" | "LR"): string => {
  const ids = makeIds(picture)
  const idOf = (id: string) => ids.get(id)!
  const body = [
    ...writeBody(picture, idOf, "  "),
    ...allEdges(picture).map((edge) => `  ${writeEdge(edge, idOf)}`),
    ...writeClasses(picture),
    ...writeStatuses(picture, idOf)
  ]
  const chart = [`flowchart ${direction}`, ...body, ""].join("\n")
  return [
    `---`,
    `title: ${JSON.stringify(printable(picture.title))}`,
    `---`,
    ...excesses(picture, chart).map((excess) => `${comment}${excess}`),
    chart
  ].join("\n")
}

/** What a flowchart says of itself: where it exceeds what Mermaid draws. */
export const mermaidNotes = (chart: string): ReadonlyArray<string> =>
  chart
    .split("\n")
    .filter((line) => line.startsWith(comment))
    .map((line) => line.slice(comment.length))

const comment = "%% "

/** How many edges and characters a page draws that does not say otherwise. A flowchart cannot say it for itself. */
const limits = { maxEdges: 500, maxTextSize: 50_000 } as const

const excesses = (picture: Picture, chart: string): ReadonlyArray<string> => {
  const excess = (amount: number, what: string, option: keyof typeof limits) =>
    amount > limits[option]
      ? [
          `${amount} ${what}: Mermaid refuses more than ${limits[option]}, unless its page sets ${option} (see initialize)`
        ]
      : []
  return [
    ...excess(allEdges(picture).length, "edges", "maxEdges"),
    ...excess(chart.length, "characters", "maxTextSize")
  ]
}

const writeBody = (picture: Picture, idOf: (id: string) => string, indent: string): ReadonlyArray<string> => [
  ...picture.nodes.map((node) => `${indent}${writeNode(node, idOf(node.id))}`),
  ...picture.callees.flatMap(({ id, picture }) => [
    `${indent}subgraph ${idOf(groupId(id))}["${escape(picture.title)}"]`,
    ...writeBody(picture, idOf, `${indent}  `),
    `${indent}end`
  ])
]

const writeNode = ({ kind, lines }: PictureNode, id: string): string => {
  // Mermaid takes no empty text.
  const text = lines.map(escape).join("<br/>") || " "
  switch (kind) {
    case "start":
    case "entry":
      return `${id}((" ")):::${kind}`
    case "state":
      return `${id}("${text}")`
    case "route":
      return `${id}{{"${text}"}}`
    case "call":
      return `${id}[["${text}"]]`
    case "exit":
      return `${id}(["${text}"]):::${kind}`
    case "anyState":
      return `${id}("${text}"):::${kind}`
  }
}

const arrows = { transition: "-->", entry: "-->", fallback: "-.->", call: "-. calls .->" } as const

const writeEdge = ({ from, kind, to }: PictureEdge, idOf: (id: string) => string): string =>
  `${idOf(from)} ${arrows[kind]} ${idOf(to)}`

/** Greys, as the colours of a page are not known. A flowchart has no double border: an exit has a thick one. */
const classes = {
  start: "fill:#888,stroke:#888",
  entry: "stroke:#888",
  exit: "stroke-width:4px",
  anyState: "stroke-dasharray:4"
} as const

const writeClasses = (picture: Picture): ReadonlyArray<string> => {
  const kinds = new Set(allNodes(picture).map(({ kind }) => kind))
  return Object.entries(classes)
    .filter(([kind]) => kinds.has(kind as PictureNode["kind"]))
    .map(([kind, style]) => `  classDef ${kind} ${style}`)
}

/** What a run has not touched fades; the fills have a text of their own, as the colours of a page are not known. */
const looks = {
  missed: "opacity:0.65",
  visited: "fill:#ddeefa,stroke:#0072b2,color:#1f2328",
  current: "fill:#fff5c2,stroke:#8a6d00,color:#1f2328,stroke-width:3px",
  failed: "fill:#fbe0d0,stroke:#d55e00,color:#1f2328,stroke-width:3px",
  interrupted: "fill:#fdeccb,stroke:#b87a00,color:#1f2328,stroke-width:3px"
} as const satisfies Record<NodeStatus, string>

const statuses = ["missed", "visited", "current", "failed", "interrupted"] as const satisfies ReadonlyArray<NodeStatus>

const writeStatuses = (picture: Picture, idOf: (id: string) => string): ReadonlyArray<string> => {
  const nodes = allNodes(picture)
  const edges = allEdges(picture).map(({ isTaken }, index) => ({ isTaken, index }))
  const link = (isTaken: boolean, look: string) => {
    const indexes = edges.filter((edge) => edge.isTaken === isTaken).map(({ index }) => index)
    return indexes.length === 0 ? [] : [`  linkStyle ${indexes.join(",")} ${look}`]
  }
  return [
    ...statuses.flatMap((status) => {
      const ids = nodes.filter((node) => node.status === status).map(({ id }) => idOf(id))
      return ids.length === 0 ? [] : [`  classDef ${status} ${looks[status]}`, `  class ${ids.join(",")} ${status}`]
    }),
    ...link(true, "stroke:#0072b2,stroke-width:3px"),
    ...link(false, "opacity:0.5")
  ]
}

const allGroups = ({ callees }: Picture): ReadonlyArray<string> =>
  callees.flatMap(({ id, picture }) => [groupId(id), ...allGroups(picture)])

const groupId = (id: string): string => `~group ${id}`

/** What Mermaid reads as something else than an id. */
const reserved = [
  ..."flowchart graph subgraph end direction style linkStyle classDef class click href call default".split(" "),
  ..."interpolate state TB TD BT LR RL v _self _blank _parent _top".split(" ")
]

/** An id of letters for each id of the picture: the id itself, unless it has other characters or is taken. */
const makeIds = (picture: Picture): ReadonlyMap<string, string> => {
  const taken = new Set<string>(reserved)
  // Mermaid looks nodes up in plain objects, where these are found without having been put there.
  const isFree = (word: string) => !taken.has(word) && !(word in Object.prototype)
  const ids = new Map<string, string>()
  // Places come first, so that it is they who keep their names.
  const all = [...allNodes(picture).map(({ id }) => id), ...allGroups(picture)]
  for (const id of all.toSorted((a, b) => Number(a.includes("~")) - Number(b.includes("~")))) {
    const word = id.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_/, "") || "place"
    let free = word
    for (let n = 2; !isFree(free); n++) free = `${word}_${n}`
    taken.add(free)
    ids.set(id, free)
  }
  return ids
}

/** Everything that Mermaid could take for syntax, as the number of its character. */
const escape = (text: string): string =>
  printable(text)
    // A stop or a dash is one of a list unless it is within a word, and a colon one of a style.
    .replace(
      /[.-](?![\p{L}\p{N}])|(?<![\p{L}\p{N}])[.-]|:(?! )|[^\p{L}\p{M}\p{N} _,.:()↺-]/gu,
      (c) => `#${c.codePointAt(0)};`
    )
    // Wherever it stands, this is an instruction: of a node's text, the whole line would be lost.
    .replace(/direction (?=TB|TD|BT|RL|LR)/g, "direction#32;")
