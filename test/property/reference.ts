/**
 * A simple interpreter of the random workflows: it predicts what a run does, over virtual time, without Effect and
 * without the engine.
 *
 * Everything is worked out from "begins at this time, must stop at that limit". What has not ended by its limit is
 * interrupted there, and ends when its finalizers have. Only the branches of a fan run at once.
 *
 * At one instant these rules apply. Branches start in order, and one that need not wait settles before the next one
 * starts. One that yields goes on after whatever was ready before it. Any other coincidence makes a scenario ambiguous.
 */
import { Branches } from "./branches.ts"
import {
  answersAt,
  type Fan,
  isUninterruptible,
  isWatched,
  type Payload,
  type Policy,
  type Poll,
  payloadAfter,
  type Scenario,
  type Signal,
  type State,
  type Step,
  targetOf,
  type Wait,
  workAt,
  workflowName
} from "./model.ts"
import { type Observation, show } from "./observation.ts"
import {
  describeCause,
  describeDefects,
  describeResult,
  died,
  type Ended,
  failed,
  interrupted,
  isCutOff,
  pastHandler,
  type Result,
  within
} from "./result.ts"
import { Rollback } from "./rollback.ts"
import { type Acquired, type Run, Timeline } from "./timeline.ts"

/** A prediction, unless it depends on the order of unrelated events at one instant. */
export interface Prediction extends Observation {
  readonly ambiguous: boolean
}

interface Transition {
  readonly to: string
  readonly payload: Payload
  readonly after: number | undefined
}

/** A visit of a state. */
interface Visit {
  readonly state: State
  readonly payload: Payload
  attempts: number
  /** What was acquired in the scope of the visit. */
  readonly acquired: Array<Acquired>
  /** The signals that its attempt has taken. */
  readonly taken: Array<Signal>
}

/** Where a step may go. */
type Go = (step: Pick<Step, "picks" | "after">) => Result

/** Predicts what a run does. */
export const predict = (scenario: Scenario): Prediction => new Interpreter(scenario).run()

const undosAfter = ({ undos }: State, policy: number): State["undos"] =>
  undos.filter(({ position }) => position > policy)

class Interpreter {
  private readonly scenario: Scenario
  private readonly timeline: Timeline
  private readonly rollback: Rollback
  /** From when the run was at which place. */
  private readonly places: Array<{ readonly time: number; readonly place: string }> = []
  private readonly path: Array<string> = []
  /** The signals that no state has taken yet. */
  private readonly signals: Array<Signal>
  private visit: Visit | undefined
  /** The place the run is at. */
  private place: string

  constructor(scenario: Scenario) {
    this.scenario = scenario
    this.timeline = new Timeline(isWatched(scenario))
    this.rollback = new Rollback(this.timeline, scenario.compensationTimeout, scenario.rollback)
    this.signals = [...scenario.signals]
    this.place = scenario.states[0]!.name
  }

  run(): Prediction {
    const { interruptAt, signals, timeout } = this.scenario
    this.timeline.due(0, interruptAt)
    for (const { at } of signals) this.timeline.due(0, at)
    this.timeline.tell(0, "RunStarted", this.place, { input: this.scenario.input })
    const run: Run = (_, limit) => this.untilExit(limit)
    const error = { _tag: "RunTimeout", workflow: workflowName, duration: timeout }
    const timedOut: Run = (at) => ({ at, result: failed(error) })
    const atExit = (timeout === undefined ? run : this.timeline.timeout(timeout, run, timedOut))(0, interruptAt)
    const ended = atExit.result._tag === "done" ? this.exit(atExit, interruptAt) : atExit
    if (ended.result._tag !== "done") return this.failure(ended)
    return this.prediction(ended.at, describeResult(ended.result), "")
  }

  /** Ends a run that has failed: releases what the last visit has acquired, and then undoes what was completed. */
  private failure({ at, result }: Ended): Prediction {
    const { interruptAt } = this.scenario
    const { rollback } = this
    const released = this.timeline.close(this.visit?.acquired ?? [], at)
    const endedAt = rollback.undo(0, rollback.reason ?? result, released)
    const isInterrupted = isCutOff(result) || endedAt > interruptAt
    if (rollback.isClean) {
      // A failure stays one, also if the run is interrupted before it has ended.
      const final = result._tag === "failed" ? result : within(interruptAt, { at: endedAt, result }).result
      return this.prediction(endedAt, describeResult(final), final._tag === "interrupted" ? "" : this.location())
    }
    const error = rollback.failed(this.place)
    const outcome = isInterrupted ? describeDefects([show(error)]) : describeResult(failed(error))
    return this.prediction(endedAt, outcome, this.location())
  }

