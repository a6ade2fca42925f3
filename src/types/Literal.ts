/** Checks of numbers whose value the compiler knows. A plain `number` passes: it is checked when it is used. */
import type { GreaterThan, UnionLength } from "type-fest"

type NotAtLeastOne = `-${string}` | "0" | `${string}.${string}` | `${string}e-${string}`

/** `N` itself when it can be a count of at least one; else a message in its place. */
export type AtLeastOne<What extends string, N extends number> = `${N}` extends NotAtLeastOne
  ? `${What} must be a whole number of at least 1, not ${N}`
  : N

/** `N` itself when it can be a count, zero included; else a message in its place. */
export type Count<What extends string, N extends number> =
  `${N}` extends Exclude<NotAtLeastOne, "0"> ? `${What} must be a whole number of at least 0, not ${N}` : N

/** `N` itself when it can be a share, above 0 and at most 1; else a message in its place. */
export type Share<What extends string, N extends number> = number extends N
  ? N
  : `${N}` extends "1" | `0.${string}` | `${number}e-${number}`
    ? `${N}` extends `-${string}`
      ? ShareProblem<What, N>
      : N
    : ShareProblem<What, N>

type ShareProblem<What extends string, N extends number> = `${What} must be above 0 and at most 1, not ${N}`

/** The message for a number of required branches that is more than there are, or `never`. */
export type TooMany<What extends string, N extends number, Branches> = number extends N
  ? never
  : N extends number
    ? GreaterThan<N, UnionLength<Branches>> extends true
      ? `${What}(${N}) can never be reached: the split has ${UnionLength<Branches>} branches`
      : never
    : never
