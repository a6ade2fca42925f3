/**
 * What a handler's function gives: a transition, an Effect of one, or a generator that returns one. Errors, services
 * and the targets taken are read off its return type, and a result that is no transition becomes a message.
 */
import type { Effect, Scope } from "effect"
import type { Pending } from "../handler/Context.ts"
import type { IsUnchecked, Unchecked } from "./Problem.ts"
import type { AnyDefinition, TargetName } from "./Table.ts"
import type { Transitions } from "./Transition.ts"

type AnyEffect = Effect.Effect<unknown, unknown, unknown>

/**
 * What a function gives that has been refused, and of which nothing is known for that: it goes anywhere, and fails with
 * anything. The compiler goes on after an error with the default of a type parameter, which is this one for a result.
 */
export type Refused = Effect.Effect<{ readonly _tag: string }, RefusedError>

/** What a function fails with that has been refused: what a catch asks for. A workflow does not fail with it. */
export interface RefusedError {
  readonly [RefusedKey]: never
  readonly _tag: string
  readonly [key: string]: Unchecked
}

/** The key that tells `RefusedError` from the errors there are. No value has it. */
declare const RefusedKey: unique symbol

/** Any function of one context. `never` accepts every parameter type. */
export type AnyFunction = (context: never) => unknown

/**
 * A function's result taken apart. It is an interface because a property, unlike a type alias, leaves no name of its own
 * on the union it computes: hovers and declarations show the union. Of a function that is generic they show the conditions,
 * which is why `any` is told apart without a name from another package: a user's declarations cannot refer to that.
 */
export interface Result<Out> {
  /**
   * What comes out in the end: the result of the Effect, the return of the generator, or the value itself, as which a
   * generator counts that does not yield Effects only.
   */
  readonly value: IsUnchecked<Out> extends true
    ? Out
    : Out extends Effect.Effect<infer A, infer _E, infer _R>
      ? A
      : Out extends Generator<infer Y, infer A, infer _N>
        ? [Y] extends [AnyEffect]
          ? A
          : Out
        : Out

  /** The targets of the transitions among the values; of `any` and of what is refused as none, all. */
  readonly taken: IsUnchecked<this["value"]> extends true ? string : TakenOf<this["value"]>

  /** The typed errors. */
  readonly error: IsUnchecked<Out> extends true
    ? RefusedError
    : Out extends Effect.Effect<infer _A, infer E, infer _R>
      ? E
      : Out extends Generator<infer Y, infer _A, infer _N>
        ? Y extends Effect.Effect<infer _B, infer E, infer _R>
          ? E
          : never
        : never

  /** The services. Every visit of a state has a `Scope` of its own, and so has every branch. */
  readonly services: IsUnchecked<Out> extends true
    ? never
    : Out extends Effect.Effect<infer _A, infer _E, infer R>
      ? Exclude<R, Scope.Scope>
      : Out extends Generator<infer Y, infer _A, infer _N>
        ? Y extends Effect.Effect<infer _B, infer _E, infer R>
          ? Exclude<R, Scope.Scope>
          : never
        : never
}

type TakenOf<A> = A extends { readonly _tag: infer Tag extends string } ? Tag : A extends Pending ? never : string

/** The errors with a tag. */
export type Tagged<E, Tag> = E extends { readonly _tag: infer T } ? (Tag extends T ? E : never) : never

/** The tags of a union of tagged values. */
export type TagOf<A> = A extends { readonly _tag: infer Tag extends string } ? Tag : never

/**
 * `Out` itself when it is a transition of `N` in one of the three forms; else a message in its place. Nothing is known of it
 * while another argument is wrong: that has to pass, so that the other is what the error is about.
 */
export type CheckedResult<D extends AnyDefinition, N extends string, Out> = [Result<Out>["value"]] extends [
  Transitions<D, N>
]
  ? Out
  : [Refused] extends [Out]
    ? unknown
    : ResultProblem<D, N, Result<Out>["value"]>

/** As `CheckedResult`, for a route: the transition itself, without an Effect. */
export type CheckedRoute<D extends AnyDefinition, N extends string, Out> = [Out] extends [Transitions<D, N>]
  ? Out
  : [Result<Out>["value"]] extends [Transitions<D, N>]
    ? `route '${N}' must return its transition itself, not an Effect or a generator: make it a task`
    : ResultProblem<D, N, Result<Out>["value"]>

/**
 * As `CheckedResult`, for a poll, which may also give `pending`.
 */
export type CheckedPoll<D extends AnyDefinition, N extends string, Out> = [Refused] extends [Out]
  ? unknown
  : [Exclude<Result<Out>["value"], Pending>] extends [Transitions<D, N>]
    ? Out
    : ResultProblem<D, N, Exclude<Result<Out>["value"], Pending>>

/** The message for a state whose handler returns what is no transition of it, or `never`. */
export type ResultProblem<D extends AnyDefinition, N extends string, Value> = [Value] extends [Transitions<D, N>]
  ? never
  : Wrong<N, Exclude<Value, Transitions<D, N>>>

type Wrong<N extends string, Value> =
  Value extends PromiseLike<unknown>
    ? `state '${N}' returns a Promise: return an Effect instead, made with Effect.tryPromise`
    : Value extends AsyncGenerator<unknown, unknown, never>
      ? `state '${N}' is an async generator: make it a generator, which yields Effects made with Effect.tryPromise`
      : Value extends Generator<unknown, unknown, never>
        ? `state '${N}' yields what is no Effect: use yield*, and make Effects of Promises with Effect.tryPromise`
        : Value extends (...args: never) => { readonly _tag: infer T extends string }
          ? `state '${N}' returns to.${T} itself: call it`
          : Value extends undefined | void
            ? `state '${N}' must return a transition on every path: one returns nothing`
            : `state '${N}' must return a transition made by its own 'to'`

/** The message for a declared target that a handler never goes to, or `never`. */
export type NeverTaken<D extends AnyDefinition, N extends string, Taken> =
  Exclude<TargetName<D, N>, Taken> extends infer Missing extends string
    ? Missing extends string
      ? N extends "*"
        ? `the fallback '${Missing}' is declared, but no policy of the workflow goes there`
        : `state '${N}' declares the target '${Missing}', but its handler never goes there`
      : never
    : never
