import { Effect } from "effect"
import { Join } from "sluice"
import { Shop } from "../right/shop.ts"

export const shop = Shop.implement({
  Check: ({ payload, to }) => {
    if (payload.total > 9) return to.Shipped({ parcels: 0 }) // expect: 'Shipped', 'Gather', 'Rejected'
    return payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")
  },
  *Gather({ payload, to }) {
    yield* Effect.void
    if (payload.total > 9) return to.Gather(payload) // expect: 'Gather', 'Ship', 'Rejected'
    return payload.total > 1 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("no")
  },
  Ship: Shop.task("Ship", ({ payload, to }) =>
    payload.parcels > 9
      ? to.Shipped({ parcels: 0 }) // expect: 'Shipped', 'Pack', 'Cancelled'
      : payload.parcels > 0
        ? to.Pack([])
        : to.Cancelled()
  ),
  Pack: Shop.split("Pack", { one: () => Effect.succeed(1) })
    .join(Join.all, ({ results, to }) => {
      if (results.one > 1) return to.Rejected("no") // expect: 'Rejected', 'Shipped', 'Cancelled'
      return to.Shipped({ parcels: results.one })
    })
    .timeout("1 second")
    .catch(({ to }) => to.Cancelled())
})
