import { Schema } from "effect"
import { Workflow } from "sluice"

export class State extends Workflow.define("State")
  .state("Begin", Schema.String, ["End"])
  .state("Orphan", Schema.String, ["End"])
  .exit("End", Schema.String)
  .start("Begin") {} // expect: "'Orphan'", 'reached'

export class Exit extends Workflow.define("Exit")
  .state("Begin", Schema.String, ["End"])
  .exit("End", Schema.String)
  .exit("Orphan", Schema.String)
  .start("Begin") {} // expect: "'Orphan'", 'reached'

export class Pair extends Workflow.define("Pair")
  .state("Begin", Schema.String, ["End"])
  .state("Ping", Schema.String, ["Pong"])
  .state("Pong", Schema.String, ["Ping", "End"])
  .exit("End", Schema.String)
  .start("Begin") {} // expect: "'Ping'", "'Pong'", 'reached'

export class WrongEntry extends Workflow.define("WrongEntry")
  .state("Begin", Schema.String, ["End"])
  .state("First", Schema.String, ["Second"])
  .state("Second", Schema.String, ["End"])
  .exit("End", Schema.String)
  .start("Begin", "Second") {} // expect: "'First'", 'reached'
