import { Check, Pack, Ship } from "../right/handlers.ts"
import { Shop } from "../right/shop.ts"

// expect: 'Gathr', "'Gather' is missing"
export const shop = Shop.implement({
  Check,
  Gathr: ({ payload, to }) => (payload.total > 1 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("no")),
  Ship,
  Pack
})
