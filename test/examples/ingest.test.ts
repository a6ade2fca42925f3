/** The ingest: a batch and its dead letters, an import that goes on where it stopped, a stream in windows, the program. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Option, Stream } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import { Archives, Bookmarks, backfill, type Cursor, importArchive } from "../../examples/ingest/backfill.ts"
import { batch, type DeadLetter, DeadLetters } from "../../examples/ingest/batch.ts"
import { consume, intake } from "../../examples/ingest/intake.ts"
import { program } from "../../examples/ingest/program.ts"
import { Ledger, type Reading, Refused, Unavailable } from "../../examples/ingest/readings.ts"
import { ended, failureOf, valueOf } from "../support/runs.ts"

const reading = (meter: string): Reading => ({ meter, kilowattHours: 100 })

const readings = (...meters: ReadonlyArray<string>) => meters.map(reading)

const busy = Effect.fail(new Unavailable({ service: "test" }))
const refused = Effect.fail(new Refused({ reason: "test" }))

/** A ledger that takes everything at once, unless `write` says otherwise, and notes what was asked of it and when. */
const openLedger = (write: Ledger["Service"]["write"] = () => Effect.void) => {
  const asked: Array<string> = []
  const buried: Array<DeadLetter> = []
  const services = Layer.merge(
    Layer.succeed(Ledger)({
      write: (reading) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          asked.push(`${now / 1_000} ${reading.meter}`)
          return write(reading)
        })
    }),
    Layer.succeed(DeadLetters)({ add: (letters) => Effect.sync(() => void buried.push(...letters)) })
  )
  return { asked, buried, services }
}

describe("a batch", () => {
  it.effect("stores every reading", () =>
    Effect.gen(function* () {
      const { buried, services } = openLedger()
      expect(yield* batch.run(readings("a", "b", "c")).pipe(Effect.provide(services))).toEqual({
        _tag: "Finished",
        payload: { stored: 3, dead: 0 }
      })
      expect(buried).toEqual([])
    })
  )

  it.effect("tries each reading again by itself", () =>
    Effect.gen(function* () {
      let tries = 0
      const { asked, services } = openLedger(({ meter }) =>
        Effect.suspend(() => (meter === "b" && ++tries < 4 ? busy : Effect.void))
      )
      const outcome = yield* valueOf(batch.run(readings("a", "b", "c")).pipe(Effect.provide(services)))
      expect(outcome.payload).toEqual({ stored: 3, dead: 0 })
      expect(asked).toEqual(["0 a", "0 b", "0 c", "1 b", "3 b", "7 b"])
    })
  )

  it.effect("buries what is refused at once and what is busy in the end, with the reason and in order", () =>
    Effect.gen(function* () {
      const { asked, buried, services } = openLedger(({ meter }) => {
        if (meter === "a") return busy
        return meter === "c" ? refused : Effect.void
      })
      const outcome = yield* valueOf(batch.run(readings("a", "b", "c", "d")).pipe(Effect.provide(services)))
      expect(outcome.payload).toEqual({ stored: 2, dead: 2 })
      expect(buried).toEqual([
        { reading: reading("a"), error: new Unavailable({ service: "test" }) },
        { reading: reading("c"), error: new Refused({ reason: "test" }) }
      ])
      expect(asked.filter((entry) => entry.endsWith("c"))).toEqual(["0 c"])
    })
  )

  it.effect("stores four readings at a time", () =>
    Effect.gen(function* () {
      const { asked, services } = openLedger(() => Effect.sleep("1 second"))
      yield* valueOf(batch.run(readings("a", "b", "c", "d", "e", "f")).pipe(Effect.provide(services)))
      expect(asked).toEqual(["0 a", "0 b", "0 c", "0 d", "1 e", "1 f"])
    })
  )

  it.effect("is finished when there is nothing in it", () =>
    Effect.gen(function* () {
      const { services } = openLedger()
      expect(yield* batch.run([]).pipe(Effect.provide(services))).toEqual({
        _tag: "Finished",
        payload: { stored: 0, dead: 0 }
      })
    })
  )
})

