import { Effect, Layer } from "effect"
import { purchaseLayer } from "../right/buying.ts"
import { Payment, Purchase } from "../right/purchase.ts"
import { Charge, Reserve } from "../right/rollback.ts"
import { Order, Shop } from "../right/shop.ts"
import { Rest, Review, Track } from "../right/waiting.ts"
import { shop } from "../right/workflow.ts"

// expect: 'Declined'
export const notCovered = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload }), {
  Paid: ({ result, to }) => to.Done(result.receipt)
})
export const notAnExit = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload }), {
  Paid: ({ result, to }) => to.Done(result.receipt),
  Declined: ({ result, to }) => to.Cancelled(result),
  Lost: ({ to }) => to.Cancelled("") // expect: "'Lost'", "'Payment'"
})
export const misspelt = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload }), {
  Payed: ({ result, to }) => to.Done(result.receipt), // expect: 'Payed'
  Declined: ({ result, to }) => to.Cancelled(result)
})
export const aState = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload }), {
  Ask: ({ to }) => to.Cancelled(""), // expect: "'Ask'", "'Payment'"
  Paid: ({ result, to }) => to.Done(result.receipt),
  Declined: ({ result, to }) => to.Cancelled(result)
})
// expect: 'string', 'number'
export const wrongInput = Purchase.call("Pay", Payment, ({ input }) => ({ sum: input.id }), {
  Paid: ({ result, to }) => to.Done(result.receipt),
  Declined: ({ result, to }) => to.Cancelled(result)
})
// expect: 'void', 'sum'
export const noInput = Purchase.call("Pay", Payment, () => {}, {
  Paid: ({ result, to }) => to.Done(result.receipt),
  Declined: ({ result, to }) => to.Cancelled(result)
})
// expect: 'Effect', 'sum'
export const inputOfAnEffect = Purchase.call("Pay", Payment, ({ payload }) => Effect.succeed({ sum: payload }), {
  Paid: ({ result, to }) => to.Done(result.receipt),
  Declined: ({ result, to }) => to.Cancelled(result)
})
// expect: "'to'"
export const toInTheInput = Purchase.call("Pay", Payment, ({ to }) => ({ sum: to.length }), {
  Paid: ({ result, to }) => to.Done(result.receipt),
  Declined: ({ result, to }) => to.Cancelled(result)
})
export const wrongResult = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload }), {
  Paid: ({ result, to }) => to.Done(result.reciept), // expect: 'reciept', 'receipt'
  Declined: ({ result, to }) => to.Cancelled(result.receipt) // expect: 'receipt', 'string'
})
export const noTransition = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload }), {
  Paid: ({ result }) => result.receipt, // expect: "'Pay'", 'transition'
  // expect: "'Pay'", 'every path'
  Declined: ({ result, to }) => {
    if (result === "") return to.Cancelled(result)
  }
})
export const notATarget = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload }), {
  Paid: ({ to }) => to.SoldOut(), // expect: "'SoldOut'", '"Done"'
  Declined: ({ result, to }) => to.Cancelled(result)
})
export const ofTheCallee = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload }), {
  Paid: ({ result, to }) => to.Paid(result), // expect: "'Paid'", '"Done"'
  Declined: ({ result, to }) => to.Cancelled(result)
})
// expect: 'AnyDefinition'
export const aWorkflow = Purchase.call("Pay", shop, ({ input }) => input, {
  Shipped: ({ to }) => to.Done(""),
  Rejected: ({ to }) => to.Cancelled(""),
  Cancelled: ({ to }) => to.Cancelled("")
})
export const aName = Purchase.call("Pay", "Payment", ({ payload }) => ({ sum: payload }), {}) // expect: 'AnyDefinition'
export const noCases = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload })) // expect: 'but got 3'
export const atAnExit = Purchase.call("Done", Payment, () => ({ sum: 1 }), {}) // expect: '"Done"', '"Pay"'

// The failure of the callee is that of the state, and its Layer is needed.
const Calling = Purchase.call("Pay", Shop, ({ input }) => input, {
  Shipped: ({ result, to }) => (result.parcels > 0 ? to.Done("") : to.Rest()),
  Rejected: ({ result, to }) => to.Cancelled(result),
  Cancelled: ({ to }) => to.Cancelled("")
})
export const unhandled = Purchase.layer({
  Reserve: Reserve.catch(({ to }) => to.SoldOut()),
  Charge,
  Review,
  Track,
  Pay: Calling, // expect: "'Pay'", "'OutOfStock'"
  Rest
})
export const wrongTag = Calling.catchTag("Refused", ({ to }) => to.Cancelled("")) // expect: '"Refused"', '"OutOfStock"'
export const handled = Calling.catchTag("OutOfStock", ({ to }) => to.Cancelled(""))
declare const others: Layer.Layer<Exclude<Layer.Services<typeof purchaseLayer>, Payment>>
export const noLayer = Effect.runPromise(
  Purchase.run(new Order({ id: "a", total: 1 })).pipe(Effect.provide(Layer.provide(purchaseLayer, others))) // expect: 'Payment'
)
