/**
 * Virtual time: a test clock that knows what is due next, and lets time pass until a run has ended.
 */
import { type Clock, Duration, Effect, type Fiber } from "effect"
import type { TestClock } from "effect/testing"

/** What was reached first: the end of the run, a time after which nothing is due any more, or the limit of the time. */
export type Reached = "end" | "standstill" | "limit"

/** Until when time passes, and for how long, in real time, a run that has nothing due is waited for. */
export interface Until {
  readonly limit: number
  readonly patience: () => Duration.Duration
}

export class VirtualTime {
  /** The clock of the run. */
  readonly clock: Clock.Clock
  private readonly inner: TestClock.TestClock
  private readonly due = new Set<{ readonly time: number }>()
  private changes = 0

  constructor(inner: TestClock.TestClock) {
    this.inner = inner
    this.clock = { ...inner, sleep: (duration) => this.sleep(duration) }
  }

  now(): number {
    return this.inner.currentTimeMillisUnsafe()
  }

  /** Notes that a run goes on without the clock. */
  stir(): void {
    this.changes++
  }

  /** Sets the time, and waits for everything that can go on then. */
  set(time: number): Effect.Effect<void> {
    return this.inner.setTime(time)
  }

  /** Lets time pass, from one time at which something is due to the next. */
  pass(run: Fiber.Fiber<unknown, unknown>, { limit, patience }: Until): Effect.Effect<Reached> {
    return Effect.gen({ self: this }, function* () {
      while (run.pollUnsafe() === undefined) {
        const next = [...this.due].reduce((next, { time }) => Math.min(next, time), Number.POSITIVE_INFINITY)
        if (next === Number.POSITIVE_INFINITY) {
          if (!(yield* this.stirs(run, patience()))) return "standstill"
        } else if (next <= limit) {
          yield* this.set(next)
        } else {
          yield* this.set(limit)
          return run.pollUnsafe() === undefined ? "limit" : "end"
        }
      }
      return "end"
    })
  }

  /** Whether a run that has nothing due goes on within a while of real time: what it does may take that. */
  private stirs(run: Fiber.Fiber<unknown, unknown>, patience: Duration.Duration): Effect.Effect<boolean> {
    const { changes, inner } = this
    const hasStirred = () => this.changes !== changes || run.pollUnsafe() !== undefined
    return Effect.gen(function* () {
      while (!hasStirred()) yield* Effect.sleep(1)
      return true
    }).pipe(Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.sync(hasStirred) }), inner.withLive)
  }

  private sleep(duration: Duration.Duration): Effect.Effect<void> {
    const { due, inner } = this
    const millis = Duration.toMillis(duration)
    if (!(millis > 0)) return inner.sleep(duration)
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        const entry = { time: inner.currentTimeMillisUnsafe() + millis }
        due.add(entry)
        this.stir()
        return entry
      }),
      () => inner.sleep(duration),
      (entry) =>
        Effect.sync(() => {
          due.delete(entry)
          this.stir()
        })
    )
  }
}
