/** Workflows of what waits and rolls back, called, signalled and provided as Layers. */
import { Effect, Layer, Schema } from "effect"
import type { Workflow } from "sluice"
import { match } from "ts-pattern"
import { begun, Payment, Purchase } from "./purchase.ts"
import { Charge, Reserve } from "./rollback.ts"
import { Order } from "./shop.ts"
import { Pay, Rest, Review, Track } from "./waiting.ts"

export const purchase = Purchase.implement({ Reserve, Charge, Review, Track, Pay, Rest })

export const purchaseLayer = Purchase.layer({
  Reserve: Reserve.catch(({ to }) => to.SoldOut()),
  Charge,
  Review,
  Track,
  Pay: Pay.catchTag("StateTimeout", ({ to }) => to.Cancelled("too slow")),
  Rest
})

export const paymentLayer = Payment.layer({
  Ask: ({ payload, to }) => (payload.sum > 0 ? to.Paid({ receipt: "a" }) : to.Declined("nothing to pay"))
})

export const layer = purchaseLayer.pipe(Layer.provideMerge(paymentLayer))

const order = new Order({ id: "a", total: 1 })

export const limited = purchase.run(order, { id: "run-1", timeout: "1 minute", compensationTimeout: "10 seconds" })
export const limitedByLayer = Purchase.run(order, { timeout: "1 minute" })
export const unlimited = purchase.run(order, { compensationTimeout: "10 seconds" })

export const signalled = Effect.gen(function* () {
  const handle = yield* purchase.fork(order, { timeout: "1 hour" })
  yield* handle.signal("Withdrawal")
  yield* purchase.signal(handle.id, "Approval", { by: "Ada" })
  yield* Purchase.signal(handle.id, "Withdrawal")
  return handle
})

export const describe = (outcome: Workflow.Outcome<typeof Purchase>): string =>
  match(outcome)
    .with({ _tag: "Done" }, ({ payload }) => payload)
    .with({ _tag: "SoldOut" }, () => "sold out")
    .with({ _tag: "Cancelled" }, ({ payload }) => payload)
    .exhaustive()

/** The end of a table that was begun in another file. */
export class Ended extends begun
  .signal("Stop", Schema.Void)
  .fallback(["Lost"])
  .state("Second", Schema.Number, ["Done"])
  .exit("Lost", Schema.Void)
  .exit("Done", Schema.Void, { rollback: true })
  .start("First") {}

export const First = Ended.wait("First", {
  Go: ({ signal, to }) => to.Second(signal.at),
  Stop: ({ to }) => to.Second.after("1 second", 0)
})
