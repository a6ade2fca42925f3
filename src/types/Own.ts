/**
 * What the policies of a handler stand around: a single piece of work, branches, or items.
 */
import type { Effect } from "effect"
import type { JoinTimeout, StateTimeout } from "../Errors.ts"

/** The key under which a handler that takes policies carries what they stand around. No value has it. */
export declare const OwnTypes: unique symbol

/** A single piece of work, which fails with `E` before any policy. */
export interface Work<out E> {
  readonly timeout: StateTimeout
  readonly work: Effect.Effect<unknown, E>
}

/** A branch of a split. */
export interface Branch<out Name, out A, out E> {
  readonly timeout: JoinTimeout
  readonly branch: Name
  readonly work: Effect.Effect<A, E>
}

/** The items of a forEach, and what is done for each. */
export interface Items<out Item, out A, out E> {
  readonly timeout: JoinTimeout
  readonly item: Item
  readonly work: Effect.Effect<A, E>
}

/** The failure of `.timeout`, by what it stands around. */
export type TimeoutOf<Own> = Own extends { readonly timeout: infer T } ? T : never
