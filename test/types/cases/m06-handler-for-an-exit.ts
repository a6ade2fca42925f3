import { Shop } from "../right/shop.ts"

export const shop = Shop.implement({
  Check: ({ payload, to }) => (payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")),
  Gather: ({ payload, to }) => (payload.total > 1 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("no")),
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([]) : to.Cancelled()),
  Pack: ({ payload, to }) => (payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled()),
  Shipped: () => "anything" // expect: "'Shipped'", 'exit'
})
