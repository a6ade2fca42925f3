/**
 * A graph as JSON: the same data, in the nearest form that JSON has for it.
 */
import { DateTime, Duration, Effect, Option, Predicate, Record, Schema } from "effect"
import type { Graph } from "../graph/Graph.ts"
import type { CellRecord, CellSchema } from "../store/Store.ts"
import { NoJson } from "./errors.ts"

/**
 * Writes a graph as JSON. A schema is the JSON Schema of what it encodes to, complete in itself; `null` stands for a payload
 * that has no schema, or none that JSON can hold. Durations are in milliseconds, points in time in ISO 8601.
 *
 * Fails with `NoJson` when something else is in the graph that JSON cannot hold, such as the graph itself.
 */
export const writeJson = ({ cells, entries, name, start, ...rest }: Graph): Effect.Effect<string, NoJson> => {
  const graph = { name, start, entries, ...rest, cells: Record.map(cells, describeCell) }
  return Effect.try({
    try: () => `${JSON.stringify(graph, replace, 2)}\n`,
    catch: (cause) => new NoJson({ workflow: name, cause })
  })
}

/** What JSON is given is not asked for what it looks like in JSON: `this` has it as it is. */
function replace(this: unknown, key: string): unknown {
  return plain((this as Readonly<Record<string, unknown>>)[key])
}

const plain = (value: unknown): unknown => {
  if (Schema.isSchema(value)) return Option.getOrNull(jsonSchemaOf(value))
  if (Predicate.isTagged(value, "InMemory")) return null
  if (Duration.isDuration(value)) return Duration.toMillis(value)
  return DateTime.isDateTime(value) ? DateTime.formatIso(value) : value
}

/** The schema of a cell, and its initial value if it has one: `null` when JSON cannot hold it. */
const describeCell = (cell: CellRecord[string]) =>
  "initial" in cell
    ? { schema: cell.schema, initial: Option.getOrNull(Option.flatten(encode(cell.schema, cell.initial))) }
    : { schema: cell }

const encode = Option.liftThrowable((schema: CellSchema, value: unknown) =>
  Schema.isSchema(schema)
    ? // One that needs services fails, as one that cannot encode the value does.
      Option.map(Schema.encodeUnknownOption(Schema.toCodecJson(schema as Schema.Codec<unknown>))(value), throughJson)
    : Option.none()
)

const jsonSchemaOf = Option.liftThrowable((schema: Schema.Constraint) => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  return Record.isEmptyRecord(definitions) ? root : { ...root, $defs: definitions }
})

/** What JSON holds of a value: a schema may let anything through. Throws when it cannot hold it. */
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
