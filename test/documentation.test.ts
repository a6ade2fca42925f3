/**
 * The documentation holds: every example in the README, in `docs` and in the doc comments of the sources compiles or fails as
 * it says, every public name is documented, and the reference says what its comments say.
 */
import { execFileSync } from "node:child_process"
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { readReference } from "../.ci/reference.ts"

const root = join(import.meta.dirname, "..")
const entry = join(root, "src/index.ts")
const scenarios = join(root, "src/testing/fastCheck.ts")

/** An example: the lines of a fenced block, with the number of the first. */
interface Block {
  readonly source: string
  readonly line: number
  readonly info: string
  readonly code: ReadonlyArray<string>
}

/** A text in which everything but doc comments is blank, so that line numbers stay what they are. */
const docComments = (text: string): string => {
  let inside = false
  return text
    .split("\n")
    .map((line) => {
      if (line.trimStart().startsWith("/**")) inside = true
      const comment = inside ? line.replace(/^\s*\* ?/, "") : ""
      if (line.includes("*/")) inside = false
      return comment
    })
    .join("\n")
}

const blocksOf = (source: string, text: string): ReadonlyArray<Block> =>
  [...text.matchAll(/^```(?<info>[^\n]+)\n(?<code>.*?)^```$/gms)].map(({ groups, index }) => ({
    source,
    line: text.slice(0, index).split("\n").length + 1,
    info: groups!.info!.trim(),
    code: groups!.code!.trimEnd().split("\n")
  }))

const reference = readReference()

const read = (path: string) => readFileSync(join(root, path), "utf8")

/** Shows that the compiler sees the blocks, and where: its second line is wrong. */
const probe = blocksOf("probe.md", '\n```ts\nconst right: number = 1\nconst wrong: number = "1"\n```\n')

const blocks = [
  // The examples of the reference are those of the doc comments.
  ...globSync(["README.md", "docs/*.md"], { cwd: root }).flatMap((path) => blocksOf(path, read(path))),
  ...globSync("src/**/*.ts", { cwd: root }).flatMap((path) => blocksOf(path, docComments(read(path))))
]
const examples = blocks.filter(({ info }) => info === "ts" || info === "ts error")

/** The correct block that a faulty one goes on from, unless it imports for itself. */
const contextOf = ({ code, info, line, source }: Block): Block | undefined =>
  info === "ts" || code.some((text) => text.startsWith("import "))
    ? undefined
    : examples.findLast((other) => other.source === source && other.info === "ts" && other.line < line)

/** What the documentation says the compiler says: the block of text right below a faulty example. */
const messageBelow = ({ code, line, source }: Block): string | undefined => {
  const below = blocks.find((other) => other.source === source && other.line > line)
  const near = below !== undefined && below.line <= line + code.length + 3
  return near && below.info === "text" ? below.code.join("\n") : undefined
}

/** A file in which every line of the blocks has the number that it has in its source. */
const fileOf = (parts: ReadonlyArray<Block>): string => {
  const lines: Array<string> = []
  for (const { code, line } of parts) lines.push(...Array.from({ length: line - 1 - lines.length }, () => ""), ...code)
  return `${lines.join("\n")}\nexport {}\n`
}

interface Diagnostic {
  readonly source: string
  readonly line: number
  readonly message: string
}

let diagnostics: ReadonlyMap<Block | undefined, ReadonlyArray<Diagnostic>>
const directory = mkdtempSync(join(tmpdir(), "sluice-documentation-"))

/** Compiles every block as a file of its own, all in one run of the compiler. */
const compile = (all: ReadonlyArray<Block>): typeof diagnostics => {
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"))
  writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module" }))
  const compilerOptions = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: {
      sluice: [entry],
      "sluice/testing/fast-check": [scenarios],
      "sluice/*": [join(root, "src/*.ts")]
    }
  }
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: ["blocks"] })
  )
  mkdirSync(join(directory, "blocks"))
  all.forEach((block, index) => {
    const context = contextOf(block)
    writeFileSync(join(directory, "blocks", `${index}.ts`), fileOf(context === undefined ? [block] : [context, block]))
  })
  const found = parse(runCompiler(directory)).map(({ source, ...rest }) => {
    const block = all[Number(/^blocks\/(\d+)\.ts$/.exec(source)?.[1])]
    return { block, source: block?.source ?? source, ...rest }
  })
  return new Map(
    [undefined, ...all].map((block) => [
      block,
      found.filter((one) => one.block === block).map(({ block: _, ...diagnostic }) => diagnostic)
    ])
  )
}

