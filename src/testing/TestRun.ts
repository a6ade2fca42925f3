/**
 * One run under test: what is started with it, how time passes until it has ended, and what is reported then.
 */
import { Clock, DateTime, Duration, Effect, Exit, type Fiber } from "effect"
import { TestClock } from "effect/testing"
import { WorkflowDefinitionError } from "../Errors.ts"
import type { RunEvent } from "../Event.ts"
import { observerLayer } from "../engine/watch/observers.ts"
import { durationProblems } from "../graph/problems.ts"
import type { AnyDefinition } from "../types/Table.ts"
import { type AnyWorkflow, assemble, PartsKey, type RunOptions } from "../workflow/Implementation.ts"
import { Recording } from "./Recording.ts"
import { compensationsOf, pathOf, type Report, type Stuck } from "./Report.ts"
import { type Stubbed, withStubs } from "./stubs.ts"
import { type Reached, VirtualTime } from "./VirtualTime.ts"
import { describeWait, waitsForStubs, whereaboutsOf } from "./whereabouts.ts"

type AnyReport = Report<AnyDefinition, unknown>

/** The options of a run under test, whose types are those of its workflow. */
interface Settings extends RunOptions {
  readonly stubs?: Readonly<Record<string, unknown>>
  readonly signals?: ReadonlyArray<{ readonly at: Duration.Input; readonly signal: string; readonly payload?: unknown }>
  readonly interruptAt?: Duration.Input | undefined
  readonly limit?: Duration.Input
  readonly startTime?: DateTime.DateTime.Input
  readonly patience?: Duration.Input
}

/** Starts the run of a workflow. */
type Launch = (workflow: AnyWorkflow, options: RunOptions) => Effect.Effect<unknown, unknown>

const defaultLimit = Duration.days(30)

/** How long, in real time, a run that waits for stand-ins only may take to go on: as long as a Promise that is kept. */
const forStubs = Duration.millis(5)
const forOthers = Duration.seconds(1)

/** Runs a workflow under a test clock of its own, and reports what it did. */
export const reportOf = (workflow: object, options: object | undefined, launch: Launch): Effect.Effect<AnyReport> =>
  TestClock.testClockWith((clock) =>
    // The types let through a workflow, and the options that belong to it.
    new TestRun(workflow as AnyWorkflow, { ...(options as Settings) }, clock).report(launch)
  ).pipe(Effect.provide(TestClock.layer()))

class TestRun {
  private readonly settings: Settings
  private readonly id: string
  private readonly stubbed: Stubbed
  private readonly begin: number
  private readonly time: VirtualTime
  private readonly recording: Recording
  private readonly fibers: Array<Fiber.Fiber<unknown, unknown>> = []

  constructor(workflow: AnyWorkflow, settings: Settings, clock: TestClock.TestClock) {
    this.settings = settings
    this.id = settings.id ?? "test"
    this.stubbed = withStubs(workflow[PartsKey], settings.stubs ?? {})
    this.begin = DateTime.toEpochMillis(DateTime.makeUnsafe(settings.startTime ?? 0))
    this.time = new VirtualTime(clock)
    this.recording = new Recording(
      () => this.time.stir(),
      () => this.fibers[0]?.interruptUnsafe()
    )
  }

  report(launch: Launch): Effect.Effect<AnyReport> {
    return Effect.acquireUseRelease(
      this.start(launch),
      (run) => this.finish(run),
      () =>
        Effect.sync(() => {
          for (const fiber of this.fibers) fiber.interruptUnsafe()
        })
    ).pipe(Effect.provide(observerLayer(Effect.succeed(this.recording.observe))))
  }

  /** Starts the run, and what is to happen to it. */
  private start(launch: Launch): Effect.Effect<Fiber.Fiber<unknown, unknown>> {
    const { id, settings, stubbed, time } = this
    const { compensationTimeout, interruptAt, signals = [], timeout } = settings
    this.checkSettings()
    return Effect.gen({ self: this }, function* () {
      yield* time.set(this.begin - 1)
      const workflow = assemble(stubbed.parts)
      const run = yield* this.after(
        0,
        Effect.suspend(() => launch(workflow, { id, timeout, compensationTimeout }))
      )
      for (const { at, payload, signal } of signals) {
        // A run that has ended is sent nothing.
        yield* this.after(at, Effect.ignore(workflow.signal(id, signal, ...[payload])))
      }
      const interrupt = Effect.sync(() => run.interruptUnsafe())
      if (interruptAt !== undefined) yield* this.after(interruptAt, interrupt)
      return run
    })
  }

