/**
 * What stands between a handler and a dependency: circuit breakers, rate limiters, bulkheads.
 *
 * A guard is a function from Effect to Effect. Those of Effect's own modules are: `semaphore.withPermits(1)` is a bulkhead,
 * shared by all who use the same semaphore. The breaker and the limiter here are Effect's, looked up in the context when
 * the handler runs, so that a Layer says with which policy and in which store they count.
 *
 * The same guard can stand in a handler's `.guard(...)` and in a branch, as `effect.pipe(guard)`. A branch that is
 * interrupted because it lost its join does not count as a failure of what it called.
 */
import { type Context, Effect, type Exit, type Semaphore } from "effect"
import { CircuitBreaker, RateLimiter } from "effect/persistence"
import { InvalidOptions } from "./Errors.ts"
import { countProblems, periodProblems } from "./graph/problems.ts"
import type { AtLeastOne } from "./types/Literal.ts"

/**
 * What can be put around any Effect: it may fail with `E`, and needs `R`. One that looks at the context of the handler, for
 * a circuit or a limit per customer or host, takes that as its second argument.
 */
export type Guard<out E, out R, in Context extends ReadonlyArray<unknown> = ReadonlyArray<unknown>> = <A, E1, R1>(
  effect: Effect.Effect<A, E1, R1>,
  ...context: Context
) => Effect.Effect<A, E1 | E, R1 | R>

/** Which circuit, and what counts as a failure of it. */
export interface CircuitBreakerOptions<Key, Id> {
  /** The name of the circuit, or a function of the handler's context that gives it. */
  readonly key: Key
  /** The breaker, where there are several policies; `CircuitBreaker` of `effect/persistence` unless given. */
  readonly breaker?: Context.Key<Id, CircuitBreaker.CircuitBreaker>
  /** What an ending says of the dependency; unless given, every failure but an interruption counts against it. */
  readonly classify?: (exit: Exit.Exit<unknown, unknown>) => CircuitBreaker.Outcome
}

/**
 * Rejects calls at once while a dependency is failing, with Effect's `CircuitBreaker`.
 *
 * Fails with `CircuitBreakerError`, whose `reason` says why; a `.catchTag("CircuitBreakerError", ...)` turns it into a
 * transition. The policy and the store are those of the Layer: `CircuitBreaker.layer({ ... })` over
 * `CircuitBreaker.layerStoreMemory()`, or over `CircuitBreaker.layerStoreRedis()` to share circuits between processes.
 *
 * ```ts
 * import { Data, Effect, Layer, Schema } from "effect"
 * import { CircuitBreaker } from "effect/persistence"
 * import { Guard, Workflow } from "sluice"
 *
 * class Quote extends Workflow.define("Quote")
 *   .state("Ask", Schema.String, ["Quoted", "Unavailable"])
 *   .exit("Quoted", Schema.Number)
 *   .exit("Unavailable", Schema.String)
 *   .start("Ask") {}
 *
 * class NoQuote extends Data.TaggedError("NoQuote") {}
 * declare const ask: (symbol: string) => Effect.Effect<number, NoQuote>
 *
 * const Ask = Quote.task("Ask", ({ payload, to }) => Effect.map(ask(payload), to.Quoted))
 *   .guard(Guard.circuitBreaker({ key: "quotes" }))
 *   .catch(({ error, to }) => to.Unavailable(error._tag))
 *
 * const program = Quote.implement({ Ask }).run("ACME").pipe(
 *   Effect.provide(
 *     CircuitBreaker.layer({ tripPolicy: CircuitBreaker.consecutive(5), openDuration: "30 seconds" }).pipe(
 *       Layer.provide(CircuitBreaker.layerStoreMemory())
 *     )
 *   )
 * )
 * ```
 */
export const circuitBreaker =
  <In extends ReadonlyArray<unknown> = ReadonlyArray<unknown>, Id = CircuitBreaker.CircuitBreaker>(
    options: CircuitBreakerOptions<string | ((...context: In) => string), Id>
  ): Guard<CircuitBreaker.CircuitBreakerError, Id, In> =>
  (effect, ...context) => {
    const { breaker, classify, key } = options
    // `Id` is Effect's own service unless another one is given.
    const service = (breaker ?? CircuitBreaker.CircuitBreaker) as Context.Key<Id, CircuitBreaker.CircuitBreaker>
    return Effect.flatMap(service, ({ execute }) => execute(effect, { key: keyIn(key, context), classify }))
  }

/** Which limit, and what happens above it. */
export interface RateLimiterOptions<Key, Limit extends number> {
  /** The name of the limit, or a function of the handler's context that gives it. */
  readonly key: Key
  /** How many tokens a window has: a whole number of at least 1. */
  readonly limit: AtLeastOne<"limit", Limit>
  /** The length of the window: finite, and at least a millisecond. */
  readonly window: Parameters<RateLimiter.RateLimiter["consume"]>[0]["window"]
  /** How many tokens a call takes: a whole number of at least 1, which it is unless given. */
  readonly tokens?: number
  /** How calls are counted: `fixed-window` unless given. */
  readonly algorithm?: "fixed-window" | "token-bucket"
  /** Whether a call above the limit fails, or waits for its turn: `fail` unless given. */
  readonly onExceeded?: "delay" | "fail"
}

/**
 * Admits so many calls in a window of time, with Effect's `RateLimiter`.
 *
 * Fails with `RateLimiterError`, whose `reason` says why, unless `onExceeded` is `delay`. The store is that of the Layer:
 * `RateLimiter.layer` over `RateLimiter.layerStoreMemory`, or over `RateLimiter.layerStoreRedis(...)` to share limits
 * between processes.
 *
 * It throws `InvalidOptions` for a limit or tokens that are no such number, and for a window that is none.
 */
export const rateLimiter = <const Limit extends number, In extends ReadonlyArray<unknown> = ReadonlyArray<unknown>>(
  options: RateLimiterOptions<string | ((...context: In) => string), Limit>
): Guard<RateLimiter.RateLimiterError, RateLimiter.RateLimiter, In> => {
  // The limit is the number itself wherever the call compiles.
  const limit = options.limit as number
  const problems = [
    ...countProblems("limit", limit, 1),
    ...periodProblems("window", options.window),
    ...(options.tokens === undefined ? [] : countProblems("tokens", options.tokens, 1))
  ]
  if (problems.length > 0) throw new InvalidOptions({ of: "Guard.rateLimiter", problems })
  return (effect, ...context) =>
    Effect.flatMap(RateLimiter.makeWithRateLimiter, (limited) =>
      limited({ ...options, limit, key: keyIn(options.key, context) })(effect)
    )
}

/**
 * Lets so many through at once, sharing a semaphore that is a service: with all handlers, branches and workflows that use
 * the same one. Others wait for their turn. A semaphore at hand needs no more than `semaphore.withPermits(1)`.
 */
export const bulkhead =
  <Id>(semaphore: Context.Key<Id, Semaphore.Semaphore>): Guard<never, Id> =>
  (effect) =>
    Effect.flatMap(semaphore, ({ withPermit }) => withPermit(effect))

const keyIn = <In extends ReadonlyArray<unknown>>(key: string | ((...context: In) => string), context: In): string =>
  typeof key === "string" ? key : key(...context)
