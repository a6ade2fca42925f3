/** Stand-ins: what they replace, in every kind of handler, and what stays around them. */
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Exit, Layer, Schema } from "effect"
import { CompensationFailed, Join, Workflow, WorkflowDefinitionError } from "sluice"
import * as Testing from "sluice/testing"
import { causeOf, defectsOf, errorOf } from "../support/runs.ts"
import {
  Approve,
  CardDeclined,
  Charge,
  Check,
  Checkout,
  checkout,
  Deliver,
  Delivery,
  Limit,
  OutOfStock,
  openShop,
  order,
  Price,
  Shop,
  Unavailable
} from "./checkout.ts"

const reserved = { order, shelf: "A1" }
const paid = { receipt: "r-9", cents: 1 }

/** Nothing of the shop may be used. */
const closed = Layer.merge(Layer.mock(Shop)({}), Testing.layer(Delivery, Effect.die("closed")))

/** As far as the state that is tested, without the shop. */
const upToCharge = {
  Check: ({ to }: Workflow.Context<typeof Checkout, "Check">) => to.Price(reserved),
  Price: ({ to }: Workflow.Context<typeof Checkout, "Price">) => to.Limit(1)
}

describe("a stand-in for a state", () => {
  it.effect("is a function of its context, with the attempt, in any of the three forms", () =>
    Effect.gen(function* () {
      const report = yield* Testing.run(checkout, order, {
        stubs: {
          ...upToCharge,
          Limit: ({ payload, to }) => to.Charge(payload + 1),
          *Charge({ attempt, payload, state, to }) {
            if (attempt < 3) return yield* Effect.never
            yield* Effect.sleep("1 second")
            return to.Approve({ receipt: `${state} ${attempt}`, cents: payload })
          },
          Approve: ({ payload, to }) => Effect.delay(Effect.succeed(to.Declined({ reason: payload.receipt })), "1 hour")
        }
      }).pipe(Effect.provide(closed))
      expect(report.outcome).toEqual({ _tag: "Declined", payload: { reason: "Charge 3" } })
      expect(report.duration).toEqual(Duration.millis(10_000 + 60_000 + 10_000 + 60_000 + 1_000 + 3_600_000))
    })
  )

  it.effect("is retried, timed out and caught as its handler says, and undone", () =>
    Effect.gen(function* () {
      const { done, layer } = openShop()
      const attempts: Array<number> = []
      const report = yield* Testing.run(checkout, order, {
        stubs: {
          ...upToCharge,
          Charge: Testing.stub(Charge, ({ attempt, to }) => {
            attempts.push(attempt)
            return attempt < 3 ? Effect.fail(new CardDeclined({ reason: "busy" })) : to.Approve(paid)
          }),
          Approve: Effect.die("nobody home")
        }
      }).pipe(Effect.provide(layer))
      expect(attempts).toEqual([1, 2, 3])
      expect(report.duration).toEqual(Duration.minutes(2))
      expect(report.compensations).toMatchObject([{ state: "Charge", target: "Approve", payload: paid }])
      expect(done).toEqual(["refund r-9"])
    })
  )

  it.effect("may fail with what its handler catches, which the workflow cannot fail with", () =>
    Effect.gen(function* () {
      const declined = yield* Testing.run(checkout, order, {
        stubs: { ...upToCharge, Charge: Testing.stub(Charge, Effect.fail(new CardDeclined({ reason: "empty" }))) }
      }).pipe(Effect.provide(closed))
      expect(declined.outcome).toEqual({ _tag: "Declined", payload: { reason: "empty" } })
      const givenUp = yield* Testing.run(checkout, order, {
        stubs: { ...upToCharge, Charge: Testing.stub(Charge, Effect.fail(new Unavailable({ service: "bank" }))) }
      }).pipe(Effect.provide(closed))
      expect(givenUp.path).toEqual(["Check", "Price", "Limit", "Charge", "GivenUp"])
      expect(givenUp.outcome?.payload).toEqual({ reason: "bank" })
    })
  )

  it.effect("stands in for a wait, whose signals then wait for another", () =>
    Effect.gen(function* () {
      const report = yield* Testing.runFrom(checkout, "Charge", 1, order, {
        stubs: {
          Charge: ({ to }) => to.Approve(paid),
          Approve: Testing.stub(Approve, ({ to }) => to.Deliver.after("1 hour", paid))
        },
        signals: [{ at: "1 minute", signal: "Withdrawal" }]
      }).pipe(Effect.provide(openShop().layer))
      expect(report.path).toEqual(["Charge", "Approve", "Deliver", "Sent"])
      expect(report.duration).toEqual(Duration.hours(1))
    })
  )

  it.effect("stands in for a route, which stays without the policies of all", () =>
    Effect.gen(function* () {
      const unavailable = new Unavailable({ service: "limit" })
      const routed = yield* Testing.run(checkout, order, {
        // The workflow cannot fail with it; what a route gives is not caught.
        stubs: { ...upToCharge, Limit: (() => Effect.fail(unavailable)) as never }
      }).pipe(Effect.provide(closed))
      expect(errorOf(routed.exit!)).toBe(unavailable)
      const chosen = yield* Testing.run(checkout, order, {
        stubs: { ...upToCharge, Limit: Testing.stub(Limit, ({ to }) => to.Declined({ reason: "no" })) }
      }).pipe(Effect.provide(closed))
      expect(chosen.path).toEqual(["Check", "Price", "Limit", "Declined"])
    })
  )

  it.effect("stands in for a whole split, which is timed out as one", () =>
    Effect.gen(function* () {
      const report = yield* Testing.run(checkout, order, { stubs: { Check: Effect.never } }).pipe(
        Effect.provide(closed)
      )
      expect(report.outcome).toEqual({ _tag: "Declined", payload: { reason: "too slow" } })
      expect(report.duration).toEqual(Duration.millis(100))
    })
  )

  it.effect("stands in for a whole forEach, of which nothing is left", () =>
    Effect.gen(function* () {
      const report = yield* Testing.run(checkout, order, {
        stubs: { ...upToCharge, Price: ({ payload, to }) => to.Declined({ reason: payload.shelf }) }
      }).pipe(Effect.provide(closed))
      expect(report.outcome).toEqual({ _tag: "Declined", payload: { reason: "A1" } })
      expect(report.events.filter(({ _tag }) => _tag === "BranchStarted")).toEqual([])
    })
  )

  class Undone extends Workflow.define("Undone")
    .state("Split", Schema.Void, ["Each"])
    .state("Each", Schema.String, ["Last"])
    .state("Last", Schema.String, ["Done"])
    .exit("Done", Schema.Void)
    .start("Split") {}

  it.effect("stands in for a split and a forEach that are compensated, which undoes the whole of them only", () =>
    Effect.gen(function* () {
      const undone: Array<string> = []
      const undo = (what: string) => Effect.sync(() => void undone.push(what))
      const workflow = Undone.implement({
        Split: Undone.split("Split", { one: () => 1 })
          .compensate({ one: () => undo("branch") })
          .join(Join.all, ({ to }) => to.Each("real"))
          .compensate({ Each: ({ payload }) => undo(`split ${payload}`) }),
        Each: Undone.forEach(
          "Each",
          () => [1],
          () => 1
        )
          .compensate(() => undo("item"))
          .join(Join.all, ({ to }) => to.Last("real"))
          .compensate({ Last: ({ payload }) => undo(`forEach ${payload}`) }),
        Last: ({ to }) => to.Done()
      })
      const report = yield* Testing.run(workflow, undefined, {
        stubs: { Split: ({ to }) => to.Each("stub"), Each: ({ to }) => to.Last("stub"), Last: Effect.die("no") }
      })
      expect(undone).toEqual(["forEach stub", "split stub"])
      expect(report.compensations.map(({ branch, state }) => [state, branch])).toEqual([
        ["Each", undefined],
        ["Split", undefined]
      ])
    })
  )

  it.effect("stands in for a call, which stays one: the policies of all do not see what it could not undo", () =>
    Effect.gen(function* () {
      const failed = new CompensationFailed({
        workflow: "Delivery",
        runId: "1",
        cause: causeOf(Exit.die("x")),
        failures: [],
        untried: []
      })
      const seen: Array<string> = []
      const workflow = Checkout.implement(
        { Check, Price, Limit, Charge, Approve, Deliver },
        {
          policy: (step) =>
            step.catch(({ error, to }) => {
              seen.push(error._tag)
              return to.GivenUp({ reason: error._tag })
            })
        }
      )
      const stubs = { Approve: ({ to }: Workflow.Context<typeof Checkout, "Approve">) => to.Deliver(paid) }
      const report = yield* Testing.runFrom(workflow, "Charge", 1, order, {
        stubs: { ...stubs, Deliver: Testing.stub(Deliver, Effect.fail(failed)) }
      }).pipe(Effect.provide(openShop().layer))
      expect(errorOf(report.exit!)).toBe(failed)
      expect(seen).toEqual([])
      const sent = yield* Testing.runFrom(workflow, "Charge", 1, order, {
        stubs: { ...stubs, Deliver: ({ to }) => to.Sent({ tracking: "T-9" }) }
      }).pipe(Effect.provide(openShop().layer))
      expect(sent.outcome).toEqual({ _tag: "Sent", payload: { tracking: "T-9" } })
      expect(sent.calls).toEqual([])
    })
  )

  it.effect("may use services, beside those of the workflow", () =>
    Effect.gen(function* () {
      const { done, layer } = openShop()
      yield* Testing.run(checkout, order, {
        stubs: {
          Check: ({ payload, to }) =>
            Effect.as(Effect.orDie(Shop.use((_) => _.reserve(payload))), to.Declined({ reason: "" }))
        }
      }).pipe(Effect.provide(layer))
      expect(done).toEqual(["reserve"])
    })
  )

  it.effect("that goes where its state may not go ends the run with that", () =>
    Effect.gen(function* () {
      const report = yield* Testing.run(checkout, order, {
        stubs: { Check: (() => ({ _tag: "Sent", payload: {} })) as never }
      }).pipe(Effect.provide(closed))
      expect(defectsOf(report.exit!)).toMatchObject([{ _tag: "InvalidTransition", state: "Check" }])
    })
  )

  it.effect("leaves the workflow as it was", () =>
    Effect.gen(function* () {
      const { layer } = openShop()
      yield* Testing.run(checkout, order, { stubs: { Check: Effect.die("stub") } }).pipe(Effect.provide(layer))
      const { path } = yield* Testing.run(checkout, order).pipe(Effect.provide(layer))
      expect(path).toEqual(["Check", "Price", "Limit", "Charge", "Approve", "Declined"])
    })
  )
})

