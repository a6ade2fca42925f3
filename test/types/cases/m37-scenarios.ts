// Paths, and what the scenarios of a workflow are drawn from.
import { Data, type Effect, Schema } from "effect"
import * as fc from "fast-check"
import { Workflow } from "sluice"
import * as Testing from "sluice/testing"
import { failing, type Scenario, scenarios } from "sluice/testing/fast-check"
import { purchase } from "../right/buying.ts"
import { Gather, Ship } from "../right/handlers.ts"
import { Purchase } from "../right/purchase.ts"
import { OutOfStock } from "../right/shop.ts"
import { shop } from "../right/workflow.ts"

class Busy extends Data.TaggedError("Busy") {}
class Job extends Workflow.define("Job")
  .signal("Stop", Workflow.type<AbortSignal>())
  .signal("Ring", Schema.Void)
  .state("Work", Workflow.type<Date>(), ["Work", "Done"])
  .exit("Done", Schema.Int)
  .start("Work") {}
const job = Job.implement({
  Work: Job.wait("Work", { Stop: ({ payload, to }) => to.Work(payload), Ring: ({ to }) => to.Done(1) })
})
const payloads = { Work: fc.date() }
const packed = { Pack: fc.array(fc.string()) }
const signals = { Stop: fc.constant(new AbortController().signal) }

// A payload without a schema is not given.
scenarios(job) // expect: "the payload of 'Work' is Workflow.type", "the signal of 'Stop' is Workflow.type"
scenarios(job, { visits: 1 }) // expect: "'Work'", "'payloads'", "'Stop'", "'signals'"
scenarios(job, { payloads }) // expect: "the signal of 'Stop' is Workflow.type"
scenarios(job, { signals }) // expect: "the payload of 'Work' is Workflow.type"
scenarios(job, { payloads: { Done: fc.nat() }, signals }) // expect: "'Work'"

// What is given is not right.
scenarios(job, { payloads: { ...payloads, Done: fc.string() }, signals }) // expect: 'string', 'number'
scenarios(job, { payloads: { Work: fc.nat() }, signals }) // expect: 'number', 'Date'
scenarios(purchase, { payloads: { Chek: fc.nat() } }) // expect: "'Chek'"
scenarios(purchase, { signals: { Approvel: fc.nat() } }) // expect: "'Approvel'"
scenarios(purchase, { signals: { Approval: fc.nat() } }) // expect: 'number'
scenarios(purchase, { visit: 1 }) // expect: "'visit'"
scenarios(Purchase) // expect: 'typeof Purchase'

// Failures that cannot be.
scenarios(shop, { payloads: packed, failures: { Ship: fc.constant(new Busy()) } }) // expect: 'Busy', 'OutOfStock'
scenarios(shop, { payloads: packed, failures: { Shp: fc.constant(new OutOfStock({ id: "" })) } }) // expect: "'Shp'"
scenarios(shop, { payloads: packed, failures: { Ship: failing(Gather, fc.constant(new OutOfStock({ id: "" }))) } }) // expect: '"Gather"', '"Ship"'
failing(Ship, fc.constant(new Busy())) // expect: "state 'Ship' fails with 'Busy'", 'its work'
failing(Gather, fc.constant(new Busy())) // expect: "state 'Gather' fails with 'Busy'"

// A scenario is that of its workflow.
declare const drawn: Scenario<typeof Job>
Testing.run(shop, drawn.input, {}) // expect: 'Date'
const run: Effect.Effect<Testing.Report<typeof Job, never>> = Testing.run(job, drawn.input, drawn.options)

// Paths.
Testing.paths(Purchase, { entries: ["Done"] }) // expect: '"Done"'
Testing.paths(shop, { visit: 1 }) // expect: "'visit'"
for (const path of Testing.paths(shop)) path.includes("Chek") // expect: '"Chek"'
for (const path of Testing.paths(Purchase)) path.includes("Chargd") // expect: '"Chargd"'

// Nothing here is wrong.
const right: fc.Arbitrary<Scenario<typeof Job>> = scenarios(job, {
  payloads,
  signals: { ...signals, Ring: fc.constant(undefined) }
})
scenarios(shop, { payloads: packed, failures: { Gather: failing(Gather, fc.constant(new OutOfStock({ id: "" }))) } })
scenarios(shop, { payloads: packed, failures: { Ship: fc.constant(new OutOfStock({ id: "" })) } })

export { right, run }
