/**
 * What the command needs of Node.
 *
 * The layers that Effect has for it are in `@effect/platform-node`, which needs Node 22.19, and the command runs on 20.
 * These are as small as that allows: an Effect CLI asks for more services than it uses, and one that is not used dies.
 */
import { existsSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import {
  Effect,
  FileSystem,
  Layer,
  Path,
  PlatformError,
  Predicate,
  Runtime,
  Sink,
  Stdio,
  Stream,
  Terminal
} from "effect"
import { ChildProcessSpawner } from "effect/process"

const fileSystem = FileSystem.layerNoop({
  exists: (path) => Effect.sync(() => existsSync(path)),
  writeFileString: (path, data) =>
    Effect.tryPromise({
      try: () => writeFile(path, data),
      catch: (cause) =>
        PlatformError.systemError({
          _tag: Predicate.hasProperty(cause, "code") && cause.code === "ENOENT" ? "NotFound" : "Unknown",
          module: "FileSystem",
          method: "writeFileString",
          pathOrDescriptor: path,
          cause
        })
    })
})

const unused = Effect.die("The command does not use this")

/** The services of an Effect CLI. */
export const layer = Layer.mergeAll(
  Path.layer,
  fileSystem,
  Layer.succeed(Stdio.Stdio)(
    Stdio.make({
      args: unused,
      stdin: Stream.fromEffect(unused),
      stdout: () => Sink.fromEffect(unused),
      stderr: () => Sink.fromEffect(unused)
    })
  ),
  Layer.succeed(Terminal.Terminal)(
    Terminal.make({
      columns: unused,
      rows: unused,
      size: unused,
      readInput: unused,
      readLine: unused,
      display: () => unused
    })
  ),
  Layer.succeed(ChildProcessSpawner.ChildProcessSpawner)(ChildProcessSpawner.make(() => unused))
)

/**
 * Runs the program of the process, and ends the process with it, whatever a loaded module has left running. What could not
 * be written to the standard output makes it a failure.
 */
export const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  let lost: Error | undefined | null
  // Without listeners these would end the process, or be lost within `console`.
  process.stdout.on("error", (error) => {
    lost ??= error
  })
  process.stderr.on("error", () => {})
  fiber.addObserver((exit) =>
    teardown(exit, (code) =>
      // What is still to be written to a pipe would be lost.
      process.stdout.write("", (error) => {
        lost ??= error
        if (lost) console.error(`The standard output could not be written: ${lost.message}`)
        process.stderr.write("", () => process.exit(lost ? code || 1 : code))
      })
    )
  )
})
