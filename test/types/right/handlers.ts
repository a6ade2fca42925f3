/** Right handlers of every kind and form. */
import { Effect, Schedule } from "effect"
import { Join } from "sluice"
import { Bank, Shop, Stock } from "./shop.ts"

export const Check = Shop.route("Check", ({ payload, to }) =>
  payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")
)

export const Gather = Shop.split("Gather", {
  stock: ({ payload }) => Stock.use((stock) => stock.count(payload.id)),
  *charge({ payload, store }) {
    yield* store.append("notes", "charging")
    return yield* Bank.use((bank) => bank.charge(payload.total))
  },
  weight: () => 3
})
  .join(Join.all, ({ results, payload, to }) =>
    to.Ship({ id: payload.id, parcels: results.stock * results.weight, note: results.charge })
  )
  .timeout("100 millis")
  .retry({ times: 2, schedule: Schedule.exponential("10 millis") })
  .catchTag("Unpaid", ({ error, to }) => to.Rejected(`due: ${error.due}`))

export const Ship = Shop.task("Ship", function* ({ payload, to }) {
  const count = yield* Stock.use((stock) => stock.count(payload.id))
  return count > 0 ? to.Pack([payload.id]) : to.Cancelled()
})
  .timeout("1 second")
  .catchTags({
    OutOfStock: ({ to }) => to.Cancelled(),
    *StateTimeout({ error, to }) {
      yield* Effect.logWarning(error.message)
      return to.Cancelled()
    }
  })

export const Pack = Shop.forEach(
  "Pack",
  ({ payload }) => payload,
  ({ item, index }) => Effect.succeed(item.length + index),
  { concurrency: 4 }
).join(Join.settled, ({ results, to }) =>
  results.successes.length > 0 ? to.Shipped({ parcels: results.successes.length }) : to.Cancelled()
)
