/**
 * The command `sluice`, whatever runs it.
 */
import { createRequire } from "node:module"
import { Console, Effect, Layer, Runtime } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { check } from "./check.ts"
import { diagram } from "./diagram.ts"

const { version }: { readonly version: string } = createRequire(import.meta.url)("../../package.json")

const command = Command.make("sluice").pipe(
  Command.withDescription("Draws and checks the workflows that a module exports"),
  Command.withSubcommands([diagram, check])
)

/** What was typed wrongly is said on the standard error, and where the help is that would be longer than that. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.flatMap(CliOutput.Formatter, ({ formatErrors }) =>
          Console.error(`${formatErrors(event.errors)}\n\nSee: ${event.commandPath.join(" ")} --help`)
        )
      : CliOutput.defaultPresenter.present(event)
}

const settings = Layer.merge(
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] }),
  CliOutput.layerPresenter(presenter)
)

/** As shells have it for a command that was typed wrongly. */
const usage = 2

/**
 * Runs the command with arguments. It fails when something is wrong, which it has said then; what was typed wrongly has exit
 * code 2, everything else 1.
 */
export const sluice = (args: ReadonlyArray<string>) =>
  Command.runWith(command, { version })(args).pipe(
    Effect.mapError((error) =>
      error._tag === "ShowHelp" && error.errors.length > 0
        ? Object.assign(error, { [Runtime.errorExitCode]: usage })
        : error
    ),
    Effect.provide(settings)
  )
