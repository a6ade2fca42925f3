import { Effect } from "effect"
import { Shop } from "../right/shop.ts"

export const Ship = Shop.task(
  "Ship",
  ({ payload, to }) => (payload.parcels > 0 ? to.Pack([]) : to.Cancelled("no")) // expect: 'Expected 0 arguments, but got 1'
)

export const Pack = Shop.task("Pack", function* ({ payload, to }) {
  yield* Effect.void
  if (payload.length > 9) return to.Cancelled({}) // expect: 'Expected 0 arguments, but got 1'
  if (payload.length > 8) return to.Cancelled(undefined) // expect: 'Expected 0 arguments, but got 1'
  return payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled()
})
