/**
 * Every example is covered: runs under test exercise each of its states, exits and edges, and a success of each branch.
 */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Option, Schema } from "effect"
import type { Workflow } from "sluice"
import * as Testing from "sluice/testing"
import type { AdExchange } from "../../examples/ad-exchange/definition.ts"
import { adExchange } from "../../examples/ad-exchange/handlers.ts"
import { BidRequest } from "../../examples/ad-exchange/openrtb.ts"
import { Partners } from "../../examples/ad-exchange/partners.ts"
import { Devices, Geo, Profiles, Sites, Tracking } from "../../examples/ad-exchange/services.ts"
import { Archives, Bookmarks, backfill } from "../../examples/ingest/backfill.ts"
import { batch, DeadLetters } from "../../examples/ingest/batch.ts"
import { intake } from "../../examples/ingest/intake.ts"
import { Ledger, Refused } from "../../examples/ingest/readings.ts"
import { negotiation } from "../../examples/negotiation/negotiation.ts"
import { Order as Fulfilment } from "../../examples/order-fulfilment/order.ts"
import * as Selling from "../../examples/order-fulfilment/selling.ts"
import * as Goods from "../../examples/order-fulfilment/services.ts"
import * as Shipping from "../../examples/order-fulfilment/shipping.ts"
import { Charge, order, Reserve, Ship } from "../../examples/order-saga/order.ts"
import * as Saga from "../../examples/order-saga/services.ts"
import { Carriers, parcel, Track } from "../../examples/poller/parcel.ts"
import { breaker } from "../../examples/poller/program.ts"
import { Import, ImportLive, Post, Prices, Report, ReportLive, Tills } from "../../examples/scheduled-report/report.ts"
import { textPipeline } from "../../examples/text-pipeline/text-pipeline.ts"
import { Airline, Flight, FlightLive, NoSeat } from "../../examples/travel-booking/flight.ts"
import { Full, Hotel, HotelLive, Rooms } from "../../examples/travel-booking/hotel.ts"
import { Bank, trip } from "../../examples/travel-booking/trip.ts"
import { inTurn } from "../support/runs.ts"

const root = join(import.meta.dirname, "../..")

/** Expects that a workflow is covered, and gives the figures of its states, exits and edges. */
const expectCovered = <D extends Workflow.AnyDefinition>(coverage: Testing.Coverage<D>) =>
  Effect.sync(() => {
    Testing.assertCovered(coverage)
    const { edges, exits, states } = coverage.figures()
    return [states, exits, edges].map(({ exercised, total }) => `${exercised}/${total}`).join(" ")
  })

