/**
 * The failures that a scheduler can cause.
 */
import { Data, Option, Schema } from "effect"

/**
 * A scheduler that cannot be run. It is thrown by `Scheduler.define` and `layer` and lists every problem found, not
 * just the first.
 */
export class SchedulerDefinitionError extends Data.TaggedError("SchedulerDefinitionError")<{
  readonly scheduler: string
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return [`Scheduler '${this.scheduler}' is not sound:`, ...this.problems.map((problem) => `  - ${problem}`)].join(
      "\n"
    )
  }
}

/**
 * A trigger was refused, because the overlap policy of the entry lets no further run wait. `running` is the id of the
 * run in progress; none when runs are waiting only.
 */
export class EntryBusy extends Schema.TaggedError<EntryBusy>()("EntryBusy", {
  scheduler: Schema.String,
  entry: Schema.String,
  running: Schema.Option(Schema.String)
}) {
  override get message(): string {
    const reason = Option.match(this.running, { onNone: () => "a run waits", onSome: (id) => `'${id}' is running` })
    return `Entry '${this.entry}' of scheduler '${this.scheduler}' takes no further run: ${reason}`
  }
}

/** A trigger was refused, because the entry has tripped after so many failures in a row: reset it first. */
export class EntryTripped extends Schema.TaggedError<EntryTripped>()("EntryTripped", {
  scheduler: Schema.String,
  entry: Schema.String,
  failures: Schema.Int
}) {
  override get message(): string {
    return `Entry '${this.entry}' of scheduler '${this.scheduler}' has tripped after ${this.failures} failures in a row`
  }
}

/** A trigger was refused, because the scheduler has been stopped. */
export class SchedulerStopped extends Schema.TaggedError<SchedulerStopped>()("SchedulerStopped", {
  scheduler: Schema.String
}) {
  override get message(): string {
    return `Scheduler '${this.scheduler}' has been stopped`
  }
}
