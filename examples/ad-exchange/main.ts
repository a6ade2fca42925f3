/**
 * A small ad exchange: `node main.ts [bid request files]`; without files, the samples of the OpenRTB 2.5 specification.
 */
import { fileURLToPath } from "node:url"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, FileSystem } from "effect"
import { bidders } from "./bidders.ts"
import { live, program } from "./program.ts"

const samples = Effect.gen(function* () {
  const directory = fileURLToPath(new URL("openrtb/", import.meta.url))
  const { readDirectory } = yield* FileSystem.FileSystem
  return (yield* readDirectory(directory)).toSorted().map((file) => directory + file)
})

const main = Effect.gen(function* () {
  const given = process.argv.slice(2)
  const rows = yield* program(given.length > 0 ? given : yield* samples)
  if (rows.some(({ outcome }) => outcome === "malformed")) process.exitCode = 1
})

NodeRuntime.runMain(main.pipe(Effect.provide(live(bidders)), Effect.provide(NodeServices.layer)))
