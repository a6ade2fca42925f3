/**
 * A stream in windows: four readings, or what has come ten seconds after the first of them, and a run for each window.
 *
 * Readings that cannot be stored are skipped; with more than half of a window something else is wrong, and the intake
 * stops.
 */
import { Schema, Stream } from "effect"
import { Join, Workflow } from "sluice"
import { Reading, store } from "./readings.ts"

const Skipped = Schema.Struct({ reading: Reading, reason: Schema.String })

export class Intake extends Workflow.define("Intake")
  .state("Store", Schema.Array(Reading), ["Stored", "Halted"])
  .exit("Stored", Schema.Struct({ stored: Schema.Int, skipped: Schema.Array(Skipped) }))
  .exit("Halted", Schema.Struct({ reason: Schema.String }))
  .start("Store") {}

const Store = Intake.forEach(
  "Store",
  ({ payload }) => payload,
  ({ item }) => store(item)
)
  .join(Join.tolerate({ rate: 0.5 }), ({ results: { failures, successes }, to }) =>
    to.Stored({
      stored: successes.length,
      skipped: failures.map(({ error, item }) => ({ reading: item, reason: error.message }))
    })
  )
  .catchTag("ToleranceExceeded", ({ error, payload, to }) =>
    to.Halted({ reason: `${error.failures.length} of ${payload.length} readings cannot be stored` })
  )

export const intake = Intake.implement({ Store })

/** What became of each window, in their order. While one is being stored, the next one fills. */
export const consume = <E, R>(readings: Stream.Stream<Reading, E, R>) =>
  readings.pipe(
    Stream.groupedWithin(4, "10 seconds"),
    Stream.mapEffect((window) => intake.run(window)),
    Stream.takeUntil(({ _tag }) => _tag === "Halted")
  )
