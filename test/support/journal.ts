/** What a run completes and undoes, each under a name of its own, and what is wrong with that. */
import { Effect } from "effect"

/** Notes each step that is completed and undone, as they come. */
export class Journal {
  /** The steps that are completed and not undone, in the order of their completion. */
  private readonly kept: Array<string> = []
  private readonly done = new Set<string>()
  /** What has been found to be wrong. */
  readonly problems: Array<string> = []
  private readonly inOrder: (step: string) => boolean

  /** `inOrder` says which steps are undone strictly in reverse order of their completion. */
  constructor(inOrder: (step: string) => boolean) {
    this.inOrder = inOrder
  }

  /** How many steps were completed. */
  get size(): number {
    return this.done.size
  }

  /** Completes a step now, and gives what is made of its name. */
  complete<A>(what: string, make: (step: string) => A): A {
    const step = `${what} ${this.done.size + 1}`
    this.done.add(step)
    this.kept.push(step)
    return make(step)
  }

  /** A compensation that undoes the step of a name. */
  undo(step: unknown): Effect.Effect<void> {
    return Effect.sync(() => {
      const name = String(step)
      const at = this.kept.indexOf(name)
      if (at === -1) this.problems.push(`${name} was undone, and was ${this.done.has(name) ? "already" : "never done"}`)
      else this.kept.splice(at, 1)
      const later = this.kept.slice(Math.max(0, at)).filter(this.inOrder)
      if (this.inOrder(name) && later.length > 0) this.problems.push(`${name} was undone before ${later.join(", ")}`)
    })
  }

  /** A run goes on with a step, which is not undone. */
  goesOn(step: unknown): void {
    const name = String(step)
    if (this.done.has(name) && !this.kept.includes(name)) this.problems.push(`goes on with ${name}, which is undone`)
  }

  /** A run has come to rest: of what was done several times, one is left. */
  rests(): void {
    const kinds = this.kept.map((name) => name.split(" ")[0])
    if (new Set(kinds).size !== kinds.length) this.problems.push(`keeps too much: ${this.kept.join(", ")}`)
  }

  /** A run has ended without success. */
  isOver(): void {
    if (this.kept.length > 0) this.problems.push(`never undone: ${this.kept.join(", ")}`)
  }
}
