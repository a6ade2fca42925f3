/**
 * The join strategies as decisions over a tally of settled branches.
 */
import { Cause, Result } from "effect"
import { match } from "ts-pattern"
import { AllBranchesFailed, NoBranchCompleted, QuorumNotReached, ToleranceExceeded } from "../../Errors.ts"
import type { Strategy } from "../../Join.ts"
import type { Branch } from "./items.ts"

/** What a settled branch is in the results, and its place among the others. */
interface Settled {
  readonly index: number
  readonly result: unknown
}

/** How the branches of one join have ended so far. */
export class Tally {
  /** How many there are, as soon as that is known. */
  total: number | undefined
  /** In completion order. */
  readonly successes: Array<Settled> = []
  /** In completion order. */
  readonly failures: Array<Settled> = []
  firstFailure: Cause.Cause<unknown> = Cause.empty
  private readonly rule: Rule

  constructor(rule: Rule, total: number | undefined) {
    this.rule = rule
    this.total = total
  }

  get settled(): number {
    return this.successes.length + this.failures.length
  }

  succeed({ index, label }: Branch, value: unknown): void {
    this.successes.push({ index, result: this.rule.success(label, value) })
  }

  /** Counts a typed failure; gives `false` for a defect or an interruption, which no strategy counts. */
  fail({ index, label }: Branch, cause: Cause.Cause<unknown>): boolean {
    const error = Cause.findError(cause)
    if (Result.isFailure(error) || Cause.hasDies(cause)) return false
    if (this.failures.push({ index, result: { ...label, error: error.success } }) === 1) this.firstFailure = cause
    return true
  }

  decide(): Decision {
    return this.rule.decide(this)
  }
}

/** What a tally says: that more must settle, or what the join does. */
export type Decision = "wait" | "proceed" | "fail"

/** A strategy, ready to decide for one state. */
export interface Rule {
  /**
   * Asked before the first branch, after each that settles, and when it is known how many there are; once every branch has
   * settled it does not say `wait`.
   */
  readonly decide: (tally: Tally) => Decision
  /** What is kept of a success. */
  readonly success: (label: object, value: unknown) => unknown
  /** What the join is given when the decision is to proceed. */
  readonly results: (tally: Tally, interrupted: () => ReadonlyArray<object>) => unknown
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
      decide: (tally: Tally) => (tally.failures.length > 0 ? "fail" : decideWhenSettled(tally)),
      success: (_: object, value: unknown) => value,
      results: (tally: Tally) => collect(inOrder(tally.successes)),
      failure: (tally: Tally) => tally.firstFailure
    }))
    .with({ _tag: "any" }, () => ({
      decide: (tally: Tally) => decideAt(tally, 1),
      success: labelled,
      results: (tally: Tally) => tally.successes[0]!.result,
      failure: (tally: Tally) => Cause.fail(new AllBranchesFailed({ state, failures: inOrder(tally.failures) }))
    }))
    .with({ _tag: "quorum" }, ({ required }) => quorumRule(state, () => required, asCompleted))
    .with({ _tag: "percentage" }, ({ share }) => quorumRule(state, shareOf(share, ceil), asCompleted))
    .with({ _tag: "partialResults" }, ({ required }) => quorumRule(state, () => required, partialResults))
    .with({ _tag: "tolerate" }, ({ limit }) => {
      const tolerated = "failures" in limit ? () => limit.failures : shareOf(limit.rate, floor)
      return {
        decide: (tally: Tally) => (tally.failures.length > tolerated(tally) ? "fail" : decideWhenSettled(tally)),
        success: labelled,
        results: settledResults,
        failure: (tally: Tally) =>
          Cause.fail(new ToleranceExceeded({ state, tolerated: tolerated(tally), failures: inOrder(tally.failures) }))
      }
    })
    .with({ _tag: "settled" }, () => ({
      decide: decideWhenSettled,
      success: labelled,
      results: settledResults,
      failure: () => Cause.empty
    }))
    .with({ _tag: "partialTimeout" }, ({ duration }) => ({
      decide: (tally: Tally) => (tally.total === 0 ? "fail" : decideWhenSettled(tally)),
      success: labelled,
      results: partialResults,
      failure: () => Cause.fail(new NoBranchCompleted({ state, duration }))
    }))
    .exhaustive() as Rule

const quorumRule = (state: string, required: (tally: Tally) => number, results: Rule["results"]): Rule => ({
  decide: (tally) => decideAt(tally, required(tally)),
  success: labelled,
  results,
  failure: (tally) =>
    Cause.fail(
      new QuorumNotReached({
        state,
        required: required(tally),
        successes: asCompleted(tally),
        failures: inOrder(tally.failures)
      })
    )
})

/** Proceeds with so many successes, and fails as soon as it is known that they can no longer be reached. */
const decideAt = ({ failures, successes, total = Number.POSITIVE_INFINITY }: Tally, required: number): Decision => {
  if (successes.length >= required) return "proceed"
  return failures.length > total - required ? "fail" : "wait"
}

const decideWhenSettled = (tally: Tally): Decision => (tally.settled === tally.total ? "proceed" : "wait")

const labelled = (label: object, value: unknown) => ({ ...label, value })

const byIndex = (a: { readonly index: number }, b: { readonly index: number }) => a.index - b.index

const inOrder = (settled: ReadonlyArray<Settled>) => settled.toSorted(byIndex).map(({ result }) => result as object)

const asCompleted = ({ successes }: Tally) => successes.map(({ result }) => result as object)

const settledResults = (tally: Tally) => ({ successes: inOrder(tally.successes), failures: inOrder(tally.failures) })

const partialResults: Rule["results"] = (tally, interrupted) => ({
  ...settledResults(tally),
  interrupted: interrupted()
})

/** A share of all branches: more than any number of them until it is known how many there are. */
const shareOf =
  (share: number, round: (n: number) => number) =>
  ({ total }: Tally): number =>
    total === undefined ? Number.POSITIVE_INFINITY : round(share * total)

// A share of a count can miss a whole number by a rounding error: 0.07 * 100 is 7.000000000000001.
const ceil = (n: number) => Math.ceil(n - n * 2 * Number.EPSILON)
const floor = (n: number) => Math.floor(n + n * 2 * Number.EPSILON)
