/**
 * Sells the impressions of one request file after another, and says how it went.
 */
import { basename } from "node:path"
import { Clock, Console, Data, Effect, Fiber, FileSystem, Layer, Queue, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { Timeline } from "sluice"
import { type Bidder, Bidders } from "./bidders.ts"
import { adExchange } from "./handlers.ts"
import { parseRequest } from "./parse.ts"
import { Partners } from "./partners.ts"
import { makeFolder, nameItems, writePictures } from "./pictures.ts"
import { accountOf, linesOf, malformedRow, rowOf } from "./report.ts"
import { Devices, Geo, Profiles, Sites, Tracking } from "./services.ts"

/** A file that is no bid request, or cannot be read. */
export class MalformedRequest extends Data.TaggedError("MalformedRequest")<{
  readonly file: string
  readonly issue: string
}> {
  override get message(): string {
    return `${this.file} is no bid request: ${this.issue}`
  }
}

const readRequest = Effect.fnUntraced(
  function* (file: string) {
    const { readFileString } = yield* FileSystem.FileSystem
    return yield* parseRequest(yield* readFileString(file))
  },
  (effect, file) => Effect.mapError(effect, ({ message }) => new MalformedRequest({ file, issue: message }))
)

/** What the program does besides trading. */
export interface ProgramOptions {
  /** The folder for pictures of all runs. */
  readonly pictures?: string | undefined
}

/** Runs the workflow for one file, printing what happens as it happens. */
const trade = Effect.fnUntraced(function* (file: string, { pictures }: ProgramOptions) {
  const request = yield* readRequest(file)
  const { notices, partners, settled } = yield* Bidders
  const { notified } = yield* Partners
  const start = yield* Clock.currentTimeMillis
  const handle = yield* adExchange.fork(request)
  const events = yield* handle.events.pipe(
    Stream.tap((event) => Effect.forEach(linesOf(event, partners, start), (line) => Console.log(line))),
    Stream.runCollect
  )
  const outcome = yield* Fiber.join(handle.fiber)
  const ms = (yield* Clock.currentTimeMillis) - start
  const asked = events.filter((event) => event._tag === "BranchStarted" && event.state === "RequestBids").length
  // A closed connection takes a moment to be noticed on the other side.
  const seen = yield* Queue.takeN(settled, asked).pipe(
    Effect.timeoutOrElse({ duration: "1 second", orElse: () => Queue.clear(settled) })
  )
  yield* notified
  const row = rowOf(basename(file), outcome, events, seen, ms)
  yield* Console.log(accountOf(row, yield* Queue.clear(notices)))
  const run = nameItems(events, partners)
  if (pictures !== undefined) yield* writePictures(pictures, basename(file, ".json"), run)
  return { row, run }
}, Effect.scoped)

/** Trades every file in turn; a malformed one does not keep the others from running. */
export const program = Effect.fnUntraced(function* (files: ReadonlyArray<string>, options: ProgramOptions = {}) {
  if (options.pictures !== undefined) yield* makeFolder(options.pictures)
  const trades = yield* Effect.forEach(files, (file) =>
    Console.log(`\n${file}`).pipe(
      Effect.andThen(trade(file, options)),
      Effect.catchTag("MalformedRequest", (error) =>
        Effect.as(Console.error(error.message), { row: malformedRow(basename(file), error.issue), run: [] })
      )
    )
  )
  // They are much alike: one is enough for a screen.
  const traded = trades.findLast(({ run }) => run.length > 0)
  if (traded !== undefined) yield* Console.log(`\n${traded.row.request}\n${Timeline.text(traded.run)}\n`)
  const rows = trades.map(({ row }) => row)
  yield* Console.table(rows)
  const tracked = yield* Tracking.use(({ events }) => events)
  const revenue = tracked.reduce((sum, event) => sum + (event.kind === "sale" ? event.price : 0), 0)
  yield* Console.log(`revenue per thousand of each impression: ${revenue.toFixed(4)} USD`)
  return rows
})

/** Everything the exchange needs, with bidders to trade with. */
export const live = (bidders: ReadonlyArray<Bidder>) =>
  Layer.mergeAll(
    Sites.layer,
    Profiles.layer,
    Geo.layer,
    Devices.layer,
    Tracking.layer,
    Layer.unwrap(Bidders.useSync(({ partners }) => Partners.layer(partners)))
  ).pipe(Layer.provideMerge(Bidders.layer(bidders)), Layer.provide(FetchHttpClient.layer))
