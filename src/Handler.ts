/**
 * Handlers: what a state does, as values. A definition makes them (`AdExchange.task`, `.route`, `.split`, `.forEach`);
 * their policies are methods, and the order of the calls is the meaning, as in a pipe.
 */

import type { Effect } from "effect"
import { Duration, Function, Predicate, Schedule } from "effect"
import type { BranchContext, CatchContext, Context, ItemContext, JoinContext } from "./Context.ts"
import type { JoinTimeout, StateTimeout } from "./Errors.ts"
import type { Concurrency, HandlerValue, Policy, RetryOptions, Spec } from "./graph/Spec.ts"
import type * as Join from "./Join.ts"
import type {
  BranchEffects,
  BranchParts,
  ForEachErrors,
  ForEachResults,
  SplitErrors,
  SplitResults,
  StrategyProblem
} from "./types/Branches.ts"
import type { AtLeastOne } from "./types/Literal.ts"
import type { NoProblem, Problem } from "./types/Problem.ts"
import type { AnyFunction, CheckedResult, CheckedRoute, Result, TagOf } from "./types/Result.ts"
import type { AnyDefinition, StateName } from "./types/Table.ts"

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

/**
 * A handler that takes policies. `Timeout` is the error that `.timeout` adds: `StateTimeout` for a task, `JoinTimeout`
 * for a split or a forEach.
 */
export interface Task<
  D extends AnyDefinition,
  N extends StateName<D>,
  Taken extends string,
  E,
  R,
  Timeout = StateTimeout
> extends Handler<D, N, Taken, E, R> {
  /**
   * Bounds what stands before it: `.timeout(d).retry(o)` bounds each attempt, `.retry(o).timeout(d)` the whole.
   *
   * Fails with `StateTimeout`, or after a join with `JoinTimeout`; what was running has been interrupted by then.
   */
  timeout(duration: Duration.Input): Task<D, N, Taken, E | Timeout, R, Timeout>

  /**
   * Runs what stands before it again while it fails. It takes what `Effect.retry` takes: options, a schedule, or a
   * function that builds one. `attempt` in the context counts from 1.
   *
   * When the retries are exhausted, the last error itself is the failure. Defects and interruption are not retried.
   */
  retry<const O extends Effect.Retry.Options<E>>(
    options: O
  ): Task<D, N, Taken, RetryError<E, O>, R | RetryServices<E, O>, Timeout>
  retry<Output, ScheduleError = never, ScheduleServices = never>(
    schedule: Schedule.Schedule<Output, NoInfer<E>, ScheduleError, ScheduleServices>
  ): Task<D, N, Taken, E | ScheduleError, R | ScheduleServices, Timeout>
  retry<Output, ScheduleError = never, ScheduleServices = never>(
    build: (
      $: <O, SE, SR>(schedule: Schedule.Schedule<O, NoInfer<E>, SE, SR>) => Schedule.Schedule<O, E, SE, SR>
    ) => Schedule.Schedule<Output, NoInfer<E>, ScheduleError, ScheduleServices>
  ): Task<D, N, Taken, E | ScheduleError, R | ScheduleServices, Timeout>

  /** Turns every failure so far into a transition. Defects and interruption are not caught. */
  catch<Out>(
    handle: (context: CatchContext<D, N, E>) => CheckedResult<D, N, Out>
  ): Task<D, N, Taken | Result<Out>["taken"], Result<Out>["error"], R | Result<Out>["services"], Timeout>

  /** Turns the failures with one tag into a transition. */
  catchTag<const Tag extends TagOf<E>, Out>(
    tag: Tag,
    handle: (context: CatchContext<D, N, Extract<E, { readonly _tag: Tag }>>) => CheckedResult<D, N, Out>
  ): Task<
    D,
    N,
    Taken | Result<Out>["taken"],
    Exclude<E, { readonly _tag: Tag }> | Result<Out>["error"],
    R | Result<Out>["services"],
    Timeout
  >

  /** Turns the failures with several tags into transitions, one function a tag. */
  catchTags<Cases extends CatchCases<D, N, E>>(
    cases: Cases & CheckedCases<D, N, E, Cases>
  ): Task<
    D,
    N,
    Taken | Result<CaseResult<Cases>>["taken"],
    Exclude<E, { readonly _tag: keyof Cases }> | Result<CaseResult<Cases>>["error"],
    R | Result<CaseResult<Cases>>["services"],
    Timeout
  >
}

