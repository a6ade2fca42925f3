/**
 * A simple interpreter of the random workflows: it predicts what a run does, over virtual time, without Effect and
 * without the engine.
 *
 * Everything is worked out from "begins at this time, must stop at that limit". What has not ended by its limit is
 * interrupted there, and ends when its finalizers have. Only the branches of a fan run at once: they are a list of events
 * taken in order of time.
 *
 * At one instant these rules apply. Branches start in order, and one that need not wait settles before the next one
 * starts. One that yields goes on after whatever was ready before it. Any other coincidence makes a scenario ambiguous.
 */
import {
  branchName,
  branchValue,
  type Fan,
  itemName,
  type Payload,
  payloadAfter,
  type Policy,
  type Scenario,
  type State,
  type Step,
  type Strategy,
  targetOf,
  type Work,
  workAt
} from "./model.ts"
import { type Observation, show, Trace } from "./observation.ts"

/** A prediction, unless it depends on the order of unrelated events at one instant. */
export interface Prediction extends Observation {
  readonly ambiguous: boolean
}

interface Failure {
  readonly _tag: string
}

type Result =
  | { readonly _tag: "done"; readonly value: unknown }
  | { readonly _tag: "failed"; readonly error: Failure }
  /** `late` when it was interrupted before its finalizers had run: it has died all the same. */
  | { readonly _tag: "died"; readonly defects: ReadonlyArray<string>; readonly late?: true }
  /** It interrupted itself, or was interrupted at its limit. */
  | { readonly _tag: "interrupted"; readonly by: "itself" | "limit" }

interface Ended {
  readonly at: number
  readonly result: Result
}

interface Transition {
  readonly to: string
  readonly payload: Payload
}

/** A visit of a state. */
interface Visit {
  readonly state: State
  readonly payload: Payload
  attempts: number
  /** What was acquired in the scope of the visit: who, and how long its release takes. */
  readonly acquired: Array<{ readonly who: string; readonly delay: number }>
}

const interrupted: Result = { _tag: "interrupted", by: "limit" }

/** What ends after its limit has been interrupted there. A defect stays one. */
const within = (limit: number, { at, result }: Ended): Ended => {
  if (at <= limit) return { at, result }
  return { at, result: result._tag === "died" ? { ...result, late: true } : interrupted }
}

/** Whether something was interrupted at its limit. */
const isCutOff = (result: Result): boolean =>
  result._tag === "interrupted" ? result.by === "limit" : result._tag === "died" && result.late === true

/** Predicts what a run does. */
export const predict = (scenario: Scenario): Prediction => new Interpreter(scenario).run()

class Interpreter {
  private readonly scenario: Scenario
  private readonly trace = new Trace()
  private readonly visits: Array<string> = []
  private readonly path: Array<string> = []
  private readonly dueTimes = new Set<number>()
  private ambiguous = false

  constructor(scenario: Scenario) {
    this.scenario = scenario
  }

  run(): Prediction {
    const { exits, input, interruptAt, states } = this.scenario
    const places = new Map(states.map((state) => [state.name, state]))
    this.due(0, interruptAt)
    let place = states[0]!.name
    let payload = input
    let time = 0
    while (!exits.includes(place)) {
      const visit: Visit = { state: places.get(place)!, payload, attempts: 0, acquired: [] }
      this.visits.push(`${time} ${place} ${show(payload)}`)
      this.path.push(place)
      const { at, result } = this.visit(visit, time, interruptAt)
      if (result._tag !== "done") return this.prediction(at, result, visit)
      const transition = result.value as Transition
      place = transition.to
      payload = transition.payload
      time = at
    }
    this.visits.push(`${time} ${place}`)
    return this.prediction(time, { _tag: "done", value: { _tag: place, payload } }, undefined)
  }

  private prediction(endedAt: number, result: Result, visit: Visit | undefined): Prediction {
    const failed = visit !== undefined && result._tag !== "interrupted" && !isCutOff(result)
    const where = { state: visit?.state.name, attempt: Math.max(1, visit?.attempts ?? 0), path: this.path.slice(-32) }
    return {
      outcome: describeResult(result),
      endedAt,
      failedIn: failed ? show(where) : "",
      visits: this.scenario.forked ? this.visits : [],
      trace: this.trace.sorted(),
      leftBehind: [],
      ambiguous: this.ambiguous
    }
  }

