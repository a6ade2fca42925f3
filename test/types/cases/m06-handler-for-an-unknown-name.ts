import { Effect } from "effect"
import { Shop } from "../right/shop.ts"

export const task = Shop.task("Chek", () => "anything") // expect: 'Chek', 'Check'

export const route = Shop.route("Chek", () => "anything") // expect: 'Chek', 'Check'

export const split = Shop.split("Chek", { one: () => Effect.succeed(1) }) // expect: 'Chek', 'Check'

export const forEach = Shop.forEach(
  "Chek", // expect: 'Chek', 'Check'
  () => [1, 2],
  () => Effect.succeed(1)
)

export const exit = Shop.task("Shipped", () => "anything") // expect: 'Shipped', 'Check'
