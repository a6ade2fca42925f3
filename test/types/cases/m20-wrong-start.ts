import { Schema } from "effect"
import { Workflow } from "sluice"

const table = Workflow.define("Table")
  .state("Begin", Schema.String, ["Middle", "End"])
  .state("Middle", Schema.String, ["End"])
  .exit("End", Schema.String)

export class Undeclared extends table.start("Bgin") {} // expect: '"Bgin"', '"Begin"'
export class AnExit extends table.start("End") {} // expect: '"End"', '"Begin"'
export class UndeclaredEntry extends table.start("Begin", "Midle") {} // expect: '"Midle"', '"Middle"'
export class EntryAnExit extends table.start("Begin", "End") {} // expect: '"End"', '"Middle"'
export class NoName extends table.start() {} // expect: '0'
