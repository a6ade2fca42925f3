import { Schema } from "effect"
import { Workflow } from "sluice"
import { Inherited, split, wait } from "../right/names.ts"
import { Batch } from "../right/values.ts"

declare const any: string
const table = Workflow.define("Names").state("A", Schema.Void, ["End"]).exit("End", Schema.Void)
export const state = table.state(any, Schema.Void, ["End"]) // expect: 'string', 'a name must be a literal'
export const exit = table.exit(any, Schema.Void) // expect: 'string', 'a name must be a literal'
export const signal = table.signal(any, Schema.Void) // expect: 'string', 'a name must be a literal'
export const target = table.state("B", Schema.Void, [any]).start("A", "B") // expect: "'B'", 'the names must be literals'
export const start = table.start(any) // expect: 'string', '"A"'
export const star = Workflow.define("Star").state("*", Schema.Void, ["End"]).exit("End", Schema.Void).start("*") // expect: "'*' cannot be the name"
export const empty = table.state("", Schema.Void, ["End"]).start("A", "") // expect: "'' cannot be the name"
export const proto = table.state("__proto__", Schema.Void, ["End"]).start("A", "__proto__") // expect: "'__proto__' cannot be the name"

// A key that is a number is the name it is written as.
export const numbers = Inherited.implement({
  constructor: wait,
  toString: split,
  1: ({ to }) => to.valueOf(""),
  2: () => 1 // expect: "'2' is not a state"
})

export const twice = Batch.split("Work", { a: () => 1, b: () => 2 })
  .compensate({ a: () => {} })
  .compensate({ b: () => {}, a: () => {} }) // expect: "'Work'", "'a' twice"
const each = Batch.forEach(
  "Work",
  ({ payload }) => payload,
  ({ item }) => item
).compensate(() => {})
export const twiceEach = each.compensate(() => {}) // expect: "'compensate' does not exist"
export const numberOfAnotherType = Inherited.implement({
  constructor: wait,
  toString: split,
  1: () => 1 // expect: "'1'", 'must return a transition'
})
