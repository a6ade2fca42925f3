/**
 * A random workflow as a real one: its definition, its handlers and what they do.
 *
 * It is made of data, so that the types have nothing to say about it: what they are at run time is declared here.
 */
import { type Cause, Data, type Duration, Effect, type Fiber, Schedule, type Scope, type Stream } from "effect"
import { Join, Workflow } from "sluice"
import {
  answersAt,
  branchName,
  branchValue,
  type Fan,
  itemName,
  type Payload,
  type Policy,
  type Poll,
  payloadAfter,
  type Release,
  type Scenario,
  type Script,
  type State,
  type StateWork,
  type Step,
  type Strategy,
  signalNames,
  type TargetUndo,
  targetOf,
  type Undo,
  undoOf,
  type Wait,
  type Work,
  workAt,
  workflowName
} from "./model.ts"
import { kindOf, type Recorder } from "./recorder.ts"

class Red extends Data.TaggedError("Red")<{ readonly site: string }> {}
class Blue extends Data.TaggedError("Blue")<{ readonly site: string }> {}

interface To {
  (payload: Payload): unknown
  after(delay: Duration.Input, payload: Payload): unknown
}

interface Ctx {
  readonly input: Payload
  readonly payload: Payload
  readonly attempt: number
  readonly to: Readonly<Record<string, To>>
  readonly results: unknown
  readonly error: unknown
  readonly item: string
  readonly index: number
  readonly signal: unknown
  readonly pending: unknown
  readonly value: unknown
  readonly cause: Cause.Cause<unknown>
}

type Fx<A> = Effect.Effect<A, unknown, Scope.Scope>
type Body = (ctx: Ctx) => unknown
type Bodies = Readonly<Record<string, Body>>

interface Builder {
  state(name: string, payload: unknown, targets: ReadonlyArray<string>): Builder
  exit(name: string, payload: unknown, options: { readonly rollback: boolean }): Builder
  signal(name: string, payload: unknown): Builder
  fallback(targets: ReadonlyArray<string>): Builder
  start(name: string): Definition
}

interface Definition {
  task(state: string, run: Body): Handler
  route(state: string, choose: Body): unknown
  split(state: string, branches: Bodies, options: object): Split
  forEach(state: string, items: Body, each: Body, options: object): ForEach
  wait(state: string, cases: Bodies): WaitHandler
  pause(state: string, limit: Duration.Input, then: Body): Handler
  poll(state: string, ask: Body, options: object): Handler
  implement(handlers: Readonly<Record<string, unknown>>, options: object): AnyWorkflow
}

interface Joinable {
  join(strategy: Join.Strategy, then: Body): Handler
}

interface Split extends Joinable {
  compensate(cases: Bodies, options: object): Split
}

interface ForEach extends Joinable {
  compensate(undo: Body, options: object): ForEach
}

interface Handler {
  timeout(duration: Duration.Input): Handler
  retry(options: { readonly times: number; readonly schedule?: Schedule.Schedule<unknown> }): Handler
  catch(handle: Body): Handler
  catchTag(tag: string, handle: Body): Handler
  catchTags(cases: Bodies): Handler
  compensate(cases: Bodies, options: object): Handler
}

interface WaitHandler extends Handler {
  after(limit: Duration.Input, then: Body): Handler
}

interface RunOptions {
  readonly id: string
  readonly timeout: number | undefined
  readonly compensationTimeout: number | undefined
}

/** A workflow, whatever its types. */
export interface AnyWorkflow {
  run(input: Payload, options: RunOptions): Effect.Effect<unknown, unknown>
  fork(input: Payload, options: RunOptions): Effect.Effect<Handle, never, Scope.Scope>
  signal(runId: string, name: string, payload: unknown): Effect.Effect<void, unknown>
}

/** The handle of a run, whatever its types. */
export interface Handle {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly interrupt: Effect.Effect<void>
  readonly events: Stream.Stream<Workflow.RunEvent<string>>
  signal(name: string, payload: unknown): Effect.Effect<void, unknown>
}

/** Makes the workflow of a scenario. */
export const makeWorkflow = (scenario: Scenario, recorder: Recorder): AnyWorkflow =>
  new Maker(scenario, recorder).make()

class Maker {
  private readonly scenario: Scenario
  private readonly recorder: Recorder
  private readonly definition: Definition

