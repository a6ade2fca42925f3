/**
 * What a scheduler says of its entries and their runs.
 */
import type { DateTime, Effect, Exit, Option } from "effect"
import type { RunTimeout } from "../Errors.ts"
import type { AnyDefinition, Failure, Outcome } from "../types/Table.ts"

/** A run in progress. */
export interface RunInProgress {
  /** `<scheduler>/<entry>/<when it was due>` for a run that a tick started, else `<scheduler>/<entry>/<a UUID>`. */
  readonly id: string
  /** When the run was due, in the time zone of the cron text, or UTC. */
  readonly scheduled: DateTime.DateTime
  /** When it began. */
  readonly started: DateTime.Utc
}

/** A run that has ended. */
export interface CompletedRun<out D extends AnyDefinition> extends RunInProgress {
  /** When it had ended, its finalizers included. */
  readonly ended: DateTime.Utc
  /** How it ended. */
  readonly exit: Exit.Exit<Outcome<D>, Failure<D> | RunTimeout>
}

/** The state of an entry. */
export interface Status<out Id extends string, out D extends AnyDefinition> {
  /** The id of the entry. */
  readonly id: Id
  /** The name of the workflow. */
  readonly workflow: string
  /** Whether ticks are ignored until `resume`. */
  readonly paused: boolean
  /** Whether the entry has stopped after too many failures in a row, until `reset`. */
  readonly tripped: boolean
  /** The next tick; none for a manual entry, and while the entry is paused, tripped or stopped. */
  readonly next: Option.Option<DateTime.DateTime>
  /** The run in progress. */
  readonly running: Option.Option<RunInProgress>
  /** How many runs are due and have not begun. */
  readonly waiting: number
  /** Before when no tick starts a run, because of failures. */
  readonly backoffUntil: Option.Option<DateTime.Utc>
  /** How many runs in a row have failed. */
  readonly failures: number
  /**
   * How many ticks started no run although the entry was neither paused, tripped nor stopped: the overlap policy let
   * them go, a later one was due by the time the machine woke up, or they waited when that ended.
   */
  readonly missed: number
  /** The last run that ended. */
  readonly last: Option.Option<CompletedRun<D>>
}

/** Options of a trigger. */
export interface TriggerOptions<Input> {
  /** The input of this run; that of the entry unless given. */
  readonly input?: Input
}

/** A run that `trigger` asked for. */
export interface TriggeredRun<out D extends AnyDefinition> {
  /** The id that the run has, or will have. */
  readonly id: string
  /** Waits for the end of the run. A run that is dropped before it began ends interrupted. */
  readonly await: Effect.Effect<Exit.Exit<Outcome<D>, Failure<D> | RunTimeout>>
}
