import { Effect } from "effect"
import { Shop } from "../right/shop.ts"

export const Check = Shop.route("Check", ({ payload, to }) =>
  // expect: "route 'Check'", 'Effect', 'task'
  payload.total > 0 ? Effect.succeed(to.Gather(payload)) : to.Rejected("nothing ordered")
)

// expect: "route 'Gather'", 'generator', 'task'
export const Gather = Shop.route("Gather", function* ({ payload, to }) {
  yield* Effect.void
  return payload.total > 0 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("nothing ordered")
})
