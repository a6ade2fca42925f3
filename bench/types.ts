/**
 * What a definition with all its handlers costs the compiler, from 10 to 800 states, on every supported TypeScript.
 *
 * `npm run bench:types` prints a table and writes the counts, which are repeatable, to `type-cost.json` beside this file, so
 * that a change of the types shows its cost in a diff. Seconds depend on the machine and are printed only.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { machineSource, type Variant } from "./machines.ts"

const root = join(import.meta.dirname, "..")
const sizes = [10, 50, 100, 200, 400, 800]
const compilers = { "5.9": "typescript59", "6.0": "typescript60", "7.0": "typescript" }

/** A consumer's project, which sees the built declarations only. */
const makeProject = (): string => {
  const project = mkdtempSync(join(tmpdir(), "sluice-types-"))
  mkdirSync(join(project, "node_modules"))
  for (const name of ["effect", "ts-pattern", "type-fest"]) {
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name))
  }
  symlinkSync(root, join(project, "node_modules/sluice"))
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    types: []
  }
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["machine.ts"] }))
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }))
  return project
}

interface Cost {
  readonly instantiations: number
  readonly seconds: number
}

const measure = (project: string, compiler: string): Cost => {
  const tsc = join(root, "node_modules", compiler, "bin/tsc")
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", project, "--extendedDiagnostics", "--pretty", "false"], {
    encoding: "utf8"
  })
  const figure = (name: string) => Number(new RegExp(`${name}:\\s+([\\d.]+)`).exec(stdout)?.[1])
  if (/error TS/.test(stdout) || !stdout.includes("Instantiations")) throw new Error(stdout.slice(0, 2000))
  return { instantiations: figure("Instantiations"), seconds: figure("Check time") }
}

const project = makeProject()
const counts: Record<string, Record<string, Record<number, number>>> = {}
for (const variant of ["plain", "effects"] satisfies ReadonlyArray<Variant>) {
  for (const [version, compiler] of Object.entries(compilers)) {
    for (const states of [1, ...sizes]) {
      writeFileSync(join(project, "machine.ts"), machineSource(states, variant))
      const { instantiations, seconds } = measure(project, compiler)
      counts[variant] ??= {}
      counts[variant][version] ??= {}
      counts[variant][version][states] = instantiations
      console.log(
        `${variant.padEnd(8)} TypeScript ${version} ${String(states).padStart(4)} states ${String(instantiations).padStart(9)} instantiations ${seconds.toFixed(2)} s`
      )
    }
  }
}
rmSync(project, { recursive: true })
writeFileSync(join(import.meta.dirname, "type-cost.json"), `${JSON.stringify(counts, null, 2)}\n`)
