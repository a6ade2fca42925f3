/**
 * A scheduler: workflows that run by cron, at intervals or on call, under guards, as one service in a Layer.
 */
import { Array, Clock, Context, type Duration, Effect, Exit, Layer, Result, Scope } from "effect"
import { countProblems, durationProblems } from "./graph/problems.ts"
import { type EntryRecord, type EntryValue, entryProblems } from "./scheduler/Entry.ts"
import {
  type EntryBusy,
  type EntryTripped,
  SchedulerDefinitionError,
  type SchedulerStopped
} from "./scheduler/errors.ts"
import { Runner } from "./scheduler/Runner.ts"
import type { CompletedRun, Status, TriggeredRun, TriggerOptions } from "./scheduler/Status.ts"
import { timetable } from "./scheduler/Trigger.ts"
import { uniqueKey } from "./text/keys.ts"
import type { AtLeastOne } from "./types/Literal.ts"
import type { OneName } from "./types/OneName.ts"
import type { Input, ServiceOf as ServiceOfDefinition } from "./types/Table.ts"

export {
  type Entry,
  type EntryArguments,
  type EntryOptions,
  type EntryRecord,
  entry,
  type InputOptions,
  type Overlap,
  type Tick
} from "./scheduler/Entry.ts"
export { EntryBusy, EntryTripped, SchedulerDefinitionError, SchedulerStopped } from "./scheduler/errors.ts"
export type { CompletedRun, RunInProgress, Status, TriggeredRun, TriggerOptions } from "./scheduler/Status.ts"
export { type CronOptions, cron, interval, manual, type Trigger } from "./scheduler/Trigger.ts"

/** The key under which a scheduler carries its types. No value has it. */
export declare const SchedulerTypes: unique symbol

/** Any scheduler made by `Scheduler.define`. */
export interface AnyScheduler {
  new (_: never): object
  readonly [SchedulerTypes]: { readonly ids: string; readonly entries: EntryRecord }
}

/** The ids of the entries. */
export type EntryId<S extends AnyScheduler> = S[typeof SchedulerTypes]["ids"]

/** The definition that an entry runs. */
export type DefinitionOf<
  S extends AnyScheduler,
  Id extends EntryId<S>
> = S[typeof SchedulerTypes]["entries"][Id]["definition"]

/** `unknown` for an entry, a message for entries that differ in their inputs. */
export type OneEntry<S extends AnyScheduler, Id extends EntryId<S>> = OneName<
  Id,
  Input<DefinitionOf<S, Id>>,
  Id extends EntryId<S> ? (input: Input<DefinitionOf<S, Id>>) => void : never
>

/** The identifier of the scheduler as a service. */
export type ServiceOf<S extends AnyScheduler> = S extends new (_: never) => infer Self ? Self : never

/** The services that the workflows of the entries are reached through. */
export type WorkflowsOf<S extends AnyScheduler> = ServiceOfDefinition<DefinitionOf<S, EntryId<S>>>

/** Options of the Layer of a scheduler. */
export interface LayerOptions<History extends number> {
  /** How many ended runs each entry remembers: a whole number of at least 1, 100 unless given. */
  readonly history?: AtLeastOne<"history", History>
  /** How long `stop`, and closing the Layer's scope, waits for runs in progress; 30 seconds unless given. */
  readonly stopWithin?: Duration.Input
}

/** Options of a stop. */
export interface StopOptions {
  /** How long to wait for runs in progress before they are interrupted; what the Layer says unless given. */
  readonly within?: Duration.Input
}

/**
 * A scheduler. Extend it with a class, so that it has a short name in every hover, error and declaration file:
 * `class Jobs extends Scheduler.define("Jobs", { ... }) {}`.
 *
 * An entry runs one run at a time. A failing run, a defect included, is logged, kept in the history, and counted for
 * backoff and trip; it never ends the scheduler. An interrupted run is no failure.
 *
 * A tick that comes late, because the machine has slept or the entry was busy or held back, gives its run the time at
 * which it was due. Ticks do not pile up: when a machine wakes up after several, the last one counts. When the clock is set
 * back, ticks go on in the new time; those that were taken already are left out, unless they are more than an hour apart.
 */
export interface Scheduler<in out Name extends string, in out Entries extends EntryRecord> {
  // All of it is in the type of the service, so that another scheduler of the same name is not taken for this one.
  new (
    _: never
  ): {
    readonly scheduler: Name
    readonly ids: keyof Entries
    readonly [SchedulerTypes]: Scheduler<Name, Entries>
  }

  readonly [SchedulerTypes]: { readonly ids: keyof Entries & string; readonly entries: Entries }

