/** What runs the workflow: it catches what a run can fail with, by tag, and provides what it needs. */
import { Effect, Layer } from "effect"
import { Bank, Order, Stock, Sub } from "./definition.ts"
import { checkout } from "./workflow.ts"

declare const stock: Stock["Service"]
declare const bank: Bank["Service"]

const layer = Layer.mergeAll(
  Layer.succeed(Stock, stock),
  Layer.succeed(Bank, bank),
  Sub.layer({ Go: ({ payload, to }) => (payload > 1 ? to.Ok("a") : to.Ko()) })
)

export const main = checkout.run(new Order({ id: "a", total: 1 })).pipe(
  Effect.map((outcome) => (outcome._tag === "Done" ? outcome.payload : outcome._tag)),
  Effect.catchTag("OutOfStock", (error) => Effect.succeed(error.id)),
  Effect.catchTags({
    PollExhausted: () => Effect.succeed("no answer"),
    CompensationFailed: ({ failures }) => Effect.succeed(`${failures.length} not undone`)
  }),
  Effect.provide(layer)
)

export const promise = () => Effect.runPromise(main)
