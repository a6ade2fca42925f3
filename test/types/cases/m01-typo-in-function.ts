import { Shop } from "../right/shop.ts"

export const shop = Shop.implement({
  Check: ({ payload, to }) => {
    if (payload.total > 0) return to.Gather(payload)
    return to.Rejeted("nothing ordered") // expect: 'Rejeted', 'Gather', 'Rejected'
  },
  Gather: ({ payload, to }) => (payload.total > 1 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("no")),
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([]) : to.Cancelled()),
  Pack: ({ payload, to }) => (payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled())
})
