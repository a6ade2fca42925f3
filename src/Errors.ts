/**
 * What Sluice itself can fail with.
 *
 * Failures are tagged errors in the type of whoever can fail with them: `Effect.catchTag` and a handler's `.catchTag` take them
 * by `_tag`. What the types prevent is thrown where it is given, or a run dies with it, when the types were bypassed.
 */
import { Data, Duration, Effect, Schema } from "effect"
import { AnyCause, Anything } from "./text/causeJson.ts"
import { causeLine, errorLine, firstOf, readProperty, withReasons } from "./text/errorLine.ts"
import { visible } from "./text/visible.ts"

/**
 * A definition or a set of handlers that cannot be run. `.start()`, `implement` and `layer` throw it; it lists every problem
 * found, not just the first. A run or a step dies with it when it is asked for a state, an entry or a signal that does not
 * exist.
 */
export class WorkflowDefinitionError extends Data.TaggedError("WorkflowDefinitionError")<{
  readonly workflow: string
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    const problems = this.problems.map((problem) => `  - ${visible(problem)}`)
    return [`Workflow '${visible(this.workflow)}' is not sound:`, ...problems].join("\n")
  }
}

/** `X.decodeInput`: input that does not fit the payload of the start state. `issue` says what is wrong, and where. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", {
  workflow: Schema.String,
  state: Schema.String,
  issue: Schema.String
}) {
  override get message(): string {
    return `The input of workflow '${this.workflow}' does not fit its start state '${this.state}':\n${this.issue}`
  }
}

/**
 * `.timeout`: a state took longer than that. After a join it is `JoinTimeout` instead, but that of a policy which all states
 * share is this one.
 */
export class StateTimeout extends Schema.TaggedError<StateTimeout>()("StateTimeout", {
  state: Schema.String,
  duration: Schema.Duration
}) {
  override get message(): string {
    return `State '${this.state}' took longer than ${Duration.format(this.duration)}`
  }
}

/** `.timeout` after a `.join`: the branches, and the function of the join, took longer than that. */
export class JoinTimeout extends Schema.TaggedError<JoinTimeout>()("JoinTimeout", {
  state: Schema.String,
  duration: Schema.Duration
}) {
  override get message(): string {
    return `The branches of state '${this.state}' took longer than ${Duration.format(this.duration)}`
  }
}

/** `Join.any`: no branch succeeded. `failures` are the typed errors of all of them, in branch order. */
export class AllBranchesFailed<out Failure> extends Data.TaggedError("AllBranchesFailed")<{
  readonly state: string
  readonly failures: ReadonlyArray<unknown>
}> {
  declare readonly failures: ReadonlyArray<Failure>
  override get message(): string {
    return withReasons(
      `All ${this.failures.length} branches of state '${this.state}' failed`,
      branchLines(this.failures)
    )
  }
}

/**
 * `Join.quorum`, `percentage` and `partialResults`: the required number of successes can no longer be reached.
 * `successes` are those there were, in completion order; `failures` the typed errors, in branch order.
 */
export class QuorumNotReached<out Success, out Failure> extends Data.TaggedError("QuorumNotReached")<{
  readonly state: string
  readonly required: number
  readonly successes: ReadonlyArray<unknown>
  readonly failures: ReadonlyArray<unknown>
}> {
  declare readonly successes: ReadonlyArray<Success>
  declare readonly failures: ReadonlyArray<Failure>
  override get message(): string {
    const { failures, required, state, successes } = this
    const counts = `${successes.length} succeeded, ${failures.length} failed`
    return withReasons(`State '${state}' needs ${required} successful branches: ${counts}`, branchLines(failures))
  }
}

/** `Join.tolerate`: more branches failed than were tolerated. `failures` are their typed errors, in branch order. */
export class ToleranceExceeded<out Failure> extends Data.TaggedError("ToleranceExceeded")<{
  readonly state: string
  readonly tolerated: number
  readonly failures: ReadonlyArray<unknown>
}> {
  declare readonly failures: ReadonlyArray<Failure>
  override get message(): string {
    const { failures, state, tolerated } = this
    return withReasons(
      `State '${state}' tolerates ${tolerated} failed branches: ${failures.length} failed`,
      branchLines(failures)
    )
  }
}