  constructor(scenario: Scenario, recorder: Recorder) {
    const { exits, shared, states } = scenario
    this.scenario = scenario
    this.recorder = recorder
    const payload = Workflow.type<Payload>()
    const empty = Workflow.define(workflowName) as unknown as Builder
    const withStates = states.reduce((table, { name, targets }) => table.state(name, payload, targets), empty)
    const withExits = exits.reduce((table, { name, ...options }) => table.exit(name, payload, options), withStates)
    const withSignals = signalNames.reduce((table, name) => table.signal(name, Workflow.type<number>()), withExits)
    this.definition = withSignals.fallback(shared.fallback).start(states[0]!.name)
  }

  make(): AnyWorkflow {
    const { rollback, states } = this.scenario
    return this.definition.implement(Object.fromEntries(states.map((state) => [state.name, this.handler(state)])), {
      policy: (step: Handler) => this.shared(step),
      ...(rollback === undefined ? {} : { rollback: (cause: Cause.Cause<unknown>) => rollback.includes(kindOf(cause)) })
    })
  }

  /** The policies of all handlers do not know their state: it is that of the context. */
  private shared(step: Handler): Handler {
    const { fallback, policies } = this.scenario.shared
    return policies.reduce((handler, policy, index) => {
      const who = ({ state }: Ctx & { readonly state: string }) => `${state}.shared${index}`
      const handle = (step: Step): Body => {
        return (ctx) => this.step(fallback, step, who(ctx as Ctx & { readonly state: string }), errorOf)(ctx)
      }
      return withPolicy(handler, policy, handle)
    }, step)
  }

  private handler(state: State): unknown {
    const { name, policies, targets, undos, work } = state
    if (work._tag === "route") {
      return this.definition.route(name, (ctx) => {
        const who = `${name}#${ctx.attempt}`
        this.recorder.begin(who, entered(ctx))
        if (work.end === "die") throw defect(who)
        return transition(targets, work, ctx)
      })
    }
    const chain = policies.map(
      (policy, index) => (handler: Handler) =>
        withPolicy(handler, policy, (step) => this.step(targets, step, `${name}.catch${index}`, errorOf))
    )
    const compensations = undos.map((undo) => (handler: Handler) => this.withUndo(handler, name, undo))
    const position = undos[0]?.position ?? 0
    return [...chain.slice(0, position), ...compensations, ...chain.slice(position)].reduce(
      (handler, extend) => extend(handler),
      this.work(state, work)
    )
  }

  private work({ name, targets }: State, work: Exclude<StateWork, { readonly _tag: "route" }>): Handler {
    switch (work._tag) {
      case "task":
        return this.definition.task(name, this.step(targets, work.step, name, entered))
      case "wait":
        return this.wait(name, targets, work)
      case "poll":
        return this.poll(name, targets, work)
      default:
        return this.fan(name, targets, work)
    }
  }

  private wait(name: string, targets: ReadonlyArray<string>, { cases, limit }: Wait): Handler {
    const bodies = cases.map(({ signal, step }) => [
      signal,
      this.step(targets, step, `${name}.on ${signal}`, (ctx) => ctx.signal)
    ])
    if (limit === undefined) return this.definition.wait(name, Object.fromEntries(bodies))
    const late = this.step(targets, limit.step, `${name}.late`, ({ payload }) => payload)
    return bodies.length === 0
      ? this.definition.pause(name, limit.duration, late)
      : this.definition.wait(name, Object.fromEntries(bodies)).after(limit.duration, late)
  }

  private poll(name: string, targets: ReadonlyArray<string>, poll: Poll): Handler {
    const { ask, failures, spacing, times } = poll
    const who = `${name}.ask`
    const askOnce = this.counted(
      ask.script,
      who,
      ({ payload }) => payload,
      (ctx, nth) => (answersAt(poll, nth) ? transition(targets, ask, ctx) : ctx.pending)
    )
    const schedule = Schedule.while(Schedule.spaced(spacing), ({ attempt }) => attempt <= times)
    return this.definition.poll(name, askOnce, { schedule, failures })
  }

