/** A definition that is generic in a payload is checked as any other. */
import { Schema } from "effect"
import { Workflow } from "sluice"
import { queueOf } from "../right/generic.ts"

export const undeclared = <S extends Schema.Codec<unknown>>(item: S) =>
  Workflow.define("A").state("Begin", item, ["Edn"]).exit("End", item).start("Begin") // expect: "'Begin'", "'Edn'"

export const unreachable = <S extends Schema.Codec<unknown>>(item: S) =>
  Workflow.define("A").state("Begin", item, ["End"]).exit("End", item).exit("Lost", item).start("Begin") // expect: "'Lost' cannot be reached from the start"

export const trapped = <S extends Schema.Codec<unknown>>(item: S) =>
  Workflow.define("A")
    .state("Begin", item, ["End", "Round"])
    .state("Round", item, ["Round"])
    .exit("End", item)
    .start("Begin") // expect: "no exit can be reached from state 'Round'"

export const handled = <S extends Schema.Codec<unknown>>(item: S) => {
  class A extends Workflow.define("A").state("Begin", item, ["End"]).exit("End", item).start("Begin") {}
  const Begin = A.task("Begin", ({ payload, to }) => to.Edn(payload)) // expect: "'Edn'", '"End"'
  A.implement({ Begin: () => "End" }) // expect: "state 'Begin' must return a transition made by its own 'to'"
  A.implement({ Begin }).run() // expect: 'Expected 1-2 arguments, but got 0'
}

class Numbers extends queueOf(Schema.Number) {}
Numbers.task("Push", ({ to }) => to.Done("one")) // expect: "'string'", "'number'"