/** `Join.partialTimeout`: no branch had succeeded or failed when the time was up, or there was no branch at all. */
export class NoBranchCompleted extends Schema.TaggedError<NoBranchCompleted>()("NoBranchCompleted", {
  state: Schema.String,
  duration: Schema.Duration
}) {
  override get message(): string {
    return `No branch of state '${this.state}' completed within ${Duration.format(this.duration)}`
  }
}

/** The option `timeout` of a run, or of an entry of a scheduler: the run took longer. It has been rolled back by then. */
export class RunTimeout extends Schema.TaggedError<RunTimeout>()("RunTimeout", {
  workflow: Schema.String,
  duration: Schema.Duration
}) {
  override get message(): string {
    return `Workflow '${this.workflow}' took longer than ${Duration.format(this.duration)}`
  }
}

/**
 * A poll whose schedule ended before there was an answer. `asked` is how often it had asked; `failure` the last error that
 * asking failed with, if it ever did.
 */
export class PollExhausted extends Schema.TaggedError<PollExhausted>()("PollExhausted", {
  state: Schema.String,
  asked: Schema.Number,
  failure: Schema.optionalKey(Anything)
}) {
  override get message(): string {
    const message = `State '${this.state}' had no answer after asking ${this.asked} times`
    return withReasons(message, "failure" in this ? [`the last failure: ${errorLine(this.failure)}`] : [])
  }
}

/** `signal`, of a workflow, a definition or a handle: the run does not exist, or has ended. */
export class RunNotFound extends Schema.TaggedError<RunNotFound>()("RunNotFound", {
  workflow: Schema.String,
  runId: Schema.String
}) {
  override get message(): string {
    return `Workflow '${this.workflow}' has no run '${this.runId}' in progress`
  }
}

/**
 * A compensation took longer than its `timeout`, or the whole rollback longer than `compensationTimeout` while it ran. No run
 * fails with it: it is the cause of one of the `failures` of `CompensationFailed`.
 */
export class CompensationTimeout extends Schema.TaggedError<CompensationTimeout>()("CompensationTimeout", {
  state: Schema.String,
  duration: Schema.Duration
}) {
  override get message(): string {
    return `The compensation of state '${this.state}' took longer than ${Duration.format(this.duration)}`
  }
}

/** A step that a rollback had to undo: a state and the target it went to, or one of its branches. */
const Undo = {
  workflow: Schema.String,
  state: Schema.String,
  /** The target that the state went to; not for a branch. */
  target: Schema.optionalKey(Schema.String),
  /** The name of the branch, or the index of its item. */
  branch: Schema.optionalKey(Schema.Union([Schema.String, Schema.Number])),
  /** What the step produced: the payload of the target, or the value of the branch. */
  payload: Anything
}

/**
 * Some steps of a run that failed could not be undone.
 *
 * `cause` is why the run was rolled back, with where it was; it is empty when the run reached an exit that rolls back, which
 * `exit` names. `failures` are the compensations that failed, each with its own cause; `untried` those for which no time was
 * left. As JSON, causes are arrays of their reasons, and errors have their names, messages and properties.
 */
export class CompensationFailed extends Schema.TaggedError<CompensationFailed>()("CompensationFailed", {
  workflow: Schema.String,
  runId: Schema.String,
  cause: AnyCause,
  exit: Schema.optionalKey(Schema.String),
  failures: Schema.Array(Schema.Struct({ ...Undo, cause: AnyCause })),
  untried: Schema.Array(Schema.Struct(Undo))
}) {
  override get message(): string {
    const { cause, exit, failures, runId, untried, workflow } = this
    const problems = [
      ...(failures.length > 0 ? [`the compensations of ${namesOf(failures)} failed`] : []),
      ...(untried.length > 0 ? [`those of ${namesOf(untried)} were not tried`] : [])
    ]
    return withReasons(`Run '${runId}' of workflow '${workflow}' could not be rolled back: ${problems.join(", ")}`, [
      ...firstOf(failures, ({ cause, state }) => `'${state}': ${causeLine(cause)}`),
      ...(exit === undefined ? [] : [`rolled back at exit '${exit}'`]),
      ...(cause.reasons.length === 0 ? [] : [`rolled back after: ${causeLine(cause)}`])
    ])
  }

  override toJSON(): object {
    return { ...Schema.encodeSync(CompensationFailed)(this), message: this.message }
  }
}

