import { Effect, Schema } from "effect"
import { Workflow } from "sluice"

class Unusual extends Workflow.define("Unusual")
  .state("Begin", Schema.Void, ["Any", "Unknown", "Never", "Optional", "Undefined"])
  .exit("Any", Schema.Any)
  .exit("Unknown", Schema.Unknown)
  .exit("Never", Schema.Never)
  .exit("Optional", Schema.UndefinedOr(Schema.String))
  .exit("Undefined", Schema.Undefined)
  .start("Begin") {}

export const Begin = Unusual.task("Begin", function* ({ to, attempt }) {
  yield* Effect.void
  if (attempt === 1) return to.Any() // expect: 'Expected 1 arguments, but got 0'
  if (attempt === 2) return to.Unknown() // expect: 'Expected 1 arguments, but got 0'
  if (attempt === 3) return to.Never() // expect: 'Expected 1 arguments, but got 0'
  if (attempt === 4) return to.Never(undefined) // expect: 'undefined', 'never'
  if (attempt === 5) return to.Optional() // expect: 'Expected 1 arguments, but got 0'
  if (attempt === 6) return to.Optional(1) // expect: 'number', 'string'
  if (attempt === 7) return to.Undefined(null) // expect: 'null', 'undefined'
  return to.Any(1)
})
