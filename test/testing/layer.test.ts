/** A workflow with a chosen outcome, as those who call it see it. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber, Layer, Schema } from "effect"
import { CompensationFailed, Workflow } from "sluice"
import * as Testing from "sluice/testing"
import { defectsOf, errorOf, isInterrupted } from "../support/runs.ts"
import { Checkout, checkout, Delivery, openShop, order, Shop } from "./checkout.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { why: Schema.String }) {}

class Payment extends Workflow.define("Payment")
  .failure(Refused)
  .signal("Cancel", Schema.Void)
  .fallback(["Broken"])
  .state("Ask", Schema.Int, ["Pay", "Rejected"])
  .state("Pay", Schema.String, ["Paid"])
  .exit("Paid", Schema.Struct({ receipt: Schema.String }))
  .exit("Rejected", Schema.Void, { rollback: true })
  .exit("Broken", Schema.String)
  .start("Ask", "Pay") {}

describe("a stand-in for a workflow", () => {
  it.effect("goes to any of its exits, by its input", () =>
    Effect.gen(function* () {
      const stub = Testing.layer(Payment, ({ input, run, to }) =>
        input > 9 ? to.Rejected() : to.Paid({ receipt: `${run.id} ${input}` })
      )
      const outcomes = yield* Effect.all([
        Payment.run(1, { id: "p-1" }),
        Payment.run(10),
        Payment.runFrom("Pay", "", 3, { id: "p-2" })
      ]).pipe(Effect.provide(stub))
      expect(outcomes).toEqual([
        { _tag: "Paid", payload: { receipt: "p-1 1" } },
        { _tag: "Rejected", payload: undefined },
        { _tag: "Paid", payload: { receipt: "p-2 3" } }
      ])
    })
  )

  it.effect("fails with what the definition declares, dies, or hangs until it is interrupted", () =>
    Effect.gen(function* () {
      const failing = Testing.layer(Payment, function* ({ input }) {
        yield* Effect.sleep(input)
        return yield* new Refused({ why: "empty" })
      })
      const report = (layer: Layer.Layer<Payment>) => Effect.exit(Payment.run(0).pipe(Effect.provide(layer)))
      expect(errorOf(yield* report(failing))).toEqual(new Refused({ why: "empty" }))
      expect(errorOf(yield* report(Testing.layer(Payment, Effect.fail(new Refused({ why: "" })))))).toEqual(
        new Refused({ why: "" })
      )
      expect(defectsOf(yield* report(Testing.layer(Payment, Effect.die("no bank"))))).toEqual(["no bank"])
      const hanging = yield* Payment.fork(1).pipe(Effect.provide(Testing.layer(Payment, Effect.never)))
      expect(yield* hanging.state).toBe("Ask")
      yield* hanging.interrupt
      expect(isInterrupted(yield* Fiber.await(hanging.fiber))).toBe(true)
    })
  )

  it.effect("may use services, which its Layer needs then", () =>
    Effect.gen(function* () {
      class Purse extends Context.Service<Purse, { readonly cents: number }>()("testing/Purse") {}
      const stub = Testing.layer(Payment, ({ input, to }) =>
        Purse.use(({ cents }) =>
          cents < input ? Effect.fail(new Refused({ why: "poor" })) : Effect.succeed(to.Broken(`${cents}`))
        )
      )
      const outcome = yield* Payment.run(7).pipe(
        Effect.provide(stub),
        Effect.provide(Layer.succeed(Purse)({ cents: 8 }))
      )
      expect(outcome).toEqual({ _tag: "Broken", payload: "8" })
    })
  )

  it.effect("is called by a state as the workflow itself is", () =>
    Effect.gen(function* () {
      const shop = openShop()
      const withDelivery = (delivery: Layer.Layer<Delivery>) =>
        Testing.runFrom(checkout, "Charge", 1, order, {
          stubs: { Approve: ({ payload, to }) => to.Deliver(payload) }
        }).pipe(Effect.provide(delivery), Effect.provide(shop.layer))
      const sent = yield* withDelivery(Testing.layer(Delivery, ({ to }) => to.Handed({ tracking: "T-0" })))
      expect(sent.outcome).toEqual({ _tag: "Sent", payload: { tracking: "T-0" } })
      expect([...new Set(sent.calls.map(({ workflow }) => workflow))]).toEqual(["Delivery (stand-in)"])
      const givenUp = yield* withDelivery(Testing.layer(Delivery, ({ to }) => to.NoBox()))
      Testing.assertReport(givenUp, { outcome: "GivenUp", compensations: ["Charge"] })
      const notUndone = new CompensationFailed({
        workflow: "Delivery",
        runId: "1",
        cause: Cause.empty,
        failures: [],
        untried: []
      })
      const failed = yield* withDelivery(Testing.layer(Delivery, Effect.fail(notUndone)))
      Testing.assertReport(failed, { exit: Exit.fail(notUndone), compensations: ["Charge"] })
      expect(shop.done).not.toContain("pack o-1")
    })
  )

  it.effect("takes the place of the real one where it is provided nearer", () =>
    Effect.gen(function* () {
      const { layer } = openShop()
      const report = yield* Testing.run(checkout, order, {
        signals: [{ at: 1, signal: "Approval", payload: { by: "Ada" } }]
      }).pipe(
        Effect.provide(Testing.layer(Delivery, ({ input, to }) => to.Handed({ tracking: input.order }))),
        Effect.provide(layer)
      )
      expect(report.outcome?.payload).toEqual({ tracking: "o-1" })
    })
  )

  it.effect("stands in for a workflow behind its Layer, too", () =>
    Effect.gen(function* () {
      const outcome = yield* Checkout.run(order).pipe(
        Effect.provide(Testing.layer(Checkout, ({ to }) => to.Declined({ reason: "closed" })))
      )
      expect(outcome).toEqual({ _tag: "Declined", payload: { reason: "closed" } })
    })
  )

  it.effect("that goes elsewhere dies with that", () =>
    Effect.gen(function* () {
      const stub = Testing.layer(Payment, (() => ({ _tag: "Pay", payload: "" })) as never)
      const exit = yield* Effect.exit(Payment.run(1).pipe(Effect.provide(stub as Layer.Layer<Payment>)))
      expect(defectsOf(exit)).toMatchObject([{ _tag: "InvalidTransition", targets: ["Paid", "Rejected", "Broken"] }])
    })
  )

  it.effect("leaves the services that nobody may use out", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        Testing.run(checkout, order).pipe(
          Effect.provide(Layer.merge(Layer.mock(Shop)({}), Testing.layer(Delivery, Effect.never)))
        )
      )
      expect(exit).toMatchObject({ value: { path: ["Check"], exit: { _tag: "Failure" } } })
    })
  )
})
