/**
 * A compiled workflow: linked nodes, in which what is the same for every run is worked out.
 */
import type { Graph } from "../graph/Graph.ts"
import type { AnyFunction } from "../types/Result.ts"
import type { Visit } from "./Run.ts"

/** A transition as the engine sees it: plain data. */
export interface Transition {
  readonly _tag: string
  readonly payload: unknown
}

/** Does the work of a state: gives a transition, an Effect of one, or a generator that returns one. */
export type Perform = (visit: Visit) => unknown

/** A place, linked to the places that may follow it. */
export interface Node {
  readonly name: string
  readonly perform: Perform
  /** The permitted targets; `undefined` for an exit. */
  readonly targets: ReadonlyMap<string, Node> | undefined
  /** What a handler receives as `to`. */
  readonly to: Readonly<Record<string, (payload: unknown) => Transition>>
}

/** A compiled workflow. */
export interface Machine {
  readonly graph: Graph
  readonly nodes: ReadonlyMap<string, Node>
}

/** A function of the user, to be called with a visit: what the types of its context promise, a visit has. */
export const performing = (f: AnyFunction): Perform => f as Perform
