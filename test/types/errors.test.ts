/**
 * What the compilers say to programs that must not compile: an error at each marked line and nowhere else, which names
 * what is wrong, in at most five lines. And that right programs compile, with the library as users have it.
 */
import { cpSync, rmSync } from "node:fs"
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
  problemsOf,
  transcript
} from "./project.ts"

const cases = filesIn("cases").map((name) => `cases/${name}`)
const right = filesIn("right").map((name) => `right/${name}`)

it("has a case for every row of the table of mistakes", () => {
  const rows = Array.from({ length: 39 }, (_, i) => `cases/m${String(i + 1).padStart(2, "0")}-`)
  assert.deepStrictEqual(
    rows.filter((row) => !cases.some((file) => file.startsWith(row))),
    []
  )
})

describe("with the packed library", () => {
  let project: string
  beforeAll(() => {
    project = makeProject()
    for (const directory of ["cases", "right"])
      cpSync(join(here, directory), join(project, directory), { recursive: true })
  })
  afterAll(() => rmSync(project, { recursive: true }))

  describe.each(Object.keys(compilers) as ReadonlyArray<Compiler>)("TypeScript %s", (compiler) => {
    let diagnostics: ReadonlyArray<Diagnostic>
    beforeAll(async () => {
      diagnostics = await compile(compiler, project, ["cases", "right"])
    })

    it.each(right)("compiles %s", (file) => {
      assert.deepStrictEqual(problemsOf(file, diagnostics), [])
    })

    it.each(cases)("refuses what is marked in %s", (file) => {
      assert.deepStrictEqual(problemsOf(file, diagnostics), [])
    })

    it("says what it said before", async () => {
      await expect(transcript(cases, diagnostics)).toMatchFileSnapshot(`messages.typescript-${compiler}.txt`)
    })
  })
})
