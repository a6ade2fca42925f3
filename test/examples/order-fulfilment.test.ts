/** The order fulfilment: every exit and the ways to it, single handlers, the table, and the program. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Exit, Layer, Option } from "effect"
import { TestConsole } from "effect/testing"
import { Workflow } from "sluice"
import * as Testing from "sluice/testing"
import { program } from "../../examples/order-fulfilment/fulfilment.ts"
import { Order } from "../../examples/order-fulfilment/order.ts"
import * as Selling from "../../examples/order-fulfilment/selling.ts"
import {
  AddressUnknown,
  CardDeclined,
  Couriers,
  Customers,
  ItemDamaged,
  type Line,
  NoQuote,
  type OrderRequest,
  OutOfStock,
  Payments,
  ProductUnknown,
  Stock,
  type Tracking,
  Unavailable,
  Warehouse
} from "../../examples/order-fulfilment/services.ts"
import * as Shipping from "../../examples/order-fulfilment/shipping.ts"
import { inTurn } from "../support/runs.ts"

interface Overrides {
  readonly customers?: Partial<Customers["Service"]>
  readonly stock?: Partial<Stock["Service"]>
  readonly payments?: Partial<Payments["Service"]>
  readonly warehouse?: Partial<Warehouse["Service"]>
  readonly couriers?: Partial<Couriers["Service"]>
}

/** A shop in which everything goes well, except for what is overridden, and which notes what was done. */
const openShop = ({ couriers, customers, payments, stock, warehouse }: Overrides = {}) => {
  const done: Array<string> = []
  const note = (what: string) => Effect.sync(() => void done.push(what))
  const services = Layer.mergeAll(
    Layer.succeed(Customers)({
      isTrusted: () => Effect.succeed(true),
      fraudScore: () => Effect.succeed(0.1),
      checkAddress: () => Effect.void,
      review: () => Effect.succeed("accept"),
      anotherCard: () => Effect.never,
      sentBack: () => Effect.never,
      email: (_, text) => note(`email: ${text}`),
      message: () => Effect.never,
      ...customers
    }),
    Layer.succeed(Stock)({
      price: (sku) => Effect.succeed(sku === "pen" ? 200 : 1_000),
      reserve: (line) => Effect.succeed({ id: line.sku, line }),
      release: ({ line }) => note(`released ${line.sku}`),
      restock: ({ sku }) => note(`restocked ${sku}`),
      ...stock
    }),
    Layer.succeed(Payments)({
      authorise: (card, cents) => Effect.as(note(`authorised ${cents}`), `${cents} from ${card}`),
      capture: (authorisation) => note(`captured ${authorisation}`),
      cancel: (authorisation) => note(`gave up ${authorisation}`),
      refund: (_, cents) => note(`refunded ${cents}`),
      ...payments
    }),
    Layer.succeed(Warehouse)({
      pick: ({ sku }) => note(`picked ${sku}`),
      pack: (lines) => Effect.succeed({ grams: 100 * lines.length }),
      print: (document) => note(`printed ${document}`),
      inspect: () => Effect.succeed(true),
      ...warehouse
    }),
    Layer.succeed(Couriers)({
      quote: (courier) => Effect.succeed({ Swift: 900, Steady: 500, Cargo: 700 }[courier]),
      collect: (courier, { grams }) => Effect.succeed(`${courier}-${grams}`),
      track: () => Effect.succeed("delivered"),
      ...couriers
    })
  )
  return { done, services }
}

const request: OrderRequest = {
  id: "7",
  customer: "Ada",
  address: "1 High Street",
  card: "blue",
  lines: [
    { sku: "pen", quantity: 3 },
    { sku: "ink", quantity: 1 }
  ]
}

const order = Order.implement({ ...Selling, ...Shipping })

/** Places an order. Gives how it ended, the states it went through, how long it took and what was done. */
const fulfil = (overrides: Overrides = {}, changes: Partial<OrderRequest> = {}) => {
  const { done, services } = openShop(overrides)
  return Testing.run(order, { ...request, ...changes }, { limit: "60 days" }).pipe(
    Effect.map(({ duration, exit = Exit.die("it has not ended"), outcome, path }) => {
      const states = outcome === undefined ? path : path.slice(0, -1)
      return { exit, outcome, states, done, took: duration }
    }),
    Effect.provide(services)
  )
}

const down = Effect.fail(new Unavailable({ service: "test" }))
const declined = Effect.fail(new CardDeclined({ reason: "no money" }))

