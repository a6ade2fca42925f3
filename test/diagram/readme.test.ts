/** The pictures in README files are drawn as they are now. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Data, Effect, Schema } from "effect"
import { Diagram, Join, Workflow } from "sluice"
import { expect, it } from "vitest"
import { adExchange } from "../../examples/ad-exchange/handlers.ts"

const read = (path: string) => readFileSync(join(import.meta.dirname, "../..", path), "utf8")

it("that of the ad exchange shows it", () => {
  expect(read("examples/ad-exchange/README.md")).toContain(`\`\`\`mermaid\n${Diagram.mermaid(adExchange)}\`\`\``)
})

it("that of the package shows the workflow it begins with", () => {
  class Failed extends Data.TaggedError("Failed") {}
  class Checkout extends Workflow.define("Checkout")
    .state("Check", Schema.String, ["Charge", "Declined"])
    .state("Charge", Schema.String, ["Paid", "Declined"])
    .exit("Paid", Schema.String)
    .exit("Declined", Schema.String)
    .start("Check") {}
  const checkout = Checkout.implement({
    Check: Checkout.split("Check", { fraud: () => Effect.fail(new Failed()), shelf: () => Effect.fail(new Failed()) })
      .join(Join.all, ({ to }) => to.Charge(""))
      .timeout("100 millis")
      .catch(({ to }) => to.Declined("")),
    Charge: ({ payload, to }) => (payload === "" ? to.Paid("") : to.Declined(""))
  })
  // It begins with the places: it leaves out the title.
  const body = Diagram.mermaid(checkout).replace(/^---.*?---\n/s, "")
  expect(read("README.md")).toContain(`\`\`\`mermaid\n${body}\`\`\``)
})
