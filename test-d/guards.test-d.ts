/**
 * Guards: what they add to a handler, and what they see of it: M33.
 */
import { Context, Effect, Semaphore } from "effect"
import type { CircuitBreaker, RateLimiter } from "effect/persistence"
import { Guard, type Handler, type StateTimeout, type Workflow } from "sluice"
import { expectAssignable, expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { Billing, type Busy, type OutOfStock, Sale, Shelves } from "./shop.js"

class Gate extends Context.Service<Gate, { readonly open: Effect.Effect<void, "closed"> }>()("Gate") {}
class Permits extends Context.Service<Permits, Semaphore.Semaphore>()("Permits") {}
class OwnBreaker extends Context.Service<OwnBreaker, CircuitBreaker.CircuitBreaker>()("OwnBreaker") {}

/** The targets, errors and services of a handler, exactly. */
declare const has: <Taken, E, R>() => <Is extends Handler.AnyHandler>(
  handler: Is
) => IsEqual<
  [Is[Handler.HandlerTypes]["taken"], Is[Handler.HandlerTypes]["error"], Is[Handler.HandlerTypes]["services"]],
  [Taken, E, R]
>
declare const same: <A>() => <B>(value: B) => IsEqual<A, B>

const task = Sale.task("Reserve", ({ payload, to }) =>
  Effect.map(
    Shelves.use((shelves) => shelves.find(payload.id)),
    (stock) => to.Review(stock)
  )
)
type Failure = OutOfStock | Busy

// Those of Sluice.
expectType<true>(
  has<"Review", Failure | CircuitBreaker.CircuitBreakerError, Shelves | CircuitBreaker.CircuitBreaker>()(
    task.guard(Guard.circuitBreaker({ key: "shelves" }))
  )
)
expectType<true>(
  has<"Review", Failure | CircuitBreaker.CircuitBreakerError, Shelves | OwnBreaker>()(
    task.guard(Guard.circuitBreaker({ key: "shelves", breaker: OwnBreaker }))
  )
)
expectType<true>(
  has<"Review", Failure | RateLimiter.RateLimiterError, Shelves | RateLimiter.RateLimiter>()(
    task.guard(Guard.rateLimiter({ key: "shelves", limit: 10, window: "1 second" }))
  )
)
expectType<true>(has<"Review", Failure, Shelves | Permits>()(task.guard(Guard.bulkhead(Permits))))

// Those of Effect, and one's own: functions from Effect to Effect.
expectType<true>(has<"Review", Failure, Shelves>()(task.guard(Semaphore.makeUnsafe(1).withPermits(1))))
expectType<true>(has<"Review", Failure, Shelves>()(task.guard(Effect.withSpan("reserve"))))
expectType<true>(has<"Review", Failure, Shelves>()(task.guard((effect) => Effect.annotateLogs(effect, { a: 1 }))))
expectType<true>(
  has<"Review", Failure | "closed", Shelves | Gate>()(
    task.guard((effect) =>
      Effect.andThen(
        Gate.use((gate) => gate.open),
        effect
      )
    )
  )
)
const gated = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.andThen(
    Gate.use((gate) => gate.open),
    effect
  )
expectType<true>(has<"Review", Failure | "closed", Shelves | Gate>()(task.guard(gated)))
const named: Guard.Guard<"closed", Gate> = (effect) => gated(effect)
expectType<true>(has<"Review", Failure | "closed", Shelves | Gate>()(task.guard(named)))

// It sees of the handler what a branch does.
task.guard((effect, context) => {
  expectType<true>(same<Workflow.BranchContext<typeof Sale, "Reserve">>()(context))
  return effect
})
expectType<true>(
  has<"Review", Failure | CircuitBreaker.CircuitBreakerError, Shelves | CircuitBreaker.CircuitBreaker>()(
    task.guard(Guard.circuitBreaker({ key: ({ payload }) => payload.id }))
  )
)
const perOrder = Guard.rateLimiter({
  key: ({ payload }: Workflow.BranchContext<typeof Sale, "Reserve">) => payload.id,
  limit: 10,
  window: "1 second"
})
task.guard(perOrder)
expectError(Sale.task("Cool", ({ to }) => to.Gone()).guard(perOrder))
expectError(Billing.task("Bill", ({ to }) => to.Refused()).guard(perOrder))
expectError(task.guard(Guard.circuitBreaker({ key: ({ payload }) => payload.total })))
expectError(task.guard(Guard.circuitBreaker({ key: ({ payload }) => payload.shelf })))
expectError(task.guard((effect, { to }) => Effect.as(effect, to)))

// The order of the policies is their meaning.
const breaker = Guard.circuitBreaker({ key: "shelves" })
expectType<true>(
  has<"Review" | "Gone", Failure, Shelves | CircuitBreaker.CircuitBreaker>()(
    task.guard(breaker).catchTag("CircuitBreakerError", ({ to }) => to.Gone())
  )
)
expectType<true>(
  has<
    "Review" | "Gone",
    CircuitBreaker.CircuitBreakerError | StateTimeout,
    Shelves | CircuitBreaker.CircuitBreaker | Permits
  >()(
    task
      .catch(({ to }) => to.Gone())
      .guard(Guard.bulkhead(Permits))
      .timeout("1 second")
      .guard(breaker)
      .retry({ times: 2 })
  )
)
expectError(task.catchTag("CircuitBreakerError", ({ to }) => to.Gone()).guard(breaker))

// A guard can stand in a branch, too, as in any pipe.
const found = Shelves.use((shelves) => shelves.find("")).pipe(breaker)
expectType<true>({} as IsEqual<Effect.Error<typeof found>, Failure | CircuitBreaker.CircuitBreakerError>)
expectType<true>({} as IsEqual<Effect.Services<typeof found>, Shelves | CircuitBreaker.CircuitBreaker>)
expectAssignable<Guard.Guard<never, never>>(Semaphore.makeUnsafe(1).withPermits(1))

// What is no guard.
expectError(task.guard(1))
expectError(task.guard(Semaphore.makeUnsafe(1)))
expectError(task.guard(() => 1))
expectError(task.guard(() => Effect.succeed(1)))
expectError(task.guard((effect) => Effect.as(effect, 1)))
expectError(task.guard(async (effect) => effect))
expectError(Sale.route("Cool", ({ to }) => to.Gone()).guard(breaker))
expectError(Sale.split("Reserve", { one: () => 1 }).guard(breaker))
expectError(Guard.circuitBreaker({}))
expectError(Guard.circuitBreaker({ key: 1 }))
expectError(Guard.rateLimiter({ key: "", window: "1 second" }))
expectError(Guard.rateLimiter({ key: "", limit: 1 }))
expectError(Guard.rateLimiter({ key: "", limit: 0, window: "1 second" }))
expectError(Guard.rateLimiter({ key: "", limit: 1.5, window: "1 second" }))
expectError(Guard.rateLimiter({ key: "", limit: 1, window: "1 sec" }))
expectError(Guard.bulkhead(Gate))
