/**
 * When the join of a split or a forEach may proceed, and what it is given then.
 *
 * Every branch is a fiber of its own. A strategy that has seen enough interrupts the branches still running, waits for
 * their finalizers, and only then lets the join go on. A defect or an interruption of a branch is never tolerated: it
 * stops the others and ends the run.
 *
 * The items of a forEach may come from where it is not known how many there are: from a generator, an `AsyncIterable`, a
 * `Stream`. What cannot be reached any more is known at their end then, and not before; a share of them is, too.
 *
 * The strategies are those of the Rust crate cano, plus `tolerate` and `settled`.
 */
import type { Duration } from "effect"
import { toDuration } from "./engine/time.ts"
import type { AtLeastOne, Count, Share } from "./types/Literal.ts"
import type { Problem } from "./types/Problem.ts"

/** Every branch must succeed. */
export interface All {
  readonly _tag: "all"
}

/** The first success decides. */
export interface Any {
  readonly _tag: "any"
}

/** So many successes decide. */
export interface Quorum<out Required extends number> {
  readonly _tag: "quorum"
  readonly required: Required
}

/** That share of the branches, rounded up, must succeed. */
export interface Percentage {
  readonly _tag: "percentage"
  readonly share: number
}

/** So many successes decide, and what else was known by then is kept. */
export interface PartialResults<out Required extends number> {
  readonly _tag: "partialResults"
  readonly required: Required
}

/** Every branch settles, and only so many may fail. */
export interface Tolerate {
  readonly _tag: "tolerate"
  readonly limit: { readonly failures: number } | { readonly rate: number }
}

/** Every branch settles. */
export interface Settled {
  readonly _tag: "settled"
}

/** What has settled when the time is up. */
export interface PartialTimeout {
  readonly _tag: "partialTimeout"
  readonly duration: Duration.Duration
}

/** Any strategy, as plain data. */
export type Strategy =
  | All
  | Any
  | Quorum<number>
  | Percentage
  | PartialResults<number>
  | Tolerate
  | Settled
  | PartialTimeout

/**
 * Proceeds when every branch has succeeded; `results` holds each branch's value under its name, or, for a forEach, the
 * values in item order.
 *
 * The first failure stops the other branches and is the failure of the state, unwrapped.
 */
export const all: All = { _tag: "all" }

/**
 * Proceeds with the first success and stops the other branches; `results` is `{ branch, value }`, or
 * `{ index, item, value }` for a forEach.
 *
 * Fails with `AllBranchesFailed`, which holds every branch's typed error, when there is no success.
 */
export const any: Any = { _tag: "any" }

/**
 * Proceeds when `required` branches have succeeded and stops the others; `results` are the successes in completion
 * order.
 *
 * `required` is a whole number of at least 1, and at most the number of named branches. Fails with `QuorumNotReached`
 * as soon as it is known that it cannot be reached.
 */
export const quorum = <const Required extends number>(required: AtLeastOne<"quorum", Required>): Quorum<Required> => ({
  _tag: "quorum",
  // The parameter is `Required` itself wherever the call compiles.
  required: required as Required
})

/**
 * Proceeds when `share` of the branches, rounded up, have succeeded and stops the others; `results` are the successes
 * in completion order.
 *
 * `share` is above 0 and at most 1. Fails with `QuorumNotReached` as soon as it can no longer be reached. Decides nothing
 * until it is known how many branches there are.
 */
export const percentage = <const P extends number>(share: Share<"percentage", P>): Percentage => ({
  _tag: "percentage",
  // The parameter is `P` itself wherever the call compiles.
  share: share as P
})

/**
 * Proceeds when `required` branches have succeeded and stops the others; `results` is
 * `{ successes, failures, interrupted }`, each in branch order.
 *
 * `required` is a whole number of at least 1, and at most the number of named branches. Fails with `QuorumNotReached`
 * as soon as it is known that it cannot be reached. `interrupted` has the branches that never started, too, where it is
 * known which these are.
 */
export const partialResults = <const Required extends number>(
  required: AtLeastOne<"partialResults", Required>
): PartialResults<Required> => ({
  _tag: "partialResults",
  // The parameter is `Required` itself wherever the call compiles.
  required: required as Required
})

/**
 * Proceeds when every branch has settled and at most so many have failed; `results` is `{ successes, failures }` in
 * branch order.
 *
 * `failures` is a whole number of at least 0; `rate` is a share of the branches, above 0 and at most 1, rounded down.
 * Fails with `ToleranceExceeded` as soon as one too many has failed, and stops the others; a `rate` decides nothing until it
 * is known how many branches there are.
 */
export const tolerate = <const F extends number = never, const R extends number = never>(
  limit: { readonly failures?: Count<"tolerate", F>; readonly rate?: Share<"tolerate", R> } & OneOf<F, R>
): Tolerate => ({
  _tag: "tolerate",
  // The parameters are the numbers themselves, and one of them is given, wherever the call compiles.
  limit: limit as unknown as Tolerate["limit"]
})

type OneOf<F, R> = [F] extends [never]
  ? [R] extends [never]
    ? Problem<"tolerate takes failures or rate">
    : unknown
  : [R] extends [never]
    ? unknown
    : Problem<"tolerate takes either failures or rate, not both">

/** Proceeds when every branch has settled, and never fails; `results` is `{ successes, failures }` in branch order. */
export const settled: Settled = { _tag: "settled" }

/**
 * Proceeds when every branch has settled, or after `duration` with what has settled by then, stopping the others;
 * `results` is `{ successes, failures, interrupted }`, each in branch order.
 *
 * `duration` is zero or more, of time that the machine is awake. Fails with `NoBranchCompleted` when nothing has settled in
 * time.
 */
export const partialTimeout = (duration: Duration.Input): PartialTimeout => ({
  _tag: "partialTimeout",
  duration: toDuration(duration)
})
