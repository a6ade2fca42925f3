/**
 * What the types refuse, checked again on the data: for machines built in a loop, through `any`, or in plain JavaScript.
 */
import { Array, Graph as EffectGraph, Record as EffectRecord, Predicate, Result, Schedule } from "effect"
import { match, P } from "ts-pattern"
import type { Callee, Compensation, Concurrency, HandlerValue, Policy, RetryOptions, Work } from "../handler/Spec.ts"
import type { Strategy } from "../Join.ts"
import type { Graph, GraphPlace, GraphSignal } from "./Graph.ts"
import { countProblems, durationProblems, limitProblems, shareProblems } from "./problems.ts"

/** Every problem of a definition, once, in the order of its declaration. */
export const definitionProblems = (graph: Graph): ReadonlyArray<string> => {
  const names = new Set(graph.places.map((place) => place.name))
  return Array.dedupe([
    ...nameProblems("the workflow", graph.name, [""]),
    ...graph.places.flatMap((place) => nameProblems(`the ${place.kind}`, place.name, ["", "*", "__proto__"])),
    ...graph.signals.flatMap((signal) => nameProblems("the signal", signal.name, ["", "__proto__"])),
    ...graph.places.flatMap((place, index) => placeProblems(place, index, graph.places, names)),
    ...graph.fallback
      .filter((target) => !names.has(target))
      .map((target) => `the fallback has the target '${target}', which is not declared`),
    ...graph.signals.flatMap(({ name }, index) => signalProblems(name, index, graph.signals)),
    ...graph.entries.flatMap((entry) => entryProblems(entry, graph.places)),
    ...shapeProblems(graph)
  ])
}

/** `*` stands for any state, and no object literal has a property `__proto__` of its own. */
const nameProblems = (what: string, name: string, reserved: ReadonlyArray<string>): ReadonlyArray<string> =>
  reserved.includes(name) ? [`${what} cannot be named '${name}'`] : []

const placeProblems = (
  place: GraphPlace,
  index: number,
  places: ReadonlyArray<GraphPlace>,
  names: ReadonlySet<string>
): ReadonlyArray<string> => [
  ...(places.findIndex((other) => other.name === place.name) < index ? [`'${place.name}' is declared twice`] : []),
  ...place.targets
    .filter((target) => !names.has(target))
    .map((target) => `state '${place.name}' has the target '${target}', which is not declared`)
]

const signalProblems = (name: string, index: number, signals: ReadonlyArray<GraphSignal>): ReadonlyArray<string> =>
  signals.findIndex((other) => other.name === name) < index ? [`the signal '${name}' is declared twice`] : []

const entryProblems = (entry: string, places: ReadonlyArray<GraphPlace>): ReadonlyArray<string> => {
  const place = places.find((place) => place.name === entry)
  if (place === undefined) return [`a run cannot start at '${entry}', which is not declared`]
  return place.kind === "exit" ? [`a run cannot start at '${entry}', which is an exit`] : []
}

const shapeProblems = ({ entries, fallback, places, start }: Graph): ReadonlyArray<string> => {
  const exits = places.filter((place) => place.kind === "exit").map((place) => place.name)
  if (exits.length === 0) return ["no exit is declared"]
  // Without a start, nothing is reached from it.
  const hasStart = entryProblems(start, places).length === 0
  const reachable = reach(places, hasStart ? [...entries, ...fallback] : places.map((place) => place.name), "outgoing")
  const leaving = reach(places, exits, "incoming")
  return [
    ...places
      .filter((place) => !reachable.has(place.name))
      .map((place) => `'${place.name}' cannot be reached from the start`),
    ...places
      .filter((place) => !leaving.has(place.name))
      .map((place) => `no exit can be reached from state '${place.name}'`)
  ]
}

const reach = (
  places: ReadonlyArray<GraphPlace>,
  from: ReadonlyArray<string>,
  direction: "outgoing" | "incoming"
): ReadonlySet<string> => {
  const index = new Map<string, EffectGraph.NodeIndex>()
  // Names that are not declared are problems of their own.
  const nodesOf = (names: ReadonlyArray<string>) =>
    Array.filterMap(names, (name) => Result.fromNullishOr(index.get(name), () => name))
  const graph = EffectGraph.directed<string, void>((mutable) => {
    for (const { name } of places) index.set(name, EffectGraph.addNode(mutable, name))
    for (const { name, targets } of places) {
      for (const target of nodesOf(targets)) EffectGraph.addEdge(mutable, index.get(name)!, target, undefined)
    }
    return undefined
  })
  const start = nodesOf(from)
  return new Set(EffectGraph.values(EffectGraph.bfs(graph, { start, direction })))
}

