import { Effect } from "effect"
import { Gather, Pack, Ship } from "../right/handlers.ts"
import { Shop } from "../right/shop.ts"

export const fromEffect = Shop.implement({
  Check: Effect.succeed("anything"), // expect: 'Effect'
  Gather,
  Ship,
  Pack
})

export const fromSplit = Shop.implement({
  Check: Shop.split("Check", { one: () => Effect.succeed(1) }), // expect: 'Split'
  Gather,
  Ship,
  Pack
})
