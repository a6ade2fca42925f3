/**
 * Stand-ins: what a test puts in the place of what a state does. Policies stay around it, as they are what is tested.
 */
import { Array, Effect, Function, Record, Result } from "effect"
import { match } from "ts-pattern"
import { WorkflowDefinitionError } from "../Errors.ts"
import type { Graph } from "../graph/Graph.ts"
import { HandlerTypes, isHandler } from "../handler/Handler.ts"
import type { Callee, HandlerValue, Spec, Work } from "../handler/Spec.ts"
import * as Join from "../Join.ts"
import type { NoProblem } from "../types/Problem.ts"
import type { AnyFunction } from "../types/Result.ts"
import type {
  BranchOutcomes,
  CheckedBranchOutcomes,
  CheckedItemOutcome,
  CheckedOutcome,
  ItemOutcome,
  NoItems,
  NoWork,
  OutcomeParts,
  StateOutcome,
  Stub,
  Stubbable,
  StubServices,
  WorkErrors
} from "../types/Stubs.ts"
import type { AnyDefinition, StateName } from "../types/Table.ts"
import type { WorkflowParts } from "../workflow/Implementation.ts"

/** What of a state is stood in for: its whole work, its items, or some of its branches. */
export type Replaced = "work" | "items" | ReadonlySet<string>

type Of = Pick<HandlerValue, "definition" | "state">

/** The value of a stand-in: whose it is, and how it changes the work, or why it cannot. */
class StubImpl {
  readonly definition: unknown
  readonly state: string
  readonly replaces: Replaced
  readonly replace: (work: Work) => Result.Result<Work, string>

  constructor({ definition, state }: Of, replaces: Replaced, replace: StubImpl["replace"]) {
    this.definition = definition
    this.state = state
    this.replaces = replaces
    this.replace = replace
  }
}

/**
 * Stands in for the work of a handler, within its policies: a function of its context, which makes the transition, or an
 * Effect that never succeeds. It may fail with whatever the work itself can fail with, before any policy.
 *
 * ```ts
 * import { Data, Effect, Schema } from "effect"
 * import { Workflow } from "sluice"
 * import * as Testing from "sluice/testing"
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
 * const report = Testing.run(Greeting.implement({ Greet }), "Ada", {
 *   stubs: {
 *     Greet: Testing.stub(Greet, ({ attempt, to }) => (attempt < 3 ? Effect.fail(new Busy()) : to.Done("Hello")))
 *   }
 * })
 * ```
 */
export const stub = <D extends AnyDefinition, N extends StateName<D>, Own, S extends StateOutcome<D, N>>(
  handler: Stubbable<D, N, Own> & NoProblem<NoWork<N, Own>>,
  outcome: S & CheckedOutcome<D, N, S, WorkErrors<N, Own, S>>
): Stub<D, N, OutcomeParts<S>["services"]> => typed(stateStub(valueOf(handler), outcome))

/**
 * Stands in for branches of a split, each by an Effect or a function of its context: what a branch succeeds and fails with
 * is what this may. Branches that are not named are as they were, and so are the strategy, the compensations and the join.
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Join, Workflow } from "sluice"
 * import * as Testing from "sluice/testing"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done"])
 *   .exit("Done", Schema.String)
 *   .start("Greet") {}
 *
 * const Greet = Greeting.split("Greet", { english: () => "Hello", german: () => "Hallo" })
 *   .join(Join.any, ({ results, to }) => to.Done(results.value))
 *
 * const report = Testing.run(Greeting.implement({ Greet }), "Ada", {
 *   stubs: { Greet: Testing.branches(Greet, { english: Effect.never }) }
 * })
 * ```
 */
export const branches = <D extends AnyDefinition, N extends StateName<D>, Own, S extends BranchOutcomes<D, N, Own>>(
  handler: Stubbable<D, N, Own>,
  outcomes: S & CheckedBranchOutcomes<N, Own, S>
): Stub<D, N, StubServices<S>> => {
  const stubs = Record.map(outcomes as Readonly<Record<string, unknown>>, asFunction)
  const replace = (work: Work): Result.Result<Work, string> => {
    if (work._tag !== "split") return Result.fail("has no branches")
    const unknown = Object.keys(stubs).find((name) => !Object.hasOwn(work.branches, name))
    return unknown === undefined
      ? Result.succeed({ ...work, branches: { ...work.branches, ...stubs } })
      : Result.fail(`has no branch '${unknown}'`)
  }
  return typed(new StubImpl(valueOf(handler), new Set(Object.keys(stubs)), replace))
}