type RetryError<E, O extends Effect.Retry.Options<E>> = Effect.Error<Effect.Retry.Return<never, E, never, O>>
type RetryServices<E, O extends Effect.Retry.Options<E>> = Effect.Services<Effect.Retry.Return<never, E, never, O>>

/** One function for each tag that can occur. */
export type CatchCases<D extends AnyDefinition, N extends StateName<D>, E> = {
  readonly [Tag in TagOf<E>]?: (context: CatchContext<D, N, Extract<E, { readonly _tag: Tag }>>) => unknown
}

/** The cases themselves, or a message where a tag cannot occur or a result is no transition. */
export type CheckedCases<D extends AnyDefinition, N extends StateName<D>, E, Cases> = {
  readonly [Tag in keyof Cases]: Tag extends TagOf<E>
    ? Cases[Tag] extends (context: never) => infer Out
      ? CheckedResult<D, N, Out> extends Out
        ? unknown
        : Problem<CheckedResult<D, N, Out>>
      : unknown
    : Problem<`state '${N}' cannot fail with '${Tag & string}' here`>
}

type CaseResult<Cases> = Cases[keyof Cases] extends infer F
  ? F extends (context: never) => infer Out
    ? Out
    : never
  : never

/** The branches of a split that has no join yet. */
export interface Split<D extends AnyDefinition, N extends StateName<D>, Branches> {
  /**
   * Says when the split may proceed, and what it does then with the results that the strategy promises.
   */
  join<const S extends Join.Strategy, Out>(
    strategy: S & NoProblem<StrategyProblem<S, keyof Branches>>,
    then: (context: JoinContext<D, N, SplitResults<Branches>[S["_tag"]]>) => CheckedResult<D, N, Out>
  ): Task<
    D,
    N,
    Result<Out>["taken"],
    SplitErrors<Branches>[S["_tag"]] | Result<Out>["error"],
    BranchParts<Branches>["services"] | Result<Out>["services"],
    JoinTimeout
  >
}

/** The items of a forEach that has no join yet. */
export interface ForEach<D extends AnyDefinition, N extends StateName<D>, Item, A, E, R> {
  /**
   * Says when the forEach may proceed, and what it does then with the results that the strategy promises.
   */
  join<const S extends Join.Strategy, Out>(
    strategy: S,
    then: (context: JoinContext<D, N, ForEachResults<Item, A, E>[S["_tag"]]>) => CheckedResult<D, N, Out>
  ): Task<
    D,
    N,
    Result<Out>["taken"],
    ForEachErrors<Item, A, E>[S["_tag"]] | Result<Out>["error"],
    R | Result<Out>["services"],
    JoinTimeout
  >
}

/** The branches of a split: a function or a generator each. */
export type BranchRecord<D extends AnyDefinition, N extends StateName<D>> = Readonly<
  Record<string, (context: BranchContext<D, N>) => unknown>
>

/** The branches themselves, or a message where one returns a Promise. */
export type CheckedBranches<Branches> = {
  readonly [K in keyof Branches]: Branches[K] extends (context: never) => infer Out ? CheckedBranch<K, Out> : unknown
}

type CheckedBranch<K, Out> =
  GivesPromise<Out> extends true
    ? Problem<`branch '${K & string}' returns a Promise: return an Effect instead, made with Effect.tryPromise`>
    : unknown

type GivesPromise<Out> = unknown extends Result<Out>["value"]
  ? false
  : [Extract<Result<Out>["value"], PromiseLike<unknown>>] extends [never]
    ? false
    : true

/** How many branches run at once: a whole number of at least 1, or all. */
export interface ConcurrencyOptions<C extends Concurrency> {
  readonly concurrency: C extends number ? AtLeastOne<"concurrency", C> : C
}

/** The functions with which a definition makes handlers. */
export interface HandlerConstructors {
  /** A task as a value, so that it can take policies. */
  task<D extends AnyDefinition, const N extends StateName<D>, Out>(
    this: D,
    state: N,
    run: (context: Context<D, N>) => CheckedResult<D, N, Out>
  ): Task<D, N, Result<Out>["taken"], Result<Out>["error"], Result<Out>["services"]>

  /** A pure, synchronous choice: the cheapest step there is. */
  route<D extends AnyDefinition, const N extends StateName<D>, Out>(
    this: D,
    state: N,
    choose: (context: Context<D, N>) => CheckedRoute<D, N, Out>
  ): Handler<D, N, Result<Out>["taken"], never, never>

