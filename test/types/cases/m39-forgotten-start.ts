/** A table that is not closed is no definition. */
import { Schema } from "effect"
import { Workflow } from "sluice"

export const table = Workflow.define("Open").state("Begin", Schema.String, ["End"]).exit("End", Schema.String)

export class Open extends table {} // expect: "'Open' is not closed: call .start(name)"

export const task = Open.task("Begin", ({ payload, to }) => to.End(payload)).timeout("1 second") // expect: "'Open' is not closed"
export const split = Open.split("Begin", { one: ({ payload }) => payload }) // expect: "'Open' is not closed"
export const open = Open.implement({ Begin: ({ payload, to }) => to.End(payload) }) // expect: "'Open' is not closed"
export const layer = table.layer({ Begin: ({ payload, to }) => to.End(payload) }) // expect: "'Open' is not closed"
export const run = table.run("one") // expect: "'Open' is not closed"

export const empty = Workflow.define("Empty").start("Begin") // expect: 'no state is declared: call .state before .start'
