/**
 * The signals that a run was sent from outside, kept until a state waits for them.
 */
import { Effect } from "effect"

/** A signal that is sent. */
export interface Sent {
  readonly name: string
  readonly payload: unknown
}

/** A signal that has come. */
export interface Received extends Sent {
  /** How many had come before it, of all names. */
  readonly place: number
}

/** The signals of one run that no state has taken yet, the oldest first. */
export class Mailbox {
  private readonly queues = new Map<string, Queue>()
  private count = 0
  private arrived: (() => void) | undefined

  put({ name, payload }: Sent): void {
    this.add({ name, payload, place: this.count++ })
  }

  /** Puts a signal that was taken back to where it stood. */
  putBack(signal: Received): void {
    this.add(signal)
  }

  /** Takes the oldest signal of one of these names. */
  take(names: ReadonlySet<string>): Received | undefined {
    return this.oldest(names)?.take()
  }

  /** Whether there is a signal of one of these names. */
  has(names: ReadonlySet<string>): boolean {
    return this.oldest(names) !== undefined
  }

  /** Waits until there is a signal of one of these names, and leaves it there. One state waits at a time. */
  await(names: ReadonlySet<string>): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const stop = () => {
        if (this.arrived === check) this.arrived = undefined
      }
      const check = () => {
        if (!this.has(names)) return
        stop()
        resume(Effect.void)
      }
      this.arrived = check
      check()
      return Effect.sync(stop)
    })
  }

  private add(signal: Received): void {
    const queue = this.queues.get(signal.name)
    if (queue === undefined) this.queues.set(signal.name, new Queue(signal))
    else queue.add(signal)
    this.arrived?.()
  }

  /** Of the names, the queue with the oldest signal. */
  private oldest(names: ReadonlySet<string>): Queue | undefined {
    let oldest: Queue | undefined
    for (const name of names) {
      const queue = this.queues.get(name)
      if (queue?.first === undefined) continue
      if (oldest?.first === undefined || queue.first.place < oldest.first.place) oldest = queue
    }
    return oldest
  }
}

/** The signals of one name, the oldest first. */
class Queue {
  // Those before `start` are taken.
  private signals: Array<Received | undefined>
  private start = 0

  constructor(signal: Received) {
    this.signals = [signal]
  }

  get first(): Received | undefined {
    return this.signals[this.start]
  }

  /** Adds one at its place: the last, or one of the first when it is put back. */
  add(signal: Received): void {
    const last = this.signals.at(-1)
    if (last === undefined || last.place < signal.place) {
      this.signals.push(signal)
      return
    }
    let at = this.start
    while (this.signals[at]!.place < signal.place) at++
    if (at === this.start && at > 0) this.signals[--this.start] = signal
    else this.signals.splice(at, 0, signal)
  }

  take(): Received | undefined {
    const { first } = this
    this.signals[this.start++] = undefined
    // Moved up when half are taken: a move for each that was.
    if (this.start * 2 >= this.signals.length) {
      this.signals = this.signals.slice(this.start)
      this.start = 0
    }
    return first
  }
}
