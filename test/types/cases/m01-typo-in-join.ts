import { Effect } from "effect"
import { Join } from "sluice"
import { Shop } from "../right/shop.ts"

export const Gather = Shop.split("Gather", {
  stock: () => Effect.succeed(1),
  *charge() {
    yield* Effect.void
    return "paid"
  }
}).join(
  Join.all,
  ({ payload, results, to }) => to.Shp({ id: payload.id, parcels: results.stock }) // expect: 'Shp', 'Ship', 'Rejected'
)

export const Pack = Shop.forEach(
  "Pack",
  ({ payload }) => payload,
  ({ item }) => Effect.succeed(item.length)
).join(Join.settled, function* ({ results, to }) {
  yield* Effect.void
  if (results.successes.length === 0) return to.Cancelled()
  return to.Shiped({ parcels: 1 }) // expect: 'Shiped', 'Shipped', 'Cancelled'
})