/** Reserves each product once. */
const inStockOnce = () => {
  const reserved = new Set<string>()
  return (line: Line) =>
    Effect.suspend(() => {
      if (reserved.has(line.sku)) return Effect.fail(new OutOfStock({ sku: line.sku }))
      reserved.add(line.sku)
      return Effect.succeed({ id: line.sku, line })
    })
}

const toPayment = ["Validate", "Screen", "Price", "Reserve", "Authorise"] as const
const toParcel = [...toPayment, "Confirm", "Pick", "Pack", "Label", "ChooseCourier"] as const
const toTransit = [...toParcel, "Capture", "HandOver", "InTransit"] as const

describe("an order that is delivered", () => {
  it.effect("is priced, reserved, paid for and sent by the cheapest courier", () =>
    Effect.gen(function* () {
      const { done, outcome, states, took } = yield* fulfil()
      expect(outcome).toEqual({ _tag: "Delivered", payload: { paid: 1_600, tracking: "Steady-200" } })
      expect(states).toEqual([...toTransit, "AwaitReturn", "Close"])
      expect(done).toEqual([
        "authorised 1600",
        "email: order 7 is confirmed",
        "picked pen",
        "picked ink",
        "printed label",
        "printed invoice",
        "captured 1600 from blue",
        "email: how do you like order 7?"
      ])
      expect(Duration.toHours(took)).toBe(6 + 14 * 24)
    })
  )

  it.effect("waits for stock, and asks again for what was missing only", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const ink = inTurn(
        Effect.fail(new OutOfStock({ sku: "ink" })),
        Effect.fail(new OutOfStock({ sku: "ink" })),
        Effect.void
      )
      const { outcome, states } = yield* fulfil({
        stock: {
          reserve: (line) =>
            Effect.suspend(() => {
              asked.push(line.sku)
              return Effect.as(line.sku === "ink" ? ink : Effect.void, { id: line.sku, line })
            })
        }
      })
      expect(outcome?._tag).toBe("Delivered")
      expect(asked).toEqual(["pen", "ink", "ink", "ink"])
      const waiting = ["Reserve", "Backorder", "AwaitStock"]
      expect(states.slice(0, 11)).toEqual([
        "Validate",
        "Screen",
        "Price",
        ...waiting,
        ...waiting,
        "Reserve",
        "Authorise"
      ])
    })
  )

  it.effect.each([
    ["the score cannot be had", { fraudScore: () => down }],
    ["the score takes too long", { fraudScore: () => Effect.never }],
    ["a stranger is doubtful", { fraudScore: () => Effect.succeed(0.6), isTrusted: () => Effect.succeed(false) }]
  ] as const)("was accepted on review when %s", ([, customers]) =>
    Effect.gen(function* () {
      const { outcome, states } = yield* fulfil({ customers })
      expect(outcome?._tag).toBe("Delivered")
      expect(states.slice(0, 4)).toEqual(["Validate", "Screen", "Review", "Price"])
    })
  )

  it.effect("is not reviewed for a customer who is trusted", () =>
    Effect.gen(function* () {
      const { states } = yield* fulfil({ customers: { fraudScore: () => Effect.succeed(0.6) } })
      expect(states.slice(0, 3)).toEqual(["Validate", "Screen", "Price"])
      expect(states).not.toContain("Review")
    })
  )

  it.effect("is paid for with another card", () =>
    Effect.gen(function* () {
      const { done, states } = yield* fulfil({
        customers: { anotherCard: () => Effect.delay(Effect.succeed("green"), "1 day") },
        payments: { authorise: (card) => (card === "blue" ? declined : Effect.succeed(card)) }
      })
      expect(states.slice(4, 8)).toEqual(["Authorise", "Declined", "AskForCard", "Authorise"])
      expect(done).toContain("captured green")
    })
  )

  it.effect("is paid for when the gateway answers again", () =>
    Effect.gen(function* () {
      const authorise = inTurn(down, Effect.never, Effect.succeed("late"))
      const { outcome, states } = yield* fulfil({ payments: { authorise: () => authorise } })
      expect(outcome?._tag).toBe("Delivered")
      expect(states.filter((state) => state === "Authorise")).toHaveLength(1)
    })
  )

  it.effect.each([
    ["cannot be reached", down],
    ["is never reached", Effect.never]
  ] as const)("goes on when its customer %s", ([, unreachable]) =>
    Effect.gen(function* () {
      const { outcome } = yield* fulfil({ customers: { email: () => unreachable, message: () => unreachable } })
      expect(outcome?._tag).toBe("Delivered")
    })
  )

  it.effect("has its damaged items replaced", () =>
    Effect.gen(function* () {
      const pen = inTurn(Effect.fail(new ItemDamaged({ sku: "pen" })), Effect.void)
      const picked: Array<string> = []
      const { outcome, states } = yield* fulfil({
        warehouse: {
          pick: ({ sku }) =>
            Effect.andThen(
              Effect.sync(() => picked.push(sku)),
              sku === "pen" ? pen : Effect.void
            )
        }
      })
      expect(outcome?._tag).toBe("Delivered")
      expect(states.slice(6, 10)).toEqual(["Pick", "Replace", "Pick", "Pack"])
      expect(picked).toEqual(["pen", "ink", "pen"])
    })
  )

  it.effect("is sent by the cheapest courier that answers in time", () =>
    Effect.gen(function* () {
      const { outcome } = yield* fulfil({
        couriers: {
          quote: (courier) =>
            courier === "Steady"
              ? Effect.delay(Effect.succeed(1), "1 minute")
              : Effect.succeed(courier === "Swift" ? 900 : 700)
        }
      })
      expect(outcome).toMatchObject({ payload: { tracking: "Cargo-200" } })
    })
  )

  it.effect("waits hours for the courier to collect it", () =>
    Effect.gen(function* () {
      const collect = inTurn(down, down, Effect.succeed("collected"))
      const { outcome, took } = yield* fulfil({ couriers: { collect: () => collect } })
      expect(outcome).toMatchObject({ _tag: "Delivered", payload: { tracking: "collected" } })
      expect(Duration.toHours(took)).toBe(2 + 6 + 14 * 24)
    })
  )

  it.effect("is followed until it arrives", () =>
    Effect.gen(function* () {
      const track = inTurn<Tracking, Unavailable>(
        Effect.succeed("moving"),
        down,
        Effect.succeed("nobody home"),
        Effect.succeed("delivered")
      )
      const { outcome, states } = yield* fulfil({ couriers: { track: () => track } })
      expect(outcome?._tag).toBe("Delivered")
      expect(states.slice(toParcel.length + 2)).toEqual([
        "InTransit",
        "InTransit",
        "InTransit",
        "Redeliver",
        "InTransit",
        "AwaitReturn",
        "Close"
      ])
    })
  )
})

