// Nothing here is wrong: these are the types that a consumer infers of rollback, waiting, calling and sharing, exactly.
import type { Effect, Layer, Types } from "effect"
import type { CircuitBreaker, RateLimiter } from "effect/persistence"
import {
  type CompensationFailed,
  type Handler,
  Join,
  type JoinTimeout,
  type RunNotFound,
  type RunTimeout,
  type StateTimeout,
  type Workflow
} from "sluice"
import type {
  First,
  layer,
  limited,
  limitedByLayer,
  purchase,
  purchaseLayer,
  signalled,
  unlimited
} from "../right/buying.ts"
import type { Depot, Import, Offline, Payment, Purchase, Refused, Teller } from "../right/purchase.ts"
import { type Charge, each, type joined, type joinedItems, Reserve, reserving } from "../right/rollback.ts"
import {
  type DepotBreaker,
  guarded,
  type importLayer,
  type imports,
  type Permits,
  patient,
  type patientCheck,
  type patientReserve,
  perDepot
} from "../right/sharing.ts"
import { type dependent, Pay, type Rest, type Review, type Track, type until, waiting } from "../right/waiting.ts"

type Is<A, B> = Types.Equals<A, B>

/** The targets, errors and services of a handler. */
type Of<H extends Handler.AnyHandler> = [
  H[Handler.HandlerTypes]["taken"],
  H[Handler.HandlerTypes]["error"],
  H[Handler.HandlerTypes]["services"]
]

// Handlers.
export const reserve: Is<Of<typeof Reserve>, ["Charge" | "SoldOut", Offline | CompensationFailed, Depot]> = true
export const charge: Is<Of<typeof Charge>, ["Review" | "Cancelled", CompensationFailed, Teller]> = true
export const branches: Is<Of<typeof joined>, ["Charge" | "SoldOut", Offline | CompensationFailed, Depot]> = true
export const items: Is<Of<typeof joinedItems>, ["Charge" | "SoldOut", CompensationFailed, Teller]> = true
export const wait: Is<Of<typeof waiting>, ["Track" | "Cancelled", Offline, Teller]> = true
export const review: Is<Of<typeof Review>, ["Track" | "Cancelled", never, Teller]> = true
export const limits: Is<Of<typeof until>, Of<typeof dependent>> = true
export const track: Is<Of<typeof Track>, ["Pay" | "Track" | "Cancelled", never, never]> = true
export const pay: Is<Of<typeof Pay>, ["Rest" | "Done" | "Cancelled", Refused | StateTimeout, Payment]> = true
export const rest: Is<Of<typeof Rest>, ["Done", never, never]> = true
export const first: Is<Of<typeof First>, ["Second", never, never]> = true
export const guards: Is<
  Of<typeof guarded>,
  [
    "Charge" | "SoldOut",
    Offline,
    Depot | Permits | DepotBreaker | CircuitBreaker.CircuitBreaker | RateLimiter.RateLimiter
  ]
> = true
export const generic: Is<Of<typeof patientReserve>, ["Charge" | "SoldOut", Offline | StateTimeout, Depot]> = true
export const genericOfAnother: Is<Of<typeof patientCheck>, ["Gather" | "Rejected", StateTimeout, never]> = true

// Workflows and Layers.
type Failures = Offline | Refused | StateTimeout | CompensationFailed
type Needs = Depot | Teller | Payment
export const error: Is<Workflow.Error<typeof purchase>, Failures> = true
export const services: Is<Workflow.Services<typeof purchase>, Needs> = true
export const provided: Is<typeof purchaseLayer, Layer.Layer<Purchase, never, Needs>> = true
export const merged: Is<typeof layer, Layer.Layer<Purchase | Payment, never, Depot | Teller>> = true
export const shared: Is<typeof imports, Workflow.Workflow<typeof Import, Refused, never>> = true
export const sharedLayer: Is<typeof importLayer, Layer.Layer<Import>> = true

// Runs.
type Outcome = Workflow.Outcome<typeof Purchase>
export const ended: Is<
  Outcome,
  | { readonly _tag: "Done"; readonly payload: string }
  | { readonly _tag: "SoldOut"; readonly payload: void }
  | { readonly _tag: "Cancelled"; readonly payload: string }
> = true
export const timed: Is<typeof limited, Effect.Effect<Outcome, Failures | RunTimeout, Needs>> = true
export const untimed: Is<typeof unlimited, Effect.Effect<Outcome, Failures, Needs>> = true
export const timedByLayer: Is<
  typeof limitedByLayer,
  Effect.Effect<Outcome, Refused | CompensationFailed | RunTimeout, Purchase>
> = true
export const handle: Is<
  Effect.Success<typeof signalled>,
  Workflow.RunHandle<typeof Purchase, Failures | RunTimeout>
> = true
export const notFound: Is<Effect.Error<typeof signalled>, RunNotFound> = true

// What was exported takes policies, compensations, limits and joins as before.
const bounded = Reserve.timeout("1 second").compensate({ SoldOut: ({ payload }) => payload })
export const boundedTypes: Is<
  Of<typeof bounded>,
  ["Charge" | "SoldOut", Offline | StateTimeout | CompensationFailed, Depot]
> = true
const joinedAgain = reserving
  .compensate({ weight: ({ value }) => value.toFixed() })
  .join(Join.any, ({ results, to }) => (results.branch === "hold" ? to.Charge(results.value) : to.SoldOut()))
  .catch(({ to }) => to.SoldOut())
  .timeout("1 second")
export const joinedTypes: Is<
  Of<typeof joinedAgain>,
  ["Charge" | "SoldOut", JoinTimeout | CompensationFailed, Depot]
> = true
const settled = each.join(Join.settled, ({ results, to }) =>
  results.successes[0] === undefined ? to.SoldOut() : to.Charge(results.successes[0].value)
)
export const settledTypes: Is<Of<typeof settled>, ["Charge" | "SoldOut", CompensationFailed, Teller]> = true
const limitedAgain = waiting.after("1 day", ({ input, to }) => to.Cancelled(input.id)).guard(perDepot)
export const limitedTypes: Is<
  Of<typeof limitedAgain>,
  ["Track" | "Cancelled", Offline | CircuitBreaker.CircuitBreakerError, Teller | CircuitBreaker.CircuitBreaker]
> = true
const patientPay = patient(Pay.catchTag("Refused", ({ error, to }) => to.Cancelled(error.reason)))
export const patientTypes: Is<Of<typeof patientPay>, ["Rest" | "Done" | "Cancelled", StateTimeout, Payment]> = true
const patientReserving = patient(Reserve)
export const patientUndoing: Is<
  Of<typeof patientReserving>,
  ["Charge" | "SoldOut", Offline | StateTimeout | CompensationFailed, Depot]
> = true
export const bothGuards = guarded.guard(perDepot)
