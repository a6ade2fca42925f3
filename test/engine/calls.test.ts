/** Calls: states that run another workflow, through its Layer. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber, Layer, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, RunIdInUse, Workflow } from "sluice"
import {
  Boom,
  causeOf,
  defectsOf,
  ended,
  errorOf,
  failureOf,
  isInterrupted,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { amount: Schema.Number }) {}

/** Checks an amount and then charges it: it is declined above 100, and refused below 0. */
class Payment extends Workflow.define("Payment")
  .failure(Refused)
  .state("Check", Schema.Number, ["Charge", "Declined"])
  .state("Charge", Schema.Number, ["Paid"])
  .exit("Paid", Schema.String)
  .exit("Declined", Schema.Number)
  .start("Check") {}

const Check = Payment.task("Check", ({ payload, to }) => {
  if (payload < 0) return Effect.fail(new Refused({ amount: payload }))
  return succeedAfter(10, payload > 100 ? to.Declined(payload) : to.Charge(payload))
})

const Charge = Payment.task("Charge", ({ payload, run, to }) => succeedAfter(10, to.Paid(`${payload} by ${run.id}`)))

const payment = Payment.layer({ Check, Charge })

class Order extends Workflow.define("Order")
  .state("Pay", Schema.Struct({ price: Schema.Number, pieces: Schema.Number }), ["Shipped", "Kept"])
  .exit("Shipped", Schema.String)
  .exit("Kept", Schema.String)
  .start("Pay") {}

const Pay = Order.call("Pay", Payment, ({ payload }) => payload.price * payload.pieces, {
  Paid: ({ result, to }) => to.Shipped(result),
  Declined: ({ payload, result, to }) => to.Kept(`${payload.pieces} pieces for ${result}`)
})

const order = Order.implement({ Pay })

const cheap = { price: 10, pieces: 2 }
const dear = { price: 100, pieces: 2 }
const wrong = { price: -1, pieces: 2 }

