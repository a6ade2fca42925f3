/**
 * Makes the times of events those of a clock that was never set back. Their order, and how long something took by a clock that
 * cannot be, tell when one was, and by how much.
 */
import type { RunEvent } from "../Event.ts"

/** What is known of a run so far. */
interface Course {
  /** The last moment. */
  last: number
  /** How far its clock has been set back in all, in milliseconds. */
  setBack: number
  /** When what may end began. */
  readonly begun: Map<string, number>
}

/** By how much, in milliseconds, a stretch may be shorter than it took and be right: two clocks are not read at once. */
const tolerance = 1000

/** Events as if the clock had never been set back: those of a run are in the order of their times. */
export const straighten = (events: ReadonlyArray<RunEvent>): ReadonlyArray<RunEvent> => {
  const courses = new Map<string, Course>()
  return events.map((event) => {
    const known = event._tag === "RunStarted" ? undefined : courses.get(idOf(event))
    const course = known ?? begin(event, courses)
    courses.set(idOf(event), course)
    advance(course, event)
    const { last: time, setBack } = course
    for (const what of beginsOf(event)) course.begun.set(what, time)
    if (setBack === 0) return event
    const until = "until" in event && event.until !== undefined ? { until: event.until + setBack } : {}
    return { ...event, time, ...until }
  })
}

/** A run that another one calls has the same clock. */
const begin = (event: RunEvent, courses: ReadonlyMap<string, Course>): Course => {
  const caller = event._tag === "RunStarted" ? event.caller : undefined
  const { setBack = 0 } = (caller === undefined ? undefined : courses.get(idOf(caller))) ?? {}
  return { last: Number.NEGATIVE_INFINITY, setBack, begun: new Map() }
}

/** Goes on to the moment of an event, which is not before the last one, nor before what it is the end of can have ended. */
const advance = (course: Course, event: RunEvent): void => {
  const { begun, last, setBack } = course
  const time = event.time + setBack
  const start = begun.get(endsOf(event) ?? "")
  const end = start === undefined || !("duration" in event) ? last : start + event.duration
  const isSetBack = time < last || time < end - tolerance
  course.last = isSetBack ? Math.max(last, end) : time
  if (isSetBack) course.setBack = course.last - event.time
}

/** What an event is the beginning of. */
const beginsOf = (event: RunEvent): ReadonlyArray<string> => {
  switch (event._tag) {
    case "RunStarted":
      return ["run"]
    case "StateEntered":
      return ["visit"]
    case "AttemptStarted":
      return [`attempt ${event.attempt}`]
    case "AttemptFailed":
    case "AttemptInterrupted":
      return ["retry"]
    case "BranchStarted":
      return [branchOf(event)]
    case "Compensating":
      return [undoOf(event)]
    default:
      return []
  }
}

/** What an event is the end of. */
const endsOf = (event: RunEvent): string | undefined => {
  switch (event._tag) {
    case "RunFinished":
      return "run"
    case "TransitionTaken":
      return "visit"
    case "AttemptFailed":
    case "AttemptInterrupted":
      return `attempt ${event.attempt}`
    case "Retried":
      return "retry"
    case "BranchSucceeded":
    case "BranchFailed":
    case "BranchInterrupted":
      return branchOf(event)
    case "Compensated":
    case "CompensationFailed":
      return undoOf(event)
    default:
      return undefined
  }
}

const branchOf = ({ attempt, branch }: { readonly attempt: number; readonly branch: string | number }): string =>
  `branch ${attempt} ${typeof branch} ${branch}`

const undoOf = ({
  branch,
  state,
  target
}: {
  readonly state: string
  readonly target?: string
  readonly branch?: string | number
}): string => JSON.stringify(["undo", state, target, branch])

const idOf = ({ runId, workflow }: { readonly runId: string; readonly workflow: string }): string =>
  JSON.stringify([workflow, runId])
