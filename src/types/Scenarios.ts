/**
 * What the scenarios of a workflow are drawn from: typed by the workflow, or by the handler, which also knows what its own
 * policies take.
 */
import type { InMemory } from "./Place.ts"
import type { Stub } from "./Stubs.ts"
import type {
  AnyDefinition,
  DefinitionTypes,
  PayloadSchemaOf,
  SignalName,
  StateName,
  TargetName,
  WorkflowName
} from "./Table.ts"

/** The places whose payloads a scenario has: the start, and the targets of the states. */
export type ReachedName<D extends AnyDefinition> =
  | D[typeof DefinitionTypes]["start"]
  | Extract<TargetName<D, StateName<D>>, string>

/** The payloads that have no schema and are not among the given. An interface, for the reason that `Result` is one. */
export interface MissingArbitraries<D extends AnyDefinition, Payloads extends string, Signals extends string> {
  /** Their messages, or `never`. */
  readonly problem:
    | NoArbitrary<"payload", Exclude<WithoutSchema<D, ReachedName<D>>, Payloads>>
    | NoArbitrary<"signal", Exclude<SignalWithoutSchema<D, SignalName<D>>, Signals>>
}

type NoArbitrary<What extends "payload" | "signal", N extends string> = N extends string
  ? `the ${What} of '${N}' is Workflow.type, which has no schema: give '${What}s' an arbitrary of it`
  : never

type WithoutSchema<D extends AnyDefinition, N extends string> = N extends string
  ? PayloadSchemaOf<D, N> extends InMemory<unknown>
    ? N
    : never
  : never

type SignalWithoutSchema<D extends AnyDefinition, S extends string> = S extends string
  ? D[typeof DefinitionTypes]["signals"][S] extends InMemory<unknown>
    ? S
    : never
  : never

/** What stands in for the states of a run. */
export type ScenarioStubs<D extends AnyDefinition> = { readonly [N in StateName<D>]?: Stub<D, N, never> }

/** The key under which failures carry their types. */
declare const FailureTypes: unique symbol

/** Failures that the work of state `N` of the definition `D` can have. */
export interface Failing<out D extends AnyDefinition, out N extends string> {
  readonly [FailureTypes]: { readonly workflow: WorkflowName<D>; readonly state: N }
}
