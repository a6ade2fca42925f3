/**
 * How long an entry holds back after failures: one step of a schedule for each failure in a row.
 */
import { Cause, type Clock, Duration, Effect, Exit, Schedule } from "effect"

type Failures = Schedule.Schedule<unknown, Cause.Cause<unknown>>

type Step = Effect.Success<ReturnType<typeof Schedule.toStep<unknown, Cause.Cause<unknown>, never, never>>>

/** The backoff of one entry. */
export class Backoff {
  private readonly schedule: Failures | undefined
  private readonly clock: Clock.Clock
  private step: Step | undefined
  private delay = 0

  constructor(schedule: Failures | undefined, clock: Clock.Clock) {
    this.schedule = schedule
    this.clock = clock
  }

  /**
   * The delay after one more failure, in milliseconds. When the schedule has ended, or is broken, its last one stays.
   */
  after(failure: Cause.Cause<unknown>): Effect.Effect<number> {
    const { schedule } = this
    if (schedule === undefined) return Effect.succeed(0)
    const stepping = Effect.gen({ self: this }, function* () {
      this.step ??= yield* Schedule.toStep(schedule)
      const [, delay] = yield* this.step(this.clock.currentTimeMillisUnsafe(), failure)
      this.delay = Duration.toMillis(delay)
    })
    return Effect.exit(stepping).pipe(
      Effect.tap((exit) =>
        Exit.isFailure(exit) && Cause.hasDies(exit.cause)
          ? Effect.logError("The schedule of a backoff is broken", exit.cause)
          : Effect.void
      ),
      Effect.map(() => this.delay)
    )
  }

  /** The next failure is the first one again. */
  reset(): void {
    this.step = undefined
    this.delay = 0
  }
}