  private location(): string {
    return show({ state: this.place, attempt: Math.max(1, this.visit?.attempts ?? 0), path: this.path.slice(-32) })
  }

  private prediction(endedAt: number, outcome: string, failedIn: string): Prediction {
    const { ambiguous, events, trace } = this.timeline
    for (const { at, name } of this.scenario.signals.filter(({ at }) => at <= endedAt)) {
      const state = this.places.findLast(({ time }) => time < at)?.place ?? this.place
      this.timeline.tell(at, "Signalled", state, { signal: name, payload: at })
    }
    this.timeline.tell(endedAt, "RunFinished", this.place, { duration: endedAt, exit: outcome })
    return { outcome, endedAt, failedIn, events, trace: trace.sorted(), leftBehind: [], ambiguous }
  }

  private enter(time: number, place: string): void {
    this.place = place
    this.places.push({ time, place })
  }

  /** Tells what happens in an attempt of a visit. */
  private tell(time: number, tag: string, { attempts, state }: Visit, fields: object): void {
    this.timeline.tell(time, tag, state.name, { attempt: attempts, ...fields })
  }

  /** Goes from state to state. */
  private untilExit(limit: number): Ended {
    const { input, states } = this.scenario
    const places = new Map(states.map((state) => [state.name, state]))
    let payload = input
    let time = 0
    let state = places.get(this.place)
    while (state !== undefined) {
      const visit: Visit = { state, payload, attempts: 0, acquired: [], taken: [] }
      this.visit = visit
      this.enter(time, state.name)
      this.timeline.tell(time, "StateEntered", state.name, { payload })
      this.path.push(this.place)
      const { at, result } = this.policies(visit)(time, limit)
      if (result._tag !== "done") return { at, result }
      const { after = 0, to, ...transition } = result.value as Transition
      const released = this.timeline.close(visit.acquired, at)
      if (released > limit) return { at: released, result: interrupted }
      const duration = released - time
      this.tell(released, "TransitionTaken", visit, { duration, target: to, payload: transition.payload })
      time = this.timeline.due(released, released + after)
      if (after > 0) this.tell(released, "Waiting", visit, { for: "transition", until: time })
      if (time > limit) return { at: limit, result: interrupted }
      payload = transition.payload
      state = places.get(to)
      if (state === undefined) this.enter(time, to)
    }
    return { at: time, result: { _tag: "done", value: { _tag: this.place, payload } } }
  }

  /** Ends at an exit, which may roll back. */
  private exit({ at, result }: Ended, limit: number): Ended {
    const { rollback } = this
    if (!this.scenario.exits.some(({ name, rollback }) => name === this.place && rollback)) return { at, result }
    const undone = rollback.unwind(0, { _tag: "nothing" }, at)
    return within(limit, { at: undone, result: rollback.isClean ? result : { _tag: "nothing" } })
  }

  /** The work of a visit within its policies: the last one stands around all those before it. */
  private policies(visit: Visit): Run {
    const { state } = visit
    const { shared } = this.scenario
    const work: Run = (start, limit) => {
      visit.attempts++
      this.tell(start, "AttemptStarted", visit, {})
      const { at, result } = this.work(visit, start, limit)
      const duration = at - start
      if (result._tag !== "done") this.putBack(visit)
      if (result._tag === "interrupted" || (result._tag === "failed" && result.late))
        this.tell(at, "AttemptInterrupted", visit, { duration })
      else if (result._tag !== "done") this.tell(at, "AttemptFailed", visit, { duration, cause: describeCause(result) })
      return { at, result }
    }
    const own = state.policies.reduce((run, policy, index) => this.ownPolicy(visit, policy, index, run), work)
    return this.isShared(state)
      ? shared.policies.reduce((run, policy, index) => this.sharedPolicy(visit, policy, index, run), own)
      : own
  }

  /** Puts the signals back that an attempt has taken, which has failed or was cut off. */
  private putBack({ taken }: Visit): void {
    this.signals.push(...taken.splice(0))
    this.signals.sort((a, b) => this.scenario.signals.indexOf(a) - this.scenario.signals.indexOf(b))
  }

  private ownPolicy(visit: Visit, policy: Policy, index: number, run: Run): Run {
    const { state } = visit
    const timeoutError = "branches" in state.work ? "JoinTimeout" : "StateTimeout"
    return this.policy(visit, policy, timeoutError, run, (step, error, start, limit) =>
      // Only what stands before a compensation is undone by it.
      this.remembered(visit, undosAfter(state, index), limit, (limit) =>
        this.ownStep(visit, step, `catch${index}`, error)(start, limit)
      )
    )
  }

