/**
 * What can be wrong with what the command is given.
 */
import { Data, Duration, Effect, type PlatformError } from "effect"
import { CliError } from "effect/cli"
import { visible, visibleLines } from "../text/visible.ts"

/** Lets the command print the messages of its errors, and end with exit code 1. What was typed wrongly is not among them. */
export const userErrors = <A, E, R>(command: Effect.Effect<A, E, R>): Effect.Effect<A, CliError.CliError, R> =>
  Effect.mapError(command, (cause) => (CliError.isCliError(cause) ? cause : new CliError.UserError({ cause })))

/** There is no file to load. */
export class FileNotFound extends Data.TaggedError("FileNotFound")<{ readonly file: string }> {
  override get message(): string {
    return `There is no file '${visible(this.file)}'`
  }
}

/** What is to be loaded is a folder. */
export class NotAFile extends Data.TaggedError("NotAFile")<{ readonly file: string }> {
  override get message(): string {
    return `'${visible(this.file)}' is a folder: name the file that exports the workflow`
  }
}

/** A file is no module, or one that fails when it is loaded. `issue` says how, and what to do if that is known. */
export class LoadFailed extends Data.TaggedError("LoadFailed")<{ readonly file: string; readonly issue: string }> {
  override get message(): string {
    return `'${visible(this.file)}' could not be loaded:\n  ${visibleLines(this.issue).replaceAll("\n", "\n  ")}`
  }
}

/** A module has not come to its end in time. */
export class LoadTimeout extends Data.TaggedError("LoadTimeout")<{
  readonly file: string
  readonly duration: Duration.Duration
}> {
  override get message(): string {
    return [
      `'${visible(this.file)}' is not loaded after ${Duration.format(this.duration)}: it, or what it imports, waits at its top level`,
      "for something that does not come. --timeout gives it longer"
    ].join("\n  ")
  }
}

/** A module exports neither a definition nor a workflow. */
export class NothingFound extends Data.TaggedError("NothingFound")<{
  readonly file: string
  readonly exports: ReadonlyArray<string>
}> {
  override get message(): string {
    return `'${visible(this.file)}' exports neither a definition nor a workflow: ${
      this.exports.length === 0 ? "it exports nothing" : `its exports are ${this.exports.map(visible).join(", ")}`
    }`
  }
}

/** A module exports several definitions or workflows, and none of them was asked for. */
export class SeveralFound extends Data.TaggedError("SeveralFound")<{
  readonly file: string
  readonly found: ReadonlyArray<string>
}> {
  override get message(): string {
    return `'${visible(this.file)}' exports ${this.found.join(", ")}: say which one with --export`
  }
}

/** The export that was asked for does not exist, or is neither a definition nor a workflow. */
export class ExportNotFound extends Data.TaggedError("ExportNotFound")<{
  readonly file: string
  readonly name: string
  /** Whether there is an export of this name. */
  readonly exists: boolean
  readonly found: ReadonlyArray<string>
}> {
  override get message(): string {
    const { exists, found } = this
    const [file, name] = [visible(this.file), visible(this.name)]
    const problem = exists
      ? `The export '${name}' of '${file}' is neither a definition nor a workflow`
      : `'${file}' has no export '${name}'`
    return `${problem}: there is ${found.join(", ")}`
  }
}

/** The diagram could not be written where `--out` says. */
export class WriteFailed extends Data.TaggedError("WriteFailed")<{
  readonly file: string
  readonly cause: PlatformError.PlatformError
}> {
  override get message(): string {
    const { _tag, cause } = this.cause.reason
    const why = _tag === "NotFound" ? "its folder does not exist" : cause instanceof Error ? cause.message : _tag
    return `'${visible(this.file)}' could not be written: ${visible(why)}`
  }
}

/** A graph holds what JSON cannot; only one that was not made by a definition does. */
export class NoJson extends Data.TaggedError("NoJson")<{ readonly workflow: string; readonly cause: unknown }> {
  override get message(): string {
    const { cause, workflow } = this
    const why = cause instanceof Error ? cause.message : String(cause)
    return `The graph of '${visible(workflow)}' cannot be written as JSON: ${visibleLines(why)}`
  }
}

/** What a module exports is not sound; what is wrong is in the report. */
export class NotSound extends Data.TaggedError("NotSound")<{
  readonly file: string
  readonly names: ReadonlyArray<string>
}> {
  override get message(): string {
    return `'${visible(this.file)}' exports what is not sound: ${this.names.map(visible).join(", ")}`
  }
}
