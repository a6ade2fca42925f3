import { Effect } from "effect"
import { Shop } from "../right/shop.ts"

const branches = { one: () => Effect.succeed(1), two: () => Effect.succeed(2) }

export const zero = Shop.split("Pack", branches, { concurrency: 0 }) // expect: 'concurrency', 'at least 1', '0'
export const negative = Shop.split("Pack", branches, { concurrency: -1 }) // expect: 'concurrency', 'at least 1', '-1'
export const fraction = Shop.split("Pack", branches, { concurrency: 1.5 }) // expect: 'concurrency', 'whole number', '1.5'
export const typo = Shop.split("Pack", branches, { concurrency: "all" }) // expect: '"all"'

export const items = Shop.forEach(
  "Pack",
  ({ payload }) => payload,
  () => Effect.succeed(1),
  { concurrency: 0 } // expect: 'concurrency', 'at least 1', '0'
)