  private sharedPolicy(visit: Visit, policy: Policy, index: number, run: Run): Run {
    const go = this.goTo(this.scenario.shared.fallback, visit.payload)
    return this.policy(visit, policy, "StateTimeout", run, (step, error, start, limit) =>
      this.step(visit, step, `shared${index}`, error, go)(start, limit)
    )
  }

  private policy(
    visit: Visit,
    policy: Policy,
    timeoutError: string,
    run: Run,
    recover: (step: Step, error: object, start: number, limit: number) => Ended
  ): Run {
    if (policy._tag === "retry") return this.retry(visit, policy.times, policy.spacing, run)
    if (policy._tag === "timeout") {
      const { duration } = policy
      const error = failed({ _tag: timeoutError, state: visit.state.name, duration })
      return (start, limit) => {
        const kept = this.rollback.size
        const timedOut: Run = (at, limit) => {
          const undone = this.undoSince(kept, at, error, limit)
          return undone.at > limit ? { at: undone.at, result: interrupted } : undone
        }
        return this.timeline.timeout(duration, run, timedOut)(start, limit)
      }
    }
    return (start, limit) => {
      const { at, result } = pastHandler(run(start, limit))
      if (result._tag !== "failed") return { at, result }
      if (policy.tags.length > 0 && !policy.tags.includes(result.error._tag)) return { at, result }
      return recover(policy.step, result.error, at, limit)
    }
  }

  private retry(visit: Visit, times: number, spacing = 0, run: Run): Run {
    return (start, limit) => {
      let ended = pastHandler(run(start, limit))
      for (let i = 0; i < times && ended.result._tag === "failed"; i++) {
        const { at, result } = ended
        const again = this.timeline.due(at, at + spacing)
        if (again > limit) return { at: limit, result: interrupted }
        const what = { attempt: visit.attempts + 1, duration: spacing, cause: describeCause(result) }
        this.timeline.tell(again, "Retried", visit.state.name, what)
        ended = pastHandler(run(again, limit))
      }
      return ended
    }
  }

  private work(visit: Visit, start: number, limit: number): Ended {
    const { payload, state } = visit
    const { name, work } = state
    const given = [payload, this.scenario.input]
    if (work._tag === "route") {
      const who = `${name}#${visit.attempts}`
      this.timeline.begin(start, who, given)
      return { at: start, result: work.end === "die" ? died(who) : this.goTo(state.targets, payload)(work) }
    }
    if (work._tag === "poll") {
      const up = isUninterruptible(state) ? Number.POSITIVE_INFINITY : limit
      return within(limit, this.poll(visit, work, start, up))
    }
    return this.remembered(visit, state.undos, limit, (limit) => {
      if (work._tag === "task") return this.ownStep(visit, work.step, "", given)(start, limit)
      if (work._tag === "wait") return this.wait(visit, work, start, limit)
      return this.fan(visit, work, start, limit)
    })
  }

  /** What a state does itself: what it completes can be undone, and it may be uninterruptible. */
  private remembered({ state }: Visit, undos: State["undos"], limit: number, work: (limit: number) => Ended): Ended {
    const ended = work(undos.some((undo) => undo.uninterruptible) ? Number.POSITIVE_INFINITY : limit)
    if (ended.result._tag === "done") this.complete(state, undos, ended.result.value as Transition)
    return within(limit, ended)
  }

  /** Remembers what undoes a step, in the moment in which it has chosen where to go. */
  private complete({ name }: State, undos: State["undos"], { payload, to }: Transition): void {
    const undo = undos.find(({ target }) => target === to)
    const given = [payload, this.scenario.input]
    const who = `${name}.undo ${to}`
    if (undo !== undefined) this.rollback.complete({ who, state: name, target: to, payload, undo, given })
  }

  /** Whether the shared policies stand around a state. */
  private isShared({ name, work }: State): boolean {
    const { fallback, policies } = this.scenario.shared
    return policies.length > 0 && work._tag !== "route" && !fallback.includes(name)
  }

  private goTo(targets: ReadonlyArray<string>, payload: Payload, found = 0): Go {
    return ({ after, picks }) => {
      const to = targetOf(targets, picks, payload)
      const transition: Transition = { to, payload: payloadAfter(payload, found), after }
      return { _tag: "done", value: transition }
    }
  }

  private ownStep(visit: Visit, step: Step, part: string, given: unknown, found = 0): Run {
    return this.step(visit, step, part, given, this.goTo(visit.state.targets, visit.payload, found))
  }

