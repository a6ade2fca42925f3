/**
 * The branches of a split and the items of a forEach: run as fibers of the visit, counted as they settle, stopped as soon
 * as the strategy has decided, and joined when the last of them has ended.
 *
 * It forks, observes and interrupts as Effect's own `raceAll` and `forEach` do, because neither leaves the decision to its
 * caller: deciding by a failure of the branch would put a handler around each.
 */
import { Cause, Context, Effect, Exit, Fiber, Scope } from "effect"
import type { Strategy } from "../Join.ts"
import { type Perform, performing } from "./Machine.ts"
import { toEffect } from "./result.ts"
import { ItemVisit, JoinVisit, type Visit } from "./Run.ts"
import type { AnyEffect, Concurrency, ForEachWork, SplitWork } from "../graph/Spec.ts"
import { type Decision, type Label, makeRule, type Rule, Tally } from "./strategies.ts"

/** The work of a split. */
export const joinNamed = (state: string, { branches, concurrency, join, strategy }: SplitWork): Perform => {
  const names = Object.keys(branches)
  const bodies = Object.values(branches).map(performing)
  const labels = names.map((branch) => ({ branch }))
  const rule = makeRule(state, strategy, (values) => Object.fromEntries(names.map((name, i) => [name, values[i]])))
  const then = performing(join)
  return (visit) => {
    const body = (index: number) => bodies[index]!(visit)
    return new Fan(visit, strategy, rule, labels, (index) => names[index]!, body).run(concurrency, then)
  }
}

/** The work of a forEach. */
export const joinItems = (state: string, { concurrency, each, items, join, strategy }: ForEachWork): Perform => {
  const run = performing(each)
  const rule = makeRule(state, strategy, (values) => values)
  const then = performing(join)
  return (visit) => {
    const all = Array.from((items as (visit: Visit) => Iterable<unknown>)(visit))
    const labels = all.map((item, index) => ({ index, item }))
    const body = (index: number) => run(new ItemVisit(visit, all[index], index))
    return new Fan(visit, strategy, rule, labels, (index) => index, body).run(concurrency, then)
  }
}

/** The branches of one visit. */
class Fan {
  private readonly visit: Visit
  private readonly strategy: Strategy
  private readonly rule: Rule
  private readonly nameOf: (index: number) => string | number
  private readonly body: (index: number) => unknown
  private readonly tally: Tally
  private readonly running = new Set<Fiber.Fiber<unknown, unknown>>()
  private timer: Fiber.Fiber<void> | undefined
  private started = 0
  private decision: Decision
  // Defects, and the interruption of a branch by itself: they end the run, whatever the strategy.
  private fatal: Cause.Cause<unknown> = Cause.empty
  private whenEnded: (() => void) | undefined

  constructor(
    visit: Visit,
    strategy: Strategy,
    rule: Rule,
    labels: ReadonlyArray<Label>,
    nameOf: (index: number) => string | number,
    body: (index: number) => unknown
  ) {
    this.visit = visit
    this.strategy = strategy
    this.rule = rule
    this.nameOf = nameOf
    this.body = body
    this.tally = new Tally(labels)
    this.decision = rule.decide(this.tally)
  }

  run(concurrency: Concurrency, then: Perform): AnyEffect {
    const limit = concurrency === "unbounded" ? Number.POSITIVE_INFINITY : concurrency
    return Effect.withFiber((parent) => {
      this.limitTime(parent)
      this.startMore(parent, limit)
      return this.hasEnded ? this.conclude(then) : Effect.flatMap(this.end, () => this.conclude(then))
    })
  }

  private get hasEnded(): boolean {
    return this.decision !== "wait" && this.running.size === 0
  }

  /** Waits until the last branch has ended; interrupted, it interrupts them all and waits for their finalizers. */
  private readonly end: Effect.Effect<void> = Effect.callback((resume) => {
    this.whenEnded = () => resume(Effect.void)
    return Effect.suspend(() => Fiber.interruptAll(this.timer ? [...this.running, this.timer] : this.running))
  })

