/**
 * Failures of runs that nobody is told of otherwise: they are logged, at the level that Effect has for what nobody handles,
 * `References.UnhandledLogLevel`.
 */
import { Cause, Effect, Exit, type Fiber, References } from "effect"
import { CompensationFailed } from "../../Errors.ts"
import type { AnyEffect } from "../../handler/Spec.ts"
import { isInstance } from "../../text/errorLine.ts"
import { attribute } from "../watch/attributes.ts"

/** A run, as far as the log names it. */
interface Logged {
  readonly id: string
  readonly workflow: string
}

const log = ({ id, workflow }: Logged, message: string, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    const level = fiber.getRef(References.UnhandledLogLevel)
    if (level === undefined) return Effect.void
    return Effect.logWithLevel(level)(message, cause).pipe(
      Effect.annotateLogs({ [attribute.workflow]: workflow, [attribute.runId]: id }),
      Effect.ignoreCause
    )
  })

/**
 * Logs what a run that was interrupted could not undo. Its fiber drops everything then but the interruption, and so does
 * who has interrupted it.
 */
export const reportNotUndone = (run: Logged, { reasons }: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (!reasons.some(Cause.isInterruptReason)) return Effect.void
  const untold = reasons.filter(isUntold)
  for (const { defect } of untold) told.add(defect)
  return untold.length === 0
    ? Effect.void
    : log(run, "A run that was interrupted could not be undone", Cause.fromReasons(untold))
}

// A run within another one fails with the same.
const told = new WeakSet<CompensationFailed>()

const isUntold = (reason: Cause.Reason<unknown>): reason is Cause.Die & { readonly defect: CompensationFailed } =>
  Cause.isDieReason(reason) && isInstance(reason.defect, CompensationFailed) && !told.has(reason.defect)

/** Logs the failure of a run that nobody waits for. */
export const reportUnawaited = (run: Logged, effect: AnyEffect, isAwaited: () => boolean): AnyEffect =>
  Effect.onExitPrimitive(effect, (exit) => {
    if (Exit.isSuccess(exit) || Cause.hasInterrupts(exit.cause) || isAwaited()) return undefined
    const { cause } = exit
    // Who has just forked it may be about to wait for it.
    return Effect.andThen(
      Effect.yieldNow,
      Effect.suspend(() => (isAwaited() ? Effect.void : log(run, "A run has failed, and nobody waits for it", cause)))
    )
  })

/** Notes who waits for a fiber. There is no asking it. */
export const noteAwaiting = (fiber: Fiber.Fiber<unknown, unknown>, awaiting: Set<unknown>): void => {
  const addObserver = fiber.addObserver.bind(fiber)
  const noted: typeof fiber.addObserver = (observe) => {
    awaiting.add(observe)
    const remove = addObserver(observe)
    return () => {
      awaiting.delete(observe)
      remove()
    }
  }
  Object.assign(fiber, { addObserver: noted })
}
