import { Effect } from "effect"
import { Shop } from "../right/shop.ts"

export const Check = Shop.route("Check", ({ payload, to }) =>
  payload.total > 0
    ? to.Gahter(payload) // expect: 'Gahter', 'Gather', 'Rejected'
    : to.Rejected("nothing ordered")
)

export const Gather = Shop.task("Gather", function* ({ payload, to }) {
  yield* Effect.void
  if (payload.total > 0) return to.Ship({ id: payload.id, parcels: 1 })
  return to.Rejeted("none left") // expect: 'Rejeted', 'Ship', 'Rejected'
}).timeout("1 second")
