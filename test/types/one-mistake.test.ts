/**
 * One mistake is one error, where it was made: in a program whose definition, handlers, workflow and users are files of
 * their own, whatever is wrong in one file is not reported in another.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type Compiler, compile, compilers, type Diagnostic, faultsOf, here, makeProject } from "./project.ts"

interface Mistake {
  readonly file: "definition.ts" | "handlers.ts" | "workflow.ts"
  /** What is written, and what is written in place of it. */
  readonly from: string
  readonly to: string
  /** What the message contains. */
  readonly says: ReadonlyArray<string>
}

const inHandlers = (from: string, to: string, ...says: ReadonlyArray<string>): Mistake => ({
  file: "handlers.ts",
  from,
  to,
  says
})

const inWorkflow = (from: string, to: string, ...says: ReadonlyArray<string>): Mistake => ({
  file: "workflow.ts",
  from,
  to,
  says
})

const policy = '.retry({ times: 1 })\n        .catchTag("CardDeclined", ({ to }) => to.Failed("declined"))'

const mistakes: Readonly<Record<string, Mistake>> = {
  // What a handler gives.
  "a misspelt target in a generator": inHandlers("to.Charge({ n })", "to.Chrge({ n })", "'Chrge'"),
  "a misspelt target in a join": inHandlers("to.Poll(results.local)", "to.Pol(results.local)", "'Pol'"),
  "a misspelt target in a limit": inHandlers('to.Failed("slow")', 'to.Faild("slow")', "'Faild'"),
  "a wrong payload": inHandlers("to.Review(r)", "to.Review(1)", "'number'"),
  "no transition on one path": inHandlers(
    "return n > 0 ? to.Charge({ n }) : to.SoldOut()",
    "if (n > 0) return to.Charge({ n })",
    "'Reserve'",
    "every path"
  ),
  "no transition": inHandlers("to.Review(r)", "r", "'Charge'", "its own 'to'"),
  "a Promise": inHandlers(
    'Checkout.pause("Wait", "1 second", ({ to }) =>',
    'Checkout.task("Wait", async ({ to }) =>',
    "'Wait'",
    "Promise"
  ),
  "no transition of a poll": inHandlers(
    "(attempt > 3 ? to.Pay(1) : pending)",
    "{ if (attempt > 3) return to.Pay(1) }",
    "'Poll'",
    "every path"
  ),
  "no transition of a join": inHandlers("to.Ship(results.length)", "results.length", "'Pack'", "its own 'to'"),

  // Names.
  "an unknown state of a task": inHandlers('task("Charge"', 'task("Chrge"', '"Chrge"', '"Charge"'),
  "an unknown state of a generator": inHandlers('task("Reserve"', 'task("Resrve"', '"Resrve"', '"Reserve"'),
  "an unknown state of a wait": inHandlers('wait("Review"', 'wait("Reviw"', '"Reviw"', '"Review"'),
  "an unknown state of a forEach": inHandlers('"Pack",\n', '"Pck",\n', '"Pck"', '"Pack"'),
  "an unknown state of a split": inHandlers('split("Ship"', 'split("Shp"', '"Shp"', '"Ship"'),
  "an unknown state of a poll": inHandlers('poll("Poll"', 'poll("Pol"', '"Pol"', '"Poll"'),
  "an unknown state of a call": inHandlers('call("Pay"', 'call("Py"', '"Py"', '"Pay"'),
  "an unknown state of a pause": inHandlers('pause("Wait"', 'pause("Wat"', '"Wat"', '"Wait"'),
  "an unknown tag": inHandlers('catchTag("OutOfStock"', 'catchTag("OutOfStok"', '"OutOfStok"', '"OutOfStock"'),
  "an unknown tag among others": inHandlers(
    'catchTag("OutOfStock", ({ to }) => to.SoldOut())',
    "catchTags({\n OutOfStok: ({ error, to }) => to.SoldOut() })",
    "'OutOfStok'",
    '"OutOfStock"'
  ),
  "an unknown tag beside a known one": inHandlers(
    'catchTag("OutOfStock", ({ to }) => to.SoldOut())',
    "catchTags({ OutOfStock: ({ error, to }) => to.SoldOut(), Other: ({ error, to }) => to.SoldOut() })",
    "'Other'"
  ),
  "an unknown target of an undo": inHandlers(
    "{ Charge: ({ payload }) =>",
    "{ Chrge: ({ payload }) =>",
    "'Chrge'",
    '"Charge"'
  ),
  "an unknown branch of an undo": inHandlers("compensate({ local:", "compensate({ lokal:", "'lokal'", '"local"'),
  "an unknown signal": inHandlers("Approval: ({ signal, to })", "Aproval: ({ signal, to })", "'Aproval'", '"Approval"'),
  "an unknown exit": inHandlers("Ko: ({ to })", "Kp: ({ to })", "'Kp'", '"Ko"'),
  "one exit too many": inHandlers(
    "Ko: ({ to }) => to.Wait()",
    "Ko: ({ to }) => to.Wait(), Extra: ({ result, to }) => to.Wait()",
    "'Extra'",
    "'Sub'"
  ),

  // What else a handler is made of.
  "'to' in an undo": inHandlers("Charge: ({ payload }) =>", "Charge: ({ payload, to }) =>", "'to'"),
  "'to' in the undo of a branch": inHandlers("local: ({ value }) =>", "local: ({ value, to }) =>", "'to'"),
  "an undo that gives a Promise": inHandlers(
    "Charge: ({ payload }) => Stock.use((_) => _.release(payload.n))",
    "Charge: async ({ payload }) => {}",
    "Promise"
  ),
  "a branch that gives a Promise": inHandlers(
    "remote: () => Effect.succeed(1)",
    "remote: async () => 1",
    "'remote'",
    "Promise"
  ),
  "an unknown result": inHandlers("to.Poll(results.local)", "to.Poll(results.lokal)", "'lokal'"),
  "a quorum above the branches": inHandlers(
    "join(Join.all, ({ results, to }) => to.Poll(results.local))",
    "join(Join.quorum(3), ({ results, to }) => to.Poll(results.length))",
    "quorum(3)"
  ),
  "items that are none": inHandlers("({ payload }) => payload,\n", "({ payload }) => payload.length,\n", "'number'"),
  "a wrong input of a call": inHandlers(
    "Sub, ({ payload }) => payload",
    'Sub, ({ payload }) => "x"',
    "'string'",
    "'number'"
  ),
  "a wrong duration": inHandlers('timeout("1 second")', 'timeout("1 secnd")', '"1 secnd"'),
  "a wrong limit": inHandlers('"Wait", "1 second"', '"Wait", "1 secnd"', '"1 secnd"'),
  "a misspelt option of a retry": inHandlers("retry({ times: 2 })", "retry({ tims: 2 })", "'tims'"),
  "a number for a retry": inHandlers("retry({ times: 2 })", "retry(2)", "'number'", "RetryPolicy"),
  "a misspelt option of a poll": inHandlers("schedule: Sch", "schedul: Sch", "'schedul'"),
  "a misspelt option of an undo": inHandlers(
    "_.release(payload.n)) }",
    '_.release(payload.n)) }, { timout: "1 second" }',
    "'timout'"
  ),
  "a guard that gives no Effect": inHandlers(
    '.timeout("1 second")',
    '.guard((effect) => 1).timeout("1 second")',
    "'number'"
  ),
  "a join without a function": inHandlers(
    ".join(Join.all, ({ results, to }) => to.Ship(results.length))",
    ".join(Join.all)",
    "Expected 2 arguments"
  ),

  // The workflow.
  "a missing handler": inWorkflow("{ Reserve, Charge, Review", "{ Charge, Review", "'Reserve'"),
  "a handler of no state": inWorkflow(
    "{ Reserve, Charge, Review",
    '{ Lost: ({ to }) => to.Done(""), Reserve, Charge, Review',
    "'Lost' is not a state"
  ),
  "a handler of an exit": inWorkflow(
    "{ Reserve, Charge, Review",
    '{ Done: ({ to }) => to.Done(""), Reserve, Charge, Review',
    "'Done' is an exit"
  ),
  "a misspelt name of a handler": inWorkflow(
    "{ Reserve, Charge, Review",
    "{ Reserv: Reserve, Charge, Review",
    "Reserv",
    "'Reserve'"
  ),
  "a handler in the place of another": inWorkflow(
    "{ Reserve, Charge, Review",
    "{ Reserve: Charge, Charge, Review",
    "'Charge'",
    "'Reserve'"
  ),
  "a misspelt target of a function": inWorkflow(
    "{ Reserve, Charge, Review",
    "{ Reserve: ({ to }) => to.Chrge({ n: 1 }), Charge, Review",
    "'Chrge'"
  ),
  "an unknown tag of the policy": inWorkflow(
    'catchTag("CardDeclined"',
    'catchTag("CardDeclind"',
    '"CardDeclind"',
    '"CardDeclined"'
  ),
  "an unknown tag at the end of the policy": inWorkflow(
    'catchTag("StateTimeout"',
    'catchTag("StateTimout"',
    '"StateTimout"',
    '"StateTimeout"'
  ),
  "an unknown tag among those of the policy": inWorkflow(
    policy,
    ".catchTags({ CardDeclind: ({ error, to }) => to.Failed(error._tag) })",
    "'CardDeclind'",
    '"CardDeclined"'
  ),
  "a misspelt target of the policy": inWorkflow('to.Failed("declined")', 'to.Faild("declined")', "'Faild'"),

  // The definition.
  "a failure that is no schema": {
    file: "definition.ts",
    from: ".failure(CardDeclined)",
    to: ".failure(Bank)",
    says: ["'typeof Bank'"]
  },
  "a payload that is no schema": {
    file: "definition.ts",
    from: "Schema.Struct({ n: Schema.Number })",
    to: "{ n: Schema.Number }",
    says: ["'n'"]
  },
  "a place that nothing reaches": {
    file: "definition.ts",
    from: '.exit("SoldOut"',
    to: '.exit("Lost", Schema.Void).exit("SoldOut"',
    says: ["'Lost' cannot be reached"]
  }
}