  /** Forks what is to happen after a time. What begins by sleeping, the clock waits for until it can go on no more. */
  private after<A, E>(time: Duration.Input, effect: Effect.Effect<A, E>): Effect.Effect<Fiber.Fiber<A, E>> {
    return Effect.sleep(Duration.sum(Duration.fromInputUnsafe(time), Duration.millis(1))).pipe(
      Effect.andThen(effect),
      Effect.provideService(Clock.Clock, this.time.clock),
      Effect.forkDetach({ startImmediately: true }),
      Effect.tap((fiber) => Effect.sync(() => this.fibers.push(fiber)))
    )
  }

  private finish(run: Fiber.Fiber<unknown, unknown>): Effect.Effect<AnyReport> {
    const limit = Duration.fromInputUnsafe(this.settings.limit ?? defaultLimit)
    return Effect.gen({ self: this }, function* () {
      const reached = yield* this.pass(run, this.begin + Duration.toMillis(limit))
      const report = this.reportNow(run, this.stuckAt(reached))
      // What a run that has not ended holds is released all the same.
      if (report.stuck !== undefined) {
        run.interruptUnsafe()
        yield* this.pass(run, this.time.now() + Duration.toMillis(defaultLimit))
      }
      return report
    })
  }

  private pass(run: Fiber.Fiber<unknown, unknown>, limit: number): Effect.Effect<Reached> {
    return this.time.pass(run, { limit, patience: () => this.patience() })
  }

  private patience(): Duration.Duration {
    const { patience } = this.settings
    if (patience !== undefined) return Duration.fromInputUnsafe(patience)
    return waitsForStubs(this.whereabouts(), this.stubbed.replaced) ? forStubs : forOthers
  }

  private whereabouts() {
    return whereaboutsOf(this.recording.events, this.id)
  }

  private stuckAt(reached: Reached): Stuck<string> | undefined {
    const { loops } = this.recording
    if (reached === "end" && !loops) return undefined
    const at = this.whereabouts()
    if (loops) return { reason: "loops", state: at.state, detail: "it never waits" }
    const detail = describeWait(at, this.stubbed.replaced)
    return { reason: reached === "limit" ? "limit" : "hangs", state: at.state, detail }
  }

  private reportNow(run: Fiber.Fiber<unknown, unknown>, stuck: Stuck<string> | undefined): AnyReport {
    const { name: workflow } = this.stubbed.parts.definition
    const { id: runId, recording, time } = this
    const isOwn = (event: RunEvent) => event.runId === runId && event.workflow === workflow
    const events = recording.events.filter(isOwn)
    // What a run succeeds with is the transition to an exit.
    const exit = stuck === undefined ? (run.pollUnsafe() as AnyReport["exit"]) : undefined
    return {
      workflow,
      runId,
      path: pathOf(events),
      exit,
      outcome: exit !== undefined && Exit.isSuccess(exit) ? exit.value : undefined,
      stuck,
      duration: Duration.millis(time.now() - this.begin),
      events,
      calls: recording.events.filter((event) => !isOwn(event)),
      compensations: compensationsOf(recording.events)
    }
  }

  /** A name that is not declared comes only from outside the types. */
  private checkSettings(): void {
    const { name: workflow, signals } = this.stubbed.parts.definition
    const { interruptAt, limit, patience, signals: sent = [] } = this.settings
    const problems = [
      ...sent.flatMap(({ at, signal }) => [
        ...(signals.some(({ name }) => name === signal) ? [] : [`'${signal}' is not a signal`]),
        ...durationProblems(`the time of the signal '${signal}'`, at)
      ]),
      ...Object.entries({ interruptAt, limit, patience }).flatMap(([option, value]) =>
        value === undefined ? [] : durationProblems(option, value)
      )
    ]
    if (problems.length > 0) throw new WorkflowDefinitionError({ workflow, problems })
  }
}
