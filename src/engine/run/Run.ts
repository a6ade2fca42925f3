/**
 * A run in progress: what it has while it lasts.
 */
import { type Cause, Duration, type Effect, type Scope } from "effect"
import { InputNotGiven } from "../../Errors.ts"
import type { Caller } from "../../Event.ts"
import type { CompletedSteps } from "../../handler/Spec.ts"
import { type AnyStore, makeStore } from "../../store/Store.ts"
import type { Run as AnyRun, Frame, Hooks, Machine, Node, Steps, Visit } from "../model.ts"
import { StateVisit } from "../visit.ts"
import { Observation, type Watch } from "../watch/Observation.ts"
import { annotateFailure } from "./failure.ts"
import { isThrownAway } from "./frame.ts"
import { Mailbox, type Received } from "./mailbox.ts"
import { Rollback } from "./rollback.ts"
import { makeRunId } from "./runId.ts"
import { throwAway } from "./unwinding.ts"

/** Stands for the input of a step that was given none. */
export const noInput = Symbol("no input")

/** What the caller of a run can say of it. */
export interface RunSettings {
  readonly id?: string | undefined
  readonly timeout?: Duration.Input | undefined
  readonly compensationTimeout?: Duration.Input | undefined
  /** The state of another run that calls this one. */
  readonly origin?: Caller
  /** Takes over what the run has completed when it reaches an exit: of a run that another one calls. */
  readonly adopt?: (steps: CompletedSteps) => void
}

/** How many states the path of a failure shows. A power of two, so that the position in the ring is a mask. */
const pathLength = 32

/** A signal that a visit has taken. */
interface Taken {
  readonly signal: Received
  readonly frame: Frame
}

/** A run in progress. */
export class Run implements AnyRun {
  readonly machine: Machine
  readonly hooks: Hooks | undefined
  readonly settings: RunSettings | undefined
  /** The place the run is at. */
  node: Node
  attempt = 0
  /** What undoes its steps; of a run that has completed none, `undefined`. */
  rollback: Rollback | undefined = undefined
  /** The scope of the present visit, from the first Effect that has to be waited for. */
  scope: Scope.Closeable | undefined = undefined
  /** The signals that the present visit has taken, and may have to put back. */
  private taken: ReadonlyArray<Taken> | undefined = undefined
  private readonly input: unknown
  private ownId: string | undefined
  private ownStore: AnyStore | undefined = undefined
  private ownMailbox: Mailbox | undefined = undefined
  // The states passed, as a ring.
  private readonly passed: Array<Node>
  private passedCount = 0

  constructor(machine: Machine, start: Node, input: unknown, settings?: RunSettings, watch?: Watch) {
    this.machine = machine
    this.input = input
    this.node = start
    this.settings = settings
    this.ownId = settings?.id
    this.passed = [start]
    this.hooks = watch === undefined ? undefined : new Observation(this, watch)
  }

  get id(): string {
    this.ownId ??= makeRunId()
    return this.ownId
  }

  get workflow(): string {
    return this.machine.graph.name
  }

  get state(): string {
    return this.node.name
  }

  get givenInput(): unknown {
    if (this.input === noInput) throw new InputNotGiven({ state: this.state })
    return this.input
  }

  get store(): AnyStore {
    this.ownStore ??= makeStore(this.machine.graph.cells)
    return this.ownStore
  }

  get mailbox(): Mailbox {
    this.ownMailbox ??= new Mailbox()
    return this.ownMailbox
  }

  get steps(): Steps {
    this.rollback ??= new Rollback(this)
    return this.rollback
  }

  get compensationTimeout(): Duration.Duration | undefined {
    const limit = this.settings?.compensationTimeout
    return limit === undefined ? undefined : Duration.fromInputUnsafe(limit)
  }

  /** Enters a state. */
  enter(node: Node, payload: unknown): Visit {
    this.node = node
    this.attempt = 0
    this.passed[this.passedCount++ & (pathLength - 1)] = node
    return new StateVisit(this, node, payload, 1, undefined)
  }

  frame(outer: Frame | undefined): Frame {
    return { outer, from: outer === undefined ? (this.rollback?.size ?? 0) : outer.from }
  }

  takeSignal(names: ReadonlySet<string>, frame: Frame | undefined): Received | undefined {
    const signal = this.ownMailbox?.take(names)
    if (signal !== undefined && frame !== undefined) this.taken = [...(this.taken ?? []), { signal, frame }]
    return signal
  }

  throwAway(frame: Frame, cause: Cause.Cause<unknown>, kept?: Frame): Effect.Effect<void> | undefined {
    this.taken = this.taken?.filter((taken) => {
      const isPutBack = isThrownAway(taken.frame, frame, kept)
      if (isPutBack) this.mailbox.putBack(taken.signal)
      return !isPutBack
    })
    return this.rollback === undefined ? undefined : throwAway(this, this.rollback, frame, this.annotate(cause), kept)
  }

  /** Makes what the present visit has done final: it has chosen where the run goes. */
  commit(): void {
    this.taken = undefined
  }

  /** Says of a cause where in the run it happened. */
  annotate(cause: Cause.Cause<unknown>): Cause.Cause<unknown> {
    const first = Math.max(0, this.passedCount - pathLength)
    return annotateFailure(cause, {
      workflow: this.workflow,
      runId: this.id,
      state: this.state,
      attempt: Math.max(1, this.attempt),
      path: Array.from(
        { length: this.passedCount - first },
        (_, i) => this.passed[(first + i) & (pathLength - 1)]!.name
      )
    })
  }
}
