import { Effect } from "effect"
import { Shop } from "../right/shop.ts"

export const shop = Shop.implement({
  // expect: "'Check'", 'every path'
  Check: ({ payload, to }) => {
    if (payload.total > 0) return to.Gather(payload)
    if (payload.total === 0) return to.Rejected("nothing ordered")
  },
  // expect: "'Gather'", 'every path'
  *Gather({ payload, to }) {
    yield* Effect.void
    if (payload.total > 0) return to.Ship({ id: payload.id, parcels: 1 })
    if (payload.total === 0) return to.Rejected("nothing ordered")
  },
  // expect: "'Ship'", 'every path'
  Ship: ({ payload, to }) =>
    Effect.gen(function* () {
      yield* Effect.log(payload.id)
      if (payload.parcels > 0) return to.Pack([])
      if (payload.parcels === 0) return to.Cancelled()
    }),
  // expect: "'Pack'", 'every path'
  Pack: ({ payload, to }) => {
    payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled()
  }
})
