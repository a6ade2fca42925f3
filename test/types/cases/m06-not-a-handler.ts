import { Effect } from "effect"
import { Check, Gather, Pack, Ship } from "../right/handlers.ts"
import { Shop } from "../right/shop.ts"

export const fromEffect = Shop.implement({
  Check: Effect.succeed("anything"), // expect: "no handler of state 'Check'"
  Gather,
  Ship,
  Pack
})

export const fromSplit = Shop.implement({
  Check: Shop.split("Check", { one: () => Effect.succeed(1) }), // expect: "the branches of state 'Check' have no join"
  Gather,
  Ship,
  Pack
})

export const fromForEach = Shop.implement({
  Check,
  Gather,
  Ship,
  // expect: "the branches of state 'Pack' have no join"
  Pack: Shop.forEach(
    "Pack",
    ({ payload }) => payload,
    () => 1
  )
})
