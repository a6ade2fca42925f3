/**
 * The branches of a split or a forEach, as the reference interpreter sees them: a list of events taken in order of time.
 */
import {
  type Branch,
  branchName,
  branchValue,
  type Fan,
  itemName,
  type Payload,
  type Strategy,
  type Undo,
  undoOf,
  type Work,
  workAt
} from "./model.ts"
import { describeCause, type Ended, failed, interrupted, type Result, within } from "./result.ts"
import type { Completed } from "./rollback.ts"
import { endOf, resultOf, type Timeline } from "./timeline.ts"

/** The visit that branches belong to. */
export interface FanVisit {
  readonly state: string
  readonly payload: Payload
  readonly input: Payload
  readonly attempt: number
}

/** A branch that runs. */
interface Running {
  readonly index: number
  readonly who: string
  readonly work: Work
  readonly began: number
  readonly undo: Undo | undefined
  /** When its work ends, unless it is stopped. */
  readonly ends: number
  /** When it is completed: with those of its finalizers that are not in its scope. */
  readonly completes: number
  /** When its finalizers have ended. */
  readonly settles: number
  readonly result: Result
  completed: boolean
}

interface Settled {
  readonly index: number
  readonly result: Result
}

/** Runs the branches of one visit until the strategy has decided; what they give is what the join is given. */
export class Branches {
  private readonly running: Array<Running> = []
  private readonly tally: Tally
  private readonly timeline: Timeline
  private readonly visit: FanVisit
  private readonly fan: Fan
  private readonly complete: (step: Completed) => void
  private decision: Result | undefined
  private started = 0
  private died = 0

  constructor(timeline: Timeline, visit: FanVisit, fan: Fan, complete: (step: Completed) => void) {
    this.timeline = timeline
    this.visit = visit
    this.fan = fan
    this.complete = complete
    this.tally = new Tally(visit.state, fan)
    this.decision = this.tally.decide()
  }

  run(start: number, limit: number): Ended {
    const { strategy } = this.fan
    const timeUp =
      strategy._tag === "partialTimeout" && this.decision === undefined
        ? this.timeline.due(start, start + strategy.duration)
        : Number.POSITIVE_INFINITY
    let now = start
    while (this.decision === undefined) {
      const index = this.next()
      if (index !== undefined) {
        this.start(index, now)
        continue
      }
      const first = this.earliest()
      now = Math.min(first.settles, timeUp, limit)
      this.completeUntil(now, now === first.settles ? first.index : -1)
      if (now === first.settles) this.settle(first)
      else if (now === timeUp) this.decision = this.tally.giveUp()
      else break
    }
    if (now < timeUp) this.timeline.cancel(timeUp)
    const { at, defects } = this.stop(now)
    if (this.decision === undefined) {
      return { at, result: defects.length > 0 ? { _tag: "died", defects, late: true } : interrupted }
    }
    if (at <= limit) this.joined(start, at, this.decision._tag === "done" && defects.length === 0)
    const fatal: Result = { _tag: "died", defects, interrupted: this.decision._tag === "interrupted" }
    // Who waits for the branches and is interrupted does not hear any more what was decided, but for defects.
    if (at > limit && defects.length === 0) return { at, result: interrupted }
    return within(limit, { at, result: defects.length > 0 ? fatal : this.decision })
  }

  /** The sum of what the branches have found that the join is told of. */
  found(): number {
    return this.tally.found()
  }

  private joined(start: number, time: number, proceeds: boolean): void {
    const { successes, total, ...settled } = this.tally.counts()
    const failures = settled.failures + this.died
    this.tell(time, "Joined", {
      strategy: this.fan.strategy._tag.replace(/^tolerate.*/, "tolerate"),
      duration: this.started === 0 ? 0 : time - start,
      proceeds,
      successes,
      failures,
      interrupted: total - successes - failures
    })
  }

  /** The next branch to start, if there is one and a place for it. */
  private next(): number | undefined {
    const { branches, concurrency } = this.fan
    const free = concurrency === "unbounded" || this.running.length < concurrency
    return free && this.started < branches.length ? this.started++ : undefined
  }

  /** The branch that settles first; of those at one instant, the one that started first. */
  private earliest(): Running {
    return this.running.reduce((first, branch) => (branch.settles < first.settles ? branch : first))
  }

