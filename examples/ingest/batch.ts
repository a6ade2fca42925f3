/**
 * A batch: every item is retried on its own and has its own outcome. What failed goes to a list of dead letters, with the
 * reason, and does not hold up the rest.
 */
import { Array, Context, type Effect, Schema } from "effect"
import { Join, Workflow } from "sluice"
import { Reading, Refused, store, Unavailable } from "./readings.ts"

const DeadLetter = Schema.Struct({ reading: Reading, error: Schema.Union([Refused, Unavailable]) })
export type DeadLetter = typeof DeadLetter.Type

const Sorted = Schema.Struct({ stored: Schema.Int, dead: Schema.NonEmptyArray(DeadLetter) })

export class DeadLetters extends Context.Service<
  DeadLetters,
  { add(letters: ReadonlyArray<DeadLetter>): Effect.Effect<void> }
>()("ingest/DeadLetters") {}

export class Batch extends Workflow.define("Batch")
  .state("Store", Schema.Array(Reading), ["Bury", "Finished"])
  .state("Bury", Sorted, ["Finished"])
  .exit("Finished", Schema.Struct({ stored: Schema.Int, dead: Schema.Int }))
  .start("Store") {}

const Store = Batch.forEach(
  "Store",
  ({ payload }) => payload,
  ({ item }) => store(item),
  { concurrency: 4 }
).join(Join.settled, ({ results: { failures, successes }, to }) => {
  const dead = failures.map(({ error, item }) => ({ reading: item, error }))
  return Array.isReadonlyArrayNonEmpty(dead)
    ? to.Bury({ stored: successes.length, dead })
    : to.Finished({ stored: successes.length, dead: 0 })
})

export const batch = Batch.implement({
  Store,
  *Bury({ payload: { dead, stored }, to }) {
    yield* DeadLetters.use((_) => _.add(dead))
    return to.Finished({ stored, dead: dead.length })
  }
})
