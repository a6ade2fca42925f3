import { Schedule, Schema } from "effect"
import { Scheduler, Workflow } from "sluice"
import { Order, Shop } from "../right/shop.ts"

class Sync extends Workflow.define("Sync")
  .state("Pull", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Pull") {}

class Report extends Workflow.define("Report")
  .state("Write", Schema.Struct({ day: Schema.String }), ["Done"])
  .exit("Done", Schema.Void)
  .start("Write") {}

const daily = Scheduler.cron("0 2 * * *", "Europe/Berlin")
const order = new Order({ id: "a", total: 1 })

export const missing = Scheduler.entry(Report, daily) // expect: 'but got 2'
export const missingAmongGuards = Scheduler.entry(Report, daily, { trip: 3 }) // expect: "'input'"
export const wrong = Scheduler.entry(Report, daily, { input: { day: 1 } }) // expect: 'number', 'string'
export const excess = Scheduler.entry(Report, daily, { input: { day: "", colour: "red" } }) // expect: "'colour'"
export const wrongClass = Scheduler.entry(Shop, daily, { input: { id: "a" } }) // expect: "'total'"
export const wrongResult = Scheduler.entry(Report, daily, { input: ({ id }) => ({ day: id.length }) }) // expect: 'number', 'string'
export const wrongTick = Scheduler.entry(Report, daily, { input: ({ date }) => ({ day: `${date}` }) }) // expect: "'date'"
export const unwanted = Scheduler.entry(Sync, daily, { input: 1 }) // expect: "'input'"

class Jobs extends Scheduler.define("Jobs", {
  shop: Scheduler.entry(Shop, Scheduler.manual, { input: order }),
  report: Scheduler.entry(Report, daily, { input: { day: "" } }),
  sync: Scheduler.entry(Sync, daily)
}) {}

export const wrongTrigger = Jobs.trigger("report", { input: { day: 1 } }) // expect: 'number', 'string'
export const excessTrigger = Jobs.trigger("report", { input: { day: "", colour: "red" } }) // expect: "'colour'"
export const ofAnother = Jobs.trigger("shop", { input: { day: "" } }) // expect: "'day'"
export const unwantedTrigger = Jobs.trigger("sync", { input: 1 }) // expect: 'number'
export const wrongOption = Jobs.trigger("report", { inputs: { day: "" } }) // expect: "'inputs'"

export const overlap = Scheduler.entry(Sync, daily, { overlap: "replace" }) // expect: '"replace"'
export const backoff = Scheduler.entry(Sync, daily, { backoff: "1 minute" }) // expect: 'Schedule'
export const guard = Scheduler.entry(Sync, daily, { retries: 3 }) // expect: "'retries'"
export const tripZero = Scheduler.entry(Sync, daily, { trip: 0 }) // expect: 'trip', 'at least 1', '0'
export const tripFraction = Scheduler.entry(Sync, daily, { trip: 1.5 }) // expect: 'trip', 'whole number', '1.5'
export const queueZero = Scheduler.entry(Sync, daily, { overlap: { queue: 0 } }) // expect: 'queue', 'at least 1', '0'
export const withInput = Scheduler.entry(Report, daily, {
  input: ({ id }) => ({ day: id }),
  backoff: Schedule.exponential("1 minute"),
  trip: -1 // expect: 'trip', 'at least 1', '-1'
})

export const noHistory = Jobs.layer({ history: 0 }) // expect: 'history', 'at least 1', '0'

export const fourFields = Scheduler.cron("0 2 * *") // expect: '5 or 6 fields, not 4'
export const noFields = Scheduler.cron("") // expect: '5 or 6 fields, not 0'
export const sevenFields = Scheduler.cron("0 0 2 * * * *") // expect: '5 or 6 fields, not 7'
export const minute = Scheduler.cron("60 2 * * *") // expect: 'minute cannot be 60'
export const hour = Scheduler.cron("0 24 * * *") // expect: 'hour cannot be 24'
export const day = Scheduler.cron("0 2 0 * *") // expect: 'day cannot be 0'
export const month = Scheduler.cron("0 2 1 13 *") // expect: 'month cannot be 13'
export const weekday = Scheduler.cron("0 2 * * 8") // expect: 'weekday cannot be 8'
export const second = Scheduler.cron("60 0 2 * * *") // expect: 'second cannot be 60'
export const zone = Scheduler.cron("0 2 * * *", 1) // expect: 'number', 'string'
