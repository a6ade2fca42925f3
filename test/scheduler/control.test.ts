/** What can be asked of a scheduler, and how it stops. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Context, DateTime, Effect, Exit, Fiber, Layer, Option, Schedule, Schema, Scope } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, Scheduler, Workflow } from "sluice"
import { ended } from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"
import { Broken, brief, briefly, dueAt, fail, running, Work, workFor, working } from "./work.ts"

class Jobs extends Scheduler.define("Jobs", {
  regular: Scheduler.entry(Work, Scheduler.interval("10 minutes"), { input: dueAt }),
  queue: Scheduler.entry(Work, Scheduler.manual, { input: "default", overlap: "queue" }),
  other: Scheduler.entry(Work, Scheduler.manual, { input: ({ id, time }) => `${id} ${brief(time)}` })
}) {}

const isInterrupted = (exit: Exit.Exit<unknown, unknown>) => Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)

describe("trigger", () => {
  it.effect("starts a run at once and gives its id and its end", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      const run = yield* Jobs.trigger("queue")
      expect(run.id).toMatch(/^Jobs\/queue\/[0-9a-f-]{36}$/)
      const waiting = yield* Effect.forkChild(run.await)
      yield* TestClock.adjust("5 seconds")
      expect(ended(waiting)).toEqual(Exit.succeed(Exit.succeed({ _tag: "Done", payload: "default" })))
      const history = yield* Jobs.history("queue")
      expect(history.map(({ id }) => id)).toEqual([run.id])
      expect(briefly(history)).toEqual(["00:01:00: 00:01:00 to 00:01:05, done"])
    }).pipe(running(Jobs.layer(), working(workFor("5 seconds"))))
  )

  it.effect("takes an input of its own", () =>
    Effect.gen(function* () {
      const run = yield* Jobs.trigger("queue", { input: "mine" })
      expect(yield* run.await).toEqual(Exit.succeed({ _tag: "Done", payload: "mine" }))
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.void)
      )
    )
  )

  it.effect("makes the entry's input of when it was called", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      const run = yield* Jobs.trigger("other")
      expect(yield* run.await).toEqual(Exit.succeed({ _tag: "Done", payload: `${run.id} 00:01:00` }))
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.void)
      )
    )
  )

  it.effect("gives the failure of the workflow", () =>
    Effect.gen(function* () {
      const run = yield* Jobs.trigger("queue")
      const exit = yield* run.await
      expect(Exit.findErrorOption(exit)).toEqual(Option.some(new Broken({ why: "test" })))
    }).pipe(
      running(
        Jobs.layer(),
        working(() => fail)
      )
    )
  )

  it.effect("leaves the ticks where they are", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("5 minutes")
      yield* (yield* Jobs.trigger("regular")).await
      yield* TestClock.adjust("10 minutes")
      expect(briefly(yield* Jobs.history("regular"))).toEqual([
        "00:05:00: 00:05:00 to 00:05:00, done",
        "00:10:00: 00:10:00 to 00:10:00, done"
      ])
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.void)
      )
    )
  )
})

describe("status", () => {
  it.effect("says what the entry does", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("11 minutes")
      const { last, running: run, next, ...rest } = yield* Jobs.status("regular")
      expect(rest).toEqual({
        id: "regular",
        workflow: "Work",
        paused: false,
        tripped: false,
        waiting: 0,
        backoffUntil: Option.none(),
        failures: 0,
        missed: 0
      })
      expect(last).toEqual(Option.none())
      expect(Option.map(next, brief)).toEqual(Option.some("00:20:00"))
      const { id, scheduled, started } = Option.getOrThrow(run)
      expect(id).toBe("Jobs/regular/1970-01-01T00:10:00.000Z")
      expect([brief(scheduled), brief(started)]).toEqual(["00:10:00", "00:10:00"])
      yield* TestClock.adjust("5 minutes")
      const later = yield* Jobs.status("regular")
      expect(later.running).toEqual(Option.none())
      expect(briefly(Option.toArray(later.last))).toEqual(["00:10:00: 00:10:00 to 00:15:00, done"])
    }).pipe(running(Jobs.layer(), working(workFor("5 minutes"))))
  )

  it.effect("knows the next tick from the beginning", () =>
    Effect.gen(function* () {
      expect(Option.map((yield* Jobs.status("regular")).next, brief)).toEqual(Option.some("00:10:00"))
      expect((yield* Jobs.status("other")).next).toEqual(Option.none())
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.void)
      )
    )
  )

  it.effect("of all entries is a list, in the order they were declared in", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("11 minutes")
      const list = yield* Jobs.list()
      expect(list.map(({ id, running: run }) => [id, Option.isSome(run)])).toEqual([
        ["regular", true],
        ["queue", false],
        ["other", false]
      ])
    }).pipe(running(Jobs.layer(), working(workFor("5 minutes"))))
  )

  it.effect("dies for an id that is no entry, which only a cast can ask for", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Jobs.status("nowhere" as "regular"))
      expect(Exit.isFailure(exit) && Cause.pretty(exit.cause)).toContain("there is no entry 'nowhere'")
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.void)
      )
    )
  )
})

describe("history", () => {
  const triggered = (times: number) =>
    Effect.forEach(Array.from({ length: times }), () => Effect.flatMap(Jobs.trigger("queue"), (run) => run.await))

  it.effect("keeps the last 100 runs, the newest last", () =>
    Effect.gen(function* () {
      yield* triggered(100)
      const before = yield* Jobs.history("queue")
      expect(before).toHaveLength(100)
      const run = yield* Jobs.trigger("queue")
      yield* run.await
      const after = yield* Jobs.history("queue")
      expect(after).toHaveLength(100)
      expect(after.at(-1)!.id).toBe(run.id)
      expect(after[0]).toEqual(before[1])
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.void)
      )
    )
  )

  it.effect("keeps as many as the Layer says", () =>
    Effect.gen(function* () {
      yield* triggered(3)
      expect(yield* Jobs.history("queue")).toHaveLength(1)
    }).pipe(
      running(
        Jobs.layer({ history: 1 }),
        working(() => Effect.void)
      )
    )
  )
})

describe("cancel", () => {
  it.effect("interrupts the run in progress, drops those that wait, and waits for the finalizers", () => {
    const time = new Timeline()
    return Effect.gen(function* () {
      const first = yield* Jobs.trigger("queue", { input: "first" })
      const second = yield* Jobs.trigger("queue", { input: "second" })
      yield* TestClock.adjust(10)
      const cancelling = yield* Effect.forkChild(Jobs.cancel("queue"))
      yield* TestClock.adjust(10)
      expect(cancelling.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(20)
      expect(cancelling.pollUnsafe()).toEqual(Exit.void)
      expect(time.entries).toEqual(["0 first starts", "40 first interrupted"])
      expect(isInterrupted(yield* first.await)).toBe(true)
      expect(isInterrupted(yield* second.await)).toBe(true)
      expect((yield* Jobs.status("queue")).failures).toBe(0)
      expect((yield* Jobs.history("queue")).map(({ id }) => id)).toEqual([first.id])
    }).pipe(
      running(
        Jobs.layer(),
        working((input) => time.track(input, Effect.never, 30))
      )
    )
  })

  it.effect("leaves the entry ready for its next run", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("11 minutes")
      yield* Jobs.cancel("regular")
      yield* TestClock.adjust("14 minutes")
      expect(briefly(yield* Jobs.history("regular"))).toEqual([
        "00:10:00: 00:10:00 to 00:11:00, interrupted",
        "00:20:00: 00:20:00 to 00:25:00, done"
      ])
    }).pipe(running(Jobs.layer(), working(workFor("5 minutes"))))
  )

  it.effect("does nothing when nothing runs", () =>
    Effect.gen(function* () {
      yield* Jobs.cancel("regular")
      yield* TestClock.adjust("10 minutes")
      expect(briefly(yield* Jobs.history("regular"))).toEqual(["00:10:00: 00:10:00 to 00:10:00, done"])
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.void)
      )
    )
  )

  it.effect("does not touch other entries", () =>
    Effect.gen(function* () {
      const run = yield* Jobs.trigger("other")
      yield* Jobs.cancel("queue")
      yield* TestClock.adjust("5 minutes")
      expect(Exit.isSuccess(yield* run.await)).toBe(true)
    }).pipe(running(Jobs.layer(), working(workFor("5 minutes"))))
  )
})

/** Stops the scheduler and gives when that was done. */
const stopping = (within?: number) =>
  Effect.forkChild(
    Effect.andThen(
      Jobs.stop(within === undefined ? {} : { within }),
      Effect.map(DateTime.now, (now) => brief(now))
    )
  )

