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
  })
  afterAll(() => {
    server.close()
    rmSync(project, { recursive: true })
  })

  /** Opens the file with the source, in which `|` is where the cursor stands, and gives that place. */
  const open = (source: string): object => {
    const header = 'import { Effect, Schema } from "effect"\nimport { Join, Workflow } from "sluice"\n'
    const imports = 'import { Shop } from "./right/shop.ts"\nimport { shop } from "./right/workflow.ts"\n'
    const others = 'import { Import, Payment, Purchase } from "./right/purchase.ts"\n'
    const handlers =
      'import { purchase } from "./right/buying.ts"\nimport { imported as handlers } from "./right/sharing.ts"\n'
    const text = header + imports + others + handlers + source
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

  /** A hover with the members of each union in alphabetical order: their own order depends on what was asked before. */
  const hoverInOrder = async (source: string): Promise<string> =>
    (await hover(source)).replace(/[\w"]+( \| [\w"]+)+/g, (union) => union.split(" | ").sort().join(" | "))

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

  it.each([
    ["a signal", 'Purchase.wait("Review", { Approval: ({ to }) => to.| })', ["Cancelled", "Track"]],
    ["a limit", 'Purchase.wait("Review", {}).after("1 day", ({ to }) => to.|)', ["Cancelled", "Track"]],
    ["a pause", 'Purchase.pause("Rest", "1 day", ({ to }) => to.|)', ["Done"]],
    ["a poll", 'Purchase.poll("Track", ({ to }) => to.|, { schedule })', ["Cancelled", "Pay", "Track"]],
    [
      "a call",
      'Purchase.call("Pay", Payment, () => ({ sum: 1 }), { Paid: ({ to }) => to.| })',
      ["Cancelled", "Done", "Rest"]
    ]
  ])("offers exactly the permitted targets in %s", async (_, source, targets) => {
    assert.deepStrictEqual(await completions(source), targets)
  })

  it("offers the useful members of a definition", async () => {
    // A definition is a class, and every class is a function, whose `call` the definition's own one hides.
    const inherited = [...Object.getOwnPropertyNames(Function.prototype), "prototype"].filter((name) => name !== "call")
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

  const undo = ["retry", "timeout", "uninterruptible"]
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
    ["a wait", 'Purchase.wait("Review", { | })', ["Approval", "Withdrawal"]],
    ["the rest of a wait", 'Purchase.wait("Review", { Approval: () => Effect.never, | })', ["Withdrawal"]],
    ["a signal", 'purchase.signal("run-1", "|")', ["Approval", "Withdrawal"]],
    ["a signal through the Layer", 'Purchase.signal("run-1", "|")', ["Approval", "Withdrawal"]],
    [
      "a compensation",
      'Purchase.task("Reserve", ({ to }) => (Math.random() > 0.5 ? to.SoldOut() : to.Charge({ id: "", parcels: 1 }))).compensate({ | })',
      ["Charge", "SoldOut"]
    ],
    ["the only target", 'Purchase.task("Reserve", ({ to }) => to.SoldOut()).compensate({ | })', ["SoldOut"]],
    [
      "the compensation of a branch",
      'Purchase.split("Reserve", { hold: () => 1, weight: () => 2 }).compensate({ | })',
      ["hold", "weight"]
    ],
    ["the options of a compensation", 'Purchase.task("Rest", ({ to }) => to.Done("")).compensate({}, { | })', undo],
    ["the exits of a call", 'Purchase.call("Pay", Payment, () => ({ sum: 1 }), { | })', ["Declined", "Paid"]],
    ["the options of a run", "purchase.run(null as never, { | })", ["compensationTimeout", "id", "timeout"]],
    ["the options of a workflow", "Import.implement(handlers, { | })", ["policy", "rollback"]],
    [
      "a tag of the policy of all",
      'Import.implement(handlers, { policy: (step) => step.catchTag("|") })',
      ["Offline", "Refused"]
    ],
    ["a tag", 'Shop.task("Check", () => Effect.fail("no")).timeout(1).catchTag("|")', ["StateTimeout"]]
  ])("offers the names for %s", async (_, source, names) => {
    assert.deepStrictEqual(await completions(source), names)
  })

  const kit = 'import * as Testing from "sluice/testing"\nimport { Gather } from "./right/handlers.ts"\n'

  it.each([
    ["the states of a test", "Testing.run(shop, null as never, { stubs: { | } })", ["Check", "Gather", "Pack", "Ship"]],
    [
      "the targets of a stand-in",
      "Testing.run(shop, null as never, { stubs: { Check: ({ to }) => to.| } })",
      ["Gather", "Rejected"]
    ],
    ["the branches of a split", "Testing.branches(Gather, { | })", ["charge", "stock", "weight"]]
  ])("offers the names for %s", async (_, source, names) => {
    assert.deepStrictEqual(await completions(kit + source), names)
  })

  it("shows a report by its definition and its errors, and what its run needs", async () => {
    const source = "const rep|ort = Testing.run(purchase, null as never, { stubs: { Reserve: Effect.never } })"
    assert.strictEqual(
      await hoverInOrder(kit + source),
      "const report: Effect.Effect<Testing.Report<typeof Purchase, CompensationFailed | Offline | Refused | StateTimeout>, never, Depot | Payment | Teller>"
    )
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

  it("shows what a compensated task goes to, fails with and needs", async () => {
    const source = `const und|one = Purchase.task("Rest", ({ to }) => to.Done(""))
      .compensate({ Done: ({ payload }) => Effect.log(payload) })`
    assert.strictEqual(
      await hoverInOrder(source),
      'const undone: Task<typeof Purchase, "Rest", "Done", never, never, CompensationFailed | Work<never>>'
    )
  })

  it("shows what a compensation undoes", async () => {
    const source = `Purchase.task("Rest", ({ to }) => to.Done("")).compensate({ Done: ({ pay|load }) => Effect.log(payload) })`
    assert.include(await hoverInOrder(source), "payload: string")
  })

  it("shows a wait, and what a limit adds", async () => {
    const source = 'const wai|ting = Purchase.wait("Review", { Approval: ({ payload, to }) => to.Track(payload) })'
    assert.strictEqual(
      await hoverInOrder(source),
      'const waiting: Wait<typeof Purchase, "Review", "Track", never, never>'
    )
    assert.strictEqual(
      await hoverInOrder(
        `${source.replace("wai|ting", "waiting")}\nconst lim|ited = waiting.after("1 day", ({ to }) => to.Cancelled(""))`
      ),
      'const limited: Task<typeof Purchase, "Review", "Cancelled" | "Track", never, never, Work<never>>'
    )
  })

  it("shows the payload of a signal", async () => {
    const source = 'Purchase.wait("Review", { Approval: ({ sig|nal, to }) => to.Cancelled(signal.by) })'
    assert.include(await hoverInOrder(source), "signal: {\n    readonly by: string;\n}")
  })

  it("shows a call by what the callee fails with and its Layer", async () => {
    const source = `const cal|ling = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload }), {
      Paid: ({ result, to }) => to.Done(result.receipt),
      Declined: ({ to }) => to.Rest()
    })`
    assert.strictEqual(
      await hoverInOrder(source),
      'const calling: Task<typeof Purchase, "Pay", "Done" | "Rest", Refused, Payment, Work<Refused>>'
    )
  })

  it("shows the result of an exit", async () => {
    const source = `Purchase.call("Pay", Payment, () => ({ sum: 1 }), {
      Paid: ({ res|ult, to }) => to.Done(result.receipt),
      Declined: ({ to }) => to.Rest()
    })`
    assert.include(await hoverInOrder(source), "result: {\n    readonly receipt: string;\n}")
  })

  it("shows a transition that takes effect later as a function of a limit and its payload", async () => {
    assert.include(
      await hoverInOrder('Purchase.task("Pay", ({ to }) => to.Done.aft|er("1 day", ""))'),
      '(limit: DateTime | Input, payload: string) => Workflow.Transition<typeof Purchase, "Done">'
    )
  })

  it("shows the error of a run with a limit of time", async () => {
    const source = 'const lim|ited = Payment.run({ sum: 1 }, { timeout: "1 minute" })'
    assert.include(
      await hoverInOrder(source),
      "Effect.Effect<Workflow.Outcome<typeof Payment>, Refused | RunTimeout, Payment>"
    )
  })

  it("shows what the policy of all catches", async () => {
    const source =
      "Import.implement(handlers, { policy: (step) => step.catch(({ err|or, to }) => to.Broken(error._tag)) })"
    assert.include(await hoverInOrder(source), "error: Offline | Refused")
  })
})
