/** Timelines of real runs: of the examples, of what the documentation shows, and of random workflows. */
import { readFileSync } from "node:fs"
import { it as effectIt } from "@effect/vitest"
import { Data, Effect, Exit, Fiber, Layer, Schedule, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { Diagram, Join, Observer, Timeline, Workflow } from "sluice"
import { describe, expect, it } from "vitest"
import { adExchange } from "../../examples/ad-exchange/handlers.ts"
import { BidRequest } from "../../examples/ad-exchange/openrtb.ts"
import { PartnerFailed, Partners } from "../../examples/ad-exchange/partners.ts"
import { Devices, Geo, Profiles, Sites, Tracking } from "../../examples/ad-exchange/services.ts"
import { Airline, Flight, FlightLive } from "../../examples/travel-booking/flight.ts"
import { Full, Hotel, HotelLive, Rooms } from "../../examples/travel-booking/hotel.ts"
import { Bank, CardDeclined, trip } from "../../examples/travel-booking/trip.ts"
import { visitsOf } from "../../src/history/History.ts"
import { readHistory } from "../../src/history/readHistory.ts"
import { readMermaid } from "../diagram/read.ts"
import { observe } from "../property/engine.ts"
import { scenario } from "../property/scenarios.ts"
import { succeedAfter } from "../support/runs.ts"
import { readTimeline } from "./read.ts"
import type { Event } from "./Script.ts"

/** What is told of everything that an Effect runs, within a minute. */
const eventsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const events: Array<Event> = []
    const watching = Observer.layer((event) => Effect.sync(() => events.push(event)))
    const fiber = yield* Effect.forkChild(Effect.exit(Effect.provide(effect, watching)))
    yield* TestClock.adjust("1 minute")
    yield* Fiber.join(fiber)
    return events
  })

const delays: Readonly<Record<string, number>> = { Agency: 45, Broken: 30, Retarget: 120, Sleeper: 350 }

const market = Layer.mergeAll(
  Sites.layer,
  Profiles.layer,
  Geo.layer,
  Devices.layer,
  Tracking.layer,
  Layer.succeed(Partners, {
    all: Object.keys(delays).map((name) => ({ name, url: `http://${name}` })),
    requestBids: ({ name, url }) =>
      name === "Broken"
        ? Effect.andThen(Effect.sleep(30), Effect.fail(new PartnerFailed({ url, reason: "gone" })))
        : succeedAfter(delays[name]!, [
            {
              partner: name,
              cur: "USD",
              seatbid: {},
              lot: name,
              bid: { id: name, impid: "1", price: 2, nurl: "http://win", lurl: "http://loss" }
            }
          ]),
    notify: () => Effect.sleep(40),
    notified: Effect.void
  })
)

const request = Schema.decodeUnknownSync(BidRequest)({
  id: "r",
  site: { id: "102855" },
  imp: [{ id: "1", banner: {}, bidfloor: 1 }]
})

const trade = eventsOf(Effect.provide(adExchange.run(request, { id: "r-1" }), market))

/** The flight takes 320 ms, the hotel 140 ms, and the card is declined after 90. */
const book = eventsOf(
  Effect.provide(trip.run({ traveller: "Ada", destination: "Oslo", nights: 2, card: "blue" }, { id: "t-1" }), [
    Layer.provide(
      FlightLive,
      Layer.succeed(Airline)({
        hold: () => succeedAfter(120, { seat: "14A", cents: 20_000 }),
        issue: () => succeedAfter(200, "T-1"),
        annul: () => Effect.sleep(50),
        release: () => Effect.sleep(30)
      })
    ),
    Layer.provide(
      HotelLive,
      Layer.succeed(Rooms)({
        reserve: () => succeedAfter(80, { room: "7", cents: 9000 }),
        cancel: () => Effect.sleep(40),
        reserveTable: () => Effect.andThen(Effect.sleep(60), Effect.fail(new Full())),
        cancelTable: () => Effect.void
      })
    ),
    Layer.succeed(Bank)({ charge: (card) => Effect.andThen(Effect.sleep(90), Effect.fail(new CardDeclined({ card }))) })
  ])
)

