import { Effect } from "effect"
import { Shop } from "../right/shop.ts"

export const Pack = Shop.task("Pack", function* ({ store, to }) {
  yield* store.get("totl") // expect: 'totl', 'total'
  yield* store.set("totl", 1) // expect: 'totl', 'total'
  yield* store.set("total", "1") // expect: 'string', 'number'
  yield* store.set("notes", ["a", 1]) // expect: 'number', 'string'
  yield* store.update("total", (total) => `${total}`) // expect: 'string', 'number'
  yield* store.update("totl", (total) => total) // expect: 'totl', 'total'
  yield* store.modify("total", (total) => [total, "next"]) // expect: 'string', 'number'
  yield* store.append("notes", 1) // expect: 'number', 'string'
  yield* store.append("total", 1) // expect: '"total"', '"notes"'
  yield* store.remove("totl") // expect: 'totl', 'total'
  yield* store.has("totl") // expect: 'totl', 'total'
  const customer: number = yield* store.get("total").pipe(Effect.map((total) => `${total}`)) // expect: 'string', 'number'
  return customer > 0 ? to.Shipped({ parcels: 1 }) : to.Cancelled()
})

export const Check = Shop.split("Check", {
  *one({ store }) {
    yield* store.set("customer", 1) // expect: 'number', 'string'
    return yield* store.get("customr") // expect: 'customr', 'customer'
  }
})
