/**
 * The test kit: what may stand in for what, and what a run under test gives and needs: M35, M36.
 */
import { Context, Data, Effect, Exit, type Layer } from "effect"
import { type CompensationFailed, Join, type RunTimeout, type Workflow } from "sluice"
import * as Testing from "sluice/testing"
import { expectAssignable, expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import {
  Billing,
  type Busy,
  Declined,
  type Import,
  Order,
  type Other,
  OutOfStock,
  Sale,
  Shelves,
  Shop,
  Stock
} from "./shop.js"

declare const same: <A>() => <B>(value: B) => IsEqual<A, B>

class Rare extends Data.TaggedError("Rare") {}
class Extra extends Context.Service<Extra, { readonly stock: Stock }>()("Extra") {}
const order = new Order({ id: "a", total: 1 })
const stock = new Stock({ shelf: "A" })

// Handlers whose policies take what the workflow cannot fail with.
const Reserve = Sale.task("Reserve", ({ payload, to }) =>
  Effect.map(
    Shelves.use((shelves) => shelves.find(payload.id)),
    (stock) => (stock.shelf === "" ? to.Gone() : to.Review(stock))
  )
)
  .compensate({ Review: ({ payload }) => Effect.log(payload) })
  .catchTag("OutOfStock", ({ to }) => to.Gone())
const Review = Sale.split("Review", {
  kind: (): "small" | "large" => "small",
  found: ({ payload }) => Shelves.use((shelves) => shelves.find(payload.shelf))
}).join(Join.settled, ({ results, to }) => (results.successes.length > 0 ? to.Ask("") : to.Gone()))
const Ask = Sale.forEach(
  "Ask",
  ({ payload }) => [...payload],
  ({ item }) => (item === "" ? Effect.fail(new Declined({ reason: "" })) : Effect.succeed({ size: item.length }))
).join(Join.settled, ({ payload, results, to }) =>
  results.failures.length > 0 ? (payload === "" ? to.Gone() : to.Ask("")) : to.Pay(1)
)
const Pay = Sale.call("Pay", Billing, ({ payload }) => ({ sum: payload }), {
  Paid: ({ result, to }) => to.Sold(result.receipt),
  Refused: ({ to }) => to.Cool()
})
const Cool = Sale.route("Cool", ({ to }) => to.Gone())
const sale = Sale.implement({ Reserve, Review, Ask, Pay, Cool })
expectType<true>(same<Workflow.Workflow<typeof Sale, Busy | Declined | CompensationFailed, Shelves | Billing>>()(sale))
type SaleReport = Testing.Report<typeof Sale, Busy | Declined | CompensationFailed>

// A run gives a report, never fails, and needs what the workflow and its stand-ins need.
expectType<true>(same<Effect.Effect<SaleReport, never, Shelves | Billing>>()(Testing.run(sale, order)))
expectType<true>(same<Effect.Effect<SaleReport, never, Shelves | Billing>>()(Testing.run(sale, order, {})))
expectType<true>(same<Effect.Effect<SaleReport, never, Shelves | Billing>>()(Testing.run(sale, order, { stubs: {} })))
expectType<true>(
  same<Effect.Effect<SaleReport, never, Shelves | Billing | Extra>>()(
    Testing.run(sale, order, {
      stubs: {
        Reserve: ({ to }) => Extra.use(({ stock }) => Effect.succeed(to.Review(stock))),
        Review: Effect.never,
        Cool: ({ to }) => to.Gone()
      }
    })
  )
)
expectType<true>(
  same<
    Effect.Effect<
      Testing.Report<typeof Sale, Busy | Declined | CompensationFailed | RunTimeout>,
      never,
      Shelves | Billing
    >
  >()(Testing.run(sale, order, { id: "run-1", timeout: "1 hour", compensationTimeout: "1 minute" }))
)
declare const shop: Workflow.Workflow<typeof Shop, never, never>
expectType<true>(
  same<Effect.Effect<Testing.Report<typeof Shop, never>>>()(
    Testing.runFrom(shop, "Pack", stock, order, { stubs: { Pack: ({ to }) => to.Shipped() } })
  )
)

// Stand-ins for states.
Testing.run(sale, order, {
  stubs: {
    // Each of the three forms, and several of them, with errors of the workflow.
    Reserve: ({ attempt, payload, to }) =>
      attempt > 1 ? Effect.fail(new Declined({ reason: payload.id })) : to.Review(stock),
    *Review({ input, payload, to }) {
      yield* Effect.sleep(1)
      if (payload.shelf === "") return yield* Effect.fail(new Declined({ reason: input.id }))
      return to.Ask("")
    },
    Ask: ({ store, to }) => Effect.map(store.get("seen"), (seen) => to.Pay.after("1 second", seen)),
    Pay: Effect.fail(new Declined({ reason: "" })),
    Cool: Effect.die("no")
  }
})
expectError(Testing.run(sale, order, { stubs: { Reserve: Effect.succeed(1) } }))
expectError(Testing.run(sale, order, { stubs: { Reserve: Effect.fail(new OutOfStock({ shelf: "" })) } }))
expectError(Testing.run(sale, order, { stubs: { Reserve: () => Effect.fail(new Rare()) } }))
expectError(Testing.run(sale, order, { stubs: { Reserve: () => "Gone" } }))
expectError(Testing.run(sale, order, { stubs: { Pay: ({ to }) => to.Gone() } }))
expectError(Testing.run(sale, order, { stubs: { Pay } }))
expectError(Testing.run(sale, order, { stubs: { Sold: Effect.never } }))
expectError(Testing.run(sale, order, { stubs: { Reserve: Testing.stub(Pay, Effect.never) } }))
expectError(
  Testing.run(sale, order, {
    stubs: {
      Reserve: Testing.stub(
        Shop.task("Check", ({ to }) => to.Pack(stock)),
        Effect.never
      )
    }
  })
)
expectError(Testing.run(sale, { id: "a" }))
expectError(Testing.runFrom(sale, "Pay", 1, order))

// Stand-ins for the work of a handler, which may fail with what its policies take.
expectType<true>(
  same<Testing.Stub<typeof Sale, "Reserve", never>>()(
    Testing.stub(Reserve, ({ to }) => (order.total > 1 ? Effect.fail(new OutOfStock({ shelf: "" })) : to.Gone()))
  )
)
expectType<true>(
  same<Testing.Stub<typeof Sale, "Reserve", Extra>>()(
    Testing.stub(Reserve, ({ to }) => Extra.use(({ stock }) => Effect.succeed(to.Review(stock))))
  )
)
expectType<true>(
  same<Testing.Stub<typeof Sale, "Pay", never>>()(Testing.stub(Pay, Effect.fail(new Declined({ reason: "" }))))
)
expectType<true>(same<Testing.Stub<typeof Sale, "Cool", never>>()(Testing.stub(Cool, ({ to }) => to.Gone())))
expectType<true>(
  same<Testing.Stub<typeof Sale, "Reserve", never>>()(
    Testing.stub(Reserve.timeout("1 second").retry({ times: 1 }), Effect.fail(new OutOfStock({ shelf: "" })))
  )
)
expectError(Testing.stub(Reserve, Effect.fail(new Rare())))
expectError(Testing.stub(Cool, Effect.fail(new Rare())))
expectError(Testing.stub(Review, Effect.never))
expectError(Testing.stub(Ask, Effect.never))
expectError(Testing.stub(Sale.split("Review", { one: () => 1 }), Effect.never))
expectError(Testing.stub(sale, Effect.never))

// Stand-ins for branches: literals keep their types, as the branch's own.
expectType<true>(
  same<Testing.Stub<typeof Sale, "Review", never>>()(Testing.branches(Review, { kind: Effect.succeed("large") }))
)
expectType<true>(
  same<Testing.Stub<typeof Sale, "Review", Extra>>()(
    Testing.branches(Review, {
      kind: ({ payload }) => (payload.shelf === "" ? "large" : "small"),
      found: () => Extra.use(({ stock }) => Effect.succeed(stock))
    })
  )
)
Testing.branches(Review, {
  *found({ payload }) {
    if (payload.shelf === "") return yield* Effect.fail(new OutOfStock({ shelf: "" }))
    return stock
  }
})
expectError(Testing.branches(Review, { kind: Effect.succeed("huge") }))
expectError(Testing.branches(Review, { kind: () => "huge" }))
expectError(Testing.branches(Review, { kind: Effect.fail(new OutOfStock({ shelf: "" })) }))
expectError(Testing.branches(Review, { found: () => Effect.fail(new Rare()) }))
expectError(Testing.branches(Review, { sort: Effect.never }))
expectError(Testing.branches(Ask, { 0: Effect.never }))
expectError(Testing.branches(Reserve, { kind: Effect.never }))

// Stand-ins for items.
expectType<true>(
  same<Testing.Stub<typeof Sale, "Ask", never>>()(
    Testing.items(Ask, ({ index, item }) =>
      item === "a" ? Effect.fail(new Declined({ reason: item })) : { size: index }
    )
  )
)
expectType<true>(same<Testing.Stub<typeof Sale, "Ask", never>>()(Testing.items(Ask, Effect.never)))
expectError(Testing.items(Ask, () => 1))
expectError(Testing.items(Ask, Effect.fail(new Rare())))
expectError(Testing.items(Review, Effect.never))
expectError(Testing.items(Reserve, Effect.never))

// A workflow with a chosen outcome.
expectType<true>(
  same<Layer.Layer<Billing>>()(
    Testing.layer(Billing, ({ input, run, to }) => (input.sum > 1 ? to.Refused() : to.Paid({ receipt: run.id })))
  )
)
expectType<true>(
  same<Layer.Layer<Billing, never, Extra>>()(
    Testing.layer(Billing, ({ to }) => Extra.use(({ stock }) => Effect.succeed(to.Paid({ receipt: stock.shelf }))))
  )
)
expectAssignable<Layer.Layer<Billing>>(Testing.layer(Billing, Effect.fail(new Declined({ reason: "" }))))
expectError(Testing.layer(Billing, Effect.fail(new Rare())))
expectError(Testing.layer(Billing, () => 1))
expectError(Testing.layer(Billing, ({ to }) => to.Bill({ sum: 1 })))
expectError(Testing.layer(sale, Effect.never))

// Signals.
Testing.run(sale, order, {
  signals: [
    { at: "1 hour", signal: "Approve", payload: { by: "Ada" } },
    { at: 10, signal: "Withdraw" }
  ]
})
expectError(Testing.run(sale, order, { signals: [{ at: 1, signal: "Approve" }] }))
expectError(Testing.run(sale, order, { signals: [{ at: 1, signal: "Withdraw", payload: 1 }] }))
expectError(Testing.run(sale, order, { signals: [{ at: 1, signal: "Aprove", payload: { by: "Ada" } }] }))
expectError(Testing.run(shop, order, { signals: [{ at: 1, signal: "Approve" }] }))

// What a report says, and what may be expected of it.
declare const report: SaleReport
expectType<ReadonlyArray<"Reserve" | "Review" | "Ask" | "Pay" | "Cool" | "Sold" | "Gone">>(report.path)
expectType<Exit.Exit<Workflow.Outcome<typeof Sale>, Busy | Declined | CompensationFailed> | undefined>(report.exit)
expectType<Workflow.Outcome<typeof Sale> | undefined>(report.outcome)
expectType<"Reserve" | "Review" | "Ask" | "Pay" | "Cool" | undefined>(report.stuck?.state)
Testing.assertReport(report, {
  path: ["Reserve", "Gone"],
  outcome: { _tag: "Sold", payload: "r-1" },
  exit: Exit.fail(new Declined({ reason: "" })),
  stuck: "Pay",
  duration: "1 hour",
  compensations: ["Reserve", { workflow: "Billing", state: "Bill", target: "Paid" }],
  events: [{ _tag: "StateEntered" }, { _tag: "TransitionTaken", state: "Pay", target: "Sold" }]
})
Testing.assertReport(report, { outcome: "Gone", exit: Exit.interrupt() })
Testing.assertReport(report, { exit: Exit.die("no") })
expectError(Testing.assertReport(report, { path: ["Bill"] }))
expectError(Testing.assertReport(report, { outcome: "Reserve" }))
expectError(Testing.assertReport(report, { outcome: { _tag: "Sold", payload: 1 } }))
expectError(Testing.assertReport(report, { exit: Exit.fail(new Rare()) }))
expectError(Testing.assertReport(report, { stuck: "Sold" }))
expectError(Testing.assertReport(report, { compensations: ["Bill"] }))
expectError(Testing.assertReport(report, { events: [{ _tag: "StateEntered", state: "Sold" }] }))
expectError(Testing.assertReport(report, { events: [{ state: "Pay" }] }))
expectAssignable<Testing.Report<typeof Sale, unknown>>(report)
expectError<Testing.Report<typeof Other, unknown>>(report)

// Coverage: of a workflow or a definition, with its parts by name.
const coverage = Testing.coverage(sale)
expectType<true>(same<Testing.Coverage<typeof Sale>>()(coverage))
expectType<true>(same<Testing.Coverage<typeof Billing>>()(Testing.coverage(Billing)))
expectType<Layer.Layer<never>>(coverage.layer)
coverage.add(report)
coverage.add(Testing.coverage(Billing).toJSON())
coverage.add({ events: report.events })
Testing.assertCovered(coverage)
Testing.assertCovered(coverage, {
  except: ["Reserve", "Gone", "Pay > Cool", "Review.found failed", "Ask interrupted"],
  branches: ["succeeded", "failed", "interrupted"]
})
declare const importer: Workflow.Workflow<typeof Import, never, never>
Testing.assertCovered(Testing.coverage(importer), { except: ["* > Broken", "Fetch > Parse"] })
expectError(Testing.assertCovered(coverage, { except: ["Resrve"] }))
expectError(Testing.assertCovered(coverage, { except: ["Reserve > Pay"] }))
expectError(Testing.assertCovered(coverage, { except: ["* > Gone"] }))
expectError(Testing.assertCovered(coverage, { except: ["Review.found lost"] }))
expectError(Testing.assertCovered(coverage, { branches: ["lost"] }))
expectError(Testing.coverage(1))
