/** Compensations that fail: the others still run, and the run says what could not be undone. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, type Exit, Fiber, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, Join, Workflow } from "sluice"
import {
  Boom,
  causeOf,
  defectsOf,
  ended,
  errorOf,
  failAfter,
  isInterrupted,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { Ledger, Round, round, Trip, trip, written } from "../support/saga.ts"
import { Timeline } from "../support/timeline.ts"

const boom = new Boom({ id: "car" })
const noRefund = new Boom({ id: "no refund" })

const failing = () => Effect.fail(boom)

/** The failure of a run that could not be rolled back. */
const compensationFailure = <A, E>(exit: Exit.Exit<A, E>): CompensationFailed => {
  const error = errorOf(exit)
  if (error instanceof CompensationFailed) return error
  throw new Error(`ended otherwise: ${Cause.pretty(causeOf(exit))}`)
}

describe("CompensationFailed", () => {
  it.effect("takes the place of the failure, which it holds as its cause, unchanged", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const workflow = trip({ ...written(ledger), hotel: () => Effect.fail(noRefund) }, failing)
      const exit = yield* settle(workflow.run("4A", { id: "run-1" }))
      const failure = compensationFailure(exit)
      expect(causeOf(exit).reasons).toHaveLength(1)
      expect({ workflow: failure.workflow, runId: failure.runId }).toEqual({ workflow: "Trip", runId: "run-1" })
      expect(failure.cause.reasons).toHaveLength(1)
      expect(Cause.squash(failure.cause)).toBe(boom)
      expect(failure.untried).toEqual([])
    })
  )

  it.effect("names each step that could not be undone, the last one first; the others have been", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const noLanding = new Error("no landing")
      const workflow = trip({ hotel: () => Effect.fail(noRefund), flight: () => Effect.die(noLanding) }, failing)
      const { failures } = compensationFailure(yield* settle(workflow.run("4A")))
      expect(failures.map(({ cause, ...step }) => ({ ...step, why: Cause.squash(cause) }))).toEqual([
        { workflow: "Trip", state: "Hotel", target: "Car", payload: "room 7", why: noRefund },
        { workflow: "Trip", state: "Flight", target: "Hotel", payload: "seat 4A", why: noLanding }
      ])
      yield* settle(trip({ ...written(ledger), hotel: () => Effect.fail(noRefund) }, failing).run("4A"))
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("names the branch or the item, with what it produced", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const split = Round.split("Work", { a: () => succeedAfter(10, "A"), b: () => succeedAfter(20, "B") })
        .compensate({ a: () => Effect.fail(noRefund), b: ({ value }) => ledger.undo(value) })
        .join(Join.all, ({ to }) => to.After("joined"))
      const branches = compensationFailure(yield* settle(round(ledger, split, Effect.fail(boom)).run("x"))).failures
      expect(branches).toMatchObject([{ workflow: "Round", state: "Work", branch: "a", payload: "A" }])
      expect(branches[0]).not.toHaveProperty("target")
      const forEach = Round.forEach(
        "Work",
        () => ["A", "B"],
        ({ item }) => item
      )
        .compensate(({ index, value }) => (index === 1 ? Effect.fail(noRefund) : ledger.undo(value)))
        .join(Join.all, ({ to }) => to.After("joined"))
      const items = compensationFailure(yield* settle(round(ledger, forEach, Effect.fail(boom)).run("x"))).failures
      expect(items).toMatchObject([{ workflow: "Round", state: "Work", branch: 1, payload: "B" }])
      expect(ledger.undone).toEqual(["B", "before", "A", "before"])
    })
  )

  it.effect("holds a defect or a time that was up as it holds a failure", () =>
    Effect.gen(function* () {
      const undos = { ...written(new Ledger()), hotel: () => Effect.fail(noRefund) }
      const defect = new Error("dead")
      const died = compensationFailure(yield* settle(trip(undos, () => Effect.die(defect)).run("4A")))
      expect(Cause.squash(died.cause)).toBe(defect)
      const late = trip(undos, () => Effect.never).run("4A", { timeout: "1 minute" })
      expect(Cause.squash(compensationFailure(yield* settle(late)).cause)).toMatchObject({ _tag: "RunTimeout" })
    })
  )

  it.effect("says in its message whose compensations failed, and why, and why the run was rolled back", () =>
    Effect.gen(function* () {
      const undos = { hotel: () => Effect.fail(noRefund), flight: () => Effect.die(new Error("no landing")) }
      const { message } = compensationFailure(yield* settle(trip(undos, failing).run("4A", { id: "run-1" })))
      expect(message.split("\n")).toEqual([
        "Run 'run-1' of workflow 'Trip' could not be rolled back: the compensations of 'Hotel', 'Flight' failed",
        "  - 'Hotel': Boom",
        "  - 'Flight': Error: no landing",
        "  - rolled back after: Boom"
      ])
    })
  )

  it("names of many steps the first few, and says how many more there are", () => {
    const steps = Array.from({ length: 200_000 }, (_, index) => ({
      workflow: "Trip",
      state: `Step${index}`,
      payload: index
    }))
    const failures = steps.map((step) => ({ ...step, cause: Cause.fail(noRefund) }))
    const trip = { workflow: "Trip", runId: "run-1", cause: Cause.empty, exit: "Cancelled" }
    expect(new CompensationFailed({ ...trip, failures, untried: steps }).message.split("\n")).toEqual([
      "Run 'run-1' of workflow 'Trip' could not be rolled back: " +
        "the compensations of 'Step0', 'Step1', 'Step2', and 199997 more failed, " +
        "those of 'Step0', 'Step1', 'Step2', and 199997 more were not tried",
      "  - 'Step0': Boom",
      "  - 'Step1': Boom",
      "  - 'Step2': Boom",
      "  - and 199997 more",
      "  - rolled back at exit 'Cancelled'"
    ])
  })

  it.effect("keeps its causes as they are, and has them and the errors in them as JSON, and back", () =>
    Effect.gen(function* () {
      const cause = causeOf(yield* settle(trip(written(new Ledger()), failing).run("4A", { id: "run-1" })))
      const landing = Cause.die(new Error("no landing", { cause: new Error("fog") }))
      const failure = new CompensationFailed({
        workflow: "Trip",
        runId: "run-1",
        cause,
        failures: [{ workflow: "Trip", state: "Flight", target: "Hotel", payload: new Date(0), cause: landing }],
        untried: []
      })
      expect(failure.cause).toBe(cause)
      expect(failure.failures[0]!.cause).toBe(landing)
      expect(Option.getOrThrow(Workflow.failureContext(failure.cause))).toMatchObject({ state: "Car", runId: "run-1" })
      const json = JSON.parse(JSON.stringify(failure))
      expect(json).toMatchObject({
        _tag: "CompensationFailed",
        message: failure.message,
        cause: [{ _tag: "Fail", error: { _tag: "Boom", id: "car" } }],
        failures: [{ payload: "1970-01-01T00:00:00.000Z", cause: [{ _tag: "Die", defect: { message: "no landing" } }] }]
      })
      for (const encoded of [json, yield* Schema.encodeEffect(CompensationFailed)(failure)]) {
        const back = yield* Schema.decodeUnknownEffect(CompensationFailed)(encoded)
        expect(back.message).toBe(failure.message)
        expect(Cause.squash(back.cause)).toMatchObject({ _tag: "Boom", id: "car" })
        expect(Cause.squash(back.failures[0]!.cause)).toBeInstanceOf(Error)
      }
    })
  )

  it.effect("carries where the run failed, and is caught by its tag", () =>
    Effect.gen(function* () {
      const workflow = trip({ ...written(new Ledger()), hotel: () => Effect.fail(noRefund) }, failing)
      const exit = yield* settle(workflow.run("4A"))
      const context = Option.getOrThrow(Workflow.failureContext(causeOf(exit)))
      expect(context).toMatchObject({ workflow: "Trip", state: "Car", path: ["Flight", "Hotel", "Car"] })
      const caught = Effect.catchTag(workflow.run("4A"), "CompensationFailed", ({ failures }) =>
        Effect.succeed(failures.map(({ state }) => state))
      )
      expect(yield* valueOf(caught)).toEqual(["Hotel"])
    })
  )
})

