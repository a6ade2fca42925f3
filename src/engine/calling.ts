/**
 * A state that runs another workflow.
 */
import { Effect } from "effect"
import type { CallWork, CompletedStep } from "../graph/Spec.ts"
import { type Perform, performing, type Transition } from "./Node.ts"
import { CallVisit } from "./Run.ts"
import { toEffect } from "./result.ts"

/** The work of a call. The run of the callee is named after this one and the state. */
export const callWorkflow = (state: string, { callee, cases, input }: CallWork): Perform => {
  const inputOf = performing(input)
  return (visit) => {
    const { run } = visit
    const caller = {
      id: `${run.id}/${state}`,
      compensationTimeout: run.compensationTimeout,
      adopt: (steps: ReadonlyArray<CompletedStep>) => {
        for (const step of steps) run.rollback.complete(step, step.payload)
      }
    }
    return Effect.flatMap(callee.run(inputOf(visit), caller), (outcome) => {
      // The outcome of a workflow is the transition to one of its exits, all of which have a case.
      const { _tag, payload } = outcome as Transition
      return toEffect(performing(cases[_tag]!)(new CallVisit(visit, payload)))
    })
  }
}
