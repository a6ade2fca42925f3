/**
 * Random workflows as plain data: what the engine runs and the reference interpreter predicts.
 *
 * All times are milliseconds of virtual time.
 */

/** How a piece of work ends, unless it is interrupted first: with a value, a typed failure, a defect, never, or by interrupting itself. */
export type End = "succeed" | "Red" | "Blue" | "die" | "hang" | "interrupt"

/** What is to be cleaned up after a piece of work, and how long that takes. */
export interface Release {
  /** Acquired in the scope, or a finalizer of the work itself. */
  readonly how: "scope" | "ensuring"
  readonly delay: number
}

/** One attempt of what a user's function does. */
export interface Work {
  /** A plain value, an Effect made at once, an Effect made when it is run, or a generator. */
  readonly form: "plain" | "effect" | "lazy" | "generator"
  /** How long it takes; after `yield` it goes on at the same instant, but after whatever is ready by then. */
  readonly delay: number | "yield"
  readonly end: End
  readonly release: Release | undefined
}

/** What a function does at each attempt, or each time it is called; the last one repeats. */
export type Script = readonly [Work, ...ReadonlyArray<Work>]

/** A function that ends in a transition: which of the targets, by the budget left, and how long until it takes effect. */
export interface Step {
  readonly script: Script
  readonly picks: ReadonlyArray<number>
  readonly after: number | undefined
}

/** How a step is undone. */
export interface Undo {
  /** What it does each time it is called in the run. */
  readonly script: Script
  readonly retries: number
  readonly timeout: number | undefined
  /** Whether what it undoes finishes once it has begun. */
  readonly uninterruptible: boolean
}

/** How the step to one target is undone. */
export interface TargetUndo extends Undo {
  readonly target: string
  /** After how many policies it stands in the chain: it makes no difference. */
  readonly position: number
}

/** A share of the branches, as an exact fraction. */
export interface Share {
  readonly part: number
  readonly of: number
}

export type Strategy =
  | { readonly _tag: "all" | "any" | "settled" }
  | { readonly _tag: "quorum" | "partialResults"; readonly required: number }
  | { readonly _tag: "percentage"; readonly share: Share }
  | { readonly _tag: "tolerateFailures"; readonly failures: number }
  | { readonly _tag: "tolerateRate"; readonly share: Share }
  | { readonly _tag: "partialTimeout"; readonly duration: number }

export interface Task {
  readonly _tag: "task"
  readonly step: Step
}

export interface Route {
  readonly _tag: "route"
  readonly end: "succeed" | "die"
  readonly picks: ReadonlyArray<number>
  readonly after: number | undefined
}

export interface Branch {
  readonly script: Script
  readonly undo: Undo | undefined
}

/** A split or a forEach. */
export interface Fan {
  readonly _tag: "split" | "forEach"
  readonly branches: ReadonlyArray<Branch>
  readonly concurrency: number | "unbounded"
  readonly strategy: Strategy
  readonly join: Step
}

/** Waits for signals, for a time, or for the first of both. */
export interface Wait {
  readonly _tag: "wait"
  readonly cases: ReadonlyArray<{ readonly signal: string; readonly step: Step }>
  readonly limit: { readonly duration: number; readonly step: Step } | undefined
}

/** Asks until there is an answer. Every so many calls of `ask` in the run there is one; the others are told to ask again. */
export interface Poll {
  readonly _tag: "poll"
  readonly ask: Step
  readonly answersEvery: number
  readonly spacing: number
  /** How often it asks again. */
  readonly times: number
  /** How many failures in a row it bears. */
  readonly failures: number
}

export type StateWork = Task | Route | Fan | Wait | Poll

export type Policy =
  | { readonly _tag: "timeout"; readonly duration: number }
  | { readonly _tag: "retry"; readonly times: number; readonly spacing: number | undefined }
  /** No tags: every failure. */
  | { readonly _tag: "catch"; readonly tags: ReadonlyArray<string>; readonly step: Step }

export interface State {
  readonly name: string
  /** The first one leads on towards an exit: it is taken when the budget is spent. */
  readonly targets: ReadonlyArray<string>
  readonly work: StateWork
  readonly policies: ReadonlyArray<Policy>
  readonly undos: ReadonlyArray<TargetUndo>
}

export interface Exit {
  readonly name: string
  readonly rollback: boolean
}

/** What stands around all handlers, and where its catches go: to an exit when the budget is spent. */
export interface Shared {
  readonly policies: ReadonlyArray<Policy>
  readonly fallback: ReadonlyArray<string>
}

/** What the run is sent from outside. */
export interface Signal {
  readonly at: number
  readonly name: string
}

/** The payload of every place. */
export interface Payload {
  /** How many more transitions are free to choose their target. */
  readonly budget: number
  readonly value: number
}

export interface Scenario {
  readonly states: ReadonlyArray<State>
  readonly exits: ReadonlyArray<Exit>
  readonly shared: Shared
  /** The kinds of causes that are rolled back; all of them unless given. */
  readonly rollback: ReadonlyArray<string> | undefined
  readonly input: Payload
  readonly timeout: number | undefined
  readonly compensationTimeout: number | undefined
  /** Oldest first. */
  readonly signals: ReadonlyArray<Signal>
  /** When the run is interrupted from outside, should it last so long. */
  readonly interruptAt: number
  /** Run by `fork`, whose handle tells its events, or by `run`. */
  readonly forked: boolean
  /** Whether there is an observer. */
  readonly observed: boolean
  /** Whether there is a tracer. */
  readonly traced: boolean
}

/** No run lasts as long as this unless it hangs. */
export const endOfTime = 1_000_000_000

export const runId = "the run"

export const workflowName = "Random"

export const signalNames: ReadonlyArray<string> = ["Ping", "Pong"]

/** What a user's function does at an attempt or a call, from 1. */
export const workAt = (script: Script, nth: number): Work => script[Math.min(nth, script.length) - 1]!

/** Where a step goes. */
export const targetOf = (targets: ReadonlyArray<string>, picks: ReadonlyArray<number>, { budget }: Payload): string =>
  targets[budget <= 0 ? 0 : picks[budget % picks.length]! % targets.length]!

/** What a step takes along; `found` is the sum of what a join was given. */
export const payloadAfter = ({ budget, value }: Payload, found = 0): Payload => ({
  budget: Math.max(0, budget - 1),
  value: value + 1 + found
})

/** Whether a poll has an answer at a call, from 1. */
export const answersAt = ({ answersEvery }: Poll, nth: number): boolean => nth % answersEvery === 0

/** What a branch succeeds with. */
export const branchValue = (index: number, payload: Payload): number => 10 * (index + 1) + payload.budget

export const branchName = (index: number): string => `b${index}`

export const itemName = (index: number): string => `item ${index}`

/** How a branch is undone: every item of a forEach as the first. */
export const undoOf = ({ _tag, branches }: Fan, index: number): Undo | undefined =>
  branches[_tag === "forEach" ? 0 : index]?.undo

/** Whether events of a run are told to somebody. */
export const isWatched = ({ forked, observed }: Scenario): boolean => forked || observed

/** Whether the work of a state, and what its catches do, finishes once it has begun. */
export const isUninterruptible = ({ undos }: State): boolean => undos.some((undo) => undo.uninterruptible)
