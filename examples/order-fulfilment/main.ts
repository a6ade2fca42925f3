/** Runs the demonstration: `node examples/order-fulfilment/main.ts`. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { program } from "./fulfilment.ts"

program.pipe(Effect.provide(TestClock.layer()), NodeRuntime.runMain)
