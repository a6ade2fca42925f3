/** A journey that calls the booking of a stay: a workflow, its callee, and the service that the callee is undone with. */
import { Context, Effect, Layer, Schema } from "effect"
import { CompensationFailed, type Handler, Workflow } from "sluice"
import type { Ledger } from "./saga.ts"

/** Why a stay cannot be booked. */
export class NoTable extends Schema.TaggedError<NoTable>()("NoTable", { at: Schema.String }) {}

/** Where a stay is cancelled. */
export class Desk extends Context.Service<Desk, { readonly cancel: (what: string) => Effect.Effect<void, string> }>()(
  "test/Desk"
) {
  /** A desk that writes what it cancels. */
  static readonly writing = (ledger: Ledger, prefix = "") =>
    Layer.succeed(Desk, Desk.of({ cancel: (what) => ledger.undo(`${prefix}${what}`) }))

  /** A desk that is closed. */
  static readonly closed = Layer.succeed(Desk, Desk.of({ cancel: () => Effect.fail("closed") }))

  /** A desk that never answers. */
  static readonly busy = Layer.succeed(Desk, Desk.of({ cancel: () => Effect.never }))
}

/** The workflow that is called. */
export class Stay extends Workflow.define("Stay")
  .failure(Schema.Union([NoTable, CompensationFailed]))
  .state("Room", Schema.String, ["Table"])
  .state("Table", Schema.String, ["Booked", "Full"])
  .exit("Booked", Schema.String)
  .exit("Full", Schema.String, { rollback: true })
  .start("Room") {}

/** What the second step of a stay does. */
export type Table = (
  context: Workflow.Context<typeof Stay, "Table">
) => Effect.Effect<Workflow.Transitions<typeof Stay, "Table">, NoTable>

/** A stay whose room and table are cancelled at the desk. */
export const stay = (table: Table) =>
  Stay.layer({
    Room: Stay.task("Room", ({ payload, to }) =>
      Effect.as(Effect.sleep(10), to.Table(`room in ${payload}`))
    ).compensate({ Table: ({ payload }) => Desk.use((desk) => desk.cancel(payload)) }),
    Table: Stay.task("Table", table).compensate({
      Booked: ({ payload }) => Desk.use((desk) => desk.cancel(payload))
    })
  })

/** A table that is booked after 10 milliseconds. */
export const bookedTable: Table = ({ to }) => Effect.as(Effect.sleep(10), to.Booked("table 9"))

/** A table that cannot be had. */
export const noTable: Table = () => Effect.andThen(Effect.sleep(10), Effect.fail(new NoTable({ at: "nine" })))

/** A table that nobody ever answers about. */
export const silentTable: Table = () => Effect.never

/** The workflow that calls: a step before the stay, and one after it. */
export class Journey extends Workflow.define("Journey")
  .state("Flight", Schema.String, ["Sleep"])
  .state("Sleep", Schema.String, ["Car", "Home"])
  .state("Car", Schema.String, ["Pay"])
  .state("Pay", Schema.Unknown, ["Done", "Off"])
  .state("Home", Schema.Unknown, ["Done"])
  .exit("Done", Schema.Unknown)
  .exit("Off", Schema.Void, { rollback: true })
  .start("Flight") {}

/** The call of a stay. */
export const sleep = Journey.call("Sleep", Stay, ({ payload }) => payload, {
  Booked: ({ result, to }) => to.Car(result),
  Full: ({ result, to }) => to.Home(result)
})

/** What the last step of a journey does. */
export type Pay<E> = (
  context: Workflow.Context<typeof Journey, "Pay">
) => Effect.Effect<Workflow.Transitions<typeof Journey, "Pay">, E>

/** A journey that calls a stay as given and pays as given; its other steps are written when they are undone. */
export const journey = <E, R, E2>(
  ledger: Ledger,
  Sleep: Handler.Handler<typeof Journey, "Sleep", "Car" | "Home", E, R>,
  Pay: Pay<E2>,
  home: Effect.Effect<void, E2> = Effect.void
) =>
  Journey.implement({
    Flight: Journey.task("Flight", ({ payload, to }) => to.Sleep(payload)).compensate({
      Sleep: () => ledger.undo("flight")
    }),
    Sleep,
    Car: Journey.task("Car", ({ payload, to }) => to.Pay(payload)).compensate({ Pay: () => ledger.undo("car") }),
    Pay,
    Home: ({ payload, to }) => Effect.as(home, to.Done(payload))
  })
