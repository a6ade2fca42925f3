/**
 * One entry at work: a fiber that ticks, and a fiber that starts what is due, one run after the other.
 *
 * What can be asked of it changes its fields at once, without giving way to other fibers, so that no two changes mix.
 * The working fiber is told by a latch.
 */
import {
  Array,
  Cause,
  type Clock,
  DateTime,
  Deferred,
  type Duration,
  Effect,
  Exit,
  Fiber,
  Latch,
  Option,
  Result
} from "effect"
import { makeRunId } from "../engine/run/runId.ts"
import { sleepTowards } from "../engine/time.ts"
import type { AnyDefinition } from "../types/Table.ts"
import type { RunOptions } from "../workflow/Implementation.ts"
import { Backoff } from "./Backoff.ts"
import { Course } from "./Course.ts"
import { type EntryValue, queueOf, type Tick } from "./Entry.ts"
import { EntryBusy, EntryTripped, SchedulerStopped } from "./errors.ts"
import type { CompletedRun, Status, TriggeredRun, TriggerOptions } from "./Status.ts"
import { endOfTime, type Timetable } from "./Trigger.ts"

type AnyExit = Exit.Exit<unknown, unknown>

/** A run that is due. */
interface Due {
  readonly id: string
  readonly scheduled: DateTime.DateTime
  readonly input: unknown
  /** Whether a call asked for it, not a tick. */
  readonly triggered: boolean
  /** Done when it has begun, or has been dropped. */
  readonly begun: Deferred.Deferred<void>
  readonly exit: Deferred.Deferred<AnyExit>
}

interface Running extends Due {
  readonly started: DateTime.Utc
  readonly fiber: Fiber.Fiber<unknown, unknown>
}

/** A definition, as far as a scheduler uses it. */
interface Runnable {
  readonly graph: { readonly name: string }
  readonly run: (input: unknown, options: RunOptions) => Effect.Effect<unknown, unknown>
}

/** An entry at work. */
export class Runner {
  readonly id: string
  private readonly scheduler: string
  private readonly definition: Runnable
  private readonly options: EntryValue["options"]
  private readonly timetable: Timetable
  private readonly clock: Clock.Clock
  private readonly course: Course
  private readonly backoff: Backoff
  private readonly historyLength: number

  private paused = false
  private tripped = false
  private stopped = false
  private failures = 0
  private missed = 0
  private next: number | undefined
  private delay = 0
  private backoffUntil = 0
  private waiting: ReadonlyArray<Due> = []
  private running: Running | undefined
  private completed: ReadonlyArray<CompletedRun<AnyDefinition>> = []
  /**
   * Open when something has changed that the working fiber may wait for. Opening it may resume that fiber on the spot,
   * so that it comes last in a change.
   */
  private readonly changed = Latch.makeUnsafe()

  constructor(options: {
    readonly scheduler: string
    readonly id: string
    readonly entry: EntryValue
    readonly timetable: Timetable
    readonly clock: Clock.Clock
    readonly historyLength: number
  }) {
    this.scheduler = options.scheduler
    this.id = options.id
    // What a definition has besides its types is in its own interface; the types of this run are in the scheduler's.
    this.definition = options.entry.definition as unknown as Runnable
    this.options = options.entry.options
    this.timetable = options.timetable
    this.clock = options.clock
    this.backoff = new Backoff(this.options.backoff, options.clock)
    this.historyLength = options.historyLength
    this.course = new Course(options.timetable, this.now())
    this.next = this.course.after(this.now())
  }