  private fan(name: string, targets: ReadonlyArray<string>, fan: Fan): Handler {
    const { branches, concurrency, join, strategy } = fan
    const branch = (index: number, given: (ctx: Ctx) => unknown): Body =>
      this.attempted(branches[index]!.script, `${name}.${branchName(index)}`, given, ({ payload }) =>
        branchValue(index, payload)
      )
    const joinable =
      fan._tag === "split"
        ? this.split(name, fan, (index) => branch(index, ({ payload }) => payload))
        : this.forEach(name, fan, (ctx) => branch(ctx.index, ({ index, item }) => [item, index])(ctx))
    const then = this.step(targets, join, `${name}.join`, ({ results }) => results)
    return joinable(concurrency).join(joinStrategy(strategy), then)
  }

  private split(name: string, { branches }: Fan, branch: (index: number) => Body) {
    return (concurrency: Fan["concurrency"]): Joinable => {
      const bodies = Object.fromEntries(branches.map((_, index) => [branchName(index), branch(index)]))
      return branches.reduce(
        (split, { undo }, index) => {
          if (undo === undefined) return split
          const body = this.undo(undo, `${name}.${branchName(index)}.undo`, ({ input, payload, value }) => [
            payload,
            input,
            value
          ])
          return split.compensate({ [branchName(index)]: body }, optionsOf(undo))
        },
        this.definition.split(name, bodies, { concurrency })
      )
    }
  }

  private forEach(name: string, fan: Fan, each: Body) {
    return (concurrency: Fan["concurrency"]): Joinable => {
      const items = () => fan.branches.map((_, index) => itemName(index))
      const joinable = this.definition.forEach(name, items, each, { concurrency })
      const undo = undoOf(fan, 0)
      if (undo === undefined) return joinable
      const body = this.undo(undo, `${name}.each.undo`, ({ index, input, item, payload, value }) => [
        payload,
        input,
        value,
        item,
        index
      ])
      return joinable.compensate(body, optionsOf(undo))
    }
  }

  private withUndo(handler: Handler, name: string, undo: TargetUndo): Handler {
    const { target } = undo
    const body = this.undo(undo, `${name}.undo ${target}`, entered)
    return handler.compensate({ [target]: body }, optionsOf(undo))
  }

  private undo({ script }: Undo, who: string, given: (ctx: Ctx) => ReadonlyArray<unknown>): Body {
    return this.counted(
      script,
      who,
      (ctx) => [...given(ctx), ctx.cause],
      () => undefined
    )
  }

  /** A function that ends in a transition. */
  private step(targets: ReadonlyArray<string>, step: Step, who: string, given: (ctx: Ctx) => unknown): Body {
    return this.attempted(step.script, who, given, (ctx) => transition(targets, step, ctx))
  }

  /** A function that goes by the attempt. */
  private attempted(script: Script, who: string, given: (ctx: Ctx) => unknown, succeed: Body): Body {
    return body(script, ({ attempt }) => attempt, who, given, succeed, this.recorder)
  }

  /** A function that goes by how often it has been called. */
  private counted(
    script: Script,
    who: string,
    given: (ctx: Ctx) => unknown,
    succeed: (ctx: Ctx, nth: number) => unknown
  ): Body {
    return body(script, () => this.recorder.nextCall(who), who, given, succeed, this.recorder)
  }
}

const entered = ({ input, payload }: Ctx) => [payload, input]

const errorOf = ({ error }: Ctx) => error

const optionsOf = ({ retries, timeout, uninterruptible }: Undo): object => ({
  ...(retries === 0 ? {} : { retry: { times: retries } }),
  ...(timeout === undefined ? {} : { timeout }),
  uninterruptible
})

const withPolicy = (handler: Handler, policy: Policy, handleOf: (step: Step) => Body): Handler => {
  if (policy._tag === "timeout") return handler.timeout(policy.duration)
  if (policy._tag === "retry") {
    const { spacing, times } = policy
    return handler.retry({ times, ...(spacing === undefined ? {} : { schedule: Schedule.spaced(spacing) }) })
  }
  const handle = handleOf(policy.step)
  const [tag, ...more] = policy.tags
  if (tag === undefined) return handler.catch(handle)
  return more.length === 0
    ? handler.catchTag(tag, handle)
    : handler.catchTags(Object.fromEntries(policy.tags.map((tag) => [tag, handle])))
}

