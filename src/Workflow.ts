/**
 * Typed workflows: a definition, its handlers, and the workflow they make.
 */

import type { InMemory } from "./types/Place.ts"
import type { Workflow } from "./workflow/Implementation.ts"

export { type Builder, type Definition, define, type ExitOptions } from "./definition/Definition.ts"
export type { RunEvent } from "./Event.ts"
export { type FailureContext, failureContext } from "./engine/run/failure.ts"
export type {
  BranchCompensationContext,
  BranchContext,
  CallContext,
  CatchContext,
  CompensationContext,
  Context,
  ItemCompensationContext,
  ItemContext,
  JoinContext,
  Pending,
  PollContext,
  RunInfo,
  SignalContext
} from "./handler/Context.ts"
export { type Cell, cell, type Store } from "./store/Store.ts"
export type { Exit, Fallback, InMemory, Signal, State } from "./types/Place.ts"
export type {
  AnyDefinition,
  EntryName,
  ExitName,
  Input,
  Outcome,
  Payload,
  SignalName,
  SignalPayload,
  StateName,
  TargetName
} from "./types/Table.ts"
export type { Targets, To, Transition, Transitions } from "./types/Transition.ts"
export type { RunOptions, Step, StepOptions, Workflow, WorkflowOptions } from "./workflow/Implementation.ts"
export type { RunHandle } from "./workflow/RunHandle.ts"

/** The errors that a workflow's runs can fail with. */
export type Error<W> = W extends Workflow<infer _D, infer E, infer _R> ? E : never

/** The services that a workflow's runs need. */
export type Services<W> = W extends Workflow<infer _D, infer _E, infer R> ? R : never

/**
 * A payload that exists only in memory: any type, no schema. It cannot be decoded, nor stored.
 *
 * ```ts
 * import { Workflow } from "sluice"
 *
 * class Upload extends Workflow.define("Upload")
 *   .state("Send", Workflow.type<ReadableStream<Uint8Array>>(), ["Done"])
 *   .exit("Done", Workflow.type<{ readonly bytes: number }>())
 *   .start("Send") {}
 * ```
 */
export const type = <T>(): InMemory<T> => ({ _tag: "InMemory" }) as InMemory<T>
