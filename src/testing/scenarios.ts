/**
 * Drawing the scenarios that a workflow can be run under.
 */
import { Arbitrary, Effect, Option, Record, Schema } from "effect"
import * as fc from "fast-check"
import { WorkflowDefinitionError } from "../Errors.ts"
import type { Graph, GraphPlace } from "../graph/Graph.ts"
import type { PayloadSchema } from "../types/Place.ts"
import type { NoProblem } from "../types/Problem.ts"
import type { Failing, MissingArbitraries, ReachedName } from "../types/Scenarios.ts"
import type { PartErrors, Stubbable } from "../types/Stubs.ts"
import type { AnyDefinition, Payload, SignalName, SignalPayload, StateName } from "../types/Table.ts"
import { type AnyWorkflow, PartsKey, type Workflow } from "../workflow/Implementation.ts"
import {
  always,
  type Draft,
  type Move,
  makeScenario,
  type Scenario,
  type Script,
  type Trouble,
  type Visit
} from "./Scenario.ts"

/** What scenarios are drawn from, besides the schemas of the definition. */
export interface ScenarioOptions<D extends AnyDefinition, E, K extends ReachedName<D>, S extends SignalName<D>> {
  /**
   * Payloads of places, by their names, instead of those that are made of the place's schema. One that is `Workflow.type`,
   * which has none, needs this.
   */
  readonly payloads?: { readonly [N in K]: fc.Arbitrary<Payload<D, N>> } | undefined
  /** Payloads of signals, by their names, likewise. */
  readonly signals?: { readonly [N in S]: fc.Arbitrary<SignalPayload<D, N>> } | undefined
  /**
   * Failures of states, by their names: those that the workflow can fail with, or, made by `failing`, those of the state's
   * work. A state without any does not fail, but may die or hang.
   */
  readonly failures?: { readonly [N in StateName<D>]?: fc.Arbitrary<E> | Failing<D, N> } | undefined
  /**
   * How many visits of a state at most have something of their own, 3 unless given. In later ones it goes at once to the
   * target that is nearest to an exit, so that every run comes to an end.
   */
  readonly visits?: number | undefined
}

/** The options as data. */
interface Settings {
  readonly payloads?: Readonly<Record<string, fc.Arbitrary<unknown>>> | undefined
  readonly signals?: Readonly<Record<string, fc.Arbitrary<unknown>>> | undefined
  readonly failures?: Readonly<Record<string, fc.Arbitrary<unknown>>> | undefined
  readonly visits?: number | undefined
}

/**
 * Scenarios that a workflow can be run under: an input, what comes of the work of each state in each visit, signals, and a
 * time at which the run is interrupted. Each has the options of `Testing.run`, and the same seed gives the same ones.
 *
 * The work of a state goes to one of its targets, most often after a delay. It may also fail as `failures` says, or hang, in
 * every attempt of the visit or in the first ones, or die; a route goes on at once or dies. Policies and compensations are the workflow's own, with the services that they need. The branches
 * of a split and the items of a forEach are stood in for with their state, so that theirs are not run. A wait does its own
 * work now and then, and takes the signals that are sent; not where it could do so for ever.
 *
 * Payloads are made of their schemas. A counterexample shrinks to the first targets, smaller payloads, no delays, no
 * interruption, and fewer signals. Throws a `WorkflowDefinitionError` that names every payload of which none can be made.
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import * as fc from "fast-check"
 * import { Workflow } from "sluice"
 * import * as Testing from "sluice/testing"
 * import { scenarios } from "sluice/testing/fast-check"
 *
 * class Purchase extends Workflow.define("Purchase")
 *   .state("Charge", Schema.Int, ["Ship"])
 *   .state("Ship", Schema.String, ["Shipped"])
 *   .exit("Shipped", Schema.Void)
 *   .start("Charge") {}
 *
 * const Charge = Purchase.task("Charge", ({ payload, to }) => to.Ship(`r-${payload}`))
 *   .compensate({ Ship: ({ payload }) => Effect.log(`refund ${payload}`) })
 * const purchase = Purchase.implement({ Charge, Ship: ({ to }) => to.Shipped() })
 *
 * const property = fc.asyncProperty(scenarios(purchase), async ({ input, options }) => {
 *   const report = await Effect.runPromise(Testing.run(purchase, input, options))
 *   const undone = report.exit?._tag === "Failure" && report.path.includes("Ship") ? 1 : 0
 *   return report.compensations.length === undone
 * })
 * ```
 */
export const scenarios = <
  D extends AnyDefinition,
  E,
  R,
  const K extends ReachedName<D> = never,
  const S extends SignalName<D> = never
