/**
 * What spans, log lines and metrics call the parts of a run. Names are dotted, and `error.type` is that of the OpenTelemetry
 * conventions, which have none for workflows yet.
 */
import { Cause } from "effect"
import { CompensationFailed } from "../../Errors.ts"
import { isInstance, nameOf } from "../../text/errorLine.ts"

export const attribute = {
  workflow: "workflow.name",
  runId: "workflow.run.id",
  state: "workflow.state",
  attempt: "workflow.attempt",
  branch: "workflow.branch",
  target: "workflow.target",
  exit: "workflow.exit",
  strategy: "workflow.strategy",
  status: "workflow.status",
  errorType: "error.type"
} as const

/** What a cause is, in one word: the tag or the name of its error or defect; of an interruption, nothing. */
export const errorTypeOf = ({ reasons }: Cause.Cause<unknown>): string | undefined => {
  const reason = reasons.find(isFailure) ?? reasons.find(Cause.isDieReason)
  if (reason === undefined) return undefined
  const error = Cause.isFailReason(reason) ? reason.error : reason.defect
  return nameOf(error) ?? typeof error
}

/** Whether a reason is a failure. What could not be undone is one, also where a run that is interrupted has it as a defect. */
export const isFailure = (reason: Cause.Reason<unknown>): reason is Cause.Fail<unknown> | Cause.Die =>
  Cause.isFailReason(reason) || (Cause.isDieReason(reason) && isInstance(reason.defect, CompensationFailed))
