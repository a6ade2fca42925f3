/** Who may watch a run: what a run does must not depend on it. */
import { Context, Effect, Layer, type Scope, Tracer } from "effect"
import { observerLayer } from "../../src/engine/watch/observers.ts"

/** Someone who watches the runs in a context, and keeps nothing of what is told. */
export interface Watcher {
  readonly who: string
  readonly context: Effect.Effect<Context.Context<never>, never, Scope.Scope>
}

const observer = Layer.build(observerLayer(Effect.succeed(() => undefined)))

const tracer = Effect.sync(() =>
  Context.make(Tracer.Tracer, Tracer.make({ span: (options) => new Tracer.NativeSpan(options) }))
)

const both = Effect.flatMap(observer, (observing) => Effect.map(tracer, (tracing) => Context.merge(observing, tracing)))

/** Nobody, an observer, a tracer, and both. */
export const watchers: ReadonlyArray<Watcher> = [
  { who: "nobody", context: Effect.succeed(Context.empty()) },
  { who: "an observer", context: observer },
  { who: "a tracer", context: tracer },
  { who: "an observer and a tracer", context: both }
]

/** Those of them who do watch. */
export const somebody: ReadonlyArray<Watcher> = watchers.slice(1)
