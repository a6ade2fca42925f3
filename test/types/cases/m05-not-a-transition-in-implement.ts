import { Effect } from "effect"
import { Shop } from "../right/shop.ts"

export const shop = Shop.implement({
  // expect: "'Check'", 'transition'
  Check: ({ payload, to }) => (payload.total > 0 ? to.Gather(payload) : payload.total > 1 ? to.Rejected("no") : "no"),
  // expect: "'Gather'", 'transition'
  *Gather({ payload, to }) {
    yield* Effect.void
    if (payload.total > 0) return to.Ship({ id: payload.id, parcels: 1 })
    if (payload.total > 1) return to.Rejected("no")
    return "no"
  },
  // expect: "'Ship'", 'transition'
  Ship: ({ payload, to }) =>
    Effect.succeed(payload.parcels > 0 ? to.Pack([]) : payload.parcels > 1 ? to.Cancelled() : "no"),
  // expect: "'Pack'", 'transition'
  Pack: ({ payload, to }) =>
    payload.length > 1 ? to.Shipped({ parcels: 1 }) : payload.length > 0 ? to.Cancelled() : null
})