/** An archive of five readings in pages of two, which notes the pages that were asked for, and where its import is. */
const openArchive = (beforePage: (offset: number) => Effect.Effect<void, Unavailable> = () => Effect.void) => {
  const all = readings("a", "b", "c", "d", "e")
  const pages: Array<number> = []
  const bookmarks = new Map<string, Cursor>()
  const { asked, services: ledger } = openLedger()
  const services = Layer.mergeAll(
    ledger,
    Layer.succeed(Archives)({
      read: (_, offset) =>
        Effect.suspend(() => {
          pages.push(offset)
          const next = offset + 2
          return Effect.as(beforePage(offset), {
            readings: all.slice(offset, next),
            next: next < all.length ? Option.some(next) : Option.none()
          })
        })
    }),
    Layer.succeed(Bookmarks)({
      get: (archive) => Effect.sync(() => Option.fromNullishOr(bookmarks.get(archive))),
      set: (archive, cursor) => Effect.sync(() => void bookmarks.set(archive, cursor)),
      remove: (archive) => Effect.sync(() => void bookmarks.delete(archive))
    })
  )
  return { asked, bookmarks, pages, services }
}

describe("an import", () => {
  it.effect("goes through its archive page by page", () =>
    Effect.gen(function* () {
      const { bookmarks, pages, services } = openArchive()
      const run = yield* backfill.fork({ archive: "2025" }).pipe(Effect.provide(services))
      expect(yield* Fiber.join(run.fiber)).toEqual({ _tag: "Imported", payload: { offset: 4, stored: 5 } })
      expect(pages).toEqual([0, 2, 4])
      const events = yield* Stream.runCollect(run.events)
      const cursors = events.flatMap((event) =>
        event._tag === "StateEntered" && event.state === "Step" ? [event.payload] : []
      )
      expect(cursors).toEqual([
        { offset: 0, stored: 0 },
        { offset: 2, stored: 2 },
        { offset: 4, stored: 4 }
      ])
      expect(bookmarks.size).toBe(0)
    })
  )

  it.effect("reads a page up to three times, and counts anew with each page", () =>
    Effect.gen(function* () {
      const failures = [0, 0, 4]
      const { pages, services } = openArchive((offset) => {
        const index = failures.indexOf(offset)
        if (index < 0) return Effect.void
        failures.splice(index, 1)
        return busy
      })
      const outcome = yield* valueOf(importArchive("2025").pipe(Effect.provide(services)))
      expect(outcome.payload.stored).toBe(5)
      expect(pages).toEqual([0, 0, 0, 2, 4, 4])
    })
  )

  it.effect("that fails goes on from its cursor the next time", () =>
    Effect.gen(function* () {
      let isDown = true
      const { asked, bookmarks, pages, services } = openArchive((offset) =>
        isDown && offset === 4 ? busy : Effect.void
      )
      const importYear = importArchive("2025").pipe(Effect.provide(services))
      expect(yield* failureOf(importYear)).toEqual(new Unavailable({ service: "test" }))
      expect(pages).toEqual([0, 2, 4, 4, 4])
      expect(bookmarks.get("2025")).toEqual({ offset: 4, stored: 4 })
      isDown = false
      expect((yield* importYear).payload.stored).toBe(5)
      expect(pages.slice(5)).toEqual([4])
      expect(asked.map((entry) => entry.slice(-1))).toEqual(["a", "b", "c", "d", "e"])
      expect(bookmarks.size).toBe(0)
    })
  )

  it.effect("that is interrupted within a page begins that page again", () =>
    Effect.gen(function* () {
      const { bookmarks, pages, services } = openArchive((offset) =>
        offset === 2 ? Effect.sleep("1 minute") : Effect.void
      )
      const importYear = importArchive("2025").pipe(Effect.provide(services))
      const run = yield* Effect.forkChild(importYear)
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.interrupt(run)
      expect(bookmarks.get("2025")).toEqual({ offset: 2, stored: 2 })
      expect((yield* valueOf(importYear)).payload.stored).toBe(5)
      expect(pages).toEqual([0, 2, 2, 4])
    })
  )

  it.effect("begins at the start when another archive was interrupted", () =>
    Effect.gen(function* () {
      const { bookmarks, pages, services } = openArchive()
      bookmarks.set("2024", { offset: 4, stored: 4 })
      yield* importArchive("2025").pipe(Effect.provide(services))
      expect(pages).toEqual([0, 2, 4])
      expect(bookmarks.get("2024")).toEqual({ offset: 4, stored: 4 })
    })
  )
})

/** Takes in a stream for an hour, and gives what became of its windows. */
const takeIn = (
  arriving: Stream.Stream<Reading>,
  write?: Ledger["Service"]["write"]
): Effect.Effect<{ readonly endings: ReadonlyArray<string>; readonly asked: ReadonlyArray<string> }> => {
  const { asked, services } = openLedger(write)
  return Effect.gen(function* () {
    const outcomes = yield* valueOf(Stream.runCollect(consume(arriving)))
    const endings = outcomes.map(
      ({ _tag, payload }) => `${_tag} ${"stored" in payload ? payload.stored : payload.reason}`
    )
    return { endings, asked }
  }).pipe(Effect.provide(services))
}