  /** Notes when something is due to happen: two such times must not be the same. */
  private due(now: number, time: number): number {
    if (time > now && time < Number.POSITIVE_INFINITY) {
      if (this.dueTimes.has(time)) this.ambiguous = true
      this.dueTimes.add(time)
    }
    return time
  }

  /** What was due at a time will not happen after all. */
  private cancel(time: number): void {
    this.dueTimes.delete(time)
  }

  /** A visit: the work within its policies, then the finalizers in reverse order of acquisition. */
  private visit(visit: Visit, start: number, limit: number): Ended {
    const { at, result } = this.policies(visit, visit.state.policies, start, limit)
    let time = at
    for (const { delay, who } of visit.acquired.toReversed()) time = this.due(time, this.release(who, time, delay))
    return within(limit, { at: time, result })
  }

  /** The last policy stands around all those before it. */
  private policies(visit: Visit, policies: ReadonlyArray<Policy>, start: number, limit: number): Ended {
    const policy = policies.at(-1)
    if (policy === undefined) {
      visit.attempts++
      return this.work(visit, start, limit)
    }
    const inner = (from: number, until: number) => this.policies(visit, policies.slice(0, -1), from, until)
    if (policy._tag === "timeout") return this.timeout(visit.state, policy.duration, inner, start, limit)
    if (policy._tag === "retry") {
      let ended = inner(start, limit)
      for (let i = 0; i < policy.times && ended.result._tag === "failed"; i++) ended = inner(ended.at, limit)
      return ended
    }
    const { at, result } = inner(start, limit)
    if (result._tag !== "failed") return { at, result }
    if (policy.tags.length > 0 && !policy.tags.includes(result.error._tag)) return { at, result }
    return this.step(visit, policy.step, `catch${policies.length - 1}`, result.error, at, limit)
  }

  private timeout(
    { name, work }: State,
    duration: number,
    inner: (start: number, limit: number) => Ended,
    start: number,
    limit: number
  ): Ended {
    const up = this.due(start, start + duration)
    const { at, result } = inner(start, Math.min(up, limit))
    if (at < up) this.cancel(up)
    if (!isCutOff(result)) return { at, result }
    // What is raced against the time is not asked for its defects any more when it is interrupted.
    if (up >= limit) return { at, result: interrupted }
    const _tag = work._tag === "task" ? "StateTimeout" : "JoinTimeout"
    return within(limit, { at, result: failed({ _tag, state: name, duration }) })
  }

  private work(visit: Visit, start: number, limit: number): Ended {
    const { payload, state } = visit
    const { name, work } = state
    if (work._tag === "task") return this.step(visit, work.step, "", [payload, this.scenario.input], start, limit)
    if (work._tag !== "route") return this.fan(visit, work, start, limit)
    this.begin(start, name, visit.attempts, [payload, this.scenario.input])
    return { at: start, result: work.end === "die" ? died(name, visit.attempts) : this.go(visit, work.picks, 0) }
  }

  private go({ payload, state }: Visit, picks: ReadonlyArray<number>, found: number): Result {
    const transition: Transition = { to: targetOf(state, picks, payload), payload: payloadAfter(payload, found) }
    return { _tag: "done", value: transition }
  }

  /** A function that ends in a transition: a task, a join or a catch. What it acquires belongs to the visit. */
  private step(
    visit: Visit,
    { picks, script }: Step,
    part: string,
    given: unknown,
    start: number,
    limit: number,
    found = 0
  ): Ended {
    const who = part === "" ? visit.state.name : `${visit.state.name}.${part}`
    this.begin(start, who, visit.attempts, given)
    const work = workAt(script, visit.attempts)
    const { delay, release } = work
    const name = `${who}#${visit.attempts}`
    if (release?.how === "scope") visit.acquired.push({ who: name, delay: release.delay })
    const ends = this.due(start, work.end === "hang" ? Number.POSITIVE_INFINITY : start + lasting(delay))
    const result =
      ends > limit ? interrupted : this.result(work, who, visit.attempts, () => this.go(visit, picks, found))
    const at = Math.min(ends, limit)
    const released = release?.how === "ensuring" ? this.due(at, this.release(name, at, release.delay)) : at
    return within(limit, { at: released, result })
  }

