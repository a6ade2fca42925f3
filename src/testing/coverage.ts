/**
 * What a set of tests has exercised of a workflow: its states, exits, edges, and the outcomes of its branches.
 */
import { Effect, Exit, type Layer, Record } from "effect"
import { match } from "ts-pattern"
import { WorkflowDefinitionError } from "../Errors.ts"
import type { RunEvent } from "../Event.ts"
import { observerLayer } from "../engine/watch/observers.ts"
import type { Graph } from "../graph/Graph.ts"
import type { AnyDefinition, DefinitionTypes, ExitName, FallbackName, StateName, TargetName } from "../types/Table.ts"
import type { Workflow } from "../workflow/Implementation.ts"
import { AssertionError } from "./AssertionError.ts"

/** How a branch or an item can end. */
export type BranchEnd = "succeeded" | "failed" | "interrupted"

/**
 * A part of a workflow, as a coverage writes it: a state or an exit by its name; an edge as `Check > Paid`, or `* > GivenUp`
 * for the one from any state to a fallback; how a branch ended as `Check.fraud failed`, and an item of a forEach as
 * `Price failed`.
 */
export type CoveragePart<D extends AnyDefinition> = ExitName<D> | FallbackEdge<FallbackName<D>> | StatePart<D>

type StatePart<D extends AnyDefinition> = {
  [N in StateName<D>]: N | `${N} > ${TargetName<D, N>}` | `${N} ${BranchEnd}` | `${N}.${string} ${BranchEnd}`
}[StateName<D>]

type FallbackEdge<Target extends string> = `* > ${Target}`

/** What was exercised of a workflow, as data to be kept, and added to another collector. */
export interface CoverageData {
  readonly workflow: string
  readonly exercised: ReadonlyArray<string>
}

/** How many parts there are of a kind, how many of them were exercised, and which were not. */
export interface CoverageFigures {
  readonly total: number
  readonly exercised: number
  readonly missing: ReadonlyArray<string>
}

/** The kinds of parts that a workflow has. */
export type CoverageKind = "states" | "exits" | "edges" | "branches"

/** What has been exercised of the workflow of the definition `D`. */
export interface Coverage<D extends AnyDefinition> {
  /** Counts every run of the workflow below it: what an application's own tests run, and what others call. */
  readonly layer: Layer.Layer<never>
  /** Counts what a report, or the events of a handle, tell of runs of the workflow, or what another collector has counted. */
  readonly add: (more: Observed | CoverageData) => void
  /** How much there is of each kind, and what is missing. */
  readonly figures: () => Readonly<Record<CoverageKind, CoverageFigures>>
  /** What was exercised, as data. */
  readonly toJSON: () => CoverageData
  /** Whose parts they are; only in the type. */
  readonly [DefinitionTypes]?: D
}

/** Events of runs, as a report has them. */
export interface Observed {
  readonly events: ReadonlyArray<RunEvent>
  /** Those of the runs below them. */
  readonly calls?: ReadonlyArray<RunEvent>
}

/** Options of an assertion on coverage. */
export interface CoverageOptions<Part extends string> {
  /** What need not have been exercised. */
  readonly except?: ReadonlyArray<Part>
  /**
   * How each branch, and some item of each forEach, must have ended; `succeeded` unless given. Whether one can fail is in
   * the types of its handler only.
   */
  readonly branches?: ReadonlyArray<BranchEnd>
}

/**
 * Collects what is exercised of a workflow. A definition can be given instead, whose branches are not known.
 *
 * A state counts when it was entered, an edge when it was taken, an exit when a run ended there. Stand-ins for states and
 * branches count like the real ones; a stand-in for the whole workflow does not.
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Workflow } from "sluice"
 * import * as Testing from "sluice/testing"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done", "Nobody"])
 *   .exit("Done", Schema.String)
 *   .exit("Nobody", Schema.Void)
 *   .start("Greet") {}
 *
 * const greeting = Greeting.implement({
 *   Greet: ({ payload, to }) => (payload === "" ? to.Nobody() : to.Done(`Hello, ${payload}`))
 * })
 *
 * const coverage = Testing.coverage(greeting)
 * const tests = Effect.gen(function* () {
 *   coverage.add(yield* Testing.run(greeting, "Ada"))
 *   yield* greeting.run("").pipe(Effect.provide(coverage.layer))
 *   Testing.assertCovered(coverage)
 * })
 * ```
 */
export const coverage = <D extends AnyDefinition>(
  of: (D | Workflow<D, unknown, unknown>) & { readonly graph: Graph }
): Coverage<D> => new Collector(of.graph)

/**
 * Throws an `AssertionError` that lists what was not exercised: states, exits, edges, and branches that have not ended as
 * they must. What is listed can be given as `except`.
 *
 * ```ts
 * import * as Testing from "sluice/testing"
 * import { Schema } from "effect"
 * import { Workflow } from "sluice"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done", "Nobody"])
 *   .exit("Done", Schema.String)
 *   .exit("Nobody", Schema.Void)
 *   .start("Greet") {}
 *
 * declare const coverage: Testing.Coverage<typeof Greeting>
 * Testing.assertCovered(coverage, { except: ["Nobody", "Greet > Nobody"] })
 * ```
 */
