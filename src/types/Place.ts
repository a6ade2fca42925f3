/**
 * The table of a definition as types: one `State` or `Exit` a place, accumulated by the builder as a plain union.
 */
import type { Schema } from "effect"
import type { Unchecked } from "./Problem.ts"

/** A payload that exists only in memory: it has a type and no schema, so it cannot be decoded or stored. */
export interface InMemory<out T> {
  readonly _tag: "InMemory"
  readonly Type: T
}

/** What the builder takes as a payload: a schema, or `Workflow.type<T>()`. Of one that has been refused, no type is known. */
export type PayloadSchema = Schema.Constraint | InMemory<Unchecked>

/** Any kind of place, as far as the type level looks into it. */
export interface Place {
  readonly kind: "state" | "exit" | "fallback"
  readonly name: string
  readonly payload: { readonly Type: unknown }
  readonly targets: string
}

/** A state: its name, its payload and the places its handler may go to. */
export interface State<out Name extends string, out Payload, out Targets extends string> {
  readonly kind: "state"
  readonly name: Name
  readonly payload: Payload
  readonly targets: Targets
}

/** An exit: a place that ends the run with its payload as the result. */
export interface Exit<out Name extends string, out Payload> {
  readonly kind: "exit"
  readonly name: Name
  readonly payload: Payload
  readonly targets: never
}

/** Where any state may go when it fails: a place of its own, named `*`, that no run is ever at. */
export interface Fallback<out Targets extends string> {
  readonly kind: "fallback"
  readonly name: "*"
  readonly payload: InMemory<unknown>
  readonly targets: Targets
}

/** A signal: its name and its payload. */
export interface Signal<out Name extends string, out Payload> {
  readonly name: Name
  readonly payload: Payload
}

/** Any signal, as far as the type level looks into it. */
export type AnySignal = Signal<string, { readonly Type: unknown }>
