/**
 * Whether what was told of runs is in an order that `docs/events.md` allows, whatever the workflows do: nothing begins twice
 * or out of its place, all that began ends, and every duration is the time from the one to the other.
 *
 * Of guards it knows only those that let the work through once or refuse it.
 */
import { Cause, Exit } from "effect"
import type { Workflow } from "sluice"

type Event = Workflow.RunEvent
type Tagged<Tag extends Event["_tag"]> = Extract<Event, { readonly _tag: Tag }>
type Compensation = Tagged<"Compensating" | "Compensated" | "CompensationFailed">
type OfRun = Tagged<"RunStarted" | "StateEntered" | "RunFinished"> | Compensation
type OfAttempt = Tagged<
  | "AttemptFailed"
  | "AttemptInterrupted"
  | "BranchStarted"
  | "BranchSucceeded"
  | "BranchFailed"
  | "BranchInterrupted"
  | "Joined"
>
type Problems = Iterable<string>

/** What is wrong with the events of some runs; nothing if they are well-formed. */
export const problemsOf = (events: ReadonlyArray<Event>): ReadonlyArray<string> => {
  const runs = new Map<string, RunCheck>()
  const problems: Array<string> = []
  for (const event of events) {
    const key = keyOf(event)
    for (const problem of check(runs, key, event)) {
      problems.push(`${event.time} ${key}, ${event.state}: ${event._tag} ${problem}`)
    }
  }
  const open = [...runs].filter(([, run]) => !run.hasFinished)
  return [...problems, ...open.map(([key]) => `${key} has not finished`)]
}

const keyOf = ({ runId, workflow }: { readonly runId: string; readonly workflow: string }) => `${workflow} ${runId}`

function* check(runs: Map<string, RunCheck>, key: string, event: Event): Problems {
  const known = runs.get(key)
  if (event._tag === "RunStarted" && (known === undefined || known.hasFinished)) {
    const { caller } = event
    if (caller !== undefined && !runs.get(keyOf(caller))?.isAt(caller.state)) yield "without a call"
    runs.set(key, new RunCheck(event))
  } else if (known === undefined) yield "before RunStarted"
  else yield* known.check(event)
}

class RunCheck {
  private readonly started: Tagged<"RunStarted">
  private last: number
  private visit: VisitCheck | undefined
  private undoing: Tagged<"Compensating"> | undefined
  hasFinished = false

  constructor(started: Tagged<"RunStarted">) {
    this.started = started
    this.last = started.time
  }

  /** Whether the run is in an attempt of a state now. */
  isAt(state: string): boolean {
    return this.visit?.entered.state === state && this.visit.attempt !== undefined
  }

  *check(event: Event): Problems {
    if (event.time < this.last) yield "goes back in time"
    this.last = event.time
    if (this.hasFinished && !(isCompensation(event) && this.started.caller !== undefined)) yield "after RunFinished"
    if (this.undoing !== undefined && !isCompensation(event) && event._tag !== "Signalled")
      yield "within a compensation"
    switch (event._tag) {
      case "RunStarted":
        yield "twice"
        break
      case "StateEntered":
        yield* this.enter(event)
        break
      case "Compensating":
      case "Compensated":
      case "CompensationFailed":
        yield* this.compensate(event)
        break
      case "RunFinished":
        yield* this.finish(event)
        break
      default:
        if (this.visit !== undefined) yield* this.visit.check(event)
        else if (event._tag !== "Signalled") yield "before a state was entered"
    }
  }

  private *enter(entered: Tagged<"StateEntered">): Problems {
    const { visit } = this
    if (visit === undefined) {
      if (entered.state !== this.started.state) yield "elsewhere than where the run started"
    } else if (visit.left === undefined) yield "before the last state was left"
    else {
      const { payload, target, time } = visit.left
      if (target !== entered.state || payload !== entered.payload) yield "elsewhere than the transition leads"
      if (entered.time !== (visit.takesEffect ?? time)) yield "at another time than the transition takes effect"
    }
    this.visit = new VisitCheck(entered)
  }

  private *compensate(event: Compensation): Problems {
    const { undoing } = this
    if (event._tag === "Compensating") {
      if (undoing !== undefined) yield "within a compensation"
      this.undoing = event
    } else if (undoing === undefined) yield "of nothing that is undone"
    else {
      const { branch, state, target } = event
      if (undoing.state !== state || undoing.target !== target || undoing.branch !== branch) yield "of another step"
      yield* wrongDuration(event, undoing.time)
      this.undoing = undefined
    }
  }

  private *finish(event: Tagged<"RunFinished">): Problems {
    const { visit } = this
    this.hasFinished = true
    yield* wrongDuration(event, this.started.time)
    if (visit?.attempt?.branchesRun) yield "while branches run"
    const left = visit?.left
    if (![visit?.entered.state ?? this.started.state, left?.target].includes(event.state))
      yield "elsewhere than the run is"
    if (Exit.isFailure(event.exit)) return
    // What a run gives is its last transition.
    const { _tag, payload } = event.exit.value as { readonly _tag: string; readonly payload: unknown }
    if (left?.target !== event.state || left.target !== _tag || left.payload !== payload) {
      yield "with another outcome than the last transition"
    }
  }
}

class VisitCheck {
  readonly entered: Tagged<"StateEntered">
  /** The attempt that has begun, and has not failed. */
  attempt: AttemptCheck | undefined
  left: Tagged<"TransitionTaken"> | undefined
  /** When the transition does, if that is later. */
  takesEffect: number | undefined
  private attempts = 0
  private retried = false
  private failedAt: number

