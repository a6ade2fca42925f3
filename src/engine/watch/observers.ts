/**
 * Who watches the runs below a Layer. Each observer is a service with a key of its own, so that those of several Layers
 * add up, side by side or one within another. Of two copies of the package in one process, each watches its own runs: what
 * an event holds is between a run and the observers of its own version.
 */
import { Context, Effect, Layer, Option, type Scope } from "effect"
import type { RunEvent } from "../../Event.ts"
import { uniqueKey } from "../../text/keys.ts"

/** Is told each event in the moment it happens; it must neither throw nor take long. */
export type Observe = (event: RunEvent) => void

type Key = Context.Key<never, Observe>

// An index of the keys in use, and nothing more: who observes a run, its context says. While nobody observes anything, a
// run that starts need not even look there.
const keys = new Set<Key>()

/** Provides an observer to everything below. */
export const observerLayer = <E, R>(
  make: Effect.Effect<Observe, E, R>
): Layer.Layer<never, E, Exclude<R, Scope.Scope>> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const key: Key = Context.Service<never, Observe>(uniqueKey("sluice/Observer"))
      const observe = yield* make
      yield* Effect.acquireRelease(
        Effect.sync(() => keys.add(key)),
        () => Effect.sync(() => keys.delete(key))
      )
      return Context.make(key, observe)
    })
  )

/** Whether there is an observer in any context. */
export const hasObservers = (): boolean => keys.size > 0

/** The observers of a context. */
export const observersIn = (context: Context.Context<never>): ReadonlyArray<Observe> =>
  [...keys].flatMap((key) => Option.toArray(Context.getOption(context, key)))
