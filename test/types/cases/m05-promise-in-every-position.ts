import { Effect, Schedule } from "effect"
import { Join, Scheduler, Workflow } from "sluice"
import * as Testing from "sluice/testing"
import { Batch, Quiet, some, Wide } from "../right/values.ts"

declare const late: Promise<number>
const one = () => 1
const lateItems = async () => [1]
async function* stream() {
  yield await late
}
const all = ({ payload }: { readonly payload: ReadonlyArray<string> }) => payload

export const task = Batch.task("Work", async ({ to }) => to.Done(1)) // expect: "'Work'", 'Promise'
export const onOnePath = Batch.task("Work", ({ input, to }) => (input[0] ? to.Done(1) : late)) // expect: "'Work'", 'Promise'
export const inAnEffect = Batch.task("Work", ({ to }) => Effect.sync(() => Promise.resolve(to.Done(1)))) // expect: "'Work'", 'Promise'
export const route = Batch.route("Work", async ({ to }) => to.Done(1)) // expect: "'Work'", 'Promise'
export const branch = Batch.split("Work", { a: () => late }) // expect: "branch 'a'", 'Promise'
export const branchOnOnePath = Batch.split("Work", { a: ({ payload }) => (payload[0] ? late : 1) }) // expect: "branch 'a'", 'Promise'
export const branchInAnEffect = Batch.split("Work", { a: () => Effect.sync(() => late) }) // expect: "branch 'a'", 'Promise'
export const items = Batch.forEach("Work", lateItems, one) // expect: "'Work'", 'are in a Promise'
export const item = Batch.forEach("Work", all, async ({ item }) => item) // expect: "'Work'", 'each item', 'Promise'
export const itemOnOnePath = Batch.forEach("Work", all, ({ item }) => (item === "" ? late : 1)) // expect: "'Work'", 'Promise'
const joined = Batch.forEach("Work", all, ({ item }) => item)
const joining = ({ to }: Workflow.Context<typeof Batch, "Work">) => to.Done(1)
export const join = joined.join(Join.all, async ({ to }) => to.Done(1)) // expect: "'Work'", 'Promise'
const failing = Batch.task("Work", () => Effect.fail({ _tag: "Broken" as const }))
export const caught = failing.catch(async ({ to }) => to.Done(1)) // expect: "'Work'", 'Promise'
export const caughtTag = failing.catchTag("Broken", async ({ to }) => to.Done(1)) // expect: "'Work'", 'Promise'
export const caughtTags = failing.catchTags({ Broken: async ({ to }) => to.Done(1) }) // expect: "'Work'", 'Promise'
export const paused = Batch.pause("Work", "1 minute", async ({ to }) => to.Done(1)) // expect: "'Work'", 'Promise'
export const limit = Batch.pause("Work", () => late, joining) // expect: 'Promise<number>'
// expect: "'Work'", 'Promise'
export const asked = Batch.poll("Work", async ({ to }) => to.Done(1), { schedule: Schedule.forever })
export const called = Batch.call("Work", Quiet, () => {}, { End: async ({ to }) => to.Done(1) }) // expect: "'Work'", 'Promise'
export const input = Batch.call("Work", Quiet, async () => {}, { End: ({ to }) => to.Done(1) }) // expect: "'Work'", 'Promise'
export const wideInput = Batch.call("Work", Wide, async () => 1, { End: ({ to }) => to.Done(1) }) // expect: "'Work'", 'Promise'
export const entry = Scheduler.entry(Wide, Scheduler.manual, { input: async () => 1 }) // expect: 'input of an entry', 'Promise'
export const narrowEntry = Scheduler.entry(Batch, Scheduler.manual, { input: async () => [] }) // expect: 'Promise<never[]>'
export const undo = Batch.task("Work", ({ to }) => to.Done(1)).compensate({ Done: async () => {} }) // expect: "'Work'", "'Done'", 'Promise'
export const undoOfABranch = Batch.split("Work", { a: () => 1 }).compensate({ a: async () => {} }) // expect: "'Work'", "'a'", 'Promise'
export const undoOfAnItem = joined.compensate(async () => {}) // expect: "'Work'", 'each item', 'Promise'

export class Signalled extends Workflow.define("Signalled")
  .signal("Go", Workflow.type<number>())
  .state("Wait", Workflow.type<number>(), ["Gone", "Late"])
  .fallback(["Late"])
  .exit("Gone", Workflow.type<number>())
  .exit("Late", Workflow.type<void>())
  .start("Wait") {}
export const waited = Signalled.wait("Wait", { Go: async ({ signal, to }) => to.Gone(signal) }) // expect: "'Wait'", 'Promise'
const Wait = Signalled.wait("Wait", { Go: ({ signal, to }) => to.Gone(signal) })
export const after = Wait.after("1 minute", async ({ to }) => to.Late()) // expect: "'Wait'", 'Promise'
// expect: 'Promise'
export const shared = Signalled.implement({ Wait }, { policy: (step) => step.catch(async ({ to }) => to.Late()) })

export const stub = Testing.stub(undo, async ({ to }) => to.Done(1)) // expect: "'Work'", 'Promise'
export const stubOfBranch = Testing.branches(some, { unknown: async () => 1 }) // expect: "branch 'unknown'", 'Promise'
export const stubOfVoid = Testing.branches(some, { nothing: async () => {} }) // expect: 'Promise<void>'
const eachOf = joined.join(Join.all, ({ to }) => to.Done(1))
export const stubOfItems = Testing.items(eachOf, async () => "") // expect: 'Promise<string>'
export const layer = Testing.layer(Quiet, async ({ to }) => to.End()) // expect: "'Quiet'"

// expect: "'Work'", 'async generator'
export const generator = Batch.task("Work", async function* ({ to }) {
  yield to.Done(1)
})
export const branchGenerator = Batch.split("Work", { a: () => stream() }) // expect: "branch 'a'", 'async generator'
export const itemGenerator = Batch.forEach("Work", all, stream) // expect: "'Work'", 'async generator'
export const undoGenerator = joined.compensate(stream) // expect: "'Work'", 'async generator'

// expect: "'Work'", 'yields what is no Effect'
export const yielded = Batch.task("Work", function* ({ to }) {
  yield late
  return to.Done(1)
})
export const yieldedInABranch = Batch.split("Work", {
  // expect: "branch 'a'", 'yields what is no Effect'
  *a() {
    yield late
  }
})