describe("a call", () => {
  it.effect("runs the other workflow on the input it is given, and goes where the exit reached leads", () =>
    Effect.gen(function* () {
      const paid = yield* valueOf(Effect.provide(order.run(cheap, { id: "a" }), payment))
      expect(paid).toEqual({ _tag: "Shipped", payload: "20 by a/Pay" })
      const declined = yield* valueOf(Effect.provide(order.run(dear), payment))
      expect(declined).toEqual({ _tag: "Kept", payload: "2 pieces for 200" })
    })
  )

  it.effect("fails with what the callee declares, unless it is caught", () =>
    Effect.gen(function* () {
      const error: Refused = yield* failureOf(Effect.provide(order.run(wrong), payment))
      expect(error).toEqual(new Refused({ amount: -2 }))
      const caught = Order.implement({
        Pay: Pay.catchTag("Refused", ({ error, to }) => to.Kept(`refused ${error.amount}`))
      })
      const safe: Effect.Effect<Workflow.Outcome<typeof Order>, never, Payment> = caught.run(wrong)
      expect((yield* valueOf(Effect.provide(safe, payment))).payload).toBe("refused -2")
    })
  )

  it.effect("gives its functions what any function of a handler is given", () =>
    Effect.gen(function* () {
      class Counted extends Workflow.define("Counted")
        .store({ count: Workflow.cell(Schema.Number, { initial: 3 }) })
        .state("Pay", Schema.String, ["Done"])
        .exit("Done", Workflow.type<unknown>())
        .start("Pay") {}
      const seen: Array<unknown> = []
      const counted = Counted.implement({
        Pay: Counted.call(
          "Pay",
          Payment,
          ({ attempt, input, payload, run, state }) => {
            seen.push({ attempt, input, payload, id: run.id, state })
            return 20
          },
          {
            *Paid({ attempt, input, payload, result, run, state, store, to }) {
              const count = yield* store.update("count", (n) => n + 1)
              yield* Effect.sleep(10)
              return to.Done({ attempt, count, id: run.id, input, payload, result, state })
            },
            Declined: ({ to }) => Effect.succeed(to.Done("declined"))
          }
        )
      })
      const given = { attempt: 1, input: "in", payload: "in", id: "a", state: "Pay" }
      const outcome = yield* valueOf(Effect.provide(counted.run("in", { id: "a" }), payment))
      expect(seen).toEqual([given])
      expect(outcome.payload).toEqual({ ...given, count: 4, result: "20 by a/Pay" })
    })
  )

  it.effect("needs the Layer of the callee, which another replaces in a test", () =>
    Effect.gen(function* () {
      const always = Payment.layer({
        Check: ({ payload, to }) => (payload < 1_000_000 ? to.Charge(payload) : to.Declined(payload)),
        Charge: ({ to }) => to.Paid("no money")
      })
      const run: Effect.Effect<Workflow.Outcome<typeof Order>, Refused, Payment> = order.run(dear)
      expect(yield* Effect.provide(run, always)).toEqual({ _tag: "Shipped", payload: "no money" })
    })
  )

  it.effect("gives the callee the services of its own Layer, and the caller those of its context", () =>
    Effect.gen(function* () {
      class Currency extends Context.Service<Currency, { readonly name: string }>()("test/Currency") {}
      const named = Payment.layer({
        Check,
        *Charge({ payload, to }) {
          return to.Paid(`${payload} ${(yield* Currency).name}`)
        }
      }).pipe(Layer.provide(Layer.succeed(Currency, Currency.of({ name: "euro" }))))
      const workflow = Order.implement({
        Pay: Order.call("Pay", Payment, ({ payload }) => payload.price, {
          *Paid({ result, to }) {
            return to.Shipped(`${result}, not ${(yield* Currency).name}`)
          },
          Declined: ({ to }) => to.Kept("")
        })
      })
      const run = Effect.provideService(workflow.run(cheap), Currency, Currency.of({ name: "dollar" }))
      expect((yield* valueOf(Effect.provide(run, named))).payload).toBe("10 euro, not dollar")
    })
  )

  it.effect("gives the callee a store and an attempt of its own", () =>
    Effect.gen(function* () {
      class Child extends Workflow.define("Child")
        .store({ n: Workflow.cell(Schema.Number, { initial: 0 }) })
        .state("Add", Schema.Void, ["Done"])
        .exit("Done", Schema.Tuple([Schema.Number, Schema.Number]))
        .start("Add") {}
      class Parent extends Workflow.define("Parent")
        .store({ n: Workflow.cell(Schema.Number, { initial: 10 }) })
        .state("First", Schema.Void, ["Second"])
        .state("Second", Workflow.type<readonly [number, number]>(), ["Done"])
        .exit("Done", Workflow.type<unknown>())
        .start("First") {}
      const child = Child.layer({
        *Add({ attempt, store, to }) {
          return to.Done([yield* store.update("n", (n) => n + 1), attempt])
        }
      })
      const parent = Parent.implement({
        First: Parent.call("First", Child, () => undefined, { Done: ({ result, to }) => to.Second(result) }),
        Second: Parent.call("Second", Child, () => undefined, {
          *Done({ payload, result, store, to }) {
            return to.Done([payload, result, yield* store.get("n")])
          }
        })
      })
      const outcome = yield* Effect.provide(parent.run(), child)
      expect(outcome.payload).toEqual([[1, 1], [1, 1], 10])
    })
  )

  it.effect("ends with a defect of the callee, of the input, or of a case, as its own", () =>
    Effect.gen(function* () {
      const bug = new Error("bug")
      const broken = Payment.layer({
        Check,
        Charge: ({ payload, to }) => (payload > 0 ? Effect.die(bug) : to.Paid(""))
      })
      expect(defectsOf(yield* settle(Effect.provide(order.run(cheap), broken)))).toEqual([bug])
      const cases = {
        Paid: ({ result, to }: Workflow.CallContext<typeof Order, "Pay", string>) => {
          if (result !== "") throw bug
          return to.Shipped("")
        },
        Declined: ({ to }: Workflow.CallContext<typeof Order, "Pay", number>) => to.Kept("")
      }
      const badCase = Order.implement({ Pay: Order.call("Pay", Payment, () => 20, cases) })
      expect(defectsOf(yield* settle(Effect.provide(badCase.run(cheap), payment)))).toEqual([bug])
      const input = (): number => {
        throw bug
      }
      const badInput = Order.implement({ Pay: Order.call("Pay", Payment, input, cases) })
      expect(defectsOf(yield* settle(Effect.provide(badInput.run(cheap), payment)))).toEqual([bug])
    })
  )

  it.effect("can be tried as a step, with a Layer that stands for the callee", () =>
    Effect.gen(function* () {
      const step = order.step("Pay", dear)
      expect(yield* valueOf(Effect.provide(step, payment))).toEqual({
        _tag: "Kept",
        payload: "2 pieces for 200"
      })
    })
  )

  it.effect("is one state to who watches the caller", () =>
    Effect.gen(function* () {
      const events = Effect.gen(function* () {
        const handle = yield* order.fork(cheap)
        yield* TestClock.adjust(15)
        expect(yield* handle.state).toBe("Pay")
        yield* TestClock.adjust(100)
        return yield* Stream.runCollect(handle.events)
      })
      const seen = yield* Effect.provide(events, payment)
      expect(seen.map(({ _tag, time, workflow }) => `${time} ${workflow} ${_tag}`)).toEqual([
        "0 Order RunStarted",
        "0 Order StateEntered",
        "0 Order AttemptStarted",
        "20 Order TransitionTaken",
        "20 Order RunFinished"
      ])
    })
  )

  it("is in the graph under the name of the callee", () => {
    expect(order.graph.places[0]?.work).toEqual({ kind: "call", callee: "Payment", policies: [] })
    const caught = Order.implement({ Pay: Pay.retry({ times: 1 }).catch(({ to }) => to.Kept("")) })
    expect(caught.graph.places[0]?.work?.policies).toEqual([{ kind: "retry" }, { kind: "catch" }])
  })
})

