/**
 * How a part of a run ends, as the reference interpreter sees it.
 */
import { show } from "./observation.ts"

export interface Failure {
  readonly _tag: string
}

export type Result =
  | { readonly _tag: "done"; readonly value: unknown }
  | { readonly _tag: "failed"; readonly error: Failure }
  /**
   * `late` when it was interrupted before its finalizers had run: it has died all the same. `interrupted` when one of its
   * branches has interrupted itself besides.
   */
  | {
      readonly _tag: "died"
      readonly defects: ReadonlyArray<string>
      readonly late?: true
      readonly interrupted?: boolean
    }
  /** It interrupted itself, or was interrupted at its limit. */
  | { readonly _tag: "interrupted"; readonly by: "itself" | "limit" }
  /** What was completed for something that has failed could not be undone: nothing retries or catches that. */
  | { readonly _tag: "notUndone"; readonly late?: true }
  /** What was completed could not be undone at an exit: it has not failed otherwise. */
  | { readonly _tag: "nothing" }

export interface Ended {
  readonly at: number
  readonly result: Result
}

export const interrupted: Result = { _tag: "interrupted", by: "limit" }

export const failed = (error: Failure & Record<string, unknown>): Result => ({ _tag: "failed", error })

export const died = (who: string): Result => ({ _tag: "died", defects: [`defect of ${who}`] })

/** What ends after its limit has been interrupted there. A defect stays one, and so does what could not be undone. */
export const within = (limit: number, { at, result }: Ended): Ended => {
  if (at <= limit) return { at, result }
  return { at, result: result._tag === "died" || result._tag === "notUndone" ? { ...result, late: true } : interrupted }
}

/** Whether something was interrupted at its limit. */
export const isCutOff = (result: Result): boolean =>
  result._tag === "interrupted" ? result.by === "limit" : "late" in result && result.late === true

/** What a rollback goes by. */
export const kindOf = (result: Result): string => (result._tag === "failed" ? result.error._tag : result._tag)

export const describeResult = (result: Result): string => {
  switch (result._tag) {
    case "done":
      return `ended in ${show(result.value)}`
    case "failed":
      return `failed with ${show(result.error)}`
    case "died":
      return describeDefects(result.defects)
    default:
      return result._tag
  }
}

/** As `describeResult`, in the moment: what could not be undone may grow still. */
export const describeCause = (result: Result): string =>
  result._tag === "notUndone" ? "died of CompensationFailed" : describeResult(result)

export const describeDefects = (defects: ReadonlyArray<string>): string => `died of ${defects.toSorted().join(", ")}`
