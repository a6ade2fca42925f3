/**
 * Projects whose user runs the command: modules to load, and either the sources of the package, for a command within this
 * process, or the packed package with its command linked by npm.
 */
import { execFile, execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { format } from "node:util"
import { Console, Effect, Layer, Path, Runtime } from "effect"
import { CliOutput } from "effect/cli"
import { sluice } from "../../src/cli/command.ts"
import * as platform from "../../src/cli/platform.ts"
import { installed, makeProject } from "../types/project.ts"
import { modules } from "./modules.ts"

const path = (process.env.PATH ?? "").split(delimiter).filter((directory) => !directory.includes("node_modules"))

/** The Node of the machine, which may be as old as the package allows. */
export const own = path.map((directory) => join(directory, "node")).find((file) => existsSync(file))!

/** The Node that the package is developed with. */
export const recent = installed("node", "bin", "node")

/** Asks a Node for the value of an expression. */
export const ask = (node: string, expression: string): string =>
  execFileSync(node, ["-p", expression], { encoding: "utf8" }).trim()

const repository = fileURLToPath(new URL("../..", import.meta.url))

const writeModules = (project: string) => {
  mkdirSync(join(project, "other"))
  for (const [name, source] of Object.entries(modules)) writeFileSync(join(project, name), source)
  cpSync(join(repository, "examples/travel-booking"), join(project, "travel-booking"), { recursive: true })
}

/** Makes a project that has the sources of the package, and gives its path. Node loads it, by the name of its directory. */
export const makeSourceProject = (): string => {
  const project = realpathSync(mkdtempSync(join(tmpdir(), "sluice-command-")))
  const library = join(project, "node_modules", "sluice")
  mkdirSync(library, { recursive: true })
  symlinkSync(installed("effect"), join(project, "node_modules", "effect"), "dir")
  writeFileSync(
    join(library, "package.json"),
    JSON.stringify({ name: "sluice", type: "module", exports: "./index.js" })
  )
  writeFileSync(join(library, "index.js"), `export * from "${new URL("../../src/index.ts", import.meta.url)}"`)
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "shop", private: true, type: "module" }))
  writeModules(project)
  return project
}

/**
 * Makes a project that has the packed package, and gives its path. In its folder `other` is one more, with a copy of the
 * package for itself.
 */
export const makePackedProject = (): string => {
  const project = makeProject()
  writeModules(project)
  execFileSync("npm", ["rebuild", "--ignore-scripts", "sluice"], { cwd: project, stdio: "pipe" })
  const [own, other] = [join(project, "node_modules"), join(project, "other", "node_modules")]
  cpSync(own, other, { recursive: true, verbatimSymlinks: true })
  return project
}

/** What a process has left behind. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program in a project as a shell does, where `node` is the Node that is found. */
export const run = (
  node: string,
  cwd: string,
  program: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<Ended> =>
  new Promise((resolve) => {
    const PATH = [join(cwd, "node_modules", ".bin"), dirname(node), ...path].join(delimiter)
    const options = { cwd, env: { PATH, NO_COLOR: "1", ...env }, maxBuffer: 10_000_000 }
    const child = execFile(program, args, options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr })
    )
  })

/** Runs the command within this process, as if it had been started in a project. */
export const runHere = async (cwd: string, args: ReadonlyArray<string>): Promise<Ended> => {
  const written = { stdout: "", stderr: "" }
  const writeTo =
    (stream: keyof typeof written) =>
    (...values: ReadonlyArray<unknown>) => {
      written[stream] += `${format(...values)}\n`
    }
  const paths = Layer.effect(
    Path.Path,
    Effect.map(Path.Path, (path) => ({ ...path, resolve: (...segments) => path.resolve(cwd, ...segments) }))
  )
  const plain = CliOutput.layer(CliOutput.defaultFormatter({ colors: false }))
  const exit = await sluice(args).pipe(
    Effect.provide(Layer.mergeAll(platform.layer, plain, Layer.provide(paths, Path.layer))),
    Effect.provideService(Console.Console, { ...console, log: writeTo("stdout"), error: writeTo("stderr") }),
    Effect.runPromiseExit
  )
  const code = await new Promise<number>((resolve) => Runtime.defaultTeardown(exit, resolve))
  return { code, ...written }
}
