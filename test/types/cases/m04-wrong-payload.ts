import { Effect, Schema } from "effect"
import { Workflow } from "sluice"
import { Order, Shop } from "../right/shop.ts"

export const Check = Shop.task(
  "Check",
  ({ payload, to }) => (payload.total > 0 ? to.Gather(payload) : to.Rejected(42)) // expect: 'number', 'string'
)

export const Gather = Shop.task("Gather", function* ({ payload, to }) {
  yield* Effect.void
  if (payload.total > 9) return to.Ship({ id: payload.id, parcels: "two" }) // expect: 'string', 'number'
  if (payload.total > 8) return to.Ship({ id: payload.id }) // expect: 'parcels'
  if (payload.total > 7) return to.Ship({ id: payload.id, parcels: 1, colour: "red" }) // expect: 'colour'
  if (payload.total > 6) return to.Ship({ id: payload.id, parcels: 1, note: undefined }) // expect: 'note', 'undefined'
  if (payload.total > 5) return to.Ship() // expect: 'Expected 1 arguments, but got 0'
  if (payload.total > 4) return to.Ship(payload) // expect: 'parcels'
  return payload.total > 0 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("no")
})

export const Ship = Shop.task("Ship", ({ payload, to }) =>
  payload.parcels > 0
    ? to.Pack("one") // expect: 'string', 'readonly string[]'
    : to.Cancelled()
)

export const Pack = Shop.task("Pack", ({ payload, to }) =>
  payload.length > 0
    ? to.Shipped({ parcels: payload }) // expect: 'readonly string[]', 'number'
    : to.Cancelled()
)

class Class extends Workflow.define("Class").state("Begin", Schema.Void, ["End"]).exit("End", Order).start("Begin") {}

export const classWorkflow = Class.implement({
  Begin: ({ to }) => to.End({ id: "a" }) // expect: 'total', 'Order'
})
