/** Runs the demonstration: `node examples/travel-booking/main.ts`. */
import { NodeRuntime } from "@effect/platform-node"
import { program } from "./program.ts"

NodeRuntime.runMain(program)
