/**
 * What an editor offers and shows, asked of the language server of TypeScript 5.9.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { cpSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { compilerOptions, here, installed, makeProject } from "./project.ts"

/** A language server: one request at a time. */
class LanguageServer {
  private readonly process: ChildProcess
  private sequence = 0
  private output = ""
  private received: (response: { readonly request_seq?: number; readonly body?: unknown }) => void = () => {}

  constructor(cwd: string) {
    const server = installed("typescript59", "bin", "tsserver")
    this.process = spawn(process.execPath, [server, "--disableAutomaticTypingAcquisition"], { cwd, stdio: "pipe" })
    this.process.stdout?.on("data", (chunk) => {
      this.output += chunk
      const lines = this.output.split("\n")
      this.output = lines.pop() ?? ""
      for (const line of lines) if (line.startsWith("{")) this.received(JSON.parse(line))
    })
  }

  notify(command: string, args: object): number {
    this.sequence += 1
    this.process.stdin?.write(`${JSON.stringify({ seq: this.sequence, type: "request", command, arguments: args })}\n`)
    return this.sequence
  }

  request<Body>(command: string, args: object): Promise<Body> {
    return new Promise((resolve) => {
      const sequence = this.notify(command, args)
      this.received = (response) => {
        if (response.request_seq === sequence) resolve(response.body as Body)
      }
    })
  }

  close(): void {
    this.process.kill()
  }
}

describe("with the packed library", () => {
  let project: string
  let server: LanguageServer
  let file: string
  beforeAll(() => {
    project = makeProject()
    cpSync(join(here, "right"), join(project, "right"), { recursive: true })
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...compilerOptions, noEmit: true } })
    )
    // A file of the project, so that the server knows its options.
    file = join(project, "open.ts")
    writeFileSync(file, "")
    server = new LanguageServer(project)
  }, 60_000)
  afterAll(() => {
    server.close()
    rmSync(project, { recursive: true })
  })

  /** Opens the file with the source, in which `|` is where the cursor stands, and gives that place. */
  const open = (source: string): object => {
    const header = 'import { Effect, Schema } from "effect"\nimport { Join, Workflow } from "sluice"\n'
    const imports = 'import { Shop } from "./right/shop.ts"\nimport { shop } from "./right/workflow.ts"\n'
    const text = header + imports + source
    const before = text.slice(0, text.indexOf("|")).split("\n")
    server.notify("close", { file })
    server.notify("open", { file, fileContent: text.replace("|", ""), projectRootPath: project })
    return { file, line: before.length, offset: (before.at(-1) ?? "").length + 1 }
  }

  const completions = async (source: string): Promise<ReadonlyArray<string>> => {
    const body = await server.request<{ readonly entries: ReadonlyArray<{ readonly name: string }> }>(
      "completionInfo",
      open(source)
    )
    return body.entries.map(({ name }) => name).sort()
  }

  const hover = async (source: string): Promise<string> => {
    const body = await server.request<{ readonly displayString: string }>("quickinfo", open(source))
    return body.displayString
  }

  it.each([
    ["a function", "Shop.implement({ Check: ({ to }) => to.| })"],
    ["a generator", "Shop.implement({ *Check({ to }) { return to.| } })"],
    ["a task", 'Shop.task("Check", ({ to }) => to.|)'],
    ["a route", 'Shop.route("Check", ({ to }) => to.|)'],
    ["a join", 'Shop.split("Check", { one: () => Effect.succeed(1) }).join(Join.all, ({ to }) => to.|)'],
    ["a catch", 'Shop.task("Check", () => Effect.fail("no")).catch(({ to }) => to.|)']
  ])("offers exactly the permitted targets in %s", async (_, source) => {
    assert.deepStrictEqual(await completions(source), ["Gather", "Rejected"])
  })

  it("offers the useful members of a definition", async () => {
    // A definition is a class, and every class is a function.
    const inherited = [...Object.getOwnPropertyNames(Function.prototype), "prototype"]
    assert.deepStrictEqual(
      (await completions("Shop.|")).filter((name) => !inherited.includes(name)),
      [
        "call",
        "decodeInput",
        "forEach",
        "fork",
        "graph",
        "implement",
        "layer",
        "pause",
        "poll",
        "route",
        "run",
        "runFrom",
        "signal",
        "split",
        "task",
        "wait"
      ]
    )
  })

  it("offers the members of a workflow", async () => {
    assert.deepStrictEqual(await completions("shop.|"), ["fork", "graph", "run", "runFrom", "signal", "step"])
  })

  it.each([
    ["a handler", 'Shop.task("|")', ["Check", "Gather", "Pack", "Ship"]],
    ["the keys of implement", "Shop.implement({ | })", ["Check", "Gather", "Pack", "Ship"]],
    [
      "start",
      'Workflow.define("A").state("B", Schema.Void, ["C"]).state("C", Schema.Void, ["B", "D"]).exit("D", Schema.Void).start("|")',
      ["B", "C"]
    ],
    [
      "an entry of a table",
      'Workflow.define("A").state("B", Schema.Void, ["C"]).state("C", Schema.Void, ["B", "D"]).exit("D", Schema.Void).start("B", "|")',
      ["B", "C"]
    ],
    ["an entry of a run", 'shop.runFrom("|")', ["Check", "Ship"]],
    ["a step", 'shop.step("|")', ["Check", "Gather", "Pack", "Ship"]],
    ["the store", 'Shop.task("Check", ({ store }) => store.get("|"))', ["customer", "notes", "total"]],
    ["a tag", 'Shop.task("Check", () => Effect.fail("no")).timeout(1).catchTag("|")', ["StateTimeout"]]
  ])("offers the names for %s", async (_, source, names) => {
    assert.deepStrictEqual(await completions(source), names)
  })

  it("shows a workflow by its definition, its errors and its services", async () => {
    assert.strictEqual(
      await hover("sho|p"),
      [
        "(alias) const shop: Workflow.Workflow<typeof Shop, OutOfStock | JoinTimeout, Stock | Bank>",
        "import shop"
      ].join("\n")
    )
  })

  it("shows an outcome by its definition", async () => {
    assert.strictEqual(
      await hover(
        "const ou|tcome = Effect.runSync(shop.run(null as never) as never as Effect.Effect<Workflow.Outcome<typeof Shop>>)"
      ),
      "const outcome: Workflow.Outcome<typeof Shop>"
    )
  })

  it("shows the results of a join as plain values", async () => {
    const source = `Shop.split("Gather", {
      user: ({ payload }) => Effect.succeed(payload.id),
      *count() { yield* Effect.void; return 1 }
    }).join(Join.all, ({ resu|lts, to }) => to.Rejected(results.user))`
    assert.include(await hover(source), "results: {\n    readonly user: string;\n    readonly count: number;\n}")
  })

  it("shows a target as a function of its payload", async () => {
    assert.include(
      await hover('Shop.task("Check", ({ payload, to }) => to.Gat|her(payload))'),
      '(payload: Order) => Workflow.Transition<typeof Shop, "Gather">'
    )
  })
})
