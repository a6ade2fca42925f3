/**
 * What a handler is made of: the functions of the user and the data around them.
 */
import type { Cause, Duration, Effect, Schedule } from "effect"
import type { Caller as Origin } from "../Event.ts"
import type { Strategy } from "../Join.ts"
import type { AnyFunction } from "../types/Result.ts"

/** An Effect of which the engine knows nothing; what it gives and needs is in the handler's type. */
export type AnyEffect = Effect.Effect<unknown, unknown, unknown>

/** How many branches run at once. */
export type Concurrency = number | "unbounded"

/** What undoes a step, and how it is run. */
export interface Compensation {
  readonly undo: AnyFunction
  readonly retry: RetryOptions | undefined
  /** Of each attempt. */
  readonly timeout: Duration.Duration | undefined
  /** Whether the step itself finishes once it has begun. */
  readonly uninterruptible: boolean
}

/** A function for each of several names. */
type Cases<F = AnyFunction> = Readonly<Record<string, F>>

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
  readonly branches: Cases
  readonly concurrency: Concurrency
  /** By branch. */
  readonly compensations: Cases<Compensation>
  readonly strategy: Strategy
  readonly join: AnyFunction
}

export interface ForEachWork {
  readonly _tag: "forEach"
  readonly items: AnyFunction
  readonly each: AnyFunction
  readonly concurrency: Concurrency
  readonly compensation: Compensation | undefined
  readonly strategy: Strategy
  readonly join: AnyFunction
}

export interface WaitWork {
  readonly _tag: "wait"
  /** By signal. */
  readonly cases: Cases
  /** `until` is a duration, a point in time, or a function of the context that gives one of them. */
  readonly limit: { readonly until: unknown; readonly then: AnyFunction } | undefined
}

export interface PollWork {
  readonly _tag: "poll"
  readonly ask: AnyFunction
  readonly schedule: Schedule.Schedule<unknown, unknown, unknown, unknown>
  /** How many failures in a row are borne. */
  readonly failures: number
}

export interface CallWork {
  readonly _tag: "call"
  readonly callee: Callee
  readonly input: AnyFunction
  /** By exit. */
  readonly cases: Cases
}

/** A workflow as the one that calls it sees it. */
export interface Callee {
  readonly name: string
  readonly exits: ReadonlyArray<string>
  /** Runs it with the services of its Layer, and hands what it has to undo over to `caller` when it reaches an exit. */
  readonly run: (input: unknown, caller: Caller) => AnyEffect
  /** Gives an Effect the services of its Layer: with them is undone what it has completed. */
  readonly within: (effect: AnyEffect) => AnyEffect
}

/** What a called workflow is told of its caller. */
export interface Caller {
  /** The id that the run of the callee gets. */
  readonly id: string
  /** The run and the state that call. */
  readonly origin: Origin
  readonly compensationTimeout: Duration.Duration | undefined
  /** Takes over what the callee has completed, to undo it if the caller fails later. */
  readonly adopt: (steps: CompletedSteps) => void
}

/** The steps that a run has completed, as their count. */
export interface CompletedSteps {
  readonly size: number
}

/** What a state does. */
export type Work = TaskWork | RouteWork | SplitWork | ForEachWork | WaitWork | PollWork | CallWork

/** What `Effect.retry` takes, in the widest of its types. */
export type RetryOptions = Effect.Retry.Options<unknown>

/** What stands around the work, innermost first. */
export type Policy =
  | { readonly _tag: "timeout"; readonly duration: Duration.Duration }
  | { readonly _tag: "retry"; readonly options: RetryOptions }
  | { readonly _tag: "guard"; readonly guard: (effect: AnyEffect, context: never) => AnyEffect }
  | { readonly _tag: "catch"; readonly handle: AnyFunction }
  | { readonly _tag: "catchTags"; readonly cases: Cases }
  | { readonly _tag: "compensate"; readonly cases: Cases<Compensation> }

/** A handler: its work and its policies. */
export interface Spec {
  readonly work: Work
  readonly policies: ReadonlyArray<Policy>
}

/** What all handlers of a workflow share. */
export interface SharedPolicy {
  /** What stands around every handler, innermost first; not around one that another's failure falls back to. */
  readonly policies: ReadonlyArray<Policy>
  /** Which failures are rolled back. */
  readonly rollback: (cause: Cause.Cause<unknown>) => boolean
}

/** What the value of a handler holds: the graph that is the identity of its definition, its state, and what it does. */
export interface HandlerValue {
  readonly definition: unknown
  readonly state: string
  readonly spec: Spec
}
