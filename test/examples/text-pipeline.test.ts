/** The text pipeline: a report, each rejection, one handler at a time, and the program. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, FileSystem, PlatformError } from "effect"
import { TestConsole } from "effect/testing"
import { program, report, textPipeline } from "../../examples/text-pipeline/text-pipeline.ts"

const file = (text: string) => FileSystem.layerNoop({ readFileString: () => Effect.succeed(text) })

const noFile = FileSystem.layerNoop({
  readFileString: (path) =>
    Effect.fail(
      PlatformError.systemError({
        _tag: "NotFound",
        module: "FileSystem",
        method: "readFileString",
        pathOrDescriptor: path
      })
    )
})

const good = (count: number) => Array.from({ length: count }, () => "The cat and the dog")

describe("text pipeline", () => {
  it.effect("reports on all paragraphs that can be counted", () =>
    Effect.gen(function* () {
      const text = ["The cat’s hat.", "A cat, a CAT!", ...good(5)].join("\n\n")
      expect(yield* textPipeline.run("cats.txt").pipe(Effect.provide(file(text)))).toEqual({
        _tag: "Report",
        payload: {
          paragraphs: 7,
          words: 32,
          distinct: 7,
          longest: "cat’s",
          frequent: [
            { word: "the", count: 11 },
            { word: "cat", count: 7 },
            { word: "and", count: 5 },
            { word: "dog", count: 5 },
            { word: "a", count: 2 }
          ],
          uncounted: []
        }
      })
    })
  )

  it.effect("tolerates few paragraphs that cannot be counted, and says which", () =>
    Effect.gen(function* () {
      const text = [...good(6), "* * *", ...good(6), "br\uFFFDk\uFFFDn"].join("\n\n")
      const { _tag, payload } = yield* textPipeline.run("text.txt").pipe(Effect.provide(file(text)))
      expect(_tag).toBe("Report")
      expect(payload.uncounted).toMatchObject([
        { paragraph: 7, error: { _tag: "NoWords" } },
        { paragraph: 14, error: { _tag: "Damaged", characters: 2 } }
      ])
    })
  )

  it.effect("rejects a text with too many of them", () =>
    Effect.gen(function* () {
      const text = [...good(2), "* * *", "\uFFFD"].join("\n\n")
      const outcome = yield* textPipeline.run("text.txt").pipe(Effect.provide(file(text)))
      expect(outcome).toMatchObject({
        _tag: "Rejected",
        payload: {
          reason: "State 'Count' tolerates 0 failed branches: 1 failed\n  - item 2: NoWords: there is no word in it",
          uncounted: [{ paragraph: 3, error: { _tag: "NoWords" } }]
        }
      })
    })
  )

  it.effect.each(["", " \n\n \n"])("rejects a text without paragraphs %#", (text) =>
    Effect.gen(function* () {
      expect(yield* textPipeline.run("empty.txt").pipe(Effect.provide(file(text)))).toEqual({
        _tag: "Rejected",
        payload: { reason: "the text is empty", uncounted: [] }
      })
    })
  )

  it.effect("rejects a file that is not there, and prints it", () =>
    Effect.gen(function* () {
      const outcome = yield* report("gone.txt").pipe(Effect.provide(noFile))
      expect(outcome).toMatchObject({ _tag: "Rejected", payload: { uncounted: [] } })
      expect(yield* TestConsole.logLines).toEqual([expect.stringMatching(/^rejected: NotFound.*gone\.txt/)])
    })
  )
})

describe("a step of the text pipeline", () => {
  it.effect("splits a text into its paragraphs", () =>
    Effect.gen(function* () {
      const text = "One\ntwo.\n\n\n \nThree.\n"
      expect(yield* textPipeline.step("Read", "text.txt").pipe(Effect.provide(file(text)))).toEqual({
        _tag: "Count",
        payload: ["One\ntwo.", "Three.\n"]
      })
    })
  )

  it.effect("counts each paragraph by itself, in order", () =>
    Effect.gen(function* () {
      const step = textPipeline.step("Count", ["so so", "a constructor"]).pipe(Effect.provide(noFile))
      const paragraphs: ReadonlyArray<Record<string, number>> = [{ so: 2 }, { a: 1, constructor: 1 }]
      expect(yield* step).toEqual({ _tag: "Merge", payload: { paragraphs, uncounted: [] } })
    })
  )

  it.effect("merges what was counted", () =>
    Effect.gen(function* () {
      const step = textPipeline.step("Merge", { paragraphs: [{ a: 1, bee: 2 }, { a: 2 }], uncounted: [] })
      expect(yield* step.pipe(Effect.provide(noFile))).toMatchObject({
        _tag: "Report",
        payload: {
          paragraphs: 2,
          words: 5,
          distinct: 2,
          longest: "bee",
          frequent: [
            { word: "a", count: 3 },
            { word: "bee", count: 2 }
          ]
        }
      })
    })
  )
})

describe("the program", () => {
  const lines = [
    "1270 words in 17 paragraphs, 436 of them distinct",
    "the longest: waistcoat-pocket",
    "the most frequent: the (59), to (42), she (42), it (40), was (37)",
    "paragraph 11 is not counted: 6 of its characters are lost",
    "paragraph 17 is not counted: there is no word in it"
  ]

  it.effect("reports on the opening of the book", () =>
    Effect.gen(function* () {
      yield* program.pipe(Effect.provide(NodeServices.layer))
      expect((yield* TestConsole.logLines).join("\n")).toBe(lines.join("\n"))
    })
  )

  it("runs as a program of its own", () => {
    const register = new URL("../support/register.mjs", import.meta.url).href
    const main = fileURLToPath(new URL("../../examples/text-pipeline/main.ts", import.meta.url))
    const output = execFileSync(process.execPath, ["--import", register, main], { encoding: "utf8" })
    expect(output.trimEnd().split("\n")).toEqual(lines)
  })
})
