/** The modules of the project, by their files: right ones, and one for everything that can be wrong. */

const imports = `
import { Schema } from "effect"
import { Join, Workflow } from "sluice"
`

const small = (name: string) => `Workflow.define("${name}")
  .state("Begin", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Begin")`

const checkout = `${imports}
class Order extends Schema.Class("Order")({ id: Schema.String, total: Schema.Finite }) {}

export class Checkout extends Workflow.define("Checkout")
  .store({
    seen: Workflow.cell(Schema.Date, { initial: new Date(0) }),
    last: Schema.String,
    memory: Workflow.cell(Workflow.type(), { initial: 0 })
  })
  .state("Check", Order, ["Charge", "Declined"])
  .state("Charge", Schema.String, ["Paid"])
  .exit("Paid", Schema.Void)
  .exit("Declined", Workflow.type())
  .signal("Stop", Schema.Void)
  .start("Check") {}

export const checkout = Checkout.implement({
  Check: Checkout.split("Check", { fraud: () => 0, shelf: () => "A" })
    .join(Join.partialTimeout("3 seconds"), ({ payload, to }) => (payload.total > 9 ? to.Declined() : to.Charge("")))
    .timeout("100 millis")
    .catch(({ to }) => to.Declined()),
  Charge: ({ to }) => to.Paid()
})

export const limit = 9
`

export const modules = {
  "checkout.mjs": checkout,
  // Its package is another copy.
  "other/checkout.mjs": checkout,
  "two.mjs": `${imports}
export class First extends ${small("One")} {}
export class Second extends ${small("Two")} {}
export const second = Second.implement({ Begin: ({ to }) => to.Done() })
`,
  "named-twice.mjs": `${imports}
class Quiet extends ${small("Quiet")} {}
export { Quiet as default, Quiet as quiet, Quiet as silent }
`,
  "common.cjs": `
const { Schema } = require("effect")
const { Workflow } = require("sluice")
module.exports = class extends ${small("Old")} {}
`,
  "fallback.mjs": `${imports}
export class Careful extends Workflow.define("Careful")
  .state("Begin", Schema.Void, ["Done", "Done"])
  .exit("Done", Schema.Void)
  .exit("Failed", Schema.Void)
  .fallback(["Failed"])
  .start("Begin") {}
`,
  "hand-made.mjs": `
import { quiet } from "./named-twice.mjs"
export { quiet }
const places = quiet.graph.places.map((place) => (place.name === "Begin" ? { ...place, targets: ["Typo"] } : place))
export const broken = { graph: { ...quiet.graph, places } }
export const almost = { graph: { ...quiet.graph, places: [1] } }
export const shy = new Proxy({}, { has() { throw new Error("do not ask") } })
export const nothing = null
`,
  "symbols.mjs": `${imports}
export class Odd extends Workflow.define("Odd")
  .state("Begin", Schema.Struct({ [Symbol("hidden")]: Schema.String }), ["Done"])
  .exit("Done", Schema.Void)
  .start("Begin") {}
`,
  "until.mjs": `${imports}
import { DateTime } from "effect"
class Late extends ${small("Late")} {}
export const late = Late.implement({
  Begin: Late.pause("Begin", DateTime.makeUnsafe("2030-01-01T00:00:00Z"), ({ to }) => to.Done())
})
`,
  // More than a pipe holds, in a module that would keep the process alive.
  "large.mjs": `${imports}
const names = Array.from({ length: 2_000 }, (_, index) => "Step " + index)
const builder = names.reduce(
  (builder, name, index) => builder.state(name, Schema.Void, [names[index + 1] ?? "Done"]),
  Workflow.define("Large")
)
export class Large extends builder.exit("Done", Schema.Void).start("Step 0") {}
setInterval(() => {}, 1_000)
`,
  "trap.mjs": `${imports}
export class Trap extends Workflow.define("Trap")
  .state("Check", Schema.Void, ["Retry", "Typo", "Done"])
  .state("Retry", Schema.Void, ["Retry"])
  .exit("Done", Schema.Void)
  .start("Check") {}
`,
  "no-handler.mjs": `${imports}
class Quiet extends ${small("Quiet")} {}
export const quiet = Quiet.implement({})
`,
  "nothing.mjs": "export const a = 1\nexport const b = { graph: 2 }\n",
  "empty.mjs": "",
  "throws.mjs": `\nthrow new TypeError("no database")\n`,
  "throws-text.mjs": `throw "no database"\n`,
  "no-package.mjs": `import "no-such-package"\n`,
  "no-name.mjs": `import { Nobody } from "./two.mjs"\n`,
  "syntax.mjs": "export const a = 1 +\n",
  "ends.mjs": "process.exit(0)\n",
  "never.mjs": "export const never = await new Promise(() => {})\n",
  "imports-never.mjs": `export { never } from "./never.mjs"\n`,
  // The handlers of `Check` overlap; those of `Pay` are one, with other policies.
  "overlap.mjs": `${imports}
class Order extends Workflow.define("Order")
  .state("Check", Schema.Void, ["Pay"])
  .state("Pay", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Check") {}
export const first = { Check: ({ to }) => to.Pay(), Pay: Order.task("Pay", ({ to }) => to.Done()).retry({ times: 1 }) }
export const second = { Check: Order.task("Check", ({ to }) => to.Pay()), Pay: first.Pay }
export const Pay = first.Pay.timeout("1 second")
export const checkEarly = Order.task("Check", ({ to }) => to.Pay())
export const order = Order.implement({ ...first, ...second, Pay })
`,
  "variants.mjs": `${imports}
class Order extends ${small("Order")} {}
export const slow = { Begin: ({ to }) => to.Done() }
export const quick = { Begin: ({ to }) => to.Done() }
export const words = { Begin: "no handler" }
export const all = [Order.implement(slow), Order.implement(quick)]
export const [slowly, quickly] = all
`,
  // What a terminal would obey.
  "names.mjs": `${imports}
const graph = (${small("Red \\x1b[31m\\nred")}).graph
const begin = { ...graph.places[0], name: "Be\\ngin", targets: ["Ty\\x07po", "Ty\\x07po"] }
const wrong = { graph: { ...graph, start: begin.name, entries: [begin.name], places: [begin, begin, graph.places[1]] } }
export { wrong as "wro\\u202eng" }
`,
  "names-thrown.mjs": `${imports}
Workflow.define("Red \\x1b[31m").state("Be\\ngin", Schema.Void, []).start("Be\\ngin")
`,
  "cyclic.mjs": `${imports}
const circle = { name: "circle" }
circle.self = circle
class Odd extends Workflow.define("Odd")
  .store({ seen: Workflow.cell(Schema.Unknown, { initial: circle }), big: Workflow.cell(Schema.Any, { initial: 1n }) })
  .state("Begin", Schema.String.annotate({ examples: [circle] }), ["Again"])
  .state("Again", Schema.Void, ["Begin", "Done"])
  .exit("Done", Schema.Void)
  .start("Begin") {}
export { Odd }
export const itself = { graph: { ...Odd.graph } }
itself.graph.places = [...Odd.graph.places, { ...Odd.graph.places[0], name: "More", of: itself.graph }]
`,
  "text.txt": "A text\n",
  "enum.ts": "export enum Colour { Red }\n",
  "imports-js.ts": `import "./travel-booking/trip.js"\n`
} as const
