import { Effect } from "effect"
import { Shop, Stock } from "../right/shop.ts"

const Ship = Shop.task("Ship", function* ({ payload, to }) {
  const count = yield* Stock.use((stock) => stock.count(payload.id))
  return count > 0 ? to.Pack([payload.id]) : to.Cancelled()
})

export const typo = Ship.catchTag("OutOfStok", ({ to }) => to.Cancelled()) // expect: 'OutOfStok', 'OutOfStock'
export const tooEarly = Ship.catchTag("StateTimeout", ({ to }) => to.Cancelled()).timeout("1 second") // expect: 'StateTimeout', 'OutOfStock'
export const joinTimeout = Ship.timeout("1 second").catchTag("JoinTimeout", ({ to }) => to.Cancelled()) // expect: 'JoinTimeout', 'StateTimeout', 'OutOfStock'
export const twice = Ship.catchTag("OutOfStock", ({ to }) => to.Cancelled())
  .timeout("1 second")
  .catchTag("OutOfStock", ({ to }) => to.Cancelled()) // expect: 'OutOfStock', 'StateTimeout'
const Cancelling = Shop.task("Ship", ({ to }) => to.Cancelled())
export const noFailure = Cancelling.catchTag("OutOfStock", ({ to }) => to.Cancelled()) // expect: 'OutOfStock', 'never'

export const tags = Ship.catchTags({
  OutOfStock: ({ to }) => to.Cancelled(),
  OutOfPaper: ({ to }) => to.Cancelled() // expect: "'OutOfPaper'", "'Ship'"
})
export const untagged = Shop.task("Ship", () => Effect.fail("closed")).catchTag("closed", ({ to }) => to.Cancelled()) // expect: 'closed'
