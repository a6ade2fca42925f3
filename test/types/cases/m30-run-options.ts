import { Effect, Schema } from "effect"
import { Workflow } from "sluice"
import { Payment, Purchase, type Refused } from "../right/purchase.ts"
import { Order } from "../right/shop.ts"
import { Half, halfWorkflow, shop } from "../right/workflow.ts"

const order = new Order({ id: "a", total: 1 })

// A limit adds a failure; without one there is none.
export const none: Effect.Effect<unknown> = halfWorkflow.run(undefined, { compensationTimeout: "1 minute" })
export const timeout: Effect.Effect<unknown> = halfWorkflow.run(undefined, { timeout: "1 minute" }) // expect: 'RunTimeout'
export const runFrom: Effect.Effect<unknown> = halfWorkflow.runFrom("A", undefined, undefined, { timeout: 1000 }) // expect: 'RunTimeout'
// expect: 'RunTimeout'
export const maybe: Effect.Effect<unknown> = halfWorkflow.run(undefined, {
  timeout: Math.random() > 0.5 ? "1 minute" : undefined
})
export const ofLayer: Effect.Effect<unknown, Refused, Payment> = Payment.run({ sum: 1 }, { timeout: "1 minute" }) // expect: 'RunTimeout'
export const ofFork = halfWorkflow.fork(undefined, { timeout: "1 minute" }).pipe(
  Effect.flatMap((handle): Effect.Effect<unknown> => Effect.flatten(Effect.sync(() => handle.fiber.pollUnsafe()!))) // expect: 'RunTimeout'
)
declare const options: Workflow.RunOptions
export const ofOptions: Effect.Effect<unknown> = halfWorkflow.run(undefined, options) // expect: 'RunTimeout'

export const badTimeout = shop.run(order, { timeout: "1 min" }) // expect: '"1 min"'
export const badCompensationTimeout = shop.run(order, { compensationTimeout: "10 secs" }) // expect: '"10 secs"'
export const badTimeoutOfLayer = Purchase.run(order, { timeout: "1 min" }) // expect: '"1 min"'
export const date = shop.run(order, { timeout: new Date() }) // expect: 'Date'
export const unknown = shop.run(order, { timout: "1 minute" }) // expect: "'timout'"
export const unknownOfLayer = Purchase.run(order, { limit: "1 minute" }) // expect: "'limit'"
export const unknownOfFork = Purchase.fork(order, { limit: "1 minute" }) // expect: "'limit'"
export const timeoutOfAStep = shop.step("Check", order, { timeout: "1 minute" }) // expect: "'timeout'"
export const wrongId = shop.run(order, { id: 1 }) // expect: 'number', 'string'
export const noInput = Purchase.run({ timeout: "1 minute" }) // expect: "'timeout'"
export const unneeded = Half.run({ timeout: "1 minute" }) // expect: 'void'

export class Unknown extends Workflow.define("Unknown")
  .state("Begin", Schema.Void, ["End"])
  .exit("End", Schema.Void, { rolback: true }) // expect: "'rolback'"
  .start("Begin") {}
export class NoBoolean extends Workflow.define("NoBoolean")
  .state("Begin", Schema.Void, ["End"])
  .exit("End", Schema.Void, { rollback: "always" }) // expect: 'string', 'boolean'
  .start("Begin") {}
export class AState extends Workflow.define("AState")
  .state("Begin", Schema.Void, ["End"], { rollback: true }) // expect: 'Expected 3 arguments, but got 4'
  .exit("End", Schema.Void)
  .start("Begin") {}
