/**
 * The record of handlers that `implement` and `layer` take: one for every state, checked one by one.
 */
import type { CompensationFailed } from "../Errors.ts"
import type { Context } from "../handler/Context.ts"
import type { Handler } from "../handler/Handler.ts"
import type { NameOf } from "./Name.ts"
import type { IsUnchecked, MisnamedProblem, NoProblem, Problem, Unchecked } from "./Problem.ts"
import type { NeverTaken, RefusedError, Result, ResultProblem, TagOf } from "./Result.ts"
import type { AnyDefinition, DefinitionTypes, ExitName, Failure, FallbackName, StateName } from "./Table.ts"

/** A handler for every state: a function, a generator, or a value made by the definition, which is looked at later. */
export type Handlers<D extends AnyDefinition> = {
  readonly [N in StateName<D>]: ((context: Context<D, N>) => unknown) | object
}

/** The branches of a split, or the items of a forEach, whose join has been forgotten. */
interface Unjoined {
  readonly join: (strategy: never, then: never) => unknown
}

/** `unknown` for every handler that is right, a message for every one that is not. */
export type CheckedHandlers<D extends AnyDefinition, H> = {
  readonly [K in keyof H]: K extends StateName<D> ? CheckedHandler<D, K, H[K]> : UnknownKey<D, K>
}

type UnknownKey<D extends AnyDefinition, K> = K extends number
  ? unknown
  : K extends ExitName<D>
    ? Problem<`'${K & string}' is an exit and takes no handler`>
    : MisnamedProblem<K, `'${K & string}' is not a state`>

/**
 * As `CheckedHandlers`, for a name that is a number, which makes a key that is none of the names. Next to no record has one:
 * for every other it is `unknown`.
 */
export type NumberedHandlers<D extends AnyDefinition, H, Keys extends keyof H = keyof H & number> = [Keys] extends [
  never
]
  ? unknown
  : {
      readonly [K in Keys]: NameOf<K> extends StateName<D>
        ? CheckedHandler<D, NameOf<K>, H[K]>
        : UnknownKey<D, NameOf<K>>
    }

// The compiler first tries a call with `H` as its constraint, where nothing is known of a handler yet: `object` has to pass.
// A handler that goes anywhere has been refused where it was made.
type CheckedHandler<D extends AnyDefinition, N extends StateName<D>, H> =
  H extends Handler<infer Of, infer State, infer Taken, infer _E, infer _R>
    ? string extends Taken
      ? unknown
      : [Of[typeof DefinitionTypes]] extends [D[typeof DefinitionTypes]]
        ? State extends N
          ? NoProblem<NeverTaken<D, N, Taken>>
          : Problem<`this handler is for state '${State}', not for '${N}'`>
        : Problem<`this handler of state '${N}' belongs to another definition`>
    : H extends (context: never) => infer Out
      ? CheckedFunction<D, N, Out>
      : object extends H
        ? unknown
        : NoHandler<N, H>

type NoHandler<N extends string, H> = H extends Unjoined
  ? Problem<`the branches of state '${N}' have no join: call .join(strategy, f)`>
  : Problem<`this is no handler of state '${N}': give a function, or what the definition makes`>

type CheckedFunction<D extends AnyDefinition, N extends StateName<D>, Out> =
  IsUnchecked<Out> extends true
    ? unknown
    : [ResultProblem<D, N, Result<Out>["value"]>] extends [never]
      ? NoProblem<NeverTaken<D, N, Result<Out>["taken"]>>
      : NoProblem<ResultProblem<D, N, Result<Out>["value"]>>

/**
 * `unknown` for every handler whose failures are declared, a message for every other. Where there is a fallback, the policy
 * that goes there sees to those of most: what it leaves is checked then, in `PolicyErrors`.
 */
export type CheckedFailures<D extends AnyDefinition, H> = {
  readonly [K in keyof H]: CheckedFailure<D, K, UnsharedErrors<D, K, HandlerParts<H[K]>["error"]>>
}

type UnsharedErrors<D extends AnyDefinition, K, E> = [FallbackName<D>] extends [never]
  ? E
  : K extends FallbackName<D>
    ? E
    : Extract<E, CompensationFailed>

// As above, nothing is known of the errors of a handler while `H` is its constraint: `unknown` has to pass.
type CheckedFailure<D extends AnyDefinition, K, E> = unknown extends E
  ? unknown
  : [Exclude<E, Failure<D> | RefusedError>] extends [never]
    ? unknown
    : UndeclaredFailure<K, Exclude<E, Failure<D> | RefusedError>>

type UndeclaredFailure<K, E> = [TagOf<E>] extends [never]
  ? Problem<readonly [`state '${NameOf<K> & string}' can fail with what .failure does not declare`, E]>
  : Problem<`state '${NameOf<K> & string}' can fail with '${TagOf<E>}', which .failure does not declare`>

/**
 * The errors that the policy of a workflow is put around: those of every handler that no other falls back to. Of a record
 * that has been refused, nothing is known.
 */
export type SharedErrors<D extends AnyDefinition, H> = object extends H[keyof H]
  ? Unchecked
  : Exclude<HandlerParts<H[Exclude<keyof H, FallbackName<D>>]>["error"], CompensationFailed | RefusedError>

/** The errors that the policy of a workflow does not see. */
export type OtherErrors<D extends AnyDefinition, H> =
  | Exclude<HandlerParts<H[keyof H & FallbackName<D>]>["error"], RefusedError>
  | Extract<HandlerParts<H[keyof H]>["error"], CompensationFailed>

/** The message for a policy that leaves, or adds, failures that are not declared, or `never`. */
export type PolicyErrors<D extends AnyDefinition, H, E> = [FallbackName<D>] extends [never]
  ? UndeclaredErrors<E, Failure<D> | SharedErrors<D, H> | RefusedError>
  : UndeclaredErrors<E, Failure<D> | RefusedError>

type UndeclaredErrors<E, Declared> = unknown extends E ? never : UndeclaredError<Exclude<E, Declared>>

type UndeclaredError<E> = [E] extends [never]
  ? never
  : [TagOf<E>] extends [never]
    ? readonly ["the workflow can fail with what .failure does not declare", E]
    : `the workflow can fail with '${TagOf<E>}', which .failure does not declare`

/** What a handler adds to its workflow. An interface, for the reason that `Result` is one. */
export interface HandlerParts<H> {
  readonly error: H extends Handler<infer _D, infer _N, infer _T, infer E, infer _R>
    ? E
    : H extends (context: never) => infer Out
      ? Result<Out>["error"]
      : never
  readonly services: H extends Handler<infer _D, infer _N, infer _T, infer _E, infer R>
    ? R
    : H extends (context: never) => infer Out
      ? Result<Out>["services"]
      : never
}
