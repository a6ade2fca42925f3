/** The guards of an entry: backoff after failures, trip and reset, pause. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Logger, Option, References, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { RunTimeout, Scheduler } from "sluice"
import { Broken, brief, briefly, dueAt, fail, inTurn, running, Work, workFor, working } from "./work.ts"

const every10 = Scheduler.interval("10 minutes")
const fails = working(() => fail)

/** When the runs of an entry began. */
const starts = (runs: ReadonlyArray<Scheduler.CompletedRun<typeof Work>>) => runs.map(({ started }) => brief(started))

describe("a run that fails", () => {
  class Jobs extends Scheduler.define("Jobs", {
    job: Scheduler.entry(Work, every10, { input: dueAt }),
    broken: Scheduler.entry(Work, every10, {
      input: () => {
        throw new Error("no input")
      }
    })
  }) {}

  it.effect("does not end the scheduler, and is counted until one succeeds", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("20 minutes")
      expect((yield* Jobs.status("job")).failures).toBe(2)
      yield* TestClock.adjust("10 minutes")
      expect((yield* Jobs.status("job")).failures).toBe(0)
      yield* TestClock.adjust("10 minutes")
      expect((yield* Jobs.status("job")).failures).toBe(1)
      expect(briefly(yield* Jobs.history("job"))).toEqual([
        "00:10:00: 00:10:00 to 00:10:00, failed",
        "00:20:00: 00:20:00 to 00:20:00, failed",
        "00:30:00: 00:30:00 to 00:30:00, done",
        "00:40:00: 00:40:00 to 00:40:00, failed"
      ])
    }).pipe(running(Jobs.layer(), working(inTurn(fail, fail, Effect.void, fail))))
  )

  it.effect("counts, is kept and trips the entry, also when it is interrupted before it has ended", () => {
    // As a run that has failed ends when it is interrupted while it undoes what it has done.
    const both = Cause.combine(Cause.fail(new Broken({ why: "test" })), Cause.interrupt())
    class Tripping extends Scheduler.define("Tripping", {
      job: Scheduler.entry(Work, every10, { input: dueAt, trip: 2, backoff: Schedule.spaced("1 minute") })
    }) {}
    return Effect.gen(function* () {
      yield* TestClock.adjust("10 minutes")
      const first = yield* Tripping.status("job")
      expect([first.failures, Option.map(first.backoffUntil, brief)]).toEqual([1, Option.some("00:11:00")])
      expect(Exit.findErrorOption(Option.getOrThrow(first.last).exit)).toEqual(Option.some(new Broken({ why: "test" })))
      yield* TestClock.adjust("10 minutes")
      const second = yield* Tripping.status("job")
      expect([second.failures, second.tripped]).toEqual([2, true])
    }).pipe(
      running(
        Tripping.layer(),
        working(() => Effect.failCause(both))
      )
    )
  })

  it.effect("is kept with its failure", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("10 minutes")
      const { last } = yield* Jobs.status("job")
      const exit = Option.getOrThrow(last).exit
      expect(Exit.findErrorOption(exit)).toEqual(Option.some(new Broken({ why: "test" })))
    }).pipe(running(Jobs.layer(), fails))
  )

  it.effect("is logged, with where it happened and whether it trips the entry", () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ cause, fiber, message }) => {
      const { entry, run, scheduler } = fiber.getRef(References.CurrentLogAnnotations)
      lines.push(`${scheduler} ${entry} ${run}: ${message}: ${Cause.squash(cause)}`)
    })
    class Logged extends Scheduler.define("Logged", {
      job: Scheduler.entry(Work, every10, { input: dueAt, trip: 2 })
    }) {}
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      expect(lines).toEqual([
        "Logged job Logged/job/1970-01-01T00:10:00.000Z: A scheduled run has failed: Broken",
        "Logged job Logged/job/1970-01-01T00:20:00.000Z: A scheduled run has failed, which stops the entry after 2 failures in a row: Broken"
      ])
    }).pipe(running(Logged.layer(), fails), Effect.provide(Logger.layer([logger])))
  })

  it.effect("may die: a defect is a failure too", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("20 minutes")
      expect(briefly(yield* Jobs.history("job"))).toEqual([
        "00:10:00: 00:10:00 to 00:10:00, died",
        "00:20:00: 00:20:00 to 00:20:00, died"
      ])
      expect((yield* Jobs.status("job")).failures).toBe(2)
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.die(new Error("a bug")))
      )
    )
  )

  it.effect("may fail before it begins, when its input cannot be made", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("20 minutes")
      expect(briefly(yield* Jobs.history("broken"))).toEqual([
        "00:10:00: 00:10:00 to 00:10:00, died",
        "00:20:00: 00:20:00 to 00:20:00, died"
      ])
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.void)
      )
    )
  )

  it.effect("is no failure when it was interrupted: neither counted nor the end of the count", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("30 minutes")
      expect(briefly(yield* Jobs.history("job")).map((text) => text.split(", ")[1])).toEqual([
        "failed",
        "interrupted",
        "interrupted"
      ])
      expect((yield* Jobs.status("job")).failures).toBe(1)
    }).pipe(running(Jobs.layer(), working(inTurn(fail, Effect.interrupt))))
  )
})

