/**
 * The definitions and workflows that a module exports.
 */
import { Array, Effect, Option, Predicate, Schema } from "effect"
import type { Graph } from "../graph/Graph.ts"
import { definitionProblems } from "../graph/validate.ts"
import { visible } from "../text/visible.ts"
import { ExportNotFound, NothingFound, SeveralFound } from "./errors.ts"
import { overlaps, partsOf } from "./handlers.ts"
import { load, type Source } from "./load.ts"

/** A definition or a workflow, and how it is exported. */
export interface Found {
  /** Its name as an export: `default` only if it has no other. */
  readonly name: string
  /** Every name it is exported under. */
  readonly names: ReadonlyArray<string>
  readonly kind: "definition" | "workflow"
  readonly graph: Graph
  /** What is wrong with it, and could not be seen by the definition when it was made. */
  readonly problems: ReadonlyArray<string>
}

/** What a module exports. */
export interface Exports {
  readonly file: string
  /** The names of all of its exports. */
  readonly names: ReadonlyArray<string>
  readonly found: Array.NonEmptyReadonlyArray<Found>
}

/** Loads a module and finds its definitions and workflows; fails when there is none. */
export const findIn = Effect.fnUntraced(function* (source: Source) {
  const { file } = source
  const module = yield* load(source)
  // Under this name, Node 24 gives the default export of a CommonJS module once more.
  const names = Object.keys(module).filter((name) => name !== "module.exports")
  const graphs = names.flatMap((name) => Option.toArray(graphOf(module[name])).map((graph) => ({ name, graph })))
  const workflows = new Map(
    graphs.flatMap(({ graph, name }) => Option.toArray(partsOf(module[name])).map((parts) => [graph, parts] as const))
  )
  const found = [...new Set(graphs.map(({ graph }) => graph))].map((graph): Found => {
    const own = graphs.filter((other) => other.graph === graph).map(({ name }) => name)
    return {
      name: own.find((name) => name !== "default") ?? "default",
      names: own,
      kind: graph.policies === undefined ? "definition" : "workflow",
      graph,
      problems: [...definitionProblems(graph), ...overlaps(graph, workflows, module)]
    }
  })
  if (!Array.isReadonlyArrayNonEmpty(found)) return yield* new NothingFound({ file, exports: names })
  return { file, names, found } satisfies Exports
})

/** The definition or workflow of a name; without one, the only one there is. */
export const choose = (
  { file, found, names }: Exports,
  name: Option.Option<string>
): Effect.Effect<Found, ExportNotFound | SeveralFound> => {
  const described = found.map(describe)
  if (Option.isSome(name)) {
    const chosen = found.find((one) => one.names.includes(name.value))
    return chosen === undefined
      ? Effect.fail(
          new ExportNotFound({ file, name: name.value, exists: names.includes(name.value), found: described })
        )
      : Effect.succeed(chosen)
  }
  // A workflow knows all that its definition does.
  const [first = found[0], ...others] = found.filter((one) => workflowsOf(one, found).length === 0)
  return others.length === 0 ? Effect.succeed(first) : Effect.fail(new SeveralFound({ file, found: described }))
}

/** The workflows among what was found that are made of a definition. */
export const workflowsOf = ({ graph, kind }: Found, found: ReadonlyArray<Found>): ReadonlyArray<Found> =>
  kind === "workflow"
    ? []
    : // The graph of a workflow is a copy, and the entries in it are still those that one `.start()` has made.
      found.filter((other) => other.kind === "workflow" && other.graph.entries === graph.entries)

/** How an export is named in what the command says. */
export const describe = ({ graph, kind, name }: Found): string => `${visible(name)} (${kind} '${visible(graph.name)}')`

/** The graph of a definition or a workflow, which may be of another copy of this package: only what it is made of tells. */
const graphOf = (value: unknown): Option.Option<Graph> => Option.filter(graphProperty(value), isGraph)

/** What is exported may be anything, and refuse to be asked. */
const graphProperty = Option.liftThrowable((value: unknown) => Predicate.hasProperty(value, "graph") && value.graph)

const Shape = Schema.Struct({
  name: Schema.String,
  start: Schema.String,
  entries: Schema.Array(Schema.String),
  places: Schema.Array(
    Schema.Struct({
      kind: Schema.Literals(["state", "exit"]),
      name: Schema.String,
      targets: Schema.Array(Schema.String)
    })
  ),
  fallback: Schema.Array(Schema.String),
  signals: Schema.Array(Schema.Struct({ name: Schema.String })),
  cells: Schema.Record(Schema.String, Schema.Unknown)
})

const isShape = Schema.is(Shape)

const isGraph = (value: unknown): value is Graph => isShape(value)