>(
  workflow: Workflow<D, E, R> & NoProblem<MissingArbitraries<D, K, S>["problem"]>,
  options?: ScenarioOptions<D, E, K, S>
): fc.Arbitrary<Scenario<D>> => {
  const { graph } = workflow
  // The types let through a workflow, and the options that belong to it.
  const { definition } = (workflow as unknown as AnyWorkflow)[PartsKey]
  const drafts = new Drawing(graph, { ...(options as Settings) }).drafts()
  return drafts.map((draft) => makeScenario(definition, draft) as Scenario<D>)
}

/**
 * Failures that the work of a handler can have, before any policy, for the option `failures` of `scenarios`.
 *
 * ```ts
 * import { Data, Effect, Schema } from "effect"
 * import * as fc from "fast-check"
 * import { Workflow } from "sluice"
 * import { failing, scenarios } from "sluice/testing/fast-check"
 *
 * class Busy extends Data.TaggedError("Busy") {}
 * declare const greet: (name: string) => Effect.Effect<string, Busy>
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done"])
 *   .exit("Done", Schema.String)
 *   .start("Greet") {}
 *
 * const Greet = Greeting.task("Greet", ({ payload, to }) => Effect.map(greet(payload), (text) => to.Done(text)))
 *   .retry({ times: 2 })
 *   .catch(({ to }) => to.Done("Good morning"))
 *
 * const arbitrary = scenarios(Greeting.implement({ Greet }), {
 *   failures: { Greet: failing(Greet, fc.constant(new Busy())) }
 * })
 * ```
 */
export const failing = <D extends AnyDefinition, N extends StateName<D>, Own, X>(
  _handler: Stubbable<D, N, Own>,
  failures: fc.Arbitrary<X> & NoProblem<PartErrors<N, Own, X>>
): Failing<D, N> =>
  // What it is for is in its type only.
  failures as unknown as Failing<D, N>

/** Milliseconds, of every magnitude up to some days. */
const times = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(8)).map(([digit, zeros]) => digit * 10 ** zeros)
const delays = fc.oneof({ withCrossShrink: true }, fc.constant(0), times)
const maxSignals = 4

const troublesOf = (
  canWait: boolean,
  failures: fc.Arbitrary<unknown> | undefined
): fc.Arbitrary<Trouble | undefined> => {
  const fails = failures?.map((error) => ({ _tag: "fails" as const, error }))
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 8, arbitrary: fc.constant(undefined) },
    ...(fails === undefined ? [] : [{ weight: 4, arbitrary: fails }]),
    { weight: 1, arbitrary: fc.constant({ _tag: "dies" as const }) },
    ...(canWait ? [{ weight: 1, arbitrary: fc.constant({ _tag: "hangs" as const }) }] : [])
  )
}

class Drawing {
  private readonly graph: Graph
  private readonly settings: Settings
  private readonly problems: Array<string> = []
  /** By place. */
  private readonly payloads = new Map<string, fc.Arbitrary<unknown>>()
  /** By state: the target that is nearest to an exit. */
  private readonly nearest: ReadonlyMap<string, string>

  constructor(graph: Graph, settings: Settings) {
    this.graph = graph
    this.settings = settings
    this.nearest = nearestTargets(graph.places)
  }

  drafts(): fc.Arbitrary<Draft> {
    const { failures = {}, payloads = {}, visits = 3 } = this.settings
    const { places, signals, start } = this.graph
    const states = places.filter(({ kind }) => kind === "state")
    const reached = new Set([start, ...states.flatMap(({ targets }) => targets)])
    if (!(Number.isInteger(visits) && visits >= 1)) {
      this.problems.push(`visits must be a whole number of at least 1, not ${visits}`)
    }
    this.checkNames("payloads", payloads, reached)
    this.checkNames("failures", failures, new Set(states.map(({ name }) => name)))
    this.checkNames("signals", this.settings.signals ?? {}, new Set(signals.map(({ name }) => name)))
    for (const { name, payload } of places) {
      if (reached.has(name)) this.payloads.set(name, this.valuesOf("payload", name, payload, given(payloads, name)))
    }
    const sent = signals.map(({ name, payload }) =>
      fc.record({
        at: delays,
        signal: fc.constant(name),
        payload: this.valuesOf("signal", name, payload, given(this.settings.signals, name))
      })
    )
    if (this.problems.length > 0) {
      throw new WorkflowDefinitionError({ workflow: this.graph.name, problems: this.problems })
    }
    const own = this.waitsThatEnd()
    return fc.record({
      input: this.payloads.get(start)!,
      scripts: fc.record(
        Object.fromEntries(states.map((state) => [state.name, this.scriptsOf(state, visits, own.has(state.name))]))
      ),
      signals:
        sent.length === 0
          ? fc.constant([])
          : fc.array(fc.oneof({ withCrossShrink: true }, ...sent), { maxLength: maxSignals }),
      interruptAt: fc.oneof(
        { withCrossShrink: true },
        { weight: 3, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: delays }
      )
    })
  }

