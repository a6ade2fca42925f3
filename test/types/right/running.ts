/** Durations and names as a program has them: read from somewhere, chosen on the way. */
import { Duration, type Effect } from "effect"
import { Join, Scheduler, type Workflow } from "sluice"
import * as Testing from "sluice/testing"
import type { Order, Shop } from "./shop.ts"
import { Batch, Quiet } from "./values.ts"
import { Half, halfWorkflow, shop } from "./workflow.ts"

declare const timeout: Duration.Input
declare const perhaps: Duration.Input | undefined
declare const long: boolean
declare const options: Workflow.RunOptions

export const limited = [
  halfWorkflow.run(undefined, { timeout, compensationTimeout: timeout }),
  halfWorkflow.run(undefined, { timeout: perhaps, compensationTimeout: perhaps }),
  halfWorkflow.run(undefined, { timeout: long ? "30 days" : 5_000, compensationTimeout: long ? "30 days" : 5_000 }),
  halfWorkflow.run(undefined, { timeout: long ? { seconds: 3 } : Duration.seconds(3) }),
  halfWorkflow.run(undefined, options),
  halfWorkflow.runFrom("A", undefined, undefined, { timeout: long ? "30 days" : 5_000 }),
  halfWorkflow.fork(undefined, { timeout }),
  halfWorkflow.fork(undefined, { timeout: long ? "30 days" : undefined }),
  Half.run(undefined, { timeout: long ? "30 days" : 5_000 }),
  Half.runFrom("A", undefined, undefined, { timeout }),
  Half.fork(undefined, { timeout: perhaps }),
  Testing.run(halfWorkflow, undefined, { timeout, limit: timeout, interruptAt: long ? "30 days" : 5_000 }),
  Testing.runFrom(halfWorkflow, "A", undefined, undefined, { timeout: long ? "30 days" : 5_000 })
]
// None of which adds a failure that no call has asked for.
export const unlimited: Effect.Effect<unknown> = halfWorkflow.run(undefined, { timeout: undefined })
export declare const uncalled: ReturnType<typeof halfWorkflow.run>
export const unfailing: ReadonlyArray<Effect.Effect<unknown>> = [uncalled]

// One of several names, where the payload is right for all of them.
declare const name: "Check" | "Gather"
declare const order: Order
export const step = shop.step(name, order)
export const stepOf = <N extends "Check" | "Ship">(state: N, payload: Workflow.Payload<typeof Shop, N>) =>
  shop.step(state, payload)

class Jobs extends Scheduler.define("Jobs", {
  morning: Scheduler.entry(Batch, Scheduler.manual, { input: [] }),
  evening: Scheduler.entry(Batch, Scheduler.manual, { input: [] }),
  never: Scheduler.entry(Quiet, Scheduler.manual)
}) {}
declare const id: "morning" | "evening"
export const trigger = Jobs.trigger(id, { input: ["a"] })
export const tolerant = [Join.tolerate({ failures: 1 }), Join.tolerate({ rate: 0.5 })]
