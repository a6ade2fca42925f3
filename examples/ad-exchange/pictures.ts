/**
 * Pictures of a run: over time, and over the diagram of the exchange.
 */
import { join } from "node:path"
import { Effect, FileSystem } from "effect"
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

/** Writes both pictures of a run into a folder. */
export const writePictures = Effect.fnUntraced(function* (
  folder: string,
  name: string,
  run: ReadonlyArray<Workflow.RunEvent>
) {
  const { makeDirectory, writeFileString } = yield* FileSystem.FileSystem
  yield* makeDirectory(folder, { recursive: true })
  yield* writeFileString(join(folder, `${name}.timeline.svg`), Timeline.svg(run))
  yield* writeFileString(join(folder, `${name}.diagram.svg`), yield* Diagram.svg(adExchange, { run }))
})
