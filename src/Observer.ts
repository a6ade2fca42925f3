/**
 * Observers: who is told what happens in every run below a Layer.
 */
import { type Cause, type Duration, Effect, Fiber, type Layer, Queue, type Scope } from "effect"
import { InvalidOptions } from "./Errors.ts"
import type { RunEvent } from "./Event.ts"
import { observerLayer } from "./engine/watch/observers.ts"
import { countProblems, durationProblems } from "./graph/problems.ts"

/** Options of an observer. */
export interface ObserverOptions {
  /**
   * How many events wait for the observer at most: a whole number of at least 1, 16,384 unless given. One that falls further
   * behind misses the oldest.
   */
  readonly capacity?: number
  /** How long the Layer waits, when it is released, for the observer to see the events still waiting; 3 seconds unless given. */
  readonly shutdownTimeout?: Duration.Input
}

/**
 * Tells an observer what happens in every run of everything below: an Effect for each event, one after another, in the order
 * they happened. Observers add up, of Layers side by side and of one within another.
 *
 * The observer has a fiber of its own, so that it never changes a run, however long it takes. When it fails or dies, that is
 * logged, and it goes on with the next event; when it has missed some, a warning says how many. What it acquires for an event
 * is released before the next one.
 *
 * It throws `InvalidOptions` for a capacity or a duration that is none.
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { Observer, Workflow } from "sluice"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done"])
 *   .exit("Done", Schema.String)
 *   .start("Greet") {}
 *
 * const greeting = Greeting.implement({ Greet: ({ payload, to }) => to.Done(`Hello, ${payload}`) })
 *
 * const journal = Observer.layer((event) =>
 *   event._tag === "RunFinished" ? Effect.log(`${event.workflow} took ${event.duration} ms`) : Effect.void
 * )
 *
 * const program = Effect.provide(greeting.run("Ada"), journal)
 * ```
 */
export const layer = <E = never, R = never>(
  observe: (event: RunEvent) => Effect.Effect<unknown, E, R>,
  { capacity = 16_384, shutdownTimeout = "3 seconds" }: ObserverOptions = {}
): Layer.Layer<never, never, Exclude<R, Scope.Scope>> => {
  const problems = [...countProblems("capacity", capacity, 1), ...durationProblems("shutdownTimeout", shutdownTimeout)]
  if (problems.length > 0) throw new InvalidOptions({ of: "Observer.layer", problems })
  return observerLayer(
    Effect.gen(function* () {
      const waiting = yield* Queue.sliding<RunEvent, Cause.Done>(capacity)
      let missed = 0
      const warn = Effect.suspend(() => {
        if (missed === 0) return Effect.void
        const warning = Effect.logWarning(`An observer is too slow. Events it has missed: ${missed}`)
        missed = 0
        return warning
      })
      const tell = (event: RunEvent) =>
        Effect.suspend(() => observe(event)).pipe(
          Effect.scoped,
          Effect.catchCause((cause) => Effect.logError("An observer failed", cause))
        )
      const tellNext = Effect.flatMap(Queue.take(waiting), (event) => Effect.andThen(warn, tell(event)))
      const telling = yield* Effect.forkScoped(Effect.ignore(Effect.forever(tellNext, { disableYield: true })))
      yield* Effect.addFinalizer(() =>
        Queue.end(waiting).pipe(
          Effect.andThen(Fiber.await(telling)),
          Effect.timeoutOption(shutdownTimeout),
          Effect.andThen(() => {
            missed += Queue.sizeUnsafe(waiting)
            return warn
          })
        )
      )
      return (event) => {
        if (Queue.isFullUnsafe(waiting)) missed++
        Queue.offerUnsafe(waiting, event)
      }
    })
  )
}
