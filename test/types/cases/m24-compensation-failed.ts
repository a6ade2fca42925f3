import { Effect, Schema } from "effect"
import { Join, Workflow } from "sluice"
import { purchase } from "../right/buying.ts"
import type { Depot, Payment, Purchase, Teller } from "../right/purchase.ts"
import { Charge, Reserve } from "../right/rollback.ts"
import { Order } from "../right/shop.ts"

// What ends the run is not caught by the handler itself.
export const byTag = Reserve.catchTag("CompensationFailed", ({ to }) => to.SoldOut()) // expect: '"CompensationFailed"'
export const byTags = Reserve.catchTags({
  CompensationFailed: ({ to }) => to.SoldOut() // expect: "'CompensationFailed'", 'Offline'
})
export const seen = Charge.timeout("1 second").catch(({ error, to }) => to.Cancelled(error.failures)) // expect: 'failures', 'StateTimeout'

// Nor does the caller forget it.
const order = new Order({ id: "a", total: 1 })
type Outcome = Workflow.Outcome<typeof Purchase>
export const total: Effect.Effect<Outcome, never, Depot | Teller | Payment> = purchase.run(order) // expect: 'CompensationFailed'

// Nor does the Layer: `.failure` must declare it, whatever a policy of all catches.
class Undeclared extends Workflow.define("Undeclared")
  .state("Begin", Schema.Void, ["End"])
  .exit("End", Schema.Void)
  .start("Begin") {}
const Begin = Undeclared.task("Begin", ({ to }) => to.End()).compensate({ End: () => Effect.void })
export const layer = Undeclared.layer({ Begin }) // expect: "'CompensationFailed'"
export const branches = Undeclared.layer({
  // expect: "'Begin'", "'CompensationFailed'"
  Begin: Undeclared.split("Begin", { one: () => 1 })
    .compensate({ one: () => Effect.void })
    .join(Join.all, ({ to }) => to.End())
    .catch(({ to }) => to.End())
})
export const items = Undeclared.layer({
  // expect: "'Begin'", "'CompensationFailed'"
  Begin: Undeclared.forEach(
    "Begin",
    () => [1],
    ({ item }) => item
  )
    .compensate(() => Effect.void)
    .join(Join.all, ({ to }) => to.End())
})