  /** Takes the ticks of the timetable; interrupted when the scheduler stops. */
  readonly ticks: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    while (this.next !== undefined) {
      const now = this.now()
      if (this.course.isSetBack(now)) this.planFrom(now)
      else if (this.next > now) yield* sleepTowards(this.next)
      else yield* this.tick(this.next)
    }
  })

  /** The clock has been set back: what was planned by it is planned again. */
  private planFrom(now: number): void {
    this.next = this.course.after(now)
    this.backoffUntil = Math.min(this.backoffUntil, now + this.delay)
    this.changed.openUnsafe()
  }

  /** Takes a tick that is due. Of several, because the machine has slept, the last one counts. */
  private tick(first: number): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      let tick = first
      let following = this.course.after(tick)
      while (following !== undefined && following <= this.now()) {
        if (this.isTicking()) this.missed++
        tick = following
        following = this.course.after(tick)
        yield* Effect.yieldNow
      }
      this.course.take(tick)
      this.next = following
      if (this.isTicking() && !this.offer(this.due(tick, this.options.input, false))) this.missed++
      this.changed.openUnsafe()
    })
  }

  /** Starts what is due; interrupted when the scheduler's scope closes. */
  readonly work: Effect.Effect<never> = Effect.gen({ self: this }, function* () {
    while (true) {
      this.changed.closeUnsafe()
      if (this.ready() !== undefined) yield* this.finish(yield* Fiber.await(yield* Effect.forkChild(this.start)))
      else if (this.waiting.length === 0) yield* this.changed.await
      else yield* Effect.raceFirst(sleepTowards(this.backoffUntil), this.changed.await)
    }
  })

  /** Asks for a run now; see `Scheduler.trigger`. */
  trigger(
    options: TriggerOptions<unknown> = {}
  ): Effect.Effect<TriggeredRun<AnyDefinition>, EntryBusy | EntryTripped | SchedulerStopped> {
    return Effect.gen({ self: this }, function* () {
      const { failures, id: entry, scheduler } = this
      if (this.stopped) return yield* new SchedulerStopped({ scheduler })
      if (this.tripped) return yield* new EntryTripped({ scheduler, entry, failures })
      const due = this.due(this.now(), "input" in options ? () => options.input : this.options.input, true)
      if (!this.offer(due)) {
        const running = Option.map(Option.fromUndefinedOr(this.running), ({ id }) => id)
        return yield* new EntryBusy({ scheduler, entry, running })
      }
      this.changed.openUnsafe()
      // What can begin at once has begun, so that a stop that comes next lets it end.
      if (this.running === undefined && this.ready() === due) yield* Deferred.await(due.begun)
      const run = { id: due.id, await: Deferred.await(due.exit) }
      // Outcome and failure are those of the definition.
      return run as TriggeredRun<AnyDefinition>
    })
  }

  readonly status: Effect.Effect<Status<string, AnyDefinition>> = Effect.sync(() => ({
    id: this.id,
    workflow: this.definition.graph.name,
    paused: this.paused,
    tripped: this.tripped,
    next: Option.map(Option.fromUndefinedOr(this.isTicking() ? this.next : undefined), this.timetable.date),
    running: Option.map(Option.fromUndefinedOr(this.running), ({ id, scheduled, started }) => ({
      id,
      scheduled,
      started
    })),
    waiting: this.waiting.length,
    backoffUntil: this.backoffUntil > this.now() ? Option.some(DateTime.makeUnsafe(this.backoffUntil)) : Option.none(),
    failures: this.failures,
    missed: this.missed,
    last: Array.last(this.completed)
  }))

  readonly history: Effect.Effect<ReadonlyArray<CompletedRun<AnyDefinition>>> = Effect.sync(() => this.completed)

  readonly pause: Effect.Effect<void> = Effect.sync(() => {
    this.drop((due) => !due.triggered)
    this.paused = true
    this.changed.openUnsafe()
  })

  readonly resume: Effect.Effect<void> = Effect.sync(() => {
    this.paused = false
  })

  readonly reset: Effect.Effect<void> = Effect.sync(() => {
    this.tripped = false
    this.endStreak()
    this.changed.openUnsafe()
  })

  readonly cancel: Effect.Effect<void> = Effect.suspend(() => {
    this.drop(() => true)
    this.changed.openUnsafe()
    return this.interrupt()
  })

  /** From now on, nothing starts. */
  close(): void {
    this.drop(() => true)
    this.stopped = true
    this.changed.openUnsafe()
  }

  /** Waits for the run in progress, and after a deadline interrupts it and waits for its finalizers. */
  settle(within: Duration.Input): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.running === undefined) return Effect.void
      const ended = Effect.timeoutOption(Deferred.await(this.running.exit), within)
      return Effect.flatMap(ended, (exit) => (Option.isSome(exit) ? Effect.void : this.interrupt()))
    })
  }

  private now(): number {
    return this.clock.currentTimeMillisUnsafe()
  }

  private isTicking(): boolean {
    return !(this.paused || this.tripped || this.stopped)
  }

  /** A run that is due: the same tick has the same id wherever the scheduler runs. */
  private due(time: number, input: unknown, triggered: boolean): Due {
    const name = triggered ? makeRunId() : new Date(time).toISOString()
    const scheduled = this.timetable.date(time)
    const begun = Deferred.makeUnsafe<void>()
    const exit = Deferred.makeUnsafe<AnyExit>()
    return { id: `${this.scheduler}/${this.id}/${name}`, scheduled, input, triggered, begun, exit }
  }

  /** Lets a run wait for its start, if the overlap policy has room for it. */
  private offer(due: Due): boolean {
    if (!this.makeRoom(due)) return false
    this.waiting = [...this.waiting, due]
    return true
  }

  private makeRoom({ triggered }: Due): boolean {
    const { overlap = "skip" } = this.options
    if (overlap === "cancel") {
      this.drop(() => true)
      this.running?.fiber.interruptUnsafe()
      return true
    }
    if (overlap !== "skip") return this.waiting.length < queueOf(overlap)
    if (this.running !== undefined) return false
    // A tick that waits for the end of the backoff does not keep a run from being triggered.
    if (triggered) this.drop((due) => !due.triggered)
    return this.waiting.length === 0
  }

  /** Drops runs that wait. */
  private drop(which: (due: Due) => boolean): void {
    const [kept, dropped] = Array.partition(this.waiting, (due) =>
      which(due) ? Result.fail(due) : Result.succeed(due)
    )
    this.waiting = kept
    for (const due of dropped) {
      if (!due.triggered) this.missed++
      Deferred.doneUnsafe(due.begun, Exit.void)
      Deferred.doneUnsafe(due.exit, Exit.succeed(Exit.interrupt()))
    }
  }

  /** The run that may begin next. Who asks for a run now does not wait for the end of the backoff, as ticks do. */
  private ready(): Due | undefined {
    return this.backoffUntil > this.now() ? this.waiting.find((due) => due.triggered) : this.waiting[0]
  }

  /** Takes the run that may begin next and runs it. Both happen in the run's own fiber, at once. */
  private readonly start: Effect.Effect<unknown, unknown> = Effect.withFiber((fiber) => {
    const due = this.ready()
    // It has been dropped meanwhile.
    if (due === undefined) return Effect.void
    const { compensationTimeout, timeout } = this.options
    this.waiting = this.waiting.filter((other) => other !== due)
    this.running = { ...due, started: DateTime.makeUnsafe(this.now()), fiber }
    Deferred.doneUnsafe(due.begun, Exit.void)
    return this.annotate(
      due.id,
      Effect.suspend(() => this.definition.run(inputOf(due), { id: due.id, timeout, compensationTimeout }))
    )
  })

  /** Interrupts the run in progress and waits for its end. */
  private interrupt(): Effect.Effect<void> {
    if (this.running === undefined) return Effect.void
    const { exit, fiber } = this.running
    // It may end right here.
    fiber.interruptUnsafe()
    return Effect.asVoid(Deferred.await(exit))
  }

  private finish(exit: AnyExit): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      if (this.running === undefined) return
      const { exit: awaited, id, scheduled, started } = this.running
      const ended = this.now()
      // An interrupted run has been cancelled: it neither failed nor succeeded.
      const failure = Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) ? exit.cause : undefined
      this.delay = failure === undefined ? 0 : yield* this.backoff.after(failure)

      const completed = { id, scheduled, started, ended: DateTime.makeUnsafe(ended), exit }
      // Outcome and failure are those of the definition.
      this.completed = [...this.completed, completed as CompletedRun<AnyDefinition>].slice(-this.historyLength)
      this.running = undefined
      if (Exit.isSuccess(exit)) this.endStreak()
      if (failure !== undefined) {
        this.failures++
        this.backoffUntil = Math.min(ended + this.delay, endOfTime)
        if (this.options.trip !== undefined && this.failures >= this.options.trip) {
          this.drop(() => true)
          this.tripped = true
        }
      }
      Deferred.doneUnsafe(awaited, Exit.succeed(exit))
      if (failure !== undefined) yield* this.log(id, failure)
    })
  }

  private endStreak(): void {
    this.failures = 0
    this.backoffUntil = 0
    this.backoff.reset()
  }

  private log(run: string, cause: Cause.Cause<unknown>): Effect.Effect<void> {
    const stop = this.tripped ? `, which stops the entry after ${this.failures} failures in a row` : ""
    return this.annotate(run, Effect.logError(`A scheduled run has failed${stop}`, cause))
  }

  private annotate<A, E>(run: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.annotateLogs(effect, { scheduler: this.scheduler, entry: this.id, run })
  }
}

const inputOf = ({ id, input, scheduled }: Due): unknown => {
  if (typeof input !== "function") return input
  const tick: Tick = { id, time: scheduled }
  return input(tick)
}
