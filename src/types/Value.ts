/**
 * What a function gives where that is no transition: a branch, what is done for an item, an undo. Everything is a value
 * that the strategy hands on, but for what can only be a mistake, as nothing would run it or wait for it.
 *
 * A function whose result is generic passes: the compiler then relates it to every branch of a check that the type could
 * still take. That is why each check asks for `[Fine<...>] extends [never]`, which no type that is not known yet can be.
 */
import type { Effect, Exit, Scope, Stream } from "effect"
import type { IsAny } from "type-fest"
import type { IsUnchecked, Problem, Unchecked } from "./Problem.ts"
import type { AnyFunction, Result } from "./Result.ts"

type AnyEffect = Effect.Effect<unknown, unknown, unknown>

/** What is wrong with a value, or `never`. An `Exit` is an Effect, too, and what `Effect.exit` gives. */
type Mistake<V> =
  IsAny<V> extends true
    ? never
    : V extends PromiseLike<unknown>
      ? "returns a Promise: return an Effect instead, made with Effect.tryPromise"
      : V extends AsyncGenerator<unknown, unknown, never>
        ? "is an async generator: make it a generator, which yields Effects made with Effect.tryPromise"
        : V extends AnyFunction
          ? "returns a function, which nothing calls: call it"
          : V extends Exit.Exit<unknown, unknown>
            ? never
            : V extends AnyEffect
              ? "results in an Effect, which nothing runs: use Effect.flatMap, or yield* it"
              : V extends Generator<infer Y, unknown, never>
                ? GeneratorMistake<Y>
                : V extends ReadonlyArray<infer Element>
                  ? ArrayMistake<Element>
                  : never

/** A generator is left where it does not yield Effects only, or where an Effect gives it. */
type GeneratorMistake<Y> = [Y] extends [AnyEffect]
  ? "results in a generator, which nothing runs: yield* it, or use Effect.gen"
  : "yields what is no Effect: use yield*, and make Effects of Promises with Effect.tryPromise"

type ArrayMistake<Element> =
  IsAny<Element> extends true
    ? never
    : Element extends Exit.Exit<unknown, unknown>
      ? never
      : Element extends AnyEffect
        ? "returns an array of Effects, which nothing runs: make one Effect of them with Effect.all"
        : Element extends PromiseLike<unknown>
          ? "returns an array of Promises: make an Effect of each with Effect.tryPromise, and one of them with Effect.all"
          : Element extends AnyFunction
            ? "returns an array of functions, which nothing calls: call them"
            : never

/** `never` where there is a mistake, and nothing else where none is known. */
export type Fine<M> = [M] extends [never] ? "fine" : never

/** `unknown` for a function that gives a value, a message for one that gives what nothing runs or waits for. */
export type CheckedValue<Who extends string, Out> = [Fine<Mistake<Result<Out>["value"]>>] extends [never]
  ? Problem<`${Who} ${Mistake<Result<Out>["value"]>}`>
  : unknown

/** What holds the items of a forEach, or gives them one after another, itself. */
export type CheckedItems<N extends string, Items> = [Fine<ItemsMistake<Items>>] extends [never]
  ? `the items of state '${N}' ${ItemsMistake<Items>}`
  : Items & (Iterable<unknown> | AsyncIterable<unknown> | Stream.Stream<unknown, unknown, unknown>)

/** What holds the items of a forEach, taken apart. An interface, for the reason that `Result` is one. */
export interface Source<Items> {
  readonly item: IsUnchecked<Items> extends true
    ? Unchecked
    : Items extends Iterable<infer Item> | AsyncIterable<infer Item> | Stream.Stream<infer Item, infer _E, infer _R>
      ? Item
      : never
  readonly error: IsUnchecked<Items> extends true
    ? never
    : Items extends Stream.Stream<infer _Item, infer E, infer _R>
      ? E
      : never
  readonly services: IsUnchecked<Items> extends true
    ? never
    : Items extends Stream.Stream<infer _Item, infer _E, infer R>
      ? Exclude<R, Scope.Scope>
      : never
}

type ItemsMistake<Items> =
  IsAny<Items> extends true
    ? never
    : Items extends PromiseLike<unknown>
      ? "are in a Promise: have an earlier state get them"
      : Items extends AnyEffect
        ? "are in an Effect: have an earlier state get them"
        : Items extends string
          ? "are the characters of a string: spread it, if they are meant"
          : Items extends Generator<AnyEffect, infer Rest, never>
            ? // One that makes items has nothing to return.
              [Rest] extends [void]
              ? never
              : "come of a generator that yields Effects: have an earlier state get them"
            : never

/**
 * The input of another workflow, itself; a message where a payload of a wide type, `unknown` or `void`, say, would let
 * through what nothing waits for.
 */
export type CheckedInput<Who extends string, Input, Given> = [Fine<InputMistake<Input, Given>>] extends [never]
  ? Given & Problem<`${Who} ${InputMistake<Input, Given>}`>
  : Input

type InputMistake<Input, Given> = Mistake<IsWide<Input> extends true ? Given : [void] extends [Input] ? Given : never>

type IsWide<T> = [Promise<never>] extends [T] ? true : false

/** The input of another workflow as a value, which is no function: a function gives the input. */
export type InputValue<Input> = IsWide<Input> extends true ? PlainValue : Exclude<Input, AnyFunction>

type PlainValue = string | number | bigint | boolean | symbol | null | undefined | { readonly apply?: never }
