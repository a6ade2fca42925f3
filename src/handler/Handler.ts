/**
 * Handlers: what a state does, as values. A definition makes them (`AdExchange.task`, `.route`, `.split`, ...); their
 * policies are methods, and the order of the calls is the meaning, as in a pipe.
 */

import type { DateTime, Duration, Effect, Schedule, Scope } from "effect"
import { Predicate } from "effect"
import type { CompensationFailed } from "../Errors.ts"
import type * as Join from "../Join.ts"
import type {
  BranchParts,
  ForEachErrors,
  ForEachResults,
  SplitErrors,
  SplitResults,
  StrategyProblem
} from "../types/Branches.ts"
import type {
  BranchCompensationCases,
  CaseResult,
  CatchCases,
  CheckedBranchCompensationCases,
  CheckedCatchCases,
  CheckedCompensationCases,
  CompensationCases
} from "../types/Cases.ts"
import type { Items, OwnTypes, TimeoutOf, Work } from "../types/Own.ts"
import type { CheckedOptions, IsUnchecked, NoProblem, Unchecked } from "../types/Problem.ts"
import type { CheckedResult, Refused, Result, Tagged, TagOf } from "../types/Result.ts"
import type { AnyDefinition, StateName } from "../types/Table.ts"
import type { CheckedValue } from "../types/Value.ts"
import type { AnyState, BranchContext, CatchContext, Context, ItemCompensationContext, JoinContext } from "./Context.ts"
import type { HandlerValue } from "./Spec.ts"

/** The key under which a handler carries its types, and its value what the engine runs. */
export const HandlerTypes: unique symbol = Symbol.for("sluice/Handler")

/** The key under which a handler carries its types, and its value what the engine runs. */
export type HandlerTypes = typeof HandlerTypes

/**
 * A handler of state `N` of the definition `D`, which goes to the places `Taken`, fails with `E` and needs `R`.
 */
export interface Handler<out D extends AnyDefinition, out N extends string, out Taken extends string, out E, out R> {
  readonly [HandlerTypes]: {
    readonly definition: D
    readonly state: N
    readonly taken: Taken
    readonly error: E
    readonly services: R
  }
}

/** Any handler of any definition. */
export type AnyHandler = Handler<AnyDefinition, string, string, unknown, unknown>

/** What a guard is put around: the work of a state. Only the Effect that the guard is given makes one. */
export interface Guarded {
  readonly [HandlerTypes]: "guarded"
}

/** Whether a value is a handler, of whatever definition. */
export const isHandler = (value: unknown): value is { readonly [HandlerTypes]: HandlerValue } =>
  Predicate.hasProperty(value, HandlerTypes)

/**
 * A handler that takes policies. `Own` says what the policies stand around: `Work`, each `Branch`, or `Items`, so that a
 * test can stand in for it; and, for a handler that is compensated, `CompensationFailed`, which ends the run and is not
 * caught.
 */
