/**
 * What happens in a run, as data: what each state comes to whenever its work is done, and what comes from outside.
 */
import { Duration, Effect } from "effect"
import * as fc from "fast-check"
import { match } from "ts-pattern"
import type { ScenarioStubs } from "../types/Scenarios.ts"
import type { AnyDefinition, Input } from "../types/Table.ts"
import type { TimedSignals } from "./run.ts"
import { stateStub } from "./stubs.ts"
import { show } from "./values.ts"

/** A scenario that a workflow of the definition `D` can be run under; it is printed as what happens in it. */
export interface Scenario<D extends AnyDefinition> extends fc.WithToStringMethod {
  /** The input of the run. */
  readonly input: Input<D>
  /** The options of the run, as `Testing.run` takes them; it can be run any number of times. */
  readonly options: {
    readonly stubs: ScenarioStubs<D>
    readonly signals?: TimedSignals<D> | undefined
    readonly interruptAt?: Duration.Duration | undefined
    readonly limit: Duration.Duration
  }
}

/** What a state goes to. */
export interface Move {
  readonly target: string
  readonly payload: unknown
}

/** What happens in the place of a transition. */
export type Trouble =
  | { readonly _tag: "fails"; readonly error: unknown }
  | { readonly _tag: "dies" }
  | { readonly _tag: "hangs" }

/** What comes of a state's work in one visit. */
export interface Visit {
  /** Of every attempt, in milliseconds. */
  readonly delay: number
  readonly trouble: Trouble | undefined
  /** How many attempts have the trouble. */
  readonly troubles: number
  readonly move: Move
}

/** What comes of a state's work, visit by visit. */
export interface Script {
  readonly visits: ReadonlyArray<Visit>
  /** When there are no more of them. */
  readonly afterwards: Move
}

/** How many attempts of a visit have troubles and delays: a state that is tried for ever goes on some time. */
export const always = 100

/** What a scenario is made of. */
export interface Draft {
  readonly input: unknown
  /** By state; `undefined` for one that does its own work. */
  readonly scripts: Readonly<Record<string, Script | undefined>>
  readonly signals: ReadonlyArray<{ readonly at: number; readonly signal: string; readonly payload: unknown }>
  readonly interruptAt: number | undefined
}

/** What a run may take besides what its scenario takes. */
const room = Duration.days(30)

/** The scenario that is made of a draft, for a workflow whose graph is the definition's. */
export const makeScenario = (definition: unknown, draft: Draft): Scenario<AnyDefinition> => {
  const { input, interruptAt, scripts, signals } = draft
  const stubs = Object.entries(scripts).flatMap(([state, script]) =>
    script === undefined ? [] : [[state, stateStub({ definition, state }, perform(script))]]
  )
  const scenario = {
    input,
    options: {
      stubs: Object.fromEntries(stubs),
      ...(signals.length === 0
        ? {}
        : { signals: signals.map(({ at, ...signal }) => ({ at: Duration.millis(at), ...signal })) }),
      ...(interruptAt === undefined ? {} : { interruptAt: Duration.millis(interruptAt) }),
      limit: Duration.sum(room, Duration.millis(delaysOf(scripts)))
    },
    [fc.toStringMethod]: () => describe(draft)
  }
  // What was drawn for a definition has its types.
  return scenario as unknown as Scenario<AnyDefinition>
}

const delaysOf = (scripts: Draft["scripts"]): number =>
  Object.values(scripts)
    .flatMap((script) => script?.visits ?? [])
    .reduce((sum, { delay }) => sum + delay, 0)

interface StubContext {
  readonly attempt: number
  readonly run: object
  readonly state: string
  readonly to: Readonly<Record<string, (payload: unknown) => unknown>>
}

/** Does what a script says, each run from the beginning. */
const perform = ({ afterwards, visits }: Script) => {
  const counts = new WeakMap<object, number>()
  return ({ attempt, run, state, to }: StubContext): unknown => {
    const count = (counts.get(run) ?? 0) + (attempt === 1 ? 1 : 0)
    counts.set(run, count)
    const visit = visits[count - 1]
    const { payload, target } = visit?.move ?? afterwards
    const transition = to[target]!(payload)
    if (visit === undefined || attempt > always) return transition
    const { delay, trouble, troubles } = visit
    if (trouble !== undefined && attempt <= troubles) return Effect.delay(troubled(state, trouble), delay)
    // A route cannot wait.
    return delay === 0 ? transition : Effect.delay(Effect.succeed(transition), delay)
  }
}

const troubled = (state: string, trouble: Trouble): Effect.Effect<never, unknown> =>
  match(trouble)
    .with({ _tag: "fails" }, ({ error }) => Effect.fail(error))
    .with({ _tag: "dies" }, () => Effect.die(new Error(`state '${state}' dies`)))
    .with({ _tag: "hangs" }, () => Effect.never)
    .exhaustive()

const describe = ({ input, interruptAt, scripts, signals }: Draft): string =>
  [
    `input: ${show(input, 0)}`,
    ...Object.entries(scripts).map(([state, script]) => `${state}: ${describeScript(script)}`),
    ...signals.map(({ at, payload, signal }) => `signal ${signal} at ${millis(at)}${withPayload(payload)}`),
    ...(interruptAt === undefined ? [] : [`interrupted at ${millis(interruptAt)}`])
  ]
    .map((line) => `\n  ${line}`)
    .join("")

const describeScript = (script: Script | undefined): string => {
  if (script === undefined) return "does its own work"
  const { afterwards, visits } = script
  return [...visits.map(describeVisit), `then always ${describeMove(afterwards)}`].join("; ")
}

const describeVisit = ({ delay, move, trouble, troubles }: Visit): string => {
  const after = delay > 0 ? `after ${millis(delay)} ` : ""
  if (trouble === undefined) return `${after}${describeMove(move)}`
  const what = trouble._tag === "fails" ? `fails with ${show(trouble.error, 0)}` : trouble._tag
  if (troubles === always) return after + what
  return `${after}${what}, ${troubles === 1 ? "once" : `${troubles} times`}, and ${describeMove(move)}`
}

const describeMove = ({ payload, target }: Move): string => `goes to ${target}${withPayload(payload)}`

const withPayload = (payload: unknown): string => (payload === undefined ? "" : ` with ${show(payload, 0)}`)

const millis = (time: number): string => Duration.format(Duration.millis(time))
