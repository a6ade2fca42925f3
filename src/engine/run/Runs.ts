/**
 * Whom a signal finds: the runs in progress, by their ids.
 */
import { Effect } from "effect"
import { RunIdInUse, RunNotFound, WorkflowDefinitionError } from "../../Errors.ts"
import type { AnyEffect } from "../../handler/Spec.ts"
import type { Machine, Run } from "../model.ts"
import type { RunSettings } from "./Run.ts"

/**
 * Whether a run is found by its id: when it can be sent signals, and when its caller has chosen the id. That of any other is
 * random, and nobody knows it.
 */
export const isFound = ({ machine, settings }: Run & { readonly settings: RunSettings | undefined }): boolean =>
  machine.graph.signals.length > 0 || (settings?.id !== undefined && settings.origin === undefined)

/** Lets a run be found while it lasts. */
export const listed = (run: Run, effect: AnyEffect): AnyEffect => {
  const { runs } = run.machine
  const listed = Effect.suspend(() => {
    if (runs.has(run.id)) throw new RunIdInUse({ workflow: run.workflow, runId: run.id })
    runs.set(run.id, run)
    return effect
  })
  return Effect.onExitPrimitive(listed, () => {
    if (isListed(run)) runs.delete(run.id)
    return undefined
  })
}

/** Whether signals find a run. */
export const isListed = (run: Run): boolean => run.machine.runs.get(run.id) === run

/** Sends a signal to the run with an id. */
export const sendSignal = (
  machine: Machine,
  runId: string,
  name: string,
  payload: unknown
): Effect.Effect<void, RunNotFound> =>
  Effect.suspend(() => {
    const run = machine.runs.get(runId)
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
    run.hooks?.signalled(name, payload)
    run.mailbox.put({ name, payload })
  })
