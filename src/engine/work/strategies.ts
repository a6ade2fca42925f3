/**
 * The join strategies as decisions over a tally of settled branches.
 */
import { Cause, Result } from "effect"
import { match } from "ts-pattern"
import { AllBranchesFailed, NoBranchCompleted, QuorumNotReached, ToleranceExceeded } from "../../Errors.ts"
import type { Strategy } from "../../Join.ts"

/** What a branch is called in results and failures: `{ branch }`, or `{ index, item }`. */
export type Label = object

type Outcome =
  | { readonly _tag: "success"; readonly value: unknown }
  | { readonly _tag: "failure"; readonly error: unknown }

/** The branches of one join that have settled so far. */
export class Tally {
  readonly labels: ReadonlyArray<Label>
  readonly outcomes: Array<Outcome | undefined>
  /** The indices of the successful branches, in completion order. */
  readonly completed: Array<number> = []
  failed = 0
  firstFailure: Cause.Cause<unknown> = Cause.empty

  constructor(labels: ReadonlyArray<Label>) {
    this.labels = labels
    this.outcomes = new Array(labels.length)
  }

  get total(): number {
    return this.labels.length
  }

  get settled(): number {
    return this.completed.length + this.failed
  }

  succeed(index: number, value: unknown): void {
    this.outcomes[index] = { _tag: "success", value }
    this.completed.push(index)
  }

  /** Counts a typed failure; gives `false` for a defect or an interruption, which no strategy counts. */
  fail(index: number, cause: Cause.Cause<unknown>): boolean {
    const error = Cause.findError(cause)
    if (Result.isFailure(error) || Cause.hasDies(cause)) return false
    this.outcomes[index] = { _tag: "failure", error: error.success }
    if (this.failed++ === 0) this.firstFailure = cause
    return true
  }

  values(): ReadonlyArray<unknown> {
    return this.outcomes.map((outcome) => (outcome?._tag === "success" ? outcome.value : undefined))
  }

  success(index: number): object {
    const outcome = this.outcomes[index]
    return { ...this.labels[index], value: outcome?._tag === "success" ? outcome.value : undefined }
  }

  successes(): ReadonlyArray<object> {
    return this.labels.flatMap((_, index) => (this.outcomes[index]?._tag === "success" ? [this.success(index)] : []))
  }

  failures(): ReadonlyArray<object> {
    return this.labels.flatMap((label, index) => {
      const outcome = this.outcomes[index]
      return outcome?._tag === "failure" ? [{ ...label, error: outcome.error }] : []
    })
  }

  interrupted(): ReadonlyArray<object> {
    return this.labels.filter((_, index) => this.outcomes[index] === undefined)
  }
}

/** What a tally says: that more must settle, or what the join does. */
export type Decision = "wait" | "proceed" | "fail"

/** A strategy, ready to decide for one state. */
export interface Rule {
  /** Asked before the first branch and after each that settles; once every branch has settled it does not say `wait`. */
  readonly decide: (tally: Tally) => Decision
  /** What the join is given when the decision is to proceed. */
  readonly results: (tally: Tally) => unknown
  /** Why the state fails when the decision is to fail. */
  readonly failure: (tally: Tally) => Cause.Cause<unknown>
}

/** The rule of a strategy for the branches of a state. */
export const makeRule = (
  state: string,
  strategy: Strategy,
  collect: (values: ReadonlyArray<unknown>) => unknown
): Rule =>
  match(strategy)
    .with({ _tag: "all" }, () => ({
      decide: (tally: Tally) => (tally.failed > 0 ? "fail" : decideAt(tally, tally.total)),
      results: (tally: Tally) => collect(tally.values()),
      failure: (tally: Tally) => tally.firstFailure
    }))
    .with({ _tag: "any" }, () => ({
      decide: (tally: Tally) => decideAt(tally, 1),
      results: (tally: Tally) => tally.success(tally.completed[0]!),
      failure: (tally: Tally) => Cause.fail(new AllBranchesFailed({ state, failures: tally.failures() }))
    }))
    .with({ _tag: "quorum" }, ({ required }) => quorumRule(state, () => required, successesInOrder))
    .with({ _tag: "percentage" }, ({ share }) => quorumRule(state, (total) => ceil(share * total), successesInOrder))
    .with({ _tag: "partialResults" }, ({ required }) => quorumRule(state, () => required, partialResults))
    .with({ _tag: "tolerate" }, ({ limit }) => {
      const tolerated = (tally: Tally) => ("failures" in limit ? limit.failures : floor(limit.rate * tally.total))
      return {
        decide: (tally: Tally) => (tally.failed > tolerated(tally) ? "fail" : decideWhenSettled(tally)),
        results: settledResults,
        failure: (tally: Tally) =>
          Cause.fail(new ToleranceExceeded({ state, tolerated: tolerated(tally), failures: tally.failures() }))
      }
    })
    .with({ _tag: "settled" }, () => ({
      decide: decideWhenSettled,
      results: settledResults,
      failure: () => Cause.empty
    }))
    .with({ _tag: "partialTimeout" }, ({ duration }) => ({
      decide: (tally: Tally) => (tally.total === 0 ? "fail" : decideWhenSettled(tally)),
      results: partialResults,
      failure: () => Cause.fail(new NoBranchCompleted({ state, duration }))
    }))
    .exhaustive() as Rule

const quorumRule = (state: string, required: (total: number) => number, results: (tally: Tally) => unknown): Rule => ({
  decide: (tally) => decideAt(tally, required(tally.total)),
  results,
  failure: (tally) =>
    Cause.fail(
      new QuorumNotReached({
        state,
        required: required(tally.total),
        successes: successesInOrder(tally),
        failures: tally.failures()
      })
    )
})

/** Proceeds with so many successes, and fails as soon as they can no longer be reached. */
const decideAt = (tally: Tally, required: number): Decision => {
  if (tally.completed.length >= required) return "proceed"
  return tally.failed > tally.total - required ? "fail" : "wait"
}

const decideWhenSettled = (tally: Tally): Decision => (tally.settled === tally.total ? "proceed" : "wait")

const successesInOrder = (tally: Tally) => tally.completed.map((index) => tally.success(index))

const settledResults = (tally: Tally) => ({ successes: tally.successes(), failures: tally.failures() })

const partialResults = (tally: Tally) => ({ ...settledResults(tally), interrupted: tally.interrupted() })

// A share of a count can miss a whole number by a rounding error: 0.07 * 100 is 7.000000000000001.
const ceil = (n: number) => Math.ceil(n - n * 2 * Number.EPSILON)
const floor = (n: number) => Math.floor(n + n * 2 * Number.EPSILON)
