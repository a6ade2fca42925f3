/**
 * Records what a run on the real engine does, in the words of the reference interpreter.
 */
import { Cause, Duration, Exit, Struct } from "effect"
import { CompensationFailed, type Workflow } from "sluice"
import { isUnordered, type Observation, show, showEvent, Trace } from "./observation.ts"

export class Recorder {
  readonly now: () => number
  private readonly trace = new Trace()
  private readonly events: Array<string> = []
  private readonly calls = new Map<string, number>()
  private endedAt = Number.NaN

  constructor(now: () => number) {
    this.now = now
  }

  add(text: string): void {
    this.trace.add(this.now(), text)
  }

  begin(who: string, given: unknown): void {
    this.add(`${who} begins with ${show(plain(given))}`)
  }

  /** How often a function has been called now, from 1. */
  nextCall(who: string): number {
    const nth = (this.calls.get(who) ?? 0) + 1
    this.calls.set(who, nth)
    return nth
  }

  ended(): void {
    this.endedAt = this.now()
  }

  /** Notes an event of a run that began at a time of the clock. */
  event(event: Workflow.RunEvent, begin: number): void {
    const { _tag, state, time } = event
    const fields = Struct.omit(event, ["_tag", "runId", "state", "time", "workflow"])
    const text = showEvent(_tag, state, toldFields(fields, begin))
    if (isUnordered(_tag)) this.trace.add(time - begin, text)
    else this.events.push(`${time - begin} ${text}`)
  }

  observation(outcome: string, failedIn: string, leftBehind: ReadonlyArray<string>): Observation {
    const { endedAt, events, trace } = this
    return { outcome, endedAt, failedIn, events, trace: trace.sorted(), leftBehind }
  }
}

/** What an event tells, as plain data. */
const toldFields = (fields: object, begin: number): object =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      if (key === "until") return [key, value - begin]
      if (Exit.isExit(value)) return [key, describeExit(value)]
      // What could not be undone may grow still, so that its tag has to do.
      return [key, Cause.isCause(value) ? describeCause(value, tagOf) : plain(value)]
    })
  )

const tagOf = (defect: unknown): string => (defect instanceof CompensationFailed ? defect._tag : String(defect))

/** Errors, causes and durations as plain data. */
export const plain = (value: unknown): unknown => {
  if (Cause.isCause(value)) return describeCause(value)
  if (Duration.isDuration(value)) return Duration.toMillis(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  // The cause of an error is none of its enumerable fields.
  const own = value instanceof CompensationFailed ? { ...value, cause: value.cause } : value
  const fields = Object.entries(own).map(([key, inner]) => [key, plain(inner)])
  return Object.fromEntries("_tag" in value ? [["_tag", value._tag], ...fields] : fields)
}

/** How a run has ended. One that was interrupted has no typed failure beside that. */
export const describeExit = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return `ended in ${show(exit.value)}`
  const { cause } = exit
  const failure = cause.reasons.find(Cause.isFailReason)
  return failure === undefined || Cause.hasDies(cause) ? describeCause(cause) : describeError(failure.error)
}

/** Why something is undone, or could not be. */
const describeCause = (cause: Cause.Cause<unknown>, describe = describeDefect): string => {
  const defects = cause.reasons.filter(Cause.isDieReason).map(({ defect }) => defect)
  const held = defects.filter((defect) => defect instanceof CompensationFailed).flatMap(valuesOf)
  const others = defects.filter((defect) => !held.includes(defect))
  if (others.length > 0) return `died of ${others.map(describe).toSorted().join(", ")}`
  if (Cause.hasInterrupts(cause)) return "interrupted"
  const failure = cause.reasons.find(Cause.isFailReason)
  return failure === undefined ? "nothing" : describeError(failure.error)
}

/** What a run has failed with that could not be rolled back: in an interrupted run it may stand beside that. */
const valuesOf = ({ cause }: CompensationFailed): ReadonlyArray<unknown> =>
  cause.reasons.map((reason) =>
    Cause.isFailReason(reason) ? reason.error : Cause.isDieReason(reason) ? reason.defect : undefined
  )

const describeError = (error: unknown): string => `failed with ${show(plain(error))}`

const describeDefect = (defect: unknown): string =>
  defect instanceof CompensationFailed ? show(plain(defect)) : String(defect)

/** What a rollback goes by. */
export const kindOf = (cause: Cause.Cause<unknown>): string => {
  if (Cause.hasDies(cause)) return "died"
  if (Cause.hasInterrupts(cause)) return "interrupted"
  const failure = cause.reasons.find(Cause.isFailReason)
  return failure === undefined ? "nothing" : (failure.error as { readonly _tag: string })._tag
}
