import { Schema } from "effect"
import { Workflow } from "sluice"

class Many extends Workflow.define("Many")
  .state("Begin", Schema.Void, ["One", "Two", "Three", "Four", "Five", "Six", "Seven"])
  .exit("One", Schema.Struct({ id: Schema.String, total: Schema.Number, note: Schema.String }))
  .exit("Two", Schema.Struct({ id: Schema.String, total: Schema.Number, note: Schema.String }))
  .exit("Three", Schema.Struct({ id: Schema.String, total: Schema.Number, note: Schema.String }))
  .exit("Four", Schema.Struct({ id: Schema.String, total: Schema.Number, note: Schema.String }))
  .exit("Five", Schema.Struct({ id: Schema.String, total: Schema.Number, note: Schema.String }))
  .exit("Six", Schema.Struct({ id: Schema.String, total: Schema.Number, note: Schema.String }))
  .exit("Seven", Schema.Void)
  .start("Begin") {}

export const Begin = Many.task("Begin", ({ to }) => to.Sevn()) // expect: 'Sevn', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven'
