/**
 * What a run has completed and may have to undo: the compensations of its steps, in the order of their completion.
 */
import { Cause, type Context, type Duration, Effect, Exit, Option } from "effect"
import { CompensationFailed, CompensationTimeout } from "../Errors.ts"
import type { AnyEffect, Compensation, CompletedStep } from "../graph/Spec.ts"
import type { AnyStore } from "../Store.ts"
import { annotateLogs } from "./annotations.ts"
import type { Observation } from "./Observation.ts"
import { toEffect } from "./result.ts"

/** A compensation, and which step of which state it undoes. */
export interface Undo {
  readonly state: string
  /** The target the state goes to; not for a branch. */
  readonly target?: string
  readonly branch?: CompletedBranch
  readonly compensation: Compensation
}

/** A branch that has succeeded. */
export interface CompletedBranch {
  readonly name: string | number
  /** The payload of the state. */
  readonly payload: unknown
  /** The item of a forEach, with its index. */
  readonly label: object
}

/** The run that has completed a step, as far as undoing it asks. */
export interface Origin {
  readonly id: string
  readonly workflow: string
  readonly givenInput: unknown
  readonly store: AnyStore
  readonly observation: Observation | undefined
}

/** A step that a run has completed. */
class Completed implements CompletedStep {
  private readonly run: Origin
  private readonly what: Undo
  readonly payload: unknown

  constructor(run: Origin, what: Undo, payload: unknown) {
    this.run = run
    this.what = what
    this.payload = payload
  }

  get id(): string {
    return this.run.id
  }

  get workflow(): string {
    return this.run.workflow
  }

  get state(): string {
    return this.what.state
  }

  get target(): string | undefined {
    return this.what.target
  }

  get branch(): string | number | undefined {
    return this.what.branch?.name
  }

  undo(cause: Cause.Cause<unknown>): AnyEffect {
    const { retry, timeout, undo } = this.what.compensation
    const context = new CompensationContext(this.run, this.payload, cause, this.what.branch)
    // What the types of its context promise, this one has.
    const once = Effect.suspend(() => toEffect(undo(context as never)))
    const bounded = timeout === undefined ? once : Effect.timeoutOrElse(once, this.timedOut(timeout))
    const undone = Effect.scoped(retry === undefined ? bounded : Effect.retry(bounded, retry))
    const logged = Effect.updateContext(undone, (context: Context.Context<unknown>) => annotateLogs(context, this))
    return this.run.observation?.ofCompensation(this, logged) ?? logged
  }

  private timedOut(duration: Duration.Duration) {
    return { duration, orElse: () => Effect.fail(new CompensationTimeout({ state: this.state, duration })) }
  }
}

/** The context of a compensation: for a branch, the payload is the state's, and what the branch produced is the value. */
class CompensationContext {
  private readonly of: Origin
  readonly payload: unknown
  readonly value: unknown
  readonly cause: Cause.Cause<unknown>

  constructor(run: Origin, produced: unknown, cause: Cause.Cause<unknown>, branch: CompletedBranch | undefined) {
    this.of = run
    this.payload = branch === undefined ? produced : branch.payload
    this.value = produced
    this.cause = cause
    Object.assign(this, branch?.label)
  }

  get input(): unknown {
    return this.of.givenInput
  }

  get store(): AnyStore {
    return this.of.store
  }

  get run(): Origin {
    return this.of
  }
}

/** The steps that a run has completed, and those that could not be undone. */
export class Rollback {
  private readonly run: Origin
  // What was completed and what it produced, in turn: this grows with every step, so it makes no object for one.
  private readonly steps: Array<unknown> = []
  private readonly failures: Array<CompensationFailed["failures"][number]> = []
  private readonly untried: Array<CompensationFailed["untried"][number]> = []
  private readonly kept: Array<CompensationFailed> = []
  /** That not everything could be undone, as soon as it is so: the end of the run, which nothing retries or catches. */
  failure: CompensationFailed | undefined

  constructor(run: Origin) {
    this.run = run
  }

  /** How many steps there are to undo. */
  get size(): number {
    return this.steps.length / 2
  }

  /** Remembers a step of this run and what it produced, or one of a run that this one has called. */
  complete(what: Undo | CompletedStep, payload: unknown): void {
    this.steps.push(what, payload)
  }

  /** The steps after the first `kept`, in the order of their completion. */
  completed(kept = 0): ReadonlyArray<CompletedStep> {
    return Array.from({ length: this.size - kept }, (_, index) => {
      const at = 2 * (kept + index)
      // They were put there in turn.
      const what = this.steps[at] as Undo | CompletedStep
      return "compensation" in what ? new Completed(this.run, what, this.steps[at + 1]) : what
    })
  }

  /** Forgets the steps after the first `kept`: there is nothing left to undo of them here. */
  clear(kept = 0): void {
    this.steps.length = 2 * kept
  }

  /**
   * Undoes the steps after the first `kept`, the last one first, within the time there is. It never fails: what could not be
   * undone is the `failure` afterwards.
   */
  unwind(kept: number, cause: Cause.Cause<unknown>, limit: Duration.Duration | undefined): Effect.Effect<void> {
    let steps: Array<CompletedStep> = []
    let current: CompletedStep | undefined
    const undoNext = (): AnyEffect => {
      current = steps.pop()
      if (current === undefined) return Effect.void
      const step = current
      return Effect.flatMap(Effect.exit(step.undo(cause)), (exit) => {
        if (Exit.isFailure(exit)) this.failures.push({ ...describe(step), cause: exit.cause })
        return undoNext()
      })
    }
    // What the compensations need is in the type of the workflow, and so in the context of its run.
    const undoAll = Effect.suspend(() => {
      steps = [...this.completed(kept)]
      this.clear(kept)
      return undoNext()
    }) as Effect.Effect<void>
    const undone =
      limit === undefined
        ? undoAll
        : Effect.map(Effect.timeoutOption(undoAll, limit), (done) => {
            if (Option.isSome(done)) return
            if (current !== undefined) {
              const late = new CompensationTimeout({ state: current.state, duration: limit })
              this.failures.push({ ...describe(current), cause: Cause.fail(late) })
            }
            this.untried.push(...steps.reverse().map(describe))
          })
    return Effect.uninterruptible(Effect.map(undone, () => this.tell(cause)))
  }

  /** Keeps what a run that this one has called could not undo when it was interrupted: no failure of it goes on. */
  keep(failure: CompensationFailed): void {
    this.kept.push(failure)
  }

  /** Makes that a failure of this run, which has stopped the other one for a reason and goes on. */
  include(cause: Cause.Cause<unknown>): void {
    for (const { failures, untried } of this.kept.splice(0)) {
      this.failures.push(...failures)
      this.untried.push(...untried)
    }
    this.tell(cause)
  }

  /**
   * Makes what could not be undone so far the failure of the run: one and the same, told the first reason, whose lists grow
   * until the run has ended.
   */
  private tell(cause: Cause.Cause<unknown>): void {
    const { failures, untried } = this
    if (failures.length === 0 && untried.length === 0) return
    const { id: runId, workflow } = this.run
    this.failure ??= new CompensationFailed({ workflow, runId, cause, failures: [], untried: [] })
    Object.assign(this.failure, { failures: [...failures], untried: [...untried] })
  }
}

const describe = ({ branch, payload, state, target, workflow }: CompletedStep) => ({
  workflow,
  state,
  ...(target === undefined ? {} : { target }),
  ...(branch === undefined ? {} : { branch }),
  payload
})
