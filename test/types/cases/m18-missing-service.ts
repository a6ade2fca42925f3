import { Effect } from "effect"
import { Order, Shop, Stock } from "../right/shop.ts"
import { shop } from "../right/workflow.ts"

const order = new Order({ id: "a", total: 1 })
const stock = Stock.of({ count: () => Effect.succeed(1) })

export const none = Effect.runPromise(shop.run(order)) // expect: 'Stock', 'Bank'
export const one = Effect.runPromise(shop.run(order).pipe(Effect.provideService(Stock, stock))) // expect: 'Bank'
export const layer = Effect.runPromise(Shop.run(order)) // expect: 'Shop'
export const scope = Effect.runPromise(
  shop.fork(order).pipe(Effect.provideService(Stock, stock)) // expect: 'Scope', 'Bank'
)
