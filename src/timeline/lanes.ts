/**
 * Makes the lanes of a timeline from what is known of runs.
 */

import {
  type Attempt,
  calleesOf,
  type History,
  nameBranch,
  type Run,
  type Stretch,
  type Undoing,
  type Visit
} from "../history/History.ts"
import { describeWait, explainCause, nameEnding } from "../history/words.ts"
import { count, mark } from "../text/words.ts"
import { fold } from "./fold.ts"
import type { Lane, SpanKind, Timeline } from "./Lane.ts"
import { kindOf, type Now, spansOfAttempt, spansOfVisit } from "./spans.ts"

/** The lanes of all runs of a history. */
export const makeTimeline = ({ end, runs, start }: History): Timeline => {
  const now = { known: end, drawn: runs.some(isOpen) ? end + (end - start) * beyond : end }
  return { start, end: now.drawn, lanes: lanesOfRuns(runs, now) }
}

/** How far what has not ended is drawn beyond what is known, as a part of that. */
const beyond = 0.04

const isOpen = (run: Run): boolean =>
  run.end === undefined || run.steps.some(({ end }) => end === undefined) || calleesOf(run).some(isOpen)

const lanesOfRuns = (runs: ReadonlyArray<Run>, now: Now): ReadonlyArray<Lane> =>
  fold(
    runs.map((run) => laneOfRun(run, now)),
    "runs"
  )

const laneOfRun = (run: Run, now: Now): Lane => {
  const steps = run.steps.map((step) => (step.kind === "visit" ? laneOfVisit(step, now) : laneOfUndoing(step, now)))
  const spans = [...steps, ...undoingsOfCallees(run, now)].flatMap((step) => step.spans)
  const lane = laneOf("run", [run.workflow, shortId(run)].join(" ").trimEnd(), run, now)
  const place = run.end === undefined ? `in ${run.place}` : run.place
  return {
    ...lane,
    spans: spans.length === 0 ? lane.spans : spans,
    notes: [nameEnding(run) ?? place, ...(run.entry === undefined ? ["oldest events missing"] : [])],
    details: [`run ${run.runId}`, ...lane.details],
    lanes: [...fold(steps, "steps"), ...lanesOfRuns(run.callees, now)],
    countedAs: run.ending === "succeeded" ? run.place : lane.countedAs
  }
}

/** What the runs that a run called have done is undone when it fails itself. */
const undoingsOfCallees = (run: Run, now: Now): ReadonlyArray<Lane> =>
  calleesOf(run).flatMap((callee) => [
    ...callee.steps.flatMap((step) => (step.kind === "undoing" ? [laneOfUndoing(step, now)] : [])),
    ...undoingsOfCallees(callee, now)
  ])

/** What is worth reading of an id: of a random one the first part, and nothing of one that only repeats the caller. */
const shortId = ({ caller, runId }: Run): string => {
  if (caller !== undefined && runId === `${caller.runId}/${caller.state}`) return ""
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(runId) ? runId.slice(0, 8) : runId
}

const laneOfVisit = (visit: Visit, now: Now): Lane => {
  const { attempts, callees, signals, state, target, undoing, waits } = visit
  const lane = laneOf("visit", state, visit, now)
  const last = attempts.at(-1)
  const areListed =
    attempts.length > 1 || (target !== undefined && last !== undefined && nameEnding(last) !== undefined)
  const outcome = [nameEnding(visit) ?? (target === undefined ? [] : `→ ${target}`), describeWait(waits.at(-1)) ?? []]
  return {
    ...lane,
    spans: spansOfVisit(visit, now),
    marks: signals.map(({ name, time }) => ({ time, label: `signal ${name}` })),
    notes: [
      ...outcome.flat(),
      ...(last === undefined || areListed ? [] : describeJoin(last)),
      ...(attempts.length > 1 ? [count(attempts.length, "attempt")] : []),
      ...(signals.length > 1 ? [count(signals.length, "signal")] : signals.map(({ name }) => `signal ${name}`)),
      ...describeUndoing(undoing)
    ],
    lanes: areListed
      ? fold(
          attempts.map((_, index) => laneOfAttempt(visit, index, now)),
          "attempts"
        )
      : [...(last === undefined ? [] : lanesOfBranches(last, now)), ...lanesOfRuns(callees, now)],
    countedAs: state
  }
}

/** An attempt, with the runs that were called before the next one. */
const laneOfAttempt = (visit: Visit, index: number, now: Now): Lane => {
  const attempt = visit.attempts[index]!
  const lane = laneOf("attempt", `attempt ${attempt.number}`, attempt, now)
  const from = index === 0 ? Number.NEGATIVE_INFINITY : attempt.start
  const to = visit.attempts[index + 1]?.start ?? Number.POSITIVE_INFINITY
  const callees = visit.callees.filter(({ start }) => start >= from && start < to)
  return {
    ...lane,
    spans: spansOfAttempt(attempt, visit, now),
    notes: [...lane.notes, ...describeJoin(attempt)],
    lanes: [...lanesOfBranches(attempt, now), ...lanesOfRuns(callees, now)]
  }
}

const lanesOfBranches = ({ branches }: Attempt, now: Now): ReadonlyArray<Lane> => {
  const lanes = [...branches.values()].map((branch) => {
    const lane = laneOf("branch", nameBranch(branch), branch, now)
    return { ...lane, notes: [...lane.notes, ...describeUndoing(branch.undoing)] }
  })
  return fold(lanes, [...branches.keys()].some((name) => typeof name === "number") ? "items" : "branches")
}

const laneOfUndoing = (undoing: Undoing, now: Now): Lane => {
  const { branch, ending, state, target } = undoing
  const label = branch === undefined ? `${mark} ${state}` : `${mark} ${state}: ${nameBranch({ name: branch })}`
  const lane = laneOf("undoing", label, undoing, now, ending === "failed" ? "failed" : "undone")
  return {
    ...lane,
    details: target === undefined ? lane.details : [`what led to ${target}`, ...lane.details],
    countedAs: `${mark} ${state}`
  }
}

const laneOf = (
  kind: Lane["kind"],
  label: string,
  stretch: Stretch,
  now: Now,
  did: SpanKind = kindOf(stretch)
): Lane => {
  const { cause, ending = stretch.end === undefined ? "running" : "ended", start } = stretch
  const name = nameEnding(stretch)
  return {
    kind,
    label,
    start,
    isOpen: stretch.end === undefined,
    duration: (stretch.end ?? now.known) - start,
    spans: [{ kind: did, start, end: stretch.end ?? now.drawn }],
    marks: [],
    notes: name === undefined ? [] : [name],
    details: cause === undefined ? [] : [explainCause(cause)],
    lanes: [],
    countedAs: ending
  }
}

/** How many branches a join had, where not all of them succeeded. */
const describeJoin = ({ joined }: Attempt): ReadonlyArray<string> => {
  if (joined === undefined) return []
  const { failures, interrupted, successes } = joined
  return failures + interrupted === 0 ? [] : [`${successes} of ${successes + failures + interrupted}`]
}

const describeUndoing = (undoing: Undoing | undefined): ReadonlyArray<string> => {
  if (undoing === undefined) return []
  if (undoing.ending === "failed") return ["not undone"]
  return undoing.ending === undefined ? ["undoing"] : ["undone"]
}
