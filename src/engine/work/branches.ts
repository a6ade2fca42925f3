/**
 * The branches of a split and the items of a forEach: run as fibers of the visit, counted as they settle, stopped as soon
 * as the strategy has decided, and joined when the last of them has ended.
 *
 * It forks, observes and interrupts as Effect's own `raceAll` and `forEach` do, because neither leaves the decision to its
 * caller: deciding by a failure of the branch would put a handler around each.
 */
import { Cause, Context, Effect, Exit, type Fiber, Predicate, Scope } from "effect"
import type { AnyEffect, Compensation, Concurrency, ForEachWork, SplitWork } from "../../handler/Spec.ts"
import type { Strategy } from "../../Join.ts"
import type { Perform, Undo, Visit } from "../model.ts"
import { invalidResult, isSettled, performing, tapEffect, toEffect } from "../result.ts"
import { allOrNothing, type Choosing } from "../undos.ts"
import { ItemVisit, JoinVisit } from "../visit.ts"
import { type Decision, type Label, makeRule, type Rule, Tally } from "./strategies.ts"

/** The work of a split. */
export const joinNamed = (
  state: string,
  { branches, compensations, concurrency, join, strategy }: SplitWork,
  choosing: Choosing
): Perform => {
  const names = Object.keys(branches)
  const undos = names.map((name) => undoOf(state, Object.hasOwn(compensations, name) ? compensations[name] : undefined))
  const compensated = Object.keys(compensations).length > 0
  const bodies = Object.values(branches).map(performing)
  const labels = names.map((branch) => ({ branch }))
  const rule = makeRule(state, strategy, (values) => Object.fromEntries(names.map((name, i) => [name, values[i]])))
  return fanOut({ rule, strategy, concurrency, join: choosing(join), compensated }, (visit) => ({
    labels,
    nameOf: (index) => names[index]!,
    undoOf: (index) => undos[index],
    begin: (index) => bodies[index]!(visit)
  }))
}

/** The work of a forEach. */
export const joinItems = (
  state: string,
  { compensation, concurrency, each, items, join, strategy }: ForEachWork,
  choosing: Choosing
): Perform => {
  const itemsOf = performing(items)
  const undo = undoOf(state, compensation)
  const body = performing(each)
  const rule = makeRule(state, strategy, (values) => values)
  return fanOut({ rule, strategy, concurrency, join: choosing(join), compensated: undo !== undefined }, (visit) => {
    const labels = Array.from(iterable(visit, itemsOf(visit)), (item, index) => ({ index, item }))
    return {
      labels,
      nameOf: (index) => index,
      undoOf: () => undo,
      begin: (index) => body(new ItemVisit(visit, labels[index]!.item, index))
    }
  })
}

/** What `items` gives, which is to be an iterable; an Effect is one too, but not of items. */
const iterable = ({ node, run }: Visit, given: unknown): Iterable<unknown> => {
  if (Predicate.isIterable(given) && typeof given !== "string" && isSettled(given)) return given
  throw invalidResult(run.workflow, node.name, "what gives its items", given)
}

const undoOf = (state: string, compensation: Compensation | undefined): Undo | undefined =>
  compensation === undefined ? undefined : { state, target: undefined, compensation }

/** What is the same for every visit. */
interface Plan {
  readonly strategy: Strategy
  readonly rule: Rule
  readonly concurrency: Concurrency
  readonly join: Perform
  /** Whether some of the branches have something to undo. */
  readonly compensated: boolean
}

/** The branches of one visit. */
interface Branches {
  readonly labels: ReadonlyArray<Label>
  readonly nameOf: (index: number) => string | number
  readonly undoOf: (index: number) => Undo | undefined
  readonly begin: (index: number) => unknown
}

const fanOut =
  (plan: Plan, branchesOf: (visit: Visit) => Branches): Perform =>
  (visit) => {
    const fan = (visit: Visit): AnyEffect =>
      Effect.withFiber((parent) => new Fan(plan, visit, parent, branchesOf(visit)).run())
    return plan.compensated ? allOrNothing(visit, fan) : fan(visit)
  }

