/**
 * Word statistics of a text: one worker a paragraph, four at a time, and a report that says which paragraphs are not in it.
 *
 * The text is the opening of Lewis Carroll's "Alice's Adventures in Wonderland", abridged. Two of its paragraphs cannot be
 * counted: a row of asterisks, and one that was damaged on its way here.
 */
import { fileURLToPath } from "node:url"
import { Array, Console, Effect, FileSystem, Function, Number, Order, Record, Schema } from "effect"
import { Join, Workflow } from "sluice"
import { match } from "ts-pattern"

class NoWords extends Schema.TaggedError<NoWords>()("NoWords", {}) {
  override readonly message = "there is no word in it"
}

class Damaged extends Schema.TaggedError<Damaged>()("Damaged", { characters: Schema.Int }) {
  override get message() {
    return `${this.characters} of its characters are lost`
  }
}

const Counts = Schema.Record(Schema.String, Schema.Int)
const Uncounted = Schema.Struct({ paragraph: Schema.Int, error: Schema.Union([NoWords, Damaged]) })
const Counted = Schema.Struct({ paragraphs: Schema.Array(Counts), uncounted: Schema.Array(Uncounted) })
const Rejection = Schema.Struct({ reason: Schema.String, uncounted: Schema.Array(Uncounted) })
const Statistics = Schema.Struct({
  paragraphs: Schema.Int,
  words: Schema.Int,
  distinct: Schema.Int,
  longest: Schema.String,
  frequent: Schema.Array(Schema.Struct({ word: Schema.String, count: Schema.Int })),
  uncounted: Schema.Array(Uncounted)
})

export class TextPipeline extends Workflow.define("TextPipeline")
  .state("Read", Schema.String, ["Count", "Rejected"])
  .state("Count", Schema.NonEmptyArray(Schema.String), ["Merge", "Rejected"])
  .state("Merge", Counted, ["Report"])
  .exit("Report", Statistics)
  .exit("Rejected", Rejection)
  .start("Read") {}

const Read = TextPipeline.task("Read", function* ({ payload, to }) {
  const text = yield* FileSystem.FileSystem.use((_) => _.readFileString(payload))
  const paragraphs = text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== "")
  return Array.isArrayNonEmpty(paragraphs)
    ? to.Count(paragraphs)
    : to.Rejected({ reason: "the text is empty", uncounted: [] })
}).catchTag("PlatformError", ({ error, to }) => to.Rejected({ reason: error.message, uncounted: [] }))

const countWords = Effect.fn("countWords")(function* (paragraph: string) {
  const characters = paragraph.match(/\uFFFD/g)?.length ?? 0
  if (characters > 0) return yield* new Damaged({ characters })
  const words = paragraph.toLowerCase().match(/\p{L}+(?:[’'-]\p{L}+)*/gu) ?? []
  if (words.length === 0) return yield* new NoWords()
  return Record.map(Array.groupBy(words, Function.identity), (same) => same.length)
})

const numbered = <E>(failures: ReadonlyArray<{ readonly index: number; readonly error: E }>) =>
  failures.map(({ error, index }) => ({ paragraph: index + 1, error }))

const Count = TextPipeline.forEach(
  "Count",
  ({ payload }) => payload,
  ({ item }) => countWords(item),
  { concurrency: 4 }
)
  .join(Join.tolerate({ rate: 0.15 }), ({ results, to }) =>
    to.Merge({
      paragraphs: results.successes.map(({ value }) => value),
      uncounted: numbered(results.failures)
    })
  )
  .catchTag("ToleranceExceeded", ({ error, to }) =>
    to.Rejected({ reason: error.message, uncounted: numbered(error.failures) })
  )

const byCount = Order.mapInput(Order.flip(Order.Number), (entry: { readonly count: number }) => entry.count)
const byLength = Order.mapInput(Order.Number, (word: string) => word.length)

export const textPipeline = TextPipeline.implement({
  Read,
  Count,
  Merge: TextPipeline.route("Merge", ({ payload: { paragraphs, uncounted }, to }) => {
    const counts = Array.reduce(paragraphs, Record.empty<string, number>(), (all, some) =>
      Record.union(all, some, Number.sum)
    )
    const words = Object.keys(counts)
    const entries = Object.entries(counts).map(([word, count]) => ({ word, count }))
    return to.Report({
      paragraphs: paragraphs.length,
      words: Number.sumAll(Object.values(counts)),
      distinct: words.length,
      longest: Array.isArrayNonEmpty(words) ? Array.max(words, byLength) : "",
      frequent: Array.take(Array.sort(entries, byCount), 5),
      uncounted
    })
  })
})

/** Counts the words of a file, and prints what came of it. */
export const report = Effect.fn("report")(function* (path: string) {
  const outcome = yield* textPipeline.run(path)
  yield* Console.log(
    match(outcome)
      .with({ _tag: "Report" }, ({ payload: { distinct, frequent, longest, paragraphs, words } }) =>
        [
          `${words} words in ${paragraphs} paragraphs, ${distinct} of them distinct`,
          `the longest: ${longest}`,
          `the most frequent: ${frequent.map(({ count, word }) => `${word} (${count})`).join(", ")}`
        ].join("\n")
      )
      .with({ _tag: "Rejected" }, ({ payload }) => `rejected: ${payload.reason}`)
      .exhaustive()
  )
  for (const { error, paragraph } of outcome.payload.uncounted) {
    yield* Console.log(`paragraph ${paragraph} is not counted: ${error.message}`)
  }
  return outcome
})

export const program = report(fileURLToPath(new URL("alice.txt", import.meta.url)))
