/**
 * The last events of a run, for those who watch it by its handle.
 */
import { type Array as AtLeastOne, Cause, Effect, type Pull, Stream } from "effect"
import type { RunEvent } from "../../Event.ts"

/** How many events are kept. */
const keptEvents = 1024

/** Keeps the last events of a run, in an array that grows as they come. */
export class EventLog {
  // A ring, once it is full.
  private readonly kept: Array<RunEvent> = []
  private count = 0
  private ended = false
  private waiting: Array<() => void> = []

  /** Adds an event. */
  add(event: RunEvent): void {
    this.kept[this.count++ % keptEvents] = event
    this.ended = event._tag === "RunFinished"
    const { waiting } = this
    this.waiting = []
    for (const wake of waiting) wake()
  }

  /** What is kept and what comes, ending with `RunFinished`. Who falls behind by more than is kept misses the oldest. */
  get stream(): Stream.Stream<RunEvent> {
    return Stream.fromPull(
      Effect.sync(() => {
        let next = 0
        const pull: Pull.Pull<AtLeastOne.NonEmptyReadonlyArray<RunEvent>> = Effect.suspend(() => {
          const [first, ...others] = this.since(next)
          if (first === undefined) return this.ended ? Cause.done() : Effect.andThen(this.arrival(next), pull)
          next = this.count
          return Effect.succeed([first, ...others] as const)
        })
        return pull
      })
    )
  }

  /** What is kept of the events after the first `seen`. */
  private since(seen: number): ReadonlyArray<RunEvent> {
    const first = Math.max(seen, this.count - keptEvents)
    return Array.from({ length: this.count - first }, (_, index) => this.kept[(first + index) % keptEvents]!)
  }

  /** Waits until there are more events than `seen`. It is the run that wakes who waits, so that those go on only later. */
  private arrival(seen: number): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const wake = () => resume(Effect.yieldNow)
      if (this.count > seen) return wake()
      this.waiting.push(wake)
      return Effect.sync(() => {
        this.waiting = this.waiting.filter((other) => other !== wake)
      })
    })
  }
}
