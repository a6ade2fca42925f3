/**
 * A project as a user of the library has it: the packed library in `node_modules`, and the compilers to check it
 * with.
 */
import { execFile, execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { inject } from "vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** The directory of the type tests. */
export const here = fileURLToPath(new URL(".", import.meta.url))

/** The compilers by version, as the directories they are installed under. */
export const compilers = { "5.9": "typescript59", "6.0": "typescript60", "7.0": "typescript" } as const

export type Compiler = keyof typeof compilers

/** A file of a compiler's or a dependency's package. */
export const installed = (...path: ReadonlyArray<string>): string => join(root, "node_modules", ...path)

/** Makes the project in a new temporary directory and gives its path. */
export const makeProject = (): string => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "sluice-types-")))
  const library = join(directory, "node_modules", "sluice")
  mkdirSync(join(library, "node_modules"), { recursive: true })
  execFileSync("tar", ["xzf", inject("packed"), "--strip-components=1", "-C", library])
  // What the library depends on is its own: a user's declarations cannot refer to it.
  symlinkSync(installed("type-fest"), join(library, "node_modules", "type-fest"), "dir")
  for (const name of ["effect", "fast-check", "ts-pattern"]) {
    symlinkSync(installed(name), join(directory, "node_modules", name), "dir")
  }
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "shop", private: true, type: "module" }))
  return directory
}

/** The options of every compilation here. */
export const compilerOptions = {
  target: "es2023",
  lib: ["es2023", "dom"],
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  isolatedModules: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  types: []
}

export interface Diagnostic {
  readonly file: string
  readonly line: number
  readonly code: string
  /** The message, one element a line. */
  readonly text: ReadonlyArray<string>
}

/** Compiles directories of a project in one process. */
export const compile = async (
  compiler: Compiler,
  project: string,
  include: ReadonlyArray<string>,
  options: object = { noEmit: true }
): Promise<ReadonlyArray<Diagnostic>> => {
  const config = `tsconfig.${compiler}.json`
  writeFileSync(
    join(project, config),
    JSON.stringify({ compilerOptions: { ...compilerOptions, rootDir: ".", ...options }, include })
  )
  const tsc = installed(compilers[compiler], "bin", "tsc")
  const output = await new Promise<string>((resolve, reject) =>
    // The exit code says no more than the output does, unless there is none.
    execFile(process.execPath, [tsc, "-p", config, "--pretty", "false"], { cwd: project }, (error, stdout) =>
      error !== null && stdout === "" ? reject(error) : resolve(stdout)
    )
  )
  return parse(output)
}

const parse = (output: string): ReadonlyArray<Diagnostic> => {
  const diagnostics: Array<Diagnostic & { text: Array<string> }> = []
  for (const line of output.split(/\r?\n/).filter((line) => line !== "")) {
    const head = /^(.+?)\((\d+),\d+\): error (TS\d+): (.*)$/.exec(line)
    if (head !== null) {
      const [, file = "", number, code = "", text = ""] = head
      diagnostics.push({ file, line: Number(number), code, text: [text] })
    } else if (line.startsWith(" ")) diagnostics.at(-1)?.text.push(line)
    else throw new Error(`The compiler failed: ${line}`)
  }
  return diagnostics
}

/** The names of the files in a directory of the type tests. */
export const filesIn = (directory: string): ReadonlyArray<string> => readdirSync(join(here, directory)).sort()

const linesOf = (file: string): ReadonlyArray<string> => readFileSync(join(here, file), "utf8").split("\n")

/**
 * The lines that must be refused, each with the texts that its messages must contain. They are marked by
 * `// expect: 'one', "another"`, at the end of the line or on a line of its own before it.
 */
const marksOf = (file: string): ReadonlyMap<number, ReadonlyArray<string>> =>
  new Map(
    linesOf(file).flatMap((line, index) => {
      const mark = /\/\/ expect: (.*)$/.exec(line)
      if (mark === null) return []
      const texts = [...(mark[1] ?? "").matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, one, two]) => one ?? two ?? "")
      return [[line.trimStart().startsWith("//") ? index + 2 : index + 1, texts]]
    })
  )

/** What would print a builder, or a definition with its whole table, in a message. */
const graph = /Builder<|Definition<|(State|Exit)<"/

/** What is wrong with a message itself. */
export const faultsOf = ({ code, line, text }: Diagnostic): ReadonlyArray<string> => {
  const message = `line ${line}: ${code}: ${text.join("\n")}`
  return [
    ...(text.length > 5 ? [`over five lines: ${message}`] : []),
    ...(graph.test(message) ? [`spells out the graph: ${message}`] : [])
  ]
}

/** In what the diagnostics of a file differ from its marks; nothing when they are as they should be. */
export const problemsOf = (file: string, all: ReadonlyArray<Diagnostic>): ReadonlyArray<string> => {
  const marks = marksOf(file)
  const diagnostics = all.filter((diagnostic) => diagnostic.file === file)
  return [
    ...diagnostics.flatMap((diagnostic) => [
      ...(marks.has(diagnostic.line)
        ? []
        : [`unexpected: line ${diagnostic.line}: ${diagnostic.code}: ${diagnostic.text.join("\n")}`]),
      ...faultsOf(diagnostic)
    ]),
    ...[...marks].flatMap(([line, texts]) => {
      const found = diagnostics.filter((diagnostic) => diagnostic.line === line)
      if (found.length === 0) return [`line ${line}: no error`]
      const messages = found.map(({ text }) => text.join("\n")).join("\n")
      return texts.filter((text) => !messages.includes(text)).map((text) => `line ${line}: no ${text} in: ${messages}`)
    })
  ]
}

/** The diagnostics of all files as one text to read. */
export const transcript = (files: ReadonlyArray<string>, all: ReadonlyArray<Diagnostic>): string =>
  files
    .map((file) => {
      const lines = linesOf(file)
      const messages = all
        .filter((diagnostic) => diagnostic.file === file)
        .map(({ code, line, text }) => `${line}: ${lines[line - 1]?.trim()}\n${code}: ${text.join("\n")}\n`)
      return [`# ${file}\n`, ...messages].join("\n")
    })
    .join("\n")