  private result(work: Work, who: string, attempt: number, succeed: () => Result): Result {
    switch (work.end) {
      case "succeed":
        return succeed()
      case "die":
        return died(who, attempt)
      case "interrupt":
        return { _tag: "interrupted", by: "itself" }
      case "hang":
        return interrupted
      default:
        return failed({ _tag: work.end, site: who })
    }
  }

  private begin(time: number, who: string, attempt: number, given: unknown): void {
    this.trace.add(time, `${who}#${attempt} begins with ${show(given)}`)
  }

  private release(who: string, start: number, delay: number): number {
    const end = start + delay
    this.trace.add(start, `${who} is being released`)
    this.trace.add(end, `${who} is released`)
    return end
  }

  /** The branches of a fan, then its join. */
  private fan(visit: Visit, fan: Fan, start: number, limit: number): Ended {
    const branches = new Branches(visit, fan)
    const timeUp =
      fan.strategy._tag === "partialTimeout" && branches.decision === undefined
        ? this.due(start, start + fan.strategy.duration)
        : Number.POSITIVE_INFINITY
    let now = start
    while (branches.decision === undefined) {
      const index = branches.next()
      if (index !== undefined) {
        this.startBranch(visit, fan, branches, index, now)
        continue
      }
      const first = branches.earliest()
      const due = Math.min(first.settles, timeUp, limit)
      now = due
      if (due === first.settles) this.settle(visit, branches, first)
      else if (due === timeUp) branches.giveUp()
      else break
    }
    if (now < timeUp) this.cancel(timeUp)
    const { at, defects } = this.stop(visit, branches, now)
    const decision = branches.decision
    if (decision === undefined) {
      return { at, result: defects.length > 0 ? { _tag: "died", defects, late: true } : interrupted }
    }
    if (defects.length > 0) return within(limit, { at, result: { _tag: "died", defects } })
    if (decision._tag !== "done") return within(limit, { at, result: decision })
    if (at > limit) return { at, result: interrupted }
    return this.step(visit, fan.join, "join", decision.value, at, limit, branches.found())
  }

  private startBranch(visit: Visit, fan: Fan, branches: Branches, index: number, now: number): void {
    const who = `${visit.state.name}.${branchName(index)}`
    const work = workAt(fan.branches[index]!, visit.attempts)
    this.begin(now, who, visit.attempts, fan._tag === "forEach" ? [itemName(index), index] : visit.payload)
    this.event(visit, now, "BranchStarted", index)
    const ends = this.due(now, work.end === "hang" ? Number.POSITIVE_INFINITY : now + lasting(work.delay))
    const settles = work.release === undefined ? ends : this.due(ends, ends + work.release.delay)
    const value = branchValue(index, visit.payload)
    const result = this.result(work, who, visit.attempts, () => ({ _tag: "done", value }))
    const yields = work.delay === "yield"
    const branch = {
      index,
      who: `${who}#${visit.attempts}`,
      yields,
      ends,
      settles,
      release: work.release?.delay,
      result
    }
    branches.running.push(branch)
    if (settles === now && !yields) this.settle(visit, branches, branch)
  }

  private settle(visit: Visit, branches: Branches, branch: Branch): void {
    this.releaseBranch(branch, branch.ends)
    this.event(visit, branch.settles, eventOf(branch.result), branch.index)
    branches.settle(branch)
  }

  private releaseBranch({ release, who }: Branch, from: number): number {
    return release === undefined ? from : this.release(who, from, release)
  }

  /** Interrupts what still runs. A branch that has died is not saved by this, though its finalizers may still be running. */
  private stop(visit: Visit, branches: Branches, now: number): { at: number; defects: ReadonlyArray<string> } {
    const { decision, running } = branches
    const defects = decision?._tag === "died" ? [...decision.defects] : []
    let at = now
    for (const branch of running) {
      // Whether it had its turn before it was stopped at the same instant, the list of events does not say.
      if (branch.ends === now && branch.yields && branch.result._tag === "died") this.ambiguous = true
      const ended = this.releaseBranch(branch, Math.min(branch.ends, now))
      if (branch.ends <= now && branch.result._tag === "died") defects.push(...branch.result.defects)
      this.event(visit, ended, "BranchInterrupted", branch.index)
      at = Math.max(at, ended)
    }
    return { at, defects }
  }