export const assertCovered = <D extends AnyDefinition>(
  coverage: Coverage<D>,
  { branches = ["succeeded"], except = [] }: CoverageOptions<CoveragePart<D>> = {}
): void => {
  const accepted: ReadonlySet<string> = new Set(except)
  const { workflow } = coverage.toJSON()
  const lacking = Object.entries(coverage.figures()).map(([kind, { exercised, missing, total }]) => {
    const asked =
      kind === "branches" ? missing.filter((part) => branches.some((end) => part.endsWith(` ${end}`))) : missing
    return { what: `${kind}, ${exercised} of ${total}`, parts: asked.filter((part) => !accepted.has(part)) }
  })
  const missing = lacking.flatMap(({ parts }) => parts)
  if (missing.length === 0) return
  const lines = lacking
    .filter(({ parts }) => parts.length > 0)
    .flatMap(({ parts, what }) => [`  ${what}, without:`, ...parts.map((part) => `    ${part}`)])
  throw new AssertionError([`The tests of ${workflow} do not cover all of it:`, ...lines].join("\n"), missing, [])
}

const branchEnds: ReadonlyArray<BranchEnd> = ["succeeded", "failed", "interrupted"]

/** The parts of each kind. */
const partsOf = ({ fallback, places }: Graph): Readonly<Record<CoverageKind, ReadonlyArray<string>>> => ({
  states: places.filter(({ kind }) => kind === "state").map(({ name }) => name),
  exits: places.filter(({ kind }) => kind === "exit").map(({ name }) => name),
  edges: [
    ...places.flatMap(({ name, targets }) => targets.map((target) => edge(name, target))),
    ...fallback.map((target) => edge("*", target))
  ],
  branches: places
    .flatMap(({ name, work }) =>
      work?.kind === "forEach" ? [name] : (work?.branches ?? []).map((branch) => `${name}.${branch}`)
    )
    .flatMap((branch) => branchEnds.map((end) => `${branch} ${end}`))
})

const edge = (from: string, to: string): string => `${from} > ${to}`

class Collector implements Coverage<AnyDefinition> {
  readonly layer: Layer.Layer<never>
  private readonly graph: Graph
  private readonly parts: ReturnType<typeof partsOf>
  private readonly seen = new Set<string>()
  // The runs whose last attempt has not ended well: the transition that comes next is made by what handles that.
  private readonly failing = new Set<string>()

  constructor(graph: Graph) {
    this.graph = graph
    this.parts = partsOf(graph)
    this.layer = observerLayer(Effect.succeed((event) => this.count(event)))
  }

  add(more: Observed | CoverageData): void {
    if ("events" in more) {
      for (const event of [...more.events, ...(more.calls ?? [])]) this.count(event)
      return
    }
    const { name } = this.graph
    if (more.workflow !== name) {
      throw new WorkflowDefinitionError({ workflow: name, problems: [`this is the coverage of '${more.workflow}'`] })
    }
    for (const part of more.exercised) this.seen.add(part)
  }

  figures(): Readonly<Record<CoverageKind, CoverageFigures>> {
    return Record.map(this.parts, (parts) => {
      const missing = parts.filter((part) => !this.seen.has(part))
      return { total: parts.length, exercised: parts.length - missing.length, missing }
    })
  }

  toJSON(): CoverageData {
    const exercised = Object.values(this.parts).flatMap((parts) => parts.filter((part) => this.seen.has(part)))
    return { workflow: this.graph.name, exercised }
  }

  private count(event: RunEvent): void {
    if (event.workflow !== this.graph.name) return
    const { runId, state } = event
    match(event)
      .with({ _tag: "StateEntered" }, () => {
        this.failing.delete(runId)
        this.seen.add(state)
      })
      .with({ _tag: "AttemptStarted" }, () => this.failing.delete(runId))
      .with({ _tag: "AttemptFailed" }, { _tag: "AttemptInterrupted" }, () => this.failing.add(runId))
      .with({ _tag: "BranchSucceeded" }, ({ branch }) => this.seen.add(`${branchOf(state, branch)} succeeded`))
      .with({ _tag: "BranchFailed" }, ({ branch }) => this.seen.add(`${branchOf(state, branch)} failed`))
      .with({ _tag: "BranchInterrupted" }, ({ branch }) => this.seen.add(`${branchOf(state, branch)} interrupted`))
      .with({ _tag: "TransitionTaken" }, ({ target }) => this.countEdge(runId, state, target))
      .with({ _tag: "RunFinished" }, ({ exit }) => {
        this.failing.delete(runId)
        if (Exit.isSuccess(exit)) this.seen.add(state)
      })
      .otherwise(() => undefined)
  }

  /** Where a state declares what it may also fail into, only a transition that follows a failure is one of the fallback. */
  private countEdge(runId: string, from: string, to: string): void {
    const declared = this.parts.edges.includes(edge(from, to))
    if (declared) this.seen.add(edge(from, to))
    if (!declared || this.failing.has(runId)) this.seen.add(edge("*", to))
  }
}

/** An item has no name; those of a forEach count together. */
const branchOf = (state: string, branch: string | number): string =>
  typeof branch === "number" ? state : `${state}.${branch}`