describe("an order that is rejected", () => {
  it.effect.each([
    ["the order is empty", { lines: [] }, {}],
    ["0 of pen cannot be ordered", { lines: [{ sku: "pen", quantity: 0 }] }, {}],
    [
      "nobody lives at 1 High Street",
      {},
      { customers: { checkAddress: (address: string) => Effect.fail(new AddressUnknown({ address })) } }
    ],
    ["suspected fraud", {}, { customers: { fraudScore: () => Effect.succeed(0.95) } }],
    [
      "refused on review",
      {},
      { customers: { fraudScore: () => down, review: () => Effect.succeed("refuse" as const) } }
    ],
    ["nobody reviewed the order", {}, { customers: { fraudScore: () => down, review: () => Effect.never } }],
    ["pen is not for sale", {}, { stock: { price: (sku: string) => Effect.fail(new ProductUnknown({ sku })) } }]
  ] as const)("is told that %s", ([reason, changes, overrides]) =>
    Effect.gen(function* () {
      const { done, outcome, states } = yield* fulfil(overrides, changes)
      expect(outcome).toEqual({ _tag: "Rejected", payload: { reason } })
      expect(done).toEqual([`email: order 7 is rejected: ${reason}`])
      expect(states).not.toContain("Reserve")
    })
  )
})

