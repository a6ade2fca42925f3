/**
 * What policies do to the errors and services of a handler, in the order they are called: M5, M16.
 */
import { Context, Data, Effect, Schedule } from "effect"
import { type Handler, Join, type JoinTimeout, type StateTimeout, type Workflow } from "sluice"
import { expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { type Busy, type OutOfStock, Shelves, Shop, type Stock } from "./shop.js"

class Broken extends Data.TaggedError("Broken") {}
class Backup extends Context.Service<Backup, { find(id: string): Effect.Effect<Stock, Broken> }>()("Backup") {}
class Policy extends Context.Service<Policy, { readonly times: number }>()("Policy") {}

/** The errors and services of a handler, exactly. */
declare const has: <E, R>() => <Is extends Handler.AnyHandler>(
  handler: Is
) => IsEqual<[Is[Handler.HandlerTypes]["error"], Is[Handler.HandlerTypes]["services"]], [E, R]>

const task = Shop.task("Check", ({ payload, to }) =>
  Effect.map(
    Shelves.use((shelves) => shelves.find(payload.id)),
    (stock) => to.Pack(stock)
  )
)
expectType<true>(has<OutOfStock | Busy, Shelves>()(task))

// A timeout before a catch is caught; one after it is not.
expectType<true>(has<never, Shelves>()(task.timeout("1 second").catch(({ to }) => to.Rejected(""))))
expectType<true>(has<StateTimeout, Shelves>()(task.catch(({ to }) => to.Rejected("")).timeout("1 second")))
task.timeout("1 second").catch(({ error, to }) => {
  expectType<true>({} as IsEqual<typeof error, OutOfStock | Busy | StateTimeout>)
  return to.Rejected(error._tag)
})
task.catch(({ error, to }) => {
  expectType<true>({} as IsEqual<typeof error, OutOfStock | Busy>)
  return to.Rejected(error._tag)
})

// A join times out with an error of its own.
const joined = Shop.split("Check", { one: () => 1 }).join(Join.all, ({ to }) => to.Rejected(""))
expectType<true>(has<JoinTimeout, never>()(joined.timeout("1 second")))
expectType<true>(has<JoinTimeout, never>()(joined.retry({ times: 1 }).timeout("1 second").retry({ times: 1 })))
expectType<true>(has<never, never>()(joined.timeout("1 second").catchTag("JoinTimeout", ({ to }) => to.Rejected(""))))
expectError(joined.timeout("1 second").catchTag("StateTimeout", ({ to }) => to.Rejected("")))

// What a catch fails with and needs is added to what it leaves.
const backup = task.catchTag("OutOfStock", ({ error, payload, to }) => {
  expectType<true>({} as IsEqual<typeof error, OutOfStock>)
  return Effect.map(
    Backup.use((_) => _.find(payload.id)),
    (stock) => to.Pack(stock)
  )
})
expectType<true>(has<Busy | Broken, Shelves | Backup>()(backup))
expectType<true>(
  has<Broken, Shelves | Backup>()(
    backup.catchTags({
      *Busy({ error, to }) {
        expectType<true>({} as IsEqual<typeof error, Busy>)
        yield* Effect.void
        return to.Rejected("busy")
      }
    })
  )
)
expectType<true>(
  has<StateTimeout, Shelves | Backup>()(
    backup.catchTags({ Busy: ({ to }) => to.Rejected(""), Broken: ({ to }) => to.Rejected("") }).timeout("1 second")
  )
)
// A generator adds what it yields.
expectType<true>(
  has<Broken, Shelves | Backup>()(
    task.catch(function* ({ payload, to }) {
      return to.Pack(yield* Backup.use((_) => _.find(payload.id)))
    })
  )
)

// Retries take what Effect.retry takes, and give what it gives: a retry while an error is one of a kind, which the
// compiler sees in the condition, ends with another.
expectType<true>(has<OutOfStock | Busy, Shelves>()(task.retry({ times: 3, schedule: Schedule.spaced("1 second") })))
expectType<true>(has<OutOfStock | Busy, Shelves>()(task.retry({ while: (error) => error.message === "" })))
expectType<true>(has<OutOfStock, Shelves>()(task.retry({ while: (error) => error._tag === "Busy" })))
expectType<true>(has<OutOfStock | Busy, Shelves>()(task.retry(($) => $(Schedule.recurs(2)))))
expectType<true>(
  has<OutOfStock | Busy, Shelves | Policy>()(
    task.retry({ while: () => Policy.use((policy) => Effect.succeed(policy.times > 1)) })
  )
)
expectType<true>(
  has<OutOfStock, Shelves>()(task.retry({ until: (error): error is OutOfStock => error._tag === "OutOfStock" }))
)
task.retry({
  while: (error) => {
    expectType<true>({} as IsEqual<typeof error, OutOfStock | Busy>)
    return true
  }
})
expectError(task.retry({ times: "3" }))
expectError(task.timeout("1 sec"))

// What a catch gives must be a transition of the state.
expectError(task.catch(({ to }) => to.Shipped()))
expectError(task.catch(() => Effect.succeed("no transition")))
expectError(task.catchTag("Busy", ({ to }) => to.Rejected))
expectError(task.catchTags({ Busy: ({ to }) => (Math.random() > 0.5 ? to.Rejected("") : undefined) }))
expectError(task.catchTags({ Busy: async ({ to }: Workflow.Context<typeof Shop, "Check">) => to.Rejected("") }))

// A route takes no policies, and neither does a split before its join.
const route = Shop.route("Check", ({ to }) => to.Rejected(""))
expectError(route.timeout("1 second"))
expectError(route.catch(({ to }: Workflow.Context<typeof Shop, "Check">) => to.Rejected("")))
expectError(Shop.split("Check", { one: () => 1 }).timeout("1 second"))
