import { Effect, Schema } from "effect"
import { Workflow } from "sluice"
import { Shop } from "../right/shop.ts"

class Other extends Workflow.define("Other")
  .state("Check", Schema.String, ["Rejected"])
  .exit("Rejected", Schema.String)
  .start("Check") {}

declare const other: Workflow.Context<typeof Other, "Check">

export const Check = Shop.task("Check", ({ payload, to }) =>
  // expect: "'Check'", 'transition'
  payload.total > 0 ? to.Gather(payload) : other.to.Rejected("no")
)

export const shop = Shop.implement({
  // expect: "'Check'", 'transition'
  *Check({ payload, to }) {
    yield* Effect.void
    return payload.total > 0 ? to.Gather(payload) : payload.total < 0 ? to.Rejected("no") : other.to.Rejected("no")
  },
  Gather: ({ payload, to }) => (payload.total > 1 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("no")),
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([]) : to.Cancelled()),
  Pack: ({ payload, to }) => (payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled())
})
