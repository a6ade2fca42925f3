/**
 * What stands around a run from its start to its end: its time limit, its scope, its log lines, what it has forked, its
 * rollback, and where it failed.
 */
import { Cause, Context, Duration, Effect, Exit, Fiber, Scope } from "effect"
import { CompensationFailed, RunTimeout } from "../../Errors.ts"
import type { AnyEffect } from "../../handler/Spec.ts"
import { annotateLogs } from "../watch/annotations.ts"
import type { Run } from "./Run.ts"
import { reportNotUndone } from "./unhandled.ts"
import { undoAtExit, undoFailed } from "./unwinding.ts"

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** Bounds a run by its time limit, and ends it at its exit. */
export const bounded = (run: Run, advance: AnyEffect): AnyEffect => {
  const { compensates } = run.machine
  const timeout = run.settings?.timeout
  const limited = timeout === undefined ? advance : limit(run, advance, Duration.fromInputUnsafe(timeout))
  return lasting(run, compensates ? Effect.flatMap(limited, (outcome) => finish(run, outcome)) : limited)
}

const limit = (run: Run, advance: AnyEffect, duration: Duration.Duration): AnyEffect =>
  Effect.timeoutOrElse(advance, {
    duration,
    orElse: () => {
      const cause = Cause.fail(new RunTimeout({ workflow: run.workflow, duration }))
      // Of what the time limit has cut off, nothing else is left.
      run.rollback?.include(cause)
      return Effect.failCause(cause)
    }
  })

/** Ends a run at an exit: what it has completed is undone, or given to its caller, or stays. */
const finish = (run: Run, outcome: unknown): AnyEffect => {
  const { node, rollback, settings } = run
  if (rollback === undefined) return Effect.succeed(outcome)
  if (node.rollsBack) return Effect.as(undoAtExit(run, rollback), outcome)
  if (settings?.adopt === undefined) rollback.takeAll()
  else settings.adopt(rollback)
  return Effect.succeed(outcome)
}

/** Puts around the rest of a run, once, what it needs as soon as it has to wait. */
export const lasting = (run: Run, effect: AnyEffect): AnyEffect => {
  if (run.scope !== undefined) return effect
  const scope = Scope.makeUnsafe()
  run.scope = scope
  return Effect.withFiber((fiber) => {
    const { context } = fiber
    const others = snapshot(childrenOf(fiber))
    fiber.setContext(Context.add(annotateLogs(context, run), Scope.Scope, scope))
    const end = (exit: Exit.Exit<unknown, unknown>) => {
      fiber.setContext(context)
      return ended(run, exit, startedSince(others, childrenOf(fiber)))
    }
    // The end cannot be interrupted, and what the run fails with is made there: nothing in the run comes after it.
    return Effect.uninterruptibleMask((restore) => Effect.flatMap(Effect.exit(restore(effect)), end))
  })
}

/** Ends what a run has started, releases what it has acquired, undoes what it has completed if it failed. */
const ended = (run: Run, exit: Exit.Exit<unknown, unknown>, children: ReadonlyArray<AnyFiber>): AnyEffect => {
  const scope = run.scope!
  const released = Scope.closeUnsafe(scope, exit)
  if (Exit.isSuccess(exit) && children.length === 0 && released === undefined) return exit
  const stopped = children.length === 0 ? Effect.void : Fiber.interruptAll(children)
  return Effect.flatMap(Effect.exit(Effect.andThen(stopped, released ?? Effect.void)), (released) => {
    if (Exit.isSuccess(exit)) return Exit.isSuccess(released) ? exit : Effect.failCause(run.annotate(released.cause))
    const { rollback } = run
    const cause = run.annotate(Exit.isSuccess(released) ? exit.cause : Cause.combine(exit.cause, released.cause))
    if (rollback === undefined) return failed(run, cause)
    // What could not be undone before has ended the run; why it was to be undone is the reason for the rest as well.
    const why = rollback.failure?.cause ?? cause
    return Effect.flatMap(Effect.exit(undoFailed(run, rollback, why)), (undone) => {
      const all = Exit.isSuccess(undone) ? cause : Cause.combine(cause, run.annotate(undone.cause))
      return rollback.failure === undefined ? failed(run, all) : notUndone(run, rollback.failure, all)
    })
  })
}

/** Fails; what could not be undone in a run that was interrupted is logged, unless it is another run that called it. */
const failed = (run: Run, cause: Cause.Cause<unknown>): AnyEffect => {
  const failure = Effect.failCause(cause)
  return run.settings?.adopt === undefined ? Effect.andThen(reportNotUndone(run, cause), failure) : failure
}

/**
 * What could not be undone is the failure of the run, whatever else there was: it holds that. Where the run is interrupted it
 * is a defect, because Effect may drop the typed failures of a fiber that is.
 */
const notUndone = (run: Run, failure: CompensationFailed, cause: Cause.Cause<unknown>): AnyEffect =>
  Effect.flatMap(Effect.exit(Effect.interruptible(Effect.void)), (pending) => {
    if (Exit.isSuccess(pending)) return Effect.failCause(run.annotate(Cause.fail(failure)))
    const others = Cause.combine(cause, pending.cause).reasons.filter((reason) => !isSaid(reason, failure))
    return failed(run, Cause.combine(Cause.fromReasons(others), run.annotate(Cause.die(failure))))
  })

/** Whether a reason is among what a failure holds: what the run failed with, or what it could not undo at first. */
const isSaid = (reason: Cause.Reason<unknown>, { runId }: CompensationFailed): boolean =>
  Cause.isFailReason(reason) ||
  (Cause.isDieReason(reason) && reason.defect instanceof CompensationFailed && reason.defect.runId === runId)

/**
 * The fibers that a fiber has forked and that still run. Effect has no public way to ask for them; where it should have none
 * of this name either, they end with the fiber and not with the run.
 */
const childrenOf = (fiber: AnyFiber): Fibers =>
  (fiber as AnyFiber & { readonly _children?: ReadonlySet<AnyFiber> })._children

type Fibers = ReadonlySet<AnyFiber> | undefined

// Few fibers have children, and many runs are parked: no set is made for them.
const snapshot = (fibers: Fibers): Fibers => (fibers === undefined || fibers.size === 0 ? undefined : new Set(fibers))

const startedSince = (before: Fibers, fibers: Fibers): ReadonlyArray<AnyFiber> =>
  fibers === undefined || fibers.size === 0 ? [] : [...fibers].filter((fiber) => before?.has(fiber) !== true)
