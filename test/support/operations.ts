/** Runs an Effect in one go, with a scheduler and a clock of its own, so that something can happen after any single operation. */
import { Clock, Duration, Effect, type Exit, type Fiber, Scheduler } from "effect"

/** What happens, and after which operation of all the fibers of a run. */
export interface Moment {
  readonly operation: number
  /** The run is interrupted by another fiber, or by one of its own operations; or a sleep, the next one, is over. */
  readonly what: "interrupted" | "interrupts itself" | "time is up"
  /**
   * After how many operations a fiber lets others go first. With 1 or 2 no fiber of Effect comes to any end: it is asked to
   * yield again as soon as it is resumed.
   */
  readonly budget: number
}

/** How a run went. */
export interface Played<A, E> {
  readonly exit: Exit.Exit<A, E>
  /** Whether it had as many operations. */
  readonly happened: boolean
}

interface Sleep {
  readonly end: number
  readonly wake: () => void
}

/** A clock whose sleeps end, the next one first, when they are told to. */
class HeldClock implements Clock.Clock {
  private readonly sleeps = new Set<Sleep>()
  private now = 0

  currentTimeMillisUnsafe = () => this.now
  currentTimeMillis = Effect.sync(this.currentTimeMillisUnsafe)
  currentTimeNanosUnsafe = () => BigInt(this.now) * 1_000_000n
  currentTimeNanos = Effect.sync(this.currentTimeNanosUnsafe)
  monotonicTimeNanosUnsafe = this.currentTimeNanosUnsafe
  monotonicTimeNanos = this.currentTimeNanos

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const sleep = { end: this.now + Duration.toMillis(duration), wake: () => resume(Effect.void) }
      this.sleeps.add(sleep)
      return Effect.sync(() => void this.sleeps.delete(sleep))
    })
  }

  /** Ends the next sleep; gives whether there was one. */
  wakeNext(): boolean {
    const [next] = [...this.sleeps].sort((a, b) => a.end - b.end)
    if (next === undefined) return false
    this.sleeps.delete(next)
    this.now = Math.max(this.now, next.end)
    next.wake()
    return true
  }
}

/** A scheduler that does what is to be done when it is told to, and counts the operations. */
class CountingScheduler implements Scheduler.Scheduler {
  readonly executionMode = "async"
  private readonly tasks: Array<() => void> = []
  private readonly budget: number
  /** Says after each operation whether the fiber lets others go first. */
  private readonly counted: () => boolean

  constructor(budget: number, counted: () => boolean) {
    this.budget = budget
    this.counted = counted
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return this.counted() || fiber.currentOpCount >= this.budget
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return { scheduleTask: (task) => void this.tasks.push(task), flush: () => {} }
  }

  /** Does what is next; gives whether there was anything. */
  goOn(): boolean {
    const task = this.tasks.shift()
    task?.()
    return task !== undefined
  }
}

/** Runs an Effect, and interrupts it when nothing goes on any more and `isParked` says that it has come as far as it should. */
export const play = <A, E>(
  effect: Effect.Effect<A, E>,
  { budget, operation, what }: Moment,
  isParked: () => boolean
): Played<A, E> => {
  const clock = new HeldClock()
  let operations = 0
  let isDue = false
  let isStopped = false
  const happen = () => {
    isDue = false
    if (what === "time is up") clock.wakeNext()
    else fiber.interruptUnsafe()
  }
  const scheduler = new CountingScheduler(budget, () => {
    if (!hasBegun || ++operations !== operation) return false
    if (what === "interrupts itself") happen()
    else isDue = true
    return isDue
  })
  let hasBegun = false
  const begun = Effect.suspend(() => {
    hasBegun = true
    return effect
  })
  // The fiber is there before it begins.
  const fiber = Effect.runFork(
    Effect.andThen(Effect.yieldNow, begun).pipe(
      Effect.provideService(Clock.Clock, clock),
      Effect.provideService(Scheduler.Scheduler, scheduler)
    ),
    { scheduler }
  )
  const goOn = () => {
    if (isDue) happen()
    if (scheduler.goOn()) return true
    if (isStopped || !isParked()) return clock.wakeNext()
    isStopped = true
    fiber.interruptUnsafe()
    return true
  }
  for (let turns = 0; fiber.pollUnsafe() === undefined; turns++) {
    if (turns > 100_000 || !goOn())
      throw new Error(`comes to no end: ${what} after operation ${operation} of ${budget}`)
  }
  // What goes on without the run.
  while (scheduler.goOn()) {}
  return { exit: fiber.pollUnsafe()!, happened: operations >= operation }
}