describe("backoff", () => {
  class Jobs extends Scheduler.define("Jobs", {
    skipping: Scheduler.entry(Work, every10, { input: dueAt, backoff: Schedule.exponential("12 minutes") }),
    queueing: Scheduler.entry(Work, every10, {
      input: dueAt,
      overlap: "queue",
      backoff: Schedule.spaced("15 minutes")
    }),
    newest: Scheduler.entry(Work, every10, { input: dueAt, overlap: "cancel", backoff: Schedule.spaced("25 minutes") }),
    ending: Scheduler.entry(Work, every10, {
      input: dueAt,
      backoff: Schedule.upTo(Schedule.exponential("12 minutes"), { times: 2 })
    }),
    short: Scheduler.entry(Work, every10, { input: dueAt, backoff: Schedule.spaced("1 minute") }),
    telling: Scheduler.entry(Work, every10, {
      input: dueAt,
      backoff: Schedule.fromStep(
        Effect.succeed((_: number, cause: Cause.Cause<Broken | RunTimeout>) => {
          if (Cause.hasDies(cause)) throw new Error("a bug in the schedule")
          return Effect.succeed([undefined, Duration.minutes(14)] as [undefined, Duration.Duration])
        })
      )
    })
  }) {}

  it.effect("delays the next start, longer after each failure in a row", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("3 hours")
      expect(briefly(yield* Jobs.history("skipping"))).toEqual([
        "00:10:00: 00:10:00 to 00:10:00, failed",
        "00:20:00: 00:22:00 to 00:22:00, failed",
        "00:30:00: 00:46:00 to 00:46:00, failed",
        "00:50:00: 01:34:00 to 01:34:00, failed"
      ])
      const { backoffUntil, missed, waiting } = yield* Jobs.status("skipping")
      expect(Option.map(backoffUntil, brief)).toEqual(Option.some("03:10:00"))
      expect(waiting).toBe(1)
      // 0:40, 1:00 to 1:30, and from 1:50 to 3:00: the tick of 1:40 waits.
      expect(missed).toBe(1 + 4 + 8)
    }).pipe(running(Jobs.layer(), fails))
  )

  it.effect("begins anew after a success", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("90 minutes")
      expect(starts(yield* Jobs.history("skipping"))).toEqual([
        "00:10:00",
        "00:22:00",
        "00:46:00",
        "00:50:00",
        "01:02:00",
        "01:26:00"
      ])
    }).pipe(running(Jobs.layer(), working(inTurn(fail, fail, Effect.void, fail, fail))))
  )

  it.effect("changes nothing when it is over before the next tick", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("30 minutes")
      expect(starts(yield* Jobs.history("short"))).toEqual(["00:10:00", "00:20:00", "00:30:00"])
      expect((yield* Jobs.status("short")).missed).toBe(0)
    }).pipe(running(Jobs.layer(), fails))
  )

  it.effect("keeps its last delay when the schedule has ended", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("2 hours")
      expect(starts(yield* Jobs.history("ending"))).toEqual([
        "00:10:00",
        "00:22:00",
        "00:46:00",
        "01:10:00",
        "01:34:00",
        "01:58:00"
      ])
    }).pipe(running(Jobs.layer(), fails))
  )

  it.effect("holds back what is queued too", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("45 minutes")
      expect(briefly(yield* Jobs.history("queueing"))).toEqual([
        "00:10:00: 00:10:00 to 00:10:00, failed",
        "00:20:00: 00:25:00 to 00:25:00, failed",
        "00:30:00: 00:40:00 to 00:40:00, failed"
      ])
    }).pipe(running(Jobs.layer(), fails))
  )

  it.effect("ends with the newest tick when the policy is cancel", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("36 minutes")
      expect(briefly(yield* Jobs.history("newest"))).toEqual([
        "00:10:00: 00:10:00 to 00:10:00, failed",
        "00:30:00: 00:35:00 to 00:35:00, failed"
      ])
      expect((yield* Jobs.status("newest")).missed).toBe(1)
    }).pipe(running(Jobs.layer(), fails))
  )

  it.effect("does not hold back a trigger, which takes the place of a tick that waits", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("21 minutes")
      const run = yield* Jobs.trigger("skipping", { input: "now" })
      expect(yield* run.await).toEqual(Exit.succeed({ _tag: "Done", payload: "now" }))
      expect(starts(yield* Jobs.history("skipping"))).toEqual(["00:10:00", "00:21:00"])
      const { backoffUntil, missed } = yield* Jobs.status("skipping")
      expect(missed).toBe(1)
      expect(backoffUntil).toEqual(Option.none())
    }).pipe(running(Jobs.layer(), working(inTurn(fail, Effect.void))))
  )

  it.effect("does not hold back a trigger that has waited for the run that failed, but the ticks behind it", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("24 minutes")
      const run = yield* Jobs.trigger("queueing", { input: "now" })
      yield* TestClock.adjust("16 minutes")
      expect(Exit.findErrorOption(yield* run.await)).toEqual(Option.some(new Broken({ why: "test" })))
      expect(briefly(yield* Jobs.history("queueing"))).toEqual([
        "00:10:00: 00:10:00 to 00:29:00, failed",
        "00:24:00: 00:29:00 to 00:29:00, failed"
      ])
      yield* TestClock.adjust("5 minutes")
      expect(briefly(yield* Jobs.history("queueing")).slice(2)).toEqual(["00:20:00: 00:44:00 to 00:44:00, failed"])
    }).pipe(running(Jobs.layer(), working(inTurn(Effect.andThen(Effect.sleep("19 minutes"), fail), fail))))
  )

  it.effect("ends with a reset, for a tick that waits too", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("21 minutes")
      yield* Jobs.reset("skipping")
      yield* Effect.yieldNow
      yield* TestClock.adjust(0)
      expect(starts(yield* Jobs.history("skipping"))).toEqual(["00:10:00", "00:21:00"])
      // The failure after the reset is the first in a row again.
      expect(Option.map((yield* Jobs.status("skipping")).backoffUntil, brief)).toEqual(Option.some("00:33:00"))
    }).pipe(running(Jobs.layer(), fails))
  )

  it.effect("is told the failure, and stays as it was when the schedule is broken", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("45 minutes")
      expect(briefly(yield* Jobs.history("telling"))).toEqual([
        "00:10:00: 00:10:00 to 00:10:00, failed",
        "00:20:00: 00:24:00 to 00:24:00, died",
        "00:30:00: 00:38:00 to 00:38:00, done",
        "00:40:00: 00:40:00 to 00:40:00, done"
      ])
    }).pipe(running(Jobs.layer(), working(inTurn(fail, Effect.die("a bug"), Effect.void))))
  )
})

