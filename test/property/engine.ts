/**
 * Runs a random workflow on the real engine, under the test clock, and records what happens.
 */
import { Clock, Cause, Data, Duration, Effect, Exit, Fiber, Metric, Option, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Join, Workflow } from "sluice"
import {
  branchName,
  branchValue,
  endOfTime,
  type Fan,
  itemName,
  type Payload,
  payloadAfter,
  type Policy,
  type Release,
  type Scenario,
  type Script,
  type State,
  type Step,
  type Strategy,
  targetOf,
  type Work,
  workAt
} from "./model.ts"
import { type Observation, show, Trace } from "./observation.ts"

class Red extends Data.TaggedError("Red")<{ readonly site: string }> {}
class Blue extends Data.TaggedError("Blue")<{ readonly site: string }> {}

// The definitions are made of data, so that the types have nothing to say about them: this is what they are at run time.

interface Ctx {
  readonly input: Payload
  readonly payload: Payload
  readonly attempt: number
  readonly to: Readonly<Record<string, (payload: Payload) => unknown>>
  readonly results: unknown
  readonly error: unknown
  readonly item: string
  readonly index: number
}

type Fx<A> = Effect.Effect<A, unknown, Scope.Scope>
type Body = (ctx: Ctx) => unknown

interface Builder {
  state(name: string, payload: unknown, targets: ReadonlyArray<string>): Builder
  exit(name: string, payload: unknown): Builder
  start(name: string): Definition
}

interface Definition {
  task(state: string, run: Body): Handler
  route(state: string, choose: Body): unknown
  split(state: string, branches: Readonly<Record<string, Body>>, options: object): Joinable
  forEach(state: string, items: Body, each: Body, options: object): Joinable
  implement(handlers: Readonly<Record<string, unknown>>): AnyWorkflow
}

interface Joinable {
  join(strategy: Join.Strategy, then: Body): Handler
}

interface Handler {
  timeout(duration: Duration.Input): Handler
  retry(options: { readonly times: number }): Handler
  catch(handle: Body): Handler
  catchTag(tag: string, handle: Body): Handler
  catchTags(cases: Readonly<Record<string, Body>>): Handler
}

interface AnyWorkflow {
  run(input: Payload): Effect.Effect<unknown, unknown>
  fork(input: Payload): Effect.Effect<Handle, never, Scope.Scope>
}

interface Handle {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly interrupt: Effect.Effect<void>
  readonly events: Stream.Stream<Workflow.RunEvent<string>>
}

/** Runs a scenario, and says what it did. It needs a test clock of its own. */
export const observe = (scenario: Scenario): Effect.Effect<Observation> =>
  TestClock.testClockWith((clock) =>
    Effect.gen(function* () {
      // Sleeping before the run makes the clock wait after each step for everything that can go on.
      const begin = 1
      const recorder = new Recorder(() => clock.currentTimeMillisUnsafe() - begin)
      const workflow = build(scenario, recorder)
      yield* clock.adjust(0)
      const fiber = yield* Effect.sleep(begin).pipe(
        Effect.andThen(Effect.scoped(watch(scenario, workflow, recorder, new Census(clock)))),
        Effect.forkDetach({ startImmediately: true })
      )
      yield* clock.adjust(2 * endOfTime)
      const exit = fiber.pollUnsafe()
      if (exit === undefined) {
        yield* Effect.forkDetach(Fiber.interrupt(fiber))
        return recorder.observation("has not ended", "", ["the run"])
      }
      const { failedIn, leftBehind, outcome } = yield* exit
      return recorder.observation(outcome, failedIn, leftBehind)
    })
  )

/** Counts the fibers and the sleeps of a run while they last. */
class Census {
  private fibers = 0
  private sleeps = 0
  private readonly metrics: Metric.FiberRuntimeMetricsService = {
    recordFiberStart: () => {
      this.fibers++
    },
    recordFiberEnd: () => {
      this.fibers--
    }
  }
  private readonly clock: Clock.Clock

  constructor(clock: Clock.Clock) {
    const sleep: Clock.Clock["sleep"] = (duration) =>
      Effect.acquireUseRelease(
        Effect.sync(() => this.sleeps++),
        () => clock.sleep(duration),
        () => Effect.sync(() => this.sleeps--)
      )
    this.clock = { ...clock, sleep }
  }

  count<A, E, R>(run: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return run.pipe(
      Effect.provideService(Clock.Clock, this.clock),
      Effect.provideService(Metric.FiberRuntimeMetrics, this.metrics)
    )
  }

  remaining(): ReadonlyArray<string> {
    return [
      ...(this.fibers === 0 ? [] : [`${this.fibers} fibers`]),
      ...(this.sleeps === 0 ? [] : [`${this.sleeps} sleeps`])
    ]
  }
}