/** The fibers of one visit. */
class Fan {
  private readonly plan: Plan
  private readonly visit: Visit
  private readonly branches: Branches
  private readonly tally: Tally
  private readonly running = new Set<Fiber.Fiber<unknown, unknown>>()
  private readonly parent: Fiber.Fiber<unknown, unknown>
  private readonly limit: number
  private timer: Fiber.Fiber<void> | undefined
  // When each branch began; only of a run that somebody watches.
  private readonly began: Array<number> = []
  private next = 0
  private starting = 0
  private decision: Decision
  // Defects, and the interruption of a branch by itself: they end the run, whatever the strategy.
  private fatal: Cause.Cause<unknown> = Cause.empty
  private died = 0
  private whenEnded: (() => void) | undefined

  constructor(plan: Plan, visit: Visit, parent: Fiber.Fiber<unknown, unknown>, branches: Branches) {
    this.plan = plan
    this.visit = visit
    this.parent = parent
    this.branches = branches
    this.limit = plan.concurrency === "unbounded" ? Number.POSITIVE_INFINITY : plan.concurrency
    this.tally = new Tally(branches.labels)
    this.decision = plan.rule.decide(this.tally)
  }

  run(): AnyEffect {
    if (this.decision !== "wait") return this.conclude()
    const joined = Effect.flatMap(this.branchesEnd(), () => this.conclude())
    return joined
  }