describe("the ad exchange", () => {
  effectIt.effect("over time", () =>
    Effect.gen(function* () {
      // 48 columns, 5 ms each.
      expect(Timeline.text(yield* trade, { width: 96 })).toBe(
        [
          "                 0 ms                100 ms              200 ms",
          "AdExchange r-1   ████████████████████████████████████████████████  240 ms  Filled",
          "  Validate       █                                                   0 ms  → GatherContext",
          "  GatherContext  █                                                   0 ms  → RequestBids",
          "    profile      █                                                   0 ms",
          "    country      █                                                   0 ms",
          "    devicetype   █                                                   0 ms",
          "  RequestBids    ████████████████████████████████████████          200 ms  → ScoreBids, 2 of 4",
          "    item 0       █████████                                          45 ms",
          "    item 1       xxxxxx                                             30 ms  failed: PartnerFailed",
          "    item 2       ████████████████████████                          120 ms",
          "    item 3       ////////////////////////////////////////          200 ms  interrupted",
          "  ScoreBids                                              █           0 ms  → RunAuction",
          "    item 0                                               █           0 ms",
          "    item 1                                               █           0 ms",
          "  RunAuction                                             █           0 ms  → TrackResults",
          "  TrackResults                                           ████████   40 ms  → Filled",
          "    wins                                                 ████████   40 ms",
          "    losses                                               ████████   40 ms",
          "    sales                                                █           0 ms",
          "    auction                                              █           0 ms",
          "█ ran  x failed  / interrupted"
        ].join("\n")
      )
    })
  )

  effectIt.effect("over its diagram", () =>
    Effect.gen(function* () {
      const { nodes, statuses, taken } = readMermaid(Diagram.mermaid(adExchange, { run: yield* trade }))
      const linesOf = (id: string) => nodes.find((node) => node.id === id)!.lines
      expect(linesOf("RequestBids")).toEqual([
        "RequestBids",
        "forEach",
        "join partialTimeout 200ms",
        "took 200 ms",
        "item 1 failed",
        "item 3 interrupted"
      ])
      expect(linesOf("TrackResults").at(-1)).toBe("took 40 ms")
      const way = ["Validate", "GatherContext", "RequestBids", "ScoreBids", "RunAuction", "TrackResults", "Filled"]
      expect(taken.map(({ to }) => to)).toEqual(way)
      expect(way.map((id) => statuses.get(id))).toEqual(way.map(() => "visited"))
      expect(["TrackError", "NoFill", "Invalid"].map((id) => statuses.get(id))).toEqual(["missed", "missed", "missed"])
    })
  )
})

