/** What is told of runs: collected as it happens, and as text. */
import { Cause, type Context, Effect, Exit, Layer, Predicate, type Scope } from "effect"
import type { Workflow } from "sluice"
import { match, P } from "ts-pattern"
import { observerLayer } from "../../src/engine/watch/observers.ts"
import { settle } from "./runs.ts"

type Event = Workflow.RunEvent

/** Tells a list every event of the runs below, in the moment it happens. */
export const collecting = (events: Array<Event>): Layer.Layer<never> =>
  observerLayer(
    Effect.succeed((event) => {
      events.push(event)
    })
  )

/** As `collecting`, made already: a run in its context need not make it first. */
export const collectingIn = (events: Array<Event>): Effect.Effect<Context.Context<never>, never, Scope.Scope> =>
  Layer.build(collecting(events))

/** What is told while an Effect runs to its end, which comes within an hour. */
export const eventsOf = <A, E, R>(run: Effect.Effect<A, E, R>): Effect.Effect<ReadonlyArray<Event>, never, R> =>
  Effect.gen(function* () {
    const events: Array<Event> = []
    yield* settle(Effect.provide(run, collecting(events)))
    return events
  })

/** An event as the table of the documentation has it: its tag, and which attempt, branch or step it is of. */
export const step = (event: Event): string =>
  match(event)
    .with({ _tag: "Waiting" }, (waiting) => `Waiting ${waiting.for}`)
    .with({ _tag: "Joined" }, ({ proceeds }) => `Joined ${proceeds ? "proceeds" : "fails"}`)
    .with({ branch: P.union(P.string, P.number) }, ({ _tag, branch }) => `${_tag} ${branch}`)
    .with(
      { _tag: P.union("Compensating", "Compensated", "CompensationFailed") },
      ({ _tag, state }) => `${_tag} ${state}`
    )
    .with(
      { _tag: P.union("AttemptStarted", "AttemptFailed", "AttemptInterrupted", "Retried") },
      ({ _tag, attempt }) => `${_tag} ${attempt}`
    )
    .otherwise(({ _tag }) => _tag)

/** The whole of an event in a line, but for its run. */
export const told = (event: Event): string => {
  const after = "duration" in event ? ` after ${event.duration}` : ""
  const cause = causeOf(event)
  const because = cause === undefined ? "" : `: ${briefCause(cause)}`
  return `${event.time} ${event.state} ${step(event)}${details(event)}${after}${because}`
}

const causeOf = (event: Event): Cause.Cause<unknown> | undefined =>
  match(event)
    .with({ _tag: "RunFinished" }, ({ exit }) => (Exit.isFailure(exit) ? exit.cause : undefined))
    .with({ cause: P.nonNullable }, ({ cause }) => cause)
    .otherwise(() => undefined)

const details = (event: Event): string =>
  match(event)
    .with({ _tag: "RunStarted" }, ({ caller, input }) => {
      const by = caller === undefined ? "" : `, called by ${caller.workflow} ${caller.runId} ${caller.state}`
      return ` with ${brief(input)}${by}`
    })
    .with({ _tag: "StateEntered" }, { _tag: "Compensating" }, ({ payload }) => ` with ${brief(payload)}`)
    .with({ _tag: "TransitionTaken" }, ({ attempt, payload, target }) => {
      return ` to ${target} with ${brief(payload)} in attempt ${attempt}`
    })
    .with({ _tag: P.string.startsWith("Branch") }, ({ attempt }) => ` in attempt ${attempt}`)
    .with({ _tag: "Joined" }, ({ attempt, failures, interrupted, strategy, successes }) => {
      return `, ${strategy} in attempt ${attempt}: ${successes} + ${failures} + ${interrupted}`
    })
    .with({ _tag: "Waiting" }, ({ attempt, signals = [], until }) => {
      const names = signals.length === 0 ? "" : ` ${signals.join(" or ")}`
      return `${names}${until === undefined ? "" : ` until ${until}`} in attempt ${attempt}`
    })
    .with({ _tag: "Signalled" }, ({ payload, signal }) => ` ${signal} with ${brief(payload)}`)
    .with({ _tag: "RunFinished" }, ({ exit }) => (Exit.isSuccess(exit) ? " well" : ""))
    .otherwise(() => "")

/** Why something failed: the errors and defects by their names, or that it was interrupted. */
const briefCause = (cause: Cause.Cause<unknown>): string =>
  cause.reasons
    .map((reason) =>
      Cause.isFailReason(reason)
        ? brief(reason.error)
        : Cause.isDieReason(reason)
          ? `died of ${brief(reason.defect)}`
          : "interrupted"
    )
    .join(" and ")

const brief = (value: unknown): string => {
  if (Predicate.hasProperty(value, "_tag") && Predicate.isString(value._tag)) return value._tag
  return value instanceof Error ? value.message : (JSON.stringify(value) ?? "nothing")
}
