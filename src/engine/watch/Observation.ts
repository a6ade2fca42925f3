/**
 * What is told of a run that somebody watches: events for observers, spans for a tracer. A run that nobody watches has
 * none of this.
 */
import { Cause, Clock, Duration, Effect, Exit, type Fiber, Predicate, Record } from "effect"
import type { DistributedOmit } from "type-fest"
import type { Caller, RunEvent } from "../../Event.ts"
import type { AnyEffect } from "../../handler/Spec.ts"
import type { Decided, Hooks, Park, Transition, Undone } from "../model.ts"
import { attribute, errorTypeOf } from "./attributes.ts"
import { hasObservers, type Observe, observersIn } from "./observers.ts"

/** Who watches a run, and by which clock. */
export interface Watch {
  readonly observers: ReadonlyArray<Observe>
  /** Whether there is a tracer besides the one that Effect has when nobody provides any. */
  readonly traced: boolean
  readonly clock: Clock.Clock
}

/** Who watches what a fiber runs, and, if there is one, the holder of the handle; `undefined` when nobody does. */
export const watchOf = (fiber: Fiber.Fiber<unknown, unknown>, holder?: Observe): Watch | undefined => {
  const traced = fiber.cache.tracer !== undefined && fiber.cache.tracerEnabled
  // Most runs are watched by nobody at all, and should find that out at once.
  if (holder === undefined && !traced && !hasObservers()) return undefined
  const others = observersIn(fiber.context)
  if (holder === undefined && !traced && others.length === 0) return undefined
  return {
    observers: holder === undefined ? others : [holder, ...others],
    traced,
    clock: fiber.getRef(Clock.Clock)
  }
}

/** The run that is watched. */
interface Watched {
  readonly id: string
  readonly workflow: string
  readonly state: string
  readonly attempt: number
}

/** An event before the run has signed it. */
type Happening = DistributedOmit<RunEvent, "workflow" | "runId" | "time" | "state">

/** An event of a visit, before the run has signed it. */
type VisitHappening = DistributedOmit<Extract<Happening, { readonly attempt: number }>, "attempt">

type Attributes = Readonly<Record<string, unknown>>

/** Watches one run. */
export class Observation implements Hooks {
  private readonly watched: Watched
  private readonly observers: ReadonlyArray<Observe>
  private readonly traced: boolean
  private readonly clock: Clock.Clock
  private enteredAt = 0

  constructor(run: Watched, { clock, observers, traced }: Watch) {
    this.watched = run
    this.observers = observers
    this.traced = traced
    this.clock = clock
  }

  /** Milliseconds, by a clock that never goes back. */
  now(): number {
    return toMillis(this.clock.monotonicTimeNanosUnsafe())
  }

  /** Tells what happens in an attempt of the present visit; a guard may run several at once. */
  private tell(attempt: number, happening: VisitHappening): void {
    this.sign({ ...happening, attempt })
  }

  /** The last attempt of the present visit that has begun, or would have. */
  private get lastAttempt(): number {
    return Math.max(1, this.watched.attempt)
  }

  private sign(happening: Happening, state = this.watched.state): void {
    const { id: runId, workflow } = this.watched
    const event = { ...happening, workflow, runId, time: this.time(), state }
    for (const observe of this.observers) observe(event)
  }

  run(run: AnyEffect, input: unknown, caller: Caller | undefined): AnyEffect {
    const traced = this.span(`run ${this.watched.workflow}`, {}, run, attribute.exit)
    return Effect.suspend(() => {
      const started = this.now()
      this.sign({ _tag: "RunStarted", input, ...(caller === undefined ? {} : { caller }) })
      return Effect.onExitPrimitive(traced, (exit) => {
        this.sign({ _tag: "RunFinished", exit, duration: this.now() - started })
        return undefined
      })
    })
  }

  entered(payload: unknown): void {
    this.enteredAt = this.now()
    this.sign({ _tag: "StateEntered", payload })
  }

  visit(visit: AnyEffect): AnyEffect {
    const { state } = this.watched
    return this.span(`state ${state}`, { [attribute.state]: state }, visit, attribute.target)
  }

  left({ _tag, payload }: Transition): void {
    this.tell(this.lastAttempt, {
      _tag: "TransitionTaken",
      target: _tag,
      payload,
      duration: this.now() - this.enteredAt
    })
  }

  attempt(attempt: AnyEffect): AnyEffect {
    const { state } = this.watched
    const nth = this.lastAttempt
    const traced = this.span(`attempt ${state}`, { [attribute.state]: state, [attribute.attempt]: nth }, attempt)
    return Effect.suspend(() => {
      const started = this.now()
      this.tell(nth, { _tag: "AttemptStarted" })
      return Effect.onExitPrimitive(traced, (exit) => {
        if (Exit.isSuccess(exit)) return undefined
        const duration = this.now() - started
        // What comes of it after it was interrupted is gone, but for defects.
        const isInterrupted = Cause.hasInterrupts(exit.cause) && !Cause.hasDies(exit.cause)
        if (isInterrupted) this.tell(nth, { _tag: "AttemptInterrupted", duration })
        else this.tell(nth, { _tag: "AttemptFailed", cause: exit.cause, duration })
        return undefined
      })
    })
  }

