/** Input from outside: decoded by the schema of the start state. */
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Schema, SchemaGetter } from "effect"
import { InvalidInput, Workflow } from "sluice"

class Item extends Schema.Class<Item>("Item")({ sku: Schema.String, amount: Schema.Number }) {}
class Cart extends Schema.Class<Cart>("Cart")({
  id: Schema.String,
  at: Schema.DateFromString,
  items: Schema.Array(Item)
}) {}

class Checkout extends Workflow.define("Checkout")
  .state("Price", Cart, ["Done"])
  .exit("Done", Schema.Number)
  .start("Price") {}

const checkout = Checkout.implement({
  Price: ({ payload, to }) => to.Done(payload.items.reduce((sum, item) => sum + item.amount, 0))
})

const cart = {
  id: "c1",
  at: "2026-11-23T00:00:00.000Z",
  items: [
    { sku: "a", amount: 2 },
    { sku: "b", amount: 3 }
  ]
}

describe("decodeInput", () => {
  it.effect("gives the input a run takes", () =>
    Effect.gen(function* () {
      const input = yield* Checkout.decodeInput(cart)
      expect(input).toBeInstanceOf(Cart)
      expect(input.items[1]).toBeInstanceOf(Item)
      expect(input.at).toEqual(new Date(cart.at))
      expect(yield* checkout.run(input)).toEqual({ _tag: "Done", payload: 5 })
    })
  )

  it.effect("says what is wrong, and where", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Checkout.decodeInput({ ...cart, items: [cart.items[0], { sku: "b", amount: "three" }] })
      )
      expect(error).toBeInstanceOf(InvalidInput)
      expect(error).toMatchObject({ _tag: "InvalidInput", workflow: "Checkout", state: "Price" })
      expect(error.message).toContain("workflow 'Checkout'")
      expect(error.message).toContain("'Price'")
      expect(error.issue).toContain(`["items"][1]["amount"]`)
      expect(error.issue).toContain("Expected number")
    })
  )

  it.effect("refuses what is nothing like it", () =>
    Effect.gen(function* () {
      for (const input of [undefined, null, "cart", 1, [], {}]) {
        expect(yield* Effect.flip(Checkout.decodeInput(input))).toBeInstanceOf(InvalidInput)
      }
    })
  )

  it.effect("needs the services that decoding needs", () =>
    Effect.gen(function* () {
      class Zone extends Context.Service<Zone, string>()("test/Zone") {}
      const InZone = Schema.String.pipe(
        Schema.decodeTo(Schema.String, {
          decode: SchemaGetter.transformEffect((text: string) => Effect.map(Zone, (zone) => `${text} ${zone}`)),
          encode: SchemaGetter.passthrough()
        })
      )
      class Zoned extends Workflow.define("Zoned")
        .state("Start", InZone, ["Done"])
        .exit("Done", Schema.Void)
        .start("Start") {}
      expect(yield* Effect.provideService(Zoned.decodeInput("noon"), Zone, "UTC")).toBe("noon UTC")
    })
  )

  it.effect("fails when the start has no schema, which the types prevent", () =>
    Effect.gen(function* () {
      class Upload extends Workflow.define("Upload")
        .state("Send", Workflow.type<{ readonly bytes: number }>(), ["Done"])
        .exit("Done", Schema.Void)
        .start("Send") {}
      const loose = Upload as unknown as { decodeInput(input: unknown): Effect.Effect<unknown, InvalidInput> }
      const error = yield* Effect.flip(loose.decodeInput({ bytes: 1 }))
      expect(error).toBeInstanceOf(InvalidInput)
      expect(error.message).toContain("has no schema")
    })
  )
})
