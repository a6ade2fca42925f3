/**
 * Compiles a graph and its handlers into linked nodes, in which what is the same for every run is worked out.
 */
import { Effect } from "effect"
import { match } from "ts-pattern"
import { CompensationFailed, JoinTimeout, StateTimeout } from "../Errors.ts"
import type { Graph, GraphPlace } from "../graph/Graph.ts"
import type { Policy, SharedPolicy, Spec, Work } from "../handler/Spec.ts"
import type { Edge, Machine, Node, Perform, Targets, Transition, Undos } from "./model.ts"
import { type Around, attempt, type Placed, type Surrounding, withPolicies } from "./policies.ts"
import { checkLimit, type LimitInput } from "./time.ts"
import { type Choosing, finishing, isUninterruptible, registering, undosOf } from "./undos.ts"
import { CatchVisit, FallbackVisit } from "./visit.ts"
import { joinItems, joinNamed } from "./work/branches.ts"
import { callWorkflow } from "./work/calling.ts"
import { pollForAnswer, waitForSignal } from "./work/waiting.ts"

/** Compiles a validated graph with a handler for every state. */
export const compile = (graph: Graph, specs: ReadonlyMap<string, Spec>, shared: SharedPolicy): Machine => {
  const nodes = new Map<string, Node>()
  const links: Array<() => void> = []
  for (const place of graph.places) {
    const edges = new Map<string, Edge>()
    const spec = specs.get(place.name)
    const compiled = spec === undefined ? noWork : compileHandler(graph, place.name, spec, shared)
    nodes.set(place.name, makeNode(graph, place, compiled, edges))
    const permitted =
      place.kind === "exit" || graph.fallback.includes(place.name)
        ? place.targets
        : [...place.targets, ...graph.fallback]
    links.push(() => {
      for (const target of permitted) {
        edges.set(target, { node: nodes.get(target)!, undo: compiled.undos?.get(target) })
      }
    })
  }
  for (const link of links) link()
  return {
    graph,
    nodes,
    compensates: [...specs.values()].some(compensates),
    shouldRollBack: shared.rollback,
    runs: new Map()
  }
}

/** Whether a handler has something to undo; what it calls may have. */
const compensates = ({ policies, work }: Spec): boolean =>
  policies.some((policy) => policy._tag === "compensate") ||
  match(work)
    .with({ _tag: "split" }, ({ compensations }) => Object.keys(compensations).length > 0)
    .with({ _tag: "forEach" }, ({ compensation }) => compensation !== undefined)
    .with({ _tag: "call" }, () => true)
    .otherwise(() => false)

/** A handler, compiled. */
interface Compiled extends Pick<Node, "perform" | "watched"> {
  /** What undoes its targets, where the loop registers that. */
  readonly undos: Undos | undefined
}

/** An exit does nothing. */
const noWork: Compiled = { perform: () => undefined, watched: () => undefined, undos: undefined }

const makeNode = (
  graph: Graph,
  place: GraphPlace,
  { perform, watched }: Compiled,
  edges: ReadonlyMap<string, Edge>
): Node => ({
  name: place.name,
  perform,
  watched,
  edges: place.kind === "exit" ? undefined : edges,
  to: makeTargets(graph, place.name, place.targets),
  rollsBack: place.rollback === true
})

const makeTargets = ({ name: workflow }: Graph, state: string, targets: ReadonlyArray<string>): Targets =>
  Object.fromEntries(targets.map((target) => [target, makeTransition({ workflow, state }, target)]))

/** The function is named for its target, so that an error can say what was not called. */
const makeTransition = (
  place: { readonly workflow: string; readonly state: string },
  target: string
): ((payload: unknown) => Transition) => {
  const make = (payload: unknown) => ({ _tag: target, payload })
  const after = (limit: LimitInput, payload: unknown) => ({
    _tag: target,
    payload,
    after: checkLimit(`the limit of to.${target}.after`, limit, place)
  })
  return Object.assign(Object.defineProperty(make, "name", { value: target }), { after })
}