/** Every problem of the handlers of a definition; a handler is `undefined` when it is no such thing. */
export const handlerProblems = (
  graph: Graph,
  handlers: ReadonlyMap<string, HandlerValue | undefined>,
  policies: ReadonlyArray<Policy> | undefined
): ReadonlyArray<string> => {
  const places = new Map(graph.places.map((place) => [place.name, place]))
  const missing = graph.places.filter((place) => place.kind === "state" && !handlers.has(place.name))
  return [
    ...sharedProblems(graph, policies),
    ...missing.map((place) => `state '${place.name}' has no handler`),
    ...[...handlers].flatMap(([name, handler]) => {
      const place = places.get(name)
      if (place === undefined) return [`'${name}' is not a state`]
      if (place.kind === "exit") return [`'${name}' is an exit and takes no handler`]
      return handler === undefined
        ? [`the handler of state '${name}' is neither a function nor made by the definition`]
        : handlerProblem(graph, place, handler)
    })
  ]
}

/** Every problem of the policies that all handlers share; `undefined` when what should give them does not. */
const sharedProblems = (graph: Graph, policies: ReadonlyArray<Policy> | undefined): ReadonlyArray<string> => {
  if (policies === undefined) return ["the policy of the workflow is not a function that gives its step back"]
  const compensates = policies.some((policy) => policy._tag === "compensate")
  const catches = policies.some((policy) => policy._tag === "catch" || policy._tag === "catchTags")
  return [
    ...(catches
      ? []
      : graph.fallback.map((name) => `the fallback '${name}' is declared, but no policy of the workflow goes there`)),
    ...(compensates ? ["the policy of the workflow compensates, which each handler does for itself"] : []),
    ...policies.flatMap(policyProblems).map((problem) => `the policy of the workflow: ${problem}`)
  ]
}

const handlerProblem = (graph: Graph, place: GraphPlace, handler: HandlerValue): ReadonlyArray<string> => {
  const { name } = place
  if (handler.definition !== graph) return [`this handler of state '${name}' belongs to another definition`]
  if (handler.state !== name) return [`this handler is for state '${handler.state}', not for '${name}'`]
  const { policies, work } = handler.spec
  return [
    ...workProblems(work, graph),
    ...policies.flatMap(policyProblems),
    ...compensatedProblems(policies, place.targets)
  ].map((problem) => `state '${name}': ${problem}`)
}

/** Every target that a state's compensations are for is one of the state's, and is so once. */
const compensatedProblems = (
  policies: ReadonlyArray<Policy>,
  targets: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const compensated = policies
    .filter((policy) => policy._tag === "compensate")
    .flatMap(({ cases }) => Object.keys(cases))
  return compensated.flatMap((target, index) => [
    ...(targets.includes(target) ? [] : [`it compensates '${target}', which is not one of its targets`]),
    ...(compensated.indexOf(target) < index ? [`it compensates '${target}' twice`] : [])
  ])
}

const workProblems = (work: Work, graph: Graph): ReadonlyArray<string> =>
  match(work)
    .with({ _tag: "task" }, ({ run }) => functionProblems({ "its task": run }))
    .with({ _tag: "route" }, ({ choose }) => functionProblems({ "its route": choose }))
    .with({ _tag: "split" }, ({ branches, compensations, concurrency, join, strategy }) => [
      ...branchProblems(branches),
      ...Object.keys(compensations)
        .filter((name) => !(Predicate.isObject(branches) && Object.hasOwn(branches, name)))
        .map((name) => `it compensates '${name}', which is not one of its branches`),
      ...undoProblems(compensations),
      ...concurrencyProblems(concurrency),
      ...strategyProblems(strategy, Predicate.isObject(branches) ? Object.keys(branches).length : 0),
      ...functionProblems({ "its join": join })
    ])
    .with({ _tag: "forEach" }, ({ compensation, concurrency, each, items, join, strategy }) => [
      ...undoProblems(compensation === undefined ? {} : { "each item": compensation }),
      ...concurrencyProblems(concurrency),
      ...strategyProblems(strategy, Number.POSITIVE_INFINITY),
      ...functionProblems({ "what gives its items": items, "what it does for each item": each, "its join": join })
    ])
    .with({ _tag: "wait" }, ({ cases, limit }) => [
      ...Object.keys(cases)
        .filter((name) => !graph.signals.some((signal) => signal.name === name))
        .map((name) => `'${name}' is not a signal`),
      ...(Object.keys(cases).length === 0 && limit === undefined ? ["it waits for nothing"] : []),
      ...functionProblems(named(cases, (name) => `what it does on signal '${name}'`)),
      ...(limit === undefined || typeof limit.until === "function" ? [] : limitProblems("its limit", limit.until)),
      ...(limit === undefined ? [] : functionProblems({ "what it does when the time is up": limit.then }))
    ])
    .with({ _tag: "poll" }, ({ ask, failures, schedule }) => [
      ...functionProblems({ "what it asks": ask }),
      ...countProblems("failures", failures, 0),
      ...(Schedule.isSchedule(schedule) ? [] : ["its schedule is none"])
    ])
    .with({ _tag: "call" }, ({ callee, cases, input }) => [
      ...functionProblems({ "the input of what it calls": input }),
      ...(callee === undefined ? ["what it calls is not a definition"] : exitProblems(callee, cases)),
      ...functionProblems(named(cases, (name) => `what it does on exit '${name}'`))
    ])
    .exhaustive()

