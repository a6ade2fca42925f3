/**
 * Sending signals to runs.
 */
import { Effect } from "effect"
import { RunNotFound, WorkflowDefinitionError } from "../Errors.ts"
import type { Machine } from "./Node.ts"
import type { Run } from "./Run.ts"

/** Sends a signal to the run with an id. */
export const sendSignal = (
  machine: Machine,
  runId: string,
  name: string,
  payload: unknown
): Effect.Effect<void, RunNotFound> =>
  Effect.suspend(() => {
    const run = machine.runs?.get(runId)
    const { name: workflow } = machine.graph
    return run === undefined ? Effect.fail(new RunNotFound({ workflow, runId })) : deliver(run, name, payload)
  })

/** Gives a signal to a run. */
export const deliver = (run: Run, name: string, payload: unknown): Effect.Effect<void> =>
  Effect.sync(() => {
    const { name: workflow, signals } = run.machine.graph
    // A name that is not declared comes only from outside the types.
    if (!signals.some((signal) => signal.name === name))
      throw new WorkflowDefinitionError({ workflow, problems: [`'${name}' is not a signal`] })
    run.observation?.signalled(name, payload)
    run.mailbox.put({ name, payload })
  })
