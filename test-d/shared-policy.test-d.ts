/**
 * The policy that all handlers share, and where it may go: M29.
 */
import { Effect, type Layer, Schema } from "effect"
import { type CompensationFailed, type Handler, type StateTimeout, Workflow } from "sluice"
import { expectError, expectType } from "tsd"
import type { IsEqual } from "type-fest"
import { Busy, Declined, Import, type OutOfStock, Sale, Shelves } from "./shop.js"

/** The errors and services of a workflow, exactly. */
declare const has: <E, R>() => <W>(workflow: W) => IsEqual<[Workflow.Error<W>, Workflow.Services<W>], [E, R]>
declare const same: <A>() => <B>(value: B) => IsEqual<A, B>

const Fetch = Import.task("Fetch", ({ payload, to }) =>
  payload === "" ? Effect.fail(new Declined({ reason: "empty" })) : Effect.succeed(to.Parse(1))
)
const Parse = Import.task("Parse", ({ payload, to }) =>
  payload > 1 ? Effect.fail(new Busy()) : Effect.succeed(to.Imported())
)
const Salvage = Import.task("Salvage", function* ({ to }) {
  yield* Shelves.use((shelves) => shelves.find(""))
  return to.Imported()
})
const handlers = { Fetch, Parse, Salvage: Salvage.catch(({ to }) => to.Imported()) }

// What the policy catches leaves the errors, what it adds is there, and it must go to every place of the fallback.
const caught = Import.implement(handlers, {
  policy: (step) =>
    step
      .catchTag("Busy", ({ error, to }) => to.Salvage(error._tag))
      .catchTag("Declined", ({ error, to }) => to.Broken(error.reason))
})
expectType<true>(has<never, Shelves>()(caught))
expectType<true>({} as IsEqual<typeof caught, Workflow.Workflow<typeof Import, never, Shelves>>)
expectType<true>(
  has<Declined | StateTimeout, Shelves>()(
    Import.implement(handlers, {
      policy: (step) =>
        step
          .catchTag("Busy", ({ payload, to }) => (payload === 1 ? to.Salvage("") : to.Broken("")))
          .timeout("1 second")
          .retry({ times: 2 })
    })
  )
)
expectType<true>(
  has<"gave up", Shelves>()(
    Import.implement(handlers, {
      policy: (step) =>
        step.catch(({ error, to }) =>
          error._tag === "Busy"
            ? Effect.succeed(to.Salvage(""))
            : error.reason === ""
              ? to.Broken("")
              : Effect.fail("gave up" as const)
        ),
      rollback: (cause) => cause.reasons.length > 0
    })
  )
)

// It is typed by what the handlers fail with, and stands for any state.
Import.implement(handlers, {
  policy: (step) => {
    expectType<true>(same<Handler.Task<typeof Import, "*", never, Declined | Busy, never>>()(step))
    return step.catch((context) => {
      expectType<true>(same<Workflow.CatchContext<typeof Import, "*", Declined | Busy>>()(context))
      expectType<true>({} as IsEqual<keyof typeof context.to, "Salvage" | "Broken">)
      expectType<true>(same<unknown>()(context.payload))
      expectType<true>(same<"Fetch" | "Parse" | "Salvage">()(context.state))
      return context.state === "Parse" ? context.to.Salvage("") : context.to.Broken("")
    })
  }
})

// It does not stand around what it falls back to: the errors of that remain.
expectType<true>(
  has<OutOfStock | Busy, Shelves>()(
    Import.implement(
      { Fetch, Parse, Salvage },
      { policy: (step) => step.catch(({ error, to }) => (error._tag === "Busy" ? to.Salvage("") : to.Broken(""))) }
    )
  )
)
// Handlers may be functions as well.
expectType<true>(
  has<never, never>()(
    Import.implement(
      {
        *Fetch({ payload, to }) {
          if (payload === "") return yield* new Busy()
          return to.Parse(1)
        },
        Parse: ({ payload, to }) =>
          payload > 1 ? Effect.fail(new Declined({ reason: "" })) : Effect.succeed(to.Imported()),
        Salvage: ({ to }) => to.Imported()
      },
      { policy: (step) => step.catch(({ error, to }) => (error._tag === "Busy" ? to.Salvage("") : to.Broken(""))) }
    )
  )
)