const runCompiler = (project: string): string => {
  const compiler = join(root, "node_modules/typescript/bin/tsc")
  try {
    return execFileSync(process.execPath, [compiler, "-p", ".", "--pretty", "false"], {
      cwd: project,
      encoding: "utf8"
    })
  } catch (error) {
    // It exits with an error when there are diagnostics, of which the probe makes sure.
    return (error as { readonly stdout: string }).stdout
  }
}

/** The compiler's output, taken apart at the lines that begin a diagnostic. */
const parse = (output: string): ReadonlyArray<Diagnostic> =>
  output
    .trimEnd()
    .split(/\n(?! )/)
    .map((text) => {
      const place = /^(?<source>[^(\n]+)\((?<line>\d+),\d+\): (?<message>.*)$/s.exec(text)?.groups
      return { source: place?.source ?? "", line: Number(place?.line ?? 0), message: place?.message ?? text }
    })

describe("an example", () => {
  beforeAll(() => {
    diagnostics = compile([...probe, ...examples])
  })

  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it("is seen by the compiler, under its own line", () => {
    expect(diagnostics.get(probe[0])).toEqual([
      { source: "probe.md", line: 4, message: "error TS2322: Type 'string' is not assignable to type 'number'." }
    ])
  })

  it("is of every kind, and says what the compiler says", () => {
    expect(new Set(examples.map(({ info, source }) => `${source} ${info}`))).toContain("README.md ts error")
    expect(new Set(examples.map(({ source }) => source))).toContain("src/definition/Definition.ts")
    expect(examples.filter((example) => messageBelow(example) !== undefined)).not.toEqual([])
  })

  it("is where every diagnostic is", () => {
    expect(diagnostics.get(undefined)).toEqual([])
  })

  it.each(examples.filter(({ info }) => info === "ts"))("compiles: $source:$line", (block) => {
    expect(diagnostics.get(block)).toEqual([])
  })

  it.each(examples.filter(({ info }) => info === "ts error"))(
    "does not compile, as it says: $source:$line",
    (block) => {
      const found = diagnostics.get(block)!
      const last = block.line + block.code.length - 1
      expect(found).not.toEqual([])
      expect(found.filter(({ line }) => line < block.line || line > last)).toEqual([])
      const message = messageBelow(block)
      if (message !== undefined) expect(found.map(({ message }) => message).join("\n")).toBe(message)
    }
  )
})

describe("a public name", () => {
  it("is found wherever it is exported from", () => {
    expect(reference.names.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "Workflow.define",
        "Workflow.type",
        "Join.partialTimeout",
        "Handler.Task",
        "Errors.StateTimeout",
        "sluice/testing.run",
        "sluice/testing/fast-check.scenarios"
      ])
    )
  })

  it.each(reference.names)("has a doc comment whose first sentence ends with a period: $name", ({ comment }) => {
    const [paragraph = ""] = comment.split("\n\n")
    expect(paragraph).toMatch(/^[A-Z`"].*?\.(\s|$)/s)
  })
})

describe("the reference", () => {
  it("has the pages that the doc comments make, and no other", () => {
    expect(globSync("*.md", { cwd: join(root, "docs/reference") }).sort()).toEqual(
      reference.pages.map(({ file }) => file).sort()
    )
  })

  it.each(reference.pages)(
    "is not older than the doc comments, or `npm run reference` makes it anew: $file",
    ({ file, text }) => {
      expect(read(`docs/reference/${file}`)).toBe(text)
    }
  )

  it("has every public name under a heading of its own", () => {
    for (const { name } of reference.names) {
      const title = name.slice(0, name.lastIndexOf("."))
      const { text } = reference.pages.find(({ text }) => text.startsWith(`# ${title}\n`))!
      expect(text).toMatch(new RegExp(`^###? ${name.slice(title.length + 1)}$`, "m"))
    }
  })
})