const exitProblems = (callee: Callee, cases: Readonly<Record<string, unknown>>): ReadonlyArray<string> => [
  ...callee.exits
    .filter((exit) => !Object.hasOwn(cases, exit))
    .map((exit) => `the exit '${exit}' of '${callee.name}' leads nowhere`),
  ...Object.keys(cases)
    .filter((exit) => !callee.exits.includes(exit))
    .map((exit) => `'${exit}' is not an exit of '${callee.name}'`)
]

const undoProblems = (compensations: Readonly<Record<string, Compensation>>): ReadonlyArray<string> =>
  Object.entries(compensations).flatMap(([name, { retry, timeout, undo }]) => [
    ...functionProblems({ [`the compensation of '${name}'`]: undo }),
    ...(retry === undefined ? [] : retryProblems(`the retry of the compensation of '${name}'`, retry)),
    ...(timeout === undefined ? [] : durationProblems(`the timeout of the compensation of '${name}'`, timeout))
  ])

/** The types let through a number of times that is none. */
const retryProblems = (what: string, options: RetryOptions): ReadonlyArray<string> => {
  if (!Predicate.isObject(options)) return [`${what} has neither options nor a schedule`]
  const { schedule, times } = options
  return [
    ...(times === undefined || times === Number.POSITIVE_INFINITY
      ? []
      : countProblems(`the times of ${what}`, times, 0)),
    ...(schedule === undefined || Schedule.isSchedule(schedule) || typeof schedule === "function"
      ? []
      : [`the schedule of ${what} is none`])
  ]
}

const named = <A>(cases: Readonly<Record<string, A>>, name: (key: string) => string): Readonly<Record<string, A>> =>
  EffectRecord.mapKeys(cases, name)

const policyProblems = (policy: Policy): ReadonlyArray<string> =>
  match(policy)
    .with({ _tag: "timeout" }, ({ duration }) => durationProblems("its timeout", duration))
    .with({ _tag: "retry" }, ({ options }) => retryProblems("its retry", options))
    .with({ _tag: "guard" }, ({ guard }) => functionProblems({ "its guard": guard }))
    .with({ _tag: "compensate" }, ({ cases }) => undoProblems(cases))
    .with({ _tag: "catch" }, ({ handle }) => functionProblems({ "its catch": handle }))
    .with({ _tag: "catchTags" }, ({ cases }) => functionProblems(named(cases, (tag) => `its catch of '${tag}'`)))
    .exhaustive()

const branchProblems = (branches: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  Predicate.isObject(branches)
    ? Object.entries(branches).flatMap(([name, branch]) => functionProblems({ [`branch '${name}'`]: branch }))
    : ["its branches are not a record of functions"]

const functionProblems = (functions: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  Object.entries(functions)
    .filter(([, value]) => !Predicate.isFunction(value))
    .map(([what]) => `${what} is not a function`)

const concurrencyProblems = (concurrency: Concurrency): ReadonlyArray<string> =>
  concurrency === "unbounded" ? [] : countProblems("concurrency", concurrency, 1)

/** A forEach has no limit here: how many items there are is known only when it runs. */
const strategyProblems = (strategy: Strategy, branches: number): ReadonlyArray<string> =>
  match(strategy)
    .with({ _tag: "quorum" }, { _tag: "partialResults" }, ({ _tag, required }) =>
      required > branches
        ? [`${_tag}(${required}) can never be reached: the split has ${branches} branches`]
        : countProblems(_tag, required, 1)
    )
    .with({ _tag: "percentage" }, ({ share }) => shareProblems("percentage", share))
    .with({ _tag: "tolerate", limit: { failures: P._, rate: P._ } }, () => [
      "tolerate takes either failures or rate, not both"
    ])
    .with({ _tag: "tolerate", limit: { failures: P._ } }, ({ limit }) => countProblems("tolerate", limit.failures, 0))
    .with({ _tag: "tolerate", limit: { rate: P._ } }, ({ limit }) => shareProblems("tolerate", limit.rate))
    .with({ _tag: "partialTimeout" }, ({ duration }) => durationProblems("partialTimeout", duration))
    .with({ _tag: "all" }, { _tag: "any" }, { _tag: "settled" }, () => [])
    .otherwise(() => ["its join has no strategy"])