describe("an interrupted run", () => {
  it.effect("keeps CompensationFailed as its one defect, beside the interruption", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const workflow = trip({ ...written(ledger), hotel: () => Effect.fail(noRefund) }, () => Effect.never)
      const fiber = yield* Effect.forkChild(workflow.run("4A"))
      yield* TestClock.adjust(30)
      yield* Fiber.interrupt(fiber)
      const exit = ended(fiber)
      expect(Cause.hasInterrupts(causeOf(exit))).toBe(true)
      expect(defectsOf(exit)).toMatchObject([{ _tag: "CompensationFailed", failures: [{ state: "Hotel" }] }])
      const [failure] = defectsOf(exit)
      expect(Cause.hasInterruptsOnly((failure as CompensationFailed).cause)).toBe(true)
      expect(ledger.undone).toEqual(["flight"])
    })
  )

  it.effect("keeps no other defect when it was a branch that could not be undone", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = Round.split("Work", { a: () => succeedAfter(10, "a"), b: () => Effect.as(Effect.never, "b") })
        .compensate({ a: () => Effect.fail(noRefund) })
        .join(Join.all, ({ to }) => to.After("joined"))
      const fiber = yield* Effect.forkChild(round(ledger, work).run("x"))
      yield* TestClock.adjust(20)
      yield* Fiber.interrupt(fiber)
      expect(defectsOf(ended(fiber))).toMatchObject([{ _tag: "CompensationFailed", failures: [{ branch: "a" }] }])
      expect(ledger.undone).toEqual(["before"])
    })
  )
})

