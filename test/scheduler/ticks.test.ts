/** When entries tick: cron texts in time zones, intervals, and ticks that come late. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, DateTime, type Duration, Effect, Exit, Layer, Option, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { Scheduler } from "sluice"
import { sleepyClock } from "../support/clock.ts"
import { brief, briefly, dueAt, fail, Work, workFor, working } from "./work.ts"

/** The times that a cron text ticks at within a year in Berlin. */
const yearInBerlin = (trigger: Scheduler.Trigger) =>
  Effect.gen(function* () {
    const ticks: Array<DateTime.DateTime> = []
    class Jobs extends Scheduler.define("Jobs", {
      job: Scheduler.entry(Work, trigger, {
        input: ({ time }) => {
          ticks.push(time)
          return brief(time)
        }
      })
    }) {}
    const running = Jobs.layer({ history: 10_000 }).pipe(Layer.provide(working(workFor("1 minute"))))
    // New Year in Berlin.
    yield* TestClock.setTime(Date.parse("2025-12-31T23:00:00Z") - 1)
    const context = yield* Layer.build(running)
    yield* TestClock.adjust("365 days")
    const runs = yield* Effect.provide(Jobs.history("job"), context)
    const { missed } = yield* Effect.provide(Jobs.status("job"), context)
    return { ticks, runs, missed }
  })

const localDates = (ticks: ReadonlyArray<DateTime.DateTime>) => new Set(ticks.map(DateTime.formatIsoDate))
const onDays = (ticks: ReadonlyArray<DateTime.DateTime>, ...days: ReadonlyArray<string>) =>
  ticks.map(DateTime.formatIso).filter((time) => days.includes(time.slice(0, 10)))

describe("a cron text in Berlin, on the night the clocks go back", () => {
  it.effect.each([
    { onDstOverlap: undefined, ticks: ["23:30", "00:00", "00:30", "02:00", "02:30"] },
    { onDstOverlap: "earlier", ticks: ["23:30", "00:00", "00:30", "02:00", "02:30"] },
    { onDstOverlap: "later", ticks: ["23:30", "01:00", "01:30", "02:00", "02:30"] },
    { onDstOverlap: "both", ticks: ["23:30", "00:00", "00:30", "01:00", "01:30", "02:00", "02:30"] }
  ] as const)("ticks every half hour as onDstOverlap $onDstOverlap says", ({ onDstOverlap, ticks }) =>
    Effect.gen(function* () {
      const options = onDstOverlap === undefined ? {} : { onDstOverlap }
      class Jobs extends Scheduler.define("Jobs", {
        job: Scheduler.entry(Work, Scheduler.cron("*/30 * * * *", "Europe/Berlin", options), { input: dueAt })
      }) {}
      yield* TestClock.setTime(Date.parse("2026-10-24T23:10:00Z"))
      const context = yield* Layer.build(Jobs.layer().pipe(Layer.provide(working(() => Effect.void))))
      yield* TestClock.adjust("210 minutes")
      const runs = yield* Effect.provide(Jobs.history("job"), context)
      expect(runs.map(({ scheduled }) => DateTime.formatIso(scheduled).slice(11, 16))).toEqual(ticks)
    })
  )
})

