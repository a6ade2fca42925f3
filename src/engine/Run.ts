/**
 * One execution of a workflow: the state loop, and what belongs to a run while it lasts.
 *
 * The loop goes from state to state without touching the fiber as long as handlers give transitions or finished
 * Effects. Only an Effect that has to be waited for goes through the fiber's own run loop, as the continuation of which
 * the state loop goes on: nothing on the stack and nothing in memory grows with the number of transitions.
 */
import { Cause, Context, Duration, Effect, Exit, Scope } from "effect"
import { InputNotGiven, InvalidTransition, RunIdInUse, RunTimeout } from "../Errors.ts"
import type { Caller } from "../Event.ts"
import type { AnyEffect, CompletedStep } from "../graph/Spec.ts"
import { type AnyStore, makeStore } from "../Store.ts"
import { annotateLogs } from "./annotations.ts"
import { annotateFailure, type FailureContext } from "./failure.ts"
import { Mailbox } from "./mailbox.ts"
import type { Machine, Node, Transition, Undos } from "./Node.ts"
import { Observation, type Watch } from "./Observation.ts"
import { toEffect, toEffectThen } from "./result.ts"
import { Rollback } from "./rollback.ts"
import { remaining } from "./time.ts"
import { Visit } from "./Visit.ts"

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
  readonly adopt?: (steps: ReadonlyArray<CompletedStep>) => void
}

/** After so many transitions without waiting, a run lets other fibers go first, as Effect's own run loop does. */
const transitionsBeforeYield = 2048

/** How many states the path of a failure shows. A power of two, so that the position in the ring is a mask. */
const pathLength = 32

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** The tag of a transition; of anything else, what is no name of a place. */
const tagOf = (result: unknown): string => (result as Transition | undefined | null)?._tag as string

/** Remembers what undoes the target that a state has chosen. */
export const remember = (undos: Undos, run: Run, result: unknown): void => {
  const undo = undos.get(tagOf(result))
  // Only a transition has the tag of a target.
  if (undo !== undefined) run.rollback.complete(undo, (result as Transition).payload)
}

/** A run in progress. */
export class Run {
  readonly machine: Machine
  /** Only of a run that somebody watches. */
  readonly observation: Observation | undefined
  /** The place the run is at. */
  node: Node
  /** How often the work of the state has begun, where policies count it. */
  attempt = 0
  private readonly input: unknown
  private readonly settings: RunSettings | undefined
  private ownId: string | undefined
  private ownStore: AnyStore | undefined = undefined
  private ownMailbox: Mailbox | undefined = undefined
  private ownRollback: Rollback | undefined = undefined
  // The states passed, as a ring.
  private readonly passed: Array<Node>
  private passedCount = 0
  // The scope of the present visit, from the first Effect that has to be waited for. One object serves all visits of the
  // run: it is emptied after each, so that the fiber's context changes once a run and not once a state.
  private scope: Scope.Closeable | undefined = undefined

  constructor(machine: Machine, start: Node, input: unknown, settings?: RunSettings, watch?: Watch) {
    this.machine = machine
    this.input = input
    this.node = start
    this.settings = settings
    this.ownId = settings?.id
    this.passed = [start]
    this.observation = watch === undefined ? undefined : new Observation(this, watch)
  }

  get id(): string {
    this.ownId ??= globalThis.crypto.randomUUID()
    return this.ownId
  }

  get workflow(): string {
    return this.machine.graph.name
  }

  /** The name of the place the run is at. */
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

  /** What is to be undone if the run fails. */
  get rollback(): Rollback {
    this.ownRollback ??= new Rollback(this)
    return this.ownRollback
  }

  get compensationTimeout(): Duration.Duration | undefined {
    const limit = this.settings?.compensationTimeout
    return limit === undefined ? undefined : Duration.fromInputUnsafe(limit)
  }

  /** Runs from the place the run is at, with around it what the workflow, the caller and who watches ask for. */
  start(payload: unknown): AnyEffect {
    if (this.observation === undefined) return this.bounded(payload)
    return this.observation.ofRun(
      Effect.suspend(() => this.bounded(payload)),
      this.input,
      this.settings?.origin
    )
  }

