/**
 * Puts together what the events of runs tell.
 */
import { Cause } from "effect"
import type { RunEvent } from "../Event.ts"
import type { Attempt, Branch, Ending, History, Run, Stretch, Undoing, Visit } from "./History.ts"
import { straighten } from "./straighten.ts"

/**
 * What is known from events. Those of each run are in their order; how those of several runs are mixed does not matter.
 */
export const readHistory = (events: ReadonlyArray<RunEvent>): History => {
  const recorder = new Recorder()
  for (const event of straighten(events)) recorder.record(event)
  return recorder.history()
}

type EventOf<Tag extends RunEvent["_tag"]> = Extract<RunEvent, { readonly _tag: Tag }>
type AttemptEvent = Extract<RunEvent, { readonly attempt: number }>
type BranchEvent = EventOf<"BranchStarted" | "BranchSucceeded" | "BranchFailed" | "BranchInterrupted">
type UndoEvent = EventOf<"Compensating" | "Compensated" | "CompensationFailed">

/** What may be undone, and the run that undoes it. */
interface Completed {
  readonly run: Run
  readonly what: Visit | Branch
}

class Recorder {
  private readonly runs: Array<Run> = []
  /** All runs of an id, the last one last: whoever calls once more may give the same id again. */
  private readonly byId = new Map<string, Array<Run>>()
  /** What has succeeded, the last one last. */
  private readonly completed = new Map<string, Array<Completed>>()
  /** What is being undone. */
  private readonly undoings = new Map<string, Undoing>()
  private end = Number.NEGATIVE_INFINITY

  record(event: RunEvent): void {
    this.end = Math.max(this.end, event.time)
    const run = (event._tag === "RunStarted" ? undefined : this.runOf(event)) ?? this.add(event)
    // Where the oldest events are missing, those that tell an end tell of an earlier beginning.
    if (run.entry === undefined) run.start = Math.min(run.start, beginningOf(event))
    switch (event._tag) {
      case "RunStarted":
        break
      case "StateEntered":
        enter(run, event)
        break
      case "AttemptStarted":
      case "AttemptFailed":
      case "AttemptInterrupted":
        recordAttempt(run, event)
        break
      case "Retried":
        recordRetry(run, event)
        break
      case "BranchStarted":
        branchOf(run, event)
        break
      case "BranchSucceeded":
      case "BranchFailed":
      case "BranchInterrupted":
        this.recordBranchEnd(run, event)
        break
      case "Joined":
        recordJoin(run, event)
        break
      case "TransitionTaken":
        this.recordTransition(run, event)
        break
      case "Waiting":
        recordWait(run, event)
        break
      case "Signalled":
        recordSignal(run, event)
        break
      case "Compensating":
        this.recordUndoing(run, event)
        break
      case "Compensated":
      case "CompensationFailed":
        this.recordUndone(run, event)
        break
      case "RunFinished":
        recordEnd(run, event)
    }
  }

  /** All that was recorded, callees where they were called. */
  history(): History {
    const callers = new Map<Run, Run>()
    for (const run of this.runs) {
      const caller = this.callerOf(run)
      if (caller === undefined || isWithin(caller, run, callers)) continue
      callers.set(run, caller)
      const visit = caller.steps.findLast(
        (step) => step.kind === "visit" && step.state === run.caller?.state && step.start <= run.start
      )
      const { callees } = visit?.kind === "visit" ? visit : caller
      callees.push(run)
    }
    for (const { steps } of this.runs) {
      const visits = steps.filter(isVisit)
      visits.forEach(closeWithin)
      expireWait(visits.at(-1), this.end)
    }
    return {
      start: this.runs.reduce((start, run) => Math.min(start, run.start), this.end),
      end: this.end,
      runs: this.runs.filter((run) => !callers.has(run))
    }
  }

  /** The run that an event is of: the last of its id that has not ended, or may still undo its steps. */
  private runOf(event: RunEvent): Run | undefined {
    const runs = this.byId.get(idOf(event)) ?? []
    return runs.findLast(({ end }) => end === undefined) ?? runs.at(-1)
  }

  private add(event: RunEvent): Run {
    const { runId, state, workflow } = event
    const run: Run = {
      workflow,
      runId,
      caller: event._tag === "RunStarted" ? event.caller : undefined,
      entry: event._tag === "RunStarted" ? state : undefined,
      start: beginningOf(event),
      place: state,
      steps: [],
      callees: []
    }
    this.runs.push(run)
    append(this.byId, idOf(event), run)
    return run
  }

