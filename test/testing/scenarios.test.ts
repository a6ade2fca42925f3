/** Scenarios: what is drawn, that every run under one ends, and what properties say with them. */
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Layer, Schedule, Schema } from "effect"
import * as fc from "fast-check"
import { Workflow, WorkflowDefinitionError } from "sluice"
import * as Testing from "sluice/testing"
import { failing, type Scenario, scenarios } from "sluice/testing/fast-check"
import * as OrderSaga from "../../examples/order-saga/order.ts"
import * as Shop from "../../examples/order-saga/services.ts"
import * as Kit from "./checkout.ts"
import { Delivery } from "./checkout.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { by: Schema.String }) {}
class Jammed extends Schema.TaggedError<Jammed>()("Jammed", {}) {}

class Trip extends Workflow.define("Trip")
  .state("Hotel", Schema.Struct({ nights: Schema.Int }), ["Flight", "Stayed"])
  .state("Flight", Schema.Struct({ room: Schema.String }), ["Pay", "Hotel"])
  .state("Pay", Schema.Struct({ seat: Schema.String }), ["Booked", "Stayed"])
  .exit("Booked", Schema.String)
  .exit("Stayed", Schema.Void, { rollback: true })
  .start("Hotel") {}

declare const refuse: Effect.Effect<never, Refused | Jammed>

const Pay = Trip.task("Pay", ({ payload, to }) => (payload.seat === "" ? refuse : Effect.succeed(to.Booked("b-1"))))
  .retry({ schedule: Schedule.spaced("1 minute"), times: 2 })
  .catchTag("Refused", ({ to }) => to.Stayed())

const trip = Trip.implement({
  Hotel: Trip.task("Hotel", ({ payload, to }) => (payload.nights > 0 ? to.Flight({ room: "1" }) : to.Stayed()))
    .compensate({ Flight: () => Effect.void })
    .timeout("1 hour"),
  Flight: Trip.task("Flight", ({ payload, to }) =>
    payload.room === "" ? to.Hotel({ nights: 1 }) : to.Pay({ seat: "1A" })
  ).compensate({ Pay: () => Effect.void }),
  Pay
})

const failures = {
  Pay: failing(Pay, fc.oneof(fc.constant(new Refused({ by: "bank" })), fc.constant(new Jammed())))
}
const trips = scenarios(trip, { failures })

const runTrip = ({ input, options }: Scenario<typeof Trip>) => Effect.runPromise(Testing.run(trip, input, options))

/** The steps that a run completed, of those with a compensation, the last one first. */
const completed = ({ events }: { readonly events: ReadonlyArray<Workflow.RunEvent> }, undone: object) =>
  events
    .flatMap((event) => (event._tag === "TransitionTaken" ? [`${event.state} ${event.target}`] : []))
    .filter((step) => step in undone)
    .reverse()

const steps = (compensations: ReadonlyArray<Testing.Compensation>) =>
  compensations.map(({ state, target }) => `${state} ${target}`)

