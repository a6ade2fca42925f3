import { Effect, type Layer, Schema } from "effect"
import { Scheduler, Workflow } from "sluice"

class Billing extends Workflow.define("Order")
  .state("Begin", Schema.Void, ["Billed"])
  .exit("Billed", Schema.String)
  .start("Begin") {}
class Shipping extends Workflow.define("Order")
  .state("Begin", Schema.Void, ["Shipped"])
  .exit("Shipped", Schema.Number)
  .start("Begin") {}
class Either extends Workflow.define("Order")
  .state("Begin", Schema.Void, ["Billed", "Shipped"])
  .exit("Billed", Schema.String)
  .exit("Shipped", Schema.Number)
  .start("Begin") {}
class OtherPayload extends Workflow.define("Order")
  .state("Begin", Schema.Void, ["Billed"])
  .exit("Billed", Schema.Number)
  .start("Begin") {}

const shipping = Shipping.layer({ Begin: ({ to }) => to.Shipped(1) })
const either = Either.layer({ Begin: ({ to }) => (Math.random() > 0.5 ? to.Billed("") : to.Shipped(1)) })
const otherPayload = OtherPayload.layer({ Begin: ({ to }) => to.Billed(1) })

export const ofAnother: Effect.Effect<unknown> = Effect.provide(Billing.run(), shipping) // expect: "'Billing'"
export const ofMore: Effect.Effect<unknown> = Effect.provide(Billing.run(), either) // expect: "'Billing'"
export const ofLess: Effect.Effect<unknown> = Effect.provide(Either.run(), shipping) // expect: "'Either'"
export const ofOtherPayload: Effect.Effect<unknown> = Effect.provide(Billing.run(), otherPayload) // expect: "'Billing'"
export const layer: Layer.Layer<Billing> = shipping // expect: "'Billing'", "'Shipping'"

class Nightly extends Scheduler.define("Jobs", { bill: Scheduler.entry(Billing, Scheduler.manual) }) {}
class Weekly extends Scheduler.define("Jobs", { ship: Scheduler.entry(Shipping, Scheduler.manual) }) {}
export const ofOtherJobs: Effect.Effect<unknown, never, Shipping> = Effect.provide(Nightly.list(), Weekly.layer()) // expect: "'Nightly'"