  private callerOf({ caller, start }: Run): Run | undefined {
    const runs = caller === undefined ? [] : (this.byId.get(idOf(caller)) ?? [])
    return runs.findLast((run) => run.start <= start) ?? runs[0]
  }

  private recordBranchEnd(run: Run, event: Exclude<BranchEvent, EventOf<"BranchStarted">>): void {
    const branch = branchOf(run, event)
    end(branch, event.time, endings[event._tag], causeOf(event))
    if (event._tag === "BranchSucceeded") append(this.completed, stepId(event), { run, what: branch })
  }

  private recordTransition(run: Run, event: EventOf<"TransitionTaken">): void {
    const visit = visitOf(run, event)
    endWait(visit, event.time)
    const attempt = visit.attempts.at(-1)
    if (attempt !== undefined && attempt.ending === undefined) end(attempt, event.time, "succeeded")
    end(visit, event.time, "succeeded")
    if (run.entry === undefined) visit.start = Math.min(visit.start, beginningOf(event))
    visit.target = event.target
    append(this.completed, stepId(event), { run, what: visit })
  }

  private recordUndoing(run: Run, event: EventOf<"Compensating">): void {
    const { branch, state, target, time } = event
    const undoing: Undoing = { kind: "undoing", state, target, branch, start: time }
    const completed = this.completed.get(stepId(event))?.pop()
    if (completed !== undefined) completed.what.undoing = undoing
    const { steps } = completed?.run ?? run
    steps.push(undoing)
    this.undoings.set(stepId(event), undoing)
  }

  private recordUndone(run: Run, event: EventOf<"Compensated" | "CompensationFailed">): void {
    const { branch, state, target, time } = event
    let undoing = this.undoings.get(stepId(event))
    if (undoing === undefined) {
      undoing = { kind: "undoing", state, target, branch, start: beginningOf(event) }
      run.steps.push(undoing)
    }
    this.undoings.delete(stepId(event))
    end(undoing, time, endings[event._tag], causeOf(event))
  }
}

const endings = {
  AttemptFailed: "failed",
  AttemptInterrupted: "interrupted",
  BranchSucceeded: "succeeded",
  BranchFailed: "failed",
  BranchInterrupted: "interrupted",
  Compensated: "succeeded",
  CompensationFailed: "failed"
} as const

const endingOf = ({ exit }: EventOf<"RunFinished">): Ending => {
  if (exit._tag === "Success") return "succeeded"
  return Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "failed"
}

const causeOf = (event: RunEvent): Stretch["cause"] => {
  if (event._tag === "RunFinished") return event.exit._tag === "Failure" ? event.exit.cause : undefined
  return "cause" in event ? event.cause : undefined
}

const enter = (run: Run, { state, time }: EventOf<"StateEntered">): void => {
  const last = run.steps.findLast(isVisit)
  if (last !== undefined) {
    endWait(last, time)
    last.end ??= time
  }
  addVisit(run, state, time)
}

const recordAttempt = (run: Run, event: EventOf<"AttemptStarted" | "AttemptFailed" | "AttemptInterrupted">): void => {
  const visit = visitOf(run, event)
  endWait(visit, event.time)
  const attempt = attemptOf(visit, event)
  if (event._tag !== "AttemptStarted") end(attempt, event.time, endings[event._tag], causeOf(event))
}

const recordRetry = (run: Run, event: EventOf<"Retried">): void => {
  const { cause, time } = event
  const visit = visitOf(run, event)
  endWait(visit, time)
  const last = visit.attempts.at(-1)
  // Why an attempt was interrupted, only this tells.
  if (last !== undefined) last.cause ??= cause
  const retry = { for: "retry", signals: [], until: undefined, start: beginningOf(event), cause } as const
  visit.waits.push({ ...retry, end: time })
}

const recordJoin = (run: Run, event: EventOf<"Joined">): void => {
  attemptOf(visitOf(run, event), event).joined = event
}

const recordWait = (run: Run, event: EventOf<"Waiting">): void => {
  const last = run.steps.findLast(isVisit)
  // A transition that takes effect later ends its visit first.
  const visit = last?.state === event.state ? last : visitOf(run, event)
  endWait(visit, event.time)
  visit.end = undefined
  const { for: reason, signals = [], time, until } = event
  visit.waits.push({ for: reason, signals, until, start: time })
}