describe("a property of a workflow", () => {
  it("says that what was completed is undone once when the run fails, and never else", () =>
    fc.assert(
      fc.asyncProperty(trips, async (scenario) => {
        const report = await runTrip(scenario)
        const isUndone = report.exit?._tag === "Failure" || report.outcome?._tag === "Stayed"
        const expected = isUndone ? completed(report, { "Hotel Flight": 1, "Flight Pay": 1 }) : []
        expect(steps(report.compensations)).toEqual(expected)
      })
    ))

  it("says so of an example", () => {
    const { Charge, Reserve, Ship, order } = OrderSaga
    const services = Layer.mergeAll(
      Layer.mock(Shop.Stock)({ release: () => Effect.void }),
      Layer.mock(Shop.Payments)({ refund: () => Effect.delay(Effect.void, "1 second") }),
      Layer.mock(Shop.Couriers)({})
    )
    const compensated = { "Reserve Review": 1, "Reserve Charge": 1, "Charge Ship": 1 }
    const down = fc.constant(new Shop.Unavailable({ service: "it" }))
    const orders = scenarios(order, {
      failures: {
        Reserve: failing(Reserve, fc.oneof(down, fc.constant(new Shop.OutOfStock({ item: "book" })))),
        Charge: failing(Charge, fc.oneof(down, fc.constant(new Shop.CardDeclined({ card: "blue" })))),
        Ship: failing(Ship, fc.oneof(down, fc.constant(new Shop.NoCourier({ address: "here" }))))
      }
    })
    return fc.assert(
      fc.asyncProperty(orders, async ({ input, options }) => {
        const report = await Effect.runPromise(Testing.run(order, input, options).pipe(Effect.provide(services)))
        const undone = steps(report.compensations)
        expect(new Set(undone).size).toBe(undone.length)
        if (report.stuck !== undefined || report.outcome?._tag === "Shipped") expect(undone).toEqual([])
        // A charge that was interrupted has been waited for, so that more is undone than there were transitions.
        else expect(undone).toEqual(expect.arrayContaining(completed(report, compensated)))
      })
    )
  })

  it("sees everything that can happen", async () => {
    const seen = new Set<string>()
    for (const scenario of fc.sample(trips, { numRuns: 300, seed: 1 })) {
      const { exit, outcome, path, stuck } = await runTrip(scenario)
      for (const reason of exit?._tag === "Failure" ? exit.cause.reasons : []) {
        seen.add(reason._tag === "Fail" ? reason.error._tag : reason._tag)
      }
      if (outcome !== undefined) seen.add(outcome._tag)
      if (stuck !== undefined) seen.add(stuck.reason)
      if (path.filter((name) => name === "Hotel").length > 1) seen.add("again")
    }
    expect([...seen].sort()).toEqual(
      ["Booked", "Die", "Interrupt", "Jammed", "StateTimeout", "Stayed", "again", "hangs"].sort()
    )
  })
})

describe("a scenario", () => {
  it("can be run again, and comes to the same", () =>
    fc.assert(
      fc.asyncProperty(trips, async (scenario) => {
        const [first, second] = [await runTrip(scenario), await runTrip(scenario)]
        expect(second.path).toEqual(first.path)
        expect(second.duration).toEqual(first.duration)
      }),
      { numRuns: 30 }
    ))

  it("is the same for the same seed", () => {
    const drawn = (seed: number) => fc.sample(trips, { numRuns: 20, seed }).map((scenario) => fc.stringify(scenario))
    expect(drawn(7)).toEqual(drawn(7))
    expect(drawn(7)).not.toEqual(drawn(8))
  })

  it("shrinks to the first targets, small payloads, no delay, no interruption", () => {
    const { counterexample } = fc.check(
      fc.property(trips, () => false),
      { seed: 3 }
    )
    expect(fc.stringify(counterexample![0])).toBe(
      [
        "",
        'input: {"nights":0}',
        'Hotel: goes to Flight with {"room":""}; then always goes to Stayed',
        'Flight: goes to Pay with {"seat":""}; then always goes to Pay with {"seat":""}',
        'Pay: goes to Booked with ""; then always goes to Booked with ""'
      ].join("\n  ")
    )
  })

  it("shrinks to what matters", async () => {
    const isBad = ({ outcome, path }: Testing.Report<typeof Trip, unknown>) =>
      outcome?._tag === "Stayed" && path.includes("Pay")
    const { counterexample } = await fc.check(
      fc.asyncProperty(trips, async (scenario) => !isBad(await runTrip(scenario))),
      { seed: 4 }
    )
    const [, , hotel, flight, pay, ...others] = fc.stringify(counterexample![0]).split("\n  ")
    expect(hotel).toMatch(/^Hotel: goes to Flight with .*; then always goes to Stayed$/)
    expect(flight).toMatch(/^Flight: goes to Pay with /)
    expect([
      'Pay: fails with Refused({"by":"bank"}); then always goes to Booked with ""',
      'Pay: goes to Stayed; then always goes to Booked with ""'
    ]).toContain(pay)
    expect(others).toEqual([])
  })

  it("ends, even one that would go round for ever", () =>
    fc.assert(
      fc.asyncProperty(scenarios(loop, { visits: 10 }), async ({ input, options }) => {
        const { path, stuck } = await Effect.runPromise(Testing.run(loop, input, options))
        expect(path.length).toBeLessThanOrEqual(3 * 11)
        expect([undefined, "hangs"]).toContain(stuck?.reason)
      })
    ))

  class Loop extends Workflow.define("Loop")
    .signal("Ring", Schema.String)
    .state("Sleep", Schema.Void, ["Check", "Gone"])
    .state("Check", Schema.Void, ["Sleep", "Check", "Ask"])
    .state("Ask", Schema.Void, ["Sleep"])
    .exit("Gone", Schema.Void)
    .start("Check") {}
  /** Without a stand-in, it would never end: it goes on by itself, every millisecond. */
  const loop = Loop.implement({
    Sleep: Loop.wait("Sleep", { Ring: ({ to }) => to.Gone() }).after("1 millis", ({ to }) => to.Check()),
    Check: Loop.route("Check", ({ run, to }) => (run.id === "" ? to.Check() : run.id === "x" ? to.Ask() : to.Sleep())),
    Ask: ({ to }) => to.Sleep()
  })
})