const compileHandler = (graph: Graph, state: string, spec: Spec, shared: SharedPolicy): Compiled => {
  const { policies, work } = spec
  const undos = undosOf(state, policies)
  const own = ownPolicies(state, spec)
  const others = work._tag === "route" || graph.fallback.includes(state) ? [] : sharedPolicies(state, graph, shared)
  const isBare = own.length === 0 && others.length === 0
  const finish = isUninterruptible(undos) ? finishing : (perform: Perform) => perform
  const perform = finish(makeWork(state, work, registering(undos), isBare))
  const once = attempt(perform)
  const watched = withShared(withPolicies(once, own), others, work)
  if (!isBare) return { perform: watched, watched, undos: undefined }
  // The loop itself registers what a task has chosen that has nothing around it.
  const isDirect = (work._tag === "task" || work._tag === "route") && finish !== finishing
  return isDirect
    ? { perform: makeWork(state, work, registering(undefined), isBare), watched, undos }
    : { perform, watched, undos: undefined }
}

const makeWork = (state: string, work: Work, choosing: Choosing, isBare: boolean): Perform =>
  match(work)
    .with({ _tag: "task" }, ({ run }) => choosing(run))
    .with({ _tag: "route" }, ({ choose }) => choosing(choose))
    .with({ _tag: "split" }, (split) => joinNamed(state, split, choosing))
    .with({ _tag: "forEach" }, (forEach) => joinItems(state, forEach, choosing))
    .with({ _tag: "wait" }, (wait) => waitForSignal(wait, choosing, isBare))
    .with({ _tag: "poll" }, (poll) => pollForAnswer(state, poll, choosing))
    .with({ _tag: "call" }, (call) => callWorkflow(state, call, choosing))
    .exhaustive()

/** The policies of the state itself. A catch goes to what stands after it in the chain to be undone, as the work does. */
const ownPolicies = (state: string, { policies, work }: Spec): ReadonlyArray<Placed> => {
  const Timeout = work._tag === "split" || work._tag === "forEach" ? JoinTimeout : StateTimeout
  return policies.flatMap((policy, index) => {
    if (policy._tag === "compensate") return []
    const undos = undosOf(state, policies.slice(index + 1))
    const choosing = registering(undos)
    const finish = isUninterruptible(undos) ? finishing : (perform: Perform) => perform
    return {
      policy,
      timedOut: (duration) => new Timeout({ state, duration }),
      recover: (handle) => {
        const recovering = finish(choosing(handle))
        return (visit, error) => recovering(new CatchVisit(visit, error))
      }
    }
  })
}

/** The policies that all states share: a catch goes to the fallback, and undoes nothing. */
const sharedPolicies = (state: string, graph: Graph, { policies }: SharedPolicy): ReadonlyArray<Placed> => {
  const fallback = makeTargets(graph, state, graph.fallback)
  return policies.filter(isSurrounding).map((policy) => ({
    policy,
    timedOut: (duration) => new StateTimeout({ state, duration }),
    recover: (handle) => {
      const recovering = registering(undefined)(handle)
      return (visit, error) => recovering(new FallbackVisit(visit, error, fallback))
    }
  }))
}

const isSurrounding = (policy: Policy): policy is Surrounding => policy._tag !== "compensate"

/**
 * Puts the shared policies around a handler. They do not see the `CompensationFailed` of a workflow that is called: it
 * passes them as a defect, and is the failure it was on the other side.
 */
const withShared = (inner: Around, others: ReadonlyArray<Placed>, work: Work): Around => {
  if (work._tag !== "call" || others.length === 0) return withPolicies(inner, others)
  const around = withPolicies((visit) => Effect.catchIf(inner(visit), isCompensationFailed, Effect.die), others)
  return (visit) =>
    Effect.catchDefect(around(visit), (defect) =>
      isCompensationFailed(defect) ? Effect.fail(defect) : Effect.die(defect)
    )
}

const isCompensationFailed = (error: unknown): error is CompensationFailed => error instanceof CompensationFailed