const everySixSeconds = (...meters: ReadonlyArray<string>) =>
  Stream.fromIterable(readings(...meters)).pipe(
    Stream.tap(() => Effect.sleep("6 seconds")),
    Stream.rechunk(1)
  )

describe("an intake", () => {
  it.effect("stores four readings a window, and the rest in a last one", () =>
    Effect.gen(function* () {
      const { asked, endings } = yield* takeIn(
        Stream.fromIterable(readings("a", "b", "c", "d", "e", "f", "g", "h", "i"))
      )
      expect(endings).toEqual(["Stored 4", "Stored 4", "Stored 1"])
      expect(asked.map((entry) => entry.slice(-1)).join("")).toBe("abcdefghi")
    })
  )

  it.effect("stores what has come ten seconds after the first reading of a window", () =>
    Effect.gen(function* () {
      const { asked, endings } = yield* takeIn(everySixSeconds("a", "b", "c", "d", "e"))
      expect(endings).toEqual(["Stored 2", "Stored 2", "Stored 1"])
      expect(asked).toEqual(["16 a", "16 b", "28 c", "28 d", "30 e"])
    })
  )

  it.effect("stores no window in which nothing has come", () =>
    Effect.gen(function* () {
      expect(yield* takeIn(Stream.drain(Stream.fromEffect(Effect.sleep("1 minute"))))).toEqual({
        endings: [],
        asked: []
      })
    })
  )

  it.effect("skips up to half of a window, and says what", () =>
    Effect.gen(function* () {
      const { services } = openLedger(({ meter }) => (meter < "c" ? refused : Effect.void))
      expect(yield* intake.run(readings("a", "b", "c", "d")).pipe(Effect.provide(services))).toEqual({
        _tag: "Stored",
        payload: {
          stored: 2,
          skipped: [
            { reading: reading("a"), reason: "test" },
            { reading: reading("b"), reason: "test" }
          ]
        }
      })
    })
  )

  it.effect("halts above that, and lets the stream go", () =>
    Effect.gen(function* () {
      let isReleased = false
      const { services } = openLedger(({ meter }) => (Number(meter) > 8 ? refused : Effect.void))
      const endless = Stream.iterate(0, (n) => n + 1).pipe(
        Stream.map((n) => reading(String(n))),
        Stream.ensuring(
          Effect.sync(() => {
            isReleased = true
          })
        )
      )
      const outcomes = yield* Stream.runCollect(consume(endless)).pipe(Effect.provide(services))
      expect(outcomes.map(({ _tag }) => _tag)).toEqual(["Stored", "Stored", "Halted"])
      expect(outcomes.at(-1)?.payload).toEqual({ reason: "3 of 4 readings cannot be stored" })
      expect(isReleased).toBe(true)
    })
  )

  it.effect("stores one window at a time, while the next one fills", () =>
    Effect.gen(function* () {
      const { asked, services } = openLedger(() => Effect.sleep("8 seconds"))
      const meters = ["a", "b", "c", "d", "e", "f", "g", "h"]
      const run = yield* consume(Stream.fromIterable(readings(...meters))).pipe(
        Stream.runCount,
        Effect.provide(services),
        Effect.forkChild
      )
      yield* TestClock.adjust("16 seconds")
      expect(yield* ended(run)).toBe(2)
      expect(asked.map((entry) => entry.split(" ")[0])).toEqual(["0", "0", "0", "0", "8", "8", "8", "8"])
    })
  )
})

describe("the program", () => {
  const account = [
    "A batch:",
    "  dead letter: M-2, a meter does not run backwards",
    "  2 stored, 1 dead",
    "An import:",
    "  page at 0",
    "  page at 2",
    "  failed: the archive did not answer",
    "The import again:",
    "  page at 4",
    "  5 stored",
    "A stream:",
    "  3 stored, 1 skipped",
    "  1 stored, 0 skipped",
    "  2 stored, 0 skipped",
    "  halted: 2 of 2 readings cannot be stored"
  ]

  it.effect("stores a batch, an archive and a stream", () =>
    Effect.gen(function* () {
      yield* program
      expect(yield* TestConsole.logLines).toEqual(account)
    })
  )

  it("runs as a program of its own", () => {
    const register = new URL("../support/register.mjs", import.meta.url).href
    const main = fileURLToPath(new URL("../../examples/ingest/main.ts", import.meta.url))
    const output = execFileSync(process.execPath, ["--import", register, main], { encoding: "utf8" })
    expect(output.trimEnd().split("\n")).toEqual(account)
  })
})
