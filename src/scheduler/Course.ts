/**
 * Which tick comes next, by a clock that may be set back.
 */
import type { Timetable } from "./Trigger.ts"

/** The times after the first and up to the second, in milliseconds since the epoch. */
interface Stretch {
  readonly from: number
  to: number
}

/**
 * A stretch whose ticks have been taken is left out when it comes again, so that no tick is taken twice; but not when its
 * ticks are further apart than this, in milliseconds, because then nothing would run for as long.
 */
const longestGap = 3_600_000

/** The ticks of one entry. */
export class Course {
  private readonly timetable: Timetable
  /** The stretches whose ticks have been taken: the present one, and those before which the clock was set back. */
  private stretches: ReadonlyArray<Stretch>
  private present: Stretch
  private read: number

  constructor(timetable: Timetable, start: number) {
    this.timetable = timetable
    this.present = { from: start, to: start }
    this.stretches = [this.present]
    this.read = start
  }

  /** Notes what time it is: gives whether the clock has been set back, so that another tick may come next. */
  isSetBack(now: number): boolean {
    const isSetBack = now < this.read
    this.read = now
    if (isSetBack && now < this.present.from) this.begin(now)
    return isSetBack
  }

  /** The first tick after an instant that has not been taken; none when there is no further one. */
  after(instant: number): number | undefined {
    const tick = this.timetable.after(instant)
    const taken = tick === undefined ? undefined : this.stretches.find(({ from, to }) => from < tick && tick <= to)
    if (tick === undefined || taken === undefined) return tick
    if (taken.to - tick <= longestGap) return this.after(taken.to)
    this.stretches = this.stretches.filter((stretch) => stretch !== taken)
    if (taken === this.present) this.begin(instant)
    return tick
  }

  /** Notes that a tick is taken. */
  take(tick: number): void {
    this.present.to = tick
  }

  private begin(now: number): void {
    this.present = { from: now, to: now }
    this.stretches = [...this.stretches, this.present]
  }
}
