import { Effect } from "effect"
import { Shop, Stock } from "../right/shop.ts"

const Ship = Shop.task("Ship", function* ({ payload, to }) {
  const count = yield* Stock.use((stock) => stock.count(payload.id))
  return count > 0 ? to.Pack([payload.id]) : to.Cancelled()
}).timeout("1 second")

export const caught = Ship.catch(({ to }) => to.Canceled()) // expect: 'Canceled', 'Pack', 'Cancelled'

export const caughtTag = Ship.catchTag("OutOfStock", ({ to }) => to.Canceled()) // expect: 'Canceled', 'Pack', 'Cancelled'

export const caughtTags = Ship.catchTags({
  OutOfStock: ({ to }) => to.Canceled(), // expect: 'Canceled', 'Pack', 'Cancelled'
  *StateTimeout({ to }) {
    yield* Effect.void
    return to.Canceled() // expect: 'Canceled', 'Pack', 'Cancelled'
  }
})
