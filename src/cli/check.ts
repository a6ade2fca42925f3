/**
 * `sluice check`: says of every definition and workflow of a module what it is, and whether it is sound.
 */
import { Console, Effect, Schema } from "effect"
import { Command } from "effect/cli"
import type { Graph } from "../graph/Graph.ts"
import { visible } from "../text/visible.ts"
import { NotSound, userErrors } from "./errors.ts"
import { describe, type Found, findIn, workflowsOf } from "./find.ts"
import { source } from "./load.ts"

/** `sluice check FILE` */
export const check = Command.make(
  "check",
  source,
  Effect.fnUntraced(function* (source) {
    const { file, found } = yield* findIn(source)
    yield* Console.log(found.map((one) => report(one, found)).join("\n"))
    const unsound = found.filter(({ problems }) => problems.length > 0)
    if (unsound.length > 0) return yield* new NotSound({ file, names: unsound.map(({ name }) => name) })
  }, userErrors)
).pipe(
  Command.withDescription("Says of each definition and workflow of a module what it is, and whether it is sound"),
  Command.withExamples([{ command: "sluice check src/checkout.ts" }])
)

const report = (one: Found, found: ReadonlyArray<Found>): string => {
  const { problems } = one
  return [
    `${describe(one)}: ${sizeOf(one.graph)}`,
    ...(problems.length === 0 ? ["sound"] : ["not sound:", ...problems.map((problem) => `- ${visible(problem)}`)]),
    ...remarksOn(one, found)
  ].join("\n  ")
}

const sizeOf = ({ fallback, places }: Graph): string => {
  const states = places.filter(({ kind }) => kind === "state").length
  const edges = places.reduce((sum, { targets }) => sum + new Set(targets).size, 0)
  return [
    count(states, "state"),
    count(places.length - states, "exit"),
    count(edges, "edge"),
    ...(fallback.length === 0 ? [] : [`fallback to ${fallback.map(visible).join(", ")}`])
  ].join(", ")
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`

/** What is no mistake in itself, and may show one. */
const remarksOn = (one: Found, found: ReadonlyArray<Found>): ReadonlyArray<string> => {
  const { places, signals } = one.graph
  const workflows = workflowsOf(one, found)
  if (workflows.length > 0) return [`implemented by ${workflows.map(({ name }) => visible(name)).join(", ")}`]
  const inMemory = places.filter(({ payload }) => !Schema.isSchema(payload))
  const awaited = places.flatMap(({ work }) => work?.signals ?? [])
  const unheard = one.kind === "workflow" ? signals.filter(({ name }) => !awaited.includes(name)) : []
  return [
    ...(one.kind === "definition" ? ["only the definition: no workflow of it is exported"] : []),
    ...unheard.map(({ name }) => `no state waits for the signal '${visible(name)}'`),
    ...inMemory.map(
      ({ kind, name }) => `the payload of ${kind} '${visible(name)}' has no schema: it exists only in memory`
    )
  ]
}