describe("a cron text in Berlin, over a year", () => {
  it.effect("runs a daily job once on each day, also when the clocks change", () =>
    Effect.gen(function* () {
      const { missed, runs, ticks } = yield* yearInBerlin(Scheduler.cron("0 2 * * *", "Europe/Berlin"))
      expect(ticks).toHaveLength(365)
      expect(localDates(ticks).size).toBe(365)
      expect(missed).toBe(0)
      // Two o'clock does not exist on the last Sunday in March, and exists twice on that in October.
      expect(onDays(ticks, "2026-03-28", "2026-03-29", "2026-03-30")).toEqual([
        "2026-03-28T01:00:00.000Z",
        "2026-03-29T01:00:00.000Z",
        "2026-03-30T00:00:00.000Z"
      ])
      expect(onDays(ticks, "2026-10-24", "2026-10-25", "2026-10-26")).toEqual([
        "2026-10-24T00:00:00.000Z",
        "2026-10-25T00:00:00.000Z",
        "2026-10-26T01:00:00.000Z"
      ])
      expect(runs).toHaveLength(365)
      expect(new Set(runs.map(({ id }) => id)).size).toBe(365)
      expect(runs.every(({ exit }) => Exit.isSuccess(exit))).toBe(true)
    })
  )

  it.effect.each([
    ["30 2 * * *", "2026-03-29T01:30:00.000Z", "2026-10-25T00:30:00.000Z"],
    ["0 3 * * *", "2026-03-29T01:00:00.000Z", "2026-10-25T02:00:00.000Z"],
    ["0 0 * * *", "2026-03-28T23:00:00.000Z", "2026-10-24T22:00:00.000Z"]
  ] as const)("neither loses nor doubles %s", ([text, spring, autumn]) =>
    Effect.gen(function* () {
      const { ticks } = yield* yearInBerlin(Scheduler.cron(text, "Europe/Berlin"))
      expect(ticks).toHaveLength(365)
      expect(localDates(ticks).size).toBe(365)
      const times = ticks.map(DateTime.formatIso)
      expect(times).toContain(spring)
      expect(times).toContain(autumn)
    })
  )

  it.effect("runs an hourly job every hour when it counts both of a doubled hour", () =>
    Effect.gen(function* () {
      const both = Scheduler.cron("0 * * * *", "Europe/Berlin", { onDstOverlap: "both" })
      const { runs, ticks } = yield* yearInBerlin(both)
      const times = ticks.map(DateTime.toEpochMillis)
      expect(times).toHaveLength(365 * 24)
      expect(times.every((time, i) => i === 0 || time - times[i - 1]! === 3_600_000)).toBe(true)
      expect(new Set(runs.map(({ id }) => id)).size).toBe(365 * 24)
    })
  )

  it.effect("leaves out the second of a doubled hour unless told otherwise", () =>
    Effect.gen(function* () {
      const { ticks } = yield* yearInBerlin(Scheduler.cron("0 1-3 * * *", "Europe/Berlin"))
      expect(onDays(ticks, "2026-10-25")).toEqual(["2026-10-25T00:00:00.000Z", "2026-10-25T02:00:00.000Z"])
    })
  )
})

describe("a cron text", () => {
  it.effect("is read as UTC unless given a time zone", () =>
    Effect.gen(function* () {
      class Jobs extends Scheduler.define("Jobs", {
        job: Scheduler.entry(Work, Scheduler.cron("0 2 * * *"), { input: dueAt })
      }) {}
      yield* TestClock.setTime(Date.parse("2026-07-01T00:00:00Z"))
      const context = yield* Layer.build(Jobs.layer().pipe(Layer.provide(working(() => Effect.void))))
      const { next } = yield* Effect.provide(Jobs.status("job"), context)
      expect(Option.map(next, DateTime.formatIso)).toEqual(Option.some("2026-07-01T02:00:00.000Z"))
    })
  )

  it.effect("gives the local time, so that a date made of it is that of the place", () =>
    Effect.gen(function* () {
      const days: Array<string> = []
      class Jobs extends Scheduler.define("Jobs", {
        job: Scheduler.entry(Work, Scheduler.cron("30 0 * * *", "Europe/Berlin"), {
          input: ({ time }) => DateTime.formatIsoDate(time)
        })
      }) {}
      yield* TestClock.setTime(Date.parse("2026-07-01T00:00:00Z"))
      yield* Layer.build(Jobs.layer().pipe(Layer.provide(working((day) => Effect.sync(() => void days.push(day))))))
      yield* TestClock.adjust("2 days")
      expect(days).toEqual(["2026-07-02", "2026-07-03"])
    })
  )

  it.effect("has seconds when it has six fields", () =>
    Effect.gen(function* () {
      class Jobs extends Scheduler.define("Jobs", {
        job: Scheduler.entry(Work, Scheduler.cron("*/20 * * * * *"), { input: dueAt })
      }) {}
      const context = yield* Layer.build(Jobs.layer().pipe(Layer.provide(working(() => Effect.void))))
      yield* TestClock.adjust("1 minute")
      expect(briefly(yield* Effect.provide(Jobs.history("job"), context))).toEqual([
        "00:00:20: 00:00:20 to 00:00:20, done",
        "00:00:40: 00:00:40 to 00:00:40, done",
        "00:01:00: 00:01:00 to 00:01:00, done"
      ])
    })
  )
})

