import { Shop } from "../right/shop.ts"

export const Check = Shop.task("Check", async ({ payload, to }) =>
  // expect: "'Check'", 'Promise'
  payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")
)

export const route = Shop.route("Check", async ({ payload, to }) =>
  // expect: "'Check'", 'Promise'
  payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")
)

export const shop = Shop.implement({
  // expect: "'Check'", 'Promise'
  async Check({ payload, to }) {
    return payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")
  },
  Gather: ({ payload, to }) => (payload.total > 1 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("no")),
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([]) : to.Cancelled()),
  // expect: "'Pack'", 'Promise'
  Pack: ({ payload, to }) =>
    payload.length > 0 ? Promise.resolve(to.Shipped({ parcels: 1 })) : Promise.resolve(to.Cancelled())
})
