/**
 * What the parts of the engine know of each other: a compiled workflow, and a run of it as its work, its policies and its
 * hooks see it. Types only, so that none of the parts has to import another for its shape.
 */
import type { Cause, Duration, Effect, Exit } from "effect"
import type { CompensationFailed } from "../Errors.ts"
import type { Caller, Waiting } from "../Event.ts"
import type { Graph } from "../graph/Graph.ts"
import type { AnyEffect, Callee, Compensation, CompletedSteps } from "../handler/Spec.ts"
import type { Strategy } from "../Join.ts"
import type { AnyStore } from "../store/Store.ts"
import type { Mailbox, Received } from "./run/mailbox.ts"
import type { Limit } from "./time.ts"

/** A transition as the engine sees it: plain data. */
export interface Transition {
  readonly _tag: string
  readonly payload: unknown
  /** How long after its state has ended, or when, it takes effect. */
  readonly after?: Limit
}

/** Does the work of a state: gives a transition, an Effect of one, or a generator that returns one. */
export type Perform = (visit: Visit) => unknown

/** What a handler receives as `to`. */
export type Targets = Readonly<Record<string, (payload: unknown) => Transition>>

/** A compensation, and which step of which state it undoes: the one that goes to a target, or else one of its branches. */
export interface Undo {
  readonly state: string
  readonly target: string | undefined
  readonly compensation: Compensation
}

/** What undoes each target of a state, by its name. */
export type Undos = ReadonlyMap<string, Undo>

/** A branch that has succeeded, as its compensation is told of it. */
export interface CompletedBranch {
  readonly name: string | number
  /** What it produced. */
  readonly value: unknown
  /** The payload of the state. */
  readonly payload: unknown
  /** The item of a forEach, with its index. */
  readonly label: object
}

/** Where a state may go. */
export interface Edge {
  readonly node: Node
  /** What undoes the step, where the loop registers it; where functions of the handler do, `undefined`. */
  readonly undo: Undo | undefined
}

/** A place, linked to the places that may follow it. */
export interface Node {
  readonly name: string
  /** The work with its policies. */
  readonly perform: Perform
  /** The same in a run with hooks, which are told of every attempt, also where no policy counts it. */
  readonly watched: Perform
  /** Where it may go; `undefined` for an exit. */
  readonly edges: ReadonlyMap<string, Edge> | undefined
  readonly to: Targets
  /** Whether the run undoes what it has completed when it ends here. */
  readonly rollsBack: boolean
}

/** A compiled workflow. */
export interface Machine {
  readonly graph: Graph
  readonly nodes: ReadonlyMap<string, Node>
  /** Whether its runs may have something to undo. */
  readonly compensates: boolean
  /** Says which failures are rolled back. */
  readonly shouldRollBack: (cause: Cause.Cause<unknown>) => boolean
  /** The runs in progress that are found by their id. */
  readonly runs: Map<string, Run>
}

/**
 * A stretch of a visit whose result may be thrown away as a whole: an attempt, what a timeout bounds, what a guard starts.
 * What was completed within it is undone then.
 */
export interface Frame {
  /** The stretch that it is part of. */
  readonly outer: Frame | undefined
  /** How many steps the run had completed when the outermost began. */
  readonly from: number
}

/** One visit of a state: the context that its functions are given. */
export interface Visit {
  readonly run: Run
  readonly node: Node
  readonly payload: unknown
  readonly attempt: number
  readonly frame: Frame | undefined
  /** The context of the next attempt; the first one has this. */
  nextAttempt(): Visit
  /** The same visit within a frame. */
  within(frame: Frame): Visit
}

/** What a run has completed and may have to undo. */
export interface Steps extends CompletedSteps {
  /** Registers a step: what undoes it, and the payload of its target or its branch. */
  complete(undo: Undo, produced: unknown, frame: Frame | undefined): void
  /** Registers all steps of a run that this one has called. */
  adopt(callee: Callee, steps: CompletedSteps, frame: Frame | undefined): void
  /** Keeps what a run that this one has called could not undo when it was interrupted: no failure of it goes on. */
  keep(failure: CompensationFailed): void
}

/** A run in progress. */
export interface Run {
  readonly machine: Machine
  readonly id: string
  readonly workflow: string
  /** The name of the place the run is at. */
  readonly state: string
  /** How often the work of the state has begun, where policies count it. */
  attempt: number
  readonly hooks: Hooks | undefined
  readonly givenInput: unknown
  readonly store: AnyStore
  readonly mailbox: Mailbox
  readonly steps: Steps
  readonly compensationTimeout: Duration.Duration | undefined
  /** Takes the oldest signal of one of these names, within a frame. */
  takeSignal(names: ReadonlySet<string>, frame: Frame | undefined): Received | undefined
  /** Begins a stretch of the present visit. */
  frame(outer: Frame | undefined): Frame
  /**
   * Throws the result of a frame away, but for that of another frame within it: what was completed is undone, and the
   * signals that were taken are put back. `undefined` when there is nothing to wait for.
   */
  throwAway(frame: Frame, cause: Cause.Cause<unknown>, kept?: Frame): Effect.Effect<void> | undefined
}

/** What a run waits for, and until when. */
export interface Park extends Pick<Waiting<string>, "for" | "signals" | "cause"> {
  /** How long it waits at most. */
  readonly limit?: Duration.Duration
}

/** What a strategy has decided. */
export interface Decided {
  readonly strategy: Strategy["_tag"]
  readonly proceeds: boolean
  readonly successes: number
  readonly failures: number
  readonly interrupted: number
}

/** A step that is undone. */
export interface Undone {
  readonly workflow: string
  readonly state: string
  readonly target?: string
  readonly branch?: string | number
  readonly payload: unknown
}

/**
 * What takes part in a run at each of its moments. A run in which nobody does has none, and goes from state to state
 * without asking again.
 */
export interface Hooks {
  /** Around the whole of a run. */
  run(run: AnyEffect, input: unknown, caller: Caller | undefined): AnyEffect
  /** A state is entered. */
  entered(payload: unknown): void
  /** Around a visit, until it has chosen its transition and released what it acquired. */
  visit(visit: AnyEffect): AnyEffect
  /** The visit has ended with a transition. */
  left(transition: Transition): void
  /** Around an attempt. */
  attempt(attempt: AnyEffect): AnyEffect
  /** Around what a retry runs again and again. */
  retries(attempts: AnyEffect, retry: (attempts: AnyEffect) => AnyEffect): AnyEffect
  /** A branch begins; gives when. */
  branchStarted(attempt: number, branch: string | number): number
  /** Around a branch. One that is finished already may stay so. */
  branch(branch: string | number, begin: () => AnyEffect): AnyEffect
  branchEnded(attempt: number, branch: string | number, began: number, exit: Exit.Exit<unknown, unknown>): void
  /** A strategy has decided; `began` is when the first branch did, if there was any. */
  joined(attempt: number, began: number | undefined, decided: Decided): void
  /** Around a compensation. */
  compensation(step: Undone, compensation: AnyEffect): AnyEffect
  /** The run was sent a signal. */
  signalled(signal: string, payload: unknown): void
  /** The run waits; no time at all is no wait. */
  parked(park: Park, attempt?: number): void
}
