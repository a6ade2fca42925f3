/** A workflow that is generic in its payloads: its definition, its handlers, its runs and its Layer. */
import { Effect, Schema } from "effect"
import { Join, Workflow } from "sluice"
import { Bank } from "./shop.ts"

/** A definition that is generic in a schema, to be given a name where the schema is known. */
export const queueOf = <S extends Schema.Codec<unknown>>(item: S) =>
  Workflow.define("Queue").state("Push", item, ["Done"]).exit("Done", item).start("Push")

/** All of a workflow in a generic function. */
export const publish = <S extends Schema.Codec<unknown>, F extends Schema.Codec<unknown>, T>(
  item: S,
  failure: F,
  make: (item: S["Type"]) => T
) => {
  class Publish extends Workflow.define("Publish")
    .failure(failure)
    .signal("Amend", item)
    .signal("Drop", Schema.Void)
    .fallback(["Broken"])
    .state("Charge", item, ["Copy", "Broken"])
    .state("Copy", Workflow.type<ReadonlyArray<S["Type"]>>(), ["Await"])
    .state("Await", item, ["Make"])
    .state("Make", item, ["Made"])
    .exit("Made", Workflow.type<T>())
    .exit("Broken", item)
    .start("Charge", "Make") {}

  const Charge = Publish.task("Charge", function* ({ payload, to }) {
    const charge = yield* Bank.use((bank) => bank.charge(1))
    return charge === "" ? to.Broken(payload) : to.Copy([payload])
  })
    .timeout("1 second")
    .catchTag("Unpaid", ({ payload, to }) => to.Broken(payload))
  const Copy = Publish.forEach(
    "Copy",
    ({ payload }) => payload,
    ({ item }) => Effect.succeed(item)
  ).join(Join.all, ({ input, results, to }) => to.Await(results[0] ?? input))
  const Await = Publish.wait("Await", { Amend: ({ signal, to }) => to.Make(signal) }).after(
    "1 day",
    ({ payload, to }) => to.Make(payload)
  )
  const handlers = { Charge, Copy, Await, Make: Publish.route("Make", ({ payload, to }) => to.Made(make(payload))) }

  const publishing = Publish.implement(handlers, { policy: (step) => step.catch(({ input, to }) => to.Broken(input)) })
  const layer = Publish.layer(handlers, { policy: (step) => step.catch(({ input, to }) => to.Broken(input)) })
  return (input: S["Type"]): Effect.Effect<ReadonlyArray<T>, unknown, Bank> =>
    Effect.gen(function* () {
      const handle = yield* publishing.fork(input)
      yield* handle.signal("Drop")
      const entered = yield* publishing.runFrom("Make", input, input)
      const outcome = yield* Publish.run(input)
      return [entered, outcome].flatMap((outcome) => (outcome._tag === "Made" ? [outcome.payload] : []))
    }).pipe(Effect.provide(layer), Effect.scoped)
}
