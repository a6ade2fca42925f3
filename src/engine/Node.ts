/**
 * A compiled workflow: linked nodes, in which what is the same for every run is worked out.
 */
import type { Cause } from "effect"
import type { Graph } from "../graph/Graph.ts"
import type { AnyFunction } from "../types/Result.ts"
import type { Run } from "./Run.ts"
import type { Undo } from "./rollback.ts"
import type { Limit } from "./time.ts"
import type { Visit } from "./Visit.ts"

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

/** What undoes each target of a state, by its name. */
export type Undos = ReadonlyMap<string, Undo>

/** A place, linked to the places that may follow it. */
export interface Node {
  readonly name: string
  readonly perform: Perform
  /** As `perform`, in a run that somebody watches: with every attempt told, and what undoes it remembered. */
  readonly watched: Perform
  /** The permitted targets; `undefined` for an exit. */
  readonly targets: ReadonlyMap<string, Node> | undefined
  readonly to: Targets
  /** What undoes the target that is chosen; `undefined` also where the work remembers that itself. */
  readonly undos: Undos | undefined
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
  /** The runs in progress by id; only of a workflow with signals. */
  readonly runs: Map<string, Run> | undefined
}

/** A function of the user, to be called with a visit: what the types of its context promise, a visit has. */
export const performing = (f: AnyFunction): Perform => f as Perform
