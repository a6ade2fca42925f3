/**
 * A demonstration: six orders in a shop whose services are simulated, and say what they do.
 */
import { Cause, Console, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { CompensationFailed, Workflow } from "sluice"
import { match } from "ts-pattern"
import { type Order, order } from "./order.ts"
import {
  CardClosed,
  Couriers,
  NoCourier,
  type OrderRequest,
  Payments,
  type Receipt,
  Stock,
  Unavailable
} from "./services.ts"

const say = (what: string) => Console.log(`  ${what}`)

const euros = (cents: number) => `${(cents / 100).toFixed(2)} euros`

const stock = Layer.succeed(Stock)({
  reserve: (item) => Effect.as(say(`reserved: ${item}`), { reservation: item }),
  release: ({ reservation }) => say(`back in stock: ${reservation}`)
})

const payments = Layer.succeed(Payments)({
  charge: (card, cents) =>
    card === "offline"
      ? Effect.fail(new Unavailable({ service: "the bank" }))
      : Effect.as(say(`charged: ${euros(cents)}`), { card, cents }),
  refund: ({ card, cents }: Receipt) =>
    card === "lost" ? Effect.fail(new CardClosed({ card })) : say(`refunded: ${euros(cents)}`)
})

const couriers = Layer.succeed(Couriers)({
  collect: (address) =>
    address === "The Island" ? Effect.fail(new NoCourier({ address })) : Effect.as(say("collected"), "T-1")
})

const shop = Layer.mergeAll(stock, payments, couriers)

interface Demonstration extends OrderRequest {
  /** Who approves it, a day later. */
  readonly approvedBy?: string
}

const book = { item: "book", cents: 1_500, card: "blue", address: "1 High Street" }
const piano = { ...book, item: "piano", cents: 900_000 }

const orders: ReadonlyArray<Demonstration> = [
  { ...book, id: "S-1" },
  { ...book, id: "S-2", address: "The Island" },
  { ...piano, id: "S-3", approvedBy: "Grace" },
  { ...piano, id: "S-4" },
  { ...book, id: "S-5", card: "offline" },
  { ...book, id: "S-6", address: "The Island", card: "lost" }
]

/** What somebody has to see to by hand. */
const notUndone = ({ failures }: CompensationFailed) =>
  failures.map(({ cause, payload, state }) => `${state} ${JSON.stringify(payload)}, ${Cause.squash(cause)}`).join("; ")

/** Waits for the end of an order, and says what it was. */
const endingOf = ({ fiber }: Workflow.RunHandle<typeof Order, CompensationFailed>) =>
  Fiber.join(fiber).pipe(
    Effect.map((outcome) =>
      match(outcome)
        .with({ _tag: "Shipped" }, ({ payload }) => `shipped as ${payload.tracking}`)
        .with({ _tag: "Cancelled" }, ({ payload }) => `cancelled: ${payload.reason}`)
        .with({ _tag: "Abandoned" }, ({ payload }) => `abandoned: ${payload.reason}`)
        .exhaustive()
    ),
    Effect.catchTag("CompensationFailed", (error) => Effect.succeed(`not undone: ${notUndone(error)}`))
  )

/** Follows an order to its end. A demonstration does not wait for days: they pass at once on the test clock. */
const follow = Effect.fn("follow")(function* ({ approvedBy, ...request }: Demonstration) {
  yield* Console.log(`${request.id}: ${request.item}`)
  const run = yield* order.fork(request, { id: request.id })
  const ended = yield* Effect.forkChild(endingOf(run))
  yield* TestClock.adjust("1 day")
  if (approvedBy !== undefined) yield* run.signal("Approval", { by: approvedBy })
  yield* TestClock.adjust("1 day")
  yield* say(yield* Fiber.join(ended))
}, Effect.scoped)

export const program = Effect.forEach(orders, follow, { discard: true }).pipe(Effect.provide(shop))
