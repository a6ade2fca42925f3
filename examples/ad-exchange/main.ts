/**
 * A small ad exchange: trades the bid requests of files; without files, the samples of the OpenRTB 2.5 specification.
 */
import { fileURLToPath } from "node:url"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Layer, Option } from "effect"
import { Argument, CliConfig, Command, Flag, GlobalFlag } from "effect/cli"
import { bidders } from "./bidders.ts"
import { live, program } from "./program.ts"

const samples = Effect.gen(function* () {
  const directory = fileURLToPath(new URL("openrtb/", import.meta.url))
  const { readDirectory } = yield* FileSystem.FileSystem
  return (yield* readDirectory(directory)).toSorted().map((file) => directory + file)
})

const command = Command.make(
  "ad-exchange",
  {
    files: Argument.String("file").pipe(Argument.withDescription("A bid request as JSON"), Argument.variadic()),
    pictures: Flag.String("pictures").pipe(
      Flag.withDescription("A folder for two pictures of every run"),
      Flag.optional
    )
  },
  Effect.fnUntraced(
    function* ({ files, pictures }) {
      const rows = yield* program(files.length > 0 ? files : yield* samples, {
        pictures: Option.getOrUndefined(pictures)
      })
      if (rows.some(({ outcome }) => outcome === "malformed")) process.exitCode = 1
    },
    Effect.provide(live(bidders)),
    Effect.catchTag("NoPictures", ({ message }) => {
      process.exitCode = 1
      return Console.error(message)
    })
  )
).pipe(
  Command.withDescription(
    "Sells impressions to bidders on the loopback interface, and says how it went; the samples of OpenRTB without files"
  )
)

// Who has seen enough, as `head` has, closes the pipe.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1))
}

const config = CliConfig.layer({ builtIns: [GlobalFlag.Help] })

NodeRuntime.runMain(
  Command.run(command, { version: "1" }).pipe(Effect.provide(Layer.merge(NodeServices.layer, config)))
)