/** `store.get`, `update` and `modify`: a cell without an initial value was read before it was set. */
export class StoreKeyMissing extends Schema.TaggedError<StoreKeyMissing>()("StoreKeyMissing", {
  key: Schema.String
}) {
  override get message(): string {
    return `The store has no value under '${this.key}'`
  }
}

/**
 * A handler gave what is no transition of its state. The types prevent it; a run dies with it when they were bypassed,
 * by `any`, a cast or an annotation that is too wide.
 */
export class InvalidTransition extends Data.TaggedError("InvalidTransition")<{
  readonly workflow: string
  readonly state: string
  readonly targets: ReadonlyArray<string>
  readonly received: unknown
}> {
  override get message(): string {
    const targets = firstOf(this.targets, (target) => `'${target}'`).join(", ")
    return `State '${this.state}' of workflow '${this.workflow}' must go to one of ${targets}, but gave ${describe(this.received)}`
  }
}

/**
 * A function of a handler, other than one that chooses where the state goes, gave what cannot be used: a Promise, say. The
 * types prevent it; a run dies with it when they were bypassed. `giver` says which function it was.
 */
export class InvalidResult extends Data.TaggedError("InvalidResult")<{
  readonly workflow: string
  readonly state: string
  readonly giver: string
  readonly received: unknown
}> {
  override get message(): string {
    const { giver, received, state, workflow } = this
    return `State '${state}' of workflow '${workflow}': ${giver} gave ${describe(received)}`
  }
}

/** A generator of a handler yielded what is no Effect. A run dies with it. */
export class InvalidYield extends Data.TaggedError("InvalidYield")<{ readonly received: unknown }> {
  override get message(): string {
    return `A generator of a handler yielded ${describe(this.received)}: yield* takes an Effect`
  }
}

/**
 * A run was given a limit of time that is none: NaN, less than zero, or neither a duration nor a point in time. The run dies
 * with it where the limit is known only then: in an option of the run, from a function of the context, in `to.X.after(...)`.
 */
export class InvalidLimit extends Data.TaggedError("InvalidLimit")<{
  readonly workflow: string
  /** The state the run is at, or starts at. */
  readonly state: string
  readonly problem: string
}> {
  override get message(): string {
    return `State '${this.state}' of workflow '${this.workflow}': ${this.problem}`
  }
}

/**
 * Options that cannot be meant, of what belongs to no workflow: a guard, an observer. It is thrown where they are given and
 * lists every problem found.
 */
export class InvalidOptions extends Data.TaggedError("InvalidOptions")<{
  readonly of: string
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return [`The options of ${this.of} are not sound:`, ...this.problems.map((problem) => `  - ${problem}`)].join("\n")
  }
}

/** `workflow.step` was given no input, and the handler of the state read it. The step dies with it. */
export class InputNotGiven extends Data.TaggedError("InputNotGiven")<{ readonly state: string }> {
  override get message(): string {
    return `The handler of state '${this.state}' reads the input of the run: give it as step(state, payload, { input })`
  }
}

/** A run was given the id of another run of the workflow that is still in progress. It dies with this; the other goes on. */
export class RunIdInUse extends Data.TaggedError("RunIdInUse")<{ readonly workflow: string; readonly runId: string }> {
  override get message(): string {
    return `Workflow '${this.workflow}' has a run '${this.runId}' in progress already`
  }
}

/** The states of steps. */
const namesOf = (steps: ReadonlyArray<{ readonly state: string }>): string =>
  firstOf(steps, ({ state }) => `'${state}'`).join(", ")

/** Failures of branches: which one, and its error. */
const branchLines = (failures: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  firstOf(failures, (failure) => {
    const [branch, index] = [readProperty(failure, "branch"), readProperty(failure, "index")]
    const name = typeof branch === "string" ? `branch '${branch}'` : `item ${errorLine(index)}`
    return `${name}: ${errorLine(readProperty(failure, "error"))}`
  })

const describe = (received: unknown): string => {
  if (typeof readProperty(received, "then") === "function")
    return "a Promise: give an Effect instead, made with Effect.tryPromise"
  if (readProperty(received, Effect.TypeId) !== undefined) return "an Effect within its result, which nobody would run"
  if (typeof received === "function") return `the function '${errorLine(readProperty(received, "name"))}'`
  if (typeof received !== "object" || received === null) return errorLine(received)
  const tag = readProperty(received, "_tag")
  return tag === undefined ? "an object" : `a transition to '${errorLine(tag)}'`
}
