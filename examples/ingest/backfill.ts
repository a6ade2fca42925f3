/**
 * A long import in steps: a state that goes to itself, with the cursor as its payload.
 *
 * Each step notes where it begins. An import that failed, or was interrupted, goes on from there: what one page had stored
 * by then is stored again, and nothing else.
 */
import { Context, Effect, Option, Schedule, Schema } from "effect"
import { Workflow } from "sluice"
import { batch } from "./batch.ts"
import type { Reading, Unavailable } from "./readings.ts"

const Source = Schema.Struct({ archive: Schema.String })

const Cursor = Schema.Struct({ offset: Schema.Int, stored: Schema.Int })
export type Cursor = typeof Cursor.Type

export interface Page {
  readonly readings: ReadonlyArray<Reading>
  /** Where the next page begins; none after the last one. */
  readonly next: Option.Option<number>
}

export class Archives extends Context.Service<
  Archives,
  { read(archive: string, offset: number): Effect.Effect<Page, Unavailable> }
>()("ingest/Archives") {}

/** Where the import of an archive has got to. */
export class Bookmarks extends Context.Service<
  Bookmarks,
  {
    get(archive: string): Effect.Effect<Option.Option<Cursor>>
    set(archive: string, cursor: Cursor): Effect.Effect<void>
    remove(archive: string): Effect.Effect<void>
  }
>()("ingest/Bookmarks") {}

export class Backfill extends Workflow.define("Backfill")
  .state("Open", Source, ["Step"])
  .state("Step", Cursor, ["Step", "Close"])
  .state("Close", Cursor, ["Imported"])
  .exit("Imported", Cursor)
  .start("Open", "Step") {}

const Step = Backfill.task("Step", function* ({ input: { archive }, payload: cursor, to }) {
  yield* Bookmarks.use((_) => _.set(archive, cursor))
  const { next, readings } = yield* Archives.use((_) => _.read(archive, cursor.offset))
  const { payload: page } = yield* batch.run(readings)
  const stored = cursor.stored + page.stored
  return Option.match(next, {
    onNone: () => to.Close({ ...cursor, stored }),
    onSome: (offset) => to.Step({ offset, stored })
  })
}).retry({ schedule: Schedule.spaced("10 seconds"), times: 2 })

export const backfill = Backfill.implement({
  Open: Backfill.route("Open", ({ to }) => to.Step({ offset: 0, stored: 0 })),
  Step,
  *Close({ input, payload, to }) {
    yield* Bookmarks.use((_) => _.remove(input.archive))
    return to.Imported(payload)
  }
})

/** Imports an archive, from where the last attempt has got to. */
export const importArchive = Effect.fn("importArchive")(function* (archive: string) {
  const bookmark = yield* Bookmarks.use((_) => _.get(archive))
  return yield* Option.match(bookmark, {
    onNone: () => backfill.run({ archive }),
    onSome: (cursor) => backfill.runFrom("Step", cursor, { archive })
  })
})
