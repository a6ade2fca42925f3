/**
 * The functions with which a definition makes handlers, and the one class that all of them are at run time.
 */
import type { Schedule as EffectSchedule } from "effect"
import { type Duration, Record as EffectRecord, Function, Schedule } from "effect"
import { type CompensationFailed, type PollExhausted, WorkflowDefinitionError } from "../Errors.ts"
import { toDuration } from "../engine/time.ts"
import type { Graph } from "../graph/Graph.ts"
import type * as Join from "../Join.ts"
import type { BranchEffects } from "../types/Branches.ts"
import type {
  CaseResult,
  CheckedExitCases,
  CheckedSignalCases,
  ExitCases,
  MissingExitCases,
  SignalCases
} from "../types/Cases.ts"
import type { AtLeastOne, Count } from "../types/Literal.ts"
import type { Work } from "../types/Own.ts"
import type { Unchecked } from "../types/Problem.ts"
import type { AnyFunction, CheckedPoll, CheckedResult, CheckedRoute, Refused, Result } from "../types/Result.ts"
import type { AnyDefinition, Failure, Input, ServiceOf, StateName } from "../types/Table.ts"
import type { CheckedInput, CheckedItems, CheckedValue, Source } from "../types/Value.ts"
import type { BranchContext, Context, ItemContext, PollContext } from "./Context.ts"
import {
  type CompensationOptions,
  type ForEach,
  type Handler,
  HandlerTypes,
  isHandler,
  type Limit,
  type Split,
  type Task,
  type Wait
} from "./Handler.ts"
import type {
  AnyEffect,
  Callee,
  Compensation,
  Concurrency,
  ForEachWork,
  HandlerValue,
  Policy,
  RetryOptions,
  SplitWork,
  WaitWork,
  Work as WorkData
} from "./Spec.ts"

/** The branches of a split: a function or a generator each. */
export type BranchRecord<D extends AnyDefinition, N extends StateName<D>> = Readonly<
  Record<string, (context: BranchContext<D, N>) => unknown>
>

/** The branches themselves, or a message where one gives what nothing runs or waits for. */
export type CheckedBranches<Branches> = {
  readonly [K in keyof Branches]: Branches[K] extends (context: never) => infer Out
    ? CheckedValue<`branch '${K & string}'`, Out>
    : unknown
}

/** How many branches run at once: a whole number of at least 1, or all. */
export interface ConcurrencyOptions<C extends Concurrency> {
  readonly concurrency: C extends number ? AtLeastOne<"concurrency", C> : C
}

/** How often a poll asks, and how many failures in a row it bears. */
export interface PollOptions<ScheduleError, ScheduleServices, Failures extends number> {
  /** When to ask again; the first time is at once. */
  readonly schedule: EffectSchedule.Schedule<unknown, unknown, ScheduleError, ScheduleServices>
  /** How many failures in a row are borne, a whole number; the next one is the failure of the state. None unless given. */
  readonly failures?: Count<"failures", Failures>
}

/** The functions with which a definition makes handlers. */
export interface HandlerConstructors {
  /**
   * A task as a value, so that it can take policies: `run` gives a transition, an Effect of one, or is a generator that
   * returns one.
   *
   * It fails with what `run` fails with, and needs what that needs.
   */
  task<D extends AnyDefinition, const N extends StateName<D>, Out = Refused>(
    this: D,
    state: N,
    run: (context: Context<D, N>) => CheckedResult<D, N, Out>
  ): Task<D, N, Result<Out>["taken"], Result<Out>["error"], Result<Out>["services"], Work<Result<Out>["error"]>>

  /**
   * A choice without work: `choose` gives a transition at once, and neither fails nor needs anything.
   *
   * It takes no policies, and the policy that all handlers share is not put around it.
   */
  route<D extends AnyDefinition, const N extends StateName<D>, Out = Refused>(
    this: D,
    state: N,
    choose: (context: Context<D, N>) => CheckedRoute<D, N, Out>
  ): Handler<D, N, Result<Out>["taken"], never, never>

  /**
   * Named branches that run at once, each a fiber of its own, until `.join` says when to go on: functions that give a value,
   * an Effect of one, or are generators that return one.
   *
   * `concurrency` is how many run at a time: a whole number of at least 1, all unless given.
   */
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