describe("stop", () => {
  it.effect("ends at once when nothing runs, and for good", () =>
    Effect.gen(function* () {
      yield* Jobs.stop()
      yield* TestClock.adjust("1 day")
      expect(yield* Jobs.history("regular")).toEqual([])
      expect((yield* Jobs.status("regular")).next).toEqual(Option.none())
      const refused = yield* Effect.flip(Jobs.trigger("queue"))
      expect(refused).toEqual(new Scheduler.SchedulerStopped({ scheduler: "Jobs" }))
      expect(refused.message).toBe("Scheduler 'Jobs' has been stopped")
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.void)
      )
    )
  )

  it.effect("lets runs in progress end within the deadline, and starts none that wait", () => {
    const time = new Timeline()
    return Effect.gen(function* () {
      yield* Jobs.trigger("queue", { input: "first" })
      const second = yield* Jobs.trigger("queue", { input: "second" })
      yield* Jobs.trigger("other", { input: "third" })
      yield* TestClock.adjust("1 second")
      const stopped = yield* stopping(60_000)
      yield* TestClock.adjust("1 minute")
      expect(ended(stopped)).toEqual(Exit.succeed("00:00:20"))
      expect(time.entries).toEqual(["0 first starts", "0 third starts", "20000 first done", "20000 third done"])
      expect(isInterrupted(yield* second.await)).toBe(true)
      expect(briefly(yield* Jobs.history("queue"))).toEqual(["00:00:00: 00:00:00 to 00:00:20, done"])
    }).pipe(
      running(
        Jobs.layer(),
        working((input) => time.track(input, Effect.sleep("20 seconds")))
      )
    )
  })

  it.effect("interrupts at the deadline, and waits for finalizers however long they take", () => {
    const time = new Timeline()
    return Effect.gen(function* () {
      yield* Jobs.trigger("queue", { input: "slow" })
      yield* Jobs.trigger("other", { input: "quick" })
      const stopped = yield* stopping(30_000)
      yield* TestClock.adjust("2 minutes")
      expect(stopped.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("2 minutes")
      expect(ended(stopped)).toEqual(Exit.succeed("00:03:30"))
      expect(time.entries).toEqual(["0 slow starts", "0 quick starts", "20000 quick done", "210000 slow interrupted"])
      expect(briefly(yield* Jobs.history("queue"))).toEqual(["00:00:00: 00:00:00 to 00:03:30, interrupted"])
    }).pipe(
      running(
        Jobs.layer(),
        working((input) =>
          input === "slow" ? time.track(input, Effect.never, 180_000) : time.track(input, Effect.sleep("20 seconds"))
        )
      )
    )
  })

  it.effect("lets the rollback of a run finish that the deadline interrupts", () => {
    const time = new Timeline()
    class Booking extends Workflow.define("Booking")
      .failure(CompensationFailed)
      .state("Reserve", Schema.Void, ["Pay"])
      .state("Pay", Schema.String, ["Done"])
      .exit("Done", Schema.Void)
      .start("Reserve") {}
    const booking = Booking.layer({
      Reserve: Booking.task("Reserve", ({ to }) => Effect.as(time.mark("reserved"), to.Pay("seat 7"))).compensate({
        Pay: ({ payload }) => Effect.andThen(Effect.sleep("2 minutes"), time.mark(`released ${payload}`))
      }),
      Pay: ({ to }) => Effect.as(Effect.never, to.Done())
    })
    class Bookings extends Scheduler.define("Bookings", { book: Scheduler.entry(Booking, Scheduler.manual) }) {}
    return Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(Layer.provide(Bookings.layer(), booking), scope)
      const run = yield* Effect.provide(Bookings.trigger("book"), context)
      yield* TestClock.adjust("1 second")
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("2 minutes")
      expect(closing.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 minute")
      expect(ended(closing)).toEqual(Exit.void)
      expect(time.entries).toEqual(["0 reserved", "151000 released seat 7"])
      expect(isInterrupted(yield* run.await)).toBe(true)
    })
  })

  it.effect("waits no longer than the Layer says unless told otherwise", () =>
    Effect.gen(function* () {
      yield* Jobs.trigger("queue")
      const stopped = yield* stopping()
      yield* TestClock.adjust("2 minutes")
      expect(ended(stopped)).toEqual(Exit.succeed("00:01:00"))
    }).pipe(
      running(
        Jobs.layer({ stopWithin: "1 minute" }),
        working(() => Effect.never)
      )
    )
  )

  it.effect("may be hurried by a second stop", () =>
    Effect.gen(function* () {
      yield* Jobs.trigger("queue")
      const patient = yield* stopping(3_600_000)
      yield* TestClock.adjust("1 minute")
      const hasty = yield* stopping(0)
      yield* TestClock.adjust("1 second")
      expect(ended(hasty)).toEqual(Exit.succeed("00:01:00"))
      expect(ended(patient)).toEqual(Exit.succeed("00:01:00"))
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.never)
      )
    )
  )

  it.effect("drops a tick that waits for the end of a backoff", () => {
    class Failing extends Scheduler.define("Failing", {
      job: Scheduler.entry(Work, Scheduler.interval("10 minutes"), {
        input: dueAt,
        backoff: Schedule.spaced("15 minutes")
      })
    }) {}
    return Effect.gen(function* () {
      yield* TestClock.adjust("21 minutes")
      expect((yield* Failing.status("job")).waiting).toBe(1)
      yield* Failing.stop()
      yield* TestClock.adjust("1 hour")
      expect((yield* Failing.status("job")).waiting).toBe(0)
      expect(briefly(yield* Failing.history("job"))).toEqual(["00:10:00: 00:10:00 to 00:10:00, failed"])
    }).pipe(
      running(
        Failing.layer(),
        working(() => fail)
      )
    )
  })
})

