/** Runs the negotiations: `node examples/negotiation/main.ts`. */
import { NodeRuntime } from "@effect/platform-node"
import { program } from "./negotiation.ts"

NodeRuntime.runMain(program)
