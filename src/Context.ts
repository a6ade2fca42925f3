/**
 * What a function of a handler is given. Every one takes a single context.
 */
import type { Store } from "./Store.ts"
import type { AnyDefinition, Cells, Input, Payload, StateName, TargetName } from "./types/Table.ts"
import type { Targets } from "./types/Transition.ts"

/** What a handler can know of its run. */
export interface RunInfo {
  /** The id the caller gave the run, or a random UUID. */
  readonly id: string
}

/** What a branch of a split, and the `items` of a forEach, is given: everything but `to`. */
export interface BranchContext<D extends AnyDefinition, N extends StateName<D>> {
  /** The input of the run: the payload of its start state. */
  readonly input: Input<D>
  /** The payload of the state. */
  readonly payload: Payload<D, N>
  /** The store of the run. */
  readonly store: Store<Cells<D>>
  /** How often the state's work has begun within this visit, from 1. */
  readonly attempt: number
  /** The run. */
  readonly run: RunInfo
}

/** What a task or a route is given. */
export interface Context<D extends AnyDefinition, N extends StateName<D>> extends BranchContext<D, N> {
  /** The permitted transitions: `to.Target(payload)`. */
  readonly to: Targets<D, TargetName<D, N>>
}

/** What the function of a join is given. */
export interface JoinContext<D extends AnyDefinition, N extends StateName<D>, Results> extends Context<D, N> {
  /** What the strategy promises of the branches. */
  readonly results: Results
}

/** What the function of a catch is given. */
export interface CatchContext<D extends AnyDefinition, N extends StateName<D>, E> extends Context<D, N> {
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
