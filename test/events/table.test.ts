/** The documentation of events is complete, and every row of its table of orders is held by a test. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import type { Workflow } from "sluice"
import { fields, orders } from "./table.ts"

/** Every event, as the types have it. */
const tags: Readonly<Record<Workflow.RunEvent["_tag"], true>> = {
  RunStarted: true,
  StateEntered: true,
  AttemptStarted: true,
  AttemptFailed: true,
  AttemptInterrupted: true,
  Retried: true,
  BranchStarted: true,
  BranchSucceeded: true,
  BranchFailed: true,
  BranchInterrupted: true,
  Joined: true,
  TransitionTaken: true,
  Waiting: true,
  Signalled: true,
  Compensating: true,
  Compensated: true,
  CompensationFailed: true,
  RunFinished: true
}

it("every event is in the documentation", () => {
  expect([...fields.keys()]).toEqual(Object.keys(tags))
})

it("everything that has rows in the table has them held", () => {
  const tests = globSync("*.test.ts", { cwd: import.meta.dirname })
  const text = tests.map((file) => readFileSync(join(import.meta.dirname, file), "utf8")).join("\n")
  const held = [...text.matchAll(/^holdRows\("([^"]+)"/gm)].map(([, of]) => of)
  expect(held.toSorted()).toEqual([...new Set(orders.map(({ of }) => of))].toSorted())
})