  /**
   * Provides the scheduler as a service and starts it. Each call makes another scheduler: provide one.
   *
   * It needs the Layers of the workflows. Its scope owns everything: when that closes, the scheduler stops as with
   * `stop`.
   */
  layer<S extends AnyScheduler, const History extends number = number>(
    this: S,
    options?: LayerOptions<History>
  ): Layer.Layer<ServiceOf<S>, never, WorkflowsOf<S>>

  /**
   * Asks for a run now, whether or not the entry is paused or holds back after failures, and does not wait for it. A
   * run that is in progress makes it wait, or is cancelled, by the overlap policy.
   *
   * Fails with `EntryBusy` when the overlap policy has no room for it, with `EntryTripped` until the entry is reset,
   * and with `SchedulerStopped`.
   */
  trigger<S extends AnyScheduler, const Id extends EntryId<S>>(
    this: S,
    id: Id,
    options?: TriggerOptions<Input<DefinitionOf<S, Id>>> & OneEntry<S, Id>
  ): Effect.Effect<TriggeredRun<DefinitionOf<S, Id>>, EntryBusy | EntryTripped | SchedulerStopped, ServiceOf<S>>

  /** The state of an entry. */
  status<S extends AnyScheduler, const Id extends EntryId<S>>(
    this: S,
    id: Id
  ): Effect.Effect<Status<Id, DefinitionOf<S, Id>>, never, ServiceOf<S>>

  /** The state of every entry, in the order of their declaration. */
  list<S extends AnyScheduler>(
    this: S
  ): Effect.Effect<
    ReadonlyArray<{ readonly [Id in EntryId<S>]: Status<Id, DefinitionOf<S, Id>> }[EntryId<S>]>,
    never,
    ServiceOf<S>
  >

  /** The last runs of an entry that have ended, the newest last. */
  history<S extends AnyScheduler, const Id extends EntryId<S>>(
    this: S,
    id: Id
  ): Effect.Effect<ReadonlyArray<CompletedRun<DefinitionOf<S, Id>>>, never, ServiceOf<S>>

  /**
   * Ignores the ticks of an entry from now on, and drops those that wait. A run in progress goes on, and `trigger`
   * still starts runs.
   */
  pause<S extends AnyScheduler, const Id extends EntryId<S>>(this: S, id: Id): Effect.Effect<void, never, ServiceOf<S>>

  /**
   * Takes the ticks of a paused entry again, from the next one on: what was due while it was paused is not made up for.
   */
  resume<S extends AnyScheduler, const Id extends EntryId<S>>(this: S, id: Id): Effect.Effect<void, never, ServiceOf<S>>

  /**
   * Interrupts the run in progress, drops those that wait, and waits for the finalizers. Later ticks start runs again.
   */
  cancel<S extends AnyScheduler, const Id extends EntryId<S>>(this: S, id: Id): Effect.Effect<void, never, ServiceOf<S>>

  /** Forgets the failures of an entry, which ends its backoff, and lets it go on if it has tripped. */
  reset<S extends AnyScheduler, const Id extends EntryId<S>>(this: S, id: Id): Effect.Effect<void, never, ServiceOf<S>>

  /**
   * Stops the scheduler for good: from now on no run starts, and those that wait are dropped. Runs in progress may end
   * until the deadline; then they are interrupted, and their finalizers are waited for, however long they take.
   */
  stop<S extends AnyScheduler>(this: S, options?: StopOptions): Effect.Effect<void, never, ServiceOf<S>>
}

/** What the Layer of a scheduler provides. */
interface Service {
  readonly runners: ReadonlyMap<string, Runner>
  readonly stop: (within: Duration.Input | undefined) => Effect.Effect<void>
}

/** How many ended runs an entry remembers unless said otherwise. */
const defaultHistory = 100

/** How long runs in progress may take to end, when a scheduler stops, unless said otherwise. */
const defaultStopWithin = "30 seconds"

/** Starts the entries of a scheduler, in the scope of its Layer. */
const start = Effect.fnUntraced(function* (
  scheduler: string,
  entries: ReadonlyArray<readonly [id: string, entry: EntryValue]>,
  { history = defaultHistory, stopWithin = defaultStopWithin }: { history?: number; stopWithin?: Duration.Input }
) {
  const clock = yield* Clock.Clock
  const now = clock.currentTimeMillisUnsafe()
  const runners = entries.map(
    ([id, entry]) =>
      new Runner({
        scheduler,
        id,
        entry,
        // Wrong triggers have been refused by `define`.
        timetable: Result.getOrThrow(timetable(entry.trigger, now)),
        clock,
        historyLength: history
      })
  )
  const ticking = yield* Scope.fork(yield* Effect.scope)
  for (const runner of runners) {
    yield* Effect.forkScoped(runner.work)
    yield* Effect.forkIn(runner.ticks, ticking)
  }
  const stop = (within: Duration.Input = stopWithin) =>
    Effect.gen(function* () {
      for (const runner of runners) runner.close()
      yield* Scope.close(ticking, Exit.void)
      yield* Effect.forEach(runners, (runner) => runner.settle(within), { concurrency: "unbounded", discard: true })
    })
  // Finalizers run in reverse order: the scheduler stops before its fibers are interrupted.
  yield* Effect.addFinalizer(() => stop())
  return { runners: new Map(runners.map((runner) => [runner.id, runner])), stop }
})