  private start(index: number, now: number): void {
    const { attempt, payload, state } = this.visit
    const { script }: Branch = this.fan.branches[index]!
    const who = `${state}.${branchName(index)}#${attempt}`
    const work = workAt(script, attempt)
    this.timeline.begin(now, who, this.fan._tag === "forEach" ? [itemName(index), index] : payload)
    this.tell(now, "BranchStarted", { branch: this.nameOf(index) })
    const ends = this.timeline.due(now, endOf(work, now))
    const settles = work.release === undefined ? ends : this.timeline.due(ends, ends + work.release.delay)
    const branch: Running = {
      index,
      who,
      work,
      began: now,
      undo: undoOf(this.fan, index),
      ends,
      completes: work.release?.how === "ensuring" ? settles : ends,
      settles,
      result: resultOf(work, who, () => ({ _tag: "done", value: branchValue(index, payload) })),
      completed: false
    }
    this.running.push(branch)
    if (work.delay === "yield") return
    if (branch.completes === now) this.completes(branch)
    if (settles === now) this.settle(branch)
  }

  private settle(branch: Running): void {
    this.release(branch, branch.ends)
    this.ended(branch, branch.settles, branch.result)
    this.running.splice(this.running.indexOf(branch), 1)
    const { result } = branch
    if (result._tag === "died" || result._tag === "interrupted") {
      this.decision = result
    } else {
      this.tally.settle(branch)
      this.decision = this.tally.decide()
    }
  }

  private releaseNow({ who, work }: Running, now: number): number {
    return work.release === undefined ? now : this.timeline.release(who, now, work.release.delay)
  }

  private release({ who, work }: Running, from: number): number {
    return work.release === undefined ? from : this.timeline.noteRelease(who, from, work.release.delay)
  }

  /** Completes what is due before a time, and at that time the branches up to one. */
  private completeUntil(time: number, upTo: number): void {
    const due = this.running.filter(({ completes, index }) => completes < time || (completes === time && index <= upTo))
    for (const branch of due.toSorted((a, b) => a.completes - b.completes)) this.completes(branch)
  }

  private completes(branch: Running): void {
    const { index, result, undo } = branch
    if (branch.completed || undo === undefined || result._tag !== "done") return
    branch.completed = true
    const { input, payload, state } = this.visit
    const isItem = this.fan._tag === "forEach"
    this.complete({
      who: `${state}.${isItem ? "each" : branchName(index)}.undo`,
      state,
      branch: this.nameOf(index),
      payload: result.value,
      undo,
      given: [payload, input, result.value, ...(isItem ? [itemName(index), index] : [])]
    })
  }

  /**
   * Interrupts what still runs. A branch that has died is not saved by this, though its finalizers may still be running;
   * one that is uninterruptible ends as it would have, and is completed though it does not count any more.
   */
  private stop(now: number): { readonly at: number; readonly defects: ReadonlyArray<string> } {
    const defects = this.decision?._tag === "died" ? [...this.decision.defects] : []
    let at = now
    for (const branch of this.running) {
      const { ends, result } = branch
      const finishes = branch.undo?.uninterruptible === true
      // Whether it had its turn before it was stopped at the same instant, the list of events does not say.
      const matters =
        result._tag === "died" || (result._tag === "done" && branch.undo !== undefined && !branch.completed)
      if (ends === now && branch.work.delay === "yield" && matters) this.timeline.ambiguous = true
      const dies = result._tag === "died" && (finishes || ends <= now)
      if (dies) defects.push(...result.defects)
      // When the finalizers of what has ended by itself are due is known from its start.
      const ended = finishes || ends <= now ? this.release(branch, ends) : this.releaseNow(branch, now)
      this.ended(branch, ended, dies ? result : interrupted)
      at = Math.max(at, ended)
    }
    const finishing = this.running.filter(({ undo }) => undo?.uninterruptible)
    for (const branch of finishing.toSorted((a, b) => a.completes - b.completes)) this.completes(branch)
    return { at, defects }
  }

  private ended({ began, index }: Running, time: number, result: Result): void {
    if (result._tag === "died") this.died++
    const failed = result._tag === "failed" || result._tag === "died"
    const tag = result._tag === "done" ? "BranchSucceeded" : failed ? "BranchFailed" : "BranchInterrupted"
    this.tell(time, tag, {
      branch: this.nameOf(index),
      duration: time - began,
      ...(failed ? { cause: describeCause(result) } : {})
    })
  }

  private nameOf(index: number): string | number {
    return this.fan._tag === "forEach" ? index : branchName(index)
  }

  private tell(time: number, tag: string, fields: object): void {
    const { attempt, state } = this.visit
    this.timeline.tell(time, tag, state, { attempt, ...fields })
  }
}

/** What has settled of the branches of one visit, and what that decides. */
class Tally {
  private readonly settled: Array<Settled> = []
  private readonly state: string
  private readonly fan: Fan
  private readonly total: number

  constructor(state: string, fan: Fan) {
    this.state = state
    this.fan = fan
    this.total = fan.branches.length
  }

