/**
 * A small ad exchange: `node main.ts [--pictures FOLDER] [bid request files]`; without files, the samples of the OpenRTB 2.5
 * specification.
 */
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
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
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { pictures: { type: "string" } } })
  const rows = yield* program(positionals.length > 0 ? positionals : yield* samples, values)
  if (rows.some(({ outcome }) => outcome === "malformed")) process.exitCode = 1
})

NodeRuntime.runMain(main.pipe(Effect.provide(live(bidders)), Effect.provide(NodeServices.layer)))