  private startMore(parent: Fiber.Fiber<unknown, unknown>, limit: number): void {
    while (this.decision === "wait" && this.started < this.tally.total && this.running.size < limit) {
      this.start(parent, limit, this.started++)
    }
    if (!this.hasEnded) return
    this.timer?.interruptUnsafe(parent.id)
    this.whenEnded?.()
  }

  private start(parent: Fiber.Fiber<unknown, unknown>, limit: number, index: number): void {
    this.observe("BranchStarted", index)
    const effect = this.begin(index)
    // A finished Effect needs no fiber.
    if (Exit.isExit(effect)) return this.settle(parent, index, effect)
    const scope = Scope.makeUnsafe()
    const fiber = fork(
      Context.add(parent.context, Scope.Scope, scope),
      Effect.onExitPrimitive(effect, (exit) => Scope.closeUnsafe(scope, exit))
    )
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return this.settle(parent, index, exit)
    this.running.add(fiber)
    fiber.addObserver((exit) => {
      this.running.delete(fiber)
      this.settle(parent, index, exit)
      this.startMore(parent, limit)
    })
  }

  private begin(index: number): AnyEffect {
    try {
      return toEffect(this.body(index))
    } catch (defect) {
      return Exit.die(defect)
    }
  }

  private settle(parent: Fiber.Fiber<unknown, unknown>, index: number, exit: Exit.Exit<unknown, unknown>): void {
    if (this.decision !== "wait") return this.settleLate(index, exit)
    if (Exit.isSuccess(exit)) {
      this.tally.succeed(index, exit.value)
      this.observe("BranchSucceeded", index)
    } else if (this.tally.fail(index, exit.cause)) {
      this.observe("BranchFailed", index, exit.cause)
    } else {
      this.fatal = exit.cause
      this.observe(Cause.hasInterruptsOnly(exit.cause) ? "BranchInterrupted" : "BranchFailed", index, exit.cause)
      return this.decide(parent, "fail")
    }
    this.decide(parent, this.rule.decide(this.tally))
  }

  /** A branch that was being stopped has no result any more, but its finalizers may have died. */
  private settleLate(index: number, exit: Exit.Exit<unknown, unknown>): void {
    if (Exit.isFailure(exit)) {
      this.fatal = Cause.combine(this.fatal, Cause.fromReasons(exit.cause.reasons.filter(Cause.isDieReason)))
    }
    this.observe("BranchInterrupted", index)
  }

  private decide(parent: Fiber.Fiber<unknown, unknown>, decision: Decision): void {
    this.decision = decision
    if (decision === "wait") return
    for (const fiber of this.running) fiber.interruptUnsafe(parent.id)
  }

  /** Decides with what has settled when the time of `partialTimeout` is up. */
  private limitTime(parent: Fiber.Fiber<unknown, unknown>): void {
    if (this.strategy._tag !== "partialTimeout" || this.decision !== "wait") return
    this.timer = fork(parent.context, Effect.sleep(this.strategy.duration))
    this.timer.addObserver((exit) => {
      if (Exit.isSuccess(exit) && this.decision === "wait")
        this.decide(parent, this.tally.settled > 0 ? "proceed" : "fail")
    })
  }

  private conclude(then: Perform): AnyEffect {
    if (this.fatal.reasons.length > 0) return Effect.failCause(this.fatal)
    if (this.decision === "fail") return Effect.failCause(this.rule.failure(this.tally))
    return toEffect(then(new JoinVisit(this.visit, this.rule.results(this.tally))))
  }

  private observe(
    _tag: "BranchStarted" | "BranchSucceeded" | "BranchFailed" | "BranchInterrupted",
    index: number,
    cause?: Cause.Cause<unknown>
  ): void {
    const { node, run } = this.visit
    if (run.observe === undefined) return
    const branch = this.nameOf(index)
    run.observe(
      _tag === "BranchFailed" ? { _tag, state: node.name, branch, cause } : { _tag, state: node.name, branch }
    )
  }
}

const fork = <A, E>(context: Context.Context<never>, effect: Effect.Effect<A, E, unknown>): Fiber.Fiber<A, E> =>
  // What the branches need is in the type of the workflow, and so in the context of its run.
  Effect.runForkWith(context)(effect as Effect.Effect<A, E>)
