/**
 * A run that was forked: how to watch it, wait for it and end it.
 */
import { Effect, Fiber, type Scope, type Stream } from "effect"
import { RunNotFound } from "../Errors.ts"
import type { RunEvent } from "../Event.ts"
import type { Machine, Node } from "../engine/model.ts"
import { Run, type RunSettings } from "../engine/run/Run.ts"
import { deliver, isListed } from "../engine/run/Runs.ts"
import { start as startRun } from "../engine/run/start.ts"
import { noteAwaiting, reportUnawaited } from "../engine/run/unhandled.ts"
import { EventLog } from "../engine/watch/EventLog.ts"
import { watchOf } from "../engine/watch/Observation.ts"
import type { OneSignal } from "../types/OneName.ts"
import type {
  AnyDefinition,
  ExitName,
  Outcome,
  SignalName,
  SignalPayload,
  StateName,
  WithoutPayload,
  WithPayload
} from "../types/Table.ts"

/**
 * The handle of a forked run.
 *
 * When the run fails and nobody waits for its fiber then, its failure is logged, at the level of
 * `References.UnhandledLogLevel`: watching `events` is not waiting for the exit. Interrupting the run is no failure, but what
 * an interrupted run could not undo is always logged.
 */
export interface RunHandle<D extends AnyDefinition, out E> {
  /** The id of the run. */
  readonly id: string
  /** The fiber of the run; `Fiber.join` waits for its outcome. */
  readonly fiber: Fiber.Fiber<Outcome<D>, E>
  /** The place the run is at: a state, or the exit it ended in. */
  readonly state: Effect.Effect<StateName<D> | ExitName<D>>
  /**
   * What happens in the run, ending with `RunFinished`. A consumer never slows the run down and may come late: the last
   * 1,024 events are kept, and one that falls further behind misses the oldest.
   */
  readonly events: Stream.Stream<RunEvent<StateName<D>, ExitName<D>>>
  /**
   * Sends the run a signal; one that it does not wait for yet is kept. Fails with `RunNotFound` when the run has ended.
   */
  readonly signal: {
    <const S extends SignalName<D>>(signal: S & WithoutPayload<D, S>): Effect.Effect<void, RunNotFound>
    <const S extends SignalName<D>>(
      signal: S & WithPayload<D, S>,
      payload: SignalPayload<D, S> & OneSignal<D, S>
    ): Effect.Effect<void, RunNotFound>
  }
  /** Interrupts the run with all its branches, and waits for their finalizers and for its rollback. */
  readonly interrupt: Effect.Effect<void>
}

/** Starts a run in a fiber of the caller's scope. */
export const forkRun = (
  machine: Machine,
  start: Node,
  input: unknown,
  settings: RunSettings | undefined
): Effect.Effect<RunHandle<AnyDefinition, unknown>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const log = new EventLog()
    const watch = yield* Effect.withFiber((fiber) => Effect.succeed(watchOf(fiber, (event) => log.add(event))))
    const run: Run = new Run(machine, start, input, settings, watch)
    const awaiting = new Set<unknown>()
    const started = Effect.suspend(() => startRun(run, input))
    const fiber = yield* Effect.forkScoped(
      reportUnawaited(run, started, () => awaiting.size > 0),
      { startImmediately: true }
    )
    noteAwaiting(fiber, awaiting)
    const handle: RunHandle<AnyDefinition, unknown> = {
      id: run.id,
      // The services of the handlers are in the type of the workflow's `fork`, and its outcome in that of the handle.
      fiber: fiber as Fiber.Fiber<never, unknown>,
      state: Effect.sync(() => run.state),
      events: log.stream,
      signal: (name: string, ...[payload]: ReadonlyArray<unknown>) =>
        Effect.suspend(() =>
          isListed(run)
            ? deliver(run, name, payload)
            : Effect.fail(new RunNotFound({ workflow: machine.graph.name, runId: run.id }))
        ),
      interrupt: Fiber.interrupt(fiber)
    }
    return handle
  }) as Effect.Effect<RunHandle<AnyDefinition, unknown>, never, Scope.Scope>
