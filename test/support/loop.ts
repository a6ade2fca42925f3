/** A state that can go on to itself: for long runs, second visits and loops without an end. */
import { Schema } from "effect"
import { Workflow } from "sluice"

export class Loop extends Workflow.define("Loop")
  .state("Again", Schema.Number, ["Again", "Done"])
  .exit("Done", Schema.Number)
  .start("Again") {}
