import { Check, Gather, Pack, Ship } from "../right/handlers.ts"
import { Shop } from "../right/shop.ts"

export const shop = Shop.implement({
  Check,
  Gather: Ship, // expect: "'Ship'", "'Gather'"
  Ship: Gather, // expect: "'Gather'", "'Ship'"
  Pack
})
