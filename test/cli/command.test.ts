/**
 * The command `sluice` within this process, with what it writes and its exit code. As a process of its own it is in
 * `process.test.ts`.
 */
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Diagram } from "sluice"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { trip } from "../../examples/travel-booking/trip.ts"
import { readSvg } from "../diagram/read.ts"
import { makeSourceProject, runHere } from "./project.ts"

let project: string
beforeAll(() => {
  project = makeSourceProject()
})
afterAll(() => rmSync(project, { recursive: true }))

/** The path of a file of the project. */
const at = (path: string) => join(project, path)

const sluice = (...args: ReadonlyArray<string>) => runHere(project, args)

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

describe("the command", () => {
  it("tells its version", async () => {
    expect(await sluice("--version")).toEqual(success(`sluice v${version}\n`))
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
    expect(flagsIn(stdout)).toEqual(["timeout", "export", "format", "out", "help", "version", "completions"])
  })

  it.each([
    ["draw", `Unknown subcommand "draw" for "sluice"`, "sluice"],
    ["diagram", "Missing required argument: file", "sluice diagram"],
    ["check two.mjs --out two.svg", "Unrecognized flag: --out in command sluice check", "sluice check"],
    [
      "diagram two.mjs --format png",
      `Invalid value for flag --format: "png". Expected: "mermaid" | "dot" | "svg" | "json"`,
      "sluice diagram"
    ],
    [
      "check two.mjs --timeout soon",
      `Invalid value for flag --timeout: "soon". Expected a duration such as "30 seconds" or "2 minutes", not "soon"`,
      "sluice check"
    ],
    ...["x.png", "x", "checkout.md", "x.svg.txt"].map((out) => [
      `diagram two.mjs --export First --out ${out}`,
      `Invalid value for flag --out: "%/${out}". Expected: a file that ends in .mermaid, .mmd, .dot, .gv, .svg, .json, or --format`,
      "sluice diagram"
    ])
  ])("refuses, briefly and on the standard error: %s", async (args, message, command) => {
    expect(await sluice(...args!.split(" "))).toEqual({
      code: 2,
      stdout: "",
      stderr: `\nERROR\n  ${message!.replaceAll("%", project)}\n\nSee: ${command} --help\n`
    })
  })

  it.each(["0 seconds", "NaN", ""])("refuses a timeout that is none: '%s'", async (timeout) => {
    const { code, stdout } = await sluice("check", "two.mjs", "--timeout", timeout)
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
  })

  it("has completions for other shells", async () => {
    const { code, stderr, stdout } = await sluice("--completions", "zsh")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toMatch(/^#compdef sluice\n[\s\S]*diagram[\s\S]*mermaid/)
  })
})

describe("diagram", () => {
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

  it("draws a workflow, of which the definition is exported, too", async () => {
    expect(await sluice("diagram", "checkout.mjs")).toEqual(success(checkout))
  })

  it("is of TypeScript, too", async () => {
    expect(await sluice("diagram", "travel-booking/trip.ts")).toEqual(success(Diagram.mermaid(trip)))
  })

  it("draws in DOT", async () => {
    const { code, stdout } = await sluice("diagram", "checkout.mjs", "--format", "dot")
    expect(code).toBe(0)
    expect(stdout).toMatch(/^digraph "Checkout" \{\n[\s\S]*"Charge" -> "Paid"\n[\s\S]*\}\n$/)
  })

  it.each(["checkout.svg", "CHECKOUT.SVG", "other/a.b.Svg"])("writes a file as its ending says: %s", async (out) => {
    expect(await sluice("diagram", "checkout.mjs", "--out", out)).toEqual(success(""))
    const { nodes } = readSvg(readFileSync(at(out), "utf8"))
    expect(nodes.find(({ id }) => id === "Check")!.lines).toContain("split: fraud, shelf")
  })

  it.each([
    ["a.mermaid", "---\n"],
    ["a.MMD", "---\n"],
    ["a.dot", "digraph "],
    ["a.Gv", "digraph "],
    ["a.JSON", "{\n"]
  ])("writes a file as its ending says: %s", async (out, begin) => {
    expect(await sluice("diagram", "checkout.mjs", "--out", out)).toEqual(success(""))
    expect(readFileSync(at(out), "utf8").slice(0, begin.length)).toBe(begin)
  })

  it.each(["b.dot", "b.png", "b"])("writes a file as --format says, whatever it is called: %s", async (out) => {
    expect(await sluice("diagram", "checkout.mjs", "--out", out, "--format", "mermaid")).toEqual(success(""))
    expect(readFileSync(at(out), "utf8")).toBe(checkout)
  })

  it("takes - for the standard output", async () => {
    expect(await sluice("diagram", "checkout.mjs", "--out", "-")).toEqual(success(checkout))
    expect((await sluice("diagram", "checkout.mjs", "--out", "-", "--format", "dot")).stdout).toMatch(/^digraph /)
    expect(existsSync(at("-"))).toBe(false)
  })

  it("tells of a flowchart that a page will refuse, and writes it", async () => {
    const { code, stderr, stdout } = await sluice("diagram", "large.mjs")
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /^Note: 2001 edges: Mermaid refuses more than 500, .*\nNote: \d+ characters: .* 50000, .*\n$/
    )
    expect(stdout).toContain("%% 2001 edges: ")
    expect(await sluice("diagram", "large.mjs", "--format", "dot")).toMatchObject({ code: 0, stderr: "" })
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
    ["two.mjs --export First --out no/such.dot", "'%/no/such.dot' could not be written: its folder does not exist"]
  ])("refuses: %s", async (args, message) => {
    expect(await sluice("diagram", ...args.split(" "))).toEqual(failure(message))
    expect(existsSync(at("no"))).toBe(false)
  })

  it("says why a file could not be written", async () => {
    const { code, stderr } = await sluice("diagram", "checkout.mjs", "--out", "other", "--format", "dot")
    expect(code).toBe(1)
    expect(stderr).toContain(`'${at("other")}' could not be written: EISDIR: `)
  })
})

