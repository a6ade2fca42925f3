/** A module that imports nothing of Sluice itself, so that its declarations must find every name on their own. */
import { Effect } from "effect"
import { branches, items } from "./parts.ts"
import { Shop } from "./shop.ts"
import { plain, shop } from "./workflow.ts"

export const Check = Shop.task("Check", ({ payload, to }) =>
  payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")
)

export const bounded = Check.timeout("1 second").retry({ times: 3 })

export const again = Shop.implement({
  Check,
  Gather: ({ payload, to }) =>
    payload.total > 1 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("nothing left"),
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([payload.id]) : to.Cancelled()),
  Pack: ({ payload, to }) => (payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled())
})

export const layer = Shop.layer({
  Check,
  Gather: ({ payload, to }) =>
    payload.total > 1 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("nothing left"),
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([payload.id]) : to.Cancelled()),
  Pack: ({ payload, to }) => (payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled())
})

export const run = shop.run
export const fork = shop.fork
export const handle = Effect.scoped(Effect.flatMap(plain.fork({ id: "a", total: 1 }), (run) => run.state))
export const [first, second] = [branches, items]