describe("policies around a call", () => {
  it.effect("retry runs the callee anew, from its start and with the input computed anew", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const flaky = Payment.layer({
        Check: ({ payload, run, to }) => {
          seen.push(`${run.id} ${payload}`)
          if (payload < 3) return Effect.fail(new Refused({ amount: payload }))
          return Effect.succeed(payload > 100 ? to.Declined(payload) : to.Charge(payload))
        },
        Charge
      })
      const retried = Order.implement({
        Pay: Order.call("Pay", Payment, ({ attempt }) => attempt, {
          Paid: ({ attempt, to }) => to.Shipped(`at attempt ${attempt}`),
          Declined: ({ to }) => to.Kept("")
        }).retry({ times: 2 })
      })
      const outcome = yield* valueOf(Effect.provide(retried.run(cheap, { id: "a" }), flaky))
      expect(outcome.payload).toBe("at attempt 3")
      expect(seen).toEqual(["a/Pay 1", "a/Pay 2", "a/Pay 3"])
    })
  )

  const slow = (time: Timeline) =>
    Payment.layer({
      Check: Payment.task("Check", function* ({ payload, to }) {
        yield* time.resource("check")
        yield* time.track("checking", Effect.sleep(1_000), 50)
        return payload > 100 ? to.Declined(payload) : to.Charge(payload)
      }),
      Charge
    })

  it.effect("timeout interrupts the callee, and waits for its finalizers", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const limited = Order.implement({
        Pay: Pay.timeout(100).catchTags({
          StateTimeout: ({ error, to }) => Effect.as(time.mark(`caught ${error.state}`), to.Kept("late")),
          Refused: ({ to }) => to.Kept("refused")
        })
      })
      expect((yield* valueOf(Effect.provide(limited.run(cheap), slow(time)))).payload).toBe("late")
      expect(time.entries).toEqual([
        "0 check acquired",
        "0 checking starts",
        "150 checking interrupted",
        "150 check released",
        "150 caught Pay"
      ])
    })
  )

  it.effect("the limit of the caller's run is one of the callee's, too", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const exit = yield* settle(Effect.provide(order.run(cheap, { timeout: 100 }), slow(time)))
      expect(errorOf(exit)).toMatchObject({ _tag: "RunTimeout", workflow: "Order" })
      expect(time.entries.at(-1)).toBe("150 check released")
    })
  )

  it.effect("interruption of the caller interrupts the callee, and waits for its finalizers", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const program = Effect.gen(function* () {
        const handle = yield* order.fork(cheap)
        yield* TestClock.adjust(100)
        const interrupting = yield* Effect.forkChild(handle.interrupt)
        yield* TestClock.adjust(100)
        yield* Fiber.join(interrupting)
        expect(isInterrupted(ended(handle.fiber))).toBe(true)
      })
      yield* Effect.provide(program, slow(time))
      expect(time.entries.slice(2)).toEqual(["150 checking interrupted", "150 check released"])
    })
  )
})