  private event({ state }: Visit, time: number, what: string, index: number): void {
    if (this.scenario.forked) this.trace.add(time, `${what} ${state.name}.${branchName(index)}`)
  }
}

/** A branch that runs: when its work ends, and when its finalizers have, unless it is stopped. */
interface Branch {
  readonly index: number
  readonly who: string
  /** Whether it ends after a yield, and not at once. */
  readonly yields: boolean
  readonly ends: number
  readonly settles: number
  readonly release: number | undefined
  readonly result: Result
}

interface Settled {
  readonly index: number
  readonly result: Result
}

/** The branches of one visit: what runs, what has settled, and what that decides. */
class Branches {
  readonly running: Array<Branch> = []
  decision: Result | undefined
  private started = 0
  private readonly settled: Array<Settled> = []
  private readonly visit: Visit
  private readonly fan: Fan
  private readonly total: number

  constructor(visit: Visit, fan: Fan) {
    this.visit = visit
    this.fan = fan
    this.total = fan.branches.length
    this.decision = this.decide()
  }

  /** The next branch to start, if there is one and a place for it. */
  next(): number | undefined {
    const { concurrency } = this.fan
    const free = concurrency === "unbounded" || this.running.length < concurrency
    return free && this.started < this.total ? this.started++ : undefined
  }

  /** The branch that settles first; of those at one instant, the one that started first. */
  earliest(): Branch {
    return this.running.reduce((first, branch) => (branch.settles < first.settles ? branch : first))
  }

  settle(branch: Branch): void {
    this.running.splice(this.running.indexOf(branch), 1)
    if (branch.result._tag === "died" || branch.result._tag === "interrupted") {
      this.decision = branch.result
    } else {
      this.settled.push(branch)
      this.decision = this.decide()
    }
  }

  /** The time of `partialTimeout` is up. */
  giveUp(): void {
    this.decision = this.settled.length > 0 ? this.proceed(this.parts()) : this.noneCompleted()
  }

  /** The sum of what the branches have found that the join is told of. */
  found(): number {
    const told = this.fan.strategy._tag === "any" ? this.successes().slice(0, 1) : this.successes()
    return told.reduce((sum, { value }) => sum + (value as number), 0)
  }

  private decide(): Result | undefined {
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
          ? failed({ _tag: "AllBranchesFailed", state: this.visit.state.name, failures: this.failures() })
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
    const { name } = this.visit.state
    return failed({ _tag: "QuorumNotReached", state: name, required, successes, failures: this.failures() })
  }

  private tolerate(tolerated: number, failures: number): Result | undefined {
    if (failures > tolerated) {
      const { name } = this.visit.state
      return failed({ _tag: "ToleranceExceeded", state: name, tolerated, failures: this.failures() })
    }
    return this.settled.length === this.total ? this.proceed(this.sides()) : undefined
  }

  private noneCompleted(): Result {
    const { duration } = this.fan.strategy as Extract<Strategy, { readonly duration: number }>
    return failed({ _tag: "NoBranchCompleted", state: this.visit.state.name, duration })
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

const lasting = (delay: Work["delay"]): number => (delay === "yield" ? 0 : delay)

const failed = (error: Failure & Record<string, unknown>): Result => ({ _tag: "failed", error })

const died = (who: string, attempt: number): Result => ({ _tag: "died", defects: [`defect of ${who}#${attempt}`] })

const wholeAbove = (part: number, of: number): number => (part - (part % of)) / of + (part % of > 0 ? 1 : 0)

const wholeBelow = (part: number, of: number): number => (part - (part % of)) / of

const eventOf = (result: Result): string => {
  if (result._tag === "done") return "BranchSucceeded"
  return result._tag === "interrupted" ? "BranchInterrupted" : "BranchFailed"
}

const describeResult = (result: Result): string => {
  switch (result._tag) {
    case "done":
      return `ended in ${show(result.value)}`
    case "failed":
      return `failed with ${show(result.error)}`
    case "died":
      return `died of ${result.defects.toSorted().join(", ")}`
    case "interrupted":
      return "interrupted"
  }
}
