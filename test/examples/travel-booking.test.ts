/** The travel booking: every exit of the two callees, what is undone and in which order, a callee replaced, the program. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import { Airline, Flight, FlightLive, NoSeat } from "../../examples/travel-booking/flight.ts"
import { Full, HotelLive, Rooms } from "../../examples/travel-booking/hotel.ts"
import { program } from "../../examples/travel-booking/program.ts"
import { Bank, CardDeclined, type TripRequest, trip } from "../../examples/travel-booking/trip.ts"
import { causeOf, defectsOf, ended, errorOf, isInterrupted, settle } from "../support/runs.ts"

interface Overrides {
  readonly airline?: Partial<Airline["Service"]>
  readonly rooms?: Partial<Rooms["Service"]>
  readonly bank?: Partial<Bank["Service"]>
}

/** A world in which every trip is possible, except for what is overridden, and which notes what was done. */
const openWorld = ({ airline, bank, rooms }: Overrides = {}) => {
  const done: Array<string> = []
  const note = (what: string) => Effect.sync(() => void done.push(what))
  const flights = Layer.succeed(Airline)({
    hold: () => Effect.as(note("hold"), { seat: "14A", cents: 200 }),
    release: (seat) => note(`release ${seat}`),
    issue: (seat) => Effect.as(note("issue"), `T-${seat}`),
    annul: (ticket) => note(`annul ${ticket}`),
    ...airline
  })
  const hotels = Layer.succeed(Rooms)({
    reserve: (_, nights) => Effect.as(note("room"), { room: "7", cents: 90 * nights }),
    cancel: (room) => note(`cancel room ${room}`),
    reserveTable: () => Effect.as(note("table"), "3"),
    cancelTable: (table) => note(`cancel table ${table}`),
    ...rooms
  })
  const banks = Layer.succeed(Bank)({ charge: (_, cents) => note(`charge ${cents}`), ...bank })
  const live = Layer.merge(Layer.provide(FlightLive, flights), Layer.provide(HotelLive, hotels))
  return { done, note, banks, services: Layer.merge(live, banks) }
}

const request: TripRequest = { traveller: "Ada", destination: "Oslo", nights: 2, card: "blue" }

const declining = { charge: (card: string) => Effect.fail(new CardDeclined({ card })) }

const flightUndone = ["annul T-14A", "release 14A"]
const hotelUndone = ["cancel table 3", "cancel room 7"]

describe("a trip", () => {
  it.effect("is booked with flight, room and table, and paid for at once", () =>
    Effect.gen(function* () {
      const { done, services } = openWorld()
      expect(yield* trip.run(request).pipe(Effect.provide(services))).toEqual({
        _tag: "Booked",
        payload: { flight: { ticket: "T-14A", cents: 200 }, stay: { room: "7", cents: 180 }, table: "3" }
      })
      expect(done).toEqual(["hold", "issue", "room", "table", "charge 380"])
    })
  )

  it.effect("is booked without a table, if there is none", () =>
    Effect.gen(function* () {
      const { services } = openWorld({ rooms: { reserveTable: () => Effect.fail(new Full()) } })
      expect(yield* trip.run(request).pipe(Effect.provide(services))).toEqual({
        _tag: "Booked",
        payload: { flight: { ticket: "T-14A", cents: 200 }, stay: { room: "7", cents: 180 } }
      })
    })
  )

  it.effect.each([
    ["no seat to Oslo", { airline: { hold: () => Effect.fail(new NoSeat()) } }, []],
    ["no room in Oslo", { rooms: { reserve: () => Effect.fail(new Full()) } }, ["hold", "issue", ...flightUndone]]
  ] as const)("is not possible: %s", ([reason, overrides, expected]) =>
    Effect.gen(function* () {
      const { done, services } = openWorld(overrides)
      expect(yield* trip.run(request).pipe(Effect.provide(services))).toEqual({
        _tag: "NotPossible",
        payload: { reason }
      })
      expect(done).toEqual(expected)
    })
  )
})

describe("a trip whose card is declined", () => {
  it.effect("fails with that, and hotel and flight are undone in reverse", () =>
    Effect.gen(function* () {
      const { done, services } = openWorld({ bank: declining })
      const error = yield* Effect.flip(trip.run(request)).pipe(Effect.provide(services))
      expect(error).toEqual(new CardDeclined({ card: "blue" }))
      expect(done).toEqual(["hold", "issue", "room", "table", ...hotelUndone, ...flightUndone])
    })
  )

  it.effect("says which step of which workflow could not be undone, and undoes the others", () =>
    Effect.gen(function* () {
      const { done, services } = openWorld({ bank: declining, airline: { annul: () => Effect.die("no answer") } })
      const run = trip.run(request, { id: "oslo" }).pipe(Effect.provide(services))
      const error = errorOf(yield* settle(run))
      expect(error).toMatchObject({
        _tag: "CompensationFailed",
        workflow: "Trip",
        runId: "oslo",
        failures: [{ workflow: "Flight", state: "Issue", target: "Booked", payload: { ticket: "T-14A", cents: 200 } }],
        untried: []
      })
      if (error?._tag !== "CompensationFailed") return
      expect(Cause.squash(error.cause)).toEqual(new CardDeclined({ card: "blue" }))
      expect(error.failures.map(({ cause }) => Cause.squash(cause))).toEqual(["no answer"])
      expect(done).toEqual(["hold", "issue", "room", "table", ...hotelUndone, "release 14A"])
    })
  )
})