describe("stand-ins for branches", () => {
  it.effect("are Effects or functions of their context; the others are as they were", () =>
    Effect.gen(function* () {
      const { done, layer } = openShop()
      const report = yield* Testing.run(checkout, order, {
        stubs: {
          Check: Testing.branches(Check, { score: ({ payload }) => payload.lines.length }),
          Price: ({ payload, to }) => to.Declined({ reason: payload.shelf })
        }
      }).pipe(Effect.provide(layer))
      expect(report.outcome).toEqual({ _tag: "Declined", payload: { reason: "fraud" } })
      expect(done).toEqual(["reserve"])
    })
  )

  it.effect.each([
    ["fails", Effect.fail(new OutOfStock({ line: "lamp" })), "no lamp", 0],
    ["fails late", Effect.delay(Effect.fail(new OutOfStock({ line: "lamp" })), "99 millis"), "no lamp", 99],
    ["hangs", Effect.never, "too slow", 100],
    ["is late", Effect.delay(Effect.succeed("A1"), "101 millis"), "too slow", 100],
    ["fails for all", Effect.fail(new Unavailable({ service: "stock" })), "stock", 0]
  ] as const)("lead where the policies say when one %s", ([, shelf, reason, millis]) =>
    Effect.gen(function* () {
      const report = yield* Testing.run(checkout, order, {
        stubs: { Check: Testing.branches(Check, { score: Effect.succeed(0.2), shelf }) }
      }).pipe(Effect.provide(closed))
      expect(report.outcome?.payload).toEqual({ reason })
      expect(report.duration).toEqual(Duration.millis(millis))
    })
  )

  it.effect("may die, which ends the run", () =>
    Effect.gen(function* () {
      const report = yield* Testing.run(checkout, order, {
        stubs: { Check: Testing.branches(Check, { score: Effect.die("no model"), shelf: Effect.never }) }
      }).pipe(Effect.provide(closed))
      expect(defectsOf(report.exit!)).toEqual(["no model"])
      expect(report.events.filter(({ _tag }) => _tag.startsWith("Branch")).map(({ _tag }) => _tag)).toEqual([
        "BranchStarted",
        "BranchFailed"
      ])
    })
  )
})

