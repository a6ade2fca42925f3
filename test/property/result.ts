/**
 * How a part of a run ends, as the reference interpreter sees it.
 */
import { show } from "./observation.ts"

export interface Failure {
  readonly _tag: string
}

export type Result =
  | { readonly _tag: "done"; readonly value: unknown }
  /** `late` when it was interrupted before its finalizers had run, or what it had completed was undone. */
  | { readonly _tag: "failed"; readonly error: Failure; readonly late?: true }
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

/** What ends after its limit has been interrupted there. A failure stays one, and so does what could not be undone. */
export const within = (limit: number, { at, result }: Ended): Ended => {
  if (at <= limit) return { at, result }
  const stays = result._tag === "failed" || result._tag === "died" || result._tag === "notUndone"
  return { at, result: stays ? { ...result, late: true } : interrupted }
}

/** What passes a handler of failures: what has failed and was interrupted is no failure to it, and none any more behind it. */
export const pastHandler = ({ at, result }: Ended): Ended =>
  result._tag === "failed" && result.late ? { at, result: interrupted } : { at, result }

/** Whether something was interrupted at its limit. */
export const isCutOff = (result: Result): boolean =>
  result._tag === "interrupted" ? result.by === "limit" : "late" in result && result.late === true

/** What a rollback goes by. */
export const kindOf = (result: Result): string => {
  if (result._tag !== "failed") return result._tag
  return result.late ? "interrupted" : result.error._tag
}

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

/** As `describeResult`, for who is told why: what could not be undone may grow still. */
export const describeCause = (result: Result): string => {
  if (result._tag === "notUndone") return "died of CompensationFailed"
  return result._tag === "failed" && result.late ? "interrupted" : describeResult(result)
}

export const describeDefects = (defects: ReadonlyArray<string>): string => `died of ${defects.toSorted().join(", ")}`