describe("an order that is cancelled", () => {
  const released = ["released pen", "released ink"]

  it.effect("waited for stock in vain, and releases what it had", () =>
    Effect.gen(function* () {
      const { done, outcome, states, took } = yield* fulfil({
        stock: {
          reserve: (line) =>
            line.sku === "pen" ? Effect.fail(new OutOfStock({ sku: "pen" })) : Effect.succeed({ id: "1", line })
        }
      })
      expect(outcome).toEqual({ _tag: "Cancelled", payload: { reason: "out of stock: pen" } })
      expect(states.filter((state) => state === "Reserve")).toHaveLength(5)
      expect(Duration.toHours(took)).toBe(4 * 12)
      expect(done).toEqual(["released ink", "email: order 7 is cancelled: out of stock: pen"])
    })
  )

  it.effect("has no card that is accepted", () =>
    Effect.gen(function* () {
      let cards = 0
      const { done, outcome } = yield* fulfil({
        customers: { anotherCard: () => Effect.sync(() => `card ${++cards}`) },
        payments: { authorise: () => declined }
      })
      expect(outcome).toEqual({ _tag: "Cancelled", payload: { reason: "3 cards were declined" } })
      expect(cards).toBe(2)
      expect(done).toEqual([...released, "email: order 7 is cancelled: 3 cards were declined"])
    })
  )

  it.effect("waits two days for another card", () =>
    Effect.gen(function* () {
      const { outcome, took } = yield* fulfil({ payments: { authorise: () => declined } })
      expect(outcome).toEqual({ _tag: "Cancelled", payload: { reason: "the customer named no other card" } })
      expect(Duration.toDays(took)).toBe(2)
    })
  )

  it.effect.each([
    ["is down", down, 1 + 2 + 4],
    ["hangs", Effect.never, 4 * 10 + 1 + 2 + 4]
  ] as const)("gets no payment while the gateway %s, after four attempts", ([, gateway, seconds]) =>
    Effect.gen(function* () {
      let attempts = 0
      const { done, outcome, took } = yield* fulfil({
        payments: {
          authorise: () =>
            Effect.andThen(
              Effect.sync(() => attempts++),
              gateway
            )
        }
      })
      expect(outcome).toEqual({ _tag: "Cancelled", payload: { reason: "no payment was possible" } })
      expect(attempts).toBe(4)
      expect(Duration.toSeconds(took)).toBe(seconds)
      expect(done.slice(0, 2)).toEqual(released)
    })
  )

  it.effect.each([
    [
      "no undamaged pen is left",
      {
        warehouse: { pick: ({ sku }: Line) => Effect.fail(new ItemDamaged({ sku })) },
        stock: { reserve: inStockOnce() }
      }
    ],
    [
      "no courier takes the parcel",
      { couriers: { quote: (courier: "Swift" | "Steady" | "Cargo") => Effect.fail(new NoQuote({ courier })) } }
    ],
    ["no courier answers", { couriers: { quote: () => Effect.never } }],
    ["no money", { payments: { capture: () => declined } }]
  ] as const)("gives up the payment because %s", ([reason, overrides]) =>
    Effect.gen(function* () {
      const { done, outcome, states } = yield* fulfil(overrides)
      expect(outcome).toEqual({ _tag: "Cancelled", payload: { reason } })
      expect(states.slice(-3)).toEqual(["VoidPayment", "ReleaseStock", "Cancel"])
      expect(done.slice(-4)).toEqual(["gave up 1600 from blue", ...released, `email: order 7 is cancelled: ${reason}`])
    })
  )
})

describe("an order that is returned", () => {
  const restocked = ["restocked pen", "restocked ink"]
  const ending = (reason: string) => ["refunded 1600", `email: we are sorry about order 7: ${reason}`]

  it.effect.each([
    ["goes back to stock", true, restocked],
    ["is not sold again when it is worn", false, []]
  ] as const)("is refunded, and %s", ([, sellable, stocked]) =>
    Effect.gen(function* () {
      const { done, outcome, states } = yield* fulfil({
        customers: { sentBack: () => Effect.delay(Effect.succeed("too blue"), "13 days") },
        warehouse: { inspect: () => Effect.succeed(sellable) }
      })
      expect(outcome).toEqual({ _tag: "Returned", payload: { refunded: 1_600, reason: "too blue" } })
      expect(states.slice(toTransit.length)).toEqual([
        "AwaitReturn",
        "Inspect",
        ...(sellable ? ["Restock"] : []),
        "Refund",
        "Apologise"
      ])
      expect(done.slice(7)).toEqual([...stocked, ...ending("too blue")])
    })
  )

  it.effect("found nobody home three times", () =>
    Effect.gen(function* () {
      const { done, outcome, states } = yield* fulfil({ couriers: { track: () => Effect.succeed("nobody home") } })
      expect(outcome).toMatchObject({ _tag: "Returned", payload: { reason: "the parcel was never received" } })
      expect(states.filter((state) => state === "Redeliver")).toHaveLength(3)
      expect(done.slice(7)).toEqual([...restocked, ...ending("the parcel was never received")])
    })
  )

  it.effect("was lost on its way", () =>
    Effect.gen(function* () {
      const { done, outcome } = yield* fulfil({ couriers: { track: () => Effect.succeed("lost") } })
      expect(outcome).toMatchObject({ _tag: "Returned", payload: { reason: "the parcel was lost" } })
      expect(done.slice(7)).toEqual(ending("the parcel was lost"))
    })
  )
})