const recordSignal = (run: Run, { signal, state, time }: EventOf<"Signalled">): void => {
  const visit = run.steps.findLast(isVisit) ?? addVisit(run, state, time)
  visit.signals.push({ time, name: signal })
  if (visit.waits.at(-1)?.signals.includes(signal)) endWait(visit, time)
}

const recordEnd = (run: Run, event: EventOf<"RunFinished">): void => {
  const ending = endingOf(event)
  run.place = event.state
  end(run, event.time, ending, causeOf(event))
  const visit = run.steps.findLast(isVisit)
  if (visit === undefined) return
  endWait(visit, event.time)
  if (visit.ending === undefined) endLastVisit(visit, run, event.time)
  visit.end ??= event.time
}

/** A visit that chose no transition has ended as its last attempt did, and before anything was undone. */
const endLastVisit = (visit: Visit, run: Run, time: number): void => {
  const attempt = visit.attempts.at(-1)
  if (attempt !== undefined && attempt.ending === undefined) end(attempt, time, run.ending, run.cause)
  const { cause = run.cause, ending } = run.ending === "interrupted" ? run : (attempt ?? run)
  end(visit, attempt?.end ?? time, ending, cause)
}

/** The visit that an event is of: the last one, or one of which nothing was known. */
const visitOf = (run: Run, event: AttemptEvent): Visit => {
  const last = run.steps.findLast(isVisit)
  if (last?.state === event.state && last.ending === undefined) return last
  return addVisit(run, event.state, beginningOf(event))
}

const addVisit = (run: Run, state: string, start: number): Visit => {
  const visit: Visit = { kind: "visit", state, start, attempts: [], waits: [], signals: [], callees: [] }
  run.place = state
  run.steps.push(visit)
  return visit
}

const attemptOf = (visit: Visit, event: AttemptEvent): Attempt => {
  const known = visit.attempts.findLast(({ number }) => number === event.attempt)
  if (known !== undefined) return known
  const attempt: Attempt = { number: event.attempt, start: beginningOf(event), branches: new Map() }
  visit.attempts.push(attempt)
  return attempt
}

const branchOf = (run: Run, event: BranchEvent): Branch => {
  const { branches } = attemptOf(visitOf(run, event), event)
  const known = branches.get(event.branch)
  if (known !== undefined) return known
  const branch: Branch = { name: event.branch, start: beginningOf(event) }
  branches.set(event.branch, branch)
  return branch
}

const end = (stretch: Stretch, time: number, ending: Ending | undefined, cause?: Stretch["cause"]): void => {
  stretch.end = time
  if (ending !== undefined) stretch.ending = ending
  if (cause !== undefined) stretch.cause = cause
}

/** What happens next in a visit ends its wait, unless that has ended by itself. */
const endWait = ({ waits }: Visit, time: number): void => {
  const wait = waits.at(-1)
  if (wait !== undefined) wait.end ??= Math.min(time, wait.until ?? time)
}

/** Nothing within a visit that has ended goes on, though its end is not known. */
const closeWithin = ({ attempts, end }: Visit): void => {
  if (end === undefined) return
  for (const attempt of attempts) {
    attempt.end ??= end
    for (const branch of attempt.branches.values()) branch.end ??= attempt.end
  }
}

/** A wait that goes on is over when its time is up. */
const expireWait = (visit: Visit | undefined, now: number): void => {
  const wait = visit?.waits.at(-1)
  if (wait?.until !== undefined && wait.until <= now) wait.end ??= wait.until
}

/** When that of which an event tells the end began. */
const beginningOf = (event: RunEvent): number => ("duration" in event ? event.time - event.duration : event.time)

/** Whether a run is within another one, by those that call them. */
const isWithin = (run: Run, other: Run, callers: ReadonlyMap<Run, Run>): boolean => {
  for (let outer: Run | undefined = run; outer !== undefined; outer = callers.get(outer)) {
    if (outer === other) return true
  }
  return false
}

const isVisit = (step: Visit | Undoing): step is Visit => step.kind === "visit"

const idOf = ({ runId, workflow }: { readonly runId: string; readonly workflow: string }): string =>
  JSON.stringify([workflow, runId])

/** The step that is completed, or undone. */
const stepId = (event: BranchEvent | UndoEvent | EventOf<"TransitionTaken">): string => {
  const { branch, runId, state, target, workflow } = { branch: undefined, target: undefined, ...event }
  return JSON.stringify([workflow, runId, state, branch === undefined ? { target } : { branch }])
}

const append = <A>(map: Map<string, Array<A>>, key: string, value: A): void => {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}