describe("a trip that ends in the middle", () => {
  it.effect("of its hotel, by an interruption, undoes what there is of both", () =>
    Effect.gen(function* () {
      const { done, services } = openWorld({ rooms: { reserveTable: () => Effect.never } })
      const run = yield* trip.fork(request).pipe(Effect.provide(services))
      yield* TestClock.adjust("1 second")
      expect(yield* run.state).toBe("BookHotel")
      yield* run.interrupt
      expect(isInterrupted(ended(run.fiber))).toBe(true)
      expect(done).toEqual(["hold", "issue", "room", "cancel room 7", ...flightUndone])
    })
  )

  it.effect("of its flight, by a defect, undoes what there is of that", () =>
    Effect.gen(function* () {
      const { done, services } = openWorld({ airline: { issue: () => Effect.die("out of paper") } })
      const exit = yield* settle(trip.run(request).pipe(Effect.provide(services)))
      expect(defectsOf(exit)).toEqual(["out of paper"])
      expect(Cause.pretty(causeOf(exit))).toContain("Flight.Issue")
      expect(done).toEqual(["hold", "release 14A"])
    })
  )
})

describe("a trip with another Layer for its flight", () => {
  /** Flights that are booked without an airline, except to Atlantis, and that note the id of their run. */
  const flightsNoted = (note: (what: string) => Effect.Effect<void>) =>
    Flight.layer({
      Hold: ({ payload, to }) =>
        payload.destination === "Atlantis" ? to.SoldOut() : to.Issue({ seat: "any", cents: 0 }),
      Issue: Flight.task("Issue", ({ run, to }) =>
        Effect.as(note(`fly as ${run.id}`), to.Booked({ ticket: "free", cents: 0 }))
      ).compensate({ Booked: ({ payload }) => note(`give back ${payload.ticket}`) })
    })

  it.effect("neither knows it nor needs an airline", () =>
    Effect.gen(function* () {
      const { banks, done, note } = openWorld()
      const hotels = Layer.provide(
        HotelLive,
        Layer.succeed(Rooms)({
          reserve: () => Effect.succeed({ room: "1", cents: 50 }),
          cancel: () => Effect.void,
          reserveTable: () => Effect.fail(new Full()),
          cancelTable: () => Effect.void
        })
      )
      const run = (destination: string) =>
        trip
          .run({ ...request, destination }, { id: "one" })
          .pipe(Effect.provide(Layer.mergeAll(flightsNoted(note), hotels, banks)))
      expect(yield* run("Oslo")).toMatchObject({ _tag: "Booked", payload: { flight: { ticket: "free" } } })
      expect(yield* run("Atlantis")).toMatchObject({ _tag: "NotPossible" })
      expect(done).toEqual(["fly as one/BookFlight", "charge 50"])
    })
  )

  it.effect("undoes what that did", () =>
    Effect.gen(function* () {
      const { done, note, services } = openWorld({ rooms: { reserve: () => Effect.fail(new Full()) } })
      // The Layer that is provided nearer to the run is the one it takes.
      const exit = yield* settle(
        trip.run(request, { id: "one" }).pipe(Effect.provide(flightsNoted(note)), Effect.provide(services))
      )
      expect(exit).toMatchObject(Exit.succeed({ _tag: "NotPossible" }))
      expect(done).toEqual(["fly as one/BookFlight", "give back free"])
    })
  )
})

describe("the program", () => {
  const account = [
    "Oslo:",
    "  a seat is held",
    "  a ticket is issued to Ada",
    "  a room is reserved",
    "  a table is reserved",
    "  380.00 euros are paid with the blue card",
    "  booked: T-14A, room 7",
    "Paris:",
    "  a seat is held",
    "  a ticket is issued to Ada",
    "  a room is reserved",
    "  380.00 euros are paid with the blue card",
    "  booked: T-14A, room 7",
    "Atlantis:",
    "  not possible: no seat to Atlantis",
    "Bethlehem:",
    "  a seat is held",
    "  a ticket is issued to Ada",
    "  ticket T-14A is annulled",
    "  seat 14A is free again",
    "  not possible: no room in Bethlehem",
    "Rome:",
    "  a seat is held",
    "  a ticket is issued to Ada",
    "  a room is reserved",
    "  a table is reserved",
    "  table 3 is cancelled",
    "  room 7 is cancelled",
    "  ticket T-14A is annulled",
    "  seat 14A is free again",
    "  failed: the empty card was declined"
  ]

  it.effect("ends five trips in every way there is", () =>
    Effect.gen(function* () {
      yield* program
      expect(yield* TestConsole.logLines).toEqual(account)
    })
  )

  it("runs as a program of its own", () => {
    const register = new URL("../support/register.mjs", import.meta.url).href
    const main = fileURLToPath(new URL("../../examples/travel-booking/main.ts", import.meta.url))
    const output = execFileSync(process.execPath, ["--import", register, main], { encoding: "utf8" })
    expect(output.trimEnd().split("\n")).toEqual(account)
  })
})
