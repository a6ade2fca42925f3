/**
 * A workflow with a chosen outcome under its definition, for those who call it.
 */
import type { Effect, Layer } from "effect"
import { ServiceKey, workflowLayer } from "../definition/Definition.ts"
import type { Graph, GraphPlace } from "../graph/Graph.ts"
import type { RunInfo } from "../handler/Context.ts"
import type { Spec } from "../handler/Spec.ts"
import type { CheckedCallee, OutcomeParts } from "../types/Stubs.ts"
import type { AnyDefinition, ExitName, Input, ServiceOf } from "../types/Table.ts"
import type { Targets } from "../types/Transition.ts"
import { assemble } from "../workflow/Implementation.ts"
import { asFunction } from "./stubs.ts"

/** What the function that stands in for a workflow is given. */
export interface CalleeContext<D extends AnyDefinition> {
  /** The input of the run. */
  readonly input: Input<D>
  /** The run. */
  readonly run: RunInfo
  /** The transitions to the exits: `to.Exit(payload)`. */
  readonly to: Targets<D, ExitName<D>>
}

/**
 * Provides a workflow without handlers, for those who call it: a function of its input goes to one of its exits, or fails
 * with what the definition declares by `.failure`; or an Effect that never succeeds. Its name in events is followed by
 * "(stand-in)".
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Workflow } from "sluice"
 * import * as Testing from "sluice/testing"
 *
 * class Payment extends Workflow.define("Payment")
 *   .state("Ask", Schema.Int, ["Paid", "Refused"])
 *   .exit("Paid", Schema.Struct({ receipt: Schema.String }))
 *   .exit("Refused", Schema.Void)
 *   .start("Ask") {}
 *
 * const program = Payment.run(12).pipe(
 *   Effect.provide(
 *     Testing.layer(Payment, ({ input, to }) => (input > 1000 ? to.Refused() : to.Paid({ receipt: "r-1" })))
 *   )
 * )
 * ```
 */
export const layer = <
  D extends AnyDefinition,
  S extends ((context: CalleeContext<D>) => unknown) | Effect.Effect<unknown, unknown, unknown>
>(
  definition: D & { readonly graph: Graph },
  outcome: S & CheckedCallee<D, S>
): Layer.Layer<ServiceOf<D>, never, Exclude<OutcomeParts<S>["services"], ServiceOf<D>>> => {
  const { entries, name, places, ...graph } = definition.graph
  const exits = places.filter(({ kind }) => kind === "exit")
  const targets = exits.map((exit) => exit.name)
  const states = places
    .filter((place) => entries.includes(place.name))
    .map((place): GraphPlace => ({ ...place, targets }))
  const spec: Spec = { work: { _tag: "task", run: asFunction(outcome) }, policies: [] }
  const workflow = assemble({
    definition: { ...graph, name: standInName(name), entries, places: [...states, ...exits], fallback: [] },
    specs: new Map(entries.map((entry) => [entry, spec])),
    shared: { policies: [], rollback: () => true }
  })
  // What has a graph is a definition, and made by the builder.
  const { [ServiceKey]: service } = definition as unknown as Provided
  // What the stand-in needs is in its type only.
  return workflowLayer(service, workflow) as Layer.Layer<ServiceOf<D>>
}

interface Provided {
  readonly [ServiceKey]: Parameters<typeof workflowLayer>[0]
}

const mark = " (stand-in)"

const standInName = (name: string): string => name + mark

/** Whether a workflow with a name is one that stands in for another. */
export const isStandIn = (name: string): boolean => name.endsWith(mark)
