/** The same workflow implemented once from values and once from functions, and provided as a Layer. */
import { Effect, Schema } from "effect"
import { Workflow } from "sluice"
import { match } from "ts-pattern"
import { Check, Gather, Pack, Ship } from "./handlers.ts"
import { Order, Shop, Stock } from "./shop.ts"

export const shop = Shop.implement({ Check, Gather, Ship: Ship, Pack })

export const plain = Shop.implement({
  Check: ({ payload, to }) => Effect.succeed(payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")),
  *Gather({ payload, to, store }) {
    const count = yield* Stock.use((stock) => stock.count(payload.id))
    yield* store.update("total", (total) => total + count)
    return count > 0 ? to.Ship({ id: payload.id, parcels: count }) : to.Rejected("none left")
  },
  Ship: ({ payload, to }) => {
    if (payload.parcels === 0) return to.Cancelled()
    return to.Pack([payload.id, payload.note ?? ""])
  },
  Pack: ({ payload, to, input }) =>
    Effect.gen(function* () {
      yield* Effect.log(input.id)
      return payload.length > 0 ? to.Shipped({ parcels: payload.length }) : to.Cancelled()
    })
})

export const layer = Shop.layer({ Check, Gather: Gather.catch(({ to }) => to.Rejected("failed")), Ship, Pack })

export const describe = (outcome: Workflow.Outcome<typeof Shop>): string =>
  match(outcome)
    .with({ _tag: "Shipped" }, ({ payload }) => `${payload.parcels} parcels`)
    .with({ _tag: "Rejected" }, ({ payload }) => payload.toUpperCase())
    .with({ _tag: "Cancelled" }, () => "cancelled")
    .exhaustive()

export const program = Effect.gen(function* () {
  const outcome = yield* plain.run(new Order({ id: "a", total: 1 }), { id: "run-1" })
  const entered = yield* plain.runFrom("Ship", { id: "a", parcels: 1 }, new Order({ id: "a", total: 1 }))
  const step = yield* plain.step("Pack", ["a"], { input: new Order({ id: "a", total: 1 }) })
  const input = yield* Shop.decodeInput({ id: "a", total: 1 })
  const viaLayer = yield* Shop.run(input)
  return [describe(outcome), describe(entered), step._tag, describe(viaLayer)]
}).pipe(Effect.provide(layer))

/** A table that is built in two steps, as in two files. */
export const half = Workflow.define("Half").state("A", Schema.Void, ["B"]).exit("Done", Schema.Void)
export class Half extends half.state("B", Schema.Unknown, ["Done", "A"]).start("A") {}
export const halfWorkflow = Half.implement({
  A: ({ to }) => to.B({ anything: true }),
  B: ({ payload, to }) => (payload === undefined ? to.A() : to.Done())
})
