import { Schema } from "effect"
import { Workflow } from "sluice"

class Bare extends Workflow.define("Bare")
  .state("Begin", Schema.Void, ["End"])
  .exit("End", Schema.Void)
  .start("Begin") {}

export const bare = Bare.implement({
  *Begin({ store, to }) {
    yield* store.set("anything", 1) // expect: 'anything', 'never'
    return to.End()
  }
})
