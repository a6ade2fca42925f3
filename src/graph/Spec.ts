/**
 * What a handler is made of: the functions of the user and the data around them.
 */
import type { Duration, Effect } from "effect"
import type { Strategy } from "../Join.ts"
import type { AnyFunction } from "../types/Result.ts"

/** An Effect of which the engine knows nothing; what it gives and needs is in the handler's type. */
export type AnyEffect = Effect.Effect<unknown, unknown, unknown>

/** How many branches run at once. */
export type Concurrency = number | "unbounded"

export interface TaskWork {
  readonly _tag: "task"
  readonly run: AnyFunction
}

export interface RouteWork {
  readonly _tag: "route"
  readonly choose: AnyFunction
}

export interface SplitWork {
  readonly _tag: "split"
  readonly branches: Readonly<Record<string, AnyFunction>>
  readonly concurrency: Concurrency
  readonly strategy: Strategy
  readonly join: AnyFunction
}

export interface ForEachWork {
  readonly _tag: "forEach"
  readonly items: AnyFunction
  readonly each: AnyFunction
  readonly concurrency: Concurrency
  readonly strategy: Strategy
  readonly join: AnyFunction
}

/** What a state does. */
export type Work = TaskWork | RouteWork | SplitWork | ForEachWork

/** What `Effect.retry` takes, in the widest of its types. */
export type RetryOptions = Effect.Retry.Options<unknown>

/** What stands around the work, innermost first. */
export type Policy =
  | { readonly _tag: "timeout"; readonly duration: Duration.Duration }
  | { readonly _tag: "retry"; readonly options: RetryOptions }
  | { readonly _tag: "catch"; readonly handle: AnyFunction }
  | { readonly _tag: "catchTags"; readonly cases: Readonly<Record<string, AnyFunction>> }

/** A handler: its work and its policies. */
export interface Spec {
  readonly work: Work
  readonly policies: ReadonlyArray<Policy>
}

/** What the value of a handler holds: the graph that is the identity of its definition, its state, and what it does. */
export interface HandlerValue {
  readonly definition: unknown
  readonly state: string
  readonly spec: Spec
}