describe("diagram as JSON", () => {
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

  it("leaves out what JSON cannot hold of annotations, and has null for values of cells", async () => {
    const { cells, places } = await read("cyclic.mjs", "--export", "Odd")
    expect(cells).toMatchObject({ seen: { initial: null }, big: { initial: null } })
    expect(places[0].payload).toEqual({ type: "string" })
  })

  it("refuses a graph that holds itself, and says where", async () => {
    const { code, stderr, stdout } = await sluice("diagram", "cyclic.mjs", "--export", "itself", "--format", "json")
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toContain("\nERROR\n  The graph of 'Odd' cannot be written as JSON: Converting circular structure")
    expect(stderr).toContain("property 'of'")
  })

  it("has points in time in ISO 8601", async () => {
    const { places } = await read("until.mjs")
    expect(places[0].work).toMatchObject({ kind: "wait", limit: "2030-01-01T00:00:00.000Z" })
  })
})

describe("check", () => {
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
    expect(await sluice("check", "other")).toEqual(
      failure("'%/other' is a folder: name the file that exports the workflow")
    )
  })

  it.each(["never.mjs", "imports-never.mjs"])("refuses a module that never gets loaded: %s", async (file) => {
    expect(await sluice("check", file, "--timeout", "50 millis")).toEqual(
      failure(
        `'%/${file}' is not loaded after 50ms: it, or what it imports, waits at its top level\n  for something that does not come. --timeout gives it longer`
      )
    )
  })

  it("shows what a terminal would obey, and names a problem once", async () => {
    expect(await sluice("check", "names.mjs")).toEqual({
      ...failure("'%/names.mjs' exports what is not sound: wro\\u202eng"),
      stdout: `wro\\u202eng (definition 'Red \\x1b[31m\\nred'): 2 states, 1 exit, 2 edges
  not sound:
  - state 'Be\\ngin' has the target 'Ty\\x07po', which is not declared
  - 'Be\\ngin' is declared twice
  - 'Done' cannot be reached from the start
  - no exit can be reached from state 'Be\\ngin'
  only the definition: no workflow of it is exported
`
    })
  })

  it.each([
    ["no-handler.mjs", "Workflow 'Quiet' is not sound:\n    - state 'Begin' has no handler"],
    ["names-thrown.mjs", "Workflow 'Red \\x1b[31m' is not sound:\n    - no exit is declared"]
  ])("lists what a definition refuses when it is loaded: %s", async (file, problems) => {
    const { code, stderr } = await sluice("check", file)
    expect(code).toBe(1)
    expect(stderr).toContain(`'${at(file)}' could not be loaded:\n  WorkflowDefinitionError: ${problems}\n  at file://`)
  })

  it("refuses states with several handlers of which one is lost", async () => {
    expect(await sluice("check", "overlap.mjs")).toEqual({
      ...failure("'%/overlap.mjs' exports what is not sound: order"),
      stdout: `order (workflow 'Order'): 2 states, 1 exit, 2 edges
  not sound:
  - state 'Check' has 3 handlers (checkEarly, first.Check, second.Check), and no workflow uses checkEarly, first.Check
`
    })
  })

  it("takes several handlers of a state for what they are when each is in a workflow", async () => {
    const { code, stdout } = await sluice("check", "variants.mjs")
    expect(code).toBe(0)
    expect(stdout.match(/^ .*$/gm)).toEqual(["  sound", "  sound"])
  })

  it.each([
    ["throws.mjs", "TypeError: no database\n  at file://%/throws.mjs:2:7"],
    ["throws-text.mjs", "it threw 'no database'"],
    ["no-package.mjs", "Error: Cannot find package 'no-such-package' imported from %/no-package.mjs"],
    ["syntax.mjs", "SyntaxError: Unexpected end of input\n  Where, this says: node '%/syntax.mjs'"],
    ["text.txt", `TypeError: Unknown file extension ".txt" for %/text.txt`]
  ])("says why a file does not load: %s", async (file, issue) => {
    expect(await sluice("check", file)).toEqual(failure(`'%/${file}' could not be loaded:\n  ${issue}`))
  })

  it.each([
    ["enum.ts", "SyntaxError: TypeScript enum is not supported in strip-only mode\n  at file://%/enum.ts:1"],
    ["imports-js.ts", "Error: Cannot find module '%/travel-booking/trip.js' imported from %/imports-js.ts"]
  ])("gives advice on TypeScript that Node does not run: %s", async (file, issue) => {
    expect(await sluice("check", file)).toEqual(
      failure(`'%/${file}' could not be loaded:
  ${issue}
  Node strips types and does no more: syntax has to be erasable, and imports have to name the file that is there, as
  './checkout.ts'. Compile it first if it is written otherwise`)
    )
  })

  it("says what is sound, and what may not be meant so", async () => {
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
})
