import { Effect } from "effect"
import { Shop, Stock } from "../right/shop.ts"

const Ship = Shop.task("Ship", function* ({ payload, to }) {
  const count = yield* Stock.use((stock) => stock.count(payload.id))
  return count > 0 ? to.Pack([payload.id]) : to.Cancelled()
}).timeout("1 second")

export const caught = Ship.catch(({ error }) => error.message) // expect: "'Ship'", 'transition'

export const caughtTag = Ship.catchTag("OutOfStock", ({ to }) => to.Cancelled) // expect: 'to.Cancelled', 'call it'

export const caughtTags = Ship.catchTags({
  // expect: "'Ship'", 'Promise'
  OutOfStock: async ({ to }) => to.Cancelled(),
  // expect: "'Ship'", 'every path'
  *StateTimeout({ error, to }) {
    yield* Effect.void
    if (error.state === "Ship") return to.Cancelled()
  }
})
