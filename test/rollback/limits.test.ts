/** How compensations are run: retried and limited one by one, and limited as a whole. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Clock, Duration, Effect, Fiber, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, CompensationTimeout, type Handler, Join } from "sluice"
import { Boom, defectsOf, ended, errorOf, failAfter, failureOf, settle, succeedAfter } from "../support/runs.ts"
import { Ledger, Round, round, Trip, trip, written } from "../support/saga.ts"
import { Timeline } from "../support/timeline.ts"

const boom = new Boom({ id: "car" })
const noRefund = new Boom({ id: "no refund" })

const failing = () => Effect.fail(boom)

/** A trip whose hotel is undone as given, under options. */
const hotelWith = (ledger: Ledger, undo: () => Effect.Effect<unknown, unknown>, options: Handler.CompensationOptions) =>
  Trip.implement({
    Flight: Trip.task("Flight", ({ to }) => to.Hotel("seat")).compensate({ Hotel: () => ledger.undo("flight") }),
    Hotel: Trip.task("Hotel", ({ to }) => to.Car("room")).compensate({ Car: undo }, options),
    Car: ({ payload, to }) =>
      payload === "" ? Effect.succeed(to.Booked("")) : payload === "-" ? Effect.succeed(to.Cancelled("")) : failing()
  })

/** A compensation that fails so often, and writes when it is tried. */
const flaky = (time: Timeline, failures: number) => {
  let tried = 0
  return () =>
    Effect.andThen(
      time.mark("tried"),
      Effect.suspend(() => (tried++ < failures ? Effect.fail(noRefund) : Effect.void))
    )
}

const whyOf = ({ failures }: CompensationFailed) => failures.map(({ cause }) => Cause.squash(cause))

describe("the retry of a compensation", () => {
  it.effect("tries again until it succeeds, and the run fails with its own failure", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const time = new Timeline()
      const workflow = hotelWith(ledger, flaky(time, 2), { retry: { schedule: Schedule.spaced(10), times: 3 } })
      expect(yield* failureOf(workflow.run("4A"))).toBe(boom)
      expect(time.entries).toEqual(["0 tried", "10 tried", "20 tried"])
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("gives up with the last failure", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const time = new Timeline()
      const exit = yield* settle(hotelWith(ledger, flaky(time, 9), { retry: { times: 3 } }).run("4A"))
      expect(time.entries).toHaveLength(4)
      expect(whyOf(errorOf(exit) as CompensationFailed)).toEqual([noRefund])
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("does not try a defect again", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const dying = () => Effect.andThen(time.mark("tried"), Effect.die("dead"))
      const exit = yield* settle(hotelWith(new Ledger(), dying, { retry: { times: 3 } }).run("4A"))
      expect(errorOf(exit)).toBeInstanceOf(CompensationFailed)
      expect(time.entries).toEqual(["0 tried"])
    })
  )
})

describe("the timeout of a compensation", () => {
  it.effect("is a CompensationTimeout among the failures; the others still run", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const time = new Timeline()
      const slow = () => time.track("undo", Effect.never, 5)
      const exit = yield* settle(hotelWith(ledger, slow, { timeout: "1 second" }).run("4A"))
      const [why] = whyOf(errorOf(exit) as CompensationFailed)
      expect(why).toEqual(new CompensationTimeout({ state: "Hotel", duration: Duration.seconds(1) }))
      expect((why as CompensationTimeout).message).toBe("The compensation of state 'Hotel' took longer than 1s")
      expect(time.entries).toEqual(["0 undo starts", "1005 undo interrupted"])
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("bounds each attempt, not all of them", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      let tried = 0
      const slowAtFirst = () =>
        Effect.andThen(
          time.mark("tried"),
          Effect.suspend(() => (tried++ < 2 ? Effect.never : Effect.sleep(90)))
        )
      const exit = yield* settle(hotelWith(new Ledger(), slowAtFirst, { timeout: 100, retry: { times: 2 } }).run("4A"))
      expect(errorOf(exit)).toBe(boom)
      expect(time.entries).toEqual(["0 tried", "100 tried", "200 tried"])
    })
  )

  it.effect("holds in an interrupted run, too", () =>
    Effect.gen(function* () {
      const workflow = Trip.implement({
        Flight: ({ to }) => to.Hotel("seat"),
        Hotel: Trip.task("Hotel", ({ to }) => to.Car("room")).compensate({ Car: () => Effect.never }, { timeout: 100 }),
        Car: ({ payload, to }) => Effect.as(Effect.never, payload === "" ? to.Booked("") : to.Cancelled(""))
      })
      const fiber = yield* Effect.forkChild(workflow.run("4A"))
      yield* TestClock.adjust(10)
      yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust(200)
      expect(defectsOf(ended(fiber))).toMatchObject([{ _tag: "CompensationFailed", failures: [{ state: "Hotel" }] }])
    })
  )
})

