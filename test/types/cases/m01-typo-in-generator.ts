import { Shop, Stock } from "../right/shop.ts"

export const shop = Shop.implement({
  Check: ({ payload, to }) => (payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")),
  *Gather({ payload, to }) {
    const count = yield* Stock.use((stock) => stock.count(payload.id))
    if (count > 0) return to.Ship({ id: payload.id, parcels: 1 })
    return to.Rejeted("none left") // expect: 'Rejeted', 'Ship', 'Rejected'
  },
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([]) : to.Cancelled()),
  Pack: ({ payload, to }) => (payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled())
})