  /**
   * As many branches as `items` has items, which run at once until `.join` says when to go on: `each` gives a value, an
   * Effect of one, or is a generator that returns one. `concurrency` is how many run at a time: a whole number of at least 1,
   * all unless given.
   *
   * The items are in an iterable, an `AsyncIterable` or a `Stream`, and are pulled as there is room for them: with
   * `concurrency`, a generator is never ahead of the branches, and a Stream by no more than one of its chunks. When the
   * strategy has decided, or the state is interrupted, no more are pulled, and the source is closed. Arrays, Sets and Maps are
   * read as they are when the state begins.
   *
   * A Stream fails the state with its error, whatever the strategy; a generator that throws and an `AsyncIterable` that
   * rejects are defects.
   */
  forEach<
    D extends AnyDefinition,
    const N extends StateName<D>,
    Items = Unchecked,
    Out = Unchecked,
    const C extends Concurrency = "unbounded"
  >(
    this: D,
    state: N,
    items: (context: BranchContext<D, N>) => CheckedItems<N, Items>,
    each: ((context: ItemContext<D, N, Source<Items>["item"]>) => Out) &
      CheckedValue<`what state '${N}' does for each item`, Out>,
    options?: ConcurrencyOptions<C>
  ): ForEach<
    D,
    N,
    Source<Items>["item"],
    Result<Out>["value"],
    Result<Out>["error"],
    Result<Out>["services"] | Source<Items>["services"],
    Source<Items>["error"]
  >

  /**
   * Waits for the first of several signals, and goes where its function says; `.after(limit, f)` says where to go when none
   * has come in time.
   *
   * A signal that came before its wait is kept; each is taken once, in the order they came. One that an attempt
   * took is put back when the attempt fails, or its result is thrown away.
   *
   * ```ts
   * import { Schema } from "effect"
   * import { Workflow } from "sluice"
   *
   * class Request extends Workflow.define("Request")
   *   .signal("Approval", Schema.Struct({ by: Schema.String }))
   *   .signal("Withdrawal", Schema.Void)
   *   .state("Review", Schema.String, ["Approved", "Closed"])
   *   .exit("Approved", Schema.String)
   *   .exit("Closed", Schema.String)
   *   .start("Review") {}
   *
   * const Review = Request.wait("Review", {
   *   Approval: ({ signal, to }) => to.Approved(signal.by),
   *   Withdrawal: ({ to }) => to.Closed("withdrawn")
   * }).after("2 days", ({ to }) => to.Closed("nobody answered"))
   * ```
   */
  wait<D extends AnyDefinition, const N extends StateName<D>, Cases extends SignalCases<D, N>>(
    this: D,
    state: N,
    cases: Cases & CheckedSignalCases<D, N, Cases>
  ): Wait<
    D,
    N,
    Result<CaseResult<Cases>>["taken"],
    Result<CaseResult<Cases>>["error"],
    Result<CaseResult<Cases>>["services"]
  >

  /**
   * Waits for a duration, or until a point in time, and then goes where `then` says. What has passed already is not waited for.
   */
  pause<D extends AnyDefinition, const N extends StateName<D>, Out = Refused>(
    this: D,
    state: N,
    limit: Limit<D, N>,
    then: (context: Context<D, N>) => CheckedResult<D, N, Out>
  ): Task<D, N, Result<Out>["taken"], Result<Out>["error"], Result<Out>["services"], Work<Result<Out>["error"]>>

  /**
   * Asks until there is an answer: `ask` gives a transition, or `pending` from its context to be asked again. It asks at once,
   * and then as `schedule` says.
   *
   * Fails with the last error of `ask` itself when it has failed once more than `failures` times in a row, and with
   * `PollExhausted` when the schedule ends without an answer.
   */
  poll<
    D extends AnyDefinition,
    const N extends StateName<D>,
    Out = Refused,
    ScheduleError = never,
    ScheduleServices = never,
    const Failures extends number = 0
  >(
    this: D,
    state: N,
    ask: (context: PollContext<D, N>) => CheckedPoll<D, N, Out>,
    options: PollOptions<ScheduleError, ScheduleServices, Failures>
  ): Task<
    D,
    N,
    Result<Out>["taken"],
    Result<Out>["error"] | PollExhausted | ScheduleError,
    Result<Out>["services"] | ScheduleServices,
    Work<Result<Out>["error"] | PollExhausted | ScheduleError>
  >

