/**
 * Names that come with a payload. One of a union of names is as good as a name where they take the same payload; where they
 * do not, a payload of one would do for another.
 */
import type { Problem } from "./Problem.ts"
import type { AnyDefinition, Payload, SignalPayload } from "./Table.ts"
import type { Fine } from "./Value.ts"

/** `unknown` for a place, a message for places that differ in their payloads. */
export type OnePlace<D extends AnyDefinition, N extends string> = OneName<
  N,
  Payload<D, N>,
  N extends string ? (payload: Payload<D, N>) => void : never
>

/** `unknown` for a signal, a message for signals that differ in their payloads. */
export type OneSignal<D extends AnyDefinition, S extends string> = OneName<
  S,
  SignalPayload<D, S>,
  S extends string ? (payload: SignalPayload<D, S>) => void : never
>

/** `unknown` for names whose payloads, `Any` of them, each of the functions `Takes` takes. */
export type OneName<Names, Any, Takes> = [Fine<Differing<Any, Takes>>] extends [never]
  ? Problem<readonly ["the payloads of these differ: give one of the names", Names]>
  : unknown

// What every function of a union takes is the intersection of what they take.
type Differing<Any, Takes> = [Takes] extends [(payload: Any) => void] ? never : "differing"