  private scriptsOf(state: GraphPlace, visits: number, mayBeOwn: boolean): fc.Arbitrary<Script | undefined> {
    const script = fc.record({
      visits: fc.array(this.visitsOf(state), { minLength: 1, maxLength: visits, size: "max" }),
      afterwards: this.movesTo(this.nearest.get(state.name)!)
    })
    return mayBeOwn ? fc.oneof({ withCrossShrink: true }, script, fc.constant(undefined)) : script
  }

  private visitsOf({ name, targets, work }: GraphPlace): fc.Arbitrary<Visit> {
    const canWait = work?.kind !== "route"
    return (
      fc
        .record({
          delay: canWait ? delays : fc.constant(0),
          trouble: troublesOf(canWait, given(this.settings.failures, name)),
          troubles: fc.oneof({ withCrossShrink: true }, fc.constant(always), fc.integer({ min: 1, max: 3 })),
          move: fc.oneof({ withCrossShrink: true }, ...targets.map((target) => this.movesTo(target)))
        })
        // Nothing that dies is tried again.
        .map((visit) => (visit.trouble?._tag === "dies" ? { ...visit, troubles: always } : visit))
    )
  }

  private movesTo(target: string): fc.Arbitrary<Move> {
    return fc.record({ target: fc.constant(target), payload: this.payloads.get(target)! })
  }

  /**
   * The waits that can do their own work in a run that comes to an end: those that are not come back to, when every other
   * state goes to the target that is nearest to an exit.
   */
  private waitsThatEnd(): ReadonlySet<string> {
    const { fallback, places } = this.graph
    const waits = new Set(places.filter(({ work }) => work?.kind === "wait").map(({ name }) => name))
    const targets = new Map(
      places.map(({ name, targets }) => {
        const nearest = this.nearest.get(name)
        return [name, waits.has(name) ? [...targets, ...fallback] : nearest === undefined ? [] : [nearest]]
      })
    )
    return new Set([...waits].filter((wait) => !reachedFrom(targets.get(wait)!, targets).has(wait)))
  }

  private checkNames(option: string, given: object, known: ReadonlySet<string>): void {
    for (const [name, value] of Object.entries(given)) {
      if (!known.has(name)) this.problems.push(`${option}: '${name}' is not declared`)
      else if (!(value instanceof fc.Arbitrary))
        this.problems.push(`${option}: what '${name}' is given is no arbitrary`)
    }
  }

  /** Values that are given, or made of a schema. */
  private valuesOf(
    what: "payload" | "signal",
    name: string,
    schema: PayloadSchema,
    given: fc.Arbitrary<unknown> | undefined
  ): fc.Arbitrary<unknown> {
    if (given !== undefined) return given
    const problem = (why: string) => `the ${what} of '${name}' ${why}: give '${what}s' an arbitrary of it`
    if (!Schema.isSchema(schema)) {
      this.problems.push(problem("has no schema"))
      return fc.constant(undefined)
    }
    try {
      const values = Arbitrary.schema(schema)
      sample(values, { seed: 0, size: 0 })
      // A smaller size makes smaller values; a smaller seed only others, and the same ones in the end.
      return fc.tuple(fc.nat(10), fc.noBias(fc.nat())).map(([size, seed]) => sample(values, { seed, size }))
    } catch (error) {
      this.problems.push(problem(`cannot be made of its schema (${error instanceof Error ? error.message : error})`))
      return fc.constant(undefined)
    }
  }
}

/** What is given for a name, and not what every record has under it. */
const given = <A>(options: Readonly<Record<string, A>> | undefined, name: string): A | undefined =>
  Option.getOrUndefined(Record.get(options ?? {}, name))

const sample = <A>(values: Arbitrary.Arbitrary<A>, options: Arbitrary.SampleOptions): A =>
  Effect.runSync(Arbitrary.sampleEffect(values, { ...options, count: 1 }))[0]!

/** For each state, the first of its targets that are nearest to an exit. */
const nearestTargets = (places: ReadonlyArray<GraphPlace>): ReadonlyMap<string, string> => {
  const nearest = new Map<string, string>()
  let near = new Set(places.filter(({ kind }) => kind === "exit").map(({ name }) => name))
  while (near.size > 0) {
    const next = new Set<string>()
    for (const { name, targets } of places) {
      const target = nearest.has(name) ? undefined : targets.find((target) => near.has(target))
      if (target === undefined) continue
      nearest.set(name, target)
      next.add(name)
    }
    near = next
  }
  return nearest
}

const reachedFrom = (names: ReadonlyArray<string>, targets: ReadonlyMap<string, ReadonlyArray<string>>) => {
  const reached = new Set(names)
  for (const name of reached) for (const target of targets.get(name) ?? []) reached.add(target)
  return reached
}