describe("a callee that fails", () => {
  it.effect("says where it failed, and the frames say where the caller was", () =>
    Effect.gen(function* () {
      const exit = yield* settle(Effect.provide(order.run(wrong, { id: "a" }), payment))
      expect(Option.getOrUndefined(Workflow.failureContext(causeOf(exit)))).toEqual({
        workflow: "Payment",
        runId: "a/Pay",
        state: "Check",
        attempt: 1,
        path: ["Check"]
      })
      const printed = Cause.pretty(causeOf(exit))
      expect(printed).toContain("Payment.Check (run a/Pay, attempt 1, path Check)")
      expect(printed).toContain("Order.Pay (run a, attempt 1, path Pay)")
    })
  )

  it.effect("says so for a defect, too", () =>
    Effect.gen(function* () {
      const broken = Payment.layer({
        Check,
        Charge: ({ payload, to }) => (payload > 0 ? Effect.die(new Error("bug")) : to.Paid(""))
      })
      const exit = yield* settle(Effect.provide(order.run(cheap, { id: "a" }), broken))
      const context = Option.getOrUndefined(Workflow.failureContext(causeOf(exit)))
      expect(context).toMatchObject({ workflow: "Payment", runId: "a/Pay", path: ["Check", "Charge"] })
      expect(Cause.pretty(causeOf(exit))).toContain("Order.Pay (run a, attempt 1, path Pay)")
    })
  )

  it.effect("has undone what it completed before its caller goes on", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      class Booking extends Workflow.define("Booking")
        .failure(Schema.Union([Refused, CompensationFailed]))
        .state("Hold", Schema.Number, ["Confirm"])
        .state("Confirm", Schema.Number, ["Done"])
        .exit("Done", Schema.Number)
        .start("Hold") {}
      const booking = Booking.layer({
        Hold: Booking.task("Hold", ({ payload, to }) => to.Confirm(payload)).compensate({
          Confirm: ({ payload }) => time.mark(`undo ${payload}`)
        }),
        Confirm: ({ payload, to }) =>
          payload > 0 ? Effect.fail(new Refused({ amount: payload })) : Effect.succeed(to.Done(payload))
      })
      const trip = Order.implement({
        Pay: Order.call("Pay", Booking, ({ payload }) => payload.price, {
          Done: ({ to }) => to.Shipped("never")
        }).catchTag("Refused", ({ error, to }) => Effect.as(time.mark("caught"), to.Kept(`${error.amount}`)))
      })
      expect((yield* valueOf(Effect.provide(trip.run(cheap), booking))).payload).toBe("10")
      expect(time.entries).toEqual(["0 undo 10", "0 caught"])
    })
  )
})

