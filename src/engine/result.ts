/**
 * The three forms in which a user's function may give its result.
 */
import { Effect, Exit } from "effect"
import type { AnyEffect } from "../graph/Spec.ts"

/** Goes on with the value of a function's result. */
export type Continue = (value: unknown) => AnyEffect

/** Any of the three forms as an Effect: an Effect itself, a generator that is run, or a plain value. */
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

// Asked at every step: `in` at its own place is several times faster than a shared predicate that has seen every shape.
const isGenerator = (value: unknown): value is EffectGenerator =>
  typeof value === "object" && value !== null && "next" in value && Symbol.iterator in value

/**
 * Runs a generator as `Effect.gen` does, but at once, as far as it goes without waiting: one that only uses finished
 * Effects is finished itself.
 */
const drive = (generator: EffectGenerator, value: unknown, then: Continue): AnyEffect => {
  let state = generator.next(value)
  while (!state.done) {
    const effect = state.value
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