describe("an interval", () => {
  class Jobs extends Scheduler.define("Jobs", {
    job: Scheduler.entry(Work, Scheduler.interval("5 minutes"), { input: dueAt })
  }) {}

  it.effect("ticks first after one interval, and then at whole ones however long the runs take", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(Jobs.layer().pipe(Layer.provide(working(workFor("90 seconds")))))
      yield* TestClock.adjust("17 minutes")
      expect(briefly(yield* Effect.provide(Jobs.history("job"), context))).toEqual([
        "00:05:00: 00:05:00 to 00:06:30, done",
        "00:10:00: 00:10:00 to 00:11:30, done",
        "00:15:00: 00:15:00 to 00:16:30, done"
      ])
    })
  )

  it.effect("of a day and more is no matter of how long a timer can be", () =>
    Effect.gen(function* () {
      class Rare extends Scheduler.define("Rare", {
        job: Scheduler.entry(Work, Scheduler.interval("100 days"), { input: ({ time }) => DateTime.formatIso(time) })
      }) {}
      const context = yield* Layer.build(Rare.layer().pipe(Layer.provide(working(() => Effect.void))))
      yield* TestClock.adjust("200 days")
      const runs = yield* Effect.provide(Rare.history("job"), context)
      expect(runs.map(({ started }) => DateTime.toEpochMillis(started) / 86_400_000)).toEqual([100, 200])
    })
  )

  it.effect("never ticks when the first one would be after the end of time", () =>
    Effect.gen(function* () {
      class Never extends Scheduler.define("Never", {
        job: Scheduler.entry(Work, Scheduler.interval("200000000 days"), { input: dueAt })
      }) {}
      const context = yield* Layer.build(Never.layer().pipe(Layer.provide(working(() => Effect.void))))
      expect((yield* Effect.provide(Never.status("job"), context)).next).toEqual(Option.none())
    })
  )
})

describe("a manual entry", () => {
  it.effect("has no tick", () =>
    Effect.gen(function* () {
      class Jobs extends Scheduler.define("Jobs", {
        job: Scheduler.entry(Work, Scheduler.manual, { input: "x" })
      }) {}
      const context = yield* Layer.build(Jobs.layer().pipe(Layer.provide(working(() => Effect.void))))
      yield* TestClock.adjust("1000 days")
      expect(yield* Effect.provide(Jobs.history("job"), context)).toEqual([])
      expect((yield* Effect.provide(Jobs.status("job"), context)).next).toEqual(Option.none())
    })
  )
})

