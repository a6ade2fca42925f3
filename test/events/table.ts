/** The table of the documentation, and what holds a row of it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { Workflow } from "sluice"
import { eventsOf, step, told } from "../support/events.ts"
import { problemsOf } from "../support/wellFormed.ts"

const text = readFileSync(join(import.meta.dirname, "../../docs/events.md"), "utf8")

/** The cells of the rows of the table whose last column is this one. */
const rowsBelow = (column: string): ReadonlyArray<ReadonlyArray<string>> => {
  const lines = text
    .slice(text.indexOf(`| ${column} |`))
    .split("\n")
    .slice(2)
  const rows = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("|"))
  )
  return rows.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim())
  )
}

const codeIn = (cell = ""): ReadonlyArray<string> => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!)

/** What each event carries, as the documentation says. */
export const fields: ReadonlyMap<string, ReadonlyArray<string>> = new Map(
  rowsBelow("and carries").map(([event, , carries]) => [codeIn(event)[0]!, codeIn(carries)])
)

/** A row of the table of orders: of what it is, what happens, and what is told in which order. */
interface Order {
  readonly of: string
  readonly what: string
  readonly steps: ReadonlyArray<string>
}

const rows = rowsBelow("after `StateEntered`")

/** The table of orders. A first cell that is empty is as the last one above it that is not. */
export const orders: ReadonlyArray<Order> = rows.map(([, what = "", steps], index) => ({
  of: rows.slice(0, index + 1).findLast(([of]) => of !== "")?.[0] ?? "",
  what,
  steps: codeIn(steps)
}))

/** What holds a row. */
export interface Row {
  readonly what: string
  /** Which of the ways it is, where a row has several. */
  readonly by?: string
  readonly run: Effect.Effect<unknown, unknown, Scope.Scope>
  /** Everything that is told of it. */
  readonly told: ReadonlyArray<string>
  /** The state whose visit the row is about; `Work` unless given. */
  readonly visit?: string
}

/** Holds the rows of the table that are about something: every one of them, in their order. */
export const holdRows = (of: string, rows: ReadonlyArray<Row>): void => {
  const held = orders.filter((order) => order.of === of)

  it(`${of}: every row is held`, () => {
    expect([...new Set(rows.map(({ what }) => what))]).toEqual(held.map(({ what }) => what))
  })

  const named = rows.map((row) => ({ ...row, name: row.by === undefined ? row.what : `${row.what}, by ${row.by}` }))
  it.effect.each(named)(`${of}: $name`, ({ run, told: expected, visit = "Work", what }) =>
    Effect.gen(function* () {
      const events = yield* eventsOf(Effect.scoped(run))
      expect(events.map(told)).toEqual(expected)
      expect(stepsOf(events, visit)).toEqual(held.find((order) => order.what === what)?.steps)
      expect(problemsOf(events)).toEqual([])
      expect(events.flatMap(undocumented)).toEqual([])
    })
  )
}

/** What is told after a state was entered, until the next one is, or until the run has ended where it ends there. */
const stepsOf = (events: ReadonlyArray<Workflow.RunEvent>, visit: string): ReadonlyArray<string> => {
  const entries = events.filter((event) => event._tag === "StateEntered")
  const entered = entries.find(({ state }) => state === visit)
  const next = entries.find(
    (event) => event.workflow === entered?.workflow && events.indexOf(event) > events.indexOf(entered)
  )
  return events
    .slice(
      entered === undefined ? 0 : events.indexOf(entered) + 1,
      next === undefined ? undefined : events.indexOf(next)
    )
    .filter(({ _tag }) => _tag !== "Signalled")
    .map((event) => (event.workflow === entered?.workflow ? step(event) : `${event.workflow}: ${step(event)}`))
}

const ofEvery = ["_tag", "workflow", "runId", "time", "state"]

/** The fields of an event of which the documentation says nothing. */
const undocumented = (event: Workflow.RunEvent): ReadonlyArray<string> =>
  Object.keys(event)
    .filter((field) => !ofEvery.includes(field) && !fields.get(event._tag)?.includes(field))
    .map((field) => `${event._tag}.${field}`)
