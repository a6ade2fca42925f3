import { Effect, Schema } from "effect"
import { Workflow } from "sluice"
import { Check, Gather, Pack, Ship } from "../right/handlers.ts"
import { Shop, Unpaid } from "../right/shop.ts"

export const values = Shop.layer({
  Check,
  Gather, // expect: "'Gather'", "'JoinTimeout'"
  Ship,
  Pack
})

export const functions = Shop.layer({
  Check,
  // expect: "'Gather'", "'Unpaid'"
  *Gather({ payload, to }) {
    if (payload.total > 9) return yield* new Unpaid({ due: payload.total })
    return payload.total > 0 ? to.Ship({ id: payload.id, parcels: 1 }) : to.Rejected("no")
  },
  // expect: "'Ship'", '"closed"'
  Ship: ({ payload, to }) =>
    payload.parcels > 1
      ? Effect.fail("closed" as const)
      : Effect.succeed(payload.parcels > 0 ? to.Pack([]) : to.Cancelled()),
  Pack
})

class NoFailure extends Workflow.define("NoFailure")
  .state("Begin", Schema.Number, ["End"])
  .exit("End", Schema.Void)
  .start("Begin") {}

export const noFailure = NoFailure.layer({
  // expect: "'Begin'", "'Unpaid'"
  *Begin({ payload, to }) {
    if (payload > 9) return yield* new Unpaid({ due: payload })
    return to.End()
  }
})

export const missing = NoFailure.layer({
  // expect: "'Begin'", "'StoreKeyMissing'"
  Begin: NoFailure.task("Begin", () => Effect.fail({ _tag: "StoreKeyMissing" as const })).catchTag(
    "StoreKeyMissing",
    ({ error, to }) => (error._tag === "StoreKeyMissing" ? Effect.fail(error) : to.End())
  )
})