  /**
   * Runs another workflow as one state, by its definition: `input` gives what it starts with, and each of its exits has a
   * function that says where to go then.
   *
   * It fails with what the callee's `.failure` declares, and needs the callee's Layer. Interrupting the caller interrupts
   * the callee; steps that the callee completed are undone, too, when the caller fails later. A callee that could not undo
   * its own steps fails with `CompensationFailed`, which a catch of this handler takes, and the policy that all share
   * does not.
   */
  call<
    D extends AnyDefinition,
    const N extends StateName<D>,
    Callee extends AnyDefinition,
    Given,
    Cases extends ExitCases<D, N, Callee>
  >(
    this: D,
    state: N,
    callee: Callee,
    input: (
      context: BranchContext<D, N>
    ) => CheckedInput<`state '${N}': the input of what it calls`, Input<Callee>, Given>,
    cases: Cases & CheckedExitCases<D, N, Callee, Cases> & MissingExitCases<D, N, Callee, Cases>
  ): Task<
    D,
    N,
    Result<CaseResult<Cases>>["taken"],
    Failure<Callee> | Result<CaseResult<Cases>>["error"],
    ServiceOf<Callee> | Result<CaseResult<Cases>>["services"],
    Work<Failure<Callee> | Result<CaseResult<Cases>>["error"]> | Extract<Failure<Callee>, CompensationFailed>
  >
}

class HandlerImpl {
  readonly [HandlerTypes]: HandlerValue

  constructor(value: HandlerValue) {
    this[HandlerTypes] = value
  }

  timeout(duration: Duration.Input): HandlerImpl {
    return this.with({ _tag: "timeout", duration: toDuration(duration) })
  }

  retry(options: RetryOptions | Schedule.Schedule<unknown, unknown> | ScheduleBuilder): HandlerImpl {
    return this.with({ _tag: "retry", options: retryOptions(options) })
  }

