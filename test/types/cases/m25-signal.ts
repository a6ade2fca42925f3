import { Effect, Schema } from "effect"
import { type RunNotFound, Workflow } from "sluice"
import { purchase } from "../right/buying.ts"
import { Purchase, Teller } from "../right/purchase.ts"
import { Shop } from "../right/shop.ts"
import { shop } from "../right/workflow.ts"

declare const handle: Workflow.RunHandle<typeof Purchase, never>

export const waitForTypo = Purchase.wait("Review", {
  Aproval: ({ payload, to }) => to.Track(payload) // expect: "'Aproval'", 'Purchase'
})
export const waitForTypoAmongOthers = Purchase.wait("Review", {
  Approval: ({ payload, to }) => to.Track(payload),
  Withdrawl: ({ to }) => to.Cancelled("withdrawn") // expect: "'Withdrawl'", "'Purchase'"
})
export const waitWithoutSignals = Shop.wait("Ship", {
  Approval: ({ to }) => to.Cancelled() // expect: "'Approval'", "'Shop'"
})
export const waitAtAnExit = Purchase.wait("Done", {}) // expect: '"Done"', '"Review"'
export const waitAtATypo = Purchase.wait("Revew", {}) // expect: '"Revew"', '"Review"'
export const wrongPayload = Purchase.wait("Review", {
  Approval: ({ signal, to }) => to.Cancelled(signal.from) // expect: 'from', 'by'
})
export const payloadOfVoid = Purchase.wait("Review", {
  Withdrawal: ({ signal, to }) => to.Cancelled(signal.by) // expect: "'by'", 'void'
})
export const notATarget = Purchase.wait("Review", {
  Approval: ({ to }) => to.Done("") // expect: "'Done'", '"Track"', '"Cancelled"'
})
export const noTransition = Purchase.wait("Review", {
  Approval: ({ signal }) => signal.by, // expect: "'Review'", 'transition'
  // expect: "'Review'", 'Promise'
  Withdrawal: async ({ to }) => to.Cancelled("")
})
export const noSignalWhenTheTimeIsUp = Purchase.wait("Review", {
  Approval: ({ payload, to }) => to.Track(payload)
}).after("2 days", ({ signal, to }) => to.Cancelled(signal.by)) // expect: "'signal'"
export const noSignalInACatch = Purchase.wait("Review", {
  Approval: () => Teller.use((teller) => Effect.flatMap(teller.refund(""), () => Effect.never))
}).catch(({ signal, to }) => to.Cancelled(signal.by)) // expect: "'signal'"
export const noSignalInATask = Purchase.task("Review", ({ signal, to }) => to.Cancelled(signal.by)) // expect: "'signal'"

export const handleTypo = handle.signal("Aproval", { by: "Ada" }) // expect: '"Aproval"', '"Approval"'
export const definitionTypo = Purchase.signal("run-1", "Aproval", { by: "Ada" }) // expect: '"Aproval"', '"Approval"'
export const workflowTypo = purchase.signal("run-1", "Aproval", { by: "Ada" }) // expect: '"Aproval"', '"Approval"'
export const withoutSignals = shop.signal("run-1", "Approval") // expect: 'Approval', 'never'
export const definitionWithoutSignals = Shop.signal("run-1", "Approval") // expect: 'Approval', 'never'

export const handlePayload = handle.signal("Approval", { by: 1 }) // expect: 'number', 'string'
export const definitionPayload = Purchase.signal("run-1", "Approval", { by: 1 }) // expect: 'number', 'string'
export const workflowPayload = purchase.signal("run-1", "Approval", { by: 1 }) // expect: 'number', 'string'
export const excess = handle.signal("Approval", { by: "Ada", at: 1 }) // expect: "'at'"
export const missing = handle.signal("Approval") // expect: "the signal 'Approval' has a payload"
export const missingOfDefinition = Purchase.signal("run-1", "Approval") // expect: "the signal 'Approval' has a payload"
export const forVoid = handle.signal("Withdrawal", "changed my mind") // expect: "the signal 'Withdrawal' has no payload"
export const forVoidOfWorkflow = purchase.signal("run-1", "Withdrawal", {}) // expect: "the signal 'Withdrawal' has no payload"
export const undefinedForVoid = Purchase.signal("run-1", "Withdrawal", undefined) // expect: "the signal 'Withdrawal' has no payload"
export const noId = purchase.signal("Withdrawal") // expect: '1'
export const wrongId = purchase.signal(1, "Withdrawal") // expect: 'number', 'string'

export class Twice extends Workflow.define("Twice")
  .signal("Go", Schema.Void)
  .signal("Go", Schema.String) // expect: "'Go'", 'declared twice'
  .state("Begin", Schema.Void, ["End"])
  .exit("End", Schema.Void)
  .start("Begin") {}
export const noSchema = Workflow.define("NoSchema").signal("Go", { by: "string" }) // expect: "'by'"

export const unhandled: Effect.Effect<void> = purchase.signal("run-1", "Withdrawal") // expect: 'RunNotFound'
export const withoutLayer: Effect.Effect<void, RunNotFound> = Purchase.signal("run-1", "Withdrawal") // expect: 'Purchase'