const layerProblems = ({ history, stopWithin }: { history?: number; stopWithin?: Duration.Input }) => [
  ...(history === undefined ? [] : countProblems("history", history, 1)),
  ...(stopWithin === undefined ? [] : durationProblems("stopWithin", stopWithin))
]

/**
 * Defines a scheduler: a name, which is its identity as a service and the beginning of every run's id, and entries by
 * id.
 *
 * It throws a `SchedulerDefinitionError` that lists every problem of the entries: cron texts, time zones, intervals,
 * guards.
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { Scheduler, Workflow } from "sluice"
 *
 * class Sync extends Workflow.define("Sync")
 *   .state("Pull", Schema.Void, ["Done"])
 *   .exit("Done", Schema.Void)
 *   .start("Pull") {}
 *
 * class Backfill extends Workflow.define("Backfill")
 *   .state("Fill", Schema.Struct({ from: Schema.Int }), ["Done"])
 *   .exit("Done", Schema.Void)
 *   .start("Fill") {}
 *
 * class Jobs extends Scheduler.define("Jobs", {
 *   sync: Scheduler.entry(Sync, Scheduler.interval("5 minutes")),
 *   backfill: Scheduler.entry(Backfill, Scheduler.manual, { input: { from: 0 } })
 * }) {}
 *
 * const workflows = Layer.merge(
 *   Sync.layer({ Pull: ({ to }) => to.Done() }),
 *   Backfill.layer({ Fill: ({ to }) => to.Done() })
 * )
 *
 * const program = Effect.gen(function* () {
 *   const run = yield* Jobs.trigger("backfill", { input: { from: 10 } })
 *   yield* run.await
 *   yield* Jobs.stop({ within: "10 seconds" })
 * }).pipe(Effect.provide(Jobs.layer().pipe(Layer.provide(workflows))))
 * ```
 */
export const define = <const Name extends string, const Entries extends EntryRecord>(
  name: Name,
  entries: Entries
): Scheduler<Name, Entries> => {
  // Every entry is made by `entry`; anything else is a problem.
  const values = Object.entries(entries) as unknown as ReadonlyArray<readonly [string, EntryValue]>
  const check = (problems: ReadonlyArray<string>) => {
    if (problems.length > 0) throw new SchedulerDefinitionError({ scheduler: name, problems })
  }
  check(values.flatMap(([id, entry]) => entryProblems(id, entry)))

  const service = Context.Service<never, Service>(uniqueKey(`sluice/Scheduler/${name}`))
  const runner = (id: string) =>
    service.use(({ runners }) => {
      const found = runners.get(id)
      // An id that is no entry comes only from outside the types.
      if (found === undefined)
        throw new SchedulerDefinitionError({ scheduler: name, problems: [`there is no entry '${id}'`] })
      return Effect.succeed(found)
    })

  const statics = {
    layer(options: { history?: number; stopWithin?: Duration.Input } = {}) {
      check(layerProblems(options))
      return Layer.effect(service, start(name, values, options))
    },
    trigger: (id: string, options?: TriggerOptions<unknown>) => Effect.flatMap(runner(id), (_) => _.trigger(options)),
    status: (id: string) => Effect.flatMap(runner(id), (_) => _.status),
    list: () => service.use(({ runners }) => Effect.all(Array.fromIterable(runners.values()).map((_) => _.status))),
    history: (id: string) => Effect.flatMap(runner(id), (_) => _.history),
    pause: (id: string) => Effect.flatMap(runner(id), (_) => _.pause),
    resume: (id: string) => Effect.flatMap(runner(id), (_) => _.resume),
    cancel: (id: string) => Effect.flatMap(runner(id), (_) => _.cancel),
    reset: (id: string) => Effect.flatMap(runner(id), (_) => _.reset),
    stop: ({ within }: StopOptions = {}) =>
      Effect.suspend(() => {
        check(within === undefined ? [] : durationProblems("within", within))
        return service.use((_) => _.stop(within))
      })
  }
  // A class, so that it can be extended. Its types exist in the interface only.
  return Object.assign(class {}, statics) as unknown as Scheduler<Name, Entries>
}
