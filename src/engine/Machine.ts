/**
 * Compiles a graph and its handlers into linked nodes.
 */
import { type Duration, Effect } from "effect"
import { match } from "ts-pattern"
import { CompensationFailed, JoinTimeout, StateTimeout } from "../Errors.ts"
import type { Graph, GraphPlace } from "../graph/Graph.ts"
import type { AnyEffect, SharedPolicy, Spec, Work } from "../graph/Spec.ts"
import { joinItems, joinNamed } from "./branches.ts"
import { callWorkflow } from "./calling.ts"
import { type Machine, type Node, type Perform, performing, type Targets, type Transition } from "./Node.ts"
import {
  isUninterruptible,
  ownRecover,
  type Placed,
  remembering,
  sharedRecover,
  surrounding,
  undosOf,
  withPolicies
} from "./policies.ts"
import { type LimitInput, toLimit } from "./time.ts"
import { pollForAnswer, waitForSignal } from "./waiting.ts"

/** Compiles a validated graph with a handler for every state. */
export const makeMachine = (graph: Graph, specs: ReadonlyMap<string, Spec>, shared: SharedPolicy): Machine => {
  const links = new Map(graph.places.map((place) => [place.name, new Map<string, Node>()]))
  const fallback = makeTargets(graph.fallback)
  const nodes = new Map(
    graph.places.map((place) => {
      const spec = specs.get(place.name)
      const work = spec === undefined ? noWork : makePerform(graph, place.name, spec, shared, fallback)
      return [place.name, makeNode(place, work, links.get(place.name)!)]
    })
  )
  for (const { kind, name, targets } of graph.places) {
    const permitted = kind === "exit" || graph.fallback.includes(name) ? targets : [...targets, ...graph.fallback]
    for (const target of permitted) links.get(name)!.set(target, nodes.get(target)!)
  }
  const runs = graph.signals.length > 0 ? new Map() : undefined
  return { graph, nodes, compensates: [...specs.values()].some(compensates), shouldRollBack: shared.rollback, runs }
}

/** Whether a handler has something to undo; what it calls may have. */
const compensates = ({ policies, work }: Spec): boolean =>
  policies.some((policy) => policy._tag === "compensate") ||
  match(work)
    .with({ _tag: "split" }, ({ compensations }) => Object.keys(compensations).length > 0)
    .with({ _tag: "forEach" }, ({ compensation }) => compensation !== undefined)
    .with({ _tag: "call" }, () => true)
    .otherwise(() => false)

/** Of an exit. */
const noWork = { perform: () => undefined, watched: () => undefined, undos: undefined }

const makeNode = (
  place: GraphPlace,
  work: Pick<Node, "perform" | "watched" | "undos">,
  targets: ReadonlyMap<string, Node>
): Node => ({
  ...work,
  name: place.name,
  targets: place.kind === "exit" ? undefined : targets,
  to: makeTargets(place.targets),
  rollsBack: place.rollback === true
})

const makeTargets = (targets: ReadonlyArray<string>): Targets =>
  Object.fromEntries(targets.map((target) => [target, makeTransition(target)]))

/** The function is named for its target, so that an error can say what was not called. */
const makeTransition = (target: string): ((payload: unknown) => Transition) => {
  const make = (payload: unknown) => ({ _tag: target, payload })
  const after = (limit: LimitInput, payload: unknown) => ({
    _tag: target,
    payload,
    after: toLimit(limit)
  })
  return Object.assign(Object.defineProperty(make, "name", { value: target }), { after })
}

/** What a state does, with its policies around it, and what the run has to remember of it. */
const makePerform = (
  graph: Graph,
  state: string,
  { policies, work }: Spec,
  shared: SharedPolicy,
  fallback: Targets
): Pick<Node, "perform" | "watched" | "undos"> => {
  const Timeout = work._tag === "split" || work._tag === "forEach" ? JoinTimeout : StateTimeout
  const undos = undosOf(state, policies)
  const perform = makeWork(state, work)
  const remember = undos === undefined ? (perform: Perform) => perform : remembering(undos)
  const own = surrounding(policies).map((policy) => ({
    policy,
    timedOut: (duration: Duration.Duration) => new Timeout({ state, duration }),
    recover: ownRecover(remember)
  }))
  const isShared = work._tag !== "route" && !graph.fallback.includes(state)
  const others = surrounding(isShared ? shared.policies : []).map((policy) => ({
    policy,
    timedOut: (duration: Duration.Duration) => new StateTimeout({ state, duration }),
    recover: sharedRecover(fallback)
  }))
  const around = [...own, ...(work._tag === "call" ? beyond(others) : others)]
  const remembered = remember(perform)
  const watched = withPolicies(remembered, around)
  // Nothing comes between the work and the run when there are no policies, so that the run can remember what was chosen.
  if (undos !== undefined && around.length === 0 && !isUninterruptible(undos)) return { perform, watched, undos }
  return { perform: around.length > 0 ? watched : remembered, watched, undos: undefined }
}

/**
 * Shared policies that do not see the `CompensationFailed` of a workflow that is called: it passes them as a defect, and is
 * the failure it was on the other side.
 */
const beyond = (others: ReadonlyArray<Placed>): ReadonlyArray<Placed> => {
  const [first] = others
  if (first === undefined) return []
  const guard = (guard: (effect: AnyEffect) => AnyEffect): Placed => ({ ...first, policy: { _tag: "guard", guard } })
  return [
    guard(Effect.catchIf(isCompensationFailed, Effect.die)),
    ...others,
    guard(Effect.catchDefect((defect) => (isCompensationFailed(defect) ? Effect.fail(defect) : Effect.die(defect))))
  ]
}

const isCompensationFailed = (error: unknown): error is CompensationFailed => error instanceof CompensationFailed

const makeWork = (state: string, work: Work): Perform =>
  match(work)
    .with({ _tag: "task" }, ({ run }) => performing(run))
    .with({ _tag: "route" }, ({ choose }) => performing(choose))
    .with({ _tag: "split" }, (split) => joinNamed(state, split))
    .with({ _tag: "forEach" }, (forEach) => joinItems(state, forEach))
    .with({ _tag: "wait" }, (wait) => waitForSignal(wait))
    .with({ _tag: "poll" }, (poll) => pollForAnswer(state, poll))
    .with({ _tag: "call" }, (call) => callWorkflow(state, call))
    .exhaustive()