  private bounded(payload: unknown): AnyEffect {
    const { compensates, runs } = this.machine
    const timeout = this.settings?.timeout
    const entered = { _tag: this.node.name, payload }
    if (!compensates && runs === undefined && timeout === undefined) return this.advance(this.node, entered)
    // What undoes a step is in place before the first one begins.
    const advance = Effect.suspend(() => this.advance(this.node, entered))
    const duration = timeout === undefined ? undefined : Duration.fromInputUnsafe(timeout)
    const limited =
      duration === undefined
        ? advance
        : // What the run has completed is undone when it ends.
          this.limitSince(Infinity, advance, duration, () => new RunTimeout({ workflow: this.workflow, duration }))
    const run = this.wait(compensates ? Effect.flatMap(limited, (outcome) => this.finish(outcome)) : limited)
    return runs === undefined ? run : this.listed(run, runs)
  }

  /**
   * Fails when something takes longer than a duration. It has been interrupted by then, and what it had completed is
   * undone, because nobody will know of it.
   */
  limit(effect: AnyEffect, duration: Duration.Duration, timedOut: () => unknown): AnyEffect {
    return Effect.suspend(() => this.limitSince(this.completedSteps, effect, duration, timedOut))
  }

  private limitSince(kept: number, effect: AnyEffect, duration: Duration.Duration, timedOut: () => unknown): AnyEffect {
    return Effect.timeoutOrElse(effect, {
      duration,
      orElse: () => {
        const cause = Cause.fail(timedOut())
        this.ownRollback?.include(cause)
        return Effect.andThen(this.undoSince(kept, cause), Effect.failCause(cause))
      }
    })
  }

  /** Whether signals find the run. */
  get isListed(): boolean {
    return this.machine.runs?.get(this.id) === this
  }

  /** Lets signals find the run while it lasts. */
  private listed(run: AnyEffect, runs: Map<string, Run>): AnyEffect {
    const listed = Effect.suspend(() => {
      if (runs.has(this.id)) throw new RunIdInUse({ workflow: this.workflow, runId: this.id })
      runs.set(this.id, this)
      return run
    })
    return Effect.onExitPrimitive(listed, () => {
      if (this.isListed) runs.delete(this.id)
      return undefined
    })
  }

  /** Runs from a place to an exit, and gives the last transition. */
  advance(start: Node, entered: Transition): AnyEffect {
    if (this.observation !== undefined) return this.advanceWatched(this.observation, start, entered)
    let node = start
    let transition = entered
    let untilYield = transitionsBeforeYield
    try {
      while (node.targets !== undefined) {
        if (untilYield-- === 0) return this.yield(node, transition)
        let result = node.perform(this.enter(node, transition.payload))
        let target = isObject(result) && Effect.TypeId in result ? undefined : node.targets.get(tagOf(result))
        if (target === undefined) {
          const effect = Exit.isExit(result) ? result : this.begin(result)
          if (!Exit.isExit(effect)) return this.wait(effect)
          if (Exit.isFailure(effect)) return this.fail(effect.cause)
          result = effect.value
          target = this.follow(node, result)
        }
        // Only a transition has a target.
        transition = result as Transition
        if (node.undos !== undefined) remember(node.undos, this, transition)
        if (transition.after !== undefined) return this.delay(target, transition)
        node = target
      }
    } catch (defect) {
      return this.fail(Cause.die(defect))
    }
    this.node = node
    return Effect.succeed(transition)
  }

  /** As `advance`, a state at a time. */
  private advanceWatched(observation: Observation, node: Node, entered: Transition): AnyEffect {
    if (node.targets === undefined) {
      this.node = node
      return Effect.succeed(entered)
    }
    const visit = this.enter(node, entered.payload)
    observation.enter(visit.payload)
    const work = Effect.suspend(() => toEffect(node.watched(visit)))
    const visited = Effect.flatMap(work, (result) => {
      this.follow(node, result)
      return Effect.as(this.releaseAcquired(result) ?? Effect.void, result)
    })
    return this.wait(
      Effect.flatMap(observation.ofVisit(visited), (result) => this.moveOn(this.follow(node, result), result))
    )
  }

