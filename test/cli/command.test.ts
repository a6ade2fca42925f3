/**
 * The command `sluice` as a user has it: of the packed package, and each time a process of its own. What Node has a part in
 * is seen on the Node of the machine and on a recent one.
 */
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Diagram } from "sluice"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { trip } from "../../examples/travel-booking/trip.ts"
import { readSvg } from "../diagram/read.ts"
import { ask, makeCommandProject, own, recent, run } from "./project.ts"

let project: string
beforeAll(() => {
  project = makeCommandProject()
}, 60_000)
afterAll(() => rmSync(project, { recursive: true }))

/** The path of a file of the project. */
const at = (path: string) => join(project, path)

/** Runs the command on the Node of the machine. */
const sluice = (...args: ReadonlyArray<string>) => run(own, project, "sluice", args)

/** What was asked for, and nothing else. */
const success = (stdout: string) => ({ code: 0, stdout, stderr: "" })

/** Nothing but what is wrong; `%` is the project. */
const failure = (message: string) => ({
  code: 1,
  stdout: "",
  stderr: `\nERROR\n  ${message.replaceAll("%", project)}\n`
})

const flagsIn = (help: string) => [...help.matchAll(/^ {2}--(\w+)/gm)].map(([, flag]) => flag)

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"))

const checkout = `---
title: "Checkout"
---
flowchart TB
  to_Check((" ")):::start
  Check("Check<br/>split: fraud, shelf<br/>join partialTimeout 3s, timeout 100ms")
  Charge("Charge")
  Paid(["Paid"]):::exit
  Declined(["Declined"]):::exit
  to_Check --> Check
  Check --> Charge
  Check --> Declined
  Charge --> Paid
  classDef start fill:#888,stroke:#888
  classDef exit stroke-width:4px
`

