/** What the types refuse, or cannot see, is refused when a scheduler is defined, with every problem. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { Scheduler } from "sluice"
import { defectsOf } from "../support/runs.ts"
import { dueAt, Work, working } from "./work.ts"

/** The problems of a definition. */
const problemsOf = (define: () => unknown): ReadonlyArray<string> => {
  try {
    define()
  } catch (error) {
    if (error instanceof Scheduler.SchedulerDefinitionError) return error.problems
    throw error
  }
  return []
}

const daily = Scheduler.cron("0 2 * * *", "Europe/Berlin")

/** An entry from outside the types. */
const loose = (definition: unknown, trigger: unknown, options: object = {}) =>
  Scheduler.entry(definition as typeof Work, trigger as Scheduler.Trigger, { input: "x", ...options })

describe("a scheduler", () => {
  it("is refused with all its problems, of all its entries", () => {
    const define = () =>
      Scheduler.define("Jobs", {
        right: loose(Work, daily),
        clock: loose(Work, Scheduler.cron("0 25 * * *" as string, "Europe/Berln")),
        short: loose(Work, Scheduler.cron("0 2 * *" as string)),
        never: loose(Work, Scheduler.cron("0 0 30 2 *")),
        often: loose(Work, Scheduler.interval("0 seconds"), { trip: 0, overlap: "replace", backoff: "1 minute" }),
        queue: loose({}, Scheduler.manual, { overlap: { queue: 1.5 } }),
        long: loose(Work, daily, { timeout: "1 hr", compensationTimeout: "soon" }),
        trigger: loose(Work, "0 2 * * *"),
        none: Work
      } as unknown as Scheduler.EntryRecord)
    expect(problemsOf(define)).toEqual([
      "entry 'clock': the cron text '0 25 * * *' is wrong: Expected a value between 0 and 23, not '25'",
      "entry 'clock': 'Europe/Berln' is not a time zone",
      "entry 'short': the cron text '0 2 * *' is wrong: Invalid number of segments in cron expression",
      "entry 'never': the cron text '0 0 30 2 *' never ticks",
      "entry 'often': the interval must be a finite duration of at least a millisecond, not 0 seconds",
      "entry 'often': its overlap must be 'skip', 'queue' or 'cancel', not replace",
      "entry 'often': its backoff is not a Schedule",
      "entry 'often': trip must be a whole number of at least 1, not 0",
      "entry 'queue': what it runs is not a definition of a workflow",
      "entry 'queue': queue must be a whole number of at least 1, not 1.5",
      "entry 'long': timeout is not a duration: 1 hr",
      "entry 'long': compensationTimeout is not a duration: soon",
      "entry 'trigger': its trigger is neither a cron text, nor an interval, nor manual",
      "entry 'none' is not made by Scheduler.entry"
    ])
  })

  it("says so in a message that can be read", () => {
    const define = () => Scheduler.define("Jobs", { never: loose(Work, Scheduler.cron("0 0 31 4 *")) })
    expect(define).toThrow("Scheduler 'Jobs' is not sound:\n  - entry 'never': the cron text '0 0 31 4 *' never ticks")
  })

  it.each(["5 minuts", 0, -1, Number.NaN, Number.POSITIVE_INFINITY, "0.5 millis"])("has no interval of %s", (every) => {
    const define = () => Scheduler.define("Jobs", { job: loose(Work, Scheduler.interval(every as number)) })
    expect(problemsOf(define)).toEqual([
      `entry 'job': the interval must be a finite duration of at least a millisecond, not ${every}`
    ])
  })

  it.each([1, "1 milli", "400 days"] as const)("may have an interval of %s", (every) => {
    expect(problemsOf(() => Scheduler.define("Jobs", { job: loose(Work, Scheduler.interval(every)) }))).toEqual([])
  })

  it.each([
    "0 2 * * *",
    "05 02 01 01 00",
    "*/15 9-17 * * mon-fri",
    "0 0 1,15 * *",
    " 0  2 * * * ",
    "0 0 29 2 *",
    "30 0 2 * * 7"
  ] as const)("may have the cron text '%s'", (text) => {
    expect(problemsOf(() => Scheduler.define("Jobs", { job: loose(Work, Scheduler.cron(text as string)) }))).toEqual([])
  })

  it.each(["UTC", "Europe/Berlin", "+02:00"])("may be in the time zone %s", (zone) => {
    expect(problemsOf(() => Scheduler.define("Jobs", { job: loose(Work, Scheduler.cron("0 2 * * *", zone)) }))).toEqual(
      []
    )
  })

  it.each(["+25:00", "-12:30", "+14:01", "+02:60", "++02:00", "+2:00", "GMT-99:99", "+25", ""])(
    "cannot be in the time zone '%s'",
    (zone) => {
      expect(
        problemsOf(() => Scheduler.define("Jobs", { job: loose(Work, Scheduler.cron("0 2 * * *", zone)) }))
      ).toEqual([`entry 'job': '${zone}' is not a time zone`])
    }
  )

  it.each(["+14:00", "-12:00", "+05:45", "GMT-03:30", "+0200"])("may be at the offset %s", (zone) => {
    expect(problemsOf(() => Scheduler.define("Jobs", { job: loose(Work, Scheduler.cron("0 2 * * *", zone)) }))).toEqual(
      []
    )
  })

  it("cannot read a cron text that is none, or choose between two hours in another way", () => {
    const cron = (text: unknown, onDstOverlap?: unknown) =>
      loose(Work, Scheduler.cron(text as string, "UTC", { onDstOverlap } as Scheduler.CronOptions))
    expect(problemsOf(() => Scheduler.define("Jobs", { job: cron(undefined) }))).toEqual([
      "entry 'job': the cron text 'undefined' is wrong: Invalid number of segments in cron expression"
    ])
    expect(problemsOf(() => Scheduler.define("Jobs", { job: cron("0 2 * * *", "latest") }))).toEqual([
      "entry 'job': onDstOverlap must be 'earlier', 'later' or 'both', not latest"
    ])
  })

  it("has no durations and counts that are NaN or less than zero", () => {
    const entry = (options: object) => problemsOf(() => Scheduler.define("Jobs", { job: loose(Work, daily, options) }))
    expect(entry({ timeout: Number.NaN, compensationTimeout: -5 })).toEqual([
      "entry 'job': timeout is not a duration: NaN",
      "entry 'job': compensationTimeout is less than zero: -5"
    ])
    expect(entry({ timeout: { seconds: Number.NaN } })).toEqual([
      "entry 'job': timeout is not a duration: {\"seconds\":NaN}"
    ])
    expect(entry({ trip: Number.NaN, overlap: { queue: Number.NaN } })).toEqual([
      "entry 'job': queue must be a whole number of at least 1, not NaN",
      "entry 'job': trip must be a whole number of at least 1, not NaN"
    ])
    const every = { minutes: Number.NaN }
    expect(problemsOf(() => Scheduler.define("Jobs", { job: loose(Work, Scheduler.interval(every)) }))).toEqual([
      "entry 'job': the interval must be a finite duration of at least a millisecond, not {\"minutes\":NaN}"
    ])
  })

  it("may have the smallest of all guards", () => {
    const define = () =>
      Scheduler.define("Jobs", {
        job: Scheduler.entry(Work, daily, {
          input: dueAt,
          overlap: { queue: 1 },
          backoff: Schedule.recurs(0),
          trip: 1
        })
      })
    expect(problemsOf(define)).toEqual([])
  })

  it("may have no entry", () => {
    expect(problemsOf(() => Scheduler.define("Jobs", {}))).toEqual([])
  })
})

