/**
 * Reading a definition at the type level. `typeof AdExchange` stands for the whole table, so that hovers, errors and
 * declarations name it in two words.
 */
import type { IsEqual, IsUnion } from "type-fest"
import type { Place } from "./Place.ts"
import type { Problem } from "./Problem.ts"

/** The key under which a definition carries its types. No value has it. */
export declare const DefinitionTypes: unique symbol

/** What a definition carries. */
export interface Table {
  readonly name: string
  readonly places: Record<string, Place>
  readonly states: string
  readonly exits: string
  readonly start: string
  readonly entries: string
  readonly cells: object
  readonly failure: unknown
  readonly signals: Record<string, { readonly Type: unknown }>
  readonly signalNames: string
}

/** Any definition made by `.start()`. */
export interface AnyDefinition {
  new (_: never): object
  readonly [DefinitionTypes]: Table
}

type TableOf<D extends AnyDefinition> = D[typeof DefinitionTypes]

/** The name of the workflow. */
export type WorkflowName<D extends AnyDefinition> = TableOf<D>["name"]

/** The names of the states. */
export type StateName<D extends AnyDefinition> = TableOf<D>["states"]

/** The names of the exits. */
export type ExitName<D extends AnyDefinition> = TableOf<D>["exits"]

/** The states a run may be entered at, the start among them. */
export type EntryName<D extends AnyDefinition> = TableOf<D>["entries"]

/** The states that any state may go to when it fails. */
export type FallbackName<D extends AnyDefinition> = TargetName<D, "*">

/** The permitted targets of a state. */
export type TargetName<D extends AnyDefinition, N extends string> = TableOf<D>["places"][N]["targets"]

/** The schema of a place's payload. */
export type PayloadSchemaOf<D extends AnyDefinition, N extends string> = TableOf<D>["places"][N]["payload"]

/** The payload of a place. */
export type Payload<D extends AnyDefinition, N extends string> = PayloadSchemaOf<D, N>["Type"]

/** The payload of the start state, which every run is given. */
export type Input<D extends AnyDefinition> = Payload<D, TableOf<D>["start"]>

/** How a run ends: its last transition, a union over the exits. */
export type Outcome<D extends AnyDefinition> = {
  readonly [N in ExitName<D>]: { readonly _tag: N; readonly payload: Payload<D, N> }
}[ExitName<D>]

/** The names of the signals. */
export type SignalName<D extends AnyDefinition> = TableOf<D>["signalNames"]

/** The payload of a signal. */
export type SignalPayload<D extends AnyDefinition, S extends string> = TableOf<D>["signals"][S]["Type"]

/** `unknown` for a signal without a payload, which is sent by its name alone; a message for every other. */
export type WithoutPayload<D extends AnyDefinition, S extends SignalName<D>> =
  IsEqual<SignalPayload<D, S>, void> extends true
    ? unknown
    : SignalName<D> extends S
      ? NotSentAlone<S>
      : Problem<`the signal '${S}' has a payload: give it, too`>

// All names stand for one that is not known yet, as while it is written: an editor offers them.
type NotSentAlone<S extends string> =
  IsUnion<S> extends true ? unknown : Problem<`the signal '${S}' has a payload: give it, too`>

/** `unknown` for a signal with a payload, a message for every other. */
export type WithPayload<D extends AnyDefinition, S extends SignalName<D>> =
  IsEqual<SignalPayload<D, S>, void> extends true ? Problem<`the signal '${S}' has no payload`> : unknown

/** The cells of the store that the definition declares. */
export type Cells<D extends AnyDefinition> = TableOf<D>["cells"]

/** What a run behind the definition's Layer may fail with. */
export type Failure<D extends AnyDefinition> = TableOf<D>["failure"]

/** The identifier of the definition as a service. */
export type ServiceOf<D extends AnyDefinition> = D extends new (_: never) => infer Self ? Self : never
