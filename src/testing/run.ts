/**
 * Running a workflow under virtual time, with stand-ins for what its states do.
 */
import type { DateTime, Duration, Effect } from "effect"
import type { IsEqual } from "type-fest"
import type { OnePlace } from "../types/OneName.ts"
import type { Problem } from "../types/Problem.ts"
import type { CheckedStubs, StubServices, Stubs } from "../types/Stubs.ts"
import type {
  AnyDefinition,
  EntryName,
  Input,
  Payload,
  SignalName,
  SignalPayload,
  WorkflowName
} from "../types/Table.ts"
import type { RunTimeoutOf, TimeLimit, Workflow, RunOptions as WorkflowRunOptions } from "../workflow/Implementation.ts"
import type { Report } from "./Report.ts"
import { reportOf } from "./TestRun.ts"

/** Options of a run under test. */
export interface RunOptions<D extends AnyDefinition, E, S, T extends TimeLimit> extends WorkflowRunOptions<T> {
  /**
   * What stands in for the work of states, by their names: a function of the state's context, which makes the transition,
   * an Effect that never succeeds, or what `stub`, `branches` and `items` make. The other states do their own work.
   */
  readonly stubs?: (S & CheckedStubs<D, E, S>) | undefined
  /** The signals that the run is sent, each so long after its start. */
  readonly signals?: TimedSignals<D> | undefined
  /** How long after its start the run is interrupted; not at all unless given. */
  readonly interruptAt?: Duration.Input | undefined
  /** How much virtual time the run has, 30 days unless given. */
  readonly limit?: Duration.Input | undefined
  /** When the run starts, the beginning of 1970 unless given. */
  readonly startTime?: DateTime.DateTime.Input | undefined
  /**
   * How long, in real time, a run that has nothing due is waited for before it counts as hanging. Unless given, that is a
   * second while something of the workflow's own is in progress, and next to nothing while it waits for signals and
   * stand-ins only.
   */
  readonly patience?: Duration.Input | undefined
}

/** The signals that a run is sent, or a message where its definition declares none. */
export type TimedSignals<D extends AnyDefinition> = [SignalName<D>] extends [never]
  ? Problem<`'${WorkflowName<D>}' declares no signal`>
  : ReadonlyArray<TimedSignal<D>>

/** A signal that a run is sent: when, after its start, which one, and its payload unless it has none. */
export type TimedSignal<D extends AnyDefinition> = {
  readonly [S in SignalName<D>]: SignalAt<S, SignalPayload<D, S>>
}[SignalName<D>]

type SignalAt<S, P> =
  IsEqual<P, void> extends true
    ? { readonly at: Duration.Input; readonly signal: S; readonly payload?: undefined }
    : { readonly at: Duration.Input; readonly signal: S; readonly payload: P }

/**
 * Runs a workflow under a test clock of its own, and reports what it did. Time passes at once, from one thing that is due to
 * the next, until the run has ended or has used up its limit; one that hangs is reported, too.
 *
 * What stands in for states is typed by the workflow. Policies, compensations, and the states that nothing stands in for
 * are the workflow's own, with the services that they need. The failure of a run is part of the report.
 *
 * ```ts
 * import { Data, Effect, Schema } from "effect"
 * import { Workflow } from "sluice"
 * import * as Testing from "sluice/testing"
 *
 * class CardDeclined extends Data.TaggedError("CardDeclined") {}
 * declare const charge: (cents: number) => Effect.Effect<string, CardDeclined>
 *
 * class Purchase extends Workflow.define("Purchase")
 *   .signal("Approval", Schema.Struct({ by: Schema.String }))
 *   .state("Review", Schema.Int, ["Charge"])
 *   .state("Charge", Schema.Int, ["Paid"])
 *   .exit("Paid", Schema.String)
 *   .start("Review") {}
 *
 * const purchase = Purchase.implement({
 *   Review: Purchase.wait("Review", { Approval: ({ payload, to }) => to.Charge(payload) }),
 *   Charge: ({ payload, to }) => Effect.map(charge(payload), (receipt) => to.Paid(receipt))
 * })
 *
 * const program = Effect.gen(function* () {
 *   const report = yield* Testing.run(purchase, 1200, {
 *     stubs: { Charge: ({ to }) => to.Paid("r-1") },
 *     signals: [{ at: "1 hour", signal: "Approval", payload: { by: "Ada" } }]
 *   })
 *   Testing.assertReport(report, { path: ["Review", "Charge", "Paid"], outcome: { _tag: "Paid", payload: "r-1" } })
 * })
 * ```
 */
export const run = <D extends AnyDefinition, E, R, S extends Stubs<D>, const T extends TimeLimit = undefined>(
  workflow: Workflow<D, E, R>,
  input: Input<D>,
  options?: RunOptions<D, E, S, T>
): Effect.Effect<Report<D, E | RunTimeoutOf<T>>, never, R | StubServices<S>> =>
  typed(reportOf(workflow, options, (stubbed, settings) => stubbed.run(input as never, settings)))

/** As `run`, beginning at an entry with its payload. */
export const runFrom = <
  D extends AnyDefinition,
  E,
  R,
  const N extends EntryName<D>,
  S extends Stubs<D>,
  const T extends TimeLimit = undefined
>(
  workflow: Workflow<D, E, R>,
  entry: N,
  payload: Payload<D, N> & OnePlace<D, N>,
  input: Input<D>,
  options?: RunOptions<D, E, S, T>
): Effect.Effect<Report<D, E | RunTimeoutOf<T>>, never, R | StubServices<S>> =>
  typed(
    reportOf(workflow, options, (stubbed, settings) =>
      stubbed.runFrom(entry, payload as never, input as never, settings)
    )
  )

// What a run gives, fails with and needs is in the types of its workflow and of its stand-ins only.
const typed = <A, R>(report: Effect.Effect<unknown>) =>
  report as Effect.Effect<unknown, never, R> as Effect.Effect<A, never, R>
