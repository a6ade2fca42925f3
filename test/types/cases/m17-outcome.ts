import { Effect } from "effect"
import type { Workflow } from "sluice"
import { match } from "ts-pattern"
import { Order, type Shop } from "../right/shop.ts"
import { shop } from "../right/workflow.ts"

declare const outcome: Workflow.Outcome<typeof Shop>

export const notAnExit = match(outcome)
  .with({ _tag: "Shiped" }, () => 1) // expect: '"Shiped"', '"Shipped"'
  .otherwise(() => 2)

export const aState = match(outcome)
  .with({ _tag: "Pack" }, () => 1) // expect: '"Pack"', '"Shipped"'
  .otherwise(() => 2)

export const notExhaustive = match(outcome)
  .with({ _tag: "Shipped" }, ({ payload }) => payload.parcels)
  .with({ _tag: "Cancelled" }, () => 0)
  .exhaustive() // expect: 'Rejected'

export const compared = outcome._tag === "Shiped" // expect: '"Shiped"'

export const wrongPayload = outcome._tag === "Rejected" ? outcome.payload.parcels : 0 // expect: 'parcels', 'string'

export const program = Effect.gen(function* () {
  const result = yield* shop.run(new Order({ id: "a", total: 1 }))
  return match(result)
    .with({ _tag: "Shipped" }, ({ payload }) => payload.parcels)
    .exhaustive() // expect: 'Rejected', 'Cancelled'
})
