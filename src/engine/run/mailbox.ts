/**
 * The signals that a run was sent from outside, kept until a state waits for them.
 */
import { Effect } from "effect"

/** A signal that has come. */
export interface Received {
  readonly name: string
  readonly payload: unknown
}

/** The signals of one run that no state has taken yet, the oldest first. */
export class Mailbox {
  private readonly kept: Array<Received> = []
  private arrived: (() => void) | undefined

  put(signal: Received): void {
    this.kept.push(signal)
    this.arrived?.()
  }

  /** Takes the oldest signal of one of these names. */
  take(names: ReadonlySet<string>): Received | undefined {
    const index = this.kept.findIndex((signal) => names.has(signal.name))
    return index < 0 ? undefined : this.kept.splice(index, 1)[0]
  }

  /** Puts a signal back that was taken. */
  putBack(signal: Received): void {
    this.kept.unshift(signal)
    this.arrived?.()
  }

  /** Whether there is a signal of one of these names. */
  has(names: ReadonlySet<string>): boolean {
    return this.kept.some((signal) => names.has(signal.name))
  }

  /** Waits until there is a signal of one of these names, and leaves it there. One state waits at a time. */
  await(names: ReadonlySet<string>): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const check = () => {
        if (this.has(names)) resume(Effect.void)
      }
      this.arrived = check
      check()
      return Effect.sync(() => {
        if (this.arrived === check) this.arrived = undefined
      })
    })
  }
}
