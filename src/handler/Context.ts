/**
 * What a function of a handler is given. Every one takes a single context.
 */
import type { Cause } from "effect"
import type { Store } from "../store/Store.ts"
import type { Unchecked } from "../types/Problem.ts"
import type { AnyDefinition, Cells, Input, Payload, SignalPayload, StateName, TargetName } from "../types/Table.ts"
import type { Targets } from "../types/Transition.ts"

/** What a handler can know of its run. */
export interface RunInfo {
  /** The id the caller gave the run, or a random UUID. */
  readonly id: string
}

/** What every function of a handler is given. */
interface RunContext<D extends AnyDefinition> {
  /** The input of the run: the payload of its start state. */
  readonly input: Input<D>
  /** The store of the run. */
  readonly store: Store<Cells<D>>
  /** The run. */
  readonly run: RunInfo
}

/** What a branch of a split, and the `items` of a forEach, is given: everything but `to`. */
export interface BranchContext<D extends AnyDefinition, N extends AnyState<D>> extends RunContext<D> {
  /** The name of the state. */
  readonly state: N extends "*" ? StateName<D> : N
  /** The payload of the state. */
  readonly payload: StateName<D> extends N ? PayloadOfAll<D, N> : Payload<D, N>
  /** How often the state's work has begun within this visit, from 1. */
  readonly attempt: number
}

// A name that is none has been refused: the compiler goes on with all names in its place. Each is not all of them, unless it
// is the only one.
type PayloadOfAll<D extends AnyDefinition, N extends AnyState<D>> =
  N extends AnyState<D> ? (StateName<D> extends N ? Payload<D, N> : Unchecked) : never

/** The name of a state, or `*` for any of them: the place of the policy that a workflow has for all. */
export type AnyState<D extends AnyDefinition> = StateName<D> | "*"

/** What a task or a route is given. */
export interface Context<D extends AnyDefinition, N extends AnyState<D>> extends BranchContext<D, N> {
  /** The permitted transitions: `to.Target(payload)`. */
  readonly to: Targets<D, TargetName<D, N>>
}

/** What the function of a join is given. */
export interface JoinContext<D extends AnyDefinition, N extends AnyState<D>, Results> extends Context<D, N> {
  /** What the strategy promises of the branches. */
  readonly results: Results
}

/** What the function of a catch is given. */
export interface CatchContext<D extends AnyDefinition, N extends AnyState<D>, E> extends Context<D, N> {
  /** The failure. */
  readonly error: E
}

/** What the function that runs for each item of a forEach is given. */
export interface ItemContext<D extends AnyDefinition, N extends StateName<D>, Item> extends BranchContext<D, N> {
  /** The item. */
  readonly item: Item
  /** Its position, from 0. */
  readonly index: number
}

/** What the function of a poll is given. */
export interface PollContext<D extends AnyDefinition, N extends StateName<D>> extends Context<D, N> {
  /** What it returns while there is no answer. */
  readonly pending: Pending
}

/** What a poll returns while there is no answer. */
export interface Pending {
  readonly pending: true
}

/** What the function for a signal is given. */
export interface SignalContext<D extends AnyDefinition, N extends StateName<D>, S extends string>
  extends Context<D, N> {
  /** The payload of the signal. */
  readonly signal: SignalPayload<D, S>
}

/** What the function for an exit of a called workflow is given. */
export interface CallContext<D extends AnyDefinition, N extends StateName<D>, Result> extends Context<D, N> {
  /** The payload of the exit. */
  readonly result: Result
}

/** What a compensation is given. */
export interface CompensationContext<D extends AnyDefinition, Target extends string> extends RunContext<D> {
  /** The payload with which the state went to the target: what its step produced. */
  readonly payload: Payload<D, Target>
  /** Why it is undone; empty when an exit that rolls back was reached. */
  readonly cause: Cause.Cause<unknown>
}

/** What the compensation of a branch is given. */
export interface BranchCompensationContext<D extends AnyDefinition, N extends StateName<D>, A> extends RunContext<D> {
  /** The payload of the state. */
  readonly payload: Payload<D, N>
  /** What the branch produced. */
  readonly value: A
  /** Why it is undone; empty when an exit that rolls back was reached. */
  readonly cause: Cause.Cause<unknown>
}

/** What the compensation of one item of a forEach is given. */
export interface ItemCompensationContext<D extends AnyDefinition, N extends StateName<D>, Item, A>
  extends BranchCompensationContext<D, N, A> {
  /** The item. */
  readonly item: Item
  /** Its position, from 0. */
  readonly index: number
}