export interface Task<D extends AnyDefinition, N extends AnyState<D>, Taken extends string, E, R, Own = Work<unknown>>
  extends Handler<D, N, Taken, E | Extract<Own, CompensationFailed>, R> {
  readonly [OwnTypes]: Own

  /**
   * Bounds what stands before it: `.timeout(d).retry(o)` bounds each attempt, `.retry(o).timeout(d)` the whole.
   *
   * Fails with `StateTimeout`, or after a join with `JoinTimeout`; what was running has been interrupted by then. The
   * duration is time that the machine is awake, and zero or more: `implement` refuses another one.
   */
  timeout(duration: Duration.Input): Task<D, N, Taken, E | TimeoutOf<Own>, R, Own>

  /**
   * Runs what stands before it again while it fails. It takes what `Effect.retry` takes: options, a schedule, or a
   * function that builds one. `attempt` in the context counts from 1.
   *
   * When the retries are exhausted, the last error itself is the failure. Defects and interruption are not retried.
   */
  retry<const O extends RetryPolicy<E>>(
    policy: O & CheckedRetry<E, O>
  ): Task<D, N, Taken, RetryError<E, RetryOptionsOf<E, O>>, R | RetryServices<E, RetryOptionsOf<E, O>>, Own>

  /**
   * Puts a guard around what stands before it: a circuit breaker, a rate limiter, a bulkhead, or any function from Effect
   * to Effect, which is given the context as well. A guard inside a retry admits each attempt, one outside admits the
   * whole.
   *
   * It may cut that Effect off, start it again, or start it several times: what it gives back is kept, and what the other
   * starts completed is undone.
   *
   * It fails with what the guarded Effect fails with, and needs what that needs.
   */
  guard<Out extends Effect.Effect<Guarded, Unchecked, unknown> = Effect.Effect<Guarded, E, R>>(
    guard: (effect: Effect.Effect<Guarded, E, R>, context: BranchContext<D, N>) => Out
  ): Task<D, N, Taken, Effect.Error<Out>, Exclude<Effect.Services<Out>, Scope.Scope>, Own>

  /**
   * Turns every failure so far into a transition, and leaves those of `handle` itself. Defects and interruption are not caught,
   * nor is the `CompensationFailed` of the run itself, which ends it.
   */
  catch<Out = Refused>(
    handle: (context: CatchContext<D, N, E>) => CheckedResult<D, N, Out>
  ): Task<D, N, Taken | Result<Out>["taken"], Result<Out>["error"], R | Result<Out>["services"], Own>

  /** Turns the failures with one tag into a transition, as `catch` does; the others stay. */
  catchTag<const Tag extends TagOf<E>, Out = Refused>(
    tag: Tag,
    handle: (context: CatchContext<D, N, Tagged<E, Tag>>) => CheckedResult<D, N, Out>
  ): Task<D, N, Taken | Result<Out>["taken"], Uncaught<E, Tag, Out>, R | Result<Out>["services"], Own>

  /** Turns the failures with several tags into transitions, one function a tag; the others stay. */
  catchTags<Cases extends CatchCases<D, N, E>>(
    cases: Cases & CheckedCatchCases<D, N, E, Cases>
  ): Task<
    D,
    N,
    Taken | Result<CaseResult<Cases>>["taken"],
    Uncaught<E, keyof Cases, CaseResult<Cases>>,
    R | Result<CaseResult<Cases>>["services"],
    Own
  >

  /**
   * Says how to undo the step if the run fails, dies, times out or is interrupted later, or ends at an exit that rolls back: one
   * function for each target that needs it, given the payload the state went there with. It undoes what stands before it in
   * the chain: a catch after it that goes to such a target has nothing to undo.
   *
   * Once the state has chosen the target, nothing comes between that and the registration, whatever policies stand
   * around. Compensations run in reverse order of completion, each at most once, and cannot be interrupted. Those that
   * fail do not stop the others; the run fails with `CompensationFailed` then.
   *
   * These are sagas, after Garcia-Molina and Salem (1987), with Effect's interruption as one more reason to undo.
   */
  compensate<Cases extends CompensationCases<D, Taken>, const O extends CompensationOptions = {}>(
    cases: Cases & CheckedCompensationCases<N, Taken, Cases>,
    options?: O & CompensationOptions & CheckedOptions<O, CompensationOptions>
  ): Task<D, N, Taken, E, R | Result<CaseResult<Cases>>["services"] | UndoServices<O>, Own | CompensationFailed>
}

/** The failures that a catch of tags leaves, or has itself; one that has been refused leaves all. */
type Uncaught<E, Tag, Out> = [Refused, IsUnchecked<Out>] extends [Out, false]
  ? E
  : Exclude<E, { readonly _tag: Tag }> | Result<Out>["error"]

/** How compensations are run. */
export interface CompensationOptions {
  /** What `Effect.retry` takes as options: each compensation is retried on its own. */
  readonly retry?: Effect.Retry.Options<unknown>
  /** How long each attempt of a compensation may take, zero or more; it fails with `CompensationTimeout` then. */
  readonly timeout?: Duration.Input
  /**
   * Lets the step itself finish once it has begun, as the acquisition of `Effect.acquireRelease` does: for work that
   * interruption would leave half done, with nothing to tell what to undo.
   */
  readonly uninterruptible?: boolean
}

/** What `Effect.retry` takes: options, a schedule, or a function that builds one. */
export type RetryPolicy<E> = Effect.Retry.Options<E> | RetrySchedule<E> | RetryFunction<E>

type RetrySchedule<E> = Schedule.Schedule<unknown, E, unknown, unknown>

type RetryFunction<E> = (
  $: <O, SE, SR>(schedule: Schedule.Schedule<O, NoInfer<E>, SE, SR>) => Schedule.Schedule<O, E, SE, SR>
) => RetrySchedule<E>

type CheckedRetry<E, O> = O extends Effect.Retry.Options<E> ? CheckedOptions<O, Effect.Retry.Options<E>> : unknown

// What is none of them has been refused, and changes nothing.
type RetryOptionsOf<E, O> = [RetryPolicy<E>] extends [O]
  ? {}
  : O extends RetrySchedule<E>
    ? { readonly schedule: O }
    : O extends RetryFunction<E>
      ? { readonly schedule: ReturnType<O> }
      : Extract<O, Effect.Retry.Options<E>>

type RetryError<E, O extends Effect.Retry.Options<E>> = Effect.Error<Effect.Retry.Return<never, E, never, O>>
type RetryServices<E, O extends Effect.Retry.Options<E>> = Effect.Services<Effect.Retry.Return<never, E, never, O>>