  /** Ends the run at an exit: what it has completed is undone, or given to its caller, or stays. */
  private finish(outcome: unknown): AnyEffect {
    const rollback = this.ownRollback
    if (rollback === undefined) return Effect.succeed(outcome)
    if (!this.node.rollsBack) {
      this.settings?.adopt?.(rollback.completed())
      rollback.clear()
      return Effect.succeed(outcome)
    }
    return Effect.flatMap(rollback.unwind(0, Cause.empty, this.compensationTimeout), () =>
      rollback.failure === undefined ? Effect.succeed(outcome) : Effect.die(rollback.failure)
    )
  }

  /** Runs the work of one state, and gives the transition it chose. */
  step(node: Node, payload: unknown): AnyEffect {
    const work = Effect.suspend(() => toEffect(node.perform(this.enter(node, payload))))
    const step = this.wait(Effect.tap(work, (result) => Effect.sync(() => this.follow(node, result))))
    const { runs } = this.machine
    return runs === undefined ? step : this.listed(step, runs)
  }

  private enter(node: Node, payload: unknown): Visit {
    this.node = node
    this.attempt = 0
    this.passed[this.passedCount++ & (pathLength - 1)] = node
    return new Visit(this, node, payload, 1)
  }

  /** The place that a handler's result leads to. */
  private follow(node: Node, result: unknown): Node {
    const target = node.targets!.get(tagOf(result))
    if (target !== undefined) return target
    const targets = [...node.targets!.keys()]
    throw new InvalidTransition({ workflow: this.workflow, state: node.name, targets, received: result })
  }

  /** Lets other fibers go first. */
  private yield(node: Node, transition: Transition): AnyEffect {
    return this.wait(Effect.flatMap(Effect.yieldNow, () => this.advance(node, transition)))
  }

  /** Begins with what a handler gave, to go on with the run if it has to be waited for. */
  private begin(result: unknown): AnyEffect {
    return toEffectThen(result, (value) => this.resume(value))
  }

  /** Goes on after an Effect that had to be waited for; what the visit acquired is released first. */
  private resume(result: unknown): AnyEffect {
    const target = this.choose(result)
    const released = this.releaseAcquired(result)
    return released === undefined
      ? this.moveOn(target, result)
      : Effect.flatMap(released, () => this.moveOn(target, result))
  }

  /** The place that a handler's result leads to; what undoes the step is remembered in the moment it is chosen. */
  private choose(result: unknown): Node {
    const target = this.follow(this.node, result)
    if (this.node.undos !== undefined) remember(this.node.undos, this, result)
    return target
  }

  private moveOn(target: Node, result: unknown): AnyEffect {
    // `follow` has found the tag among the targets.
    const transition = result as Transition
    this.observation?.leave(transition)
    return transition.after === undefined ? this.advance(target, transition) : this.delay(target, transition)
  }

  /** Waits until a transition takes effect. */
  private delay(target: Node, { _tag, after = Duration.zero, payload }: Transition): AnyEffect {
    const time = Effect.flatMap(remaining(after), (duration) => {
      this.observation?.wait({ for: "transition", limit: duration })
      return Effect.sleep(duration)
    })
    return this.wait(Effect.flatMap(time, () => this.advance(target, { _tag, payload })))
  }

  /** Releases what the visit has acquired, if it has acquired anything. */
  private releaseAcquired(result: unknown): Effect.Effect<void> | undefined {
    return this.scope!.state._tag === "Empty" ? undefined : this.release(Exit.succeed(result))
  }

  /** Runs the finalizers of the visit. */
  private release(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    const scope = this.scope!
    const empty = Effect.sync(() => {
      scope.state = { _tag: "Empty" }
    })
    return Effect.ensuring(Scope.close(scope, exit), empty)
  }

