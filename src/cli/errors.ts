/**
 * What can be wrong with what the command is given.
 */
import { Data, Effect, type PlatformError } from "effect"
import { CliError } from "effect/cli"

/** Lets the command print the messages of its errors, and end with exit code 1. */
export const userErrors = <A, E, R>(command: Effect.Effect<A, E, R>): Effect.Effect<A, CliError.UserError, R> =>
  Effect.mapError(command, (cause) => new CliError.UserError({ cause }))

/** There is no file to load. */
export class FileNotFound extends Data.TaggedError("FileNotFound")<{ readonly file: string }> {
  override get message(): string {
    return `There is no file '${this.file}'`
  }
}

/** A file is no module, or one that fails when it is loaded. `issue` says how, and what to do if that is known. */
export class LoadFailed extends Data.TaggedError("LoadFailed")<{ readonly file: string; readonly issue: string }> {
  override get message(): string {
    return `'${this.file}' could not be loaded:\n  ${this.issue.replaceAll("\n", "\n  ")}`
  }
}

/** A module exports neither a definition nor a workflow. */
export class NothingFound extends Data.TaggedError("NothingFound")<{
  readonly file: string
  readonly exports: ReadonlyArray<string>
}> {
  override get message(): string {
    return `'${this.file}' exports neither a definition nor a workflow: ${
      this.exports.length === 0 ? "it exports nothing" : `its exports are ${this.exports.join(", ")}`
    }`
  }
}

/** A module exports several definitions or workflows, and none of them was asked for. */
export class SeveralFound extends Data.TaggedError("SeveralFound")<{
  readonly file: string
  readonly found: ReadonlyArray<string>
}> {
  override get message(): string {
    return `'${this.file}' exports ${this.found.join(", ")}: say which one with --export`
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
    const { exists, file, found, name } = this
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
    return `'${this.file}' could not be written: ${why}`
  }
}

/** What a module exports is not sound; what is wrong is in the report. */
export class NotSound extends Data.TaggedError("NotSound")<{
  readonly file: string
  readonly names: ReadonlyArray<string>
}> {
  override get message(): string {
    return `'${this.file}' exports what is not sound: ${this.names.join(", ")}`
  }
}