describe("on a machine that sleeps", () => {
  class Jobs extends Scheduler.define("Jobs", {
    job: Scheduler.entry(Work, Scheduler.cron("*/10 * * * *"), { input: dueAt, overlap: "queue" })
  }) {}

  const started = Effect.gen(function* () {
    const { clock, sleep } = yield* sleepyClock
    const layer = Jobs.layer().pipe(Layer.provide(working(workFor("1 minute"))))
    const context = yield* Layer.build(layer).pipe(Effect.provideService(Clock.Clock, clock))
    const history = Effect.map(Effect.provide(Jobs.history("job"), context), briefly)
    const missed = Effect.map(Effect.provide(Jobs.status("job"), context), (status) => status.missed)
    return { history, missed, sleep }
  })

  it.effect("a late tick reports when it was due, and begins within a minute", () =>
    Effect.gen(function* () {
      const { history, missed, sleep } = yield* started
      yield* TestClock.adjust("5 minutes")
      yield* sleep(8)
      yield* TestClock.adjust("2 minutes")
      expect(yield* history).toEqual(["00:10:00: 00:14:00 to 00:15:00, done"])
      expect(yield* missed).toBe(0)
    })
  )

  it.effect("of many ticks that were due, the last one runs and the others are counted", () =>
    Effect.gen(function* () {
      const { history, missed, sleep } = yield* started
      yield* TestClock.adjust("5 minutes")
      yield* sleep(60)
      yield* TestClock.adjust("8 minutes")
      expect(yield* history).toEqual(["01:00:00: 01:06:00 to 01:07:00, done", "01:10:00: 01:10:00 to 01:11:00, done"])
      expect(yield* missed).toBe(5)
    })
  )

  it.effect("a tick is not taken twice when the clock is set back", () =>
    Effect.gen(function* () {
      const { history, missed, sleep } = yield* started
      yield* TestClock.adjust("12 minutes")
      yield* sleep(-5)
      yield* TestClock.adjust("10 minutes")
      expect(yield* history).toEqual(["00:10:00: 00:10:00 to 00:11:00, done"])
      yield* TestClock.adjust("6 minutes")
      expect(yield* history).toEqual(["00:10:00: 00:10:00 to 00:11:00, done", "00:20:00: 00:20:00 to 00:21:00, done"])
      expect(yield* missed).toBe(0)
    })
  )
})

describe("when the clock is set back", () => {
  /** The times of the ticks of a trigger, and the clock they are taken by. */
  const ticking = (trigger: Scheduler.Trigger) =>
    Effect.gen(function* () {
      const { clock, sleep } = yield* sleepyClock
      class Jobs extends Scheduler.define("Jobs", { job: Scheduler.entry(Work, trigger, { input: dueAt }) }) {}
      const layer = Jobs.layer({ history: 10_000 }).pipe(Layer.provide(working(() => Effect.void)))
      const context = yield* Layer.build(layer).pipe(Effect.provideService(Clock.Clock, clock))
      const history = Effect.provide(Jobs.history("job"), context)
      const times = Effect.map(history, (runs) =>
        runs.map(({ scheduled }) => DateTime.formatIso(scheduled).slice(5, 16))
      )
      return { back: (minutes: number) => sleep(-minutes), times }
    })

  const tenMinutes = Scheduler.cron("*/10 * * * *")

  it.effect.each([
    { name: "a cron text", trigger: tenMinutes },
    { name: "an interval", trigger: Scheduler.interval("10 minutes") }
  ])("by a day, $name ticks on in the new time, and no time comes twice", ({ trigger }) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-06-15T12:00:00Z"))
      const { back, times } = yield* ticking(trigger)
      yield* TestClock.adjust("25 minutes")
      yield* back(24 * 60)
      yield* TestClock.adjust("20 minutes")
      expect(yield* times).toEqual(["06-15T12:10", "06-15T12:20", "06-14T12:30", "06-14T12:40"])
      yield* TestClock.adjust("1 day")
      const all = yield* times
      expect(new Set(all).size).toBe(all.length)
      // Those of the day but the two that had been taken already.
      expect(all).toHaveLength(4 + 24 * 6 - 2)
    })
  )

  it.effect("by less than an hour, ticks that were taken do not come again", () =>
    Effect.gen(function* () {
      const { back, times } = yield* ticking(tenMinutes)
      yield* TestClock.adjust("65 minutes")
      const before = yield* times
      expect(before).toHaveLength(6)
      yield* back(50)
      yield* TestClock.adjust("54 minutes")
      expect(yield* times).toEqual(before)
      yield* TestClock.adjust("1 minute")
      expect((yield* times).slice(6)).toEqual(["01-01T01:10"])
    })
  )

  it.effect("by more, they do, so that something runs", () =>
    Effect.gen(function* () {
      const { back, times } = yield* ticking(tenMinutes)
      yield* TestClock.adjust("125 minutes")
      expect(yield* times).toHaveLength(12)
      yield* back(80)
      yield* TestClock.adjust("10 minutes")
      expect((yield* times).slice(12)).toEqual(["01-01T00:50"])
    })
  )

  it.effect("however far within a day, a daily job runs once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-06-15T00:00:00Z"))
      const { back, times } = yield* ticking(Scheduler.cron("0 2 * * *"))
      yield* TestClock.adjust("20 hours")
      yield* back(19 * 60)
      yield* TestClock.adjust("24 hours")
      expect(yield* times).toEqual(["06-15T02:00"])
      yield* TestClock.adjust("1 hour")
      expect(yield* times).toEqual(["06-15T02:00", "06-16T02:00"])
    })
  )

  it.effect("again and again, no time comes twice", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-06-15T12:00:00Z"))
      const { back, times } = yield* ticking(Scheduler.cron("* * * * *"))
      for (const minutes of [3, 20, 1, 45, 7, 30, 0]) {
        yield* TestClock.adjust("13 minutes")
        yield* back(minutes)
      }
      yield* TestClock.adjust("3 hours")
      const all = yield* times
      expect(new Set(all).size).toBe(all.length)
      const sorted = all.toSorted()
      const [first, last] = [sorted[0], sorted.at(-1)].map((time) => Date.parse(`2026-${time}Z`) / 60_000)
      // And none between the first and the last is left out.
      expect(all).toHaveLength(last! - first! + 1)
    })
  )

  it.effect("a backoff takes no longer", () =>
    Effect.gen(function* () {
      const { clock, sleep } = yield* sleepyClock
      class Jobs extends Scheduler.define("Jobs", {
        job: Scheduler.entry(Work, tenMinutes, { input: dueAt, backoff: Schedule.spaced("15 minutes") })
      }) {}
      const context = yield* Layer.build(
        Layer.provide(
          Jobs.layer(),
          working(() => fail)
        )
      ).pipe(Effect.provideService(Clock.Clock, clock))
      yield* TestClock.adjust("11 minutes")
      yield* sleep(-24 * 60)
      yield* TestClock.adjust("17 minutes")
      expect(yield* Effect.map(Effect.provide(Jobs.history("job"), context), (runs) => runs.length)).toBe(2)
    })
  )
})

