import { Effect, Schema } from "effect"
import { Join, Workflow } from "sluice"
import { Depot, Purchase } from "../right/purchase.ts"
import { reserving } from "../right/rollback.ts"

const Reserve = Purchase.task("Reserve", ({ payload, to }) =>
  Effect.map(
    Depot.use((depot) => depot.hold(payload.id)),
    (hold) => to.Charge(hold)
  )
)

export const typo = Reserve.compensate({
  Chrage: () => Effect.void // expect: "'Chrage'", '"Charge"'
})
export const notATarget = Reserve.compensate({
  Done: () => Effect.void // expect: "'Done'", '"Charge"'
})
// The state declares the target, but this handler never goes there.
export const neverTaken = Reserve.compensate({
  SoldOut: () => Effect.void // expect: "'SoldOut'", '"Charge"'
})
export const amongOthers = Reserve.compensate({
  Charge: ({ payload }) => Depot.use((depot) => depot.free(payload.id)),
  Chrage: () => Effect.void // expect: "'Chrage'", "'Reserve'"
})
export const tooEarly = Reserve.compensate({ SoldOut: () => Effect.void }).catch(({ to }) => to.SoldOut()) // expect: "'SoldOut'", '"Charge"'
export const afterTheCatch = Reserve.catch(({ to }) => to.SoldOut()).compensate({ SoldOut: () => Effect.void })

export const noRecord = Reserve.compensate(() => Effect.void) // expect: 'Charge'
export const noArgument = Reserve.compensate() // expect: 'but got 0'

// The branches of a split, and nothing else.
export const notABranch = Purchase.split("Reserve", { hold: () => 1, weight: () => 2 }).compensate({
  hodl: () => Effect.void // expect: "'hodl'", 'hold'
})
export const aTarget = reserving.compensate({
  Charge: () => Effect.void // expect: "'Charge'", 'hold'
})
export const aBranchAfterTheJoin = reserving
  .join(Join.all, ({ results, to }) => (results.weight > 0 ? to.Charge(results.hold) : to.SoldOut()))
  .compensate({
    hold: () => Effect.void // expect: "'hold'", '"Charge"'
  })
const each = Purchase.forEach(
  "Reserve",
  ({ payload }) => [payload.id],
  ({ item }) => item
)
export const byBranch = each.compensate({ hold: () => Effect.void }) // expect: 'hold'

// A route does nothing that could be undone.
export const route = Purchase.route("Reserve", ({ to }) => to.SoldOut()).compensate({ SoldOut: () => Effect.void }) // expect: 'compensate'

export const wrongOption = Reserve.compensate({ Charge: () => Effect.void }, { retries: 3 }) // expect: 'retries'
export const wrongRetry = Reserve.compensate({ Charge: () => Effect.void }, { retry: 3 }) // expect: 'number', 'Options'
export const wrongTimeout = Reserve.compensate({ Charge: () => Effect.void }, { timeout: "5 sec" }) // expect: '"5 sec"'
export const wrongItemTimeout = each.compensate(() => Effect.void, { timeout: "5 sec" }) // expect: '"5 sec"'

// What any state goes to when it fails is not undone.
class Loose extends Workflow.define("Loose")
  .state("Begin", Schema.Void, ["End"])
  .exit("End", Schema.Void)
  .start("Begin") {}
export const shared = Loose.implement(
  { Begin: Loose.task("Begin", ({ to }) => to.End()) },
  { policy: (step) => step.compensate({ End: () => Effect.void }) } // expect: "'End'"
)
