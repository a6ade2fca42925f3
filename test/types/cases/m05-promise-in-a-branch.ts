import { Shop } from "../right/shop.ts"

export const Gather = Shop.split("Gather", {
  // expect: "'stock'", 'Promise'
  stock: async ({ payload }) => payload.total
})
