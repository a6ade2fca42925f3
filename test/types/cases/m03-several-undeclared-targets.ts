import { Schema } from "effect"
import { Workflow } from "sluice"

export class A extends Workflow.define("A")
  .state("Begin", Schema.String, ["Midle", "End"])
  .state("Middle", Schema.String, ["Begn", "Edn"])
  .exit("End", Schema.String)
  .start("Begin") {} // expect: "'Begin'", "'Midle'", "'Middle'", "'Begn'", "'Edn'"
