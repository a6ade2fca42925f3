/**
 * A state that runs another workflow.
 */
import { type Cause, Effect, Exit } from "effect"
import { CompensationFailed } from "../../Errors.ts"
import type { CallWork, CompletedSteps } from "../../handler/Spec.ts"
import type { Perform, Steps, Transition, Visit } from "../model.ts"
import { invalidResult, isUsable, performing, toEffect } from "../result.ts"
import { allOrNothing, type Choosing } from "../undos.ts"
import { CallVisit } from "../visit.ts"

/** The work of a call. The run of the callee is named after this one and the state. */
export const callWorkflow = (state: string, { callee, cases, input }: CallWork, choosing: Choosing): Perform => {
  const inputOf = performing(input)
  const handlers = new Map(Object.entries(cases).map(([exit, then]) => [exit, choosing(then)]))
  const call = (visit: Visit) => {
    const { frame, run } = visit
    const given = inputOf(visit)
    if (!isUsable(given)) throw invalidResult(run.workflow, state, `the input of '${callee.name}'`, given)
    const caller = {
      id: `${run.id}/${state}`,
      origin: { workflow: run.workflow, runId: run.id, state },
      compensationTimeout: run.compensationTimeout,
      adopt: (steps: CompletedSteps) => run.steps.adopt(callee, steps, frame)
    }
    const called = Effect.onExitPrimitive(callee.run(given, caller), (exit) => {
      if (Exit.isFailure(exit)) keepFailures(run.steps, exit.cause)
      return undefined
    })
    return Effect.flatMap(called, (outcome) => {
      // The outcome of a workflow is the transition to one of its exits, all of which have a case.
      const { _tag, payload } = outcome as Transition
      return toEffect(handlers.get(_tag)!(new CallVisit(visit, payload)))
    })
  }
  return (visit) => allOrNothing(visit, call)
}

/** A callee that was interrupted tells by a defect what it could not undo. */
const keepFailures = (steps: Steps, cause: Cause.Cause<unknown>): void => {
  for (const reason of cause.reasons) {
    if (reason._tag === "Die" && reason.defect instanceof CompensationFailed) steps.keep(reason.defect)
  }
}
