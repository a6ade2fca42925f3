/**
 * The branches of a split and the items of a forEach: run as child fibers, counted as they settle, stopped as soon as
 * the strategy has decided, and joined.
 *
 * The fibers are those of `Effect.forEach`: it starts them, caps them, and interrupts and awaits the rest when one fails.
 * A branch that brings the decision says so by failing with `stop`.
 */
import { Cause, Effect, Exit } from "effect"
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

const stop = Exit.fail(Symbol("the join has decided"))

const isStop = (reason: Cause.Reason<unknown>): boolean => reason === stopReason

const stopReason = Exit.isFailure(stop) ? stop.cause.reasons[0] : undefined

/** The branches of one visit. */
class Fan {
  private readonly visit: Visit
  private readonly strategy: Strategy
  private readonly rule: Rule
  private readonly nameOf: (index: number) => string | number
  private readonly body: (index: number) => unknown
  private readonly tally: Tally
  private decision: Decision
  // Defects of branches that were being stopped: their finalizers may die after the decision.
  private late: Cause.Cause<unknown> = Cause.empty

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
    if (this.decision !== "wait") return this.conclude(then)
    const branches = Effect.forEach(this.tally.labels, (_, index) => this.branch(index), { concurrency, discard: true })
    return Effect.matchCauseEffect(this.limited(branches), {
      onSuccess: () => this.conclude(then),
      onFailure: (cause) => (cause.reasons.some(isStop) ? this.conclude(then) : Effect.failCause(cause))
    })
  }

  /** Stops the branches when the time of `partialTimeout` is up. */
  private limited(branches: AnyEffect): AnyEffect {
    if (this.strategy._tag !== "partialTimeout") return branches
    const timeIsUp = Effect.suspend(() => {
      this.decision = this.tally.settled > 0 ? "proceed" : "fail"
      return stop
    })
    return Effect.raceFirst(branches, Effect.andThen(Effect.sleep(this.strategy.duration), timeIsUp))
  }

  private branch(index: number): AnyEffect {
    this.observe("BranchStarted", index)
    const effect = this.begin(index)
    // A finished Effect needs no fiber.
    if (Exit.isExit(effect)) return this.settle(index, effect)
    return Effect.matchCauseEffect(Effect.scoped(effect), {
      onSuccess: (value) => this.settle(index, Exit.succeed(value)),
      onFailure: (cause) => this.settle(index, Exit.failCause(cause))
    })
  }

  private begin(index: number): AnyEffect {
    try {
      return toEffect(this.body(index))
    } catch (defect) {
      return Exit.die(defect)
    }
  }

  private settle(index: number, exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> {
    if (this.decision !== "wait") return this.settleLate(index, exit)
    if (Exit.isSuccess(exit)) {
      this.tally.succeed(index, exit.value)
      this.observe("BranchSucceeded", index)
    } else if (this.tally.fail(index, exit.cause)) {
      this.observe("BranchFailed", index, exit.cause)
    } else {
      this.observe(Cause.hasInterruptsOnly(exit.cause) ? "BranchInterrupted" : "BranchFailed", index, exit.cause)
      return exit
    }
    this.decision = this.rule.decide(this.tally)
    return this.decision === "wait" || this.tally.settled === this.tally.total ? Exit.void : stop
  }

  private settleLate(index: number, exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> {
    if (Exit.isFailure(exit) && Cause.hasDies(exit.cause)) this.late = Cause.combine(this.late, exit.cause)
    this.observe("BranchInterrupted", index)
    return Exit.void
  }

  private conclude(then: Perform): AnyEffect {
    if (Cause.hasDies(this.late)) return Effect.failCause(this.late)
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
