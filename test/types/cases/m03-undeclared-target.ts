import { Schema } from "effect"
import { Workflow } from "sluice"

class A extends Workflow.define("A").state("Begin", Schema.String, ["Edn"]).exit("End", Schema.String).start("Begin") {} // expect: "'Begin'", "'Edn'"

class B extends Workflow.define("B")
  .state("Begin", Schema.String, ["Middle", "Edn"])
  .state("Middle", Schema.String, ["End", "Begin"])
  .exit("End", Schema.String)
  .start("Begin") {} // expect: "'Begin'", "'Edn'"

export type Both = A | B
