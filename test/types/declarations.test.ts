/**
 * Declaration files of modules that export workflows and their parts: they are emitted without an error, can be read, and
 * promise and refuse exactly what the sources do.
 */
import { cpSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, expect, it } from "@effect/vitest"
import {
  type Compiler,
  compile,
  compilers,
  type Diagnostic,
  filesIn,
  here,
  makeProject,
  problemsOf
} from "./project.ts"

const cases = filesIn("cases").map((name) => `cases/${name}`)

/** What a declaration file says that an exported constant is. */
const typeOf = (declarations: string, name: string): string | undefined =>
  new RegExp(`export declare const ${name}: ([^;]*);`).exec(declarations)?.[1]

/** The members of the unions a type is made of, without the paths they are imported from, in alphabetical order. */
const membersOf = (type: string | undefined): ReadonlyArray<ReadonlyArray<string>> | undefined =>
  /^Workflow\.Workflow<typeof Shop, (.*)>$/
    .exec(type ?? "")?.[1]
    ?.split(", ")
    .map((union) =>
      union
        .split(" | ")
        .map((member) => member.replace(/^import\("[^"]*"\)\./, ""))
        .sort()
    )

describe("with the packed library", () => {
  let project: string
  beforeAll(() => {
    project = makeProject()
    cpSync(join(here, "right"), join(project, "right"), { recursive: true })
  })
  afterAll(() => rmSync(project, { recursive: true }))

  describe.each(Object.keys(compilers) as ReadonlyArray<Compiler>)("TypeScript %s", (compiler) => {
    let emitting: ReadonlyArray<Diagnostic>
    let consuming: ReadonlyArray<Diagnostic>
    let consumer: string
    beforeAll(async () => {
      emitting = await compile(compiler, project, ["right"], {
        declaration: true,
        emitDeclarationOnly: true,
        outDir: `consumer-${compiler}`
      })
      consumer = join(project, `consumer-${compiler}`)
      cpSync(join(here, "cases"), join(consumer, "cases"), { recursive: true })
      consuming = await compile(compiler, consumer, ["cases"])
    })

    const declarationsOf = (name: string) => readFileSync(join(consumer, "right", `${name}.d.ts`), "utf8")

    it("emits every declaration", () => {
      assert.deepStrictEqual(emitting, [])
    })

    it("declares a workflow by its definition, its errors and its services", () => {
      const declarations = declarationsOf("workflow")
      assert.deepStrictEqual(membersOf(typeOf(declarations, "shop")), [
        ["JoinTimeout", "OutOfStock"],
        ["Bank", "Stock"]
      ])
      assert.deepStrictEqual(membersOf(typeOf(declarations, "plain")), [["OutOfStock"], ["Stock"]])
    })

    it("declares the table once, where it is defined", () => {
      const texts = filesIn("right").map((name) => declarationsOf(name.replace(".ts", "")))
      assert.strictEqual(texts.join("\n").match(/State<"Gather"/g)?.length, 1)
      assert.include(declarationsOf("shop"), 'State<"Gather"')
    })

    it.each(cases)("gives a consumer of the declarations what %s expects", (file) => {
      assert.deepStrictEqual(problemsOf(file, consuming), [])
    })

    it("declares what it declared before", async () => {
      const texts = filesIn("right").map((name) => `// ${name}\n${declarationsOf(name.replace(".ts", ""))}`)
      await expect(texts.join("\n")).toMatchFileSnapshot(`declarations.typescript-${compiler}.txt`)
    })
  })
})
