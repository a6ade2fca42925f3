/**
 * Where a run is that has not ended, and what it waits for, as its events tell.
 */
import { match } from "ts-pattern"
import type { Compensating, RunEvent, Waiting } from "../Event.ts"
import { isStandIn } from "./layer.ts"
import type { Replaced } from "./stubs.ts"

/** Where a run is. */
export interface Whereabouts {
  readonly state: string
  readonly attempt: number
  readonly branches: ReadonlyArray<string | number>
  /** What a state does besides its branches. */
  readonly doing: "its work" | "its join" | "what handles its failure"
  readonly waiting: Waiting<string> | undefined
  readonly compensating: Compensating<string> | undefined
  /** A run that it has called, and where that is. */
  readonly called: { readonly workflow: string; readonly at: Whereabouts } | undefined
}

const entered = (state: string): Whereabouts => ({
  state,
  attempt: 1,
  branches: [],
  doing: "its work",
  waiting: undefined,
  compensating: undefined,
  called: undefined
})

/** Where the run with an id is. */
export const whereaboutsOf = (events: ReadonlyArray<RunEvent>, runId: string): Whereabouts => {
  const own = events.filter((event) => event.runId === runId)
  const at = own.reduce(follow, entered(own[0]?.state ?? ""))
  const called = events.find(
    (event) =>
      event._tag === "RunStarted" &&
      event.caller?.runId === runId &&
      !events.some((other) => other._tag === "RunFinished" && other.runId === event.runId)
  )
  return called === undefined
    ? at
    : { ...at, called: { workflow: called.workflow, at: whereaboutsOf(events, called.runId) } }
}

const follow = (at: Whereabouts, event: RunEvent): Whereabouts =>
  match(event)
    .returnType<Whereabouts>()
    .with({ _tag: "StateEntered" }, ({ state }) => entered(state))
    .with({ _tag: "AttemptStarted" }, ({ attempt, state }) => ({ ...entered(state), attempt }))
    .with({ _tag: "BranchStarted" }, ({ branch }) => ({ ...at, branches: [...at.branches, branch] }))
    .with({ _tag: "BranchSucceeded" }, { _tag: "BranchFailed" }, { _tag: "BranchInterrupted" }, ({ branch }) => ({
      ...at,
      branches: at.branches.filter((other) => other !== branch)
    }))
    .with({ _tag: "Joined" }, () => ({ ...at, doing: "its join" }))
    .with({ _tag: "AttemptFailed" }, { _tag: "AttemptInterrupted" }, () => ({
      ...at,
      waiting: undefined,
      doing: "what handles its failure"
    }))
    .with({ _tag: "Waiting" }, (waiting) => ({ ...at, waiting }))
    .with({ _tag: "Signalled" }, ({ signal }) =>
      at.waiting?.signals?.includes(signal) ? { ...at, waiting: undefined } : at
    )
    .with({ _tag: "Compensating" }, (compensating) => ({ ...at, compensating }))
    .with({ _tag: "Compensated" }, { _tag: "CompensationFailed" }, () => ({ ...at, compensating: undefined }))
    .otherwise(() => at)

/** What a run waits for, in words. */
export const describeWait = (at: Whereabouts, replaced: ReadonlyMap<string, Replaced>): string => {
  const { attempt, branches, called, compensating, state, waiting } = at
  if (compensating !== undefined) return `the compensation of state '${compensating.state}' has not ended`
  const where = `in state '${state}'${attempt > 1 ? `, attempt ${attempt}` : ""},`
  if (called !== undefined) {
    return `${where} the workflow '${called.workflow}' has not ended: ${describeWait(called.at, nothingReplaced)}`
  }
  if (branches.length > 0) return `${where} ${describeBranches(branches)} not ended`
  if (waiting !== undefined) return `${where} it waits for ${describeWaiting(waiting)}`
  return `${where} ${isReplaced(at, replaced) ? "its stand-in" : at.doing} has not ended`
}

const nothingReplaced: ReadonlyMap<string, Replaced> = new Map()

/** Whether what a state does is what stands in for it. */
const isReplaced = ({ doing, state }: Whereabouts, replaced: ReadonlyMap<string, Replaced>): boolean =>
  replaced.get(state) === "work" && doing !== "what handles its failure"

const describeBranches = (branches: ReadonlyArray<string | number>): string => {
  const what = typeof branches[0] === "number" ? ["item", "items"] : ["branch", "branches"]
  const names = branches.map((branch) => (typeof branch === "number" ? branch : `'${branch}'`)).join(", ")
  return branches.length === 1 ? `its ${what[0]} ${names} has` : `its ${what[1]} ${names} have`
}

const describeWaiting = (waiting: Waiting<string>): string =>
  match(waiting)
    .with({ for: "signal" }, ({ signals = [] }) => {
      const names = signals.map((name) => `'${name}'`).join(", ")
      return signals.length === 1 ? `the signal ${names}` : `one of the signals ${names}`
    })
    .with({ for: "time" }, () => "a time to come")
    .with({ for: "answer" }, () => "the answer of its poll")
    .with({ for: "transition" }, () => "its transition to take effect")
    .exhaustive()

/** Whether a run waits for nothing but signals and stand-ins, so that nothing real can make it go on. */
export const waitsForStubs = (at: Whereabouts, replaced: ReadonlyMap<string, Replaced>): boolean => {
  const { branches, called, compensating, state, waiting } = at
  if (compensating !== undefined) return false
  if (called !== undefined) return isStandIn(called.workflow)
  if (waiting?.for === "signal" || isReplaced(at, replaced)) return true
  const stub = replaced.get(state)
  if (branches.length === 0 || stub === undefined || stub === "work") return false
  return stub === "items" || branches.every((branch) => stub.has(String(branch)))
}
