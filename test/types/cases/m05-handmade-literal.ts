import { Effect } from "effect"
import { Shop } from "../right/shop.ts"

// expect: "'Check'", 'transition'
export const Check = Shop.task("Check", ({ payload }) => ({ _tag: "Gather" as const, payload }))

export const shop = Shop.implement({
  Check: ({ payload, to }) => (payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")),
  // expect: "'Gather'", 'transition'
  Gather: ({ payload, to }) =>
    payload.total > 1
      ? to.Ship({ id: payload.id, parcels: 1 })
      : Effect.succeed({ _tag: "Rejected" as const, payload: "no" }),
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([]) : to.Cancelled()),
  Pack: ({ payload, to }) => (payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled())
})
