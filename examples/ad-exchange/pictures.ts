/**
 * Pictures of a run: over time, and over the diagram of the exchange.
 */
import { join } from "node:path"
import { Data, Effect, FileSystem, type PlatformError } from "effect"
import { Diagram, Timeline, type Workflow } from "sluice"
import type { Partner } from "./definition.ts"
import { adExchange } from "./handlers.ts"
import type { Event } from "./report.ts"

/** The events with the names of the partners that were asked, of which a run knows only the indexes. */
export const nameItems = (
  events: ReadonlyArray<Event>,
  partners: ReadonlyArray<Partner>
): ReadonlyArray<Workflow.RunEvent> =>
  events.map((event) =>
    event.state === "RequestBids" && "branch" in event && typeof event.branch === "number"
      ? { ...event, branch: partners[event.branch]?.name ?? event.branch }
      : event
  )

/** The folder for pictures cannot be written to. */
export class NoPictures extends Data.TaggedError("NoPictures")<{ readonly folder: string; readonly reason: string }> {
  override get message(): string {
    return `No pictures can be written to ${this.folder}: ${this.reason}`
  }
}

const noPictures = <A, R>(effect: Effect.Effect<A, PlatformError.PlatformError, R>, folder: string) =>
  Effect.mapError(effect, ({ message }) => new NoPictures({ folder, reason: message }))

/** Makes the folder for pictures. */
export const makeFolder = Effect.fnUntraced(function* (folder: string) {
  const { makeDirectory } = yield* FileSystem.FileSystem
  yield* makeDirectory(folder, { recursive: true })
}, noPictures)

/** Writes both pictures of a run into a folder. */
export const writePictures = Effect.fnUntraced(function* (
  folder: string,
  name: string,
  run: ReadonlyArray<Workflow.RunEvent>
) {
  const { writeFileString } = yield* FileSystem.FileSystem
  const write = (kind: string, svg: string) =>
    noPictures(writeFileString(join(folder, `${name}.${kind}.svg`), svg), folder)
  yield* write("timeline", Timeline.svg(run))
  yield* write("diagram", yield* Diagram.svg(adExchange, { run }))
})
