// A run under test: its options, and what is expected of its report.
import { Data, Effect, Exit } from "effect"
import * as Testing from "sluice/testing"
import { purchase } from "../right/buying.ts"
import { Purchase } from "../right/purchase.ts"
import { Order, type OutOfStock } from "../right/shop.ts"
import { shop } from "../right/workflow.ts"

class Busy extends Data.TaggedError("Busy") {}
const order = new Order({ id: "a", total: 1 })
declare const report: Testing.Report<typeof Purchase, OutOfStock>

// Signals.
Testing.run(purchase, order, { signals: [{ at: "1 hour", signal: "Approvel", payload: { by: "" } }] }) // expect: '"Approvel"', '"Approval"'
Testing.run(purchase, order, { signals: [{ at: "1 hour", signal: "Approval", payload: { by: 1 } }] }) // expect: "'number'", "'string'"
Testing.run(purchase, order, { signals: [{ at: "1 hour", signal: "Approval" }] }) // expect: "'payload'", '"Approval"'
Testing.run(purchase, order, { signals: [{ at: "1 hour", signal: "Withdrawal", payload: "none" }] }) // expect: "'string'"
Testing.run(purchase, order, { signals: [{ signal: "Withdrawal" }] }) // expect: "'at'", '"Withdrawal"'
Testing.run(purchase, order, { signals: [{ at: "1 hr", signal: "Withdrawal" }] }) // expect: '"1 hr"'
Testing.run(shop, order, { signals: [{ at: "1 hour", signal: "Approval" }] }) // expect: "'Shop' declares no signal"

// Options, and what is run.
Testing.run(shop, order, { interruptAt: "1 hr" }) // expect: '"1 hr"'
Testing.run(shop, order, { stub: {} }) // expect: "'stub'", "'stubs'"
Testing.run(shop, order, { limit: "for ever" }) // expect: '"for ever"'
Testing.run(shop, "order") // expect: "'string'", "'Order'"
Testing.run(Purchase, order) // expect: 'typeof Purchase', 'Workflow'
Testing.runFrom(shop, "Gather", order, order) // expect: '"Gather"', '"Check" | "Ship"'
Testing.runFrom(shop, "Ship", { id: "a" }, order) // expect: "'parcels'"
const needs: Effect.Effect<unknown> = Testing.run(shop, order, { stubs: { Check: Effect.never } }) // expect: 'Stock'

// What is expected of a report.
Testing.assertReport(report, { path: ["Reserve", "Chargd"] }) // expect: '"Chargd"', '"Charge"'
Testing.assertReport(report, { path: "Reserve" }) // expect: 'string'
Testing.assertReport(report, { outcome: "Dne" }) // expect: '"Dne"'
Testing.assertReport(report, { outcome: "Reserve" }) // expect: '"Reserve"'
Testing.assertReport(report, { outcome: { _tag: "Done", payload: 1 } }) // expect: "'number'", "'string'"
Testing.assertReport(report, { exit: Exit.fail(new Busy()) }) // expect: 'Busy', 'OutOfStock'
Testing.assertReport(report, { exit: Exit.succeed("Done") }) // expect: 'string'
Testing.assertReport(report, { stuck: "Done" }) // expect: '"Done"'
Testing.assertReport(report, { duration: "1 hr" }) // expect: '"1 hr"'
Testing.assertReport(report, { compensations: ["Done"] }) // expect: '"Done"'
Testing.assertReport(report, { compensations: [{ step: "Charge" }] }) // expect: "'step'"
Testing.assertReport(report, { events: [{ _tag: "StateLeft" }] }) // expect: '"StateLeft"'
Testing.assertReport(report, { events: [{ _tag: "StateEntered", state: "Done" }] }) // expect: '"Done"'
Testing.assertReport(report, { events: [{ _tag: "StateEntered", target: "Done" }] }) // expect: "'target'"
Testing.assertReport(report, { pth: [] }) // expect: "'pth'", "'path'"
const path: ReadonlyArray<"Check"> = report.path // expect: '"Reserve"'
const outcome: string = report.outcome?.payload // expect: 'undefined'
report.path.includes("Shipped") // expect: '"Shipped"'

// Coverage, and what may be missing.
const coverage = Testing.coverage(purchase)
Testing.assertCovered(coverage, { except: ["Chargd"] }) // expect: '"Chargd"', '"Charge"'
Testing.assertCovered(coverage, { except: ["Charge > Done"] }) // expect: '"Charge > Done"', 'typeof Purchase'
Testing.assertCovered(coverage, { except: ["Reserve lost"] }) // expect: '"Reserve lost"'
Testing.assertCovered(coverage, { branches: ["lost"] }) // expect: '"lost"', 'BranchEnd'
Testing.coverage("Purchase") // expect: 'string'

export { needs, outcome, path }
