/**
 * The branches of a split and the items of a forEach: run as fibers of the visit, counted as they settle, stopped as soon
 * as the strategy has decided, and joined when the last of them has ended.
 *
 * It forks, observes and interrupts as Effect's own `raceAll` and `forEach` do, because neither leaves the decision to its
 * caller: deciding by a failure of the branch would put a handler around each.
 */
import { Cause, Context, Effect, Exit, type Fiber, Scope } from "effect"
import type { AnyEffect, Compensation, Concurrency, ForEachWork, SplitWork } from "../../handler/Spec.ts"
import type { Strategy } from "../../Join.ts"
import type { Perform, Undo, Visit } from "../model.ts"
import { invalidResult, isUsable, performing, tapEffect, toEffect } from "../result.ts"
import { allOrNothing, type Choosing } from "../undos.ts"
import { ItemVisit, JoinVisit } from "../visit.ts"
import { type Branch, type Branches, itemsFrom, Listed, Streamed } from "./items.ts"
import { type Decision, makeRule, type Rule, Tally } from "./strategies.ts"

/** After so many branches that have settled without waiting, a run lets other fibers go first. */
const branchesBeforeYield = 2048

/** The work of a split. */
export const joinNamed = (
  state: string,
  { branches, compensations, concurrency, join, strategy }: SplitWork,
  choosing: Choosing
): Perform => {
  const names = Object.keys(branches)
  const named = Object.entries(branches).map(
    ([name, branch], index): Branch => ({
      index,
      name,
      label: { branch: name },
      undo: undoOf(state, Object.hasOwn(compensations, name) ? compensations[name] : undefined),
      begin: performing(branch)
    })
  )
  const compensated = Object.keys(compensations).length > 0
  const rule = makeRule(state, strategy, (values) => Object.fromEntries(names.map((name, i) => [name, values[i]])))
  return fanOut(
    { rule, strategy, concurrency, join: choosing(join), compensated },
    () => new Listed(named.length, (index) => named[index]!)
  )
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
  const branchOf = (item: unknown, index: number): Branch => ({
    index,
    name: index,
    label: { index, item },
    undo,
    begin: (visit) => body(new ItemVisit(visit, item, index))
  })
  const rule = makeRule(state, strategy, (values) => values)
  return fanOut({ rule, strategy, concurrency, join: choosing(join), compensated: undo !== undefined }, (visit) =>
    itemsFrom(visit, itemsOf(visit), branchOf)
  )
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

const fanOut =
  (plan: Plan, branchesOf: (visit: Visit) => Branches | Streamed): Perform =>
  (visit) => {
    const fan = (visit: Visit): AnyEffect =>
      Effect.withFiber((parent) => new Fan(plan, visit, parent, branchesOf(visit)).run())
    return plan.compensated ? allOrNothing(visit, fan) : fan(visit)
  }

type AnyFiber = Fiber.Fiber<unknown, unknown>
type AnyExit = Exit.Exit<unknown, unknown>

/** The fibers of one visit. */
class Fan {
  private readonly plan: Plan
  private readonly visit: Visit
  private readonly branches: Branches | Streamed
  private readonly tally: Tally
  private readonly running = new Set<AnyFiber>()
  private readonly parent: AnyFiber
  private readonly limit: number
  private timer: Fiber.Fiber<void> | undefined
  // When the first branch began; only of a run that somebody watches.
  private began: number | undefined
  private begun = 0
  /** How many branches have begun, or are being taken, and have not settled. */
  private open = 0
  /** Whether none may be taken, although there is room: there is no other, or it is on its way, or other fibers go first. */
  private held = false
  private untilYield = branchesBeforeYield
  private decision: Decision
  private readonly stopped: Array<Branch> = []
  // Defects, the failure of a stream of items, the interruption of a branch by itself: these no strategy tolerates.
  private fatal: Cause.Cause<unknown> = Cause.empty
  private died = 0
  private whenEnded: (() => void) | undefined

  constructor(plan: Plan, visit: Visit, parent: AnyFiber, branches: Branches | Streamed) {
    this.plan = plan
    this.visit = visit
    this.parent = parent
    this.branches = branches
    this.limit = plan.concurrency === "unbounded" ? Number.POSITIVE_INFINITY : plan.concurrency
    this.tally = new Tally(plan.rule, branches.size)
    this.decision = this.tally.decide()
  }

  run(): AnyEffect {
    if (this.decision !== "wait") return this.conclude()
    return Effect.flatMap(this.branchesEnd(), () => this.conclude())
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
    while (this.decision === "wait" && !this.held && this.open < this.limit) this.startNext()
    if (this.decision === "wait") return
    this.close()
    if (this.open > 0 || this.running.size > 0) return
    this.timer?.interruptUnsafe(this.parent.id)
    this.whenEnded?.()
  }

  private startNext(): void {
    const { branches } = this
    if (branches instanceof Streamed) {
      this.held = true
      branches.next(
        (stream) => this.fork(stream, (exit) => this.end(exit)),
        (branch) => this.arrive(branch)
      )
      return
    }
    const branch = this.take(branches)
    if (branch === undefined || this.decision !== "wait") return
    const { open } = this
    this.start(branch)
    if (this.open === open && --this.untilYield === 0) this.yieldFirst()
  }

  /** The next branch. Taking it runs code of the user, which may bring the end of another. */
  private take(branches: Branches): Branch | undefined {
    this.held = true
    this.open++
    try {
      const branch = branches.next()
      if (branch === undefined) this.end(Exit.void)
      else this.held = false
      return branch
    } catch (defect) {
      this.end(Exit.die(defect))
      return undefined
    } finally {
      this.open--
    }
  }

  private arrive(branch: Branch): void {
    if (this.decision !== "wait") return
    this.held = false
    this.start(branch)
    this.startMore()
  }

  /** There are no more branches, or what gives them has failed. */
  private end(exit: AnyExit): void {
    if (Exit.isSuccess(exit)) {
      this.tally.total = this.begun
      if (this.decision === "wait") this.decide(this.tally.decide())
    } else if (this.decision === "wait") {
      this.fatal = exit.cause
      this.decide("fail")
    } else {
      this.fatal = Cause.combine(this.fatal, onlyDefects(exit.cause))
    }
  }

  private close(): void {
    try {
      this.branches.close()
    } catch (defect) {
      this.fatal = Cause.combine(this.fatal, Cause.die(defect))
    }
  }

  /** Lets other fibers go first. */
  private yieldFirst(): void {
    this.held = true
    this.watch(fork(this.parent.context, Effect.yieldNow), undefined, () => {
      this.held = false
      this.untilYield = branchesBeforeYield
    })
  }

  private start(branch: Branch): void {
    const { attempt, run } = this.visit
    // The first steps of a branch may bring another's end, and with it the decision.
    this.open++
    this.begun++
    if (run.hooks === undefined) {
      this.go(branch, 0, this.begin(branch))
      return
    }
    const began = run.hooks.branchStarted(attempt, branch.name)
    this.began ??= began
    this.go(
      branch,
      began,
      run.hooks.branch(branch.name, () => this.begin(branch))
    )
  }

  /** Lets a branch go on that has begun. A finished Effect needs no fiber. */
  private go(branch: Branch, began: number, effect: AnyEffect): void {
    if (Exit.isExit(effect)) this.settle(branch, began, effect)
    else this.fork(effect, (exit) => this.settle(branch, began, exit))
  }

  private begin(branch: Branch): AnyEffect {
    const { undo } = branch
    if (undo?.compensation.uninterruptible) {
      return Effect.uninterruptible(Effect.suspend(() => this.beginRemembering(branch, undo)))
    }
    try {
      return undo === undefined ? toEffect(branch.begin(this.visit)) : this.beginRemembering(branch, undo)
    } catch (defect) {
      return Exit.die(defect)
    }
  }

  /** A branch that has succeeded may have to be undone, even if its success comes too late to count. */
  private beginRemembering({ begin, label, name }: Branch, undo: Undo): AnyEffect {
    const { visit } = this
    const { frame, payload, run } = visit
    return tapEffect(begin(visit), (value) => {
      if (isUsable(value)) run.steps.complete(undo, { name, value, payload, label }, frame)
    })
  }

  /** Runs an Effect in a fiber and a scope of its own, and calls back when both have ended. */
  private fork(effect: AnyEffect, ended: (exit: AnyExit) => void): void {
    const scope = Scope.makeUnsafe()
    const fiber = fork(Context.add(this.parent.context, Scope.Scope, scope), effect)
    this.watch(fiber, scope, ended)
    if (this.decision !== "wait") fiber.interruptUnsafe(this.parent.id)
  }

  /** Calls back when a fiber has ended and its scope is closed, and then starts what may start now. */
  private watch(fiber: AnyFiber, scope: Scope.Closeable | undefined, ended: (exit: AnyExit) => void): void {
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) {
      this.release(exit, scope, ended)
      return
    }
    this.running.add(fiber)
    fiber.addObserver((exit) => {
      this.running.delete(fiber)
      this.release(exit, scope, ended)
      this.startMore()
    })
  }

  /** Releases what was acquired in a scope, and calls back then. */
  private release(exit: AnyExit, scope: Scope.Closeable | undefined, ended: (exit: AnyExit) => void): void {
    if (scope === undefined || scope.state._tag === "Empty") {
      ended(exit)
      return
    }
    const release = fork(this.parent.context, Scope.close(scope, exit), { uninterruptible: true })
    this.watch(release, undefined, (released) => ended(Exit.isSuccess(released) ? exit : withDefect(exit, released)))
  }

  private settle(branch: Branch, began: number, exit: AnyExit): void {
    this.open--
    if (this.decision !== "wait") this.settleLate(branch, began, exit)
    else if (Exit.isSuccess(exit) && !isUsable(exit.value)) this.die(branch, began, this.invalid(branch, exit.value))
    else if (Exit.isSuccess(exit)) {
      this.tally.succeed(branch, exit.value)
      this.tell(branch, began, exit)
      this.decide(this.tally.decide())
    } else if (this.tally.fail(branch, exit.cause)) {
      this.tell(branch, began, exit)
      this.decide(this.tally.decide())
    } else this.die(branch, began, exit.cause)
  }

  /** A branch that ends the state, whatever the strategy. */
  private die(branch: Branch, began: number, cause: Cause.Cause<unknown>): void {
    this.fatal = cause
    this.tell(branch, began, Exit.failCause(cause))
    this.decide("fail")
  }

  /** A branch that was being stopped has no result any more, but its finalizers may have died. */
  private settleLate(branch: Branch, began: number, exit: AnyExit): void {
    this.stopped.push(branch)
    if (Exit.isFailure(exit) && Cause.hasDies(exit.cause)) {
      const defects = onlyDefects(exit.cause)
      this.fatal = Cause.combine(this.fatal, defects)
      this.tell(branch, began, Exit.failCause(defects))
    } else if (this.visit.run.hooks !== undefined) {
      this.tell(branch, began, Exit.interrupt())
    }
  }

  private invalid({ name }: Branch, received: unknown): Cause.Cause<never> {
    const { node, run } = this.visit
    const giver = typeof name === "string" ? `branch '${name}'` : `item ${name}`
    return Cause.die(invalidResult(run.workflow, node.name, giver, received))
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
    const { plan, tally } = this
    const ends = this.fatal.reasons.length > 0
    const { attempt, run } = this.visit
    run.hooks?.joined(attempt, this.began, {
      strategy: plan.strategy._tag,
      proceeds: this.decision === "proceed" && !ends,
      successes: tally.successes.length,
      failures: tally.failures.length + this.died,
      interrupted: (tally.total ?? this.begun) - tally.settled - this.died
    })
    if (ends) return Effect.failCause(this.fatal)
    if (this.decision === "fail") return Effect.failCause(plan.rule.failure(tally))
    return toEffect(
      plan.join(
        new JoinVisit(
          this.visit,
          plan.rule.results(tally, () => this.interrupted())
        )
      )
    )
  }

  /** What was stopped, and what is known not to have begun. */
  private interrupted(): ReadonlyArray<object> {
    const stopped = this.stopped.sort((a, b) => a.index - b.index)
    return [...stopped, ...this.branches.rest()].map(({ label }) => label)
  }

  private tell({ name }: Branch, began: number, exit: AnyExit): void {
    const { attempt, run } = this.visit
    if (Exit.hasDies(exit)) this.died++
    run.hooks?.branchEnded(attempt, name, began, exit)
  }
}

const fork = <A, E>(
  context: Context.Context<never>,
  effect: Effect.Effect<A, E, unknown>,
  options?: Effect.RunOptions
): Fiber.Fiber<A, E> =>
  // What the branches need is in the type of the workflow, and so in the context of its run.
  Effect.runForkWith(context)(effect as Effect.Effect<A, E>, options)

const withDefect = (exit: AnyExit, released: Exit.Failure<unknown, unknown>) =>
  Exit.failCause(Exit.isFailure(exit) ? Cause.combine(exit.cause, released.cause) : released.cause)

const onlyDefects = (cause: Cause.Cause<unknown>): Cause.Cause<never> =>
  Cause.fromReasons(cause.reasons.filter(Cause.isDieReason))
