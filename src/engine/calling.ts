/**
 * A state that runs another workflow.
 */
import { type Cause, Effect, Exit } from "effect"
import { CompensationFailed } from "../Errors.ts"
import type { CallWork, CompletedStep } from "../graph/Spec.ts"
import { type Perform, performing, type Transition } from "./Node.ts"
import { toEffect } from "./result.ts"
import type { Rollback } from "./rollback.ts"
import { CallVisit } from "./Visit.ts"

/** The work of a call. The run of the callee is named after this one and the state. */
export const callWorkflow = (state: string, { callee, cases, input }: CallWork): Perform => {
  const inputOf = performing(input)
  return (visit) => {
    const { run } = visit
    const caller = {
      id: `${run.id}/${state}`,
      origin: { workflow: run.workflow, runId: run.id, state },
      compensationTimeout: run.compensationTimeout,
      adopt: (steps: ReadonlyArray<CompletedStep>) => {
        for (const step of steps) run.rollback.complete(step, step.payload)
      }
    }
    const called = Effect.onExitPrimitive(callee.run(inputOf(visit), caller), (exit) => {
      if (Exit.isFailure(exit)) keepFailures(run.rollback, exit.cause)
      return undefined
    })
    return run.undoIfFailed(
      Effect.flatMap(called, (outcome) => {
        // The outcome of a workflow is the transition to one of its exits, all of which have a case.
        const { _tag, payload } = outcome as Transition
        return toEffect(performing(cases[_tag]!)(new CallVisit(visit, payload)))
      })
    )
  }
}

/** A callee that was interrupted tells by a defect what it could not undo. */
const keepFailures = (rollback: Rollback, cause: Cause.Cause<unknown>): void => {
  for (const reason of cause.reasons) {
    if (reason._tag === "Die" && reason.defect instanceof CompensationFailed) rollback.keep(reason.defect)
  }
}