describe("a trip", () => {
  effectIt.effect("over time, with what is undone in the runs it called", () =>
    Effect.gen(function* () {
      // 67 columns, 10 ms each.
      expect(Timeline.text(yield* book, { width: 116 })).toBe(
        [
          "                   0 ms                200 ms              400 ms              600 ms",
          "Trip t-1           ██████████████████████████████████████████████xxxxxxxxx<<<<<<<<<<<<  670 ms  failed: CardDeclined",
          "  BookFlight       ████████████████████████████████                                     320 ms  → BookHotel",
          "    Flight         ████████████████████████████████                           <<<<<<<<  320 ms  Booked",
          "      Hold         ████████████                                                         120 ms  → Issue, undone",
          "      Issue                    ████████████████████                                     200 ms  → Booked, undone",
          "      ↺ Issue                                                                 <<<<<      50 ms",
          "      ↺ Hold                                                                       <<<   30 ms",
          "  BookHotel                                        ██████████████                       140 ms  → Pay",
          "    Hotel                                          ████████xxxxxx         <<<<          140 ms  RoomOnly",
          "      Room                                         ████████                              80 ms  → Table, undone",
          "      Table                                                xxxxxx                        60 ms  → RoomOnly",
          "        attempt 1                                          xxxxxx                        60 ms  failed: Full",
          "      ↺ Room                                                              <<<<           40 ms",
          "  Pay                                                            xxxxxxxxx               90 ms  failed: CardDeclined",
          "█ ran  x failed  < undone"
        ].join("\n")
      )
    })
  )

  effectIt.effect("over its diagram, with the runs it called", () =>
    Effect.gen(function* () {
      const source = Diagram.mermaid(trip, { run: yield* book, callees: [Flight, Hotel] })
      const { nodes, statuses, taken } = readMermaid(source)
      const last = (id: string) => nodes.find((node) => node.id === id)!.lines.at(-1)
      expect(last("Pay")).toBe("failed: CardDeclined")
      expect(statuses.get("Pay")).toBe("failed")
      expect([last("BookFlight_Hold"), last("BookFlight_Issue")]).toEqual(["↺ undone", "↺ undone"])
      expect(last("BookHotel_Table")).toBe("Full caught")
      expect(taken.map(({ from, to }) => `${from} ${to}`)).toEqual([
        ...["to_BookFlight BookFlight", "BookFlight BookHotel", "BookHotel Pay"],
        ...["BookFlight BookFlight_Hold", "BookHotel BookHotel_Room"],
        ...["BookFlight_Hold BookFlight_Issue", "BookFlight_Issue BookFlight_Booked"],
        ...["BookHotel_Room BookHotel_Table", "BookHotel_Table BookHotel_RoomOnly"]
      ])
    })
  )
})

class Unavailable extends Data.TaggedError("Unavailable") {}

class Purchase extends Workflow.define("Purchase")
  .state("Compare", Schema.Array(Schema.String), ["Pay"])
  .state("Pay", Schema.Number, ["Bought"])
  .exit("Bought", Schema.Number)
  .start("Compare") {}

const prices: Readonly<Record<string, Effect.Effect<number, Unavailable>>> = {
  north: succeedAfter(80, 3),
  south: Effect.andThen(Effect.sleep(30), Effect.fail(new Unavailable())),
  east: succeedAfter(60, 2),
  west: succeedAfter(500, 1)
}

/** The example of the documentation. */
const purchase = () => {
  let tries = 0
  const pay = Effect.suspend(() =>
    tries++ === 0 ? Effect.andThen(Effect.sleep(20), Effect.fail(new Unavailable())) : Effect.sleep(100)
  )
  return Purchase.implement({
    Compare: Purchase.forEach(
      "Compare",
      ({ payload }) => payload,
      ({ item }) => prices[item]!
    ).join(Join.quorum(2), ({ results, to }) => to.Pay(Math.min(...results.map(({ value }) => value)))),
    Pay: Purchase.task("Pay", ({ payload, to }) => Effect.as(pay, to.Bought(payload))).retry({
      schedule: Schedule.spaced("100 millis"),
      times: 2
    })
  })
}

describe("a handle", () => {
  effectIt.effect("has the events of the timeline in the documentation", () =>
    Effect.gen(function* () {
      const { events } = yield* purchase().fork(["north", "south", "east", "west"], { id: "p-1" })
      yield* TestClock.adjust("1 second")
      const documentation = readFileSync(new URL("../../docs/timelines.md", import.meta.url), "utf8")
      const [, shown] = /^```text\n(.*?)\n```$/ms.exec(documentation)!
      expect(Timeline.text(yield* Stream.runCollect(events))).toBe(shown)
    })
  )

  effectIt.effect("of a run that goes on has the events of a timeline with open ends", () =>
    Effect.gen(function* () {
      const { events } = yield* purchase().fork(["north", "south", "east", "west"], { id: "p-1" })
      yield* TestClock.adjust("150 millis")
      const past = yield* Stream.runCollect(Stream.takeUntil(events, ({ _tag }) => _tag === "AttemptFailed"))
      const { lanes } = readTimeline(Timeline.svg(past))
      expect(lanes.filter(({ isOpen }) => isOpen).map(({ label }) => label)).toEqual(["Purchase p-1", "Pay"])
    })
  )

  effectIt.effect("that has dropped the oldest events has those of a timeline that says so", () =>
    Effect.gen(function* () {
      class Loop extends Workflow.define("Loop")
        .state("Turn", Schema.Number, ["Turn", "Done"])
        .exit("Done", Schema.Void)
        .start("Turn") {}
      const loop = Loop.implement({
        Turn: ({ payload, to }) => Effect.as(Effect.sleep(1), payload > 0 ? to.Turn(payload - 1) : to.Done())
      })
      const { events } = yield* loop.fork(999, { id: "l-1" })
      yield* TestClock.adjust("10 seconds")
      const text = Timeline.text(yield* Stream.runCollect(events))
      expect(text).toMatch(/Loop l-1 .* 1 s {2}Done, oldest events missing/)
      expect(text).toMatch(/… \d+ steps .* \d+ ms {2}\d+ Turn/)
    })
  )
})

