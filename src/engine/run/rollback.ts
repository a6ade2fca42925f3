/**
 * How steps are undone: the compensations of what a run has completed, in reverse order of completion, and what becomes of
 * those that fail.
 */
import { Cause, type Context, type Duration, Effect, Exit, Option } from "effect"
import { CompensationFailed, CompensationTimeout } from "../../Errors.ts"
import type { AnyEffect, Callee, CompletedSteps } from "../../handler/Spec.ts"
import type { AnyStore } from "../../store/Store.ts"
import type { CompletedBranch, Frame, Hooks, Steps, Undo, Undone } from "../model.ts"
import { invalidResult, isUsable, toEffect } from "../result.ts"
import { annotateLogs } from "../watch/annotations.ts"
import { isThrownAway } from "./frame.ts"

/** The run whose steps they are, as far as undoing them asks. */
interface Origin {
  readonly id: string
  readonly workflow: string
  readonly givenInput: unknown
  readonly store: AnyStore
  readonly hooks: Hooks | undefined
}

/** A step that a run has completed, as data: what undoes it by name, and what it produced. */
class Completed {
  readonly undo: Undo
  readonly produced: unknown
  readonly frame: Frame | undefined

  constructor(undo: Undo, produced: unknown, frame: Frame | undefined) {
    this.undo = undo
    this.produced = produced
    this.frame = frame
  }
}

/** The steps of a run that was called, to be undone by its workflow. */
class Adopted {
  readonly callee: Callee
  readonly rollback: Rollback
  readonly frame: Frame | undefined

  constructor(callee: Callee, rollback: Rollback, frame: Frame | undefined) {
    this.callee = callee
    this.rollback = rollback
    this.frame = frame
  }
}

type Step = Completed | Adopted

/** Steps of a run that are being undone, the last one at the end. */
interface Undoing {
  readonly of: Rollback
  readonly steps: Array<Step>
}

/** The steps that a run has completed, and those that could not be undone. */
export class Rollback implements Steps {
  private readonly origin: Origin
  private readonly steps: Array<Step> = []
  private readonly failures: Array<CompensationFailed["failures"][number]> = []
  private readonly untried: Array<CompensationFailed["untried"][number]> = []
  private readonly kept: Array<CompensationFailed> = []
  private why: Pick<CompensationFailed, "cause" | "exit"> | undefined
  /** That not everything could be undone, as soon as it is so: the end of the run, which nothing retries or catches. */
  failure: CompensationFailed | undefined

  constructor(origin: Origin) {
    this.origin = origin
  }

  get size(): number {
    return this.steps.length
  }

  complete(undo: Undo, produced: unknown, frame: Frame | undefined): void {
    this.steps.push(new Completed(undo, produced, frame))
  }

  adopt(callee: Callee, steps: CompletedSteps, frame: Frame | undefined): void {
    // Those of another run are what runs make.
    if (steps.size > 0) this.steps.push(new Adopted(callee, steps as Rollback, frame))
  }

  /** Takes out all steps. */
  takeAll(): Array<Step> {
    return this.steps.splice(0)
  }

  /** Takes out the steps that were completed within a frame, but for those of another frame within it. */
  takeWithin(frame: Frame, kept?: Frame): Array<Step> {
    const taken: Array<Step> = []
    for (const step of this.steps.splice(frame.from)) {
      if (isThrownAway(step.frame, frame, kept)) taken.push(step)
      else this.steps.push(step)
    }
    return taken
  }

  /** Whether there are such steps. */
  holds(frame: Frame, kept?: Frame): boolean {
    return this.steps.findLastIndex((step) => isThrownAway(step.frame, frame, kept)) >= frame.from
  }

  /**
   * Undoes what `take` takes out, the last step first, within the time there is, because of a failure or on the way to an
   * exit. Nothing comes between taking and undoing. It never fails: what could not be undone is the `failure` afterwards.
   */
  unwind(
    take: () => Array<Step>,
    cause: Cause.Cause<unknown>,
    limit: Duration.Duration | undefined,
    exit?: string
  ): Effect.Effect<void> {
    // The runs whose steps are being undone, the one that was called last at the end.
    const open: Array<Undoing> = []
    let current: Undone | undefined
    const undoAll = (undoing: Undoing): AnyEffect => {
      open.push(undoing)
      return Effect.map(undoNext(undoing), () => open.pop())
    }
    const undoNext = (undoing: Undoing): AnyEffect =>
      Effect.suspend(() => {
        const { of, steps } = undoing
        const step = steps.pop()
        if (step === undefined) return Effect.void
        const undoRest = () => undoNext(undoing)
        if (step instanceof Adopted) {
          const { callee, rollback } = step
          return Effect.flatMap(callee.within(undoAll({ of: rollback, steps: rollback.takeAll() })), undoRest)
        }
        const undone = of.describe(step)
        current = undone
        return Effect.flatMap(Effect.exit(of.undo(step, undone, cause)), (exit) => {
          current = undefined
          if (Exit.isFailure(exit)) this.failures.push({ ...undone, cause: exit.cause })
          return undoRest()
        })
      })
    // What the compensations need is in the type of the workflow, and so in the context of its run.
    const all = Effect.suspend(() => undoAll({ of: this, steps: take() })) as Effect.Effect<void>
    const undone =
      limit === undefined
        ? all
        : Effect.map(Effect.timeoutOption(all, limit), (done) => {
            if (Option.isSome(done)) return
            if (current !== undefined) {
              const late = new CompensationTimeout({ state: current.state, duration: limit })
              this.failures.push({ ...current, cause: Cause.fail(late) })
            }
            this.leaveUntried(open)
          })
    return Effect.uninterruptible(Effect.map(undone, () => this.tell(cause, exit)))
  }

