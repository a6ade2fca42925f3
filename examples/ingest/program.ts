/**
 * A demonstration: a batch, an import that fails halfway and goes on, and a stream, into a ledger that is simulated.
 */
import { Clock, Console, Duration, Effect, Fiber, Layer, Option, Ref, Stream } from "effect"
import { TestClock } from "effect/testing"
import { match } from "ts-pattern"
import { Archives, Bookmarks, type Cursor, importArchive } from "./backfill.ts"
import { batch, DeadLetters } from "./batch.ts"
import { consume } from "./intake.ts"
import { Ledger, type Reading, Refused, Unavailable } from "./readings.ts"

const say = (what: string) => Console.log(`  ${what}`)

/** Refuses what a meter cannot have read, and is busy when a meter sends for the first time. */
const ledger = Layer.effect(
  Ledger,
  Effect.gen(function* () {
    const known = yield* Ref.make<ReadonlySet<string>>(new Set())
    return Ledger.of({
      write: Effect.fnUntraced(function* ({ kilowattHours, meter }) {
        if (kilowattHours < 0) return yield* new Refused({ reason: "a meter does not run backwards" })
        const isKnown = yield* Ref.modify(known, (meters) => [meters.has(meter), new Set(meters).add(meter)])
        if (!isKnown) return yield* new Unavailable({ service: "the ledger" })
      })
    })
  })
)

const deadLetters = Layer.succeed(DeadLetters)({
  add: (letters) =>
    Effect.forEach(letters, ({ error, reading }) => say(`dead letter: ${reading.meter}, ${error.message}`), {
      discard: true
    })
})

const reading = (meter: number, kilowattHours = 100): Reading => ({ meter: `M-${meter}`, kilowattHours })

const archived = [reading(1), reading(2), reading(3), reading(4), reading(5)]

/** Pages of two readings; the last one cannot be read in the first three minutes. */
const archives = Layer.succeed(Archives)({
  read: Effect.fnUntraced(function* (_, offset) {
    const now = yield* Clock.currentTimeMillis
    if (offset === 4 && now < Duration.toMillis("3 minutes")) {
      return yield* new Unavailable({ service: "the archive" })
    }
    yield* say(`page at ${offset}`)
    const next = offset + 2
    return { readings: archived.slice(offset, next), next: next < archived.length ? Option.some(next) : Option.none() }
  })
})

const bookmarks = Layer.effect(
  Bookmarks,
  Effect.map(Ref.make(new Map<string, Cursor>()), (cursors) => ({
    get: (archive) => Effect.map(Ref.get(cursors), (all) => Option.fromNullishOr(all.get(archive))),
    set: (archive, cursor) => Ref.update(cursors, (all) => new Map(all).set(archive, cursor)),
    remove: (archive) => Ref.update(cursors, (all) => new Map([...all].filter(([key]) => key !== archive)))
  }))
)

/** A demonstration does not wait: two minutes pass at once on the test clock. */
const passTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.forkChild(effect), (fiber) => Effect.andThen(TestClock.adjust("2 minutes"), Fiber.join(fiber)))

const importYear = importArchive("2025").pipe(
  Effect.flatMap(({ payload }) => say(`${payload.stored} stored`)),
  Effect.catchTag("Unavailable", ({ message }) => say(`failed: ${message}`))
)

/** Five readings at once, then one every six seconds; the last two meters are broken. */
const arriving = Stream.fromIterable([reading(1), reading(2, -1), reading(3), reading(4), reading(5)]).pipe(
  Stream.concat(
    Stream.fromIterable([reading(6), reading(7), reading(8, -1), reading(9, -1)]).pipe(
      Stream.tap(() => Effect.sleep("6 seconds"))
    )
  )
)

const takeIn = Stream.runForEach(consume(arriving), (outcome) =>
  match(outcome)
    .with({ _tag: "Stored" }, ({ payload }) => say(`${payload.stored} stored, ${payload.skipped.length} skipped`))
    .with({ _tag: "Halted" }, ({ payload }) => say(`halted: ${payload.reason}`))
    .exhaustive()
)

export const program = Effect.gen(function* () {
  yield* Console.log("A batch:")
  const { payload } = yield* passTime(batch.run([reading(1), reading(2, -1), reading(3)]))
  yield* say(`${payload.stored} stored, ${payload.dead} dead`)
  yield* Console.log("An import:")
  yield* passTime(importYear)
  yield* Console.log("The import again:")
  yield* passTime(importYear)
  yield* Console.log("A stream:")
  yield* passTime(takeIn)
}).pipe(Effect.provide([ledger, deadLetters, archives, bookmarks]))
