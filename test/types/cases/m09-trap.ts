import { Schema } from "effect"
import { Workflow } from "sluice"

export class DeadEnd extends Workflow.define("DeadEnd")
  .state("Begin", Schema.String, ["End", "Trap"])
  .state("Trap", Schema.String, [])
  .exit("End", Schema.String)
  .start("Begin") {} // expect: "'Trap'", 'exit'

export class Loop extends Workflow.define("Loop")
  .state("Begin", Schema.String, ["End", "Trap"])
  .state("Trap", Schema.String, ["Trap"])
  .exit("End", Schema.String)
  .start("Begin") {} // expect: "'Trap'", 'exit'

export class Cycle extends Workflow.define("Cycle")
  .state("Begin", Schema.String, ["End", "Ping"])
  .state("Ping", Schema.String, ["Pong"])
  .state("Pong", Schema.String, ["Ping"])
  .exit("End", Schema.String)
  .start("Begin") {} // expect: "'Ping'", "'Pong'", 'exit'

export class NoExit extends Workflow.define("NoExit")
  .state("Begin", Schema.String, ["Again"])
  .state("Again", Schema.String, ["Begin"])
  .start("Begin") {} // expect: 'no exit is declared'
