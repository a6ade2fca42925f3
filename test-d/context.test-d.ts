/**
 * What the functions of handlers are given, the store, and the helper types: M1, M2, M4, M19.
 */
import { Effect, type Option, Schema } from "effect"
import { Join, type StoreKeyMissing, Workflow } from "sluice"
import { expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { Busy, type Order, Shop, type Stock } from "./shop.js"

type Is<A, B> = IsEqual<A, B>

// The context of a task: exactly the permitted targets, in the types of their payloads.
type Pack = Workflow.Context<typeof Shop, "Pack">
expectType<true>({} as Is<Pack["input"], Order>)
expectType<true>({} as Is<Pack["payload"], Stock>)
expectType<true>({} as Is<Pack["attempt"], number>)
expectType<true>({} as Is<Pack["run"]["id"], string>)
expectType<true>({} as Is<keyof Pack, "input" | "state" | "payload" | "store" | "attempt" | "run" | "to">)
expectType<true>({} as Is<Pack["state"], "Pack">)
expectType<true>({} as Is<keyof Pack["to"], "Shipped" | "Rejected" | "Check">)
expectType<true>({} as Is<Parameters<Pack["to"]["Check"]>, [payload: Order]>)
expectType<true>({} as Is<Parameters<Pack["to"]["Rejected"]>, [payload: string]>)
expectType<true>({} as Is<Parameters<Pack["to"]["Shipped"]>, []>)
expectType<true>({} as Is<ReturnType<Pack["to"]["Check"]>, Workflow.Transition<typeof Shop, "Check">>)
declare const pack: Pack
expectError(pack.to.Pack)
expectError(pack.results)
expectError(pack.error)
expectError(() => {
  pack.attempt = 2
})

// A branch chooses no transition; a join has its results, a catch its error.
type Branch = Workflow.BranchContext<typeof Shop, "Check">
expectType<true>({} as Is<keyof Branch, "input" | "state" | "payload" | "store" | "attempt" | "run">)
Shop.split("Check", {
  one: (context) => {
    expectType<true>({} as Is<typeof context, Branch>)
    return 1
  }
}).join(Join.all, (context) => {
  expectType<true>({} as Is<typeof context.results, { readonly one: number }>)
  expectType<true>({} as Is<keyof typeof context.to, "Pack" | "Rejected">)
  return context.to.Rejected("")
})
Shop.task("Check", () => Effect.fail(new Busy())).catch((context) => {
  expectType<true>({} as Is<typeof context, Workflow.CatchContext<typeof Shop, "Check", Busy>>)
  return context.to.Rejected("")
})

// The helper types.
expectType<true>({} as Is<Workflow.Input<typeof Shop>, Order>)
expectType<true>({} as Is<Workflow.Payload<typeof Shop, "Pack">, Stock>)
expectType<true>({} as Is<Workflow.Payload<typeof Shop, "Shipped">, void>)
expectType<true>(
  {} as Is<
    Workflow.Outcome<typeof Shop>,
    { readonly _tag: "Shipped"; readonly payload: void } | { readonly _tag: "Rejected"; readonly payload: string }
  >
)
expectError({} as Workflow.Context<typeof Shop, "Shipped">)

// A transition of one definition is not one of another, whatever its shape.
class Twin extends Workflow.define("Twin")
  .state("Check", Schema.Void, ["Rejected"])
  .exit("Rejected", Schema.String)
  .start("Check") {}
declare const mine: Workflow.Transition<typeof Shop, "Rejected">
declare const twins: Workflow.Transition<typeof Twin, "Rejected">
expectError<Workflow.Transition<typeof Twin, "Rejected">>(mine)
expectError<Workflow.Transition<typeof Shop, "Rejected">>(twins)
expectError<Workflow.Transition<typeof Shop, "Rejected">>({ _tag: "Rejected", payload: "" })

// Payloads of every sort are the input, the payload and the argument as they are declared.
class Sorts extends Workflow.define("Sorts")
  .state("Any", Schema.Any, ["Unknown"])
  .state("Unknown", Schema.Unknown, ["Never", "Void"])
  .state("Void", Schema.Void, ["Optional", "Undefined", "Decoded", "Function"])
  .exit("Never", Schema.Never)
  .exit("Optional", Schema.Struct({ note: Schema.optionalKey(Schema.String) }))
  .exit("Undefined", Schema.Undefined)
  .exit("Decoded", Schema.NumberFromString)
  .exit("Function", Workflow.type<(n: number) => string>())
  .start("Any") {}
expectType<true>({} as Is<Workflow.Input<typeof Sorts>, any>)
expectType<true>({} as Is<Workflow.Payload<typeof Sorts, "Unknown">, unknown>)
expectType<true>({} as Is<Workflow.Payload<typeof Sorts, "Never">, never>)
declare const unknown: Workflow.Context<typeof Sorts, "Unknown">["to"]
unknown.Void()
expectError(unknown.Never())
expectError(unknown.Never(undefined))
declare const odd: Workflow.Context<typeof Sorts, "Void">["to"]
odd.Optional({})
odd.Optional({ note: "" })
odd.Undefined(undefined)
odd.Decoded(1)
odd.Function((n) => n.toFixed())
expectError(odd.Optional())
expectError(odd.Optional({ note: undefined }))
expectError(odd.Undefined(null))
expectError(odd.Decoded("1"))
expectError(odd.Function((s: string) => s))

// The store.
declare const store: Pack["store"]
expectType<true>({} as Is<typeof store.keys, Effect.Effect<ReadonlyArray<"seen" | "notes">>>)
expectType<Effect.Effect<Option.Option<number>>>(store.getOption("seen"))
expectType<Effect.Effect<number>>(store.update("seen", (seen) => seen + 1))
expectType<Effect.Effect<ReadonlyArray<string>, StoreKeyMissing>>(store.update("notes", (notes) => [...notes, ""]))
expectType<Effect.Effect<string>>(store.modify("seen", (seen) => [`${seen}`, seen]))
expectType<Effect.Effect<boolean>>(store.has("notes"))
expectType<Effect.Effect<void>>(store.set("notes", []))
expectType<Effect.Effect<void>>(store.append("notes"))
expectType<Effect.Effect<void>>(store.remove("notes"))
expectType<Effect.Effect<void>>(store.clear)
expectError(store.getOption("typo"))
expectError(store.set("notes", "one"))
expectError(store.update("seen", (seen) => `${seen}`))
expectError(store.modify("seen", (seen) => [seen, `${seen}`]))
expectError(store.append("seen", 1))
expectError(store.append("notes", 1))
expectError(store.remove("typo"))
expectError(store.has("typo"))
