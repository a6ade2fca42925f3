/**
 * When steps are undone: those of what is thrown away, at once; all of them when the run fails, or ends at an exit that
 * rolls back.
 */
import { Cause, type Duration, Effect, Exit } from "effect"
import type { Frame, Machine } from "../model.ts"
import type { Rollback } from "./rollback.ts"

/** The run whose steps they are, as far as the decision to undo them asks. */
interface Unwound {
  readonly machine: Machine
  readonly state: string
  readonly compensationTimeout: Duration.Duration | undefined
}

/**
 * Undoes what was completed within a frame of which the result is thrown away. Nothing retries or catches that something
 * could not be undone.
 */
export const throwAway = (
  run: Unwound,
  rollback: Rollback,
  frame: Frame,
  cause: Cause.Cause<unknown>,
  kept: Frame | undefined
): Effect.Effect<void> =>
  Effect.suspend(() => {
    rollback.include(cause)
    const undone = rollback.holds(frame, kept)
      ? unlessUnwanted(run, cause, () =>
          rollback.unwind(() => rollback.takeWithin(frame, kept), cause, run.compensationTimeout)
        )
      : Effect.void
    return Effect.flatMap(undone, () => endIfFailed(rollback))
  })

/** Undoes everything, because the run has failed. */
export const undoFailed = (run: Unwound, rollback: Rollback, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  rollback.size === 0
    ? Effect.void
    : unlessUnwanted(run, cause, () => rollback.unwind(() => rollback.takeAll(), cause, run.compensationTimeout))

/** Undoes everything, because the run ends at an exit that rolls back. */
export const undoAtExit = (run: Unwound, rollback: Rollback): Effect.Effect<void> =>
  Effect.flatMap(
    rollback.unwind(() => rollback.takeAll(), Cause.empty, run.compensationTimeout, run.state),
    () => endIfFailed(rollback)
  )

/** Ends a run of which something could not be undone. */
export const endIfFailed = ({ failure }: Rollback): Effect.Effect<void> =>
  failure === undefined ? Effect.void : Effect.die(failure)

const unlessUnwanted = (
  { machine }: Unwound,
  cause: Cause.Cause<unknown>,
  unwind: () => Effect.Effect<void>
): Effect.Effect<void> =>
  Effect.flatMap(Effect.exit(Effect.sync(() => machine.shouldRollBack(cause))), (wanted) => {
    if (Exit.isSuccess(wanted) && !wanted.value) return Effect.void
    // Where asking died, nothing has said that the steps may stay.
    return Effect.ensuring(Exit.asVoid(wanted), unwind())
  })
