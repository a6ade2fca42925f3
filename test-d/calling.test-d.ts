/**
 * A workflow as one state of another: M26.
 */
import { Context, Effect, type Layer, Schema } from "effect"
import { CompensationFailed, type Handler, type StateTimeout, Workflow } from "sluice"
import { expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { Billing, type Busy, type Declined, type OutOfStock, Sale, Shelves, Shop } from "./shop.js"

class Desk extends Context.Service<Desk, { open(): Effect.Effect<number, Busy> }>()("Desk") {}

/** The targets, errors and services of a handler, exactly. */
declare const has: <Taken, E, R>() => <Is extends Handler.AnyHandler>(
  handler: Is
) => IsEqual<
  [Is[Handler.HandlerTypes]["taken"], Is[Handler.HandlerTypes]["error"], Is[Handler.HandlerTypes]["services"]],
  [Taken, E, R]
>
declare const same: <A>() => <B>(value: B) => IsEqual<A, B>

// It goes where the functions of the exits go, fails with what the callee declares, and needs its Layer.
const calling = Sale.call(
  "Pay",
  Billing,
  (context) => {
    expectType<true>(same<Workflow.BranchContext<typeof Sale, "Pay">>()(context))
    return { sum: context.payload }
  },
  {
    Paid: (context) => {
      expectType<true>(same<Workflow.CallContext<typeof Sale, "Pay", { readonly receipt: string }>>()(context))
      expectType<true>({} as IsEqual<keyof typeof context.to, "Sold" | "Cool">)
      return context.to.Sold(context.result.receipt)
    },
    Refused: ({ result, to }) => {
      expectType<true>(same<void>()(result))
      return to.Cool.after("1 minute")
    }
  }
)
expectType<true>(has<"Sold" | "Cool", Declined, Billing>()(calling))
expectType<true>(
  has<"Sold" | "Cool", StateTimeout, Billing>()(
    calling.catchTag("Declined", ({ error, to }) => to.Sold(error.reason)).timeout("1 minute")
  )
)
// What the functions of the exits fail with and need is added.
expectType<true>(
  has<"Sold" | "Cool", Declined | Busy | OutOfStock, Billing | Desk | Shelves>()(
    Sale.call("Pay", Billing, ({ payload }) => ({ sum: payload }), {
      Paid: ({ result, to }) =>
        Effect.map(
          Desk.use((desk) => desk.open()),
          () => to.Sold(result.receipt)
        ),
      *Refused({ to }) {
        yield* Shelves.use((shelves) => shelves.find(""))
        return to.Cool()
      }
    })
  )
)
// A callee without declared failures does not fail, and one may call itself.
expectType<true>(
  has<"Sold" | "Cool", never, Shop>()(
    Sale.call("Pay", Shop, ({ input }) => input, {
      Shipped: ({ to }) => to.Cool(),
      Rejected: ({ result, to }) => to.Sold(result)
    })
  )
)
class Tree extends Workflow.define("Tree")
  .failure(Schema.String)
  .state("Walk", Schema.Number, ["Leaf"])
  .exit("Leaf", Schema.Number)
  .start("Walk") {}
const Walk = Tree.call("Walk", Tree, ({ payload }) => payload - 1, { Leaf: ({ result, to }) => to.Leaf(result) })
expectType<true>(has<"Leaf", string, Tree>()(Walk))
expectType<Layer.Layer<Tree>>(Tree.layer({ Walk }))

// A callee hands over what it has completed: undoing it can fail whatever the caller has caught.
class Undoing extends Workflow.define("Undoing")
  .failure(CompensationFailed)
  .state("Do", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Do") {}
const handed = Sale.call("Pay", Undoing, () => undefined, { Done: ({ to }) => to.Cool() })
expectType<true>(has<"Cool", CompensationFailed, Undoing>()(handed))
expectType<true>(has<"Cool", CompensationFailed, Undoing>()(handed.catch(({ to }) => to.Cool())))

// M26: exits, input, results and callees.
const input = ({ payload }: Workflow.BranchContext<typeof Sale, "Pay">) => ({ sum: payload })
expectError(Sale.call("Pay", Billing, input, { Paid: ({ to }) => to.Cool() }))
expectError(
  Sale.call("Pay", Billing, input, {
    Paid: ({ to }) => to.Cool(),
    Refused: ({ to }) => to.Cool(),
    Lost: () => Effect.never
  })
)
expectError(
  Sale.call("Pay", Billing, input, { Paid: ({ result, to }) => to.Sold(result.sum), Refused: ({ to }) => to.Cool() })
)
expectError(Sale.call("Pay", Billing, input, { Paid: ({ to }) => to.Gone(), Refused: ({ to }) => to.Cool() }))
expectError(Sale.call("Pay", Billing, input, { Paid: ({ result }) => result.receipt, Refused: ({ to }) => to.Cool() }))
expectError(Sale.call("Pay", Billing, input, { Paid: ({ to }) => to.Cool, Refused: ({ to }) => to.Cool() }))
expectError(
  Sale.call("Pay", Billing, ({ payload }) => payload, { Paid: ({ to }) => to.Cool(), Refused: ({ to }) => to.Cool() })
)
expectError(
  Sale.call("Pay", Billing, () => Effect.succeed({ sum: 1 }), {
    Paid: ({ to }) => to.Cool(),
    Refused: ({ to }) => to.Cool()
  })
)
expectError(Sale.call("Pay", Billing, input))
expectError(Sale.call("Sold", Billing, () => ({ sum: 1 }), {}))
declare const billing: Workflow.Workflow<typeof Billing, never, never>
expectError(Sale.call("Pay", billing, input, { Paid: () => Effect.never, Refused: () => Effect.never }))
expectError(Sale.call("Pay", "Billing", input, {}))

// The failure of the callee must be handled or declared, and its Layer provided.
class Plain extends Workflow.define("Plain").state("Go", Schema.Void, ["Done"]).exit("Done", Schema.Void).start("Go") {}
const Go = Plain.call("Go", Billing, () => ({ sum: 1 }), {
  Paid: ({ to }) => to.Done(),
  Refused: ({ to }) => to.Done()
})
expectError(Plain.layer({ Go }))
expectType<Layer.Layer<Plain, never, Billing>>(Plain.layer({ Go: Go.catch(({ to }) => to.Done()) }))
expectError(Effect.runPromise(Plain.implement({ Go: Go.catch(({ to }) => to.Done()) }).run(undefined)))