describe("the Layer", () => {
  class Jobs extends Scheduler.define("Jobs", { job: loose(Work, daily) }) {}

  it("is refused with all problems of its options", () => {
    const history: number = 0
    expect(problemsOf(() => Jobs.layer({ history, stopWithin: "soon" as "1 second" }))).toEqual([
      "history must be a whole number of at least 1, not 0",
      "stopWithin is not a duration: soon"
    ])
  })

  it("has no history and no patience of NaN, nor patience of less than none", () => {
    const history: number = Number.NaN
    expect(problemsOf(() => Jobs.layer({ history, stopWithin: Number.NaN }))).toEqual([
      "history must be a whole number of at least 1, not NaN",
      "stopWithin is not a duration: NaN"
    ])
    expect(problemsOf(() => Jobs.layer({ stopWithin: "-1 seconds" }))).toEqual([
      "stopWithin is less than zero: -1 seconds"
    ])
  })

  it.effect("does not stop within a time that is none", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(
        Layer.provide(
          Jobs.layer(),
          working(() => Effect.void)
        )
      )
      const [stopped] = defectsOf(yield* Effect.exit(Effect.provide(Jobs.stop({ within: Number.NaN }), context)))
      expect(stopped).toEqual(
        new Scheduler.SchedulerDefinitionError({ scheduler: "Jobs", problems: ["within is not a duration: NaN"] })
      )
    })
  )

  it.effect("may remember one run, and wait for none", () =>
    Effect.sync(() => expect(problemsOf(() => Jobs.layer({ history: 1, stopWithin: 0 }))).toEqual([]))
  )
})