describe("a compensation", () => {
  it.effect("that dies or interrupts itself does not stop the others", () =>
    Effect.gen(function* () {
      for (const hotel of [() => Effect.die("dead"), () => Effect.interrupt]) {
        const ledger = new Ledger()
        const failure = compensationFailure(yield* settle(trip({ ...written(ledger), hotel }, failing).run("4A")))
        expect(failure.failures).toMatchObject([{ state: "Hotel" }])
        expect(ledger.undone).toEqual(["flight"])
      }
    })
  )

  it.effect("that interrupts itself says so", () =>
    Effect.gen(function* () {
      const workflow = trip({ ...written(new Ledger()), hotel: () => Effect.interrupt }, failing)
      const [hotel] = compensationFailure(yield* settle(workflow.run("4A"))).failures
      expect(Cause.hasInterruptsOnly(hotel!.cause)).toBe(true)
    })
  )

  it.effect("that is a plain function dies by throwing, and else has done its work", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const defect = new Error("thrown")
      const workflow = Trip.implement({
        Flight: Trip.task("Flight", ({ to }) => to.Hotel("seat")).compensate({
          Hotel: ({ payload }) => void ledger.undone.push(payload)
        }),
        Hotel: Trip.task("Hotel", ({ to }) => to.Car("room")).compensate({
          Car: () => {
            throw defect
          }
        }),
        Car: ({ payload, to }) =>
          payload === ""
            ? Effect.succeed(to.Booked(""))
            : payload === "-"
              ? Effect.succeed(to.Cancelled(""))
              : failing()
      })
      const { failures } = compensationFailure(yield* settle(workflow.run("4A")))
      expect(Cause.squash(failures[0]!.cause)).toBe(defect)
      expect(ledger.undone).toEqual(["seat"])
    })
  )

  it.effect("that is a generator is run to its end", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Trip.implement({
        Flight: ({ to }) => to.Hotel("seat"),
        Hotel: Trip.task("Hotel", ({ to }) => to.Car("room")).compensate({
          *Car({ cause, payload }) {
            yield* Effect.sleep(10)
            yield* time.mark(`${payload}: ${Cause.squash(cause) === boom}`)
          }
        }),
        Car: ({ payload, to }) =>
          payload === ""
            ? Effect.succeed(to.Booked(""))
            : payload === "-"
              ? Effect.succeed(to.Cancelled(""))
              : failing()
      })
      expect(errorOf(yield* settle(workflow.run("4A")))).toBe(boom)
      expect(time.entries).toEqual(["10 room: true"])
    })
  )

  it.effect("releases what it has acquired before the next one begins, also when it fails", () =>
    Effect.gen(function* () {
      for (const fails of [false, true]) {
        const time = new Timeline()
        const hotel = () =>
          Effect.andThen(time.resource("line", 50), fails ? Effect.fail(noRefund) : time.mark("hotel undone"))
        const exit = yield* settle(trip({ hotel, flight: () => time.mark("flight undone") }, failing).run("4A"))
        expect(errorOf(exit)).toMatchObject({ _tag: fails ? "CompensationFailed" : "Boom" })
        const entries = time.entries.map((entry) => entry.slice(entry.indexOf(" ") + 1))
        expect(entries).toEqual(["line acquired", ...(fails ? [] : ["hotel undone"]), "line released", "flight undone"])
      }
    })
  )

  it.effect("is given the input, the id and the store of its run", () =>
    Effect.gen(function* () {
      class Noted extends Workflow.define("Noted")
        .store({ notes: Workflow.cell(Schema.Array(Schema.String), { initial: [] }) })
        .state("First", Schema.String, ["Second"])
        .state("Second", Schema.String, ["Third"])
        .state("Third", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("First") {}
      const ledger = new Ledger()
      const workflow = Noted.implement({
        First: Noted.task("First", ({ to }) => to.Second("one")).compensate({
          *Second({ input, payload, run, store }) {
            yield* store.append("notes", payload)
            for (const note of [run.id, input, ...(yield* store.get("notes"))]) ledger.undone.push(note)
          }
        }),
        Second: Noted.task("Second", ({ to }) => to.Third()).compensate({
          Third: ({ store }) => store.append("notes", "two")
        }),
        Third: ({ run, to }) => (run.id === "" ? Effect.succeed(to.Done()) : failing())
      })
      yield* settle(workflow.run("in", { id: "run-1" }))
      expect(ledger.undone).toEqual(["run-1", "in", "two", "one"])
    })
  )
})

