import type { Workflow } from "sluice"
import { Shop } from "../right/shop.ts"

declare const ship: Workflow.Context<typeof Shop, "Ship">

export const Check = Shop.task("Check", ({ payload, to }) =>
  // expect: "'Check'", 'transition'
  payload.total > 0 ? to.Gather(payload) : ship.to.Cancelled()
)
