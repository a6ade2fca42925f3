/**
 * A module as Node loads it, and what is to be said when it does not.
 */
import { statSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { inspect } from "node:util"
import { Duration, Effect, Option } from "effect"
import { Argument, Flag } from "effect/cli"
import { visible } from "../text/visible.ts"
import { FileNotFound, LoadFailed, LoadTimeout, NotAFile } from "./errors.ts"

/** What says which module to load, and how long it may take. */
export const source = {
  file: Argument.Path("file").pipe(Argument.withDescription("The module that exports it")),
  timeout: Flag.String("timeout").pipe(
    Flag.withMetavar("duration"),
    Flag.withDescription("How long the module may take to load; 30 seconds unless given"),
    Flag.filterMap(
      // What is no duration is refused.
      (text) => Option.filter(Duration.fromInput(text as Duration.Input), Duration.isPositive),
      (text) => `Expected a duration such as "30 seconds" or "2 minutes", not "${text}"`
    ),
    Flag.withDefault(Duration.seconds(30))
  )
}

/** Which module to load, and how long it may take. */
export interface Source {
  readonly file: string
  readonly timeout: Duration.Duration
}

/** Loads a module and gives its exports by name. */
export const load = Effect.fnUntraced(function* ({ file, timeout }: Source) {
  const stats = statistics(file)
  if (Option.isNone(stats)) return yield* new FileNotFound({ file })
  if (stats.value.isDirectory()) return yield* new NotAFile({ file })
  return yield* Effect.acquireUseRelease(
    Effect.sync(() => reportExit(file)),
    () =>
      Effect.tryPromise({
        try: (): Promise<Readonly<Record<string, unknown>>> => import(pathToFileURL(file).href),
        catch: (cause) => new LoadFailed({ file, issue: issueOf(file, cause) })
      }).pipe(
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () => Effect.fail(new LoadTimeout({ file, duration: timeout }))
        })
      ),
    (done) => Effect.sync(done)
  )
})

const statistics = Option.liftThrowable((file: string) => statSync(file))

/** A module that ends the process, as programs do, must not look like one with which all is well. */
const reportExit = (file: string) => {
  const report = () => {
    console.error(`'${visible(file)}' ended the process while it was loaded`)
    process.exitCode = 1
  }
  process.once("exit", report)
  return () => process.removeListener("exit", report)
}

const issueOf = (file: string, cause: unknown): string => {
  if (!(cause instanceof Error)) return `it threw ${inspect(cause)}`
  const place = placeOf(cause)
  return [
    `${cause.name}: ${cause.message}`,
    ...(place === undefined ? [] : [`at ${place}`]),
    ...adviceOn(file, cause, place)
  ].join("\n")
}

/** Where in the user's own code it happened: a frame of the stack, or the line above it that shows where a text is wrong. */
const placeOf = ({ stack = "" }: Error): string | undefined =>
  stack
    .split("\n")
    .filter((line) => !/node:|\/node_modules\//.test(line))
    .flatMap((line) => /^(?:\s+at .*?)?((?:file:\/\/|\/|[A-Z]:\\).*:\d+)\)?$/.exec(line)?.[1] ?? [])
    .at(0)

const adviceOn = (file: string, cause: Error, place: string | undefined): ReadonlyArray<string> => {
  const { message } = cause
  const code = "code" in cause ? cause.code : undefined
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" && /"\.[cm]?ts"/.test(message)) {
    return [`Node ${process.version} does not run TypeScript: use 22.18 or later, or compile it first`]
  }
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX" || /^Cannot find module .* from .*\.[cm]?ts$/.test(message)) {
    return [
      "Node strips types and does no more: syntax has to be erasable, and imports have to name the file that is there, as",
      "'./checkout.ts'. Compile it first if it is written otherwise"
    ]
  }
  return cause instanceof SyntaxError && place === undefined ? [`Where, this says: node '${file}'`] : []
}