  /** A function that ends in a transition. What it acquires belongs to the visit. */
  private step({ acquired, attempts, state }: Visit, step: Step, part: string, given: unknown, go: Go): Run {
    const who = `${part === "" ? state.name : `${state.name}.${part}`}#${attempts}`
    const call = { who, work: workAt(step.script, attempts), given, acquired, succeed: () => go(step) }
    return (start, limit) => this.timeline.call(call, start, limit)
  }

  /** The branches of a fan, then its join. A join that fails leaves nothing behind. */
  private fan(visit: Visit, fan: Fan, start: number, limit: number): Ended {
    const kept = this.rollback.size
    const { at, result } = this.joined(visit, fan, start, limit)
    // What is interrupted is undone by who interrupts it.
    const fails = (result._tag === "failed" || (result._tag === "died" && !result.interrupted)) && !isCutOff(result)
    return fails ? this.undoSince(kept, at, result, limit) : { at, result }
  }

  /** Undoes what was completed for something that has failed. */
  private undoSince(kept: number, start: number, why: Result, limit: number): Ended {
    const at = this.rollback.undo(kept, why, start)
    return within(limit, { at, result: this.rollback.isClean ? why : { _tag: "notUndone" } })
  }

  private joined(visit: Visit, fan: Fan, start: number, limit: number): Ended {
    const { attempts, payload, state } = visit
    const fanVisit = { state: state.name, payload, input: this.scenario.input, attempt: attempts }
    const branches = new Branches(this.timeline, fanVisit, fan, (step) => this.rollback.complete(step))
    const { at, result } = branches.run(start, limit)
    if (result._tag !== "done") return { at, result }
    return this.ownStep(visit, fan.join, "join", result.value, branches.found())(at, limit)
  }

  private wait(visit: Visit, { cases, limit: end }: Wait, start: number, limit: number): Ended {
    const index = this.signals.findIndex(({ name }) => cases.some(({ signal }) => signal === name))
    const signal = this.signals[index]
    const expires =
      end === undefined || (signal !== undefined && signal.at <= start)
        ? Number.POSITIVE_INFINITY
        : this.timeline.due(start, start + end.duration)
    if (signal === undefined || signal.at > start) {
      const signals = cases.map(({ signal }) => signal)
      this.tell(start, "Waiting", visit, {
        ...(signals.length === 0 ? { for: "time" } : { for: "signal", signals }),
        ...(end === undefined ? {} : { until: expires })
      })
    }
    const arrives = Math.max(start, signal?.at ?? Number.POSITIVE_INFINITY)
    const at = Math.min(expires, arrives, limit)
    if (at < expires) this.timeline.cancel(expires)
    if (signal !== undefined && at === arrives) {
      visit.taken.push(...this.signals.splice(index, 1))
      const { step } = cases.find((one) => one.signal === signal.name)!
      return this.ownStep(visit, step, `on ${signal.name}`, signal.at)(at, limit)
    }
    return at === expires
      ? this.ownStep(visit, end!.step, "late", visit.payload)(at, limit)
      : { at, result: interrupted }
  }

  private poll(visit: Visit, poll: Poll, start: number, limit: number): Ended {
    const { name } = visit.state
    const who = `${name}.ask`
    let time = start
    let failures = 0
    let last: { readonly failure?: unknown } = {}
    for (let asked = 1; asked <= poll.times + 1; asked++) {
      const nth = this.timeline.nextCall(who)
      const acquired: Array<Acquired> = []
      const call = {
        who: `${who}#${nth}`,
        work: workAt(poll.ask.script, nth),
        given: visit.payload,
        acquired,
        succeed: (): Result =>
          answersAt(poll, nth) ? this.goTo(visit.state.targets, visit.payload)(poll.ask) : { _tag: "nothing" }
      }
      const ended = this.timeline.call(call, time, limit)
      // It has chosen, whatever it still has to release.
      if (ended.result._tag === "done") this.complete(visit.state, visit.state.undos, ended.result.value as Transition)
      const { at, result } = pastHandler(within(limit, { ...ended, at: this.timeline.close(acquired, ended.at) }))
      const isBorne = result._tag === "failed" && failures < poll.failures
      if (!isBorne && result._tag !== "nothing") return { at, result }
      failures = isBorne ? failures + 1 : 0
      if (isBorne) last = { failure: result.error }
      time = at
      if (asked > poll.times) break
      time = this.timeline.due(at, at + poll.spacing)
      const borne = isBorne ? { cause: describeCause(result) } : {}
      this.tell(at, "Waiting", visit, { for: "answer", until: time, ...borne })
      if (time > limit) return { at: limit, result: interrupted }
    }
    return { at: time, result: failed({ _tag: "PollExhausted", state: name, asked: poll.times + 1, ...last }) }
  }
}
