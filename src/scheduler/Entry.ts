/**
 * An entry of a scheduler: which workflow runs, when, with what input, and under which guards.
 */
import { type Cause, type DateTime, type Duration, Predicate, Result, Schedule } from "effect"
import type { IsEqual } from "type-fest"
import type { RunTimeout } from "../Errors.ts"
import { countProblems, durationProblems } from "../graph/problems.ts"
import type { AtLeastOne } from "../types/Literal.ts"
import type { AnyDefinition, Failure, Input } from "../types/Table.ts"
import type { CheckedInput, InputValue } from "../types/Value.ts"
import { type Trigger, timetable } from "./Trigger.ts"

/** What the input of a run can be made of. */
export interface Tick {
  /** When the run was due, in the time zone of the cron text, or UTC: not when it could begin. */
  readonly time: DateTime.DateTime
  /** The id of the run. */
  readonly id: string
}

/**
 * What happens when a run is due while another one of the entry is in progress, or waits: `"skip"` lets it go,
 * `"queue"` keeps it for later (at most 16 of them, or as many as `{ queue: n }` says), `"cancel"` interrupts the run
 * in progress and starts as soon as its finalizers have run.
 */
export type Overlap<Queue extends number> = "skip" | "queue" | "cancel" | { readonly queue: AtLeastOne<"queue", Queue> }

/** The guards of an entry. */
export interface EntryOptions<D extends AnyDefinition, Trip extends number, Queue extends number> {
  /** What happens when a run is due while another one is in progress; `"skip"` unless given. */
  readonly overlap?: Overlap<Queue>
  /**
   * How long after a failure the next run may start: one step of the schedule for each failure in a row, from its
   * beginning after a success. When the schedule ends, its last delay stays.
   */
  readonly backoff?: Schedule.Schedule<unknown, Cause.Cause<Failure<D> | RunTimeout>>
  /**
   * After how many failures in a row the entry stops until it is reset: a whole number of at least 1; never unless
   * given.
   */
  readonly trip?: AtLeastOne<"trip", Trip>
  /** How long a run may take; it is interrupted, rolled back, and fails with `RunTimeout` then. No limit unless given. */
  readonly timeout?: Duration.Input
  /** How long the rollback of a run may take. No limit unless given. */
  readonly compensationTimeout?: Duration.Input
}

/** The input of every run: a value, or a function of the tick. */
export interface InputOptions<Input, Given = unknown> {
  /**
   * The input of every run: a value, or a function of the tick. When the function throws, the run has failed with that
   * defect.
   */
  readonly input: InputValue<Input> | ((tick: Tick) => CheckedInput<"the input of an entry", Input, Given>)
}

/** The last argument of an entry: a workflow whose start has no payload takes no input. */
export type EntryArguments<D extends AnyDefinition, Trip extends number, Queue extends number, Given = unknown> =
  IsEqual<Input<D>, void> extends true
    ? readonly [options?: EntryOptions<D, Trip, Queue>]
    : readonly [options: EntryOptions<D, Trip, Queue> & InputOptions<Input<D>, Given>]

/** An entry of a scheduler, which runs the workflow of a definition. */
export interface Entry<out D extends AnyDefinition> {
  /** The definition of the workflow. */
  readonly definition: D
  /** What starts its runs. */
  readonly trigger: Trigger
}

/** The entries of a scheduler by id. */
export type EntryRecord = Readonly<Record<string, Entry<AnyDefinition>>>

/** The options of an entry, as far as they are known at run time. */
export interface Guards {
  readonly input?: unknown
  readonly overlap?: Overlap<number>
  readonly backoff?: Schedule.Schedule<unknown, Cause.Cause<unknown>>
  readonly trip?: number
  readonly timeout?: Duration.Input
  readonly compensationTimeout?: Duration.Input
}

/** What the value of an entry holds. */
export interface EntryValue extends Entry<AnyDefinition> {
  readonly options: Guards
}

/** How many runs wait under `"queue"` unless said otherwise. */
const defaultQueue = 16

/**
 * An entry for `Scheduler.define`: runs the workflow of a definition, through its Layer, whenever the trigger says so.
 *
 * ```ts
 * import { DateTime, Schedule, Schema } from "effect"
 * import { Scheduler, Workflow } from "sluice"
 *
 * class Report extends Workflow.define("Report")
 *   .state("Write", Schema.Struct({ day: Schema.String }), ["Sent"])
 *   .exit("Sent", Schema.Void)
 *   .start("Write") {}
 *
 * const report = Scheduler.entry(Report, Scheduler.cron("0 2 * * *", "Europe/Berlin"), {
 *   input: ({ time }) => ({ day: DateTime.formatIsoDate(time) }),
 *   backoff: Schedule.exponential("1 minute"),
 *   trip: 5
 * })
 * ```
 */
export const entry = <
  D extends AnyDefinition,
  Given,
  const Trip extends number = number,
  const Queue extends number = number
>(
  definition: D,
  trigger: Trigger,
  ...[options]: EntryArguments<D, Trip, Queue, Given>
): Entry<D> => {
  const value: Entry<D> & { readonly options: unknown } = { definition, trigger, options: options ?? {} }
  return value
}

/** How many runs may wait behind one in progress. */
export const queueOf = (overlap: Overlap<number>): number =>
  typeof overlap === "object" ? (overlap.queue as number) : defaultQueue

/** Every problem of an entry. */
export const entryProblems = (id: string, entry: EntryValue): ReadonlyArray<string> => {
  if (!Predicate.hasProperty(entry, "definition") || !Predicate.hasProperty(entry, "options")) {
    return [`entry '${id}' is not made by Scheduler.entry`]
  }
  const { definition, options, trigger } = entry
  const { backoff, compensationTimeout, overlap = "skip", timeout, trip } = options
  return [
    ...(Predicate.hasProperty(definition, "graph") ? [] : ["what it runs is not a definition of a workflow"]),
    ...Result.match(timetable(trigger, 0), { onSuccess: () => [], onFailure: (problems) => problems }),
    ...overlapProblems(overlap),
    ...(backoff === undefined || Schedule.isSchedule(backoff) ? [] : ["its backoff is not a Schedule"]),
    ...(trip === undefined ? [] : countProblems("trip", trip, 1)),
    ...(timeout === undefined ? [] : durationProblems("timeout", timeout)),
    ...(compensationTimeout === undefined ? [] : durationProblems("compensationTimeout", compensationTimeout))
  ].map((problem) => `entry '${id}': ${problem}`)
}

const overlapProblems = (overlap: Overlap<number>): ReadonlyArray<string> => {
  if (Predicate.hasProperty(overlap, "queue")) return countProblems("queue", overlap.queue, 1)
  return ["skip", "queue", "cancel"].includes(overlap as string)
    ? []
    : [`its overlap must be 'skip', 'queue' or 'cancel', not ${String(overlap)}`]
}