  constructor(entered: Tagged<"StateEntered">) {
    this.entered = entered
    this.failedAt = entered.time
  }

  *check(event: Exclude<Event, OfRun>): Problems {
    const { entered, left } = this
    const isAtExit = event._tag === "Signalled" && event.state === left?.target
    if (event.state !== entered.state && !isAtExit) yield "of another state than the run is at"
    switch (event._tag) {
      case "Signalled":
        break
      case "AttemptStarted":
        yield* this.begin(event)
        break
      case "Retried":
        yield* this.retry(event)
        break
      case "TransitionTaken":
        yield* this.leave(event)
        break
      case "Waiting":
        if (event.until !== undefined && event.until <= event.time) yield "for no time"
        if (event.for !== "transition") yield* this.notIn(event)
        else if (left === undefined || this.takesEffect !== undefined) yield "for no transition"
        else this.takesEffect = event.until
        break
      default:
        yield* this.notIn(event)
        if (this.attempt !== undefined) yield* this.attempt.check(event)
        if (event._tag !== "AttemptFailed" && event._tag !== "AttemptInterrupted") break
        this.attempt = undefined
        this.failedAt = event.time
    }
  }

  /** Whether an event is in the attempt that it says. */
  private *notIn({ attempt }: OfAttempt | Tagged<"Waiting">): Problems {
    if (this.attempt === undefined || this.left !== undefined) yield "outside an attempt"
    else if (attempt !== this.attempts) yield "of another attempt"
  }

  private *begin({ attempt, time }: Tagged<"AttemptStarted">): Problems {
    if (this.left !== undefined) yield "after the state was left"
    if (this.attempt !== undefined) yield "within another attempt"
    if (attempt !== this.attempts + 1) yield "with a wrong number"
    if (attempt > 1 && !this.retried) yield "without Retried"
    this.attempts = attempt
    this.retried = false
    this.attempt = new AttemptCheck(time)
  }

  private *retry({ attempt, duration, time }: Tagged<"Retried">): Problems {
    if (this.left !== undefined || this.attempt !== undefined) yield "without a failure"
    if (attempt !== this.attempts + 1) yield "with a wrong number"
    // A catch that failed or a rollback may have come between.
    if (duration < 0 || duration > time - this.failedAt) yield "with a wrong duration"
    this.retried = true
  }

  private *leave(event: Tagged<"TransitionTaken">): Problems {
    if (this.left !== undefined) yield "twice"
    if (event.attempt !== Math.max(1, this.attempts)) yield "in another attempt"
    if (this.attempt !== undefined && !this.attempt.maySucceed) yield "without a join that proceeds"
    yield* wrongDuration(event, this.entered.time)
    this.left = event
  }
}

class AttemptCheck {
  private readonly began: number
  private readonly running = new Map<string | number, number>()
  private readonly ended: Array<Event["_tag"]> = []
  private firstBranch: number | undefined
  private joined: Tagged<"Joined"> | undefined

  constructor(began: number) {
    this.began = began
  }

  get branchesRun(): boolean {
    return this.running.size > 0
  }

  get maySucceed(): boolean {
    return this.joined === undefined ? this.ended.length + this.running.size === 0 : this.joined.proceeds
  }

  *check(event: OfAttempt): Problems {
    switch (event._tag) {
      case "AttemptFailed":
      case "AttemptInterrupted":
        yield* this.end(event)
        break
      case "Joined":
        yield* this.join(event)
        break
      case "BranchStarted":
        if (this.joined !== undefined) yield "after Joined"
        if (this.running.has(event.branch)) yield "twice"
        this.running.set(event.branch, event.time)
        this.firstBranch ??= event.time
        break
      default: {
        const began = this.running.get(event.branch)
        if (began === undefined) yield "without BranchStarted"
        else yield* wrongDuration(event, began)
        this.running.delete(event.branch)
        this.ended.push(event._tag)
      }
    }
  }

  private *end(event: Tagged<"AttemptFailed" | "AttemptInterrupted">): Problems {
    yield* wrongDuration(event, this.began)
    if (this.branchesRun) yield "while branches run"
    const isStopped = event._tag === "AttemptInterrupted" || Cause.hasDies(event.cause)
    if (this.joined === undefined && this.ended.length > 0 && !isStopped) yield "before Joined"
  }

  private *join(event: Tagged<"Joined">): Problems {
    if (this.joined !== undefined) yield "twice"
    if (this.branchesRun) yield "while branches run"
    yield* wrongDuration(event, this.firstBranch ?? event.time)
    const count = (tag: Event["_tag"]) => this.ended.filter((one) => one === tag).length
    if (event.successes !== count("BranchSucceeded")) yield "with a wrong number of successes"
    if (event.failures !== count("BranchFailed")) yield "with a wrong number of failures"
    if (event.interrupted < count("BranchInterrupted")) yield "with a wrong number of interruptions"
    this.joined = event
  }
}

const isCompensation = (event: Event): event is Compensation =>
  event._tag === "Compensating" || event._tag === "Compensated" || event._tag === "CompensationFailed"

function* wrongDuration({ duration, time }: Extract<Event, { readonly duration: number }>, began: number): Problems {
  if (duration !== time - began) yield `after ${duration}, and not ${time - began}`
}
