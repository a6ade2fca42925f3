/**
 * Schedulers: ids and inputs, M31 and M32, and what a right one infers.
 */
import { type Cause, type DateTime, Effect, type Exit, type Layer, Schedule, Schema } from "effect"
import { type RunTimeout, Scheduler, Workflow } from "sluice"
import { expectAssignable, expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { type Order, Shop } from "./shop.js"

declare const order: Order

class Sync extends Workflow.define("Sync")
  .failure(Schema.Literal("offline"))
  .state("Pull", Schema.Void, ["Done"])
  .exit("Done", Schema.Number)
  .start("Pull") {}

class Report extends Workflow.define("Report")
  .state("Write", Schema.Struct({ day: Schema.String, kind: Schema.Literals(["long", "short"]) }), ["Done"])
  .exit("Done", Schema.Void)
  .start("Write") {}

class Callback extends Workflow.define("Callback")
  .state("Call", Workflow.type<() => number>(), ["Done"])
  .exit("Done", Schema.Void)
  .start("Call") {}

class Jobs extends Scheduler.define("Jobs", {
  shop: Scheduler.entry(Shop, Scheduler.manual, { input: order }),
  sync: Scheduler.entry(Sync, Scheduler.interval("5 minutes")),
  report: Scheduler.entry(Report, Scheduler.cron("0 2 * * *", "Europe/Berlin"), {
    input: ({ id, time }) => {
      expectType<DateTime.DateTime>(time)
      expectType<string>(id)
      return { day: id, kind: "long" }
    },
    overlap: { queue: 3 },
    backoff: Schedule.exponential("1 minute"),
    trip: 5
  })
}) {}

// An entry names its definition, and a scheduler its entries.
expectType<Scheduler.Entry<typeof Sync>>(Scheduler.entry(Sync, Scheduler.manual))
expectType<"shop" | "sync" | "report">({} as Scheduler.EntryId<typeof Jobs>)
expectType<typeof Sync>({} as Scheduler.DefinitionOf<typeof Jobs, "sync">)

// What is asked of a scheduler needs it, and its Layer needs the workflows.
const list = Jobs.list()
expectType<true>({} as IsEqual<Effect.Services<typeof list>, Jobs>)
expectType<Layer.Layer<Jobs, never, Shop | Sync | Report>>(Jobs.layer())
expectType<Layer.Layer<Jobs, never, Shop | Sync | Report>>(Jobs.layer({ history: 10, stopWithin: "1 minute" }))
expectType<Effect.Effect<void, never, Jobs>>(Jobs.stop({ within: "30 seconds" }))
expectType<Effect.Effect<void, never, Jobs>>(Jobs.pause("sync"))

// Outcome and failure are those of the workflow.
type Ended = Exit.Exit<{ readonly _tag: "Done"; readonly payload: number }, "offline" | RunTimeout>
const triggered = Jobs.trigger("sync")
expectType<Scheduler.TriggeredRun<typeof Sync>>({} as Effect.Success<typeof triggered>)
expectType<true>({} as IsEqual<Effect.Success<Effect.Success<typeof triggered>["await"]>, Ended>)
expectType<true>(
  {} as IsEqual<
    Effect.Error<typeof triggered>,
    Scheduler.EntryBusy | Scheduler.EntryTripped | Scheduler.SchedulerStopped
  >
)
Effect.map(Jobs.history("sync"), (runs) => {
  expectType<ReadonlyArray<Scheduler.CompletedRun<typeof Sync>>>(runs)
  expectType<true>({} as IsEqual<(typeof runs)[number]["exit"], Ended>)
})
Effect.map(Jobs.status("sync"), (status) => {
  expectType<"sync">(status.id)
  expectType<Scheduler.Status<"sync", typeof Sync>>(status)
})
Effect.map(Jobs.list(), ([status]) => {
  if (status?.id === "sync") expectType<Scheduler.Status<"sync", typeof Sync>>(status)
})

// A schedule may read what a run has failed with.
declare const reading: Schedule.Schedule<number, Cause.Cause<"offline" | RunTimeout>>
declare const readingMore: Schedule.Schedule<number, Cause.Cause<"unheard of">>
Scheduler.entry(Sync, Scheduler.manual, { backoff: reading })
expectError(Scheduler.entry(Sync, Scheduler.manual, { backoff: readingMore }))
declare const failingSchedule: Schedule.Schedule<number, unknown, "broken">
expectError(Scheduler.entry(Sync, Scheduler.manual, { backoff: failingSchedule }))

// Numbers and texts that are not known to the compiler are checked when the scheduler is defined.
declare const count: number
declare const text: string
Scheduler.entry(Sync, Scheduler.cron(text), { trip: count, overlap: { queue: count } })
Jobs.layer({ history: count })
Scheduler.cron("0 2 * * mon-fri")
Scheduler.cron("*/15 0-23/2 1,15 jan *")
Scheduler.cron(" 05  02 01 01 00 ")
Scheduler.cron("59 23 31 12 7")
Scheduler.cron("59 59 23 * * *")
Scheduler.cron("0\t2 * * *")

// An input that is a function is given by a function.
Scheduler.entry(Callback, Scheduler.manual, { input: () => () => 1 })
expectError(Scheduler.entry(Callback, Scheduler.manual, { input: () => 1 }))

// M31: an id that is no entry.
expectError(Jobs.trigger("snyc"))
expectError(Jobs.status("snyc"))
expectError(Jobs.history("snyc"))
expectError(Jobs.pause("snyc"))
expectError(Jobs.resume("snyc"))
expectError(Jobs.cancel("snyc"))
expectError(Jobs.reset("snyc"))
expectError(Jobs.status(text))
expectError(Scheduler.define("A", { sync: Sync }))
expectError(Scheduler.entry(Sync, "0 2 * * *"))
expectAssignable<Scheduler.AnyScheduler>(Jobs)

// M32: an input that does not fit, is missing, or is not wanted.
const daily = Scheduler.cron("0 2 * * *")
expectError(Scheduler.entry(Report, daily))
expectError(Scheduler.entry(Report, daily, { trip: 3 }))
expectError(Scheduler.entry(Report, daily, { input: { day: 1, kind: "long" } }))
expectError(Scheduler.entry(Report, daily, { input: { day: "", kind: "long", colour: "red" } }))
expectError(Scheduler.entry(Report, daily, { input: () => ({ day: "", kind: "medium" }) }))
expectError(Scheduler.entry(Sync, daily, { input: 1 }))
expectError(Jobs.trigger("shop", { input: { day: "" } }))
expectError(Jobs.trigger("sync", { input: 1 }))
expectError(Jobs.trigger("report", { inputs: { day: "" } }))

// M32: guards and texts that cannot be right.
expectError(Scheduler.entry(Sync, daily, { overlap: "replace" }))
expectError(Scheduler.entry(Sync, daily, { overlap: { queue: 0 } }))
expectError(Scheduler.entry(Sync, daily, { backoff: "1 minute" }))
expectError(Scheduler.entry(Sync, daily, { trip: 0 }))
expectError(Scheduler.entry(Sync, daily, { trip: 1.5 }))
expectError(Scheduler.entry(Sync, daily, { retries: 3 }))
expectError(Jobs.layer({ history: 0 }))
expectError(Scheduler.cron("0 2 * *"))
expectError(Scheduler.cron("0 0 2 * * * *"))
expectError(Scheduler.cron("60 2 * * *"))
expectError(Scheduler.cron("0 24 * * *"))
expectError(Scheduler.cron("0 2 0 * *"))
expectError(Scheduler.cron("0 2 32 * *"))
expectError(Scheduler.cron("0 2 1 13 *"))
expectError(Scheduler.cron("0 2 * * 8"))
expectError(Scheduler.cron("60 0 2 * * *"))
