import { Effect } from "effect"
import { Shop } from "../right/shop.ts"

// expect: 'to.Rejected', 'call it'
export const Check = Shop.task("Check", ({ payload, to }) => (payload.total > 0 ? to.Gather(payload) : to.Rejected))

// expect: 'to.Ship', 'call it'
export const Gather = Shop.task("Gather", function* ({ payload, to }) {
  yield* Effect.void
  return payload.total > 0 ? to.Ship : to.Rejected("no")
})

export const shop = Shop.implement({
  Check: ({ payload, to }) => (payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")),
  // expect: 'to.Ship', 'call it'
  Gather: ({ payload, to }) => (payload.total > 1 ? to.Ship : to.Rejected("no")),
  // expect: 'to.Cancelled', 'call it'
  Ship: ({ payload, to }) => Effect.sync(() => (payload.parcels > 0 ? to.Pack([]) : to.Cancelled)),
  // expect: 'to.Cancelled', 'call it'
  *Pack({ payload, to }) {
    yield* Effect.void
    return payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled
  }
})
