/** A workflow as a service: its Layer provides the handlers and their services, its callers see neither. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber, Layer, Option, References, Schema, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Workflow } from "sluice"
import { Boom, causeOf, ended, failureOf, settle, succeedAfter, valueOf } from "./support/runs.ts"
import { Timeline } from "./support/timeline.ts"

class Rates extends Context.Service<Rates, { readonly rate: number }>()("test/Rates") {
  static readonly at = (rate: number) => Layer.succeed(Rates, Rates.of({ rate }))
}

class TooMuch extends Schema.TaggedError<TooMuch>()("TooMuch", { price: Schema.Number }) {}

class Pricing extends Workflow.define("Pricing")
  .failure(TooMuch)
  .state("Price", Schema.Number, ["Check"])
  .state("Check", Schema.Number, ["Done"])
  .exit("Done", Schema.Number)
  .start("Price", "Check") {}

const Check = ({ payload, to }: Workflow.Context<typeof Pricing, "Check">) =>
  payload > 100 ? Effect.fail(new TooMuch({ price: payload })) : succeedAfter(10, to.Done(payload))

const pricing = Pricing.layer({
  *Price({ payload, to }) {
    const { rate } = yield* Rates
    yield* Effect.sleep(10)
    return to.Check(payload * rate)
  },
  Check
})

describe("a Layer", () => {
  it.effect("provides the workflow under its definition: run and runFrom", () =>
    Effect.gen(function* () {
      const program = Effect.all([Pricing.run(2), Pricing.runFrom("Check", 7, 2)])
      const outcomes = yield* valueOf(Effect.provide(program, pricing.pipe(Layer.provide(Rates.at(3)))))
      expect(outcomes).toEqual([
        { _tag: "Done", payload: 6 },
        { _tag: "Done", payload: 7 }
      ])
    })
  )

  it.effect("fails a run with the declared failure, and its context", () =>
    Effect.gen(function* () {
      const layer = pricing.pipe(Layer.provide(Rates.at(3)))
      const run = Effect.provide(Pricing.run(50, { id: "run-1" }), layer)
      expect(yield* failureOf(run)).toEqual(new TooMuch({ price: 150 }))
      expect(Option.getOrUndefined(Workflow.failureContext(causeOf(yield* settle(run))))).toEqual({
        workflow: "Pricing",
        runId: "run-1",
        state: "Check",
        attempt: 1,
        path: ["Price", "Check"]
      })
    })
  )

  it.effect("gives the handlers its own services, whatever the caller has", () =>
    Effect.gen(function* () {
      const run = Effect.provideService(Pricing.run(2), Rates, { rate: 1_000 })
      const outcome = yield* valueOf(Effect.provide(run, pricing.pipe(Layer.provide(Rates.at(3)))))
      expect(outcome.payload).toBe(6)
    })
  )

  it.effect("can be swapped for another: handlers, or their services", () =>
    Effect.gen(function* () {
      const program = Effect.map(Pricing.run(2), (outcome) => outcome.payload)
      const fake = Pricing.layer({ Price: ({ to }) => to.Check(1), Check: ({ to }) => to.Done(42) })
      expect(yield* Effect.provide(program, fake)).toBe(42)
      expect(yield* valueOf(Effect.provide(program, pricing.pipe(Layer.provide(Rates.at(5)))))).toBe(10)
    })
  )

  it.effect("shares its services among runs, and nothing else", () =>
    Effect.gen(function* () {
      let made = 0
      const counted = Layer.effect(
        Rates,
        Effect.sync(() => ({ rate: ++made }))
      )
      const ids: Array<string> = []
      const layer = Pricing.layer({
        *Price({ payload, run, to }) {
          ids.push(run.id)
          return to.Check(payload * (yield* Rates).rate)
        },
        Check
      }).pipe(Layer.provide(counted))
      const program = Effect.all([Pricing.run(1), Pricing.run(2), Pricing.run(3)], { concurrency: "unbounded" })
      const outcomes = yield* valueOf(Effect.provide(program, layer))
      expect(outcomes.map((outcome) => outcome.payload)).toEqual([1, 2, 3])
      expect(made).toBe(1)
      expect(new Set(ids).size).toBe(3)
    })
  )

  it.effect("stands beside that of another workflow", () =>
    Effect.gen(function* () {
      class Shipping extends Workflow.define("Shipping")
        .state("Ship", Schema.Number, ["Done"])
        .exit("Done", Schema.String)
        .start("Ship") {}
      const shipping = Shipping.layer({
        *Ship({ payload, to }) {
          return to.Done(`${payload} at ${(yield* Rates).rate}`)
        }
      })
      const layer = Layer.merge(pricing.pipe(Layer.provide(Rates.at(3))), shipping.pipe(Layer.provide(Rates.at(4))))
      const outcomes = yield* valueOf(Effect.provide(Effect.all([Pricing.run(2), Shipping.run(2)]), layer))
      expect(outcomes).toEqual([
        { _tag: "Done", payload: 6 },
        { _tag: "Done", payload: "2 at 4" }
      ])
    })
  )
})

describe("what belongs to the caller", () => {
  /** What the handler of a Layer sees of its surroundings. */
  class Seeing extends Workflow.define("Seeing")
    .state("Look", Schema.Void, ["Done"])
    .exit("Done", Workflow.type<{ readonly span: string | undefined; readonly annotations: object }>())
    .start("Look") {}

  const seeing = Seeing.layer({
    *Look({ to }) {
      const span = yield* Effect.option(Effect.currentSpan)
      return to.Done({
        span: Option.getOrUndefined(Option.map(span, (span) => span.name)),
        annotations: { ...(yield* References.CurrentLogAnnotations) }
      })
    }
  })

  it.effect("is the span of a run, wherever the Layer was made", () =>
    Effect.gen(function* () {
      const context = yield* Effect.withSpan(Effect.scoped(Layer.build(seeing)), "making the Layer")
      const inSpan = Effect.withSpan(Seeing.run(undefined), "calling")
      expect((yield* Effect.provide(inSpan, context)).payload.span).toBe("calling")
      expect((yield* Effect.provide(Seeing.run(undefined), context)).payload.span).toBeUndefined()
    })
  )

  const own = { "workflow.name": "Seeing", "workflow.run.id": "run-1", "workflow.state": "Look" }

  it.effect("are the annotations of its log, beside those of the run", () =>
    Effect.gen(function* () {
      const run = Effect.annotateLogs(Seeing.run(undefined, { id: "run-1" }), { request: "r1" })
      expect((yield* Effect.provide(run, seeing)).payload.annotations).toEqual({ request: "r1", ...own })
    })
  )

  it.effect("are the annotations of its log also when the Layer was made under others", () =>
    Effect.gen(function* () {
      const context = yield* Effect.annotateLogs(Effect.scoped(Layer.build(seeing)), { service: "shop" })
      const run = Effect.annotateLogs(Seeing.run(undefined, { id: "run-1" }), { request: "r1" })
      expect((yield* Effect.provide(run, context)).payload.annotations).toEqual({ request: "r1", ...own })
      // As an application has it: one annotation around everything, one around a request.
      const application = Effect.annotateLogs(Effect.provide(run, seeing), { service: "shop" })
      expect((yield* application).payload.annotations).toEqual({ service: "shop", request: "r1", ...own })
    })
  )

  it.effect("is the scope that a fork lasts for, not that of the Layer", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      class Waiting extends Workflow.define("Waiting")
        .state("Wait", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Wait") {}
      const waiting = Waiting.layer({
        Wait: ({ to }) => Effect.as(time.track("wait", Effect.never), to.Done())
      })
      const context = yield* Layer.build(waiting)
      const scope = yield* Scope.make()
      const handle = yield* Waiting.fork(undefined).pipe(Scope.provide(scope), Effect.provide(context))
      yield* TestClock.adjust(10)
      expect(handle.fiber.pollUnsafe()).toBeUndefined()
      yield* Scope.close(scope, Exit.void)
      expect(time.entries).toEqual(["0 wait starts", "10 wait interrupted"])
      expect(Exit.hasInterrupts(ended(handle.fiber))).toBe(true)
    })
  )

  it.effect("is the interruption of the run", () =>
    Effect.gen(function* () {
      const layer = pricing.pipe(Layer.provide(Rates.at(3)))
      const fiber = yield* Effect.forkChild(Effect.provide(Pricing.run(2), layer))
      yield* TestClock.adjust(5)
      yield* Fiber.interrupt(fiber)
      expect(Exit.hasInterrupts(ended(fiber))).toBe(true)
    })
  )
})