describe("a join whose branches cannot be undone", () => {
  /** What a join that fails leaves behind: branch `a` cannot be undone. */
  const stuck = () =>
    Round.split("Work", { a: () => succeedAfter(10, "a"), b: () => failAfter(20, "b") })
      .compensate({ a: () => Effect.fail(noRefund) })
      .join(Join.all, ({ to }) => to.After("joined"))

  it.effect("ends the run: nothing is tried again or caught", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = stuck()
        .retry({ times: 5 })
        .catch(({ to }) => to.Recovered("never"))
      const failure = compensationFailure(yield* settle(round(ledger, work).run("x")))
      expect(failure.failures).toMatchObject([{ state: "Work", branch: "a", payload: "a" }])
      expect(Cause.squash(failure.cause)).toEqual(new Boom({ id: "b" }))
      expect(failure.cause.reasons).toHaveLength(1)
      expect(ledger.undone).toEqual(["before"])
    })
  )

  it.effect("ends the run, too, when it was a limit that stopped the branches", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const work = Round.split("Work", { a: () => succeedAfter(10, "a"), b: () => Effect.as(Effect.never, "b") })
        .compensate({ a: () => Effect.fail(noRefund) })
        .join(Join.all, ({ to }) => to.After("joined"))
        .timeout(50)
        .retry({ times: 1 })
        .catch(({ to }) => to.Recovered("never"))
      const failure = compensationFailure(yield* settle(round(ledger, work).run("x")))
      expect(failure.failures).toMatchObject([{ state: "Work", branch: "a", payload: "a" }])
      expect(ledger.undone).toEqual(["before"])
    })
  )

  it.effect("tells the compensations of the states before why the run failed, and not how it was undone", () =>
    Effect.gen(function* () {
      const causes: Array<Cause.Cause<unknown>> = []
      const workflow = Round.implement({
        Before: Round.task("Before", ({ payload, to }) => to.Work(payload)).compensate({
          Work: ({ cause }) => void causes.push(cause)
        }),
        Work: stuck().catch(({ to }) => to.Recovered("never")),
        After: ({ payload, to }) => to.Done(payload),
        Recovered: ({ payload, to }) => to.Done(payload)
      })
      yield* settle(workflow.run("x"))
      expect(causes.flatMap((cause) => cause.reasons)).toMatchObject([{ _tag: "Fail", error: { id: "b" } }])
    })
  )

  it.effect("that is interrupted before a branch has succeeded has nothing that could not be undone", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(round(new Ledger(), stuck()).run("x"))
      yield* TestClock.adjust(5)
      yield* Fiber.interrupt(fiber)
      expect(isInterrupted(ended(fiber))).toBe(true)
    })
  )
})
