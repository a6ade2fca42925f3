/**
 * Runs a random workflow on the real engine, under the test clock, and records what happens.
 */
import { Clock, Effect, Exit, Fiber, Metric, Option, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Workflow } from "sluice"
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
  const { events, fiber, interrupt, signal } = yield* launch(scenario, workflow, census)
  yield* Effect.sleep(scenario.interruptAt).pipe(Effect.andThen(interrupt), Effect.forkScoped)
  for (const { at, name } of scenario.signals) {
    yield* Effect.sleep(at).pipe(Effect.andThen(signal(name, at)), Effect.forkScoped)
  }
  const exit = yield* Fiber.await(fiber)
  recorder.ended()
  const leftBehind = census.remaining()
  yield* Stream.runForEach(events, (event) => Effect.sync(() => recorder.event(event, event.time - begin)))
  return { outcome: describeExit(exit), failedIn: describeFailure(exit), leftBehind }
})

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
