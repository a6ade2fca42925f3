/**
 * What happens in a run, as data. Every event is tagged, so that `Match` and ts-pattern take it apart.
 *
 * In which order the events of each kind of handler come is written down in `docs/events.md`.
 */
import type { Cause, Exit } from "effect"

/** Which run an event is of, when it happened, and in which place. */
interface Base<out State extends string> {
  readonly workflow: string
  readonly runId: string
  /** Milliseconds since the epoch, with a fraction, by the clock of the run. */
  readonly time: number
  /** The state the run is at; when it starts, the one it enters; when it finishes, the place it has ended at. */
  readonly state: State
}

interface InVisit<out State extends string> extends Base<State> {
  /** How often the work of the state has begun within this visit, from 1. */
  readonly attempt: number
}

interface Ended {
  /** How long it took, in milliseconds. */
  readonly duration: number
}

/** A run began. It is always the first event. */
export interface RunStarted<out State extends string> extends Base<State> {
  readonly _tag: "RunStarted"
  readonly input: unknown
  /** The run that calls this one, and the state that does. */
  readonly caller?: Caller
}

/** The state of another run that calls a run. */
export interface Caller {
  readonly workflow: string
  readonly runId: string
  readonly state: string
}

/** A state was entered. */
export interface StateEntered<out State extends string> extends Base<State> {
  readonly _tag: "StateEntered"
  readonly payload: unknown
}

/** The work of a state began: the first time, or once more. */
export interface AttemptStarted<out State extends string> extends InVisit<State> {
  readonly _tag: "AttemptStarted"
}

/** The work of a state failed or died. */
export interface AttemptFailed<out State extends string> extends InVisit<State>, Ended {
  readonly _tag: "AttemptFailed"
  readonly cause: Cause.Cause<unknown>
}

/** The work of a state was interrupted before it had ended, finalizers included: by a timeout, a guard, or with its run. */
export interface AttemptInterrupted<out State extends string> extends InVisit<State>, Ended {
  readonly _tag: "AttemptInterrupted"
}

/** A retry lets a state try again. `attempt` is the one that comes, `duration` how long the retry has waited. */
export interface Retried<out State extends string> extends InVisit<State>, Ended {
  readonly _tag: "Retried"
  /** What made it try again. */
  readonly cause: Cause.Cause<unknown>
}

/** A branch began. `branch` is its name, or the index of its item. */
export interface BranchStarted<out State extends string> extends InVisit<State> {
  readonly _tag: "BranchStarted"
  readonly branch: string | number
}

/** A branch succeeded. */
export interface BranchSucceeded<out State extends string> extends InVisit<State>, Ended {
  readonly _tag: "BranchSucceeded"
  readonly branch: string | number
}

/** A branch failed or died. */
export interface BranchFailed<out State extends string> extends InVisit<State>, Ended {
  readonly _tag: "BranchFailed"
  readonly branch: string | number
  readonly cause: Cause.Cause<unknown>
}

/** A branch was interrupted: it lost, or its state was timed out or interrupted. Its finalizers have run. */
export interface BranchInterrupted<out State extends string> extends InVisit<State>, Ended {
  readonly _tag: "BranchInterrupted"
  readonly branch: string | number
}

/** A strategy has decided, and every branch that had begun has ended. */
export interface Joined<out State extends string> extends InVisit<State>, Ended {
  readonly _tag: "Joined"
  readonly strategy:
    | "all"
    | "any"
    | "quorum"
    | "percentage"
    | "partialResults"
    | "tolerate"
    | "settled"
    | "partialTimeout"
  /** Whether the join goes on with the results; where it does not, the attempt fails. */
  readonly proceeds: boolean
  readonly successes: number
  readonly failures: number
  /** How many branches were interrupted or never began. */
  readonly interrupted: number
}

/** A state has chosen the place to go to. */
export interface TransitionTaken<out State extends string, out Target extends string> extends InVisit<State>, Ended {
  readonly _tag: "TransitionTaken"
  readonly target: Target
  readonly payload: unknown
}

/** A run waits: for signals, for a time, for the answer of a poll, or for a transition to take effect. */
export interface Waiting<out State extends string> extends InVisit<State> {
  readonly _tag: "Waiting"
  readonly for: "signal" | "time" | "answer" | "transition"
  /** The signals that are waited for. */
  readonly signals?: ReadonlyArray<string>
  /** When the wait ends at the latest, in milliseconds since the epoch. */
  readonly until?: number
  /** The failure for which a poll that bears it has no answer. */
  readonly cause?: Cause.Cause<unknown>
}

/** A run was sent a signal, which it takes now or later. */
export interface Signalled<out State extends string> extends Base<State> {
  readonly _tag: "Signalled"
  readonly signal: string
  readonly payload: unknown
}

/** What a step of a state did is being undone. */
export interface Compensating<out State extends string> extends Base<State> {
  readonly _tag: "Compensating"
  /** The target the state went to; not for a branch. */
  readonly target?: string
  /** The name of the branch, or the index of its item. */
  readonly branch?: string | number
  /** What the step produced: the payload of the target, or the value of the branch. */
  readonly payload: unknown
}

/** What a step did has been undone. */
export interface Compensated<out State extends string> extends Base<State>, Ended {
  readonly _tag: "Compensated"
  readonly target?: string
  readonly branch?: string | number
}

/** What a step did could not be undone. The rollback goes on with the others. */
export interface CompensationFailed<out State extends string> extends Base<State>, Ended {
  readonly _tag: "CompensationFailed"
  readonly target?: string
  readonly branch?: string | number
  readonly cause: Cause.Cause<unknown>
}

/** The run has ended. It is always the last event of a run, but that its caller may still undo its steps. */
export interface RunFinished<out State extends string> extends Base<State>, Ended {
  readonly _tag: "RunFinished"
  /** The transition to the exit, or why there is none. */
  readonly exit: Exit.Exit<unknown, unknown>
}

/** Any event of a run with the states `State` and the exits `Exits`. */
export type RunEvent<State extends string = string, Exits extends string = string> =
  | RunStarted<State>
  | StateEntered<State>
  | AttemptStarted<State>
  | AttemptFailed<State>
  | AttemptInterrupted<State>
  | Retried<State>
  | BranchStarted<State>
  | BranchSucceeded<State>
  | BranchFailed<State>
  | BranchInterrupted<State>
  | Joined<State>
  | TransitionTaken<State, State | Exits>
  | Waiting<State>
  | Signalled<State | Exits>
  | Compensating<State>
  | Compensated<State>
  | CompensationFailed<State>
  | RunFinished<State | Exits>
