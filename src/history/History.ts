/**
 * What is known of runs: the states they visited with attempts, branches and waits, what was undone, and who called whom.
 * What is missing has not happened yet, or was not kept.
 */
import type { Cause } from "effect"
import type { BranchStarted, Caller, Joined, Waiting } from "../Event.ts"

/** What is known of some runs. */
export interface History {
  /** The first moment that is known of. */
  readonly start: number
  /** The last one: what has not ended lasts until then at least. */
  readonly end: number
  /** The runs that none of the others calls. */
  readonly runs: ReadonlyArray<Run>
}

/** Something that began and, as far as is known, ended. */
export interface Stretch {
  start: number
  end?: number | undefined
  /** How it ended; nothing while it lasts, or when that is not known. */
  ending?: Ending
  cause?: Cause.Cause<unknown>
}

export type Ending = "succeeded" | "failed" | "interrupted"

/** A run. */
export interface Run extends Stretch {
  readonly workflow: string
  readonly runId: string
  readonly caller: Caller | undefined
  /** The state it began at; nothing when its first events are missing. */
  readonly entry: string | undefined
  /** The place it is at, or has ended at. */
  place: string
  /** The states it visited and the steps it undid, in their order. */
  readonly steps: Array<Visit | Undoing>
  /** The runs it called in visits that are not known. */
  readonly callees: Array<Run>
}

/** A visit of a state, until the transition it has chosen takes effect. */
export interface Visit extends Stretch {
  readonly kind: "visit"
  readonly state: string
  readonly attempts: Array<Attempt>
  readonly waits: Array<Wait>
  readonly signals: Array<Signal>
  readonly callees: Array<Run>
  /** The place it chose to go to. */
  target?: string
  undoing?: Undoing
}

/** One try of the work of a state. */
export interface Attempt extends Stretch {
  readonly number: number
  readonly branches: Map<BranchName, Branch>
  joined?: Joined<string>
}

/** The name of a branch of a split, or the index of an item of a forEach. */
export type BranchName = BranchStarted<string>["branch"]

/** A branch, or an item. */
export interface Branch extends Stretch {
  readonly name: BranchName
  undoing?: Undoing
}

/** A time in which a visit only waits. */
export interface Wait extends Stretch {
  readonly for: Waiting<string>["for"] | "retry"
  readonly signals: ReadonlyArray<string>
  /** When it ends at the latest. */
  readonly until: number | undefined
}

/** A step that is being undone, or was. */
export interface Undoing extends Stretch {
  readonly kind: "undoing"
  readonly state: string
  readonly target: string | undefined
  readonly branch: BranchName | undefined
}

/** A signal that the run was sent in a visit. */
export interface Signal {
  readonly time: number
  readonly name: string
}

/** The visits of a run. */
export const visitsOf = ({ steps }: Run): ReadonlyArray<Visit> => steps.filter((step) => step.kind === "visit")

/** The runs that a run called. */
export const calleesOf = (run: Run): ReadonlyArray<Run> =>
  visitsOf(run)
    .flatMap(({ callees }) => callees)
    .concat(run.callees)

/** What a branch is called; an item has only its index. */
export const nameBranch = ({ name }: Pick<Branch, "name">): string => (typeof name === "number" ? `item ${name}` : name)