describe.concurrent("the command", () => {
  it("is what npx runs, and tells its version", async () => {
    const env = { npm_config_update_notifier: "false", npm_config_cache: at("cache") }
    expect(await run(own, project, "npx", ["--no-install", "sluice", "--version"], env)).toEqual(
      success(`sluice v${version}\n`)
    )
  })

  it("says what it can do", async () => {
    const { code, stderr, stdout } = await sluice("--help")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toMatch(/^ {2}diagram +Draws .*\n {2}check +Says /m)
    expect(flagsIn(stdout)).toEqual(["help", "version", "completions"])
  })

  it("says how to draw", async () => {
    const { code, stderr, stdout } = await sluice("diagram", "--help")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toContain("sluice diagram [flags] <file>")
    expect(flagsIn(stdout)).toEqual(["export", "format", "out", "help", "version", "completions"])
  })

  it.each([
    ["draw", `Unknown subcommand "draw" for "sluice"`],
    ["diagram", "Missing required argument: file"],
    ["check two.mjs --out two.svg", "Unrecognized flag: --out in command sluice check"],
    ["diagram two.mjs --format png", `Invalid value for flag --format: "png". Expected: "mermaid" | "dot"`]
  ])("refuses: %s", async (args, message) => {
    const { code, stderr } = await sluice(...args.split(" "))
    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })

  it("completes subcommands, flags, their values and files in bash", async () => {
    const { code, stderr, stdout } = await run(own, project, "bash", ["--norc", "-c", completions])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout.split("\n")).toEqual([
      "diagram check",
      "--export --format --out",
      "mermaid dot svg json",
      "two.mjs",
      ""
    ])
  })

  it("has completions for other shells", async () => {
    const { code, stderr, stdout } = await sluice("--completions", "zsh")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toMatch(/^#compdef sluice\n[\s\S]*diagram[\s\S]*mermaid/)
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

describe.concurrent("diagram", () => {
  it("draws a definition when asked to, though there is its workflow", async () => {
    expect(await sluice("diagram", "checkout.mjs", "--export", "Checkout")).toEqual(
      success(checkout.replace(/<br\/>split.*100ms/, ""))
    )
  })

  it("knows the default export by that name", async () => {
    const { code, stdout } = await sluice("diagram", "named-twice.mjs", "--export", "default")
    expect(code).toBe(0)
    expect(stdout).toContain("Begin --> Done")
  })

  it("knows the workflows of another copy of the package, and which definition is whose", async () => {
    expect(await sluice("diagram", "other/checkout.mjs")).toEqual(success(checkout))
  })

  it("draws in DOT", async () => {
    const { code, stdout } = await sluice("diagram", "checkout.mjs", "--format", "dot")
    expect(code).toBe(0)
    expect(stdout).toMatch(/^digraph "Checkout" \{\n[\s\S]*"Charge" -> "Paid"\n[\s\S]*\}\n$/)
  })

  it("writes a file, in the format that its ending says", async () => {
    const args = ["diagram", "checkout.mjs", "--out", "checkout.svg"]
    expect(await run(own, at("other"), "sluice", args)).toEqual(success(""))
    const { nodes } = readSvg(readFileSync(at("other/checkout.svg"), "utf8"))
    expect(nodes.find(({ id }) => id === "Check")!.lines).toContain("split: fraud, shelf")
  })

  it("writes a file in the format that --format says, whatever it is called", async () => {
    expect(await sluice("diagram", "checkout.mjs", "--out", "checkout.dot", "--format", "mermaid")).toEqual(success(""))
    expect(readFileSync(at("checkout.dot"), "utf8")).toBe(checkout)
  })

  it("writes Mermaid into a file whose ending says nothing", async () => {
    expect(await sluice("diagram", "checkout.mjs", "--out", "checkout.md")).toEqual(success(""))
    expect(readFileSync(at("checkout.md"), "utf8")).toBe(checkout)
  })

  it.each([
    [
      "two.mjs",
      "'%/two.mjs' exports First (definition 'One'), Second (definition 'Two'), second (workflow 'Two'): say which one with --export"
    ],
    [
      "two.mjs --export Frist",
      "'%/two.mjs' has no export 'Frist': there is First (definition 'One'), Second (definition 'Two'), second (workflow 'Two')"
    ],
    [
      "checkout.mjs --export limit",
      "The export 'limit' of '%/checkout.mjs' is neither a definition nor a workflow: there is Checkout (definition 'Checkout'), checkout (workflow 'Checkout')"
    ],
    ["empty.mjs", "'%/empty.mjs' exports neither a definition nor a workflow: it exports nothing"],
    ["two.mjs --export First --out no/such.dot", "'%/no/such.dot' could not be written: its folder does not exist"],
    [
      "two.mjs --export First --out missing.svg",
      "The package '@hpcc-js/wasm-graphviz', which draws SVG, could not be loaded: is it installed?"
    ]
  ])("refuses: %s", async (args, message) => {
    expect(await sluice("diagram", ...args.split(" "))).toEqual(failure(message))
    expect(existsSync(at("no")) || existsSync(at("missing.svg"))).toBe(false)
  })

  it("says why a file could not be written", async () => {
    const { code, stderr } = await sluice("diagram", "checkout.mjs", "--out", "other")
    expect(code).toBe(1)
    expect(stderr).toContain(`'${at("other")}' could not be written: EISDIR: `)
  })
})

describe.concurrent("diagram as JSON", () => {
  const read = async (file: string, ...args: ReadonlyArray<string>) => {
    const { code, stderr, stdout } = await sluice("diagram", file, "--format", "json", ...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    return JSON.parse(stdout)
  }

  it("is the graph, with schemas as JSON Schema and durations in milliseconds", async () => {
    const order = {
      type: "object",
      properties: { id: { type: "string" }, total: { type: "number" } },
      required: ["id", "total"],
      additionalProperties: true
    }
    expect(await read("checkout.mjs")).toEqual({
      name: "Checkout",
      start: "Check",
      entries: ["Check"],
      places: [
        {
          kind: "state",
          name: "Check",
          payload: { $ref: "#/$defs/OrderEncoded", $defs: { OrderEncoded: order } },
          targets: ["Charge", "Declined"],
          work: {
            kind: "split",
            branches: ["fraud", "shelf"],
            concurrency: "unbounded",
            strategy: { _tag: "partialTimeout", duration: 3_000 },
            compensated: [],
            policies: [{ kind: "timeout", duration: 100 }, { kind: "catch" }]
          }
        },
        {
          kind: "state",
          name: "Charge",
          payload: { type: "string" },
          targets: ["Paid"],
          work: { kind: "task", policies: [] }
        },
        { kind: "exit", name: "Paid", payload: { type: "null" }, targets: [], rollback: false },
        { kind: "exit", name: "Declined", payload: null, targets: [], rollback: false }
      ],
      fallback: [],
      signals: [{ name: "Stop", payload: { type: "null" } }],
      policies: [],
      cells: {
        seen: { schema: { type: "string" }, initial: "1970-01-01T00:00:00.000Z" },
        last: { schema: { type: "string" } },
        memory: { schema: null, initial: null }
      }
    })
  })

  it("of a definition knows nothing of what its states do, and has no schema where JSON Schema has none", async () => {
    const { places, policies } = await read("symbols.mjs")
    expect(policies).toBeUndefined()
    expect(places).toEqual([
      { kind: "state", name: "Begin", payload: null, targets: ["Done"] },
      { kind: "exit", name: "Done", payload: { type: "null" }, targets: [], rollback: false }
    ])
  })

  it("has points in time in ISO 8601", async () => {
    const { places } = await read("until.mjs")
    expect(places[0].work).toMatchObject({ kind: "wait", limit: "2030-01-01T00:00:00.000Z" })
  })
})

describe.concurrent("check", () => {
  it("says that a definition is no more than that", async () => {
    expect(await sluice("check", "two.mjs")).toEqual(
      success(`First (definition 'One'): 1 state, 1 exit, 1 edge
  sound
  only the definition: no workflow of it is exported
Second (definition 'Two'): 1 state, 1 exit, 1 edge
  sound
  implemented by second
second (workflow 'Two'): 1 state, 1 exit, 1 edge
  sound
`)
    )
  })

  it("names what has several names once, and not by default", async () => {
    const { code, stdout } = await sluice("check", "named-twice.mjs")
    expect(code).toBe(0)
    expect(stdout.match(/^\S.*$/gm)).toEqual(["quiet (definition 'Quiet'): 1 state, 1 exit, 1 edge"])
  })

  it("counts an edge once, and names the fallback", async () => {
    const { code, stdout } = await sluice("check", "fallback.mjs")
    expect(code).toBe(0)
    expect(stdout).toContain("Careful (definition 'Careful'): 1 state, 2 exits, 1 edge, fallback to Failed\n  sound\n")
  })

  it("lists the problems of what is not sound", async () => {
    expect(await sluice("check", "hand-made.mjs")).toEqual({
      ...failure("'%/hand-made.mjs' exports what is not sound: broken"),
      stdout: `broken (definition 'Quiet'): 1 state, 1 exit, 1 edge
  not sound:
  - state 'Begin' has the target 'Typo', which is not declared
  - 'Done' cannot be reached from the start
  - no exit can be reached from state 'Begin'
  only the definition: no workflow of it is exported
quiet (definition 'Quiet'): 1 state, 1 exit, 1 edge
  sound
  only the definition: no workflow of it is exported
`
    })
  })

  it("refuses a file with nothing to check", async () => {
    expect(await sluice("check", "nothing.mjs")).toEqual(
      failure("'%/nothing.mjs' exports neither a definition nor a workflow: its exports are a, b")
    )
  })

  it("refuses a file that is not there", async () => {
    expect(await sluice("check", "chekout.mjs")).toEqual(failure("There is no file '%/chekout.mjs'"))
  })

  it("refuses a folder", async () => {
    const { code, stderr } = await sluice("check", "other")
    expect(code).toBe(1)
    expect(stderr).toContain(`'${at("other")}' could not be loaded:\n  Error: Directory import`)
  })

  it.each([
    [
      "no-handler.mjs",
      `WorkflowDefinitionError: Workflow 'Quiet' is not sound:
    - state 'Begin' has no handler
  at file://%/no-handler.mjs:9:28`
    ],
    ["throws-text.mjs", "it threw 'no database'"],
    ["no-package.mjs", "Error: Cannot find package 'no-such-package' imported from %/no-package.mjs"],
    ["syntax.mjs", "SyntaxError: Unexpected end of input\n  Where, this says: node '%/syntax.mjs'"],
    ["text.txt", `TypeError: Unknown file extension ".txt" for %/text.txt`]
  ])("says why a file does not load: %s", async (file, issue) => {
    expect(await sluice("check", file)).toEqual(failure(`'%/${file}' could not be loaded:\n  ${issue}`))
  })
})

describe.concurrent.each([own, recent].map((node) => ({ node, release: ask(node, "process.version") })))(
  "on Node $release",
  ({ node }) => {
    const sluice = (...args: ReadonlyArray<string>) => run(node, project, "sluice", args)

    it("draws a workflow, of which the definition is exported, too", async () => {
      expect(await sluice("diagram", "checkout.mjs")).toEqual(success(checkout))
    })

    it("checks it", async () => {
      expect(await sluice("check", "checkout.mjs")).toEqual(
        success(`Checkout (definition 'Checkout'): 2 states, 2 exits, 3 edges
  sound
  implemented by checkout
checkout (workflow 'Checkout'): 2 states, 2 exits, 3 edges
  sound
  no state waits for the signal 'Stop'
  the payload of exit 'Declined' has no schema: it exists only in memory
`)
      )
    })

    it("knows the export of a CommonJS module", async () => {
      const { code, stdout } = await sluice("check", "common.cjs")
      expect(code).toBe(0)
      expect(stdout.match(/^\S.*$/gm)).toEqual(["default (definition 'Old'): 1 state, 1 exit, 1 edge"])
    })

    it("writes all of what a pipe takes slowly, and ends though the module would go on", async () => {
      const { code, stdout } = await run(node, project, "bash", ["--norc", "-c", slowly])
      expect(code).toBe(0)
      expect(JSON.parse(stdout).places).toHaveLength(2_001)
    })

    it.each([
      [
        "trap.mjs",
        `WorkflowDefinitionError: Workflow 'Trap' is not sound:
    - state 'Check' has the target 'Typo', which is not declared
    - no exit can be reached from state 'Retry'
  at file://%/trap.mjs:9:4`
      ],
      ["throws.mjs", "TypeError: no database\n  at file://%/throws.mjs:2:7"],
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

const slowly = "set -o pipefail; sluice diagram large.mjs --format json | (sleep 1; cat)"

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
    expect(await run(recent, project, "sluice", ["diagram", "travel-booking/trip.ts"])).toEqual(
      success(Diagram.mermaid(trip))
    )
  })

  it.each(unable)("is refused by one that does not, with what to do: $release", async ({ env, node, release }) => {
    expect(await run(node, project, "sluice", ["check", "travel-booking/trip.ts"], env)).toEqual(
      failure(`'%/travel-booking/trip.ts' could not be loaded:
  TypeError: Unknown file extension ".ts" for %/travel-booking/trip.ts
  Node ${release} does not run TypeScript: use 22.18 or later, or compile it first`)
    )
  })

  const advice = `Node strips types and does no more: syntax has to be erasable, and imports have to name the file that is there, as
  './checkout.ts'. Compile it first if it is written otherwise`

  it.each([
    ["enum.ts", "SyntaxError: TypeScript enum is not supported in strip-only mode\n  at file://%/enum.ts:1"],
    ["imports-js.ts", "Error: Cannot find module '%/travel-booking/trip.js' imported from %/imports-js.ts"]
  ])("that Node cannot run comes with advice: %s", async (file, issue) => {
    expect(await run(recent, project, "sluice", ["check", file])).toEqual(
      failure(`'%/${file}' could not be loaded:\n  ${issue}\n  ${advice}`)
    )
  })
})