  keep(failure: CompensationFailed): void {
    this.kept.push(failure)
  }

  /** Makes what a called run could not undo a failure of this one, which has stopped it for a reason and goes on. */
  include(cause: Cause.Cause<unknown>): void {
    for (const { failures, untried } of this.kept.splice(0)) {
      for (const step of failures) this.failures.push(step)
      for (const step of untried) this.untried.push(step)
    }
    this.tell(cause)
  }

  /** Notes what is left of each run whose steps were being undone, the last step first. */
  private leaveUntried(open: Array<Undoing>): void {
    for (let last = open.pop(); last !== undefined; last = open.pop()) {
      const { of, steps } = last
      const step = steps.pop()
      if (step === undefined) continue
      open.push(last)
      if (step instanceof Adopted) open.push({ of: step.rollback, steps: step.rollback.takeAll() })
      else this.untried.push(of.describe(step))
    }
  }

  private describe({ produced, undo: { state, target } }: Completed): Undone {
    const { workflow } = this.origin
    if (target !== undefined) return { workflow, state, target, payload: produced }
    const { name, value } = branchOf(produced)
    return { workflow, state, branch: name, payload: value }
  }

  private undo({ produced, undo }: Completed, step: Undone, cause: Cause.Cause<unknown>): AnyEffect {
    const { compensation, state, target } = undo
    const { origin } = this
    const branch = target === undefined ? branchOf(produced) : undefined
    const context = new CompensationContext(origin, produced, cause, branch)
    const once = Effect.suspend(() =>
      // What the types of its context promise, this one has.
      Effect.map(toEffect(compensation.undo(context as never)), (value) => {
        if (!isUsable(value)) throw invalidResult(origin.workflow, state, giverOf(step), value)
      })
    )
    const { retry, timeout } = compensation
    const timedOut = () => Effect.fail(new CompensationTimeout({ state, duration: timeout! }))
    const bounded = timeout === undefined ? once : Effect.timeoutOrElse(once, { duration: timeout, orElse: timedOut })
    const undone = Effect.scoped(retry === undefined ? bounded : Effect.retry(bounded, retry))
    const logged = Effect.updateContext(undone, (context: Context.Context<unknown>) =>
      annotateLogs(context, { id: origin.id, workflow: origin.workflow, state })
    )
    return origin.hooks?.compensation(step, logged) ?? logged
  }

  /** Makes what could not be undone so far the failure of the run, for the first reason. */
  private tell(cause: Cause.Cause<unknown>, exit?: string): void {
    const { failures, untried } = this
    if (failures.length === 0 && untried.length === 0) return
    const { id: runId, workflow } = this.origin
    this.why ??= { cause, ...(exit === undefined ? {} : { exit }) }
    const lists = { failures: [...failures], untried: [...untried] }
    this.failure = new CompensationFailed({ workflow, runId, ...this.why, ...lists })
  }
}

/** What a branch has produced is registered with what its compensation is told of it. */
const branchOf = (produced: unknown): CompletedBranch => produced as CompletedBranch

const giverOf = ({ branch, target }: Undone): string =>
  branch === undefined ? `the compensation of '${target}'` : `the compensation of branch '${branch}'`

/** The context of a compensation: for a branch, the payload is the state's, and what the branch produced is the value. */
class CompensationContext {
  readonly run: Origin
  readonly payload: unknown
  readonly value: unknown
  readonly cause: Cause.Cause<unknown>

  constructor(run: Origin, produced: unknown, cause: Cause.Cause<unknown>, branch: CompletedBranch | undefined) {
    this.run = run
    this.payload = branch === undefined ? produced : branch.payload
    this.value = branch?.value
    this.cause = cause
    Object.assign(this, branch?.label)
  }

  get input(): unknown {
    return this.run.givenInput
  }

  get store(): AnyStore {
    return this.run.store
  }
}
