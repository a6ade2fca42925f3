import { Effect } from "effect"
import { Shop, Stock } from "../right/shop.ts"

export const Gather = Shop.task("Gather", ({ payload, to }) =>
  Stock.use((stock) => stock.count(payload.id)).pipe(
    Effect.map(
      (count) => (count > 0 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejeted("none left")) // expect: 'Rejeted', 'Ship', 'Rejected'
    )
  )
)

export const Check = Shop.task("Check", ({ payload, to }) =>
  Effect.gen(function* () {
    const count = yield* Stock.use((stock) => stock.count(payload.id))
    if (count > 0) return to.Gather(payload)
    return to.Rejeted("none left") // expect: 'Rejeted', 'Gather', 'Rejected'
  })
)
