/** Events of a run, written down by hand in the order in which an engine tells them. */
import { Cause, Exit } from "effect"
import type { Workflow } from "sluice"

export type Event = Workflow.RunEvent
type Tag = Event["_tag"]
type EventOf<T extends Tag> = Extract<Event, { readonly _tag: T }>
type Signature = "_tag" | "workflow" | "runId" | "time" | "state"

/** A run whose time and state are kept, so that each line says only what happens. Milliseconds, from when it is told. */
export class Script {
  readonly events: Array<Event> = []
  readonly workflow: string
  readonly runId: string
  private time: number
  private state = ""
  private attempt = 1
  private readonly began = new Map<string, number>()

  constructor(workflow: string, runId: string, start = 0) {
    this.workflow = workflow
    this.runId = runId
    this.time = start
  }

  /** Lets time pass until a moment. */
  at(time: number): this {
    this.time = time
    return this
  }

  start(state: string, caller?: EventOf<"RunStarted">["caller"]): this {
    this.state = state
    this.began.set("run", this.time)
    this.add("RunStarted", { input: undefined, ...(caller === undefined ? {} : { caller }) })
    return this.enter(state)
  }

  enter(state: string): this {
    this.state = state
    this.began.set("visit", this.time)
    this.add("StateEntered", { payload: undefined })
    return this.begin(1)
  }

  begin(attempt: number): this {
    this.attempt = attempt
    this.began.set("attempt", this.time)
    return this.add("AttemptStarted", { attempt })
  }

  branch(...names: ReadonlyArray<string | number>): this {
    for (const branch of names) {
      this.began.set(`branch ${branch}`, this.time)
      this.add("BranchStarted", { attempt: this.attempt, branch })
    }
    return this
  }

  succeed(...names: ReadonlyArray<string | number>): this {
    for (const branch of names) this.add("BranchSucceeded", this.ofBranch(branch))
    return this
  }

  failBranch(branch: string | number, error: unknown): this {
    return this.add("BranchFailed", { ...this.ofBranch(branch), cause: Cause.fail(error) })
  }

  stopBranch(...names: ReadonlyArray<string | number>): this {
    for (const branch of names) this.add("BranchInterrupted", this.ofBranch(branch))
    return this
  }

  join(
    strategy: EventOf<"Joined">["strategy"],
    successes: number,
    failures = 0,
    interrupted = 0,
    proceeds = true
  ): this {
    const { attempt } = this
    const duration = this.since("attempt")
    return this.add("Joined", { attempt, strategy, proceeds, successes, failures, interrupted, duration })
  }

  fail(error: unknown): this {
    return this.add("AttemptFailed", { ...this.ofAttempt(), cause: Cause.fail(error) })
  }

  stop(): this {
    return this.add("AttemptInterrupted", this.ofAttempt())
  }

  /** Tries again, after waiting so long. */
  retry(duration: number, error: unknown): this {
    this.time += duration
    this.add("Retried", { attempt: this.attempt + 1, duration, cause: Cause.fail(error) })
    return this.begin(this.attempt + 1)
  }

  wait(reason: EventOf<"Waiting">["for"], more: Partial<Pick<EventOf<"Waiting">, "signals" | "until">> = {}): this {
    return this.add("Waiting", { attempt: this.attempt, for: reason, ...more })
  }

  signal(signal: string): this {
    return this.add("Signalled", { signal, payload: undefined })
  }

  /** Chooses a place, which is not entered yet. */
  choose(target: string): this {
    return this.add("TransitionTaken", {
      attempt: this.attempt,
      target,
      payload: undefined,
      duration: this.since("visit")
    })
  }

  /** Goes to a state. */
  to(state: string): this {
    return this.choose(state).enter(state)
  }

  /** Ends at an exit. */
  exit(exit: string): this {
    this.choose(exit)
    this.state = exit
    return this.finish(Exit.succeed({ _tag: exit, payload: undefined }))
  }

  finish(exit: Exit.Exit<unknown, unknown>): this {
    return this.add("RunFinished", { exit, duration: this.since("run") })
  }

  /** Undoes what a state did, in so many milliseconds; with an error, it could not. */
  undo(
    state: string,
    step: { readonly target: string } | { readonly branch: string | number },
    duration: number,
    error?: unknown
  ): this {
    const present = this.state
    this.state = state
    this.add("Compensating", { ...step, payload: undefined })
    this.time += duration
    if (error === undefined) this.add("Compensated", { ...step, duration })
    else this.add("CompensationFailed", { ...step, duration, cause: Cause.fail(error) })
    this.state = present
    return this
  }

  add<T extends Tag>(_tag: T, what: Omit<EventOf<T>, Signature>): this {
    const { runId, state, time, workflow } = this
    // The parts of an event of this tag, put together.
    this.events.push({ _tag, workflow, runId, time, state, ...what } as unknown as Event)
    return this
  }

  private since(what: string): number {
    return this.time - (this.began.get(what) ?? this.time)
  }

  private ofAttempt() {
    return { attempt: this.attempt, duration: this.since("attempt") }
  }

  private ofBranch(branch: string | number) {
    return { attempt: this.attempt, branch, duration: this.since(`branch ${branch}`) }
  }
}

/** The events as a clock tells them that is set back before one of them. */
export const setBack = (events: ReadonlyArray<Event>, before: number, millis: number): ReadonlyArray<Event> =>
  events.map((event, index) => {
    if (index < before) return event
    const until = "until" in event && event.until !== undefined ? { until: event.until - millis } : {}
    return { ...event, time: event.time - millis, ...until }
  })
