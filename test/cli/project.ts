/**
 * A project whose user runs the command: the packed package, its command linked by npm, and modules to load.
 */
import { execFile, execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
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

/**
 * Makes the project and gives its path. In its folder `other` is one more, with a copy of the package for itself, and
 * with the package that draws SVG.
 */
export const makeCommandProject = (): string => {
  const project = makeProject()
  const other = join(project, "other")
  mkdirSync(other)
  for (const [name, source] of Object.entries(modules)) writeFileSync(join(project, name), source)
  const example = fileURLToPath(new URL("../../examples/travel-booking", import.meta.url))
  cpSync(example, join(project, "travel-booking"), { recursive: true })
  execFileSync("npm", ["rebuild", "--ignore-scripts", "sluice"], { cwd: project, stdio: "pipe" })
  cpSync(join(project, "node_modules"), join(other, "node_modules"), { recursive: true, verbatimSymlinks: true })
  symlinkSync(installed("@hpcc-js"), join(other, "node_modules", "@hpcc-js"), "dir")
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