describe("a step that is tried for ever", () => {
  class Try extends Workflow.define("Try").state("Step", Schema.Int, ["Done"]).exit("Done", Schema.Int).start("Step") {}
  const Step = Try.task("Step", ({ payload, to }) => (payload === 0 ? refuse : Effect.succeed(to.Done(payload))))
    .timeout("1 second")
    .retry({ while: () => true })
  const persistent = Try.implement({ Step })

  it("goes on some time", () =>
    fc.assert(
      fc.asyncProperty(
        scenarios(persistent, { failures: { Step: failing(Step, fc.constant(new Jammed())) } }),
        async ({ input, options }) => {
          const { events, exit, stuck } = await Effect.runPromise(Testing.run(persistent, input, options))
          expect(stuck).toBeUndefined()
          const ending = exit?._tag === "Failure" ? exit.cause.reasons[0]?._tag : exit?._tag
          expect(["Success", "Die", "Interrupt"]).toContain(ending)
          expect(events.filter(({ _tag }) => _tag === "AttemptStarted").length).toBeLessThanOrEqual(101)
        }
      ),
      { numRuns: 30 }
    ))
})

describe("a wait", () => {
  class Letter extends Workflow.define("Letter")
    .signal("Answer", Schema.Int)
    .signal("Return", Schema.Void)
    .state("Send", Schema.Void, ["Wait"])
    .state("Wait", Schema.Void, ["Read", "Lost"])
    .exit("Read", Schema.Int)
    .exit("Lost", Schema.Void)
    .start("Send") {}
  const letter = Letter.implement({
    Send: ({ to }) => to.Wait(),
    Wait: Letter.wait("Wait", {
      Answer: ({ signal, to }) => to.Read(signal),
      Return: ({ to }) => to.Lost()
    }).after("20 days", ({ to }) => to.Lost())
  })

  it("does its own work now and then, with the signals that are sent", async () => {
    const seen = new Set<string>()
    const letters = scenarios(letter, { signals: { Answer: fc.constant(77) } })
    for (const { input, options } of fc.sample(letters, { numRuns: 200, seed: 1 })) {
      const { duration, events, outcome } = await Effect.runPromise(Testing.run(letter, input, options))
      if (outcome?._tag === "Read" && outcome.payload === 77) seen.add("answered")
      if (events.some(({ _tag }) => _tag === "Waiting") && Duration.toDays(duration) >= 20) seen.add("too late")
      if (options.stubs.Wait !== undefined) seen.add("stood in for")
      expect(options.stubs.Send).toBeDefined()
    }
    expect([...seen].sort()).toEqual(["answered", "stood in for", "too late"])
  })

  it("is printed with the signals", () => {
    const { counterexample } = fc.check(
      fc.property(scenarios(letter), ({ options }) => options.stubs.Wait !== undefined || !options.signals?.length),
      { seed: 2 }
    )
    expect(fc.stringify(counterexample![0])).toBe(
      [
        "",
        "input: undefined",
        "Send: goes to Wait; then always goes to Wait",
        "Wait: does its own work",
        "signal Answer at 0 with 0"
      ].join("\n  ")
    )
  })
})

