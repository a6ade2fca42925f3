/**
 * The handlers that a module exports, by themselves or in records, and those among them that got lost: of two records with
 * a handler for the same state, spread into one, `implement` sees the last.
 */
import { Array, Option, Predicate } from "effect"
import type { Graph } from "../graph/Graph.ts"
import { HandlerTypes, isHandler } from "../handler/Handler.ts"
import type { HandlerValue, Spec } from "../handler/Spec.ts"
import { PartsKey, type WorkflowParts } from "../workflow/Implementation.ts"

/** What a workflow is assembled from; nothing of what is none. */
export const partsOf = (value: unknown): Option.Option<WorkflowParts> =>
  Predicate.hasProperty(value, PartsKey) ? Option.some(value[PartsKey] as WorkflowParts) : Option.none()

/**
 * The problems of a workflow, by its graph, for whose states a module exports several handlers, some of which are in none
 * of its workflows.
 */
export const overlaps = (
  graph: Graph,
  workflows: ReadonlyMap<Graph, WorkflowParts>,
  module: Readonly<Record<string, unknown>>
): ReadonlyArray<string> => {
  const parts = workflows.get(graph)
  if (parts === undefined) return []
  const used = [...workflows.values()]
  const isUsed = ({ state, work }: Exported) =>
    used.some(({ specs }) => Option.exists(Option.fromUndefinedOr(specs.get(state)), (spec) => workOf(spec) === work))
  const handlers = handlersIn(module, parts.definition)
  return [...parts.specs.keys()].flatMap((state) => {
    const own = handlers.filter((handler) => handler.state === state)
    const different = Array.dedupeWith(own, (one, other) => one.work === other.work)
    const lost = different.filter((handler) => !isUsed(handler)).map(({ name }) => name)
    if (different.length < 2 || lost.length === 0) return []
    const all = different.map(({ name }) => name).join(", ")
    return [`state '${state}' has ${different.length} handlers (${all}), and no workflow uses ${lost.join(", ")}`]
  })
}

/** A handler of a state, and how it is exported. */
interface Exported {
  readonly name: string
  readonly state: string
  readonly work: unknown
}

const handlersIn = (module: Readonly<Record<string, unknown>>, definition: Graph): ReadonlyArray<Exported> =>
  Object.entries(module).flatMap(([name, value]) =>
    isHandler(value)
      ? ofDefinition(name, value[HandlerTypes], definition)
      : recordEntries(value, definition).flatMap(([state, handler]) =>
          isHandler(handler)
            ? ofDefinition(`${name}.${state}`, handler[HandlerTypes], definition)
            : [{ name: `${name}.${state}`, state, work: handler }]
        )
  )

const ofDefinition = (name: string, value: HandlerValue, definition: Graph): ReadonlyArray<Exported> =>
  value.definition === definition ? [{ name, state: value.state, work: workOf(value.spec) }] : []

/** The entries of a record that can only be one of handlers: it has nothing but functions and handlers, by states. */
const recordEntries = (value: unknown, { places }: Graph): ReadonlyArray<[string, unknown]> => {
  const states = new Set(places.filter(({ kind }) => kind === "state").map(({ name }) => name))
  const entries = Option.getOrElse(entriesOf(value), () => [])
  return entries.every(([key, value]) => states.has(key) && (Predicate.isFunction(value) || isHandler(value)))
    ? entries
    : []
}

/** What is exported may be anything, and refuse to be asked. */
const entriesOf = Option.liftThrowable((value: unknown) => (Predicate.isObject(value) ? Object.entries(value) : []))

/** What tells the work of one handler from that of another, whatever policies stand around it. */
const workOf = ({ work }: Spec): unknown => {
  if (work._tag === "task") return work.run
  return work._tag === "wait" ? work.cases : work
}
