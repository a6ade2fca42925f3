/** Runs the pipeline over its text: `node examples/text-pipeline/main.ts`. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { program } from "./text-pipeline.ts"

program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