describe("trip", () => {
  class Jobs extends Scheduler.define("Jobs", {
    job: Scheduler.entry(Work, every10, { input: dueAt, trip: 3 }),
    queue: Scheduler.entry(Work, Scheduler.manual, { input: "x", overlap: "queue", trip: 1 })
  }) {}

  it.effect("stops the entry after so many failures in a row, and nothing else", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("20 minutes")
      expect((yield* Jobs.status("job")).tripped).toBe(false)
      yield* TestClock.adjust("40 minutes")
      expect(starts(yield* Jobs.history("job"))).toEqual(["00:10:00", "00:20:00", "00:30:00"])
      const { failures, missed, next, tripped } = yield* Jobs.status("job")
      expect({ failures, missed, next, tripped }).toEqual({
        failures: 3,
        missed: 0,
        next: Option.none(),
        tripped: true
      })
      expect((yield* Jobs.status("queue")).tripped).toBe(false)
    }).pipe(running(Jobs.layer(), fails))
  )

  it.effect("counts failures in a row only", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("60 minutes")
      expect((yield* Jobs.status("job")).tripped).toBe(false)
      yield* TestClock.adjust("10 minutes")
      expect((yield* Jobs.status("job")).tripped).toBe(true)
    }).pipe(running(Jobs.layer(), working(inTurn(fail, fail, Effect.void, Effect.void, fail, fail, fail))))
  )

  it.effect("refuses a trigger", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("30 minutes")
      const refused = yield* Effect.flip(Jobs.trigger("job"))
      expect(refused).toEqual(new Scheduler.EntryTripped({ scheduler: "Jobs", entry: "job", failures: 3 }))
      expect(refused.message).toBe("Entry 'job' of scheduler 'Jobs' has tripped after 3 failures in a row")
    }).pipe(running(Jobs.layer(), fails))
  )

  it.effect("drops what waits, whose trigger learns of it", () =>
    Effect.gen(function* () {
      const first = yield* Jobs.trigger("queue")
      const second = yield* Jobs.trigger("queue")
      yield* TestClock.adjust("1 minute")
      expect(Exit.isFailure(yield* first.await)).toBe(true)
      const exit = yield* second.await
      expect(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)).toBe(true)
      expect((yield* Jobs.history("queue")).map(({ id }) => id)).toEqual([first.id])
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.andThen(Effect.sleep("1 minute"), fail))
      )
    )
  )

  it.effect("ends with a reset: the next tick runs, and counting begins anew", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("45 minutes")
      yield* Jobs.reset("job")
      expect((yield* Jobs.status("job")).failures).toBe(0)
      yield* TestClock.adjust("10 minutes")
      expect(starts(yield* Jobs.history("job")).at(-1)).toBe("00:50:00")
      expect((yield* Jobs.status("job")).tripped).toBe(false)
      yield* TestClock.adjust("20 minutes")
      expect((yield* Jobs.status("job")).tripped).toBe(true)
    }).pipe(running(Jobs.layer(), fails))
  )
})

