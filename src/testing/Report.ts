/**
 * What a run did under test, read from its events.
 */
import { type Duration, Exit } from "effect"
import type { Compensating, RunEvent } from "../Event.ts"
import type { AnyDefinition, ExitName, Outcome, StateName } from "../types/Table.ts"

/** What a run of the definition `D`, which can fail with `E`, did under test. */
export interface Report<D extends AnyDefinition, out E> {
  readonly workflow: string
  readonly runId: string
  /** The states that were entered, in their order, and the exit that was reached. */
  readonly path: ReadonlyArray<StateName<D> | ExitName<D>>
  /** How the run ended; `undefined` when it has not, as `stuck` says. */
  readonly exit: Exit.Exit<Outcome<D>, E> | undefined
  /** The transition to the exit, if one was reached. */
  readonly outcome: Outcome<D> | undefined
  /** Where a run that has not ended was, and why it would not go on; `undefined` when it has ended. */
  readonly stuck: Stuck<StateName<D>> | undefined
  /** How long the run took, in virtual time. */
  readonly duration: Duration.Duration
  /** What happened in the run. */
  readonly events: ReadonlyArray<RunEvent<StateName<D>, ExitName<D>>>
  /** What happened in the runs below it: of the workflows that it called. */
  readonly calls: ReadonlyArray<RunEvent>
  /** The compensations that were run, in their order, those of called workflows among them. */
  readonly compensations: ReadonlyArray<Compensation>
}

/** Why a run has not ended. */
export interface Stuck<out State extends string> {
  /**
   * Whether nothing is left that could wake it, it makes transitions for ever without waiting, or the limit of virtual time
   * was reached.
   */
  readonly reason: "hangs" | "loops" | "limit"
  /** The state it was at. */
  readonly state: State
  /** What it was waiting for, in words. */
  readonly detail: string
}

/** A compensation that was run. */
export interface Compensation {
  readonly workflow: string
  readonly state: string
  /** The target the state had gone to; not for a branch. */
  readonly target?: string
  /** The name of the branch, or the index of its item. */
  readonly branch?: string | number
  /** What the step had produced. */
  readonly payload: unknown
  /** How it ended; `undefined` when it has not. */
  readonly exit: Exit.Exit<void, unknown> | undefined
}

/** The states that were entered, and the exit that was reached. */
export const pathOf = (events: ReadonlyArray<RunEvent>): ReadonlyArray<string> =>
  events
    .filter(({ _tag }) => _tag === "StateEntered" || _tag === "RunFinished")
    .filter((event) => event._tag !== "RunFinished" || Exit.isSuccess(event.exit))
    .map(({ state }) => state)

/** The compensations that were run. */
export const compensationsOf = (events: ReadonlyArray<RunEvent>): ReadonlyArray<Compensation> =>
  events.flatMap((event, index) => {
    if (event._tag !== "Compensating") return []
    const { branch, payload, state, target, workflow } = event
    const what = { ...(target === undefined ? {} : { target }), ...(branch === undefined ? {} : { branch }) }
    return [{ workflow, state, ...what, payload, exit: endingOf(event, events.slice(index)) }]
  })

/** A run undoes one step after another. */
const endingOf = ({ runId }: Compensating<string>, later: ReadonlyArray<RunEvent>) => {
  for (const event of later) {
    if (event.runId !== runId) continue
    if (event._tag === "Compensated") return Exit.void
    if (event._tag === "CompensationFailed") return Exit.failCause(event.cause)
  }
  return undefined
}