class Recorder {
  readonly now: () => number
  private readonly trace = new Trace()
  private readonly visits: Array<string> = []
  private endedAt = Number.NaN

  constructor(now: () => number) {
    this.now = now
  }

  add(text: string): void {
    this.trace.add(this.now(), text)
  }

  begin(who: string, attempt: number, given: unknown): void {
    this.add(`${who}#${attempt} begins with ${show(plain(given))}`)
  }

  ended(): void {
    this.endedAt = this.now()
  }

  event(event: Workflow.RunEvent<string>, time: number): void {
    if (event._tag === "StateEntered") this.visits.push(`${time} ${event.state} ${show(event.payload)}`)
    else if ("branch" in event) {
      const branch = typeof event.branch === "number" ? branchName(event.branch) : event.branch
      this.trace.add(time, `${event._tag} ${event.state}.${branch}`)
    } else if (event._tag === "RunFinished" && Exit.isSuccess(event.exit)) {
      this.visits.push(`${time} ${(event.exit.value as { readonly _tag: string })._tag}`)
    }
  }

  observation(outcome: string, failedIn: string, leftBehind: ReadonlyArray<string>): Observation {
    const { endedAt, trace, visits } = this
    return { outcome, endedAt, failedIn, visits, trace: trace.sorted(), leftBehind }
  }
}

/** Runs the workflow, interrupts it when it is time, and waits for its end. */
const watch = Effect.fnUntraced(function* (
  scenario: Scenario,
  workflow: AnyWorkflow,
  recorder: Recorder,
  census: Census
) {
  const begin = (yield* Clock.currentTimeMillis) - recorder.now()
  const { events, fiber, interrupt } = yield* launch(scenario, workflow, census)
  yield* Effect.sleep(scenario.interruptAt).pipe(Effect.andThen(interrupt), Effect.forkScoped)
  const exit = yield* Fiber.await(fiber)
  recorder.ended()
  const leftBehind = census.remaining()
  yield* Stream.runForEach(events, (event) => Effect.sync(() => recorder.event(event, event.time - begin)))
  return { outcome: describeExit(exit), failedIn: describeFailure(exit), leftBehind }
})

const launch = (
  { forked, input }: Scenario,
  workflow: AnyWorkflow,
  census: Census
): Effect.Effect<Handle, never, Scope.Scope> =>
  forked
    ? census.count(workflow.fork(input))
    : Effect.map(Effect.forkScoped(census.count(workflow.run(input))), (fiber) => ({
        fiber,
        interrupt: Fiber.interrupt(fiber),
        events: Stream.empty
      }))

const describeExit = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return `ended in ${show(exit.value)}`
  const defects = exit.cause.reasons.filter(Cause.isDieReason).map(({ defect }) => String(defect))
  if (defects.length > 0) return `died of ${defects.toSorted().join(", ")}`
  const failure = exit.cause.reasons.find(Cause.isFailReason)
  return failure === undefined ? "interrupted" : `failed with ${show(plain(failure.error))}`
}

const describeFailure = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit)
    ? ""
    : Option.match(Workflow.failureContext(exit.cause), {
        onNone: () => "",
        onSome: ({ attempt, path, state }) => show({ state, attempt, path })
      })

