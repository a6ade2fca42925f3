/**
 * When the workflows run: the report of a day every morning, prices every five minutes, and a report on demand.
 */
import { DateTime, Layer, Schedule } from "effect"
import { Scheduler } from "sluice"
import { Import, ImportLive, Report, ReportLive } from "./report.ts"

/** The day before the one that a tick falls on, in the time zone of the tick. */
export const dayBefore = ({ time }: Scheduler.Tick) => ({
  day: DateTime.formatIsoDate(DateTime.subtract(time, { days: 1 }))
})

/** Half past two does not exist on one day of the year, and exists twice on another: there is a report of every day. */
export const everyMorning = Scheduler.entry(Report, Scheduler.cron("30 2 * * *", "Europe/Berlin"), {
  input: dayBefore,
  overlap: "queue",
  trip: 3
})

export class Jobs extends Scheduler.define("Jobs", {
  report: everyMorning,
  prices: Scheduler.entry(Import, Scheduler.interval("5 minutes"), {
    backoff: Schedule.exponential("10 minutes")
  }),
  again: Scheduler.entry(Report, Scheduler.manual, { input: dayBefore, overlap: "queue" })
}) {}

export const JobsLive = Jobs.layer({ stopWithin: "1 minute" }).pipe(Layer.provide([ReportLive, ImportLive]))