  settle(branch: Settled): void {
    this.settled.push(branch)
  }

  /** The time of `partialTimeout` is up. */
  giveUp(): Result {
    return this.settled.length > 0 ? this.proceed(this.parts()) : this.noneCompleted()
  }

  counts(): { readonly successes: number; readonly failures: number; readonly total: number } {
    const successes = this.successes().length
    return { successes, failures: this.settled.length - successes, total: this.total }
  }

  /** The sum of what the branches have found that the join is told of. */
  found(): number {
    const told = this.fan.strategy._tag === "any" ? this.successes().slice(0, 1) : this.successes()
    return told.reduce((sum, { value }) => sum + (value as number), 0)
  }

  decide(): Result | undefined {
    const { strategy } = this.fan
    const { total } = this
    const succeeded = this.successes().length
    const failures = this.settled.length - succeeded
    const allSettled = this.settled.length === total
    switch (strategy._tag) {
      case "all":
        if (failures > 0) return this.settled.find(({ result }) => result._tag === "failed")!.result
        return allSettled ? this.proceed(this.named()) : undefined
      case "any":
        if (succeeded > 0) return this.proceed(this.successes()[0])
        return allSettled
          ? failed({ _tag: "AllBranchesFailed", state: this.state, failures: this.failures() })
          : undefined
      case "quorum":
        return this.quorum(strategy.required, () => this.successes())
      case "percentage":
        return this.quorum(wholeAbove(strategy.share.part * total, strategy.share.of), () => this.successes())
      case "partialResults":
        return this.quorum(strategy.required, () => this.parts())
      case "tolerateFailures":
        return this.tolerate(strategy.failures, failures)
      case "tolerateRate":
        return this.tolerate(wholeBelow(strategy.share.part * total, strategy.share.of), failures)
      case "settled":
        return allSettled ? this.proceed(this.sides()) : undefined
      case "partialTimeout":
        if (total === 0) return this.noneCompleted()
        return allSettled ? this.proceed(this.parts()) : undefined
    }
  }

  private proceed(results: unknown): Result {
    return { _tag: "done", value: results }
  }

  private quorum(required: number, results: () => unknown): Result | undefined {
    const successes = this.successes()
    if (successes.length >= required) return this.proceed(results())
    const open = this.total - this.settled.length
    if (successes.length + open >= required) return undefined
    return failed({ _tag: "QuorumNotReached", state: this.state, required, successes, failures: this.failures() })
  }

  private tolerate(tolerated: number, failures: number): Result | undefined {
    if (failures > tolerated) {
      return failed({ _tag: "ToleranceExceeded", state: this.state, tolerated, failures: this.failures() })
    }
    return this.settled.length === this.total ? this.proceed(this.sides()) : undefined
  }

  private noneCompleted(): Result {
    const { duration } = this.fan.strategy as Extract<Strategy, { readonly duration: number }>
    return failed({ _tag: "NoBranchCompleted", state: this.state, duration })
  }

  private label(index: number): object {
    return this.fan._tag === "split" ? { branch: branchName(index) } : { index, item: itemName(index) }
  }

  /** In completion order. */
  private successes(): ReadonlyArray<{ readonly value: unknown }> {
    return this.settled.flatMap(({ index, result }) =>
      result._tag === "done" ? [{ ...this.label(index), value: result.value }] : []
    )
  }

  private inOrder(): ReadonlyArray<Settled> {
    return this.settled.toSorted((a, b) => a.index - b.index)
  }

  private failures(): ReadonlyArray<unknown> {
    return this.inOrder().flatMap(({ index, result }) =>
      result._tag === "failed" ? [{ ...this.label(index), error: result.error }] : []
    )
  }

  /** Every value under the name of its branch, or in item order. */
  private named(): unknown {
    const values = this.inOrder().map(({ result }) => (result._tag === "done" ? result.value : undefined))
    return this.fan._tag === "forEach"
      ? values
      : Object.fromEntries(values.map((value, index) => [branchName(index), value]))
  }

  private sides(): object {
    const successes = this.inOrder().flatMap(({ index, result }) =>
      result._tag === "done" ? [{ ...this.label(index), value: result.value }] : []
    )
    return { successes, failures: this.failures() }
  }

  private parts(): object {
    const known = new Set(this.settled.map(({ index }) => index))
    const others = this.fan.branches.flatMap((_, index) => (known.has(index) ? [] : [this.label(index)]))
    return { ...this.sides(), interrupted: others }
  }
}

const wholeAbove = (part: number, of: number): number => (part - (part % of)) / of + (part % of > 0 ? 1 : 0)

const wholeBelow = (part: number, of: number): number => (part - (part % of)) / of