describe("pause", () => {
  class Jobs extends Scheduler.define("Jobs", {
    job: Scheduler.entry(Work, every10, { input: dueAt, overlap: "queue", backoff: Schedule.spaced("15 minutes") }),
    other: Scheduler.entry(Work, every10, { input: dueAt })
  }) {}

  it.effect("ignores ticks until it is resumed, and makes up for none", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("10 minutes")
      yield* Jobs.pause("job")
      expect((yield* Jobs.status("job")).paused).toBe(true)
      expect((yield* Jobs.status("job")).next).toEqual(Option.none())
      yield* TestClock.adjust("25 minutes")
      yield* Jobs.resume("job")
      expect(Option.map((yield* Jobs.status("job")).next, brief)).toEqual(Option.some("00:40:00"))
      yield* TestClock.adjust("10 minutes")
      expect(starts(yield* Jobs.history("job"))).toEqual(["00:10:00", "00:40:00"])
      expect((yield* Jobs.status("job")).missed).toBe(0)
      expect(starts(yield* Jobs.history("other"))).toEqual(["00:10:00", "00:20:00", "00:30:00", "00:40:00"])
    }).pipe(
      running(
        Jobs.layer(),
        working(() => Effect.void)
      )
    )
  )

  it.effect("lets a run in progress go on", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("11 minutes")
      yield* Jobs.pause("job")
      yield* TestClock.adjust("15 minutes")
      expect(briefly(yield* Jobs.history("job"))).toEqual(["00:10:00: 00:10:00 to 00:15:00, done"])
    }).pipe(running(Jobs.layer(), working(workFor("5 minutes"))))
  )

  it.effect("drops a tick that waits, and still takes triggers", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("21 minutes")
      expect((yield* Jobs.status("job")).waiting).toBe(1)
      yield* Jobs.pause("job")
      expect((yield* Jobs.status("job")).waiting).toBe(0)
      yield* TestClock.adjust("30 minutes")
      expect(starts(yield* Jobs.history("job"))).toEqual(["00:10:00"])
      yield* (yield* Jobs.trigger("job")).await
      expect(starts(yield* Jobs.history("job"))).toEqual(["00:10:00", "00:51:00"])
    }).pipe(running(Jobs.layer(), fails))
  )
})

describe("the time limit of an entry", () => {
  class Jobs extends Scheduler.define("Jobs", {
    job: Scheduler.entry(Work, every10, { input: dueAt, timeout: "2 minutes", trip: 2 })
  }) {}

  it.effect("ends a run that takes longer, which is a failure", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      const runs = yield* Jobs.history("job")
      expect(briefly(runs)).toEqual([
        "00:10:00: 00:10:00 to 00:12:00, failed",
        "00:20:00: 00:20:00 to 00:22:00, failed"
      ])
      expect(Exit.findErrorOption(runs[0]!.exit)).toEqual(
        Option.some(new RunTimeout({ workflow: "Work", duration: Duration.minutes(2) }))
      )
      expect((yield* Jobs.status("job")).tripped).toBe(true)
    }).pipe(running(Jobs.layer(), working(workFor("1 day"))))
  )

  it.effect("does nothing to one that ends in time", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("11 minutes")
      expect(briefly(yield* Jobs.history("job"))).toEqual(["00:10:00: 00:10:00 to 00:11:00, done"])
    }).pipe(running(Jobs.layer(), working(workFor("1 minute"))))
  )
})
