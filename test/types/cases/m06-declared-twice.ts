import { Schema } from "effect"
import { Workflow } from "sluice"

export class Twice extends Workflow.define("Twice")
  .state("Begin", Schema.String, ["End"])
  .state("Begin", Schema.String, ["End"]) // expect: "'Begin'", 'declared twice'
  .exit("End", Schema.String)
  .start("Begin") {}

export class StateAndExit extends Workflow.define("StateAndExit")
  .state("Begin", Schema.String, ["End"])
  .exit("End", Schema.String)
  .exit("Begin", Schema.String) // expect: "'Begin'", 'declared twice'
  .start("Begin") {}

export class ExitAndState extends Workflow.define("ExitAndState")
  .exit("End", Schema.String)
  .state("End", Schema.String, ["End"]) // expect: "'End'", 'declared twice'
  .state("Begin", Schema.String, ["End"])
  .start("Begin") {}

export class TwoExits extends Workflow.define("TwoExits")
  .state("Begin", Schema.String, ["End"])
  .exit("End", Schema.String)
  .exit("End", Schema.Number) // expect: "'End'", 'declared twice'
  .start("Begin") {}
