/**
 * The three forms in which a user's function may give its result.
 */
import { Effect, Predicate } from "effect"
import type { AnyEffect } from "../graph/Spec.ts"

/** Whether a value is a generator object that waits to be run. */
export const isGenerator = (
  value: unknown
): value is Generator<Effect.Effect<unknown, unknown, unknown>, unknown, never> =>
  Predicate.isObject(value) && Symbol.iterator in value && "next" in value

/** Any of the three forms as an Effect: an Effect itself, a generator that is run, or a plain value. */
export const toEffect = (result: unknown): AnyEffect => {
  if (Effect.isEffect(result)) return result
  return isGenerator(result) ? Effect.fnUntracedEager(() => result)() : Effect.succeed(result)
}
