/** One state and one exit: the smallest definition that a split or a forEach can be tried in. */
import { Schema } from "effect"
import { type Handler, Workflow } from "sluice"

export class Fan extends Workflow.define("Fan")
  .state("Work", Schema.Void, ["Done"])
  .exit("Done", Workflow.type<unknown>())
  .start("Work") {}

/** Runs a handler of the state, and gives what it sent to the exit. */
export const implement = <E, R>(handler: Handler.Handler<typeof Fan, "Work", "Done", E, R>) =>
  Fan.implement({ Work: handler })
