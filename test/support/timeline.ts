/** A record of what happened when, by the clock of the test. */
import { Clock, Effect, Exit } from "effect"

/** How the Effect of a branch or a handler ended. */
const ending = <A, E>(exit: Exit.Exit<A, E>): string => {
  if (Exit.isSuccess(exit)) return "done"
  return Exit.hasInterrupts(exit) ? "interrupted" : "failed"
}

/** Entries read `<milliseconds> <what>`. */
export class Timeline {
  readonly entries: Array<string> = []

  /** Writes an entry. */
  mark(what: string): Effect.Effect<void> {
    return Effect.map(Clock.currentTimeMillis, (now) => void this.entries.push(`${now} ${what}`))
  }

  /** Writes when an Effect starts and when its finalizer has run, which may take a while itself. */
  track<A, E, R>(name: string, effect: Effect.Effect<A, E, R>, finalizing = 0): Effect.Effect<A, E, R> {
    const finalizer = (exit: Exit.Exit<A, E>) =>
      Effect.andThen(Effect.sleep(finalizing), this.mark(`${name} ${ending(exit)}`))
    return Effect.andThen(this.mark(`${name} starts`), Effect.onExit(effect, finalizer))
  }

  /** Acquires a resource in the current scope. */
  resource(name: string, releasing = 0) {
    return Effect.acquireRelease(this.mark(`${name} acquired`), () =>
      Effect.andThen(Effect.sleep(releasing), this.mark(`${name} released`))
    )
  }
}
