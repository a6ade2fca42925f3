/**
 * The command `sluice` as a user has it: of the packed package, each time a process of its own. What Node has a part in is
 * seen on the Node of the machine and on a recent one; all else is in `command.test.ts`.
 */
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Diagram } from "sluice"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { trip } from "../../examples/travel-booking/trip.ts"
import { ask, makePackedProject, own, recent, run } from "./project.ts"

let project: string
beforeAll(() => {
  project = makePackedProject()
}, 60_000)
afterAll(() => rmSync(project, { recursive: true }))

/** The path of a file of the project. */
const at = (path: string) => join(project, path)

/** Nothing but what is wrong; `%` is the project. */
const failure = (message: string) => ({
  code: 1,
  stdout: "",
  stderr: `\nERROR\n  ${message.replaceAll("%", project)}\n`
})

/** Runs a line of a shell; its exit code is that of the first command of a pipe that fails. */
const shell = (node: string, line: string) => run(node, project, "bash", ["--norc", "-c", `set -o pipefail; ${line}`])

describe.concurrent("the command", () => {
  it("is what npx runs", async () => {
    const env = { npm_config_update_notifier: "false", npm_config_cache: at("cache") }
    const { code, stderr, stdout } = await run(own, project, "npx", ["--no-install", "sluice", "--version"], env)
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toMatch(/^sluice v\d+\.\d+\.\d+\n$/)
  })

  it("completes subcommands, flags, their values and files in bash", async () => {
    const { code, stderr, stdout } = await run(own, project, "bash", ["--norc", "-c", completions])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout.split("\n")).toEqual([
      "diagram check",
      "--timeout --export --format --out",
      "mermaid dot svg json",
      "two.mjs",
      ""
    ])
  })

  it("knows the workflows of another copy of the package, and which definition is whose", async () => {
    expect(await run(own, project, "sluice", ["check", "other/checkout.mjs"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("implemented by checkout")
    })
  })

  it("says which package is missing that draws SVG", async () => {
    expect(await run(own, project, "sluice", ["diagram", "checkout.mjs", "--out", "missing.svg"])).toEqual(
      failure("The package '@hpcc-js/wasm-graphviz', which draws SVG, could not be loaded: is it installed?")
    )
    expect(existsSync(at("missing.svg"))).toBe(false)
  })

  it("ends though a module would never be loaded", async () => {
    const { code, stderr } = await run(own, project, "sluice", ["check", "never.mjs", "--timeout", "100 millis"])
    expect(code).toBe(1)
    expect(stderr).toContain(`'${at("never.mjs")}' is not loaded after 100ms`)
  })
})

/** Completes some beginnings of lines, as bash does when Tab is pressed. */
const completions = `
eval "$(sluice --completions bash)"
complete_line() {
  COMP_LINE="$*"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
  _sluice sluice "\${@: -1}" "\${@: -2:1}"
  echo "\${COMPREPLY[*]}"
}
complete_line sluice ""
complete_line sluice diagram --
complete_line sluice diagram --format ""
complete_line sluice check tw
`

describe.concurrent.each([own, recent].map((node) => ({ node, release: ask(node, "process.version") })))(
  "on Node $release",
  ({ node, release }) => {
    const sluice = (...args: ReadonlyArray<string>) => run(node, project, "sluice", args)

    it("knows the export of a CommonJS module", async () => {
      const { code, stdout } = await sluice("check", "common.cjs")
      expect(code).toBe(0)
      expect(stdout.match(/^\S.*$/gm)).toEqual(["default (definition 'Old'): 1 state, 1 exit, 1 edge"])
    })

    it("writes all of what a pipe takes slowly, and ends though the module would go on", async () => {
      const { code, stdout } = await shell(node, "sluice diagram large.mjs --format json | (sleep 1; cat)")
      expect(code).toBe(0)
      expect(JSON.parse(stdout).places).toHaveLength(2_001)
    })

    it("fails when nobody reads what it writes", async () => {
      const pipe = at(`pipe-${release}`)
      // The only reader is closed before the command begins.
      const { code, stderr } = await shell(
        node,
        `mkfifo ${pipe}; exec 3<>${pipe} 4>${pipe} 3>&-; sluice check two.mjs >&4`
      )
      expect({ code, stderr }).toEqual({ code: 1, stderr: "The standard output could not be written: write EPIPE\n" })
    })

    it.each([
      [
        "trap.mjs",
        `WorkflowDefinitionError: Workflow 'Trap' is not sound:
    - state 'Check' has the target 'Typo', which is not declared
    - no exit can be reached from state 'Retry'
  at file://%/trap.mjs:9:4`
      ],
      [
        "no-name.mjs",
        "SyntaxError: The requested module './two.mjs' does not provide an export named 'Nobody'\n  at file://%/no-name.mjs:1"
      ]
    ])("says why a module does not load, and where it says so: %s", async (file, issue) => {
      expect(await sluice("check", file)).toEqual(failure(`'%/${file}' could not be loaded:\n  ${issue}`))
    })

    it("does not take the end of the process for a success", async () => {
      expect(await sluice("check", "ends.mjs")).toEqual({
        code: 1,
        stdout: "",
        stderr: `'${at("ends.mjs")}' ended the process while it was loaded\n`
      })
    })
  }
)

describe.skipIf(!existsSync("/dev/full"))("a full disk", () => {
  const full = "could not be written: ENOSPC: no space left on device, write\n"

  it.each(["diagram checkout.mjs", "--help"])("is not taken for a success: %s", async (args) => {
    expect(await shell(recent, `sluice ${args} > /dev/full`)).toEqual({
      code: 1,
      stdout: "",
      stderr: `The standard output ${full}`
    })
  })

  it("is not taken for a success by --out", async () => {
    const { code, stderr } = await shell(recent, "sluice diagram checkout.mjs --format json --out /dev/full")
    expect({ code, stderr }).toEqual({ code: 1, stderr: `\nERROR\n  '/dev/full' ${full}` })
  })
})

describe.concurrent("TypeScript", () => {
  const strip = { NODE_OPTIONS: "--no-experimental-strip-types" }
  const unable = [
    { node: own, env: {} },
    { node: recent, env: strip }
  ]
    // The machine may have a recent Node of its own.
    .filter(({ env, node }) => env === strip || ask(node, "process.features.typescript") !== "strip")
    .map((one) => ({ ...one, release: ask(one.node, "process.version") }))

  it("is loaded by a Node that strips types", async () => {
    expect(await run(recent, project, "sluice", ["diagram", "travel-booking/trip.ts"])).toEqual({
      code: 0,
      stdout: Diagram.mermaid(trip),
      stderr: ""
    })
  })

  it.each(unable)("is refused by one that does not, with what to do: $release", async ({ env, node, release }) => {
    expect(await run(node, project, "sluice", ["check", "travel-booking/trip.ts"], env)).toEqual(
      failure(`'%/travel-booking/trip.ts' could not be loaded:
  TypeError: Unknown file extension ".ts" for %/travel-booking/trip.ts
  Node ${release} does not run TypeScript: use 22.18 or later, or compile it first`)
    )
  })
})
