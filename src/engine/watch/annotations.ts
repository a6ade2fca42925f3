/**
 * What log lines within a run carry: its workflow, its id, and the state it is at.
 */
import { Context, References } from "effect"
import { attribute } from "./attributes.ts"

type Annotations = Readonly<Record<string, unknown>>

/** A run at a state, or a step of one that is undone. */
interface Logged {
  readonly id: string
  readonly workflow: string
  readonly state: string
}

const own: Readonly<Record<string, (run: Logged) => string>> = {
  [attribute.workflow]: (run) => run.workflow,
  [attribute.runId]: (run) => run.id,
  [attribute.state]: (run) => run.state
}
const ownKeys = Object.keys(own)

/**
 * Annotations that are read off the run when a line is logged, beside those of the caller: a state costs nothing then, and
 * an id is made up only for who asks.
 */
class LiveAnnotations implements ProxyHandler<object> {
  private readonly run: Logged
  private readonly context: Context.Context<never>

  constructor(run: Logged, context: Context.Context<never>) {
    this.run = run
    this.context = context
  }

  /** The annotations of the caller. */
  private get outer(): Annotations {
    return Context.get(this.context, References.CurrentLogAnnotations)
  }

  ownKeys(): Array<string> {
    return [...Object.keys(this.outer).filter((key) => !Object.hasOwn(own, key)), ...ownKeys]
  }

  get(_: object, key: string | symbol): unknown {
    return typeof key === "string" && Object.hasOwn(own, key) ? own[key]!(this.run) : Reflect.get(this.outer, key)
  }

  has(_: object, key: string | symbol): boolean {
    return (typeof key === "string" && Object.hasOwn(own, key)) || Reflect.has(this.outer, key)
  }

  getOwnPropertyDescriptor(target: object, key: string | symbol): PropertyDescriptor | undefined {
    if (!this.has(target, key)) return undefined
    return { value: this.get(target, key), enumerable: true, configurable: true }
  }
}

const nothing = {}

/** A context in which log lines carry what the run is at. */
export const annotateLogs = <R>(context: Context.Context<R>, run: Logged): Context.Context<R> =>
  Context.add(
    context,
    References.CurrentLogAnnotations,
    new Proxy<Annotations>(nothing, new LiveAnnotations(run, context))
  )