describe("a stand-in for items", () => {
  it.effect("is given each item and its index, and joined as the real ones are", () =>
    Effect.gen(function* () {
      const report = yield* Testing.run(checkout, order, {
        stubs: {
          Check: upToCharge.Check,
          Price: Testing.items(Price, ({ index, item }) =>
            index === 0 ? Effect.never : Effect.delay(Effect.succeed(item.length), "999 millis")
          ),
          Limit: ({ payload, to }) => to.Declined({ reason: `${payload}` })
        }
      }).pipe(Effect.provide(closed))
      expect(report.outcome?.payload).toEqual({ reason: "4" })
      expect(report.duration).toEqual(Duration.seconds(1))
    })
  )

  it.effect("may be one Effect for all", () =>
    Effect.gen(function* () {
      const report = yield* Testing.run(checkout, order, {
        stubs: {
          Check: upToCharge.Check,
          Price: Testing.items(Price, Effect.fail(new Unavailable({ service: "list" })))
        }
      }).pipe(Effect.provide(closed))
      expect(report.outcome?.payload).toEqual({ reason: "a line has no price" })
    })
  )
})

describe("what the types refuse", () => {
  class Other extends Workflow.define("Checkout")
    .state("Check", Schema.Void, ["Done"])
    .exit("Done", Schema.Void)
    .start("Check") {}
  const Foreign = Other.task("Check", ({ to }) => to.Done())

  it.effect("is refused again, every problem of it", () =>
    Effect.gen(function* () {
      const stubs = {
        Sent: Effect.never,
        Chek: Effect.never,
        Check: Testing.stub(Foreign, Effect.never),
        Price: Testing.stub(Charge, Effect.never),
        Limit,
        Charge: Testing.items({ ...Charge, ...Price } as typeof Price, Effect.never),
        Approve: Testing.stub(Approve, Effect.never)
      }
      const exit = yield* Effect.exit(
        Testing.run(checkout, order, { stubs: stubs as never }).pipe(Effect.provide(closed))
      )
      expect(defectsOf(exit)).toEqual([
        new WorkflowDefinitionError({
          workflow: "Checkout",
          problems: [
            "state 'Sent' is not declared",
            "state 'Chek' is not declared",
            "state 'Check' is given a stand-in that belongs to another definition",
            "state 'Price' is given a stand-in for state 'Charge'",
            "state 'Limit' is given a handler, which is no stand-in",
            "state 'Charge' is given a stand-in for state 'Price'"
          ]
        })
      ])
    })
  )

  it.effect("is refused again in a part of a handler", () =>
    Effect.gen(function* () {
      const Split = Checkout.split("Limit", { one: () => 1 }).join(Join.all, ({ to }) => to.Charge(1))
      const Each = Checkout.forEach(
        "Limit",
        () => [1],
        () => 1
      ).join(Join.all, ({ to }) => to.Charge(1))
      const problems = yield* Effect.forEach(
        [
          { Limit: Testing.branches(Split, { one: Effect.never }) },
          { Limit: Testing.items(Each, Effect.never) },
          { Check: Testing.branches(Check, { scor: Effect.never } as never) }
        ],
        (stubs: Testing.Stubs<typeof Checkout>) =>
          Effect.exit(Testing.run(checkout, order, { stubs }).pipe(Effect.provide(closed)))
      )
      expect(problems.flatMap(defectsOf).map((defect) => (defect as WorkflowDefinitionError).problems)).toEqual([
        ["state 'Limit' has no branches"],
        ["state 'Limit' has no items"],
        ["state 'Check' has no branch 'scor'"]
      ])
    })
  )

  it.effect("is refused again of signals", () =>
    Effect.gen(function* () {
      const signals = [{ at: 1, signal: "Aproval" }] as never
      const exit = yield* Effect.exit(Testing.run(checkout, order, { signals }).pipe(Effect.provide(closed)))
      expect(defectsOf(exit)).toMatchObject([{ problems: ["'Aproval' is not a signal"] }])
    })
  )
})