/**
 * Stands in for what a forEach does for each of its items: an Effect, or a function of the context with `item` and `index`.
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Join, Workflow } from "sluice"
 * import * as Testing from "sluice/testing"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.Array(Schema.String), ["Done"])
 *   .exit("Done", Schema.Int)
 *   .start("Greet") {}
 *
 * const Greet = Greeting.forEach("Greet", ({ payload }) => payload, ({ item }) => item.length)
 *   .join(Join.partialTimeout("1 second"), ({ results, to }) => to.Done(results.successes.length))
 *   .catch(({ to }) => to.Done(0))
 *
 * const report = Testing.run(Greeting.implement({ Greet }), ["Ada", "Grace"], {
 *   stubs: { Greet: Testing.items(Greet, ({ index, item }) => (index === 0 ? Effect.never : item.length)) }
 * })
 * ```
 */
export const items = <D extends AnyDefinition, N extends StateName<D>, Own, S extends ItemOutcome<D, N, Own>>(
  handler: Stubbable<D, N, Own> & NoProblem<NoItems<N, Own>>,
  outcome: S & CheckedItemOutcome<N, Own, S>
): Stub<D, N, OutcomeParts<S>["services"]> => {
  const replace = (work: Work): Result.Result<Work, string> =>
    work._tag === "forEach" ? Result.succeed({ ...work, each: asFunction(outcome) }) : Result.fail("has no items")
  return typed(new StubImpl(valueOf(handler), "items", replace))
}

// The types of a stand-in are in its interface only.
const typed = <D extends AnyDefinition, N extends string, R>(stub: StubImpl) => stub as unknown as Stub<D, N, R>

// What a handler carries under the key of its types is its value.
const valueOf = (handler: object): Of => (handler as { readonly [HandlerTypes]: HandlerValue })[HandlerTypes]

/** Stands in for the work of a state, whatever the types of its outcome. */
export const stateStub = (of: Of, outcome: unknown): StubImpl =>
  new StubImpl(of, "work", (work) => Result.succeed(replaceWork(work, asFunction(outcome))))

/** An outcome that does not depend on its context, as a function. */
export const asFunction = (outcome: unknown): AnyFunction =>
  // The types let through a function of the context; the engine refuses what it gives when they were bypassed.
  typeof outcome === "function" ? (outcome as AnyFunction) : () => outcome

/**
 * Puts a function in the place of the work of a state. What kind of work it is decides which timeout there is and which of
 * the shared policies stand around it, so that it stays that: a split without branches, a call of nothing.
 */
const replaceWork = (work: Work, run: AnyFunction): Work =>
  match(work)
    .with({ _tag: "task" }, { _tag: "wait" }, { _tag: "poll" }, (): Work => ({ _tag: "task", run }))
    .with({ _tag: "route" }, (route): Work => ({ ...route, choose: run }))
    .with(
      { _tag: "split" },
      (split): Work => ({ ...split, ...joinedAtOnce, branches: {}, compensations: {}, join: run })
    )
    .with(
      { _tag: "forEach" },
      (forEach): Work => ({ ...forEach, ...joinedAtOnce, items: () => [], compensation: undefined, join: run })
    )
    .with(
      { _tag: "call" },
      (call): Work => ({ ...call, callee: nothing, input: () => undefined, cases: { [done._tag]: run } })
    )
    .exhaustive()

const joinedAtOnce = { concurrency: "unbounded", strategy: Join.settled } as const

const done = { _tag: "done", payload: undefined }

/** A workflow that ends at once, and does nothing. */
const nothing: Callee = {
  name: "nothing",
  exits: [done._tag],
  run: () => Effect.succeed(done),
  within: Function.identity
}

/** What stands in for some of the work of a workflow: the parts with it, and what of which state it is. */
export interface Stubbed {
  readonly parts: WorkflowParts
  readonly replaced: ReadonlyMap<string, Replaced>
}

/** Puts stand-ins into the parts of a workflow; throws a `WorkflowDefinitionError` that lists every problem of them. */
export const withStubs = (parts: WorkflowParts, stubs: Readonly<Record<string, unknown>>): Stubbed => {
  const { definition, specs } = parts
  const [changes, problems] = Array.separate(
    Object.entries(stubs).map(([state, given]) =>
      Result.mapError(change(definition, specs.get(state), state, given), (problem) => `state '${state}' ${problem}`)
    )
  )
  if (problems.length > 0) throw new WorkflowDefinitionError({ workflow: definition.name, problems })
  return {
    parts: { ...parts, specs: new Map([...specs, ...changes.map(({ spec, state }) => [state, spec] as const)]) },
    replaced: new Map(changes.map(({ replaces, state }) => [state, replaces]))
  }
}

const change = (definition: Graph, spec: Spec | undefined, state: string, given: unknown) =>
  Result.gen(function* () {
    if (spec === undefined) return yield* Result.fail("is not declared")
    if (isHandler(given)) return yield* Result.fail("is given a handler, which is no stand-in")
    const stub = given instanceof StubImpl ? given : stateStub({ definition, state }, given)
    if (stub.definition !== definition) {
      return yield* Result.fail("is given a stand-in that belongs to another definition")
    }
    if (stub.state !== state) return yield* Result.fail(`is given a stand-in for state '${stub.state}'`)
    return { state, replaces: stub.replaces, spec: { ...spec, work: yield* stub.replace(spec.work) } }
  })
