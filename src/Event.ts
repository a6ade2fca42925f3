/**
 * What happens in a run, as data: the events of a run's handle.
 */
import type { Exit } from "effect"

interface Base {
  readonly workflow: string
  readonly runId: string
  /** Milliseconds since the epoch, by the clock of the run. */
  readonly time: number
}

/** A state was entered. */
export interface StateEntered<out State extends string> extends Base {
  readonly _tag: "StateEntered"
  readonly state: State
  readonly payload: unknown
}

/** A state has chosen the place to go to. */
export interface TransitionTaken<out State extends string> extends Base {
  readonly _tag: "TransitionTaken"
  readonly state: State
  readonly target: string
}

/** A branch began. `branch` is its name, or the index of its item. */
export interface BranchStarted<out State extends string> extends Base {
  readonly _tag: "BranchStarted"
  readonly state: State
  readonly branch: string | number
}

/** A branch succeeded. */
export interface BranchSucceeded<out State extends string> extends Base {
  readonly _tag: "BranchSucceeded"
  readonly state: State
  readonly branch: string | number
}

/** A branch failed or died. */
export interface BranchFailed<out State extends string> extends Base {
  readonly _tag: "BranchFailed"
  readonly state: State
  readonly branch: string | number
  readonly cause: unknown
}

/** A branch was interrupted: it lost, or its state was timed out or interrupted. Its finalizers have run. */
export interface BranchInterrupted<out State extends string> extends Base {
  readonly _tag: "BranchInterrupted"
  readonly state: State
  readonly branch: string | number
}

/** The run has ended. It is always the last event. */
export interface RunFinished extends Base {
  readonly _tag: "RunFinished"
  readonly exit: Exit.Exit<unknown, unknown>
}

/** Any event of a run whose states are `State`. */
export type RunEvent<State extends string> =
  | StateEntered<State>
  | TransitionTaken<State>
  | BranchStarted<State>
  | BranchSucceeded<State>
  | BranchFailed<State>
  | BranchInterrupted<State>
  | RunFinished