describe("a random workflow", () => {
  /** What an engine told of it. */
  const told = async (random: typeof scenario extends fc.Arbitrary<infer A> ? A : never) => {
    const events: Array<Event> = []
    const watching = Observer.layer((event) => Effect.sync(() => events.push(event)))
    await Effect.runPromise(observe(random).pipe(Effect.provide(watching), Effect.provide(TestClock.layer())))
    return events
  }

  it("is told by its history as by its events", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (random) => {
        const events = await told(random)
        const { runs } = readHistory(events)
        const visits = runs.flatMap(visitsOf)
        const attempts = visits.flatMap((visit) => visit.attempts)
        const branches = attempts.flatMap((attempt) => [...attempt.branches.values()])
        const undoings = runs.flatMap(({ steps }) => steps.filter(({ kind }) => kind === "undoing"))
        const all = <T extends Event["_tag"]>(tag: T) =>
          events.filter((event): event is Extract<Event, { _tag: T }> => event._tag === tag)
        expect(visits.map(({ state, start }) => [state, start])).toEqual(
          all("StateEntered").map(({ state, time }) => [state, time])
        )
        expect(visits.flatMap(({ target }) => target ?? [])).toEqual(all("TransitionTaken").map(({ target }) => target))
        expect(attempts.map(({ number, start }) => [number, start])).toEqual(
          all("AttemptStarted").map(({ attempt, time }) => [attempt, time])
        )
        expect(branches.map(({ name, start }) => [name, start])).toEqual(
          all("BranchStarted").map(({ branch, time }) => [branch, time])
        )
        const ending = (ending: string) => branches.filter((branch) => branch.ending === ending).length
        expect(ending("succeeded")).toBe(all("BranchSucceeded").length)
        expect(ending("failed")).toBe(all("BranchFailed").length)
        expect(ending("interrupted")).toBe(all("BranchInterrupted").length)
        expect(undoings.map(({ state, start }) => [state, start])).toEqual(
          all("Compensating").map(({ state, time }) => [state, time])
        )
        expect(visits.flatMap(({ waits }) => waits).length).toBe(all("Waiting").length + all("Retried").length)
        // When the run has ended, so has everything in it.
        const finished = all("RunFinished")
        expect(runs.map(({ end, place }) => [end, place])).toEqual(finished.map(({ state, time }) => [time, state]))
        const parts = [...visits, ...attempts, ...branches, ...undoings, ...visits.flatMap(({ waits }) => waits)]
        expect(parts.filter(({ end }) => end === undefined)).toEqual([])
        expect(parts.filter(({ end = 0, start }) => end < start)).toEqual([])
        if (finished.every(({ exit }) => Exit.isSuccess(exit)))
          expect(visits.filter(({ ending }) => ending !== "succeeded")).toEqual([])
      }),
      { numRuns: 500 }
    )
  })

  it("is drawn, to whatever event it is known", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, fc.nat(100), async (random, percentage) => {
        const events = await told(random)
        const known = events.slice(0, Math.ceil((events.length * percentage) / 100))
        const picture = readTimeline(Timeline.svg(known))
        expect(picture.overlaps).toEqual([])
        const lines = Timeline.text(known).split("\n")
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100)
      }),
      { numRuns: 200 }
    )
  })
})
