/** What handlers share: a policy for all, guards, and functions that take and give handlers. */
import { Context, Effect, Semaphore } from "effect"
import type { CircuitBreaker } from "effect/persistence"
import { Guard, type Handler, type Workflow } from "sluice"
import { Depot, Import, Offline, Purchase, Refused } from "./purchase.ts"
import { Shop } from "./shop.ts"

export const Fetch = Import.task("Fetch", ({ payload, to }) =>
  payload === "" ? Effect.fail(new Refused({ reason: "empty" })) : Effect.succeed(to.Parse(payload))
)
export const Parse = Import.task("Parse", ({ payload, to }) =>
  payload === "?" ? Effect.fail(new Offline()) : Effect.succeed(to.Imported(payload.length))
)
export const Salvage = Import.task("Salvage", ({ payload, to }) => to.Imported(payload.reason.length))

export const imported = { Fetch, Parse, Salvage }

/** A policy that all handlers share, and leaves one failure. */
export const imports = Import.implement(imported, {
  policy: (step) =>
    step
      .timeout("1 second")
      .retry({ times: 2 })
      .catchTag("Offline", ({ error, state, to }) => to.Salvage({ state, reason: error._tag }))
      .catchTag("StateTimeout", ({ error, to }) => to.Broken(error.message)),
  rollback: () => true
})

/** One that catches everything, behind the Layer. */
export const importLayer = Import.layer(imported, {
  policy: (step) =>
    step.catch(({ error, payload, to }) =>
      typeof payload === "string" ? to.Broken(payload) : to.Salvage({ state: "", reason: error._tag })
    )
})

export class Permits extends Context.Service<Permits, Semaphore.Semaphore>()("Permits") {}
export class DepotBreaker extends Context.Service<DepotBreaker, CircuitBreaker.CircuitBreaker>()("DepotBreaker") {}

export const perDepot = Guard.circuitBreaker({ key: "depot" })
export const ownBreaker = Guard.circuitBreaker({ key: "depot", breaker: DepotBreaker })
export const perOrder = Guard.rateLimiter({
  key: ({ payload }: Workflow.BranchContext<typeof Purchase, "Reserve">) => payload.id,
  limit: 10,
  window: "1 second"
})
export const limited = Guard.rateLimiter({ key: "depot", limit: 10, window: "1 second" })
export const shared = Guard.bulkhead(Permits)

const reserving = Purchase.task("Reserve", ({ payload, to }) =>
  Effect.map(
    Depot.use((depot) => depot.hold(payload.id)),
    (hold) => (hold.parcels > 0 ? to.Charge(hold) : to.SoldOut())
  )
)

export const guarded = reserving
  .guard(perDepot)
  .guard(ownBreaker)
  .guard(perOrder)
  .guard(limited)
  .guard(shared)
  .guard(Semaphore.makeUnsafe(1).withPermits(1))
  .guard((effect, { payload }) => Effect.annotateLogs(effect, { order: payload.id }))
  .catchTags({
    CircuitBreakerError: ({ to }) => to.SoldOut(),
    RateLimiterError: ({ to }) => to.SoldOut()
  })

/** A generic function over handlers: it keeps the state, the targets, the errors and the services of each. */
export const patient = <
  D extends Workflow.AnyDefinition,
  N extends Workflow.StateName<D>,
  Taken extends string,
  E,
  R,
  Own
>(
  task: Handler.Task<D, N, Taken, E, R, Own>
) => task.timeout("1 minute").retry({ times: 3 })

export const patientReserve = patient(reserving)
export const patientCheck = patient(
  Shop.task("Check", ({ payload, to }) => (payload.total > 0 ? to.Gather(payload) : to.Rejected("nothing ordered")))
)