describe("every state, exit and edge is exercised of", () => {
  it.effect("the negotiation", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(negotiation)
      const buyer = { opening: 100, limit: 180, concession: 0.25 }
      const seller = { opening: 220, limit: 150, concession: 0.2 }
      const brief = { item: "a bicycle", rounds: 10, buyer, seller }
      const briefs = [
        brief,
        { ...brief, rounds: 1 },
        { ...brief, buyer: { ...buyer, limit: 100 } },
        { ...brief, seller: { ...seller, concession: 0.9 } },
        { ...brief, buyer: { ...buyer, limit: 400, concession: 1 } }
      ]
      for (const brief of briefs) coverage.add(yield* Testing.run(negotiation, brief))
      expect(yield* expectCovered(coverage)).toBe("3/3 2/2 7/7")
    })
  )

  it.effect("the order saga", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(order)
      const lamp = { id: "7", item: "lamp", cents: 4_000, card: "blue", address: "1 High Street" }
      const piano = { ...lamp, cents: 900_000 }
      const approval = { at: "1 day", signal: "Approval", payload: { by: "Grace" } } as const
      const unavailable = new Saga.Unavailable({ service: "the bank" })
      const reports = yield* Effect.all([
        Testing.run(order, lamp),
        Testing.run(order, piano, { signals: [approval] }),
        Testing.run(order, piano),
        Testing.run(order, lamp, {
          stubs: { Reserve: Testing.stub(Reserve, Effect.fail(new Saga.OutOfStock({ item: "lamp" }))) }
        }),
        Testing.run(order, lamp, {
          stubs: { Charge: Testing.stub(Charge, Effect.fail(new Saga.CardDeclined({ card: "blue" }))) }
        }),
        Testing.run(order, lamp, {
          stubs: { Ship: Testing.stub(Ship, Effect.fail(new Saga.NoCourier({ address: "" }))) }
        }),
        Testing.run(order, lamp, { stubs: { Ship: Testing.stub(Ship, Effect.fail(unavailable)) } })
      ])
      for (const report of reports) coverage.add(report)
      expect(reports.map(({ outcome }) => outcome?._tag)).toEqual([
        "Shipped",
        "Shipped",
        "Cancelled",
        "Cancelled",
        "Cancelled",
        "Cancelled",
        "Abandoned"
      ])
      expect(yield* expectCovered(coverage)).toBe("4/4 3/3 10/10")
    }).pipe(
      Effect.provide([
        Layer.mock(Saga.Stock)({
          reserve: (item) => Effect.succeed({ reservation: item }),
          release: () => Effect.void
        }),
        Layer.mock(Saga.Payments)({
          charge: (card, cents) => Effect.succeed({ card, cents }),
          refund: () => Effect.void
        }),
        Layer.mock(Saga.Couriers)({ collect: () => Effect.succeed("T-7") })
      ])
    )
  )

  it.effect("the poller", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(parcel)
      const shipment = { number: "H-1", carrier: "Heron", daysLeft: 2 }
      coverage.add(yield* Testing.run(parcel, shipment))
      coverage.add(
        yield* Testing.run(parcel, shipment, { stubs: { Track: Testing.stub(Track, ({ to }) => to.Lost()) } })
      )
      coverage.add(
        yield* Testing.run(parcel, shipment, { stubs: { Track: Testing.stub(Track, ({ to }) => to.Delivered()) } })
      )
      expect(yield* expectCovered(coverage)).toBe("1/1 3/3 4/4")
    }).pipe(Effect.provide([Layer.mock(Carriers)({ locate: () => Effect.succeed("on its way") }), breaker]))
  )

  it.effect("the text pipeline", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(textPipeline)
      for (const text of ["The cat and the dog", "", "* * *"]) {
        const files = FileSystem.layerNoop({ readFileString: () => Effect.succeed(text) })
        coverage.add(yield* Testing.run(textPipeline, "text.txt").pipe(Effect.provide(files)))
      }
      expect(yield* expectCovered(coverage)).toBe("3/3 2/2 5/5")
    })
  )

  it.effect("the trip, its flight and its hotel", () =>
    Effect.gen(function* () {
      const coverages = [Testing.coverage(trip), Testing.coverage(Flight), Testing.coverage(Hotel)] as const
      const seat = inTurn(Effect.fail(new NoSeat()), Effect.succeed({ seat: "14A", cents: 200 }))
      const room = inTurn(Effect.fail(new Full()), Effect.succeed({ room: "7", cents: 180 }))
      const table = inTurn(Effect.fail(new Full()), Effect.succeed("3"))
      const airline = Layer.mock(Airline)({
        hold: () => seat,
        release: () => Effect.void,
        issue: () => Effect.succeed("T-14A"),
        annul: () => Effect.void
      })
      const rooms = Layer.mock(Rooms)({
        reserve: () => room,
        reserveTable: () => table
      })
      const request = { traveller: "Ada", destination: "Oslo", nights: 2, card: "blue" }
      const trips = Effect.all(Array.from({ length: 4 }, () => Testing.run(trip, request)))
      const reports = yield* trips.pipe(
        Effect.provide([
          Layer.provide(FlightLive, airline),
          Layer.provide(HotelLive, rooms),
          Layer.mock(Bank)({ charge: () => Effect.void })
        ])
      )
      for (const coverage of coverages) for (const report of reports) coverage.add(report)
      expect(yield* expectCovered(coverages[0])).toBe("3/3 2/2 5/5")
      expect(yield* expectCovered(coverages[1])).toBe("2/2 2/2 3/3")
      expect(yield* expectCovered(coverages[2])).toBe("2/2 3/3 4/4")
    })
  )

  it.effect("the scheduled workflows, behind their Layers", () =>
    Effect.gen(function* () {
      const coverages = [Testing.coverage(Report), Testing.coverage(Import)] as const
      const services = Layer.mergeAll(
        Layer.mock(Tills)({ takings: (_, day) => Effect.succeed(day === "Sunday" ? 0 : 500) }),
        Layer.mock(Post)({ send: () => Effect.void }),
        Layer.mock(Prices)({ update: Effect.succeed(7) })
      )
      yield* Effect.all([Report.run({ day: "Monday" }), Report.run({ day: "Sunday" }), Import.run()]).pipe(
        Effect.provide([coverages[0].layer, coverages[1].layer]),
        Effect.provide(Layer.provide(Layer.merge(ReportLive, ImportLive), services))
      )
      expect(yield* expectCovered(coverages[0])).toBe("2/2 2/2 3/3")
      expect(yield* expectCovered(coverages[1])).toBe("1/1 1/1 1/1")
    })
  )

  it.effect("the ingest: a batch, an import and a stream", () =>
    Effect.gen(function* () {
      const coverages = [Testing.coverage(batch), Testing.coverage(backfill), Testing.coverage(intake)] as const
      const good = { meter: "M-1", kilowattHours: 1 }
      const bad = { meter: "M-2", kilowattHours: -1 }
      const pages = inTurn(
        Effect.succeed({ readings: [good], next: Option.some(1) }),
        Effect.succeed({ readings: [bad], next: Option.none() })
      )
      const services = Layer.mergeAll(
        Layer.mock(Ledger)({
          write: ({ kilowattHours }) => (kilowattHours < 0 ? Effect.fail(new Refused({ reason: "" })) : Effect.void)
        }),
        Layer.mock(DeadLetters)({ add: () => Effect.void }),
        Layer.mock(Archives)({ read: () => pages }),
        Layer.mock(Bookmarks)({ set: () => Effect.void, remove: () => Effect.void })
      )
      const reports = yield* Effect.all([
        Testing.run(backfill, { archive: "2025" }),
        Testing.run(intake, [good, bad]),
        Testing.run(intake, [bad])
      ]).pipe(Effect.provide(services))
      for (const coverage of coverages) for (const report of reports) coverage.add(report)
      expect(yield* expectCovered(coverages[0])).toBe("2/2 1/1 3/3")
      expect(yield* expectCovered(coverages[1])).toBe("3/3 1/1 4/4")
      expect(yield* expectCovered(coverages[2])).toBe("1/1 2/2 2/2")
    })
  )

  it.effect("the order fulfilment", () =>
    Effect.gen(function* () {
      const workflow = Fulfilment.implement({ ...Selling, ...Shipping })
      const coverage = Testing.coverage(workflow)
      const request = {
        id: "7",
        customer: "Ada",
        address: "1 High Street",
        card: "blue",
        lines: [{ sku: "pen", quantity: 3 }]
      }
      const ending = (stubs: Testing.Stubs<typeof Fulfilment>, lines = request.lines) =>
        Effect.map(Testing.run(workflow, { ...request, lines }, { stubs, limit: "60 days" }), (report) => {
          coverage.add(report)
          return report.outcome?._tag
        })

      const declined = Effect.fail(new Goods.CardDeclined({ reason: "no money" }))
      const outOfStock = Effect.fail(new Goods.OutOfStock({ sku: "pen" }))
      const damaged = Effect.fail(new Goods.ItemDamaged({ sku: "pen" }))
      const doubtful = Testing.branches(Selling.Screen, { score: Effect.succeed(0.6), trusted: Effect.succeed(false) })
      const sentBack = Testing.stub(Shipping.AwaitReturn, ({ payload, to }) =>
        to.Inspect({ payment: payload.payment, reason: "too small" })
      )
      const nobodyHome = ({ payload, to }: Workflow.Context<typeof Fulfilment, "InTransit">) =>
        to.Redeliver({ ...payload, missed: payload.missed + 1 })
      let visits = 0
      const lostInTheEnd = ({ payload, to }: Workflow.Context<typeof Fulfilment, "InTransit">) =>
        ++visits === 1 ? to.InTransit(payload) : to.Refund({ payment: payload.payment, reason: "lost" })

      const runs: ReadonlyArray<readonly [string, Testing.Stubs<typeof Fulfilment>]> = [
        ["Delivered", {}],
        ["Delivered", { Confirm: Testing.branches(Selling.Confirm, { email: Effect.never }) }],
        ["Rejected", { Screen: Testing.branches(Selling.Screen, { score: Effect.succeed(0.95) }) }],
        ["Rejected", { Screen: doubtful, Review: Testing.stub(Selling.Review, Effect.never) }],
        [
          "Rejected",
          {
            Screen: doubtful,
            Price: Testing.items(Selling.Price, Effect.fail(new Goods.ProductUnknown({ sku: "pen" })))
          }
        ],
        ["Cancelled", { Reserve: Testing.items(Selling.Reserve, outOfStock) }],
        ["Cancelled", { Authorise: Testing.stub(Selling.Authorise, declined) }],
        [
          "Cancelled",
          {
            Authorise: Testing.stub(Selling.Authorise, declined),
            AskForCard: Testing.stub(Selling.AskForCard, Effect.never)
          }
        ],
        ["Cancelled", { Authorise: Testing.stub(Selling.Authorise, Effect.never) }],
        [
          "Cancelled",
          { Pick: Testing.items(Shipping.Pick, damaged), Replace: Testing.items(Shipping.Replace, outOfStock) }
        ],
        [
          "Cancelled",
          {
            Pick: Testing.items(Shipping.Pick, inTurn(damaged, Effect.void)),
            ChooseCourier: Testing.items(Shipping.ChooseCourier, Effect.never)
          }
        ],
        ["Cancelled", { Capture: Testing.stub(Shipping.Capture, declined) }],
        ["Returned", { InTransit: lostInTheEnd }],
        ["Returned", { InTransit: nobodyHome }],
        ["Returned", { AwaitReturn: sentBack }],
        ["Returned", { AwaitReturn: sentBack, Inspect: Testing.items(Shipping.Inspect, Effect.succeed(false)) }]
      ]
      expect(yield* Effect.forEach(runs, ([, stubs]) => ending(stubs))).toEqual(runs.map(([outcome]) => outcome))
      expect(yield* ending({}, [])).toBe("Rejected")
      expect(yield* expectCovered(coverage)).toBe("30/30 4/4 51/51")
    }).pipe(
      Effect.provide([
        Layer.mock(Goods.Customers)({
          isTrusted: () => Effect.succeed(true),
          fraudScore: () => Effect.succeed(0.1),
          checkAddress: () => Effect.void,
          review: () => Effect.succeed("accept"),
          anotherCard: () => Effect.succeed("green"),
          sentBack: () => Effect.never,
          email: () => Effect.void,
          message: () => Effect.void
        }),
        Layer.mock(Goods.Stock)({
          price: () => Effect.succeed(200),
          reserve: (line) => Effect.succeed({ id: line.sku, line }),
          release: () => Effect.void,
          restock: () => Effect.void
        }),
        Layer.mock(Goods.Payments)({
          authorise: (card) => Effect.succeed(card),
          capture: () => Effect.void,
          cancel: () => Effect.void,
          refund: () => Effect.void
        }),
        Layer.mock(Goods.Warehouse)({
          pick: () => Effect.void,
          pack: () => Effect.succeed({ grams: 100 }),
          print: () => Effect.void,
          inspect: () => Effect.succeed(true)
        }),
        Layer.mock(Goods.Couriers)({
          quote: () => Effect.succeed(500),
          collect: () => Effect.succeed("T-1"),
          track: () => Effect.succeed("delivered")
        })
      ])
    )
  )

  it.effect("the ad exchange", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(adExchange)
      const request = Schema.decodeSync(BidRequest)({
        id: "r",
        site: { id: "102855" },
        imp: [{ id: "1", banner: {}, bidfloor: 1 }]
      })
      const ending = (stubs: Testing.Stubs<typeof AdExchange>, more: Partial<BidRequest> = {}) =>
        Effect.map(Testing.run(adExchange, { ...request, ...more }, { stubs }), (report) => {
          coverage.add(report)
          return report.outcome?._tag
        })
      const tooLow = ({ to }: Workflow.Context<typeof AdExchange, "ScoreBids">) => to.RunAuction([])
      const declined = ({ to }: Workflow.Context<typeof AdExchange, "RequestBids">) => to.TrackError({ cause: "" })
      expect(yield* ending({})).toBe("Filled")
      expect(yield* ending({}, { cur: ["EUR"] })).toBe("Invalid")
      expect(yield* ending({ GatherContext: Effect.never })).toBe("NoFill")
      expect(yield* ending({ RequestBids: declined })).toBe("NoFill")
      expect(yield* ending({ ScoreBids: Effect.never })).toBe("NoFill")
      expect(yield* ending({ ScoreBids: tooLow })).toBe("NoFill")
      expect(yield* expectCovered(coverage)).toBe("7/7 3/3 12/12")
    }).pipe(
      Effect.provide([
        Layer.mergeAll(Sites.layer, Profiles.layer, Geo.layer, Devices.layer, Tracking.layer),
        Layer.mock(Partners)({
          all: [{ name: "a", url: "http://a" }],
          requestBids: () =>
            Effect.succeed([
              { partner: "a", cur: "USD", seatbid: {}, lot: "a/0", bid: { id: "b", impid: "1", price: 2 } }
            ]),
          notify: () => Effect.void
        })
      ])
    )
  )
})

it("no other workflow is defined by an example", () => {
  const files = globSync("examples/**/*.ts", { cwd: root }).map((file) => readFileSync(join(root, file), "utf8"))
  const names = files.flatMap((text) => [...text.matchAll(/Workflow\.define\("(\w+)"\)/g)].map(([, name]) => name))
  const covered = [negotiation, order, parcel, textPipeline, trip, Flight, Hotel, Report, Import]
  const others = [batch, backfill, intake, Fulfilment, adExchange]
  expect(names.toSorted()).toEqual([...covered, ...others].map(({ graph }) => graph.name).toSorted())
})
