import type { Effect } from "effect"
import type { Workflow } from "sluice"
import { type Bank, Order, type Shop, type Stock } from "../right/shop.ts"
import { shop } from "../right/workflow.ts"

const order = new Order({ id: "a", total: 1 })

// expect: 'OutOfStock'
export const total: Effect.Effect<Workflow.Outcome<typeof Shop>, never, Stock | Bank> = shop.run(order)