// A definition without a fallback takes a policy that only retries, limits or guards, or none.
declare const sale: Handler.Handler<typeof Sale, "Reserve", "Review" | "Gone", Busy | CompensationFailed, Shelves>
const selling = {
  Reserve: sale,
  Review: Sale.wait("Review", { Approve: ({ signal, to }) => to.Ask(signal.by) }).after("1 day", ({ to }) => to.Gone()),
  Ask: Sale.task("Ask", ({ payload, to }) => (payload === "" ? to.Pay(1) : payload === "?" ? to.Ask("") : to.Gone())),
  Pay: Sale.route("Pay", ({ payload, to }) => (payload > 1 ? to.Sold("") : to.Cool())),
  Cool: Sale.pause("Cool", "1 day", ({ to }) => to.Gone())
}
expectType<true>(has<Busy | CompensationFailed, Shelves>()(Sale.implement(selling)))
expectType<true>(has<Busy | CompensationFailed, Shelves>()(Sale.implement(selling, {})))
expectType<true>(
  has<Busy | CompensationFailed, Shelves>()(Sale.implement(selling, { rollback: (cause) => cause.reasons.length > 1 }))
)
expectType<true>(
  has<Busy | StateTimeout | CompensationFailed, Shelves>()(
    Sale.implement(selling, { policy: (step) => step.timeout("1 second").retry({ times: 2 }) })
  )
)
// The failure of a rollback stays, whatever the policy catches.
expectType<true>(
  has<CompensationFailed, Shelves>()(Sale.implement(selling, { policy: (step) => step.catch(() => Effect.never) }))
)
expectError(Sale.implement(selling, { policy: (step) => step.catch(({ to }) => to.Gone()) }))
expectError(
  Sale.implement(selling, {
    policy: (step) => step.catchTag("CompensationFailed", () => Effect.never)
  })
)

// The Layer takes what the policy leaves.
expectType<Layer.Layer<Import, never, Shelves>>(
  Import.layer(handlers, {
    policy: (step) => step.catchTag("Busy", ({ payload, to }) => (payload === 1 ? to.Salvage("") : to.Broken("")))
  })
)
expectType<Layer.Layer<Import, never, Shelves>>(
  Import.layer(handlers, {
    policy: (step) => step.catch(({ error, to }) => (error._tag === "Busy" ? to.Salvage("") : to.Broken("")))
  })
)
expectError(
  Import.layer(handlers, {
    policy: (step) => step.catchTag("Declined", ({ payload, to }) => (payload === 1 ? to.Salvage("") : to.Broken("")))
  })
)
expectError(
  Import.layer(handlers, {
    policy: (step) =>
      step.catch(({ payload, to }) => (payload === 1 ? to.Salvage("") : to.Broken(""))).timeout("1 second")
  })
)
expectError(
  Import.layer(
    { Fetch, Parse, Salvage },
    { policy: (step) => step.catch(({ payload, to }) => (payload === 1 ? to.Salvage("") : to.Broken(""))) }
  )
)

// M29: what is declared and not gone to, or gone to and not declared.
expectError(Import.implement(handlers))
expectError(Import.layer(handlers))
expectError(Import.implement(handlers, {}))
expectError(Import.implement(handlers, { rollback: () => true }))
expectError(Import.layer(handlers, { rollback: () => true }))
expectError(Import.implement(handlers, { policy: (step) => step.retry({ times: 2 }) }))
expectError(Import.implement(handlers, { policy: (step) => step.catch(({ to }) => to.Broken("")) }))
expectError(
  Import.implement(handlers, {
    policy: (step) => step.catch(({ payload, to }) => (payload === "" ? to.Parse(1) : to.Broken("")))
  })
)
expectError(Import.implement(handlers, { policy: () => Fetch }))
expectError(Import.implement(handlers, { policy: () => 1 }))
expectError(Import.implement(handlers, { polices: () => 1 }))
expectError(Import.implement(handlers, { rollback: () => "yes" }))
expectError(Import.task("Fetch", ({ to }) => to.Broken("")))
expectError(Import.task("*", ({ to }) => to.Broken("")))
expectError(Workflow.define("M").fallback(["Typo"]).state("A", Schema.Void, ["B"]).exit("B", Schema.Void).start("A"))
expectError(
  Workflow.define("M")
    .fallback(["C"])
    .state("A", Schema.Void, ["B"])
    .state("C", Schema.Void, ["C"])
    .exit("B", Schema.Void)
    .start("A")
)
Workflow.define("M")
  .fallback(["C"])
  .state("A", Schema.Void, ["B"])
  .exit("B", Schema.Void)
  .exit("C", Schema.Void)
  .start("A")
