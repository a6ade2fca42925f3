/**
 * Compiles a graph and its handlers into linked nodes.
 */
import { match } from "ts-pattern"
import type { Graph, GraphPlace } from "../graph/Graph.ts"
import type { Spec } from "../graph/Spec.ts"
import { joinItems, joinNamed } from "./branches.ts"
import { type Machine, type Node, type Perform, performing, type Transition } from "./Node.ts"
import { withPolicies } from "./policies.ts"

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
