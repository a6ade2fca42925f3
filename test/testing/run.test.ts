/** Runs under virtual time: what is reported of them, with plain vitest and with `@effect/vitest`. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, Context, DateTime, Deferred, Duration, Effect, Exit, Fiber, Layer, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Observer, Workflow } from "sluice"
import * as Testing from "sluice/testing"
import { it as plainIt } from "vitest"
import { defectsOf, isInterrupted } from "../support/runs.ts"
import { checkout, openShop, order } from "./checkout.ts"

const approval = { at: "1 hour", signal: "Approval", payload: { by: "Ada" } } as const
const wholePath = ["Check", "Price", "Limit", "Charge", "Approve", "Deliver", "Sent"]

describe("a report", () => {
  it.effect("of a run that was completed says where it went and how long that took", () =>
    Effect.gen(function* () {
      const { done, layer } = openShop()
      const report = yield* Testing.run(checkout, order, { signals: [approval] }).pipe(Effect.provide(layer))
      expect(report).toMatchObject({
        workflow: "Checkout",
        runId: "test",
        path: wholePath,
        exit: Exit.succeed({ _tag: "Sent", payload: { tracking: "T-1" } }),
        outcome: { _tag: "Sent", payload: { tracking: "T-1" } },
        stuck: undefined,
        compensations: []
      })
      expect(report.duration).toEqual(Duration.hours(1))
      expect(done).toEqual(["reserve", "charge 1000", "pack o-1"])
    })
  )

  it.effect("holds the events of the run, and apart from them those of the runs below it", () =>
    Effect.gen(function* () {
      const { layer } = openShop()
      const { calls, events } = yield* Testing.run(checkout, order, { signals: [approval], id: "o-1" }).pipe(
        Effect.provide(layer)
      )
      const runs = (events: ReadonlyArray<Workflow.RunEvent>) => [
        ...new Set(events.map(({ runId, workflow }) => `${workflow} ${runId}`))
      ]
      expect(runs(events)).toEqual(["Checkout o-1"])
      expect(events.at(0)).toMatchObject({ _tag: "RunStarted", time: 0 })
      expect(events.at(-1)).toMatchObject({ _tag: "RunFinished", state: "Sent", time: 3_600_000 })
      expect(runs(calls)).toEqual(["Delivery o-1/Deliver"])
    })
  )

  it.effect("of a run that died says where", () =>
    Effect.gen(function* () {
      const { layer } = openShop({ price: () => Effect.die("no list") })
      const { exit, outcome, path } = yield* Testing.run(checkout, order).pipe(Effect.provide(layer))
      expect(path).toEqual(["Check", "Price"])
      expect(outcome).toBeUndefined()
      const context = exit !== undefined && Exit.isFailure(exit) ? Workflow.failureContext(exit.cause) : Option.none()
      expect(Option.getOrThrow(context)).toMatchObject({ state: "Price", path: ["Check", "Price"] })
    })
  )

  it.effect("lists the compensations in their order, those of a called workflow among them", () =>
    Effect.gen(function* () {
      const { done, layer } = openShop()
      const { compensations } = yield* Testing.run(checkout, { ...order, id: "huge" }, { signals: [approval] }).pipe(
        Effect.provide(layer)
      )
      const paid = { receipt: "r-1", cents: 1000 }
      const refund = { workflow: "Checkout", state: "Charge", target: "Approve", payload: paid, exit: Exit.void }
      expect(compensations).toEqual([refund])
      expect(done).toEqual(["reserve", "charge 1000", "refund r-1"])
    })
  )

  it.effect("says of a compensation that failed with what", () =>
    Effect.gen(function* () {
      const { layer } = openShop({ refund: () => Effect.die("no bank") })
      const { compensations, exit } = yield* Testing.run(checkout, order, { interruptAt: "1 minute" }).pipe(
        Effect.provide(layer)
      )
      expect(compensations).toMatchObject([{ state: "Charge", exit: Exit.die("no bank") }])
      expect(defectsOf(exit!)).toMatchObject([{ _tag: "CompensationFailed" }])
    })
  )
})

describe("a run under test", () => {
  it.effect("is interrupted when it is to be, and undone in virtual time", () =>
    Effect.gen(function* () {
      const { done, layer, note } = openShop()
      const slow = Layer.merge(layer, openShop({ refund: (receipt) => Effect.delay(note(receipt), "3 hours") }).layer)
      const { compensations, duration, exit } = yield* Testing.run(checkout, order, { interruptAt: "1 day" }).pipe(
        Effect.provide(slow)
      )
      expect(isInterrupted(exit!)).toBe(true)
      expect(duration).toEqual(Duration.hours(27))
      expect(compensations).toMatchObject([{ state: "Charge" }])
      expect(done).toContain("r-1")
    })
  )

  it.effect("takes the signals at their times, whichever comes first", () =>
    Effect.gen(function* () {
      const { layer } = openShop()
      const { duration, outcome } = yield* Testing.run(checkout, order, {
        signals: [
          { ...approval, at: "2 days" },
          { at: "1 day", signal: "Withdrawal" }
        ]
      }).pipe(Effect.provide(layer))
      expect(outcome).toEqual({ _tag: "Declined", payload: { reason: "withdrawn" } })
      expect(duration).toEqual(Duration.days(1))
    })
  )

  it.effect("can be sent a signal as it starts, and after it has ended", () =>
    Effect.gen(function* () {
      const { layer } = openShop()
      const signals = [
        { ...approval, at: 0 },
        { at: "1 week", signal: "Withdrawal" }
      ] as const
      const { duration, path } = yield* Testing.run(checkout, order, { signals }).pipe(Effect.provide(layer))
      expect(path).toEqual(wholePath)
      expect(duration).toEqual(Duration.zero)
    })
  )

  it.effect("waits as long as its policies say", () =>
    Effect.gen(function* () {
      const { layer } = openShop({ charge: () => Effect.never })
      const { duration, events, exit } = yield* Testing.run(checkout, order).pipe(Effect.provide(layer))
      expect(exit).toMatchObject({ cause: { reasons: [{ error: { _tag: "StateTimeout" } }] } })
      expect(duration).toEqual(Duration.sum(Duration.minutes(2), Duration.seconds(30)))
      expect(events.filter(({ _tag }) => _tag === "AttemptStarted").map(({ state }) => state)).toEqual([
        "Check",
        "Price",
        "Limit",
        "Charge",
        "Charge",
        "Charge"
      ])
    })
  )

  it.effect("has the limits of time that any run can have", () =>
    Effect.gen(function* () {
      const { layer } = openShop({ refund: () => Effect.never })
      const { duration, exit } = yield* Testing.run(checkout, order, {
        timeout: "1 hour",
        compensationTimeout: "1 minute"
      }).pipe(Effect.provide(layer))
      expect(exit).toMatchObject({ cause: { reasons: [{ error: { _tag: "CompensationFailed" } }] } })
      expect(duration).toEqual(Duration.minutes(61))
    })
  )

  it.effect("begins at an entry", () =>
    Effect.gen(function* () {
      const { done, layer } = openShop()
      const { path } = yield* Testing.runFrom(checkout, "Charge", 70, order, { signals: [approval] }).pipe(
        Effect.provide(layer)
      )
      expect(path).toEqual(wholePath.slice(3))
      expect(done).toEqual(["charge 70", "pack o-1"])
    })
  )

  class Reminder extends Workflow.define("Reminder")
    .state("Wait", Schema.Void, ["Rung"])
    .exit("Rung", Schema.String)
    .start("Wait") {}
  const until = DateTime.makeUnsafe("2030-05-01T09:00:00Z")
  const reminder = Reminder.implement({
    Wait: Reminder.pause("Wait", until, ({ to }) =>
      Effect.map(Clock.currentTimeMillis, (now) => to.Rung(new Date(now).toISOString()))
    )
  })

  it.effect("starts when it is to", () =>
    Effect.gen(function* () {
      const { duration, outcome } = yield* Testing.run(reminder, undefined, { startTime: "2030-05-01T08:00:00Z" })
      expect(outcome).toEqual({ _tag: "Rung", payload: "2030-05-01T09:00:00.000Z" })
      expect(duration).toEqual(Duration.hours(1))
    })
  )

  it.effect("has a clock of its own, and leaves the one around it alone", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(77)
      const { layer } = openShop()
      yield* Testing.run(checkout, order, { signals: [approval] }).pipe(Effect.provide(layer))
      expect(yield* Clock.currentTimeMillis).toBe(77)
    })
  )

  it.effect("is watched by those who watch its test", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const observer = Observer.layer((event) => Effect.sync(() => void seen.push(event._tag)))
      const { layer } = openShop()
      const { calls, events } = yield* Testing.run(checkout, order, { signals: [approval] }).pipe(
        Effect.provide(Layer.merge(layer, observer))
      )
      expect(seen.length).toBe(events.length + calls.length)
    })
  )

  it.live("ends with its test", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const { done, layer } = openShop({
        score: () => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
      })
      const test = yield* Testing.run(checkout, order, { patience: "1 hour", stubs: { Price: Effect.never } }).pipe(
        Effect.provide(layer),
        Effect.forkChild
      )
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(test)
      expect(done).toEqual(["reserve"])
    })
  )
})

/** What the world around the test must not change. */
class Journal extends Context.Service<Journal, Array<string>>()("testing/Journal") {}

