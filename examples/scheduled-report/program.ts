/**
 * A demonstration in real time: the same workflows on a faster schedule, in a shop whose services are simulated.
 */
import { Console, Context, Effect, Exit, Layer, Queue } from "effect"
import { Scheduler } from "sluice"
import { dayBefore } from "./jobs.ts"
import { Import, ImportLive, Post, Prices, Report, ReportLive, Tills } from "./report.ts"

class Demo extends Scheduler.define("Demo", {
  report: Scheduler.entry(Report, Scheduler.cron("* * * * * *", "Europe/Berlin"), { input: dayBefore }),
  prices: Scheduler.entry(Import, Scheduler.interval("250 millis")),
  again: Scheduler.entry(Report, Scheduler.manual, { input: dayBefore })
}) {}

/** What has been sent. */
class Outbox extends Context.Service<Outbox, Queue.Queue<string>>()("scheduled-report/Outbox") {
  static readonly layer = Layer.effect(Outbox, Queue.unbounded<string>())
}

const tills = Layer.succeed(Tills)({ takings: (branch) => Effect.succeed(branch.length * 1_000) })
const prices = Layer.succeed(Prices)({ update: Effect.succeed(1) })
// It takes its time, so that a report is on its way when the scheduler stops.
const post = Layer.effect(
  Post,
  Effect.map(Outbox, (outbox) => ({
    send: (text: string) => Effect.delay(Effect.asVoid(Queue.offer(outbox, text)), "100 millis")
  }))
)

const workflows = Layer.merge(ReportLive, ImportLive).pipe(Layer.provide([tills, prices, post]))

/** Waits for two reports of the schedule, asks for one more, and stops while that is on its way. */
export const program = Effect.gen(function* () {
  const outbox = yield* Outbox
  const reports = yield* Queue.takeN(outbox, 2)
  yield* Console.log(`${reports.length} reports were sent on schedule`)

  const again = yield* Demo.trigger("again", { input: { day: "2026-02-28" } })
  yield* Demo.stop({ within: "5 seconds" })
  const exit = yield* again.await
  yield* Console.log(
    Exit.match(exit, {
      onSuccess: ({ _tag, payload }) => `${_tag}: the report of ${payload.day}, before the scheduler stopped`,
      onFailure: () => "the last report was lost"
    })
  )
  for (const { id, last, next } of yield* Demo.list()) {
    yield* Console.log(`${id}: ${last._tag === "Some" ? last.value.exit._tag : "never ran"}, next: ${next._tag}`)
  }
  const history = yield* Demo.history("prices")
  yield* Console.log(
    `prices were updated ${history.every(({ exit }) => Exit.isSuccess(exit)) ? "without" : "with"} a failure`
  )
}).pipe(Effect.provide(Demo.layer().pipe(Layer.provide(workflows), Layer.provideMerge(Outbox.layer))))
