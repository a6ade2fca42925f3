/**
 * A workflow as plain data: what can be drawn, checked and compared without running anything.
 */
import type { Duration } from "effect"
import type { Strategy } from "../Join.ts"
import type { CellRecord } from "../Store.ts"
import type { PayloadSchema } from "../types/Place.ts"

/** The graph of a definition, or, with `work` on its states, of an implemented workflow. */
export interface Graph {
  readonly name: string
  readonly start: string
  /** The states a run may be entered at, the start first. */
  readonly entries: ReadonlyArray<string>
  readonly places: ReadonlyArray<GraphPlace>
  readonly cells: CellRecord
  /** The schema of the failures a run may end with behind its Layer. */
  readonly failure: PayloadSchema | undefined
}

/** A state or an exit. An exit has no targets. */
export interface GraphPlace {
  readonly kind: "state" | "exit"
  readonly name: string
  readonly payload: PayloadSchema
  readonly targets: ReadonlyArray<string>
  /** What the state does; only in the graph of an implemented workflow. */
  readonly work?: GraphWork
}

/** What a state does, without the functions that do it. */
export interface GraphWork {
  readonly kind: "task" | "route" | "split" | "forEach"
  /** The names of a split's branches. */
  readonly branches?: ReadonlyArray<string>
  readonly concurrency?: number | "unbounded"
  readonly strategy?: Strategy
  /** The policies, innermost first. */
  readonly policies: ReadonlyArray<GraphPolicy>
}

/** A policy of a handler. A `catch` without tags takes every failure. */
export type GraphPolicy =
  | { readonly kind: "timeout"; readonly duration: Duration.Duration }
  | { readonly kind: "retry" }
  | { readonly kind: "catch"; readonly tags?: ReadonlyArray<string> }
