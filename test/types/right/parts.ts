/** What a module may export besides definitions, handlers and workflows: half-built tables, splits without a join, functions. */
import { Effect, Schema } from "effect"
import { Join, Workflow } from "sluice"
import { Bank, Shop, Stock, Unpaid } from "./shop.ts"
import { plain, shop } from "./workflow.ts"

/** Not exported, and yet a payload of an exported definition. */
interface Upload {
  readonly name: string
  readonly bytes: Uint8Array
}

export const half = Workflow.define("Half")
  .store({ seen: Workflow.cell(Schema.Number, { initial: 0 }) })
  .state("First", Schema.Void, ["Second"])
  .exit("Done", Schema.Option(Schema.String))

export class Half extends half.state("Second", Workflow.type<Upload>(), ["Done", "First"]).start("First") {}

export const branches = Shop.split("Gather", {
  stock: ({ payload }) => Stock.use((stock) => stock.count(payload.id)),
  charge: ({ payload }) => Bank.use((bank) => bank.charge(payload.total)),
  weight: () => Effect.succeed(3)
})

export const items = Shop.forEach(
  "Pack",
  ({ payload }) => payload,
  ({ item }) => (item === "" ? Effect.fail(new Unpaid({ due: 1 })) : Effect.succeed(item.length))
)

export const anyBranch = branches.join(Join.any, ({ results, payload, to }) =>
  results.branch === "charge" ? to.Rejected(results.value) : to.Ship({ id: payload.id, parcels: results.value })
)

export const quorum = branches
  .join(Join.quorum(2), ({ results, payload, to }) => to.Ship({ id: payload.id, parcels: results.length }))
  .catchTag("QuorumNotReached", ({ error, to }) => to.Rejected(`${error.failures.length} failed`))

export const tolerant = items.join(Join.tolerate({ rate: 0.5 }), ({ results, to }) =>
  results.failures.length > 0 ? to.Cancelled() : to.Shipped({ parcels: results.successes.length })
)

export const tolerantShop = Shop.implement({
  Check: ({ payload, to }) => (payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")),
  Gather: anyBranch.catchTag("AllBranchesFailed", ({ to }) => to.Rejected("failed")),
  Ship: ({ payload, to }) => (payload.parcels > 0 ? to.Pack([payload.id]) : to.Cancelled()),
  Pack: tolerant
})

export const run = shop.run
export const runFrom = shop.runFrom
export const fork = shop.fork
export const step = plain.step
export const decode = (input: unknown) => Shop.decodeInput(input)

/** A handler made by a function of its own. */
export const shipAfter = (least: number) =>
  Shop.task("Ship", ({ payload, to }) => (payload.parcels > least ? to.Pack([payload.id]) : to.Cancelled()))

/** A function written apart, typed by the context it takes. */
export const packAll = ({ payload, to }: Workflow.Context<typeof Shop, "Pack">) =>
  payload.length > 0 ? to.Shipped({ parcels: payload.length }) : to.Cancelled()
