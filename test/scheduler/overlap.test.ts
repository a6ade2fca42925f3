/** What happens when a run is due while another one of the entry is in progress. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Option } from "effect"
import { TestClock } from "effect/testing"
import { Scheduler } from "sluice"
import { Timeline } from "../support/timeline.ts"
import { briefly, dueAt, running, Work, workFor, working } from "./work.ts"

const every10 = Scheduler.interval("10 minutes")

describe("skip", () => {
  class Jobs extends Scheduler.define("Jobs", { job: Scheduler.entry(Work, every10, { input: dueAt }) }) {}

  it.effect("lets ticks go while a run is in progress, and counts them", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("75 minutes")
      expect(briefly(yield* Jobs.history("job"))).toEqual([
        "00:10:00: 00:10:00 to 00:35:00, done",
        "00:40:00: 00:40:00 to 01:05:00, done"
      ])
      const { missed, running: run, waiting } = yield* Jobs.status("job")
      expect(missed).toBe(4)
      expect(waiting).toBe(0)
      expect(Option.map(run, ({ id }) => id)).toEqual(Option.some("Jobs/job/1970-01-01T01:10:00.000Z"))
    }).pipe(running(Jobs.layer(), working(workFor("25 minutes"))))
  )

  it.effect("takes the next tick when a run has ended a second before", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("29 minutes")
      expect(briefly(yield* Jobs.history("job"))).toEqual(["00:10:00: 00:10:00 to 00:19:59, done"])
      expect((yield* Jobs.status("job")).missed).toBe(0)
    }).pipe(running(Jobs.layer(), working(workFor("599 seconds"))))
  )

  it.effect("refuses a trigger while a run is in progress, and says which", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("15 minutes")
      const refused = yield* Effect.flip(Jobs.trigger("job"))
      expect(refused).toEqual(
        new Scheduler.EntryBusy({
          scheduler: "Jobs",
          entry: "job",
          running: Option.some("Jobs/job/1970-01-01T00:10:00.000Z")
        })
      )
      expect(refused.message).toBe(
        "Entry 'job' of scheduler 'Jobs' takes no further run: 'Jobs/job/1970-01-01T00:10:00.000Z' is running"
      )
      expect((yield* Jobs.status("job")).missed).toBe(0)
    }).pipe(running(Jobs.layer(), working(workFor("25 minutes"))))
  )
})

describe("queue", () => {
  class Jobs extends Scheduler.define("Jobs", {
    job: Scheduler.entry(Work, every10, { input: dueAt, overlap: { queue: 2 } }),
    more: Scheduler.entry(Work, Scheduler.manual, { input: "x", overlap: "queue" })
  }) {}

  it.effect("keeps what is due for later, in order, each with the time it was due", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("44 minutes")
      expect(briefly(yield* Jobs.history("job"))).toEqual([
        "00:10:00: 00:10:00 to 00:22:00, done",
        "00:20:00: 00:22:00 to 00:34:00, done"
      ])
      expect((yield* Jobs.status("job")).waiting).toBe(1)
      yield* TestClock.adjust("10 minutes")
      expect(briefly(yield* Jobs.history("job")).slice(2)).toEqual(["00:30:00: 00:34:00 to 00:46:00, done"])
    }).pipe(running(Jobs.layer(), working(workFor("12 minutes"))))
  )

  it.effect("holds so many and no more: further ticks are counted, further triggers refused", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("55 minutes")
      const { missed, waiting } = yield* Jobs.status("job")
      expect(waiting).toBe(2)
      expect(missed).toBe(2)
      expect((yield* Effect.flip(Jobs.trigger("job")))._tag).toBe("EntryBusy")
      yield* TestClock.adjust("55 minutes")
      expect(briefly(yield* Jobs.history("job"))).toEqual(["00:10:00: 00:10:00 to 01:50:00, done"])
      // The first of those that waited has begun, which made room for the tick of that moment.
      expect((yield* Jobs.status("job")).waiting).toBe(2)
    }).pipe(running(Jobs.layer(), working(workFor("100 minutes"))))
  )

  it.effect("holds 16 unless told otherwise", () =>
    Effect.gen(function* () {
      yield* Jobs.trigger("more")
      yield* TestClock.adjust("1 second")
      yield* Effect.forEach(Array.from({ length: 16 }), () => Jobs.trigger("more"))
      expect((yield* Effect.flip(Jobs.trigger("more")))._tag).toBe("EntryBusy")
      expect((yield* Jobs.status("more")).waiting).toBe(16)
    }).pipe(running(Jobs.layer(), working(workFor("1 minute"))))
  )

  it.effect("gives each trigger the end of its own run", () => {
    const layer = working((input) => Effect.sleep(input === "slow" ? "2 minutes" : "1 minute"))
    return Effect.gen(function* () {
      const first = yield* Jobs.trigger("more", { input: "slow" })
      const second = yield* Jobs.trigger("more", { input: "fast" })
      yield* TestClock.adjust("3 minutes")
      expect(yield* first.await).toEqual(Exit.succeed({ _tag: "Done", payload: "slow" }))
      expect(yield* second.await).toEqual(Exit.succeed({ _tag: "Done", payload: "fast" }))
      expect((yield* Jobs.history("more")).map(({ id }) => id)).toEqual([first.id, second.id])
    }).pipe(running(Jobs.layer(), layer))
  })
})

describe("cancel", () => {
  class Jobs extends Scheduler.define("Jobs", {
    job: Scheduler.entry(Work, every10, { input: dueAt, overlap: "cancel" })
  }) {}

  it.effect("interrupts the run in progress and starts when its finalizers have run", () => {
    const time = new Timeline()
    const work = working((input) => time.track(input, Effect.sleep("15 minutes"), 60_000))
    return Effect.gen(function* () {
      yield* TestClock.adjust("25 minutes")
      expect(time.entries).toEqual([
        "600000 00:10:00 starts",
        "1260000 00:10:00 interrupted",
        "1260000 00:20:00 starts"
      ])
      expect(briefly(yield* Jobs.history("job"))).toEqual(["00:10:00: 00:10:00 to 00:21:00, interrupted"])
      expect((yield* Jobs.status("job")).missed).toBe(0)
    }).pipe(running(Jobs.layer(), work))
  })

  it.effect("starts the newest only, when more are due than the finalizers let begin", () => {
    const work = working(() => Effect.onInterrupt(Effect.sleep("1 day"), () => Effect.sleep("25 minutes")))
    return Effect.gen(function* () {
      yield* TestClock.adjust("46 minutes")
      expect(briefly(yield* Jobs.history("job"))).toEqual(["00:10:00: 00:10:00 to 00:45:00, interrupted"])
      const { missed, running: run } = yield* Jobs.status("job")
      expect(missed).toBe(2)
      expect(Option.map(run, ({ id }) => id)).toEqual(Option.some("Jobs/job/1970-01-01T00:40:00.000Z"))
    }).pipe(running(Jobs.layer(), work))
  })

  it.effect("leaves a run alone that ends in time", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("29 minutes")
      expect(briefly(yield* Jobs.history("job"))).toEqual([
        "00:10:00: 00:10:00 to 00:19:00, done",
        "00:20:00: 00:20:00 to 00:29:00, done"
      ])
    }).pipe(running(Jobs.layer(), working(workFor("9 minutes"))))
  )

  it.effect("makes way for a trigger too, whose own end the trigger gives", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("11 minutes")
      const run = yield* Jobs.trigger("job", { input: "now" })
      yield* TestClock.adjust("5 minutes")
      expect(yield* run.await).toEqual(Exit.succeed({ _tag: "Done", payload: "now" }))
      expect(briefly(yield* Jobs.history("job"))).toEqual([
        "00:10:00: 00:10:00 to 00:11:00, interrupted",
        "00:11:00: 00:11:00 to 00:16:00, done"
      ])
    }).pipe(running(Jobs.layer(), working(workFor("5 minutes"))))
  )
})
