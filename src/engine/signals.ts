/**
 * Signals: what a run is sent from outside, kept until a state waits for it.
 */
import { Effect } from "effect"
import { RunNotFound, WorkflowDefinitionError } from "../Errors.ts"
import type { Machine } from "./Node.ts"
import type { Run } from "./Run.ts"

/** A signal that has come. */
export interface Received {
  readonly name: string
  readonly payload: unknown
}

/** The signals of one run that no state has taken yet, the oldest first. */
export class Mailbox {
  private readonly kept: Array<Received> = []
  private arrived: (() => void) | undefined

  put(signal: Received): void {
    this.kept.push(signal)
    this.arrived?.()
  }

  /** Takes the oldest signal of one of these names. */
  take(names: ReadonlySet<string>): Received | undefined {
    const index = this.kept.findIndex((signal) => names.has(signal.name))
    return index < 0 ? undefined : this.kept.splice(index, 1)[0]
  }

  /** Waits until there is a signal of one of these names, and leaves it there. One state waits at a time. */
  await(names: ReadonlySet<string>): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const check = () => {
        if (this.kept.some((signal) => names.has(signal.name))) resume(Effect.void)
      }
      this.arrived = check
      check()
      return Effect.sync(() => {
        if (this.arrived === check) this.arrived = undefined
      })
    })
  }
}

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
    run.mailbox.put({ name, payload })
  })