  guard(guard: (effect: AnyEffect, context: never) => AnyEffect): HandlerImpl {
    return this.with({ _tag: "guard", guard })
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

  compensate(cases: Readonly<Record<string, AnyFunction>>, options?: CompensationOptions): HandlerImpl {
    return this.with({ _tag: "compensate", cases: compensations(cases, options) })
  }

  private with(policy: Policy): HandlerImpl {
    const { spec, ...rest } = this[HandlerTypes]
    return new HandlerImpl({ ...rest, spec: { ...spec, policies: [...spec.policies, policy] } })
  }
}

class WaitImpl extends HandlerImpl {
  after(until: unknown, then: AnyFunction): HandlerImpl {
    const { spec, ...rest } = this[HandlerTypes]
    // The work is that of `wait`, which alone makes these.
    return new HandlerImpl({ ...rest, spec: { ...spec, work: { ...(spec.work as WaitWork), limit: { until, then } } } })
  }
}

type ScheduleBuilder = (identity: <A>(schedule: A) => A) => Schedule.Schedule<unknown, unknown>

const retryOptions = (options: RetryOptions | Schedule.Schedule<unknown, unknown> | ScheduleBuilder): RetryOptions => {
  if (Schedule.isSchedule(options)) return { schedule: options }
  return typeof options === "function" ? { schedule: options(Function.identity) } : options
}

const compensation = (undo: AnyFunction, options: CompensationOptions = {}): Compensation => ({
  undo,
  retry: options.retry,
  timeout: options.timeout === undefined ? undefined : toDuration(options.timeout),
  uninterruptible: options.uninterruptible === true
})

const compensations = (
  cases: Readonly<Record<string, AnyFunction>>,
  options: CompensationOptions | undefined
): Readonly<Record<string, Compensation>> => EffectRecord.map(cases, (undo) => compensation(undo, options))

/** The policies that a function puts around a handler; `undefined` when it is no function, or gives no handler back. */
export const policiesOf = (definition: unknown, policy: unknown): ReadonlyArray<Policy> | undefined => {
  if (policy === undefined) return []
  if (typeof policy !== "function") return undefined
  const made = policy(new HandlerImpl(valueOf(definition, "*", { _tag: "task", run: Function.identity })))
  return isHandler(made) ? made[HandlerTypes].spec.policies : undefined
}

const valueOf = (definition: unknown, state: string, work: WorkData): HandlerValue => ({
  definition,
  state,
  spec: { work, policies: [] }
})

type UnjoinedSplit = Omit<SplitWork, "strategy" | "join">
type UnjoinedForEach = Omit<ForEachWork, "strategy" | "join">

const makeSplit = (definition: unknown, state: string, work: UnjoinedSplit): object => ({
  compensate: (cases: Readonly<Record<string, AnyFunction>>, options?: CompensationOptions) => {
    for (const name of Object.keys(cases)) {
      if (Object.hasOwn(work.compensations, name)) throw compensatedTwice(definition, state, `branch '${name}'`)
    }
    return makeSplit(definition, state, {
      ...work,
      compensations: { ...work.compensations, ...compensations(cases, options) }
    })
  },
  join: (strategy: Join.Strategy, join: AnyFunction) =>
    new HandlerImpl(valueOf(definition, state, { ...work, strategy, join }))
})

const makeForEach = (definition: unknown, state: string, work: UnjoinedForEach): object => ({
  compensate: (undo: AnyFunction, options?: CompensationOptions) => {
    if (work.compensation !== undefined) throw compensatedTwice(definition, state, "each item")
    return makeForEach(definition, state, { ...work, compensation: compensation(undo, options) })
  },
  join: (strategy: Join.Strategy, join: AnyFunction) =>
    new HandlerImpl(valueOf(definition, state, { ...work, strategy, join }))
})

// The second would take the place of the first. The identity of a definition is its graph.
const compensatedTwice = (definition: unknown, state: string, what: string) =>
  new WorkflowDefinitionError({
    workflow: (definition as Graph).name,
    problems: [`state '${state}': it compensates ${what} twice`]
  })

/** What a call needs of the definition it calls. */
export const Callable: unique symbol = Symbol.for("sluice/Callable")

/**
 * The constructors, for the definition that `identify` finds behind `this`.
 */
export const makeConstructors = (identify: (self: object) => unknown): HandlerConstructors => {
  const make = (self: object, state: string, work: WorkData) => new HandlerImpl(valueOf(identify(self), state, work))
  const constructors = {
    task(this: object, state: string, run: AnyFunction) {
      return make(this, state, { _tag: "task", run })
    },
    route(this: object, state: string, choose: AnyFunction) {
      return make(this, state, { _tag: "route", choose })
    },
    split(
      this: object,
      state: string,
      branches: Readonly<Record<string, AnyFunction>>,
      { concurrency = "unbounded" }: { readonly concurrency?: Concurrency } = {}
    ) {
      return makeSplit(identify(this), state, { _tag: "split", branches, concurrency, compensations: {} })
    },
    forEach(
      this: object,
      state: string,
      items: AnyFunction,
      each: AnyFunction,
      { concurrency = "unbounded" }: { readonly concurrency?: Concurrency } = {}
    ) {
      return makeForEach(identify(this), state, { _tag: "forEach", items, each, concurrency, compensation: undefined })
    },
    wait(this: object, state: string, cases: Readonly<Record<string, AnyFunction>>) {
      return new WaitImpl(valueOf(identify(this), state, { _tag: "wait", cases, limit: undefined }))
    },
    pause(this: object, state: string, until: unknown, then: AnyFunction) {
      return make(this, state, { _tag: "wait", cases: {}, limit: { until, then } })
    },
    poll(
      this: object,
      state: string,
      ask: AnyFunction,
      { failures = 0, schedule }: PollOptions<unknown, unknown, number>
    ) {
      return make(this, state, { _tag: "poll", ask, schedule, failures: failures as number })
    },
    call(
      this: object,
      state: string,
      callee: { readonly [Callable]: Callee },
      input: AnyFunction,
      cases: Readonly<Record<string, AnyFunction>>
    ) {
      return make(this, state, { _tag: "call", callee: callee[Callable], input, cases })
    }
  }
  // The handlers' type parameters exist in the interface only; at run time all of them are one class.
  return constructors as unknown as HandlerConstructors
}