  retries(attempts: AnyEffect, retry: (attempts: AnyEffect) => AnyEffect): AnyEffect {
    return Effect.suspend(() => {
      let last: { readonly cause: Cause.Cause<unknown>; readonly time: number } | undefined
      const watched = Effect.suspend(() => {
        if (last !== undefined) {
          const attempt = this.watched.attempt + 1
          this.sign({ _tag: "Retried", attempt, cause: last.cause, duration: this.now() - last.time })
        }
        return Effect.onExitPrimitive(attempts, (exit) => {
          if (Exit.isFailure(exit)) last = { cause: exit.cause, time: this.now() }
          return undefined
        })
      })
      return retry(watched)
    })
  }

  branchStarted(attempt: number, branch: string | number): number {
    this.tell(attempt, { _tag: "BranchStarted", branch })
    return this.now()
  }

  branchEnded(attempt: number, branch: string | number, began: number, exit: Exit.Exit<unknown, unknown>): void {
    const what = { branch, duration: this.now() - began }
    if (Exit.isSuccess(exit)) this.tell(attempt, { _tag: "BranchSucceeded", ...what })
    else if (Cause.hasInterruptsOnly(exit.cause)) this.tell(attempt, { _tag: "BranchInterrupted", ...what })
    else this.tell(attempt, { _tag: "BranchFailed", ...what, cause: exit.cause })
  }

  joined(attempt: number, began: number | undefined, decided: Decided): void {
    this.tell(attempt, { _tag: "Joined", ...decided, duration: began === undefined ? 0 : this.now() - began })
  }

  /** One that is finished already stays so unless there is a tracer. */
  branch(branch: string | number, begin: () => AnyEffect): AnyEffect {
    if (!this.traced) return begin()
    const { state } = this.watched
    const attributes = { [attribute.state]: state, [attribute.branch]: String(branch) }
    return this.span(`branch ${typeof branch === "string" ? branch : state}`, attributes, Effect.suspend(begin))
  }

  compensation({ branch, payload, state, target }: Undone, compensation: AnyEffect): AnyEffect {
    const what = { ...(target === undefined ? {} : { target }), ...(branch === undefined ? {} : { branch }) }
    const names = { [attribute.state]: state, [attribute.target]: target, [attribute.branch]: branch?.toString() }
    const traced = this.span(`compensate ${state}`, names, compensation)
    return Effect.suspend(() => {
      const started = this.now()
      this.sign({ _tag: "Compensating", ...what, payload }, state)
      return Effect.onExitPrimitive(traced, (exit) => {
        const duration = this.now() - started
        if (Exit.isSuccess(exit)) this.sign({ _tag: "Compensated", ...what, duration }, state)
        else this.sign({ _tag: "CompensationFailed", ...what, cause: exit.cause, duration }, state)
        return undefined
      })
    })
  }

  signalled(signal: string, payload: unknown): void {
    this.sign({ _tag: "Signalled", signal, payload })
  }

  parked({ limit, ...what }: Park, attempt = this.lastAttempt): void {
    if (limit !== undefined && !Duration.isPositive(limit)) return
    const ends = limit !== undefined && Duration.isFinite(limit)
    this.tell(attempt, { _tag: "Waiting", ...what, ...(ends ? { until: this.time() + Duration.toMillis(limit) } : {}) })
  }

  /** Milliseconds since the epoch. */
  private time(): number {
    return toMillis(this.clock.currentTimeNanosUnsafe())
  }

  /** Puts a span around an Effect; `goesTo` is the attribute for the place that it gives. */
  private span(name: string, attributes: Attributes, effect: AnyEffect, goesTo?: string): AnyEffect {
    if (!this.traced) return effect
    const { id, workflow } = this.watched
    const all = { [attribute.workflow]: workflow, [attribute.runId]: id, ...attributes }
    return Effect.useSpan(name, { attributes: Record.filter(all, Predicate.isNotUndefined) }, (span) =>
      Effect.onExitPrimitive(Effect.withParentSpan(effect, span, { captureStackTrace: false }), (exit) => {
        if (Exit.isFailure(exit)) {
          const errorType = errorTypeOf(exit.cause)
          if (errorType !== undefined) span.attribute(attribute.errorType, errorType)
        } else if (goesTo !== undefined) {
          // What a visit or a run gives is the transition to a place.
          span.attribute(goesTo, (exit.value as Transition)._tag)
        }
        return undefined
      })
    )
  }
}

const toMillis = (nanos: bigint): number => Number(nanos) / 1e6
