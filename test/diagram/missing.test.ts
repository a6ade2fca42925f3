/** Without the package that draws it, there is no SVG, but a failure that says so. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Diagram } from "sluice"
import { vi } from "vitest"
import { chain } from "./graphs.ts"

vi.mock("@hpcc-js/wasm-graphviz", () => {
  throw new Error("not installed")
})

it.effect("a missing package is a failure that names it", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Diagram.svg(chain))
    expect(error._tag).toBe("GraphvizUnavailable")
    expect(error.package).toBe("@hpcc-js/wasm-graphviz")
    expect(error.cause).toBeInstanceOf(Error)
    expect(error.message).toBe(
      "The package '@hpcc-js/wasm-graphviz', which draws SVG, could not be loaded: is it installed?"
    )
  })
)

it("the texts need no package", () => {
  expect(Diagram.mermaid(chain)).toContain("Pick --> Pack")
  expect(Diagram.dot(chain)).toContain('"Pick" -> "Pack"')
})
