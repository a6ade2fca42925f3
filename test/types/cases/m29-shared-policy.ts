import { Effect, Schema } from "effect"
import { Workflow } from "sluice"
import { Import, Purchase } from "../right/purchase.ts"
import { Charge, Reserve } from "../right/rollback.ts"
import { Fetch, Parse, Salvage } from "../right/sharing.ts"
import { Pay, Rest, Review, Track } from "../right/waiting.ts"

const handlers = { Fetch, Parse, Salvage }
const either = ({ error, to }: Workflow.CatchContext<typeof Import, "*", { readonly _tag: string }>) =>
  error._tag === "Offline" ? to.Broken("") : to.Salvage({ state: "", reason: "" })
const purchasing = { Reserve, Charge, Review, Track, Pay, Rest }

// What is declared must be gone to.
export const noPolicy = Import.implement(handlers) // expect: "no policy goes to the fallback 'Salvage'", "'Broken'"
export const noPolicyOfLayer = Import.layer(handlers) // expect: "no policy goes to the fallback 'Salvage'", "'Broken'"
export const emptyOptions = Import.implement(handlers, {}) // expect: 'policy'
export const otherOptions = Import.implement(handlers, { rollback: () => false }) // expect: 'policy'
export const otherOptionsOfLayer = Import.layer(handlers, { rollback: () => false }) // expect: 'policy'
export const noCatch = Import.implement(handlers, { policy: (step) => step.retry({ times: 2 }) }) // expect: "'Salvage'", "'Broken'", 'no policy'
// expect: "'Salvage'", 'no policy'
export const oneOfTwo = Import.implement(handlers, { policy: (step) => step.catch(({ to }) => to.Broken("")) })

// Nothing else may be gone to.
export const elsewhere = Import.implement(handlers, {
  policy: (step) => step.catch(({ to }) => (Math.random() > 0.5 ? to.Parse("") : to.Broken(""))) // expect: "'Parse'", '"Salvage"', '"Broken"'
})
export const withoutFallback = Purchase.implement(purchasing, {
  policy: (step) => step.catch(({ to }) => to.Cancelled("")) // expect: "'Cancelled'"
})
export const wrongPayload = Import.implement(handlers, {
  policy: (step) => step.catch(({ to }) => (Math.random() > 0.5 ? to.Broken(1) : to.Salvage({ state: "" }))) // expect: 'number', 'string', 'reason'
})
export const noTransition = Import.implement(handlers, {
  policy: (step) => step.catchTag("Offline", () => "Broken").catch(either) // expect: 'transition'
})
export const noHandler = Import.implement(handlers, { policy: () => "retry" }) // expect: 'string', 'Handler'
export const noFunction = Import.implement(handlers, { policy: "retry" }) // expect: 'string'
export const wrongOption = Import.implement(handlers, { polices: () => true }) // expect: "'polices'"
export const wrongRollback = Purchase.implement(purchasing, { rollback: (cause) => cause.reasons }) // expect: 'boolean'
// The handler of a state is no policy of all.
export const ofAState = Import.implement(handlers, { policy: () => Fetch }) // expect: '"Fetch"', '"*"'

// Only what some handler may fail with is caught.
export const cannotOccur = Import.implement(handlers, {
  policy: (step) => step.catchTag("StateTimeout", ({ to }) => to.Broken("")).catch(either) // expect: '"StateTimeout"', '"Refused"', '"Offline"'
})
export const cannotOccurAmongOthers = Import.implement(handlers, {
  policy: (step) =>
    step
      .catchTags({
        Refused: ({ to }) => to.Broken(""),
        OutOfStock: ({ to }) => to.Broken("") // expect: "'OutOfStock'"
      })
      .catch(either)
})
export const notSeen = Purchase.implement(purchasing, {
  policy: (step) => step.catchTag("CompensationFailed", () => Effect.never) // expect: '"CompensationFailed"'
})
export const noResults = Import.implement(handlers, {
  policy: (step) => step.catchTag("Offline", ({ results, to }) => to.Broken(results)).catch(either) // expect: "'results'"
})
export const payloadOfAny = Import.implement(handlers, {
  policy: (step) => step.catchTag("Offline", ({ payload, to }) => to.Broken(payload.reason)).catch(either) // expect: 'payload', 'unknown'
})
export const ofNoState = Import.implement(handlers, {
  policy: (step) => step.catchTag("Offline", ({ state, to }) => to.Broken(state === "Prase" ? "" : state)).catch(either) // expect: '"Prase"', '"Parse"'
})
export const undone = Import.implement(handlers, {
  policy: (step) => step.catch(either).compensate({ Imported: () => Effect.void }) // expect: "'Imported'"
})

// It is the policy that goes there, and no handler.
export const byAHandler = Import.task("Fetch", ({ to }) => to.Broken("")) // expect: "'Broken'", '"Parse"'
export const handlerOfAll = Import.task("*", ({ to }) => to.Broken("")) // expect: '"*"', '"Fetch"'

// A fallback is a place of the table.
export class NoPlace extends Workflow.define("NoPlace")
  .fallback(["Lost"])
  .state("Begin", Schema.Void, ["End"])
  .exit("End", Schema.Void)
  .start("Begin") {} // expect: "'Lost'", 'fallback'
export class Trap extends Workflow.define("Trap")
  .fallback(["Lost"])
  .state("Begin", Schema.Void, ["End"])
  .state("Lost", Schema.Void, ["Lost"])
  .exit("End", Schema.Void)
  .start("Begin") {} // expect: "'Lost'", 'no exit'
// A way out is not one for the state that is fallen back to.
export class TrapOfTwo extends Workflow.define("TrapOfTwo")
  .fallback(["Lost", "End"])
  .state("Begin", Schema.Void, ["End"])
  .state("Lost", Schema.Void, ["Lost"])
  .exit("End", Schema.Void)
  .start("Begin") {} // expect: "'Lost'", 'no exit'

const declared = {
  ...purchasing,
  Reserve: Reserve.catch(({ to }) => to.SoldOut()),
  Pay: Pay.catchTag("StateTimeout", ({ to }) => to.Cancelled("too slow"))
}
// A policy that leaves or adds what the Layer does not declare.
// expect: "'StateTimeout'"
export const added = Import.layer(handlers, { policy: (step) => step.catch(either).timeout("1 second") })
// expect: "'Offline'"
export const left = Import.layer(handlers, { policy: (step) => step.catchTag("Refused", either) })
// expect: '"closed"'
export const untagged = Purchase.layer(declared, {
  policy: (step) => step.catch(() => Effect.fail("closed" as const))
})
