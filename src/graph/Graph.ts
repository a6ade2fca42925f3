/**
 * A workflow as plain data: what can be drawn, checked and compared without running anything.
 */
import type { DateTime, Duration } from "effect"
import type { Strategy } from "../Join.ts"
import type { CellRecord } from "../store/Store.ts"
import type { PayloadSchema } from "../types/Place.ts"

/** The graph of a definition, or, with `work` on its states, of an implemented workflow. */
export interface Graph {
  readonly name: string
  readonly start: string
  /** The states a run may be entered at, the start first. */
  readonly entries: ReadonlyArray<string>
  readonly places: ReadonlyArray<GraphPlace>
  /** Where any state but these may go when it fails. */
  readonly fallback: ReadonlyArray<string>
  readonly signals: ReadonlyArray<GraphSignal>
  /** What stands around every handler; only in the graph of an implemented workflow. */
  readonly policies?: ReadonlyArray<GraphPolicy>
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
  /** Whether an exit rolls back. */
  readonly rollback?: boolean
  /** What the state does; only in the graph of an implemented workflow. */
  readonly work?: GraphWork
}

/** What a run can be sent from outside. */
export interface GraphSignal {
  readonly name: string
  readonly payload: PayloadSchema
}

/** What a state does, without the functions that do it. */
export interface GraphWork {
  readonly kind: "task" | "route" | "split" | "forEach" | "wait" | "poll" | "call"
  /** The names of a split's branches. */
  readonly branches?: ReadonlyArray<string>
  readonly concurrency?: number | "unbounded"
  readonly strategy?: Strategy
  /** The branches of a split that have a compensation; of a forEach, whether its items have one. */
  readonly compensated?: ReadonlyArray<string> | boolean
  /** The signals of a wait. */
  readonly signals?: ReadonlyArray<string>
  /** How long a wait lasts: a duration, a point in time, or `computed` from the context. */
  readonly limit?: Duration.Duration | DateTime.DateTime | "computed"
  /** How many failures in a row a poll bears. */
  readonly failures?: number
  /** The name of the workflow that is called. */
  readonly callee?: string
  /** The policies, innermost first. */
  readonly policies: ReadonlyArray<GraphPolicy>
}

/** A policy of a handler. A `catch` without tags takes every failure. */
export type GraphPolicy =
  | { readonly kind: "timeout"; readonly duration: Duration.Duration }
  | { readonly kind: "retry" }
  | { readonly kind: "guard" }
  | { readonly kind: "compensate"; readonly targets: ReadonlyArray<string> }
  | { readonly kind: "catch"; readonly tags?: ReadonlyArray<string> }
