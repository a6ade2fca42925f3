/**
 * Metrics of every run below a Layer, as Effect's own `Metric` has them: exported by whatever exports those.
 *
 * Labels are names of workflows, states, exits and strategies, and tags of errors, never ids or payloads.
 */
import { Cause, type Context, Effect, Exit, type Layer, Metric } from "effect"
import { match } from "ts-pattern"
import type { RunEvent } from "./Event.ts"
import type { Transition } from "./engine/model.ts"
import { attribute, errorTypeOf, isFailure } from "./engine/watch/attributes.ts"
import { observerLayer } from "./engine/watch/observers.ts"

const count = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

/**
 * Runs that have ended, by workflow and status: `completed` with the exit, `failed` or `died` with the type of the error, or
 * `interrupted`. A run that could not be undone has failed with `CompensationFailed`, whatever had ended it before.
 */
export const runs = count("workflow.runs", "Runs that have ended")

/** Runs in progress, by workflow. */
export const activeRuns = Metric.gauge("workflow.active_runs", { description: "Runs in progress" })

/** How long visits last until they have chosen a transition, in seconds, by workflow and state. */
export const stateDuration = Metric.histogram("workflow.state.duration", {
  description: "How long visits of a state last",
  attributes: { unit: "s" },
  boundaries: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600, 86_400]
})

/** Attempts, by workflow and state. */
export const attempts = count("workflow.attempts", "Attempts of states")

/** Attempts that a retry has made, by workflow and state. */
export const retries = count("workflow.retries", "Attempts that a retry has made")

/** Joins that were decided, by workflow, state, strategy and status (`proceeded`, `failed`). */
export const joins = count("workflow.joins", "Joins that were decided")

/** Compensations that have ended, by workflow, state and status (`completed`, `failed`). */
export const compensations = count("workflow.compensations", "Compensations that have ended")

/**
 * Counts and measures every run of everything below.
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { PrometheusMetrics } from "effect/observability"
 * import { Metrics, Workflow } from "sluice"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done"])
 *   .exit("Done", Schema.String)
 *   .start("Greet") {}
 *
 * const greeting = Greeting.implement({ Greet: ({ payload, to }) => to.Done(`Hello, ${payload}`) })
 *
 * const program = Effect.andThen(greeting.run("Ada"), PrometheusMetrics.format()).pipe(Effect.provide(Metrics.layer))
 * ```
 */
export const layer: Layer.Layer<never> = observerLayer(
  Effect.contextWith((context: Context.Context<never>) => Effect.succeed((event) => measure(event, context)))
)

const measure = (event: RunEvent, context: Context.Context<never>): void => {
  const add = <Input>(metric: Metric.Metric<Input, unknown>, input: Input, labels: Labels = {}) =>
    labelled(metric, event, labels).updateUnsafe(input, context)
  match(event)
    .with({ _tag: "RunStarted" }, () => active(event).modifyUnsafe(1, context))
    .with({ _tag: "RunFinished" }, ({ exit }) => {
      active(event).modifyUnsafe(-1, context)
      add(runs, 1, outcomeOf(exit))
    })
    .with({ _tag: "AttemptStarted" }, ({ state }) => add(attempts, 1, { [attribute.state]: state }))
    .with({ _tag: "Retried" }, ({ state }) => add(retries, 1, { [attribute.state]: state }))
    .with({ _tag: "TransitionTaken" }, ({ duration, state }) =>
      add(stateDuration, duration / 1000, { [attribute.state]: state })
    )
    .with({ _tag: "Joined" }, ({ proceeds, state, strategy }) =>
      add(joins, 1, {
        [attribute.state]: state,
        [attribute.strategy]: strategy,
        [attribute.status]: proceeds ? "proceeded" : "failed"
      })
    )
    .with({ _tag: "Compensated" }, { _tag: "CompensationFailed" }, ({ _tag, state }) =>
      add(compensations, 1, {
        [attribute.state]: state,
        [attribute.status]: _tag === "Compensated" ? "completed" : "failed"
      })
    )
    .otherwise(() => undefined)
}

type Labels = Readonly<Record<string, string>>

const labelled = <Input>(metric: Metric.Metric<Input, unknown>, { workflow }: RunEvent, labels: Labels) =>
  Metric.withAttributes(metric, { [attribute.workflow]: workflow, ...labels })

const active = (event: RunEvent) => labelled(activeRuns, event, {})

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Labels =>
  Exit.match(exit, {
    // The outcome of a run is the transition to an exit.
    onSuccess: (outcome) => ({ [attribute.status]: "completed", [attribute.exit]: (outcome as Transition)._tag }),
    onFailure: (cause) => {
      const errorType = errorTypeOf(cause)
      return {
        [attribute.status]: statusOf(cause),
        ...(errorType === undefined ? {} : { [attribute.errorType]: errorType })
      }
    }
  })

/** A failure counts more than a defect, and both more than an interruption, as everywhere in Effect. */
const statusOf = ({ reasons }: Cause.Cause<unknown>): string =>
  reasons.some(isFailure) ? "failed" : reasons.some(Cause.isDieReason) ? "died" : "interrupted"