  /** Starts the branches and waits for the last; interrupted, it stops them all. */
  private branchesEnd(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      this.whenEnded = () => resume(Effect.void)
      this.limitTime()
      this.startMore()
      return this.stop()
    })
  }

  /** Stops all branches and waits for their finalizers, which may die. */
  private stop(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      this.whenEnded = () =>
        resume(this.fatal.reasons.length > 0 ? Effect.failCause(onlyDefects(this.fatal)) : Effect.void)
      this.decide("fail")
      this.startMore()
    })
  }

  /** Starts what may start now, and says so when nothing runs any more. */
  private startMore(): void {
    while (this.decision === "wait" && this.next < this.tally.total && this.running.size + this.starting < this.limit) {
      this.start(this.next++)
    }
    if (this.decision === "wait" || this.running.size + this.starting > 0) return
    this.timer?.interruptUnsafe(this.parent.id)
    this.whenEnded?.()
  }

  private start(index: number): void {
    const { attempt, run } = this.visit
    if (run.hooks !== undefined) {
      this.began[index] = run.hooks.branchStarted(attempt, this.branches.nameOf(index))
    }
    // The first steps of a branch may bring another's end, and with it the decision.
    this.starting++
    const effect =
      run.hooks === undefined
        ? this.begin(index)
        : run.hooks.branch(this.branches.nameOf(index), () => this.begin(index))
    if (Exit.isExit(effect)) {
      // A finished Effect needs no fiber.
      this.starting--
      this.settle(index, effect)
      return
    }
    const scope = Scope.makeUnsafe()
    const fiber = fork(Context.add(this.parent.context, Scope.Scope, scope), effect)
    this.starting--
    this.watch(fiber, (exit) => {
      if (scope.state._tag === "Empty") this.settle(index, exit)
      else this.release(index, scope, exit)
    })
    if (this.decision !== "wait") fiber.interruptUnsafe(this.parent.id)
  }

  private begin(index: number): AnyEffect {
    const undo = this.branches.undoOf(index)
    if (undo?.compensation.uninterruptible) {
      return Effect.uninterruptible(Effect.suspend(() => this.beginRemembering(index, undo)))
    }
    try {
      return undo === undefined ? toEffect(this.branches.begin(index)) : this.beginRemembering(index, undo)
    } catch (defect) {
      return Exit.die(defect)
    }
  }

  /** A branch that has succeeded may have to be undone, even if its success comes too late to count. */
  private beginRemembering(index: number, undo: Undo): AnyEffect {
    const { visit } = this
    const { frame, payload, run } = visit
    const name = this.branches.nameOf(index)
    const label = this.branches.labels[index]!
    return tapEffect(this.branches.begin(index), (value) => {
      if (isSettled(value)) run.steps.complete(undo, { name, value, payload, label }, frame)
    })
  }

  /** Calls back when a fiber has ended, and then starts what may start now. */
  private watch<A, E>(fiber: Fiber.Fiber<A, E>, ended: (exit: Exit.Exit<A, E>) => void): void {
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) {
      ended(exit)
      return
    }
    this.running.add(fiber)
    fiber.addObserver((exit) => {
      this.running.delete(fiber)
      ended(exit)
      this.startMore()
    })
  }

  /** Releases what a branch has acquired, and settles it then. */
  private release(index: number, scope: Scope.Closeable, exit: Exit.Exit<unknown, unknown>): void {
    const release = fork(this.parent.context, Scope.close(scope, exit), { uninterruptible: true })
    this.watch(release, (released) => this.settle(index, Exit.isSuccess(released) ? exit : withDefect(exit, released)))
  }

  private settle(index: number, exit: Exit.Exit<unknown, unknown>): void {
    if (this.decision !== "wait") {
      this.settleLate(index, exit)
    } else if (Exit.isSuccess(exit) && !isSettled(exit.value)) {
      this.settle(index, Exit.die(this.invalid(index, exit.value)))
    } else if (Exit.isSuccess(exit)) {
      this.tally.succeed(index, exit.value)
      this.tell(index, exit)
      this.decide(this.plan.rule.decide(this.tally))
    } else if (this.tally.fail(index, exit.cause)) {
      this.tell(index, exit)
      this.decide(this.plan.rule.decide(this.tally))
    } else {
      this.fatal = exit.cause
      this.tell(index, exit)
      this.decide("fail")
    }
  }

  /** A branch that was being stopped has no result any more, but its finalizers may have died. */
  private settleLate(index: number, exit: Exit.Exit<unknown, unknown>): void {
    const defects = Exit.isFailure(exit) ? onlyDefects(exit.cause) : Cause.empty
    this.fatal = Cause.combine(this.fatal, defects)
    this.tell(index, defects.reasons.length > 0 ? Exit.failCause(defects) : Exit.interrupt())
  }

  private invalid(index: number, received: unknown) {
    const { node, run } = this.visit
    const name = this.branches.nameOf(index)
    const giver = typeof name === "string" ? `branch '${name}'` : `item ${name}`
    return invalidResult(run.workflow, node.name, giver, received)
  }

  private decide(decision: Decision): void {
    this.decision = decision
    if (decision === "wait") return
    for (const fiber of this.running) fiber.interruptUnsafe(this.parent.id)
  }

  /** Decides with what has settled when the time of `partialTimeout` is up. */
  private limitTime(): void {
    const { strategy } = this.plan
    if (strategy._tag !== "partialTimeout" || this.decision !== "wait") return
    this.timer = fork(this.parent.context, Effect.sleep(strategy.duration))
    this.timer.addObserver((exit) => {
      if (Exit.isSuccess(exit) && this.decision === "wait") this.decide(this.tally.settled > 0 ? "proceed" : "fail")
    })
  }

  private conclude(): AnyEffect {
    const ends = this.fatal.reasons.length > 0
    const { attempt, run } = this.visit
    run.hooks?.joined(attempt, this.began[0], {
      strategy: this.plan.strategy._tag,
      proceeds: this.decision === "proceed" && !ends,
      successes: this.tally.completed.length,
      failures: this.tally.failed + this.died,
      interrupted: this.tally.total - this.tally.settled - this.died
    })
    if (ends) return Effect.failCause(this.fatal)
    if (this.decision === "fail") return Effect.failCause(this.plan.rule.failure(this.tally))
    return toEffect(this.plan.join(new JoinVisit(this.visit, this.plan.rule.results(this.tally))))
  }

  private tell(index: number, exit: Exit.Exit<unknown, unknown>): void {
    const { attempt, run } = this.visit
    if (Exit.hasDies(exit)) this.died++
    run.hooks?.branchEnded(attempt, this.branches.nameOf(index), this.began[index]!, exit)
  }
}

const fork = <A, E>(
  context: Context.Context<never>,
  effect: Effect.Effect<A, E, unknown>,
  options?: Effect.RunOptions
): Fiber.Fiber<A, E> =>
  // What the branches need is in the type of the workflow, and so in the context of its run.
  Effect.runForkWith(context)(effect as Effect.Effect<A, E>, options)

const withDefect = (exit: Exit.Exit<unknown, unknown>, released: Exit.Failure<unknown, never>) =>
  Exit.failCause(Exit.isFailure(exit) ? Cause.combine(exit.cause, released.cause) : released.cause)

const onlyDefects = (cause: Cause.Cause<unknown>): Cause.Cause<never> =>
  Cause.fromReasons(cause.reasons.filter(Cause.isDieReason))
