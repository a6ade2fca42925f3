/**
 * Runs a random workflow on the real engine, under the test clock, and records what happens.
 */
import { Clock, Effect, Exit, Fiber, Layer, Metric, Option, type Scope, Stream, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { Workflow } from "sluice"
import { collecting } from "../support/events.ts"
import { Spans } from "../support/spans.ts"
import { problemsOf } from "../support/wellFormed.ts"
import { type AnyWorkflow, type Handle, makeWorkflow } from "./machine.ts"
import { endOfTime, runId, type Scenario } from "./model.ts"
import { type Observation, show } from "./observation.ts"
import { describeExit, Recorder } from "./recorder.ts"

/** Runs a scenario, and says what it did. It needs a test clock of its own. */
export const observe = (scenario: Scenario): Effect.Effect<Observation> =>
  TestClock.testClockWith((clock) =>
    Effect.gen(function* () {
      // Sleeping before the run makes the clock wait after each step for everything that can go on.
      const begin = 1
      const recorder = new Recorder(() => clock.currentTimeMillisUnsafe() - begin)
      const workflow = makeWorkflow(scenario, recorder)
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

/** Runs the workflow, interrupts it when it is time, and waits for its end. */
const watch = Effect.fnUntraced(function* (
  scenario: Scenario,
  workflow: AnyWorkflow,
  recorder: Recorder,
  census: Census
) {
  const begin = (yield* Clock.currentTimeMillis) - recorder.now()
  const observed: Array<Workflow.RunEvent> = []
  const spans = new Spans()
  const watchers = Layer.mergeAll(
    scenario.observed ? collecting(observed) : Layer.empty,
    scenario.traced ? Layer.succeed(Tracer.Tracer, spans.tracer) : Layer.empty
  )
  const { events, fiber, interrupt, signal } = yield* Effect.provideContext(
    launch(scenario, workflow, census),
    yield* Layer.build(watchers)
  )
  yield* Effect.sleep(scenario.interruptAt).pipe(Effect.andThen(interrupt), Effect.forkScoped)
  for (const { at, name } of scenario.signals) {
    yield* Effect.sleep(at).pipe(Effect.andThen(signal(name, at)), Effect.forkScoped)
  }
  const exit = yield* Fiber.await(fiber)
  recorder.ended()
  const leftBehind = [...census.remaining(), ...spans.open.map((name) => `the span ${name}`)]
  const told = scenario.forked ? yield* Stream.runCollect(events) : observed
  for (const event of told) recorder.event(event, begin)
  const differ = scenario.forked && scenario.observed && !isSame(told, observed)
  const problems = [
    ...problemsOf(told),
    ...misplaced(spans),
    ...(differ ? ["the observer was told something else"] : [])
  ]
  return { outcome: describeExit(exit), failedIn: describeFailure(exit), leftBehind: [...leftBehind, ...problems] }
})

const isSame = (some: ReadonlyArray<Workflow.RunEvent>, others: ReadonlyArray<Workflow.RunEvent>): boolean =>
  some.length === others.length && some.every((event, index) => event === others[index])

/** What each kind of span is below. */
const parents: Readonly<Record<string, ReadonlyArray<string>>> = {
  run: ["nothing"],
  state: ["run"],
  attempt: ["state"],
  branch: ["attempt"],
  compensate: ["run", "state", "attempt"]
}

/** The spans that are below another one than they should be. */
const misplaced = ({ all }: Spans): ReadonlyArray<string> => {
  const kindOf = (name = "nothing") => name.split(" ")[0]!
  return all.flatMap(({ name, parent }) => {
    const above = all.find((span) => span === Option.getOrUndefined(parent))?.name
    return parents[kindOf(name)]?.includes(kindOf(above)) ? [] : [`the span ${name} below ${above}`]
  })
}

const launch = (
  { compensationTimeout, forked, input, timeout }: Scenario,
  workflow: AnyWorkflow,
  census: Census
): Effect.Effect<Handle, never, Scope.Scope> => {
  const options = { id: runId, timeout, compensationTimeout }
  return forked
    ? census.count(workflow.fork(input, options))
    : Effect.map(Effect.forkScoped(census.count(workflow.run(input, options))), (fiber) => ({
        fiber,
        interrupt: Fiber.interrupt(fiber),
        events: Stream.empty,
        signal: (name, payload) => workflow.signal(runId, name, payload)
      }))
}

const describeFailure = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit)
    ? ""
    : Option.match(Workflow.failureContext(exit.cause), {
        onNone: () => "",
        onSome: ({ attempt, path, state }) => show({ state, attempt, path })
      })
