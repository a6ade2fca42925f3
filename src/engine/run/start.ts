/**
 * Starts runs, and single steps.
 */
import { Effect } from "effect"
import type { AnyEffect } from "../../handler/Spec.ts"
import { bounded } from "./lifetime.ts"
import { advance, step } from "./loop.ts"
import type { Run } from "./Run.ts"
import { isFound, listed } from "./Runs.ts"

/** Runs from the place a run is at, with around it what the workflow, the caller and its hooks ask for. */
export const start = (run: Run, payload: unknown): AnyEffect => {
  const hooks = run.hooks
  return hooks === undefined
    ? startBare(run, payload)
    : hooks.run(
        Effect.suspend(() => startBare(run, payload)),
        run.givenInput,
        run.settings?.origin
      )
}

const startBare = (run: Run, payload: unknown): AnyEffect => {
  const { machine, node, settings } = run
  const entered = { _tag: node.name, payload }
  const found = isFound(run)
  if (!machine.compensates && !found && settings?.timeout === undefined) return advance(run, node, entered)
  // What undoes a step is in place before the first one begins.
  const all = bounded(
    run,
    Effect.suspend(() => advance(run, node, entered))
  )
  return found ? listed(run, all) : all
}

/** Runs the work of the state that a run is at, and gives the transition it chose. */
export const startStep = (run: Run, payload: unknown): AnyEffect => {
  const all = step(run, payload)
  return isFound(run) ? listed(run, all) : all
}
