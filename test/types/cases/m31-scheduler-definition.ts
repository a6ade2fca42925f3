/** What an entry of a scheduler, or a call, runs is a definition. */
import { Scheduler } from "sluice"
import { purchase } from "../right/buying.ts"
import { Purchase } from "../right/purchase.ts"
import { Charge } from "../right/rollback.ts"

export const workflow = Scheduler.entry(purchase, Scheduler.manual, { input: { id: "a", total: 1 } }) // expect: 'this is a workflow: give its definition'
export const handler = Scheduler.entry(Charge, Scheduler.manual, {}) // expect: 'AnyDefinition'
export const called = Purchase.call("Pay", purchase, () => ({ id: "a", total: 1 }), {}) // expect: 'this is a workflow: give its definition'
