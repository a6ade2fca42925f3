/**
 * What was observed of a run and of the runs below it, while it was in progress.
 */
import type { RunEvent } from "../Event.ts"

/** A run that makes so many transitions at one instant will not end. */
const transitionsAtOnce = 10_000

export class Recording {
  readonly events: Array<RunEvent> = []
  /** Whether it is clear that the run never ends because it never waits. */
  loops = false
  private readonly stopLoop: () => void
  private readonly stir: () => void
  private instant = 0
  private transitions = 0

  constructor(stir: () => void, stopLoop: () => void) {
    this.stir = stir
    this.stopLoop = stopLoop
  }

  readonly observe = (event: RunEvent): void => {
    this.stir()
    if (this.loops) return
    this.events.push(event)
    if (event._tag === "TransitionTaken") this.count(event.time)
  }

  private count(time: number): void {
    this.transitions = time === this.instant ? this.transitions + 1 : 1
    this.instant = time
    if (this.transitions < transitionsAtOnce) return
    this.loops = true
    this.stopLoop()
  }
}