  /** Puts around the rest of the run, once, what it needs as soon as it waits: its scope, and the context of a failure. */
  private wait(effect: AnyEffect): AnyEffect {
    if (this.scope !== undefined) return effect
    const scope = Scope.makeUnsafe()
    this.scope = scope
    return Effect.withFiber((fiber) => {
      const { context } = fiber
      fiber.setContext(Context.add(annotateLogs(context, this), Scope.Scope, scope))
      const released = Effect.onExitPrimitive(effect, (exit) => {
        fiber.setContext(context)
        const release = scope.state._tag === "Empty" ? undefined : this.release(exit)
        const undo =
          Exit.isSuccess(exit) || this.ownRollback === undefined ? undefined : this.undo(this.ownRollback, exit)
        return release === undefined || undo === undefined ? (release ?? undo) : Effect.ensuring(release, undo)
      })
      return Effect.catchCause(released, (cause) => Effect.failCause(this.annotate(this.surfaced(cause))))
    })
  }

  /**
   * Undoes what a run that failed has completed. It dies when something could not be undone: a defect is what remains of
   * a fiber that is interrupted, and in any other the run makes it its failure.
   */
  private undo(rollback: Rollback, exit: Exit.Failure<unknown, unknown>): Effect.Effect<void> {
    const cause = rollback.failure?.cause ?? exit.cause
    return Effect.flatMap(this.unwind(rollback, 0, cause), () => {
      const { failure } = rollback
      // What it died of already says so.
      const isSaid = exit.cause.reasons.some((reason) => Cause.isDieReason(reason) && reason.defect === failure)
      return failure === undefined || isSaid ? Effect.void : Effect.die(failure)
    })
  }

  /** What could not be undone is the failure of the run, whatever else there was: it holds that. */
  private surfaced(cause: Cause.Cause<unknown>): Cause.Cause<unknown> {
    const failure = this.ownRollback?.failure
    return failure === undefined ? cause : Cause.fail(failure)
  }

  /** How many steps there are to undo. */
  private get completedSteps(): number {
    return this.ownRollback?.size ?? 0
  }

  /**
   * Undoes what was completed after the first `kept` steps, because what it was for has failed. Nothing retries or catches
   * that something could not be undone.
   */
  private undoSince(kept: number, cause: Cause.Cause<unknown>): Effect.Effect<void> {
    const rollback = this.ownRollback
    if (rollback === undefined) return Effect.void
    return Effect.flatMap(this.unwind(rollback, kept, cause), () =>
      rollback.failure === undefined ? Effect.void : Effect.die(rollback.failure)
    )
  }

  /** Undoes what an Effect has completed if it fails. If it is interrupted, whoever interrupts it does. */
  undoIfFailed(effect: AnyEffect): AnyEffect {
    return Effect.suspend(() => {
      const kept = this.completedSteps
      return Effect.onExitPrimitive(effect, (exit) =>
        Exit.isSuccess(exit) || Cause.hasInterrupts(exit.cause) ? undefined : this.undoSince(kept, exit.cause)
      )
    })
  }

  /** Undoes the steps after the first `kept`, unless the workflow does not want that for the cause. */
  private unwind(rollback: Rollback, kept: number, cause: Cause.Cause<unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (rollback.size <= kept) return Effect.void
      const asked = Effect.exit(Effect.sync(() => this.machine.shouldRollBack(cause)))
      return Effect.flatMap(asked, (wanted) => {
        if (Exit.isSuccess(wanted) && !wanted.value) return Effect.void
        // Where asking died, nothing has said that the steps may stay.
        return Effect.ensuring(Exit.asVoid(wanted), rollback.unwind(kept, cause, this.compensationTimeout))
      })
    })
  }

  /** Fails, saying where; a run that waits has that said for all its failures around it. */
  private fail(cause: Cause.Cause<unknown>): AnyEffect {
    return Effect.failCause(this.scope === undefined ? this.annotate(cause) : cause)
  }

  private annotate(cause: Cause.Cause<unknown>): Cause.Cause<unknown> {
    return annotateFailure(cause, this.failureContext())
  }

  private failureContext(): FailureContext {
    const first = Math.max(0, this.passedCount - pathLength)
    return {
      workflow: this.workflow,
      runId: this.id,
      state: this.state,
      attempt: Math.max(1, this.attempt),
      path: Array.from(
        { length: this.passedCount - first },
        (_, i) => this.passed[(first + i) & (pathLength - 1)]!.name
      )
    }
  }
}
