// Nothing here is wrong: these are the types that a consumer infers, compared exactly.
import type { Effect, Layer, Types } from "effect"
import type { JoinTimeout, StoreKeyMissing, ToleranceExceeded, Workflow } from "sluice"
import { Ship } from "../right/handlers.ts"
import { branches, type tolerantShop } from "../right/parts.ts"
import type { Bank, Order, OutOfStock, Shop, Stock, Unpaid } from "../right/shop.ts"
import type { halfWorkflow, layer, plain, shop } from "../right/workflow.ts"

type Is<A, B> = Types.Equals<A, B>

type ShopOutcome =
  | { readonly _tag: "Shipped"; readonly payload: { readonly parcels: number } }
  | { readonly _tag: "Rejected"; readonly payload: string }
  | { readonly _tag: "Cancelled"; readonly payload: void }

export const outcome: Is<Workflow.Outcome<typeof Shop>, ShopOutcome> = true
export const input: Is<Workflow.Input<typeof Shop>, Order> = true
export const states: Is<Workflow.StateName<typeof Shop>, "Check" | "Gather" | "Ship" | "Pack"> = true
export const exits: Is<Workflow.ExitName<typeof Shop>, "Shipped" | "Rejected" | "Cancelled"> = true
export const entries: Is<Workflow.EntryName<typeof Shop>, "Check" | "Ship"> = true

export const error: Is<Workflow.Error<typeof shop>, OutOfStock | JoinTimeout> = true
export const services: Is<Workflow.Services<typeof shop>, Stock | Bank> = true
export const plainError: Is<Workflow.Error<typeof plain>, OutOfStock> = true
export const plainServices: Is<Workflow.Services<typeof plain>, Stock> = true
export const noError: Is<Workflow.Error<typeof halfWorkflow>, never> = true
export const noServices: Is<Workflow.Services<typeof halfWorkflow>, never> = true
export const tolerantServices: Is<Workflow.Services<typeof tolerantShop>, Stock | Bank> = true
export const tolerantError: Is<
  Workflow.Error<typeof tolerantShop>,
  ToleranceExceeded<{ readonly index: number; readonly item: string; readonly error: Unpaid }>
> = true
export const provided: Is<typeof layer, Layer.Layer<Shop, never, Stock | Bank>> = true
export const running: Is<
  ReturnType<typeof shop.run>,
  Effect.Effect<ShopOutcome, OutOfStock | JoinTimeout, Stock | Bank>
> = true

declare const context: Workflow.Context<typeof Shop, "Ship">
export const contextInput: Is<typeof context.input, Order> = true
export const targets: Is<keyof typeof context.to, "Pack" | "Cancelled"> = true
export const payload: Is<
  typeof context.payload,
  { readonly id: string; readonly parcels: number; readonly note?: string }
> = true
const total = context.store.get("total")
export const cell: Is<typeof total, Effect.Effect<number>> = true
const customer = context.store.get("customer")
export const emptyCell: Is<typeof customer, Effect.Effect<string, StoreKeyMissing>> = true

// Handlers and branches that were exported take policies and joins as before.
export const bounded = Ship.timeout("1 second").catchTag("StateTimeout", ({ to }) => to.Cancelled())
export const joined = branches.join({ _tag: "all" }, ({ payload, results, to }) =>
  to.Ship({ id: payload.id, parcels: results.stock * results.weight, note: results.charge })
)