describe("an order that fails", () => {
  it.effect.each([
    ["Capture", { payments: { capture: () => down } }],
    ["HandOver", { couriers: { collect: () => down } }],
    ["Refund", { couriers: { track: () => Effect.succeed("lost" as const) }, payments: { refund: () => down } }],
    ["VoidPayment", { payments: { capture: () => declined, cancel: () => down } }]
  ] as const)("does so in %s, with the declared failure and where it happened", ([state, overrides]) =>
    Effect.gen(function* () {
      const { exit } = yield* fulfil(overrides)
      expect(yield* Effect.flip(exit)).toEqual(new Unavailable({ service: "test" }))
      const context = Exit.getCause(exit).pipe(Option.flatMap(Workflow.failureContext), Option.getOrThrow)
      expect(context).toMatchObject({ workflow: "Order", state })
      expect(context.path.at(-1)).toBe(state)
    })
  )
})

describe("a step of the order", () => {
  const order = Order.implement({ ...Selling, ...Shipping })
  const { services } = openShop()
  const step = { input: request }

  it.effect("prices every line by its quantity", () =>
    Effect.gen(function* () {
      expect(yield* order.step("Price", undefined, step)).toEqual({
        _tag: "Reserve",
        payload: { total: 1_600, wanted: request.lines, attempt: 1 }
      })
    }).pipe(Effect.provide(services))
  )

  it.effect("counts the attempts to get stock in the payload", () =>
    Effect.gen(function* () {
      const waiting = { total: 5, wanted: request.lines, attempt: 4 }
      expect(yield* order.step("Backorder", waiting)).toEqual({
        _tag: "AwaitStock",
        payload: { ...waiting, attempt: 5 }
      })
      expect(yield* order.step("Backorder", { ...waiting, attempt: 5 })).toEqual({
        _tag: "ReleaseStock",
        payload: { reason: "out of stock: pen, ink" }
      })
    }).pipe(Effect.provide(services))
  )

  it.effect("notes a card that was declined", () =>
    Effect.gen(function* () {
      const { services } = openShop({ payments: { authorise: () => declined } })
      const paying = { total: 5, card: "blue", declined: ["red"] }
      expect(yield* order.step("Authorise", paying).pipe(Effect.provide(services))).toEqual({
        _tag: "Declined",
        payload: { ...paying, declined: ["red", "blue"] }
      })
    })
  )

  it.effect("releases nothing when nothing is reserved", () =>
    Effect.gen(function* () {
      const { done, services } = openShop()
      const released = order.step("ReleaseStock", { reason: "test" }).pipe(Effect.provide(services))
      expect(yield* released).toEqual({ _tag: "Cancel", payload: { reason: "test" } })
      expect(done).toEqual([])
    })
  )
})

describe("the table", () => {
  const names = (kind: string) => Order.graph.places.filter((place) => place.kind === kind).map(({ name }) => name)

  it("has thirty states and four exits", () => {
    expect(names("state")).toHaveLength(30)
    expect(names("exit").toSorted()).toEqual(["Cancelled", "Delivered", "Rejected", "Returned"])
  })
})

describe("the program", () => {
  const endings = [
    "A-1 is delivered, for 30.00 euros",
    "A-2 is delivered, for 40.00 euros",
    "A-3 is returned, 90.00 euros refunded: too small",
    "A-4 is cancelled: the customer named no other card",
    "A-5 is rejected: refused on review",
    "A-6 is rejected: nobody lives at Nowhere"
  ]

  it.effect("ends six orders in every way there is", () =>
    Effect.gen(function* () {
      const outcomes = yield* program
      expect(outcomes.map(({ _tag }) => _tag)).toEqual([
        "Delivered",
        "Delivered",
        "Returned",
        "Cancelled",
        "Rejected",
        "Rejected"
      ])
      const lines = yield* TestConsole.logLines
      expect(lines.filter((line) => /^A-/.test(String(line)))).toEqual(endings)
      expect(lines.at(-1)).toBe("  Validate > Screen > Reject")
    })
  )

  it("runs as a program of its own", () => {
    const register = new URL("../support/register.mjs", import.meta.url).href
    const main = fileURLToPath(new URL("../../examples/order-fulfilment/main.ts", import.meta.url))
    const output = execFileSync(process.execPath, ["--import", register, main], { encoding: "utf8" })
    expect(output.split("\n").filter((line) => line.startsWith("A-"))).toEqual(endings)
  })
})
