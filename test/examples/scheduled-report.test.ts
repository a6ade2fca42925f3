/** The scheduled report: a day, a year with its clock changes, a failing service, the way it stops, and the program. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Layer, Option, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Scheduler } from "sluice"
import { everyMorning, Jobs, JobsLive } from "../../examples/scheduled-report/jobs.ts"
import { Post, Prices, ReportLive, Tills, Unavailable } from "../../examples/scheduled-report/report.ts"

/** The report alone: a year of it is not also one of prices every five minutes. */
class Mornings extends Scheduler.define("Mornings", { report: everyMorning }) {}

/** A shop that opened at New Year of 2026 in Berlin, and what its reports said. */
const openShop = <J>(
  jobs: Layer.Layer<J, never, Tills | Prices | Post>,
  services: {
    readonly takings?: (day: string) => Effect.Effect<number, Unavailable>
    readonly update?: Effect.Effect<number, Unavailable>
    readonly send?: Effect.Effect<void>
  }
) =>
  Effect.gen(function* () {
    const { send = Effect.void, takings = () => Effect.succeed(500), update = Effect.succeed(0) } = services
    const sent: Array<string> = []
    const shop = Layer.mergeAll(
      Layer.succeed(Tills)({ takings: (_, day) => takings(day) }),
      Layer.succeed(Prices)({ update }),
      Layer.succeed(Post)({
        send: (text) =>
          Effect.andThen(
            send,
            Effect.sync(() => void sent.push(text))
          )
      })
    )
    yield* TestClock.setTime(Date.parse("2025-12-31T23:00:00Z"))
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(Layer.provide(jobs, shop), scope)
    return { sent, scope, context }
  })

const unavailable = Effect.fail(new Unavailable({ service: "test" }))

describe("the report", () => {
  it.effect("is sent every morning, of the day before", () =>
    Effect.gen(function* () {
      const { sent } = yield* openShop(JobsLive, {})
      yield* TestClock.adjust("3 days")
      expect(sent).toEqual(["2025-12-31: 10.00 euros", "2026-01-01: 10.00 euros", "2026-01-02: 10.00 euros"])
    })
  )

  it.effect("is sent of every day of a year, once", () =>
    Effect.gen(function* () {
      const { sent } = yield* openShop(Layer.provide(Mornings.layer(), ReportLive), {})
      yield* TestClock.adjust("365 days")
      const days = sent.map((text) => text.slice(0, 10))
      expect(days).toHaveLength(365)
      expect(new Set(days).size).toBe(365)
      expect([days[0], days.at(-1)]).toEqual(["2025-12-31", "2026-12-30"])
      expect(days).toEqual(days.toSorted())
    })
  )

  it.effect("is not sent of a day on which nothing was sold", () =>
    Effect.gen(function* () {
      const { context, sent } = yield* openShop(JobsLive, {
        takings: (day) => Effect.succeed(day === "2026-01-01" ? 0 : 500)
      })
      yield* TestClock.adjust("3 days")
      expect(sent.map((text) => text.slice(0, 10))).toEqual(["2025-12-31", "2026-01-02"])
      const history = yield* Effect.provide(Jobs.history("report"), context)
      expect(history.map(({ exit }) => Exit.isSuccess(exit) && exit.value._tag)).toEqual([
        "Sent",
        "NothingSold",
        "Sent"
      ])
    })
  )

  it.effect("stops after three failures in a row, and can be asked for when that is mended", () =>
    Effect.gen(function* () {
      let down = true
      const takings = () => Effect.suspend(() => (down ? unavailable : Effect.succeed(500)))
      const { context, sent } = yield* openShop(JobsLive, { takings })
      yield* TestClock.adjust("5 days")
      const status = yield* Effect.provide(Jobs.status("report"), context)
      expect([status.tripped, status.failures]).toEqual([true, 3])
      down = false
      yield* Effect.provide(Jobs.reset("report"), context)
      const again = yield* Effect.provide(Jobs.trigger("again", { input: { day: "2026-01-01" } }), context)
      expect(yield* again.await).toEqual(Exit.succeed({ _tag: "Sent", payload: { day: "2026-01-01", cents: 1_000 } }))
      yield* TestClock.adjust("1 day")
      expect(sent.map((text) => text.slice(0, 10))).toEqual(["2026-01-01", "2026-01-05"])
    })
  )

  it.effect("is on its way when the scheduler stops, and arrives", () =>
    Effect.gen(function* () {
      const { context, scope, sent } = yield* openShop(JobsLive, { send: Effect.sleep("30 seconds") })
      yield* TestClock.setTime(Date.parse("2026-01-01T01:30:10Z"))
      expect(Option.isSome((yield* Effect.provide(Jobs.status("report"), context)).running)).toBe(true)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("1 minute")
      expect(closing.pollUnsafe()).toEqual(Exit.void)
      expect(sent).toEqual(["2025-12-31: 10.00 euros"])
    })
  )
})

describe("the prices", () => {
  it.effect("are asked for less and less often while they are not available", () =>
    Effect.gen(function* () {
      const { context } = yield* openShop(JobsLive, { update: unavailable })
      yield* TestClock.adjust("2 hours")
      const history = yield* Effect.provide(Jobs.history("prices"), context)
      expect(history.map(({ started }) => DateTime.formatIso(started).slice(11, 16))).toEqual([
        "23:05",
        "23:15",
        "23:35",
        "00:15"
      ])
    })
  )
})

describe("the program", () => {
  it("runs a few quick ticks and stops gracefully", () => {
    const register = new URL("../support/register.mjs", import.meta.url).href
    const main = fileURLToPath(new URL("../../examples/scheduled-report/main.ts", import.meta.url))
    const output = execFileSync(process.execPath, ["--import", register, main], { encoding: "utf8" })
    expect(output.trimEnd().split("\n")).toEqual([
      "2 reports were sent on schedule",
      "Sent: the report of 2026-02-28, before the scheduler stopped",
      "report: Success, next: None",
      "prices: Success, next: None",
      "again: Success, next: None",
      "prices were updated without a failure"
    ])
  })
})
