/** Runs the demonstration: `node examples/order-saga/main.ts`. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { program } from "./program.ts"

program.pipe(Effect.provide(TestClock.layer()), NodeRuntime.runMain)
