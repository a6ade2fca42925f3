import type { DateTime, Duration } from "effect"
import type { IsAny, IsEqual } from "type-fest"
import type { AnyDefinition, DefinitionTypes, Payload, TargetName, WorkflowName } from "./Table.ts"

/**
 * "Go to `Target` with its payload." The value is plain data, `{ _tag, payload }`; the key of the definition exists in
 * the type only, so that nothing but the `to` of a handler makes one.
 */
export interface Transition<D extends AnyDefinition, in out Target extends string> {
  readonly _tag: Target
  readonly payload: Payload<D, Target>
  /** How long after its state has ended, or when, the transition takes effect; at once unless given. */
  readonly after?: Duration.Duration | DateTime.DateTime
  readonly [DefinitionTypes]: WorkflowName<D>
}

/** Every transition that state `N` may make. */
export type Transitions<D extends AnyDefinition, N extends string> = {
  [T in TargetName<D, N>]: Transition<D, T>
}[TargetName<D, N>]

/** What makes the transition to `Target`: a function of its payload, or of nothing for `Schema.Void`. */
export type To<D extends AnyDefinition, Target extends string> = Make<Payload<D, Target>, Transition<D, Target>>

// `any` and `never` would pass for void in a plain `extends [void]`, so they are told apart first.
type Make<P, Made> =
  IsAny<P> extends true ? ToPayload<P, Made> : IsEqual<P, void> extends true ? ToVoid<Made> : ToPayload<P, Made>

/** Makes the transition to a place with a payload. */
export interface ToPayload<in P, out Made> {
  (payload: P): Made
  /** The same transition, taking effect so much later, or at a point in time: until then the run waits. */
  readonly after: (limit: Duration.Input | DateTime.DateTime, payload: P) => Made
}

/** Makes the transition to a place without a payload. */
export interface ToVoid<out Made> {
  (): Made
  /** The same transition, taking effect so much later, or at a point in time: until then the run waits. */
  readonly after: (limit: Duration.Input | DateTime.DateTime) => Made
}

/**
 * What a handler receives as `to`: a function for each permitted target. An alias of the names, so that an error about a
 * target that is not among them prints the names and nothing else.
 */
export type Targets<D extends AnyDefinition, Names extends string> = { readonly [Target in Names]: To<D, Target> }
