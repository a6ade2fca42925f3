/**
 * A graph and its handlers, compiled into linked nodes: what is the same for every run is worked out once.
 */
import { match } from "ts-pattern"
import type { Graph, GraphPlace } from "../graph/Graph.ts"
import type { Spec } from "../graph/Spec.ts"
import type { AnyFunction } from "../types/Result.ts"
import { joinItems, joinNamed } from "./branches.ts"
import { withPolicies } from "./policies.ts"
import type { Visit } from "./Run.ts"

/** A transition as the engine sees it: plain data. */
export interface Transition {
  readonly _tag: string
  readonly payload: unknown
}

/** Does the work of a state: gives a transition, an Effect of one, or a generator that returns one. */
export type Perform = (visit: Visit) => unknown

/** A place, linked to the places that may follow it. */
export interface Node {
  readonly name: string
  readonly perform: Perform
  /** The permitted targets; `undefined` for an exit. */
  readonly targets: ReadonlyMap<string, Node> | undefined
  /** What a handler receives as `to`. */
  readonly to: Readonly<Record<string, (payload: unknown) => Transition>>
}

/** A compiled workflow. */
export interface Machine {
  readonly graph: Graph
  readonly nodes: ReadonlyMap<string, Node>
}

/** Compiles a validated graph with a handler for every state. */
export const makeMachine = (graph: Graph, specs: ReadonlyMap<string, Spec>): Machine => {
  const links = new Map(graph.places.map((place) => [place.name, new Map<string, Node>()]))
  const nodes = new Map(graph.places.map((place) => [place.name, makeNode(place, specs, links.get(place.name)!)]))
  for (const { name, targets } of graph.places) {
    for (const target of targets) links.get(name)!.set(target, nodes.get(target)!)
  }
  return { graph, nodes }
}

const makeNode = (place: GraphPlace, specs: ReadonlyMap<string, Spec>, targets: ReadonlyMap<string, Node>): Node => {
  const spec = specs.get(place.name)
  return {
    name: place.name,
    perform: spec === undefined ? () => undefined : makePerform(place.name, spec),
    targets: spec === undefined ? undefined : targets,
    to: Object.fromEntries(place.targets.map((target) => [target, makeTransition(target)]))
  }
}

/** The function is named for its target, so that an error can say what was not called. */
const makeTransition = (target: string): ((payload: unknown) => Transition) =>
  Object.defineProperty((payload: unknown) => ({ _tag: target, payload }), "name", { value: target })

const makePerform = (state: string, { policies, work }: Spec): Perform =>
  withPolicies(
    state,
    match(work)
      .with({ _tag: "task" }, ({ run }) => performing(run))
      .with({ _tag: "route" }, ({ choose }) => performing(choose))
      .with({ _tag: "split" }, (split) => joinNamed(state, split))
      .with({ _tag: "forEach" }, (forEach) => joinItems(state, forEach))
      .exhaustive(),
    policies,
    work._tag
  )

/** A function of the user, to be called with a visit: what the types of its context promise, a visit has. */
export const performing = (f: AnyFunction): Perform => f as Perform