type UndoServices<O> = O extends { readonly retry: infer Retry extends Effect.Retry.Options<unknown> }
  ? RetryServices<unknown, Retry>
  : never

/** The branches of a split that has no join yet. */
export interface Split<
  D extends AnyDefinition,
  N extends StateName<D>,
  Effects,
  R = never,
  Own = never,
  Compensated = never
> {
  /**
   * Says how to undo branches that have succeeded: when the join fails, at once, before the failure goes on; or when the
   * run fails later. One function for each branch that needs it, given the value the branch produced.
   */
  compensate<
    Cases extends BranchCompensationCases<D, N, BranchParts<Effects>["values"]>,
    const O extends CompensationOptions = {}
  >(
    cases: Cases & CheckedBranchCompensationCases<N, BranchParts<Effects>["values"], Cases, Compensated>,
    options?: O & CompensationOptions & CheckedOptions<O, CompensationOptions>
  ): Split<
    D,
    N,
    Effects,
    R | Result<CaseResult<Cases>>["services"] | UndoServices<O>,
    Own | CompensationFailed,
    Compensated | keyof Cases
  >

  /**
   * Says when the split may proceed, and what it does then with the results that the strategy promises.
   */
  join<const S extends Join.Strategy, Out = Refused>(
    strategy: S & NoProblem<StrategyProblem<S, keyof Effects>>,
    then: (context: JoinContext<D, N, SplitResults<Effects>[S["_tag"]]>) => CheckedResult<D, N, Out>
  ): Task<
    D,
    N,
    Result<Out>["taken"],
    SplitErrors<Effects>[S["_tag"]] | Result<Out>["error"],
    R | BranchParts<Effects>["services"] | Result<Out>["services"],
    BranchParts<Effects>["branch"] | Own
  >
}

/** The items of a forEach that has no join yet; getting them fails with `ItemsError`. */
export interface ForEach<D extends AnyDefinition, N extends StateName<D>, Item, A, E, R, ItemsError = never>
  extends UndoableForEach<D, N, Item, A, E, R, never, ItemsError> {
  /**
   * Says how to undo items that have succeeded: when the join fails, at once, before the failure goes on; or when the run
   * fails later.
   */
  compensate<Out = Refused, const O extends CompensationOptions = {}>(
    undo: ((context: ItemCompensationContext<D, N, Item, A>) => Out) &
      CheckedValue<`state '${N}': the compensation of each item`, Out>,
    options?: O & CompensationOptions & CheckedOptions<O, CompensationOptions>
  ): UndoableForEach<D, N, Item, A, E, R | Result<Out>["services"] | UndoServices<O>, CompensationFailed, ItemsError>
}

/** The items of a forEach that has no join yet, and says already how to undo them, or need not. */
export interface UndoableForEach<
  D extends AnyDefinition,
  N extends StateName<D>,
  Item,
  A,
  E,
  R,
  Own,
  ItemsError = never
> {
  /**
   * Says when the forEach may proceed, and what it does then with the results that the strategy promises.
   */
  join<const S extends Join.Strategy, Out = Refused>(
    strategy: S,
    then: (context: JoinContext<D, N, ForEachResults<Item, A, E>[S["_tag"]]>) => CheckedResult<D, N, Out>
  ): Task<
    D,
    N,
    Result<Out>["taken"],
    ForEachErrors<Item, A, E>[S["_tag"]] | ItemsError | Result<Out>["error"],
    R | Result<Out>["services"],
    Items<Item, A, E> | Own
  >
}

/** A state that waits for signals. */
export interface Wait<D extends AnyDefinition, N extends StateName<D>, Taken extends string, E, R>
  extends Task<D, N, Taken, E, R, Work<E>> {
  /**
   * Where the state goes when none of its signals has come in time: after a duration, or at a point in time. Without it, the
   * state waits for ever.
   */
  after<Out = Refused>(
    limit: Limit<D, N>,
    then: (context: Context<D, N>) => CheckedResult<D, N, Out>
  ): Task<
    D,
    N,
    Taken | Result<Out>["taken"],
    E | Result<Out>["error"],
    R | Result<Out>["services"],
    Work<E | Result<Out>["error"]>
  >
}

/**
 * How long a state waits: a duration or a point in time, or a function of the context that gives one. The time that the
 * machine sleeps counts. One that is NaN or less than zero is refused by `implement`; the run dies of one that a function
 * gives, with `InvalidLimit`.
 */
export type Limit<D extends AnyDefinition, N extends StateName<D>> =
  | Duration.Input
  | DateTime.DateTime
  | ((context: BranchContext<D, N>) => Duration.Input | DateTime.DateTime)
