/**
 * A visit of a state by a run, as the functions of its handler see it: each kind of function has its context.
 */
import type { Pending } from "../Context.ts"
import type { AnyStore } from "../Store.ts"
import type { Node, Targets } from "./Node.ts"
import type { Run } from "./Run.ts"

/** One visit of a state: the context that its functions are given. */
export class Visit {
  readonly run: Run
  readonly node: Node
  readonly payload: unknown
  readonly attempt: number

  constructor(run: Run, node: Node, payload: unknown, attempt: number) {
    this.run = run
    this.node = node
    this.payload = payload
    this.attempt = attempt
  }

  get input(): unknown {
    return this.run.givenInput
  }

  get state(): string {
    return this.node.name
  }

  get to(): Targets {
    return this.node.to
  }

  get store(): AnyStore {
    return this.run.store
  }

  /** The context of the next attempt; the first one has this. */
  nextAttempt(): Visit {
    const attempt = this.run.attempt + 1
    return attempt === 1 ? this : new Visit(this.run, this.node, this.payload, attempt)
  }
}

/** The context of a catch. */
export class CatchVisit extends Visit {
  readonly error: unknown

  constructor(visit: Visit, error: unknown) {
    super(visit.run, visit.node, visit.payload, visit.run.attempt)
    this.error = error
  }
}

/** The context of a catch that all handlers share: it goes to the fallback. */
export class FallbackVisit extends CatchVisit {
  private readonly fallback: Targets

  constructor(visit: Visit, error: unknown, fallback: Targets) {
    super(visit, error)
    this.fallback = fallback
  }

  override get to(): Targets {
    return this.fallback
  }
}

/** The context of a join. */
export class JoinVisit extends Visit {
  readonly results: unknown

  constructor(visit: Visit, results: unknown) {
    super(visit.run, visit.node, visit.payload, visit.attempt)
    this.results = results
  }
}

/** The context of one item of a forEach. */
export class ItemVisit extends Visit {
  readonly item: unknown
  readonly index: number

  constructor(visit: Visit, item: unknown, index: number) {
    super(visit.run, visit.node, visit.payload, visit.attempt)
    this.item = item
    this.index = index
  }
}

/** What a poll gives while there is no answer. */
export const pending: Pending = { pending: true }

/** The context of a poll. */
export class PollVisit extends Visit {
  constructor(visit: Visit) {
    super(visit.run, visit.node, visit.payload, visit.attempt)
  }

  get pending(): Pending {
    return pending
  }
}

/** The context of what a signal leads to. */
export class SignalVisit extends Visit {
  readonly signal: unknown

  constructor(visit: Visit, signal: unknown) {
    super(visit.run, visit.node, visit.payload, visit.attempt)
    this.signal = signal
  }
}

/** The context of what an exit of a called workflow leads to. */
export class CallVisit extends Visit {
  readonly result: unknown

  constructor(visit: Visit, result: unknown) {
    super(visit.run, visit.node, visit.payload, visit.attempt)
    this.result = result
  }
}