class Ticker extends Workflow.define("Ticker")
  .state("Tick", Schema.Int, ["Tick", "Done"])
  .exit("Done", Schema.Int)
  .start("Tick") {}

/** Forks and sleeps in every way that the order of virtual time could come to depend on. */
const ticker = Ticker.implement({
  *Tick({ payload, to }) {
    const journal = yield* Journal
    const note = (what: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.sync(() => void journal.push(`${now} ${payload} ${what}`))
      )
    const fast = yield* Effect.forkChild(
      Effect.andThen(Effect.sleep(10), Effect.andThen(Effect.yieldNow, note("fast")))
    )
    yield* Effect.all([Effect.delay(note("five"), 5), Effect.delay(note("ten"), 10), Effect.promise(async () => {})], {
      concurrency: "unbounded"
    })
    yield* Fiber.join(fast)
    return payload < 3 ? to.Tick(payload + 1) : to.Done(payload)
  }
})

describe("the same run", () => {
  const journal: Array<string> = []
  const test = Effect.map(
    Testing.run(ticker, 1).pipe(Effect.provideService(Journal, journal)),
    ({ duration, path }) => ({
      path,
      duration: Duration.toMillis(duration),
      journal: journal.splice(0)
    })
  )
  const expected = {
    path: ["Tick", "Tick", "Tick", "Done"],
    duration: 30,
    journal: [1, 2, 3].flatMap((n) => [`${n * 10 - 5} ${n} five`, `${n * 10} ${n} ten`, `${n * 10} ${n} fast`])
  }

  plainIt("is reported by plain vitest", async () => {
    expect(await Effect.runPromise(test)).toEqual(expected)
  })

  it.effect("is reported under the test clock of @effect/vitest", () =>
    Effect.map(test, (report) => expect(report).toEqual(expected))
  )

  it.live("is reported under the live clock of @effect/vitest", () =>
    Effect.map(test, (report) => expect(report).toEqual(expected))
  )

  it.effect("is reported many times at once", () =>
    Effect.gen(function* () {
      const { layer } = openShop()
      const reports = yield* Effect.all(
        Array.from({ length: 20 }, () => Testing.run(checkout, order, { signals: [approval] })),
        { concurrency: "unbounded" }
      ).pipe(Effect.provide(layer))
      for (const { path } of reports) expect(path).toEqual(wholePath)
    })
  )
})

describe("times that are none", () => {
  it.effect("are refused, all of them", () =>
    Effect.gen(function* () {
      const { layer } = openShop()
      const run = Testing.run(checkout, order, {
        signals: [{ ...approval, at: Number.NaN }],
        interruptAt: -5,
        limit: { seconds: Number.NaN },
        patience: "-1 seconds"
      })
      expect(defectsOf(yield* Effect.exit(Effect.provide(run, layer)))).toMatchObject([
        {
          _tag: "WorkflowDefinitionError",
          problems: [
            "the time of the signal 'Approval' is not a duration: NaN",
            "interruptAt is less than zero: -5",
            'limit is not a duration: {"seconds":NaN}',
            "patience is less than zero: -1 seconds"
          ]
        }
      ])
    })
  )
})