describe("under the clock of a test", () => {
  it.effect("a year without a tick takes one timer, not one a minute", () =>
    Effect.gen(function* () {
      const test = yield* Clock.Clock
      let timers = 0
      const sleep = (duration: Duration.Duration) => {
        timers++
        return test.sleep(duration)
      }
      class Jobs extends Scheduler.define("Jobs", {
        job: Scheduler.entry(Work, Scheduler.interval("365 days"), { input: dueAt })
      }) {}
      const layer = Jobs.layer().pipe(Layer.provide(working(() => Effect.void)))
      const context = yield* Layer.build(layer).pipe(Effect.provideService(Clock.Clock, { ...test, sleep }))
      yield* TestClock.adjust("365 days")
      expect(yield* Effect.provide(Jobs.history("job"), context)).toHaveLength(1)
      expect(timers).toBe(2)
    })
  )
})

describe("the id of a run", () => {
  it.effect("names scheduler, entry and tick, and is the same wherever the scheduler runs", () =>
    Effect.gen(function* () {
      const ids: Array<string> = []
      class Jobs extends Scheduler.define("Jobs", {
        report: Scheduler.entry(Work, Scheduler.cron("0 2 * * *", "Europe/Berlin"), { input: ({ id }) => id })
      }) {}
      const layer = Jobs.layer().pipe(
        Layer.provide(working((input, id) => Effect.sync(() => void ids.push(input, id))))
      )
      yield* TestClock.setTime(Date.parse("2026-07-01T00:00:00Z"))
      const context = yield* Layer.build(layer)
      yield* Layer.build(layer)
      yield* TestClock.adjust("1 day")
      const id = "Jobs/report/2026-07-02T00:00:00.000Z"
      expect(ids).toEqual([id, id, id, id])
      expect((yield* Effect.provide(Jobs.history("report"), context)).map((run) => run.id)).toEqual([id])
    })
  )
})
