/**
 * The virtual time of the reference interpreter: what is due when, and the calls of the user's functions.
 */
import type { Undo, Work } from "./model.ts"
import { isUnordered, show, showEvent, Trace } from "./observation.ts"
import { died, type Ended, failed, interrupted, isCutOff, pastHandler, type Result, within } from "./result.ts"

/** What was acquired in a scope: by whom, and how long its release takes. */
export interface Acquired {
  readonly who: string
  readonly delay: number
}

/** A call of one of the user's functions. */
export interface Call {
  /** With the number of the attempt or the call. */
  readonly who: string
  readonly work: Work
  readonly given: unknown
  /** The scope it acquires in. */
  readonly acquired: Array<Acquired>
  readonly succeed: () => Result
}

/** Begins at a time, and must stop at a limit. */
export type Run = (start: number, limit: number) => Ended

export class Timeline {
  readonly trace = new Trace()
  readonly events: Array<string> = []
  /** Whether something depends on the order of unrelated events at one instant. */
  ambiguous = false
  private readonly dueTimes = new Set<number>()
  private readonly calls = new Map<string, number>()
  private readonly isWatched: boolean

  constructor(isWatched: boolean) {
    this.isWatched = isWatched
  }

  /** Tells who watches the run of an event. */
  tell(time: number, tag: string, state: string, fields: object): void {
    if (!this.isWatched) return
    const text = showEvent(tag, state, fields)
    if (isUnordered(tag)) this.trace.add(time, text)
    else this.events.push(`${time} ${text}`)
  }

  /** Notes when something is due to happen: two such times must not be the same. */
  due(now: number, time: number): number {
    if (time > now && time < Number.POSITIVE_INFINITY) {
      if (this.dueTimes.has(time)) this.ambiguous = true
      this.dueTimes.add(time)
    }
    return time
  }

  /** What was due at a time will not happen after all. */
  cancel(time: number): void {
    this.dueTimes.delete(time)
  }

  /** How often a function has been called now, from 1. */
  nextCall(who: string): number {
    const nth = (this.calls.get(who) ?? 0) + 1
    this.calls.set(who, nth)
    return nth
  }

  begin(time: number, who: string, given: unknown): void {
    this.trace.add(time, `${who} begins with ${show(given)}`)
  }

  /** Runs one finalizer. */
  release(who: string, start: number, delay: number): number {
    return this.due(start, this.noteRelease(who, start, delay))
  }

  /** As `release`, of which it is known when it is due. */
  noteRelease(who: string, start: number, delay: number): number {
    const end = start + delay
    this.trace.add(start, `${who} is being released`)
    this.trace.add(end, `${who} is released`)
    return end
  }

  /** Runs the finalizers of a scope. */
  close(acquired: Array<Acquired>, start: number): number {
    return acquired
      .splice(0)
      .reverse()
      .reduce((time, { delay, who }) => this.release(who, time, delay), start)
  }

  call({ acquired, given, succeed, who, work }: Call, start: number, limit: number): Ended {
    this.begin(start, who, given)
    const { release } = work
    if (release?.how === "scope") acquired.push({ who, delay: release.delay })
    const ends = this.due(start, endOf(work, start))
    const at = Math.min(ends, limit)
    const result = ends > limit ? interrupted : resultOf(work, who, succeed)
    return within(limit, { at: release?.how === "ensuring" ? this.release(who, at, release.delay) : at, result })
  }

  /** Bounds what is run. When its time is up it is interrupted, and ends as `timedOut` says. */
  timeout(duration: number, run: Run, timedOut: Run): Run {
    return (start, limit) => {
      const up = this.due(start, start + duration)
      const { at, result } = run(start, Math.min(up, limit))
      if (at < up) this.cancel(up)
      if (!isCutOff(result)) return { at, result }
      // What is raced against the time is not asked for its defects any more when it is interrupted.
      return up < limit && at <= limit ? timedOut(at, limit) : { at, result: interrupted }
    }
  }

  /** Undoes a step, with its retries, each within its time. */
  undo({ retries, timeout }: Undo, state: string, once: (acquired: Array<Acquired>) => Run): Run {
    return (start, limit) => {
      const acquired: Array<Acquired> = []
      const bounded =
        timeout === undefined
          ? once(acquired)
          : this.timeout(timeout, once(acquired), (at) => ({
              at,
              result: failed({ _tag: "CompensationTimeout", state, duration: timeout })
            }))
      const { at, result } = retry(retries, bounded)(start, limit)
      return within(limit, { at: this.close(acquired, at), result })
    }
  }
}

/** Runs again while it fails. */
const retry =
  (times: number, run: Run): Run =>
  (start, limit) => {
    let ended = pastHandler(run(start, limit))
    for (let i = 0; i < times && ended.result._tag === "failed"; i++) ended = pastHandler(run(ended.at, limit))
    return ended
  }

/** When a piece of work ends that begins now, without its finalizers. */
export const endOf = ({ delay, end }: Work, now: number): number =>
  end === "hang" ? Number.POSITIVE_INFINITY : now + (delay === "yield" ? 0 : delay)

/** What a piece of work ends in unless it is interrupted. */
export const resultOf = ({ end }: Work, who: string, succeed: () => Result): Result => {
  switch (end) {
    case "succeed":
      return succeed()
    case "die":
      return died(who)
    case "interrupt":
      return { _tag: "interrupted", by: "itself" }
    case "hang":
      return interrupted
    default:
      return failed({ _tag: end, site: who })
  }
}
