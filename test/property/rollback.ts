/**
 * What a run has completed, and how that is undone, as the reference interpreter sees it.
 */
import { runId, type Undo, workAt, workflowName } from "./model.ts"
import { describeCause, describeResult, type Ended, interrupted, isCutOff, kindOf, type Result } from "./result.ts"
import type { Timeline } from "./timeline.ts"

/** Why something is undone: what has failed and was interrupted, because it was interrupted. */
const describeWhy = (why: Result): string =>
  why._tag === "failed" && why.late ? describeResult(interrupted) : describeResult(why)

/** A step that was completed. */
export interface Completed {
  readonly who: string
  readonly state: string
  readonly target?: string
  readonly branch?: string | number
  /** What it produced. */
  readonly payload: unknown
  readonly undo: Undo
  /** What its compensation is told, besides the cause. */
  readonly given: ReadonlyArray<unknown>
}

export class Rollback {
  private readonly steps: Array<Completed> = []
  private readonly failures: Array<object> = []
  private readonly untried: Array<object> = []
  private readonly timeline: Timeline
  private readonly limit: number | undefined
  private readonly kinds: ReadonlyArray<string> | undefined
  /** Why what could not be undone first was to be undone. */
  reason: Result | undefined

  constructor(timeline: Timeline, limit: number | undefined, kinds: ReadonlyArray<string> | undefined) {
    this.timeline = timeline
    this.limit = limit
    this.kinds = kinds
  }

  get size(): number {
    return this.steps.length
  }

  get isClean(): boolean {
    return this.failures.length + this.untried.length === 0
  }

  complete(step: Completed): void {
    this.steps.push(step)
  }

  /** Undoes the steps after the first `kept` because of a failure, unless it is one that is not rolled back. */
  undo(kept: number, why: Result, start: number): number {
    return this.kinds === undefined || this.kinds.includes(kindOf(why)) ? this.unwind(kept, why, start) : start
  }

  /** Undoes the steps after the first `kept`, the last one first, within the time there is; gives when that ends. */
  unwind(kept: number, why: Result, start: number): number {
    if (this.steps.length <= kept) return start
    const { limit, timeline } = this
    const up = limit === undefined ? Number.POSITIVE_INFINITY : timeline.due(start, start + limit)
    const ended = this.unwindWithin(kept, why, start, up)
    if (!this.isClean) this.reason ??= why
    return ended
  }

  private unwindWithin(kept: number, why: Result, start: number, up: number): number {
    const { limit, timeline } = this
    let at = start
    while (this.steps.length > kept) {
      const step = this.steps.pop()!
      const ended = this.undoStep(step, why, at, up)
      at = ended.at
      if (isCutOff(ended.result)) {
        const error = { _tag: "CompensationTimeout", state: step.state, duration: limit! }
        this.failures.push({ ...describe(step), cause: describeResult({ _tag: "failed", error }) })
        this.untried.push(...this.steps.splice(kept).reverse().map(describe))
        return at
      }
      if (ended.result._tag !== "done") this.failures.push({ ...describe(step), cause: describeResult(ended.result) })
    }
    timeline.cancel(up)
    return at
  }

  private undoStep(step: Completed, why: Result, start: number, limit: number): Ended {
    const { timeline } = this
    const { branch, given, payload, state, target, undo, who } = step
    const run = timeline.undo(undo, state, (acquired) => (start, limit) => {
      const nth = timeline.nextCall(who)
      const call = {
        who: `${who}#${nth}`,
        work: workAt(undo.script, nth),
        given: [...given, describeWhy(why)],
        acquired,
        succeed: (): Result => ({ _tag: "done", value: undefined })
      }
      return timeline.call(call, start, limit)
    })
    const of = target === undefined ? { branch } : { target }
    timeline.tell(start, "Compensating", state, { ...of, payload })
    const ended = run(start, limit)
    const duration = ended.at - start
    if (ended.result._tag === "done") timeline.tell(ended.at, "Compensated", state, { ...of, duration })
    else {
      const cause = describeCause(ended.result)
      timeline.tell(ended.at, "CompensationFailed", state, { ...of, duration, cause })
    }
    return ended
  }

  /** What could not be undone, as the failure of the run at a place: an exit, where nothing had failed before. */
  failed(place: string): { readonly _tag: "CompensationFailed" } & Record<string, unknown> {
    const { failures, reason, untried } = this
    const [workflow, cause] = [workflowName, describeWhy(reason!)]
    const exit = reason!._tag === "nothing" ? { exit: place } : {}
    return { _tag: "CompensationFailed", workflow, runId, cause, ...exit, failures, untried }
  }
}

const describe = ({ branch, payload, state, target }: Completed): object => ({
  workflow: workflowName,
  state,
  ...(target === undefined ? {} : { target }),
  ...(branch === undefined ? {} : { branch }),
  payload
})
