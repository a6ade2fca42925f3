/** Names that every object has, and names that are numbers. */
import { Effect, Schema } from "effect"
import { Join, Workflow } from "sluice"
import * as Testing from "sluice/testing"

export class Inherited extends Workflow.define("Inherited")
  .signal("constructor", Schema.String)
  .signal("other", Schema.String)
  .state("constructor", Schema.String, ["toString", "hasOwnProperty"])
  .state("toString", Schema.String, ["hasOwnProperty", "1"])
  .state("1", Schema.String, ["valueOf"])
  .exit("hasOwnProperty", Schema.String)
  .exit("valueOf", Schema.String)
  .start("constructor") {}

export const wait = Inherited.wait("constructor", {
  other: ({ signal, to: { hasOwnProperty, toString } }) => (signal === "" ? toString(signal) : hasOwnProperty(signal))
})
export const split = Inherited.split("toString", { constructor: () => 1, hasOwnProperty: () => 2, other: () => 3 })
  .compensate({ other: ({ value }) => Effect.log(value) })
  .compensate({ constructor: ({ value }) => Effect.log(value) })
  .join(Join.all, ({ results, to: { 1: one, hasOwnProperty } }) =>
    results.constructor > 1 ? one("") : hasOwnProperty(`${results.hasOwnProperty}`)
  )
  .compensate({ 1: ({ payload }) => Effect.log(payload.length) })

export const inherited = Inherited.implement({ constructor: wait, toString: split, 1: ({ to }) => to.valueOf("") })
export const outcomes = [
  Testing.run(inherited, "", { stubs: { constructor: ({ payload, to }) => to.toString(payload) } }),
  Testing.run(inherited, "", { stubs: { 1: ({ payload, to }) => to.valueOf(payload) } }),
  Testing.run(inherited, "", { stubs: { toString: Testing.branches(split, { other: Effect.succeed(1) }) } }),
  Testing.run(inherited, "", { stubs: { toString: Testing.branches(split, { constructor: () => 1 }) } })
]