/** Errors and durations as plain data. */
const plain = (value: unknown): unknown => {
  if (Duration.isDuration(value)) return Duration.toMillis(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  const fields = Object.entries(value).map(([key, inner]) => [key, plain(inner)])
  return Object.fromEntries("_tag" in value ? [["_tag", value._tag], ...fields] : fields)
}

const build = ({ exits, states }: Scenario, recorder: Recorder): AnyWorkflow => {
  const payload = Workflow.type<Payload>()
  const builder = Workflow.define("Random") as unknown as Builder
  const withStates = states.reduce((table, { name, targets }) => table.state(name, payload, targets), builder)
  const definition = exits.reduce((table, name) => table.exit(name, payload), withStates).start(states[0]!.name)
  return definition.implement(
    Object.fromEntries(states.map((state) => [state.name, handler(definition, state, recorder)]))
  )
}

const handler = (definition: Definition, state: State, recorder: Recorder): unknown => {
  const { name, policies, work } = state
  const given = ({ input, payload }: Ctx) => [payload, input]
  if (work._tag === "route") {
    return definition.route(name, (ctx) => {
      recorder.begin(name, ctx.attempt, given(ctx))
      if (work.end === "die") throw defect(name, ctx)
      return transition(state, work.picks, ctx)
    })
  }
  const base =
    work._tag === "task"
      ? definition.task(name, step(state, work.step, name, given, recorder))
      : fan(definition, state, work, recorder)
  return policies.reduce((handler, policy, index) => withPolicy(handler, policy, index, state, recorder), base)
}

const withPolicy = (handler: Handler, policy: Policy, index: number, state: State, recorder: Recorder): Handler => {
  if (policy._tag === "timeout") return handler.timeout(policy.duration)
  if (policy._tag === "retry") return handler.retry({ times: policy.times })
  const handle = step(state, policy.step, `${state.name}.catch${index}`, ({ error }) => error, recorder)
  const [tag, ...more] = policy.tags
  if (tag === undefined) return handler.catch(handle)
  return more.length === 0
    ? handler.catchTag(tag, handle)
    : handler.catchTags(Object.fromEntries(policy.tags.map((tag) => [tag, handle])))
}

const fan = (definition: Definition, state: State, work: Fan, recorder: Recorder): Handler => {
  const options = { concurrency: work.concurrency }
  const scripts = work.branches
  const branch = (index: number, given: (ctx: Ctx) => unknown): Body =>
    body(
      scripts[index]!,
      `${state.name}.${branchName(index)}`,
      given,
      ({ payload }) => branchValue(index, payload),
      recorder
    )
  const join = step(state, work.join, `${state.name}.join`, ({ results }) => results, recorder)
  const joinable =
    work._tag === "split"
      ? definition.split(
          state.name,
          Object.fromEntries(scripts.map((_, index) => [branchName(index), branch(index, ({ payload }) => payload)])),
          options
        )
      : definition.forEach(
          state.name,
          () => scripts.map((_, index) => itemName(index)),
          (ctx) => branch(ctx.index, ({ index, item }) => [item, index])(ctx),
          options
        )
  return joinable.join(strategy(work.strategy), join)
}

const strategy = (strategy: Strategy): Join.Strategy => {
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

/** A function that ends in a transition. */
const step = (
  state: State,
  { picks, script }: Step,
  who: string,
  given: (ctx: Ctx) => unknown,
  recorder: Recorder
): Body => body(script, who, given, (ctx) => transition(state, picks, ctx), recorder)

const transition = (state: State, picks: ReadonlyArray<number>, ctx: Ctx): unknown =>
  ctx.to[targetOf(state, picks, ctx.payload)]!(payloadAfter(ctx.payload, found(ctx.results)))

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
  who: string,
  given: (ctx: Ctx) => unknown,
  succeed: (ctx: Ctx) => unknown,
  recorder: Recorder
): Body => {
  const call = (ctx: Ctx): unknown => {
    const work = workAt(script, ctx.attempt)
    recorder.begin(who, ctx.attempt, given(ctx))
    if (work.form !== "plain") return toEffect(work, who, ctx, succeed, recorder)
    if (work.end === "die") throw defect(who, ctx)
    return succeed(ctx)
  }
  const forms: Readonly<Record<Work["form"], Body>> = {
    plain: call,
    effect: call,
    lazy: (ctx) => Effect.suspend(() => call(ctx) as Fx<unknown>),
    *generator(ctx) {
      return yield* call(ctx) as Fx<unknown>
    }
  }
  // A generator function is one before it is called: such a script is one throughout.
  if (script.every(({ form }) => form === "generator")) return forms.generator
  return (ctx) => forms[workAt(script, ctx.attempt).form](ctx)
}

const toEffect = (
  { delay, end, release }: Work,
  who: string,
  ctx: Ctx,
  succeed: (ctx: Ctx) => unknown,
  recorder: Recorder
): Fx<unknown> => {
  const last = ending(end, who, ctx, succeed)
  const waited =
    delay === 0 ? last : delay === "yield" ? Effect.andThen(Effect.yieldNow, last) : Effect.delay(last, delay)
  if (release === undefined) return waited
  const finalizer = clean(`${who}#${ctx.attempt}`, release, recorder)
  return release.how === "ensuring"
    ? Effect.ensuring(waited, finalizer)
    : Effect.andThen(
        Effect.acquireRelease(Effect.void, () => finalizer),
        waited
      )
}

const ending = (end: Work["end"], who: string, ctx: Ctx, succeed: (ctx: Ctx) => unknown): Fx<unknown> => {
  switch (end) {
    case "succeed":
      return Effect.succeed(succeed(ctx))
    case "Red":
      return Effect.fail(new Red({ site: who }))
    case "Blue":
      return Effect.fail(new Blue({ site: who }))
    case "die":
      return Effect.die(defect(who, ctx))
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

const defect = (who: string, { attempt }: Ctx): string => `defect of ${who}#${attempt}`
