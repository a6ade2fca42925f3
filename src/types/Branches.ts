/**
 * What each strategy promises the join, and how it can fail, for the branches of a split and the items of a forEach.
 */
import type { Effect } from "effect"
import type { AllBranchesFailed, NoBranchCompleted, QuorumNotReached, ToleranceExceeded } from "../Errors.ts"
import type { PartialResults, Quorum } from "../Join.ts"
import type { TooMany } from "./Literal.ts"
import type { Branch } from "./Own.ts"
import type { Result } from "./Result.ts"

/** The branches of a split, each as the Effect it stands for. */
export type BranchEffects<Branches> = {
  readonly [K in keyof Branches]: Branches[K] extends (context: never) => infer Out
    ? Effect.Effect<Result<Out>["value"], Result<Out>["error"], Result<Out>["services"]>
    : never
}

/** The branches of a split taken apart. An interface, for the reason that `Result` is one. */
export interface BranchParts<Branches> {
  /** The value of each branch. */
  readonly values: {
    readonly [K in keyof Branches]: Branches[K] extends Effect.Effect<infer A, infer _E, infer _R> ? A : never
  }
  /** Each branch. */
  readonly branch: {
    [K in keyof Branches]: Branches[K] extends Effect.Effect<infer A, infer E, infer _R> ? Branch<K, A, E> : never
  }[keyof Branches]
  /** A success, discriminated by its branch. */
  readonly success: {
    [K in keyof Branches]: Branches[K] extends Effect.Effect<infer A, infer _E, infer _R>
      ? { readonly branch: K; readonly value: A }
      : never
  }[keyof Branches]
  /** A failure, discriminated by its branch; one that cannot fail has no place in the union. */
  readonly failure: {
    [K in keyof Branches]: Branches[K] extends Effect.Effect<infer _A, infer E, infer _R>
      ? [E] extends [never]
        ? never
        : { readonly branch: K; readonly error: E }
      : never
  }[keyof Branches]
  /** A branch that has not settled. */
  readonly place: { [K in keyof Branches]: { readonly branch: K } }[keyof Branches]
  /** The typed errors. */
  readonly error: Branches[keyof Branches] extends infer B
    ? B extends Effect.Effect<infer _A, infer E, infer _R>
      ? E
      : never
    : never
  /** The services. */
  readonly services: Branches[keyof Branches] extends infer B
    ? B extends Effect.Effect<infer _A, infer _E, infer R>
      ? R
      : never
    : never
}

/** A success of a forEach. */
export interface ItemSuccess<Item, A> {
  readonly index: number
  readonly item: Item
  readonly value: A
}

/** A failure of a forEach. */
export interface ItemFailure<Item, E> {
  readonly index: number
  readonly item: Item
  readonly error: E
}

/** An item of a forEach that has not settled. */
export interface ItemPlace<Item> {
  readonly index: number
  readonly item: Item
}

/** Every branch has settled. */
export interface SettledResults<Success, Failure> {
  readonly successes: ReadonlyArray<Success>
  readonly failures: ReadonlyArray<Failure>
}

/** Some branches have settled; the others were interrupted or never started. */
export interface PartialResultsOf<Success, Failure, Place> extends SettledResults<Success, Failure> {
  readonly interrupted: ReadonlyArray<Place>
}

/** `results` by strategy. */
export interface Results<AllOf, Success, Failure, Place> {
  readonly all: AllOf
  readonly any: Success
  readonly quorum: ReadonlyArray<Success>
  readonly percentage: ReadonlyArray<Success>
  readonly partialResults: PartialResultsOf<Success, Failure, Place>
  readonly tolerate: SettledResults<Success, Failure>
  readonly settled: SettledResults<Success, Failure>
  readonly partialTimeout: PartialResultsOf<Success, Failure, Place>
}

/** The failures by strategy. */
export interface Errors<E, Success, Failure> {
  readonly all: E
  readonly any: AllBranchesFailed<Failure>
  readonly quorum: QuorumNotReached<Success, Failure>
  readonly percentage: QuorumNotReached<Success, Failure>
  readonly partialResults: QuorumNotReached<Success, Failure>
  readonly tolerate: ToleranceExceeded<Failure>
  readonly settled: never
  readonly partialTimeout: NoBranchCompleted
}

/** `results` of a split, by strategy. */
export type SplitResults<Branches> = Results<
  BranchParts<Branches>["values"],
  BranchParts<Branches>["success"],
  BranchParts<Branches>["failure"],
  BranchParts<Branches>["place"]
>

/** The failures of a split, by strategy. */
export type SplitErrors<Branches> = Errors<
  BranchParts<Branches>["error"],
  BranchParts<Branches>["success"],
  BranchParts<Branches>["failure"]
>

/** `results` of a forEach, by strategy. */
export type ForEachResults<Item, A, E> = Results<
  ReadonlyArray<A>,
  ItemSuccess<Item, A>,
  [E] extends [never] ? never : ItemFailure<Item, E>,
  ItemPlace<Item>
>

/** The failures of a forEach, by strategy. */
export type ForEachErrors<Item, A, E> = Errors<E, ItemSuccess<Item, A>, ItemFailure<Item, E>>

/** The message for a strategy that the named branches of a split can never satisfy, or `never`. */
export type StrategyProblem<S, Branches> =
  S extends Quorum<infer N>
    ? TooMany<"quorum", N, Branches>
    : S extends PartialResults<infer N>
      ? TooMany<"partialResults", N, Branches>
      : never