describe("with the packed library", () => {
  const names = Object.keys(mistakes)
  let project: string
  beforeAll(() => {
    project = makeProject()
    for (const [i, mistake] of Object.values(mistakes).entries()) {
      const program = join(project, "programs", String(i))
      cpSync(join(here, "program"), program, { recursive: true })
      const file = join(program, mistake.file)
      const source = readFileSync(file, "utf8")
      assert.include(source, mistake.from)
      writeFileSync(
        file,
        source.replace(mistake.from, () => mistake.to)
      )
    }
    cpSync(join(here, "program"), join(project, "programs", "right"), { recursive: true })
  }, 60_000)
  afterAll(() => rmSync(project, { recursive: true }))

  describe.each(Object.keys(compilers) as ReadonlyArray<Compiler>)("TypeScript %s", (compiler) => {
    let diagnostics: ReadonlyArray<Diagnostic>
    beforeAll(async () => {
      diagnostics = await compile(compiler, project, ["programs"])
    }, 120_000)

    const diagnosticsOf = (program: string | number) =>
      diagnostics.filter(({ file }) => file.startsWith(`programs/${program}/`))

    it("compiles the program without a mistake", () => {
      assert.deepStrictEqual(diagnosticsOf("right"), [])
    })

    it.each(names)("reports %s once, where it is", (name) => {
      const { file, says } = mistakes[name] as Mistake
      const found = diagnosticsOf(names.indexOf(name))
      assert.deepStrictEqual(
        found.map((diagnostic) => diagnostic.file.split("/").at(-1)),
        [file],
        JSON.stringify(found, undefined, 2)
      )
      assert.deepStrictEqual(found.flatMap(faultsOf), [])
      for (const text of says) assert.include(found.flatMap(({ text }) => text).join("\n"), text)
    })
  })
})