describe("a workflow of every kind of handler", () => {
  it("runs under any scenario, without its services but those of its compensations", () => {
    const { Charge, Check, Deliver, Price, checkout } = Kit
    const unavailable = fc.constant(new Kit.Unavailable({ service: "shop" }))
    const checkouts = scenarios(checkout, {
      failures: {
        Check: failing(Check, fc.constant(new Kit.OutOfStock({ line: "book" }))),
        Price: failing(Price, unavailable),
        Charge: failing(Charge, fc.oneof(unavailable, fc.constant(new Kit.CardDeclined({ reason: "" })))),
        Deliver: failing(Deliver, fc.constant(new Error() as never))
      }
    })
    const refunded = Layer.mergeAll(
      Layer.mock(Kit.Shop)({ refund: () => Effect.void }),
      Testing.layer(Delivery, Effect.die("closed"))
    )
    return fc.assert(
      fc.asyncProperty(checkouts, async ({ input, options }) => {
        const { stuck } = await Effect.runPromise(Testing.run(checkout, input, options).pipe(Effect.provide(refunded)))
        expect([undefined, "hangs"]).toContain(stuck?.reason)
      })
    )
  })
})

describe("a payload without a schema", () => {
  class Job extends Workflow.define("Job")
    .signal("Stop", Workflow.type<AbortSignal>())
    .state("Work", Workflow.type<() => void>(), ["Work", "Done"])
    .exit("Done", Schema.instanceOf(Promise))
    .start("Work") {}
  const job = Job.implement({
    Work: Job.wait("Work", { Stop: ({ payload, signal, to }) => (signal.aborted ? to.Work(payload) : to.Done(none)) })
  })
  const none = Promise.resolve()
  const payloads = { Work: fc.constant(() => {}), Done: fc.constant(none) }
  const signals = { Stop: fc.constant(new AbortController().signal) }

  it("is given", async () => {
    const given = new Set<unknown>()
    for (const { input, options } of fc.sample(scenarios(job, { payloads, signals }), { numRuns: 20, seed: 1 })) {
      const { outcome } = await Effect.runPromise(Testing.run(job, input, options))
      expect(input).toBeTypeOf("function")
      if (outcome !== undefined) given.add(outcome.payload)
    }
    expect([...given]).toEqual([none])
  })

  it("is refused, with everything else that is wrong", () => {
    const wrong = { payloads: { Wrok: fc.nat() }, failures: { Done: fc.nat(), Work: 1 }, visits: 0 } as never
    expect(() => scenarios(job as never, wrong)).toThrow(WorkflowDefinitionError)
    expect(() => scenarios(job as never, wrong)).toThrow(
      expect.objectContaining({
        workflow: "Job",
        problems: [
          "visits must be a whole number of at least 1, not 0",
          "payloads: 'Wrok' is not declared",
          "failures: 'Done' is not declared",
          "failures: what 'Work' is given is no arbitrary",
          "the payload of 'Work' has no schema: give 'payloads' an arbitrary of it",
          expect.stringMatching(/^the payload of 'Done' cannot be made of its schema .*: give 'payloads' an arbitrary/),
          "the signal of 'Stop' has no schema: give 'signals' an arbitrary of it"
        ]
      })
    )
  })
})