describe("fork through a Layer", () => {
  it.effect("gives a handle of the run, whose failure is the declared one", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(pricing.pipe(Layer.provide(Rates.at(3))))
      const handle = yield* Effect.provide(Pricing.fork(50, { id: "run-1" }), context)
      yield* TestClock.adjust(100)
      expect(handle.id).toBe("run-1")
      expect(yield* handle.state).toBe("Check")
      expect(yield* Effect.flip(Fiber.join(handle.fiber))).toEqual(new TooMuch({ price: 150 }))
      const events = yield* Stream.runCollect(handle.events)
      expect(events.map((event) => event._tag)).toEqual([
        "RunStarted",
        "StateEntered",
        "AttemptStarted",
        "TransitionTaken",
        "StateEntered",
        "AttemptStarted",
        "AttemptFailed",
        "RunFinished"
      ])
    })
  )
})

describe("workflows through their Layers", () => {
  class Factorial extends Workflow.define("Factorial")
    .failure(Schema.Never)
    .state("Multiply", Schema.Number, ["Done"])
    .exit("Done", Schema.Number)
    .start("Multiply") {}

  it.effect("can call themselves", () =>
    Effect.gen(function* () {
      const ids: Array<string> = []
      const factorial = Factorial.layer({
        *Multiply({ payload, run, to }) {
          ids.push(run.id)
          if (payload <= 1) return to.Done(1)
          const rest = yield* Factorial.run(payload - 1)
          return to.Done(payload * rest.payload)
        }
      })
      // The Layer is all that a workflow needs which calls itself.
      const outcome: { readonly payload: number } = yield* Effect.provide(Factorial.run(5), factorial)
      expect(outcome.payload).toBe(120)
      expect(new Set(ids).size).toBe(5)
    })
  )

  it.effect("can call each other", () =>
    Effect.gen(function* () {
      class Quote extends Workflow.define("Quote")
        .failure(TooMuch)
        .state("Ask", Schema.Number, ["Done"])
        .exit("Done", Schema.String)
        .start("Ask") {}
      const quote = Quote.layer({
        *Ask({ payload, to }) {
          const priced = yield* Pricing.run(payload)
          return to.Done(`costs ${priced.payload}`)
        }
      })
      const layer = quote.pipe(Layer.provide(pricing), Layer.provide(Rates.at(3)))
      expect(yield* valueOf(Effect.provide(Quote.run(2), layer))).toEqual({ _tag: "Done", payload: "costs 6" })
      const run = Effect.provide(Quote.run(50, { id: "outer" }), layer)
      expect(yield* failureOf(run)).toEqual(new TooMuch({ price: 150 }))
      const context = Option.getOrUndefined(Workflow.failureContext(causeOf(yield* settle(run))))
      expect(context).toMatchObject({ workflow: "Pricing", state: "Check" })
    })
  )
})