describe("a workflow that calls itself", () => {
  /** Adds the numbers up to its input, one run a number. */
  class Sum extends Workflow.define("Sum")
    .state("Choose", Schema.Number, ["Rest", "Done"])
    .state("Rest", Schema.Number, ["Done"])
    .exit("Done", Schema.Number)
    .start("Choose") {}

  const Choose = Sum.route("Choose", ({ payload, to }) => (payload === 0 ? to.Done(0) : to.Rest(payload)))

  const Rest = Sum.call("Rest", Sum, ({ payload }) => payload - 1, {
    Done: ({ payload, result, to }) => to.Done(payload + result)
  })

  it.effect("comes to its end", () =>
    Effect.gen(function* () {
      const outcome = yield* Effect.provide(Sum.run(100), Sum.layer({ Choose, Rest }))
      expect(outcome).toEqual({ _tag: "Done", payload: 5_050 })
    })
  )

  it.effect("names each run after the one that called it", () =>
    Effect.gen(function* () {
      const ids: Array<string> = []
      const named = Sum.layer({
        Choose: ({ payload, run, to }) => {
          ids.push(run.id)
          return payload === 0 ? to.Done(0) : to.Rest(payload)
        },
        Rest
      })
      yield* Effect.provide(Sum.run(2, { id: "a" }), named)
      expect(ids).toEqual(["a", "a/Rest", "a/Rest/Rest"])
    })
  )

  it.effect("is interrupted to its innermost run", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const waiting = Sum.layer({
        Choose: ({ payload, to }) =>
          payload === 0
            ? time.track("innermost", Effect.as(Effect.never, to.Done(0)))
            : Effect.succeed(to.Rest(payload)),
        Rest
      })
      const program = Effect.gen(function* () {
        const handle = yield* Sum.fork(50)
        yield* TestClock.adjust(100)
        yield* handle.interrupt
        expect(isInterrupted(ended(handle.fiber))).toBe(true)
      })
      yield* Effect.provide(program, waiting)
      expect(time.entries).toEqual(["0 innermost starts", "100 innermost interrupted"])
    })
  )
})

describe("many callers", () => {
  it.effect("run the callee at once, each in a run of its own", () =>
    Effect.gen(function* () {
      const ids = ["a", "b", "c"]
      const runs = Effect.forEach(ids, (id) => order.run(cheap, { id }), { concurrency: "unbounded" })
      const started = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(runs)
        yield* TestClock.adjust(20)
        return yield* Fiber.join(fiber)
      })
      const outcomes = yield* Effect.provide(started, payment)
      expect(outcomes.map((outcome) => outcome.payload)).toEqual(ids.map((id) => `20 by ${id}/Pay`))
    })
  )

  it.effect("of one id cannot be in progress at once, nor can their callees", () =>
    Effect.gen(function* () {
      class Consent extends Workflow.define("Consent")
        .signal("Yes", Schema.Void)
        .state("Wait", Schema.Void, ["Given"])
        .exit("Given", Schema.Void)
        .start("Wait") {}
      class Visit extends Workflow.define("Visit")
        .state("Consent", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Consent") {}
      const visit = Visit.implement({
        Consent: Visit.call("Consent", Consent, () => undefined, { Given: ({ to }) => to.Done() })
      })
      const program = Effect.gen(function* () {
        const first = yield* visit.fork(undefined, { id: "a" })
        const second = yield* settle(visit.run(undefined, { id: "a" }))
        expect(defectsOf(second)).toEqual([new RunIdInUse({ workflow: "Visit", runId: "a" })])
        yield* Consent.signal("a/Consent", "Yes")
        expect(ended(first.fiber)).toEqual(Exit.succeed({ _tag: "Done", payload: undefined }))
      })
      const consent = Consent.layer({ Wait: Consent.wait("Wait", { Yes: ({ to }) => to.Given() }) })
      yield* Effect.provide(program, consent)
    })
  )

  it.effect("fail with their own failure", () =>
    Effect.gen(function* () {
      const failing = Order.implement({
        Pay: Order.call("Pay", Payment, () => 20, {
          Paid: ({ result, to }) =>
            result === "" ? Effect.succeed(to.Shipped("")) : Effect.fail(new Boom({ id: "own" })),
          Declined: ({ to }) => to.Kept("")
        })
      })
      const exit = yield* settle(Effect.provide(failing.run(cheap, { id: "a" }), payment))
      expect(errorOf(exit)).toEqual(new Boom({ id: "own" }))
      expect(Option.getOrUndefined(Workflow.failureContext(causeOf(exit)))).toMatchObject({
        workflow: "Order",
        runId: "a",
        state: "Pay"
      })
    })
  )
})
