/**
 * States that wait, transitions that take effect later, signals and the time of a run: M25, M27, M28, M30.
 */
import { Context, DateTime, Duration, Effect, Schedule, Schema } from "effect"
import {
  type Handler,
  type PollExhausted,
  type RunNotFound,
  type RunTimeout,
  type StateTimeout,
  Workflow
} from "sluice"
import { expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import {
  Billing,
  type Busy,
  type Declined,
  type Order,
  type OutOfStock,
  Sale,
  Shelves,
  Shop,
  type Stock
} from "./shop.js"

class Desk extends Context.Service<Desk, { open(): Effect.Effect<number, Busy> }>()("Desk") {}
class Rhythm extends Context.Service<Rhythm, { readonly pause: Duration.Duration }>()("Rhythm") {}

/** The targets, errors and services of a handler, exactly. */
declare const has: <Taken, E, R>() => <Is extends Handler.AnyHandler>(
  handler: Is
) => IsEqual<
  [Is[Handler.HandlerTypes]["taken"], Is[Handler.HandlerTypes]["error"], Is[Handler.HandlerTypes]["services"]],
  [Taken, E, R]
>
declare const same: <A>() => <B>(value: B) => IsEqual<A, B>

const order: Order = { id: "a", total: 1 }
declare const stock: Stock

// Signals are part of the definition.
expectType<true>({} as IsEqual<Workflow.SignalName<typeof Sale>, "Approve" | "Withdraw">)
expectType<true>({} as IsEqual<Workflow.SignalName<typeof Shop>, never>)
expectType<true>({} as IsEqual<Workflow.SignalPayload<typeof Sale, "Approve">, { readonly by: string }>)
expectType<true>({} as IsEqual<Workflow.SignalPayload<typeof Sale, "Withdraw">, void>)
expectError(Workflow.define("Twice").signal("Go", Schema.Void).signal("Go", Schema.String))
expectError(Workflow.define("NoSchema").signal("Go", "text"))

// A wait goes where the functions of its signals go, and takes policies.
const waiting = Sale.wait("Review", {
  Approve: (context) => {
    expectType<true>(same<Workflow.SignalContext<typeof Sale, "Review", "Approve">>()(context))
    expectType<true>(same<{ readonly by: string }>()(context.signal))
    expectType<true>(same<Stock>()(context.payload))
    expectType<true>({} as IsEqual<keyof typeof context.to, "Ask" | "Gone">)
    return context.to.Ask(context.signal.by)
  }
})
expectType<true>(has<"Ask", never, never>()(waiting))
const both = Sale.wait("Review", {
  Approve: ({ to }) =>
    Effect.map(
      Desk.use((desk) => desk.open()),
      () => to.Ask("")
    ),
  *Withdraw({ payload, signal, to }) {
    expectType<true>(same<void>()(signal))
    yield* Shelves.use((shelves) => shelves.find(payload.shelf))
    return to.Gone()
  }
})
expectType<true>(has<"Ask" | "Gone", Busy | OutOfStock, Desk | Shelves>()(both))
expectType<true>(
  has<"Ask" | "Gone", StateTimeout, Desk | Shelves>()(both.catch(({ to }) => to.Gone()).timeout("1 day"))
)
expectType<true>(has<never, never, never>()(Sale.wait("Review", {})))

// A limit is a duration, a point in time, or a function that gives one.
expectType<true>(has<"Ask" | "Gone", never, never>()(waiting.after("2 days", ({ to }) => to.Gone())))
expectType<true>(has<"Ask" | "Gone", never, never>()(waiting.after(1000, ({ to }) => to.Gone())))
expectType<true>(
  has<"Ask" | "Gone", never, never>()(waiting.after(DateTime.makeUnsafe("2030-01-01"), ({ to }) => to.Gone()))
)
expectType<true>(
  has<"Ask" | "Gone", Busy, Desk>()(
    waiting.after(
      (context) => {
        expectType<true>(same<Workflow.BranchContext<typeof Sale, "Review">>()(context))
        return context.input.total > 9 ? Duration.days(1) : DateTime.makeUnsafe(0)
      },
      function* ({ to }) {
        yield* Desk.use((desk) => desk.open())
        return to.Gone()
      }
    )
  )
)
expectError(waiting.after("2 d", ({ to }) => to.Gone()))
expectError(waiting.after(new Date(), ({ to }) => to.Gone()))
expectError(waiting.after("2 days"))
expectError(waiting.after("2 days", () => "Gone"))
expectError(waiting.after("2 days", ({ signal, to }) => to.Ask(signal.by)))
expectError(
  waiting
    .after("2 days", ({ to }) => to.Gone())
    .after("3 days", ({ to }: Workflow.Context<typeof Sale, "Review">) => to.Gone())
)
expectError(waiting.timeout("1 day").after("2 days", ({ to }: Workflow.Context<typeof Sale, "Review">) => to.Gone()))

// M25: what is no signal, or not its payload.
expectError(Sale.wait("Review", { Aprove: () => Effect.never }))
expectError(Sale.wait("Review", { Approve: ({ signal, to }) => to.Ask(signal.from) }))
expectError(Sale.wait("Review", { Approve: ({ to }) => to.Sold("") }))
expectError(Sale.wait("Review", { Approve: ({ signal }) => signal.by }))
expectError(Sale.wait("Review", { Withdraw: async ({ to }: Workflow.Context<typeof Sale, "Review">) => to.Gone() }))
expectError(Sale.wait("Sold", {}))
expectError(Shop.wait("Pack", { Approve: () => Effect.never }))

// Sending them.
declare const sale: Workflow.Workflow<typeof Sale, Busy, Shelves>
declare const shop: Workflow.Workflow<typeof Shop, never, never>
declare const handle: Workflow.RunHandle<typeof Sale, Busy>
expectType<true>(same<Effect.Effect<void, RunNotFound>>()(sale.signal("run-1", "Approve", { by: "Ada" })))
expectType<true>(same<Effect.Effect<void, RunNotFound>>()(handle.signal("Withdraw")))
expectType<true>(same<Effect.Effect<void, RunNotFound, Sale>>()(Sale.signal("run-1", "Withdraw")))
expectError(sale.signal("run-1", "Aprove", { by: "" }))
expectError(sale.signal("run-1", "Approve"))
expectError(sale.signal("run-1", "Approve", { by: 1 }))
expectError(sale.signal("run-1", "Approve", { by: "", at: 1 }))
expectError(sale.signal("run-1", "Withdraw", undefined))
expectError(sale.signal("Withdraw"))
expectError(handle.signal("Aprove"))
expectError(handle.signal("Approve", {}))
expectError(Sale.signal("run-1", "Aprove"))
expectError(shop.signal("run-1", "Approve"))
expectError(Shop.signal("run-1", "Approve", {}))

// A pause goes on by itself.
expectType<true>(has<"Gone", never, never>()(Sale.pause("Cool", "10 minutes", ({ to }) => to.Gone())))
expectType<true>(
  has<"Gone", Busy, Desk>()(
    Sale.pause(
      "Cool",
      ({ input }) => input.total,
      ({ to }) =>
        Effect.map(
          Desk.use((desk) => desk.open()),
          () => to.Gone()
        )
    )
  )
)
expectError(Sale.pause("Cool", "10 mins", ({ to }) => to.Gone()))
expectError(Sale.pause("Cool", "10 minutes", () => Effect.void))
expectError(Sale.pause("Gone", "10 minutes", () => Effect.void))

// A poll asks until there is an answer, in any of the three forms.
const schedule = Schedule.spaced("10 seconds")
const polling = Sale.poll(
  "Ask",
  (context) => {
    expectType<true>(same<Workflow.PollContext<typeof Sale, "Ask">>()(context))
    expectType<true>(same<Workflow.Pending>()(context.pending))
    return context.payload === "" ? context.pending : context.to.Pay(1)
  },
  { schedule }
)
expectType<true>(has<"Pay", PollExhausted, never>()(polling))
expectType<true>(
  has<"Pay" | "Gone", Busy | PollExhausted, Desk>()(
    Sale.poll(
      "Ask",
      ({ pending, to }) =>
        Effect.map(
          Desk.use((desk) => desk.open()),
          (n) => (n > 1 ? to.Pay(n) : n > 0 ? to.Gone() : pending)
        ),
      { schedule, failures: 3 }
    )
  )
)
expectType<true>(
  has<"Pay", Busy | PollExhausted, Desk>()(
    Sale.poll(
      "Ask",
      function* ({ pending, to }) {
        const n = yield* Desk.use((desk) => desk.open())
        return n > 1 ? to.Pay(n) : pending
      },
      { schedule: Schedule.recurs(3), failures: 0 }
    )
  )
)
expectType<true>(
  has<"Pay" | "Gone", never, never>()(
    polling.catchTag("PollExhausted", ({ error, to }) => {
      expectType<number>(error.asked)
      return to.Gone()
    })
  )
)
// What the schedule fails with and needs.
declare const rhythm: Schedule.Schedule<number, unknown, Busy, Rhythm>
expectType<true>(
  has<"Pay", PollExhausted | Busy, Rhythm>()(Sale.poll("Ask", ({ to }) => to.Pay(1), { schedule: rhythm }))
)
declare const times: number
Sale.poll("Ask", ({ pending }) => pending, { schedule, failures: times })
expectError(Sale.poll("Ask", () => {}, { schedule }))
expectError(Sale.poll("Ask", ({ payload, to }) => (payload === "" ? undefined : to.Pay(1)), { schedule }))
expectError(Sale.poll("Ask", () => "pending", { schedule }))
expectError(Sale.poll("Ask", () => ({ pending: false }), { schedule }))
expectError(Sale.poll("Ask", ({ to }) => to.Pay, { schedule }))
expectError(Sale.poll("Ask", async ({ pending }) => pending, { schedule }))
expectError(Sale.poll("Ask", ({ pending }) => pending, { schedule, failures: -1 }))
expectError(Sale.poll("Ask", ({ pending }) => pending, { schedule, failures: 0.5 }))
expectError(Sale.poll("Ask", ({ pending }) => pending, { failures: 1 }))
expectError(Sale.poll("Ask", ({ pending }) => pending))
expectError(Sale.task("Ask", ({ pending }) => pending))
expectError(polling.catch(({ pending }) => pending))
expectError(polling.catch(() => ({ pending: true as const })))
expectError(polling.catchTag("PolExhausted", ({ to }) => to.Gone()))

// A transition that takes effect later is one like any other.
expectType<true>(
  has<"Cool" | "Sold", never, never>()(
    Sale.task("Pay", ({ payload, to }) => (payload > 1 ? to.Cool.after("10 seconds") : to.Sold.after(1000, "sold")))
  )
)
expectType<true>(has<"Ask", never, never>()(Sale.route("Ask", ({ to }) => to.Ask.after(Duration.seconds(1), ""))))
declare const to: Workflow.Context<typeof Sale, "Pay">["to"]
expectType<true>(same<Workflow.Transition<typeof Sale, "Sold">>()(to.Sold.after("1 second", "")))
expectType<Duration.Duration | DateTime.DateTime | undefined>(to.Cool().after)
expectType<true>(
  {} as IsEqual<Parameters<typeof to.Sold.after>, [limit: Duration.Input | DateTime.DateTime, payload: string]>
)
expectType<true>({} as IsEqual<Parameters<typeof to.Cool.after>, [limit: Duration.Input | DateTime.DateTime]>)
to.Sold.after(DateTime.makeUnsafe("2030-01-01"), "")
to.Cool.after(DateTime.makeUnsafe("2030-01-01"))
expectError(to.Sold.after("1 second"))
expectError(to.Cool.after(new Date()))
expectError(to.Sold.after("1 second", 1))
expectError(to.Sold.after("1 sec", ""))
expectError(to.Cool.after())
expectError(to.Cool.after("1 second", ""))
expectError(to.Gone.after("1 second"))
expectError(Sale.task("Pay", ({ to }) => to.Cool.after))

// A step shows the delay.
expectType<Duration.Duration | DateTime.DateTime | undefined>(
  {} as Effect.Success<ReturnType<typeof sale.step<"Pay">>>["after"]
)

// M30: the time of a run adds a failure, and only where it is given.
const limited = sale.run(order, { timeout: "1 minute", compensationTimeout: "10 seconds" })
expectType<true>({} as IsEqual<Effect.Error<typeof limited>, Busy | RunTimeout>)
const unlimited = sale.run(order, { compensationTimeout: "10 seconds", id: "run-1" })
expectType<true>({} as IsEqual<Effect.Error<typeof unlimited>, Busy>)
const perhaps = sale.run(order, times > 1 ? { timeout: "1 minute" } : undefined)
expectType<true>({} as IsEqual<Effect.Error<typeof perhaps>, Busy | RunTimeout>)
const none = sale.run(order, { timeout: undefined })
expectType<true>({} as IsEqual<Effect.Error<typeof none>, Busy>)
declare const options: Workflow.RunOptions
const given = sale.run(order, options)
expectType<true>({} as IsEqual<Effect.Error<typeof given>, Busy | RunTimeout>)
const entered = sale.runFrom("Reserve", order, order, { timeout: Duration.minutes(1) })
expectType<true>({} as IsEqual<Effect.Error<typeof entered>, Busy | RunTimeout>)
const forked = sale.fork(order, { timeout: 1000 })
expectType<true>({} as IsEqual<Effect.Success<typeof forked>, Workflow.RunHandle<typeof Sale, Busy | RunTimeout>>)
const served = Billing.run({ sum: 1 }, { timeout: "1 minute" })
expectType<true>({} as IsEqual<Effect.Error<typeof served>, Declined | RunTimeout>)
const servedUnlimited = Billing.run({ sum: 1 })
expectType<true>({} as IsEqual<Effect.Error<typeof servedUnlimited>, Declined>)
expectError(sale.run(order, { timeout: "1 min" }))
expectError(sale.run(order, { timout: "1 minute" }))
expectError(sale.run(order, { compensationTimeout: "10 secs" }))
expectError(Billing.run({ sum: 1 }, { limit: "1 minute" }))
expectError(sale.step("Cool", undefined, { timeout: "1 minute" }))
expectError(((_: Effect.Effect<unknown, Busy, Shelves>) => _)(limited))
expectError(Workflow.define("Exit").exit("Done", Schema.Void, { rolback: true }))
expectError(Workflow.define("Exit").exit("Done", Schema.Void, { rollback: "always" }))
expectError(Workflow.define("Exit").state("Go", Schema.Void, ["Done"], { rollback: true }))
sale.step("Review", stock)
