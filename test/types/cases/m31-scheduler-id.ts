import { Effect, Schema } from "effect"
import { Scheduler, Workflow } from "sluice"
import { Order, Shop } from "../right/shop.ts"
import { shop } from "../right/workflow.ts"

const order = new Order({ id: "a", total: 1 })

class Sync extends Workflow.define("Sync")
  .state("Pull", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Pull") {}

class Jobs extends Scheduler.define("Jobs", {
  shop: Scheduler.entry(Shop, Scheduler.manual, { input: order }),
  sync: Scheduler.entry(Sync, Scheduler.interval("5 minutes"))
}) {}

export const trigger = Jobs.trigger("snyc") // expect: '"snyc"', '"sync"', '"shop"'
export const status = Jobs.status("snyc") // expect: '"snyc"', '"sync"', '"shop"'
export const history = Jobs.history("snyc") // expect: '"snyc"', '"sync"', '"shop"'
export const pause = Jobs.pause("snyc") // expect: '"snyc"', '"sync"', '"shop"'
export const resume = Jobs.resume("snyc") // expect: '"snyc"', '"sync"', '"shop"'
export const cancel = Jobs.cancel("snyc") // expect: '"snyc"', '"sync"', '"shop"'
export const reset = Jobs.reset("snyc") // expect: '"snyc"', '"sync"', '"shop"'
export const unknown = Jobs.status("sync" as string) // expect: 'string', '"sync"', '"shop"'

export const otherTag = Effect.map(
  Jobs.history("shop"),
  ([run]) => (run?.exit._tag === "Success" ? run.exit.value._tag === "Done" : false) // expect: '"Done"', '"Shipped"'
)
export const wrongId = Effect.map(Jobs.list(), (list) => list.filter(({ id }) => id === "snyc")) // expect: '"snyc"'

export const aWorkflow = Scheduler.define("A", { sync: Sync }) // expect: 'Entry<AnyDefinition>'
export const noDefinition = Scheduler.entry(shop, Scheduler.manual, { input: order }) // expect: 'AnyDefinition'
export const noTrigger = Scheduler.entry(Sync, "0 2 * * *") // expect: 'string', 'Trigger'

export const runnable: Effect.Effect<unknown, unknown> = Effect.provide(Jobs.list(), Jobs.layer()) // expect: 'Sync'