describe("compensationTimeout", () => {
  it.effect("cuts off the one that runs, and leaves the others untried", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const undos = { hotel: () => time.track("hotel", Effect.never), flight: () => time.mark("flight") }
      const run = trip(undos, failing).run("4A", { id: "run-1", compensationTimeout: "10 seconds" })
      const failure = errorOf(yield* settle(run)) as CompensationFailed
      const step = { workflow: "Trip", state: "Hotel", target: "Car", payload: "room 7" }
      expect(failure.failures).toMatchObject([step])
      expect(whyOf(failure)).toEqual([new CompensationTimeout({ state: "Hotel", duration: Duration.seconds(10) })])
      expect(failure.untried).toEqual([{ workflow: "Trip", state: "Flight", target: "Hotel", payload: "seat 4A" }])
      expect(Cause.squash(failure.cause)).toBe(boom)
      expect(failure.message).toContain("the compensations of 'Hotel' failed")
      expect(failure.message).toContain("those of 'Flight' were not tried")
      expect(time.entries).toEqual(["20 hotel starts", "10020 hotel interrupted"])
    })
  )

  it.effect("bounds the whole, not each", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = Round.forEach(
        "Work",
        () => [1, 2, 3, 4],
        ({ item }) => item
      )
        .compensate(({ value }) => Effect.andThen(Effect.sleep("1 second"), ledger.undo(`${value}`)))
        .join(Join.all, ({ to }) => to.After("joined"))
      const run = round(ledger, work, Effect.fail(boom)).run("x", { compensationTimeout: "2500 millis" })
      const failure = errorOf(yield* settle(run)) as CompensationFailed
      expect(ledger.undone).toEqual(["4", "3"])
      expect(failure.failures).toMatchObject([{ state: "Work", branch: 1, payload: 2 }])
      expect(failure.untried).toMatchObject([
        { state: "Work", branch: 0, payload: 1 },
        { state: "Before", target: "Work", payload: "x" }
      ])
    })
  )

  it.effect("does not show when the rollback is in time", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const run = trip(written(ledger), failing).run("4A", { compensationTimeout: "10 seconds" })
      expect(yield* failureOf(run)).toBe(boom)
      expect(ledger.undone).toEqual(["hotel", "flight"])
    })
  )

  it.effect("starts with the rollback, not with the run", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const slow = () => Effect.andThen(Effect.sleep("1 minute"), Effect.fail(boom))
      const undos = { ...written(ledger), hotel: () => Effect.andThen(Effect.sleep(900), ledger.undo("hotel")) }
      expect(yield* failureOf(trip(undos, slow).run("4A", { compensationTimeout: "1 second" }))).toBe(boom)
      expect(ledger.undone).toEqual(["hotel", "flight"])
    })
  )

  it.effect("bounds the rollback of an interrupted run, and of one whose time is up", () =>
    Effect.gen(function* () {
      const undos = { hotel: () => Effect.never, flight: () => Effect.void }
      const workflow = trip(undos, () => Effect.never)
      const fiber = yield* Effect.forkChild(workflow.run("4A", { compensationTimeout: "1 second" }))
      yield* TestClock.adjust(100)
      yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("2 seconds")
      const cutOff = { _tag: "CompensationFailed", failures: [{ state: "Hotel" }], untried: [{ state: "Flight" }] }
      expect(defectsOf(ended(fiber))).toMatchObject([cutOff])
      const late = workflow.run("4A", { compensationTimeout: "1 second", timeout: "1 minute" })
      expect(errorOf(yield* settle(late))).toMatchObject(cutOff)
    })
  )

  it.effect("bounds what is undone when a join fails", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const time = new Timeline()
      const work = Round.split("Work", {
        a: () => succeedAfter(10, "a"),
        b: () => succeedAfter(20, "b"),
        c: () => failAfter(30, "c")
      })
        .compensate({ a: () => time.mark("a"), b: () => time.track("b", Effect.never) })
        .join(Join.all, ({ to }) => to.After("joined"))
        .catch(({ to }) => to.Recovered("never"))
      const failure = errorOf(yield* settle(round(ledger, work).run("x", { compensationTimeout: 100 })))
      expect(failure).toMatchObject({ failures: [{ branch: "b" }], untried: [{ branch: "a" }] })
      expect(time.entries).toEqual(["30 b starts", "130 b interrupted"])
    })
  )

  it.effect("and the limit of one compensation: what is over first counts", () =>
    Effect.gen(function* () {
      const workflow = hotelWith(new Ledger(), () => Effect.never, { timeout: "10 seconds" })
      const limits = yield* Effect.forEach(["1 second", "1 minute"] as const, (compensationTimeout) =>
        Effect.map(settle(workflow.run("4A", { compensationTimeout })), (exit) => {
          const [why] = whyOf(errorOf(exit) as CompensationFailed)
          return Duration.toSeconds((why as CompensationTimeout).duration)
        })
      )
      expect(limits).toEqual([1, 10])
    })
  )

  it.effect("lets an uninterruptible compensation end, and tries no other", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const stubborn = () => Effect.uninterruptible(Effect.andThen(Effect.sleep("5 seconds"), ledger.undo("hotel")))
      const run = trip({ ...written(ledger), hotel: stubborn }, failing).run("4A", { compensationTimeout: "1 second" })
      const fiber = yield* Effect.forkChild(Effect.andThen(Effect.exit(run), Clock.currentTimeMillis))
      yield* TestClock.adjust("1 minute")
      expect(ended(fiber)).toMatchObject({ value: 5_020 })
      expect(ledger.undone).toEqual(["hotel"])
    })
  )
})
