/**
 * Where in a run a failure happened: an annotation on its Cause. The error value itself stays the user's own.
 */
import { Cause, Context, Option } from "effect"

/** Where a run was when it failed. */
export interface FailureContext {
  readonly workflow: string
  readonly runId: string
  readonly state: string
  /** How often the state's work had begun within the visit. */
  readonly attempt: number
  /** The states passed, oldest first, ending with the one that failed; of a long run the last 32. */
  readonly path: ReadonlyArray<string>
}

const Annotation = Context.Service<FailureContext>("sluice/FailureContext")

/**
 * Adds where it happened to the failures and defects of a cause. What a workflow within this one has said already is
 * kept, being nearer to the failure; every pretty-printed cause shows both, as frames of its stack.
 */
export const annotateFailure = <E>(cause: Cause.Cause<E>, context: FailureContext): Cause.Cause<E> =>
  Cause.fromReasons(
    cause.reasons.map((reason) =>
      reason._tag === "Interrupt"
        ? reason
        : reason
            .annotate(Context.make(Annotation, context))
            .annotate(Context.make(Cause.StackTrace, frame(reason, context)), { overwrite: true })
    )
  )

const frame = (reason: Cause.Reason<unknown>, context: FailureContext): Cause.StackTrace["Service"] => ({
  name: `${context.workflow}.${context.state}`,
  stack: () => `run ${context.runId}, attempt ${context.attempt}, path ${context.path.join(" > ")}`,
  parent: Option.getOrUndefined(Context.getOption(Cause.reasonAnnotations(reason), Cause.StackTrace))
})

/**
 * Reads where in a run a failure happened: workflow, run id, state, attempt and the path of states so far.
 *
 * It is `None` for a cause that did not leave a run, and for a run that was only interrupted.
 *
 * ```ts
 * import { Effect, Option, Schema } from "effect"
 * import { Workflow } from "sluice"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done"])
 *   .exit("Done", Schema.String)
 *   .start("Greet") {}
 *
 * const greeting = Greeting.implement({
 *   Greet: ({ payload, to }) => (payload === "" ? Effect.fail("nobody" as const) : Effect.succeed(to.Done(payload)))
 * })
 *
 * const program = greeting.run("").pipe(
 *   Effect.tapCause((cause) =>
 *     Option.match(Workflow.failureContext(cause), {
 *       onNone: () => Effect.void,
 *       onSome: ({ state, path }) => Effect.log(`failed in ${state} after ${path.length} states`)
 *     })
 *   )
 * )
 * ```
 */
export const failureContext = <E>(cause: Cause.Cause<E>): Option.Option<FailureContext> =>
  Context.getOption(Cause.annotations(cause), Annotation)