describe("the Layer", () => {
  it.effect("stops the scheduler within its deadline when its scope closes", () => {
    const time = new Timeline()
    return Effect.gen(function* () {
      const scope = yield* Scope.make()
      const layer = Jobs.layer({ stopWithin: "30 seconds" }).pipe(
        Layer.provide(
          working((input) =>
            input === "slow" ? time.track(input, Effect.never, 60_000) : time.track(input, Effect.sleep("20 seconds"))
          )
        )
      )
      const context = yield* Layer.buildWithScope(layer, scope)
      const trigger = Effect.provide(Jobs.trigger("queue", { input: "slow" }), context)
      yield* trigger
      yield* Effect.provide(Jobs.trigger("other", { input: "quick" }), context)
      yield* TestClock.adjust("1 second")
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("60 seconds")
      expect(closing.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("60 seconds")
      expect(ended(closing)).toEqual(Exit.void)
      expect(time.entries).toEqual(["0 slow starts", "0 quick starts", "20000 quick done", "91000 slow interrupted"])
      yield* TestClock.adjust("1 day")
      expect(time.entries).toHaveLength(4)
      expect((yield* Effect.flip(trigger))._tag).toBe("SchedulerStopped")
    })
  })

  it.effect("stops so too when the program it was provided to is interrupted", () => {
    const time = new Timeline()
    const work = working((input) => time.track(input, Effect.sleep("20 seconds")))
    return Effect.gen(function* () {
      const program = Effect.andThen(Jobs.trigger("queue"), Effect.never)
      const fiber = yield* Effect.forkChild(Effect.provide(program, Jobs.layer().pipe(Layer.provide(work))))
      yield* TestClock.adjust("1 second")
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("10 seconds")
      expect(interrupting.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 minute")
      expect(Exit.isSuccess(ended(interrupting))).toBe(true)
      expect(time.entries.map((entry) => entry.replace(/^\d+ /, ""))).toEqual(["default starts", "default done"])
    })
  })

  it.effect("needs the workflows, and their services are those of their Layers", () =>
    Effect.gen(function* () {
      class Rate extends Context.Service<Rate, number>()("test/Rate") {}
      class Price extends Workflow.define("Price")
        .state("Ask", Schema.Void, ["Is"])
        .exit("Is", Schema.Number)
        .start("Ask") {}
      class Market extends Scheduler.define("Market", {
        price: Scheduler.entry(Price, Scheduler.manual),
        work: Scheduler.entry(Work, Scheduler.manual, { input: "x" })
      }) {}
      const price = Price.layer({
        *Ask({ to }) {
          return to.Is(yield* Rate)
        }
      })
      const needs: Layer.Layer<Market, never, Price | Work> = Market.layer()
      const workflows = Layer.merge(
        price.pipe(Layer.provide(Layer.succeed(Rate, 3))),
        working(() => Effect.void)
      )
      const run = Effect.flatMap(Market.trigger("price"), (run) => run.await)
      const exit = yield* Effect.provide(run, needs.pipe(Layer.provide(workflows)))
      expect(exit).toEqual(Exit.succeed({ _tag: "Is", payload: 3 }))
    })
  )

  it.effect("makes a scheduler of its own each time it is built", () =>
    Effect.gen(function* () {
      const layer = Layer.provide(
        Jobs.layer(),
        working(() => Effect.void)
      )
      const [one, two] = [yield* Layer.build(layer), yield* Layer.build(layer)]
      yield* Effect.provide(Jobs.pause("regular"), one)
      expect((yield* Effect.provide(Jobs.status("regular"), one)).paused).toBe(true)
      expect((yield* Effect.provide(Jobs.status("regular"), two)).paused).toBe(false)
    })
  )
})
