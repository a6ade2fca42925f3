/** What a test of the workflow does. */
import { Effect } from "effect"
import * as Testing from "sluice/testing"
import { Order, OutOfStock } from "./definition.ts"
import { Charge, Ship } from "./handlers.ts"
import { checkout } from "./workflow.ts"

const order = new Order({ id: "a", total: 1 })

export const reported = Effect.gen(function* () {
  const report = yield* Testing.run(checkout, order, {
    stubs: {
      Reserve: Effect.fail(new OutOfStock({ id: "a" })),
      Charge: Testing.stub(Charge, ({ to }) => to.Review("a")),
      Ship: Testing.branches(Ship, { local: Effect.succeed(1) })
    }
  })
  Testing.assertReport(report, { outcome: "Done", path: ["Reserve", "Charge"] })
})

export const step = checkout
  .step("Reserve", order)
  .pipe(Effect.map((transition) => (transition._tag === "Charge" ? transition.payload.n : 0)))
