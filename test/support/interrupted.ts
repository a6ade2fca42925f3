/**
 * A program whose run has completed a step that cannot be undone when the program is interrupted. The run is `run`, or `fork`ed
 * as the argument says.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Schema } from "effect"
import { Workflow } from "../../src/index.ts"

class Booking extends Workflow.define("Booking")
  .state("Charge", Schema.String, ["Ship"])
  .state("Ship", Schema.String, ["Shipped"])
  .exit("Shipped", Schema.String)
  .start("Charge") {}

const booking = Booking.implement({
  Charge: Booking.task("Charge", ({ payload, to }) => Effect.succeed(to.Ship(payload))).compensate({
    Ship: () => Effect.fail(new Error("no refund"))
  }),
  Ship: ({ to }) => Console.log("ready").pipe(Effect.andThen(Effect.never), Effect.as(to.Shipped("never")))
})

const program =
  process.argv[2] === "fork"
    ? Effect.scoped(Effect.andThen(booking.fork("card", { id: "b-1" }), Effect.never))
    : booking.run("card", { id: "b-1" })

NodeRuntime.runMain(program)
