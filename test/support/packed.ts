/** Packs the package, once for all tests that need it, unless `SLUICE_PACKAGE` names the archive already. */
import { execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    /** The archive of the package, as it is published. */
    readonly packed: string
  }
}

const root = join(import.meta.dirname, "../..")

/** What is no source, so that everything in the archive is built anew. */
const others = ["node_modules", "dist", ".git", "coverage"]

/** Packs a copy, so that the build of the project itself stays what it is. */
const pack = (directory: string): string => {
  const copy = join(directory, "copy")
  cpSync(root, copy, { recursive: true, filter: (path) => !others.includes(basename(path)) })
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir")
  execFileSync("npm", ["pack", "--pack-destination", directory], { cwd: copy, stdio: "pipe" })
  const archive = readdirSync(directory).find((name) => name.endsWith(".tgz"))
  if (archive === undefined) throw new Error("npm packed nothing")
  return join(directory, archive)
}

export default (project: TestProject) => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "sluice-packed-")))
  project.provide("packed", process.env.SLUICE_PACKAGE ?? pack(directory))
  return () => rmSync(directory, { recursive: true })
}