const joinStrategy = (strategy: Strategy): Join.Strategy => {
  switch (strategy._tag) {
    case "quorum":
      return Join.quorum(strategy.required)
    case "partialResults":
      return Join.partialResults(strategy.required)
    case "percentage":
      return Join.percentage(strategy.share.part / strategy.share.of)
    case "tolerateFailures":
      return Join.tolerate({ failures: strategy.failures })
    case "tolerateRate":
      return Join.tolerate({ rate: strategy.share.part / strategy.share.of })
    case "partialTimeout":
      return Join.partialTimeout(strategy.duration)
    default:
      return Join[strategy._tag]
  }
}

const transition = (
  targets: ReadonlyArray<string>,
  { after, picks }: Pick<Step, "picks" | "after">,
  ctx: Ctx
): unknown => {
  const to = ctx.to[targetOf(targets, picks, ctx.payload)]!
  const payload = payloadAfter(ctx.payload, found(ctx.results))
  return after === undefined ? to(payload) : to.after(after, payload)
}

/** The sum of the values that a join was given, in whatever shape. */
const found = (results: unknown): number => {
  if (typeof results === "number") return results
  if (typeof results !== "object" || results === null) return 0
  if ("successes" in results) return found(results.successes)
  return "value" in results
    ? found(results.value)
    : Object.values(results).reduce((sum: number, inner) => sum + found(inner), 0)
}

/** One of the user's functions, in any of the forms that one may have. */
const body = (
  script: Script,
  numberOf: (ctx: Ctx) => number,
  who: string,
  given: (ctx: Ctx) => unknown,
  succeed: (ctx: Ctx, nth: number) => unknown,
  recorder: Recorder
): Body => {
  const call = (ctx: Ctx, nth: number): unknown => {
    const work = workAt(script, nth)
    const name = `${who}#${nth}`
    recorder.begin(name, given(ctx))
    if (work.form !== "plain") return toEffect(work, name, () => succeed(ctx, nth), recorder)
    if (work.end === "die") throw defect(name)
    return succeed(ctx, nth)
  }
  const forms: Readonly<Record<Work["form"], (ctx: Ctx, nth: number) => unknown>> = {
    plain: call,
    effect: call,
    lazy: (ctx, nth) => Effect.suspend(() => call(ctx, nth) as Fx<unknown>),
    *generator(ctx, nth) {
      return yield* call(ctx, nth) as Fx<unknown>
    }
  }
  // A generator function is one before it is called: such a script is one throughout.
  if (script.every(({ form }) => form === "generator")) {
    return function* (ctx) {
      return yield* call(ctx, numberOf(ctx)) as Fx<unknown>
    }
  }
  return (ctx) => {
    const nth = numberOf(ctx)
    return forms[workAt(script, nth).form](ctx, nth)
  }
}

const toEffect = (
  { delay, end, release }: Work,
  who: string,
  succeed: () => unknown,
  recorder: Recorder
): Fx<unknown> => {
  const last = ending(end, who, succeed)
  const waited =
    delay === 0 ? last : delay === "yield" ? Effect.andThen(Effect.yieldNow, last) : Effect.delay(last, delay)
  if (release === undefined) return waited
  const finalizer = clean(who, release, recorder)
  return release.how === "ensuring"
    ? Effect.ensuring(waited, finalizer)
    : Effect.andThen(
        Effect.acquireRelease(Effect.void, () => finalizer),
        waited
      )
}

const ending = (end: Work["end"], who: string, succeed: () => unknown): Fx<unknown> => {
  switch (end) {
    case "succeed":
      return Effect.succeed(succeed())
    case "Red":
      return Effect.fail(new Red({ site: who }))
    case "Blue":
      return Effect.fail(new Blue({ site: who }))
    case "die":
      return Effect.die(defect(who))
    case "hang":
      return Effect.never
    case "interrupt":
      return Effect.interrupt
  }
}

const clean = (who: string, { delay }: Release, recorder: Recorder): Effect.Effect<void> =>
  Effect.sync(() => recorder.add(`${who} is being released`)).pipe(
    Effect.andThen(delay === 0 ? Effect.void : Effect.sleep(delay)),
    Effect.andThen(Effect.sync(() => recorder.add(`${who} is released`)))
  )

const defect = (who: string): string => `defect of ${who}`
