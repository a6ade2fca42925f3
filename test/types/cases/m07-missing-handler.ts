import { Effect } from "effect"
import { Check, Gather, Pack, Ship } from "../right/handlers.ts"
import { Shop } from "../right/shop.ts"

// expect: 'Gather'
export const one = Shop.implement({
  Check,
  Ship,
  Pack
})

// expect: 'Gather', 'Pack'
export const two = Shop.implement({
  Check,
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([]) : to.Cancelled())
})

// expect: 'Check', 'Gather', 'Ship', 'Pack'
export const all = Shop.implement({})

// expect: 'Check'
export const layer = Shop.layer({ Gather: Gather.catch(({ to }) => to.Rejected("failed")), Ship, Pack })

// expect: 'Gather'
export const functions = Shop.implement({
  *Check({ payload, to }) {
    yield* Effect.void
    return payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")
  },
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([]) : to.Cancelled()),
  Pack: ({ payload, to }) => (payload.length > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled())
})