describe("two definitions of one name", () => {
  const sale = () =>
    Workflow.define("Sale").state("Begin", Schema.Void, ["Sold"]).exit("Sold", Schema.String).start("Begin")
  class Shop extends sale() {}
  class Web extends sale() {}
  class Free extends Workflow.define("Sale")
    .state("Begin", Schema.Void, ["Given"])
    .exit("Given", Schema.Void)
    .start("Begin") {}
  const shop = Shop.layer({ Begin: ({ to }) => to.Sold("in the shop") })
  const web = Web.layer({ Begin: ({ to }) => to.Sold("on the web") })
  const free = Free.layer({ Begin: ({ to }) => to.Given() })

  it.effect("are provided side by side, in any order, also where their tables are the same", () =>
    Effect.gen(function* () {
      for (const layer of [Layer.mergeAll(shop, web, free), Layer.mergeAll(free, web, shop)]) {
        expect(yield* Effect.provide(Effect.all([Shop.run(), Web.run(), Free.run()]), layer)).toEqual([
          { _tag: "Sold", payload: "in the shop" },
          { _tag: "Sold", payload: "on the web" },
          { _tag: "Given", payload: undefined }
        ])
      }
    })
  )

  it.effect("are not taken for each other where one is missing", () =>
    Effect.gen(function* () {
      // @ts-expect-error the Layer is that of another table
      const ofAnother: Effect.Effect<unknown> = Effect.provide(Shop.run(), free)
      // The types take one table for the other when they are the same.
      const ofATwin: Effect.Effect<unknown> = Effect.provide(Shop.run(), web)
      for (const run of [ofAnother, ofATwin]) {
        expect(Cause.pretty(causeOf(yield* settle(run)))).toContain("Service not found: sluice/Workflow/Sale")
      }
    })
  )
})

describe("a failure that is not declared", () => {
  it("does not compile", () => {
    // @ts-expect-error Boom is none of the declared failures
    const refused = () => Pricing.layer({ Price: () => Effect.fail(new Boom({ id: "bad" })), Check })
    expect(refused).toBeTypeOf("function")
  })
})
