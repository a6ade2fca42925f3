/**
 * A visit of a state by a run, as the functions of its handler see it: each kind of function has its context.
 */
import type { Pending } from "../handler/Context.ts"
import type { AnyStore } from "../store/Store.ts"
import type { Frame, Node, Run, Targets, Visit } from "./model.ts"

/** One visit of a state: the context that its functions are given. */
export class StateVisit implements Visit {
  readonly run: Run
  readonly node: Node
  readonly payload: unknown
  readonly attempt: number
  readonly frame: Frame | undefined

  constructor(run: Run, node: Node, payload: unknown, attempt: number, frame: Frame | undefined) {
    this.run = run
    this.node = node
    this.payload = payload
    this.attempt = attempt
    this.frame = frame
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

  nextAttempt(): Visit {
    const attempt = this.run.attempt + 1
    return attempt === 1 ? this : new StateVisit(this.run, this.node, this.payload, attempt, this.frame)
  }

  within(frame: Frame): Visit {
    return new StateVisit(this.run, this.node, this.payload, this.attempt, frame)
  }
}

/** The context of a catch. */
export class CatchVisit extends StateVisit {
  readonly error: unknown

  constructor(visit: Visit, error: unknown) {
    super(visit.run, visit.node, visit.payload, visit.run.attempt, visit.frame)
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
export class JoinVisit extends StateVisit {
  readonly results: unknown

  constructor(visit: Visit, results: unknown) {
    super(visit.run, visit.node, visit.payload, visit.attempt, visit.frame)
    this.results = results
  }
}

/** The context of one item of a forEach. */
export class ItemVisit extends StateVisit {
  readonly item: unknown
  readonly index: number

  constructor(visit: Visit, item: unknown, index: number) {
    super(visit.run, visit.node, visit.payload, visit.attempt, visit.frame)
    this.item = item
    this.index = index
  }
}

/** What a poll gives while there is no answer. */
export const pending: Pending = { pending: true }

/** The context of a poll. */
export class PollVisit extends StateVisit {
  constructor(visit: Visit) {
    super(visit.run, visit.node, visit.payload, visit.attempt, visit.frame)
  }

  get pending(): Pending {
    return pending
  }
}

/** The context of what a signal leads to. */
export class SignalVisit extends StateVisit {
  readonly signal: unknown

  constructor(visit: Visit, signal: unknown) {
    super(visit.run, visit.node, visit.payload, visit.attempt, visit.frame)
    this.signal = signal
  }
}

/** The context of what an exit of a called workflow leads to. */
export class CallVisit extends StateVisit {
  readonly result: unknown

  constructor(visit: Visit, result: unknown) {
    super(visit.run, visit.node, visit.payload, visit.attempt, visit.frame)
    this.result = result
  }
}