  /** Named branches that run at once, each a fiber of its own. */
  split<
    D extends AnyDefinition,
    const N extends StateName<D>,
    Branches extends BranchRecord<D, N>,
    const C extends Concurrency = "unbounded"
  >(
    this: D,
    state: N,
    branches: Branches & CheckedBranches<Branches>,
    options?: ConcurrencyOptions<C>
  ): Split<D, N, BranchEffects<Branches>>

  /** As many branches as there are items. */
  forEach<D extends AnyDefinition, const N extends StateName<D>, Item, Out, const C extends Concurrency = "unbounded">(
    this: D,
    state: N,
    items: (context: BranchContext<D, N>) => Iterable<Item>,
    each: (context: ItemContext<D, N, Item>) => Out,
    options?: ConcurrencyOptions<C>
  ): ForEach<D, N, Item, Result<Out>["value"], Result<Out>["error"], Result<Out>["services"]>
}

class HandlerImpl {
  readonly [HandlerTypes]: HandlerValue

  constructor(value: HandlerValue) {
    this[HandlerTypes] = value
  }

  timeout(duration: Duration.Input): HandlerImpl {
    return this.with({ _tag: "timeout", duration: Duration.fromInputUnsafe(duration) })
  }

  retry(options: RetryOptions | Schedule.Schedule<unknown, unknown> | ScheduleBuilder): HandlerImpl {
    return this.with({ _tag: "retry", options: retryOptions(options) })
  }

  catch(handle: AnyFunction): HandlerImpl {
    return this.with({ _tag: "catch", handle })
  }

  catchTag(tag: string, handle: AnyFunction): HandlerImpl {
    return this.with({ _tag: "catchTags", cases: { [tag]: handle } })
  }

  catchTags(cases: Readonly<Record<string, AnyFunction>>): HandlerImpl {
    return this.with({ _tag: "catchTags", cases })
  }

  private with(policy: Policy): HandlerImpl {
    const { spec, ...rest } = this[HandlerTypes]
    return new HandlerImpl({ ...rest, spec: { ...spec, policies: [...spec.policies, policy] } })
  }
}

type ScheduleBuilder = (identity: <A>(schedule: A) => A) => Schedule.Schedule<unknown, unknown>

const retryOptions = (options: RetryOptions | Schedule.Schedule<unknown, unknown> | ScheduleBuilder): RetryOptions => {
  if (Schedule.isSchedule(options)) return { schedule: options }
  return typeof options === "function" ? { schedule: options(Function.identity) } : options
}

/** Whether a value is a handler, of whatever definition. */
export const isHandler = (value: unknown): value is { readonly [HandlerTypes]: HandlerValue } =>
  Predicate.hasProperty(value, HandlerTypes)

const make = (definition: unknown, state: string, work: Spec["work"]): HandlerImpl =>
  new HandlerImpl({ definition, state, spec: { work, policies: [] } })

/**
 * The constructors, for the definition that `identify` finds behind `this`.
 */
export const makeConstructors = (identify: (self: object) => unknown): HandlerConstructors => {
  const constructors = {
    task(this: object, state: string, run: AnyFunction) {
      return make(identify(this), state, { _tag: "task", run })
    },
    route(this: object, state: string, choose: AnyFunction) {
      return make(identify(this), state, { _tag: "route", choose })
    },
    split(
      this: object,
      state: string,
      branches: Readonly<Record<string, AnyFunction>>,
      { concurrency = "unbounded" }: { readonly concurrency?: Concurrency } = {}
    ) {
      const definition = identify(this)
      return {
        join: (strategy: Join.Strategy, join: AnyFunction) =>
          make(definition, state, { _tag: "split", branches, concurrency, strategy, join })
      }
    },
    forEach(
      this: object,
      state: string,
      items: AnyFunction,
      each: AnyFunction,
      { concurrency = "unbounded" }: { readonly concurrency?: Concurrency } = {}
    ) {
      const definition = identify(this)
      return {
        join: (strategy: Join.Strategy, join: AnyFunction) =>
          make(definition, state, { _tag: "forEach", items, each, concurrency, strategy, join })
      }
    }
  }
  // The handlers' type parameters exist in the interface only; at run time all of them are one class.
  return constructors as unknown as HandlerConstructors
}
