/**
 * What a user's function gives: a value, an Effect of one, or a generator that returns one.
 */
import { Effect, Exit, Predicate } from "effect"
import { InvalidResult, InvalidYield } from "../Errors.ts"
import type { AnyEffect } from "../handler/Spec.ts"
import type { AnyFunction } from "../types/Result.ts"
import type { Perform, Transition } from "./model.ts"

/** Goes on with the value of a function's result. */
export type Continue = (value: unknown) => AnyEffect

/** A function of the user, to be called with a visit: what the types of its context promise, a visit has. */
export const performing = (f: AnyFunction): Perform => f as Perform

/** The tag of a transition; of anything else, what is no name of a place. */
export const tagOf = (result: unknown): string => (result as Transition | undefined | null)?._tag as string

/** Any of the three forms as an Effect. */
export const toEffect = (result: unknown): AnyEffect => {
  if (Effect.isEffect(result)) return result
  return isGenerator(result) ? drive(result, undefined, Effect.succeed) : Effect.succeed(result)
}

/**
 * As `toEffect`, and goes on with the value where it has to be waited for. A result that is there already is given back as
 * it is, so that a loop over such results stays a loop.
 */
export const toEffectThen = (result: unknown, then: Continue): AnyEffect => {
  if (isGenerator(result)) return drive(result, undefined, then)
  const effect = toEffect(result)
  return Exit.isExit(effect) ? effect : Effect.flatMap(effect, then)
}

/** As `toEffect`, and tells what the value is in the moment it is there. */
export const tapEffect = (result: unknown, tell: (value: unknown) => void): AnyEffect => {
  const effect = toEffectThen(result, (value) => {
    tell(value)
    return Effect.succeed(value)
  })
  if (Exit.isExit(effect) && Exit.isSuccess(effect)) tell(effect.value)
  return effect
}

type EffectGenerator = Generator<AnyEffect, unknown, unknown>

/**
 * A generator is told by what made it, a generator function: what merely looks like one, as the iterator of a Map does, is
 * a value. An async one is neither.
 */
const isGenerator = (value: unknown): value is EffectGenerator =>
  typeof value === "object" && value !== null && (value as Tagged)[Symbol.toStringTag] === "Generator"

interface Tagged {
  readonly [Symbol.toStringTag]?: unknown
}

/**
 * Runs a generator as `Effect.gen` does, but at once, as far as it goes without waiting: one that only uses finished
 * Effects is finished itself.
 */
const drive = (generator: EffectGenerator, value: unknown, then: Continue): AnyEffect => {
  let state = generator.next(value)
  while (!state.done) {
    const effect = state.value
    // `in` at its own place is several times faster than a shared predicate that has seen every shape. What the types call an
    // Effect may be anything that a generator without types yields.
    const isObject = (typeof effect === "object" && effect !== null) || typeof effect === "function"
    if (!isObject || !(Effect.TypeId in effect)) return Exit.die(new InvalidYield({ received: effect }))
    if (!Exit.isExit(effect)) {
      return Effect.flatMap(effect, (value) => {
        const rest = drive(generator, value, then)
        return Exit.isExit(rest) && Exit.isSuccess(rest) ? then(rest.value) : rest
      })
    }
    if (Exit.isFailure(effect)) return effect
    state = generator.next(effect.value)
  }
  return Effect.succeed(state.value)
}

/** Whether a value can be gone on with: it is nothing that somebody still would have to call, run or wait for, and no list of that. */
export const isUsable = (value: unknown): boolean =>
  isSettled(value) && (!Array.isArray(value) || value.every(isSettled))

/** Neither a function, nor a Promise, an async generator, or an Effect within an Effect; an `Exit` is a value. */
const isSettled = (value: unknown): boolean => {
  if (typeof value === "function") return false
  if (typeof value !== "object" || value === null) return true
  if (Effect.isEffect(value)) return Exit.isExit(value)
  return !Predicate.isPromiseLike(value) && (value as Tagged)[Symbol.toStringTag] !== "AsyncGenerator"
}

/** That a function of a state, which `giver` names, gave what cannot be gone on with. */
export const invalidResult = (workflow: string, state: string, giver: string, received: unknown): InvalidResult => {
  ignoreRejection(received)
  return new InvalidResult({ workflow, state, giver, received })
}

/** Of a result that is refused nobody else will hear how it ends; a Promise that is rejected would end the process. */
export const ignoreRejection = (received: unknown): void => {
  if (Predicate.isPromise(received)) received.catch(() => {})
}
