/**
 * A graph as JSON: the same data, in the nearest form that JSON has for it.
 */
import { DateTime, Duration, Option, Predicate, Record, Schema } from "effect"
import type { Graph } from "../graph/Graph.ts"
import type { CellRecord, CellSchema } from "../Store.ts"

/**
 * Writes a graph as JSON. A schema is the JSON Schema of what it encodes to, complete in itself; `null` stands for a payload
 * that has no schema, or none that JSON Schema can express. Durations are in milliseconds, points in time in ISO 8601.
 */
export const writeJson = ({ cells, entries, name, start, ...rest }: Graph): string => {
  const graph = { name, start, entries, ...rest, cells: Record.map(cells, describeCell) }
  return `${JSON.stringify(plain(graph), undefined, 2)}\n`
}

const plain = (value: unknown): unknown => {
  if (Schema.isSchema(value)) return Option.getOrNull(jsonSchemaOf(value))
  if (Predicate.isTagged(value, "InMemory")) return null
  if (Duration.isDuration(value)) return Duration.toMillis(value)
  if (DateTime.isDateTime(value)) return DateTime.formatIso(value)
  if (Array.isArray(value)) return value.map(plain)
  return Predicate.isObject(value) ? Record.map(value, plain) : value
}

/** The schema of a cell, and its initial value if it has one: `null` when JSON cannot hold it. */
const describeCell = (cell: CellRecord[string]) =>
  "initial" in cell
    ? { schema: cell.schema, initial: Option.getOrNull(Option.flatten(encode(cell.schema, cell.initial))) }
    : { schema: cell }

const encode = Option.liftThrowable((schema: CellSchema, value: unknown) =>
  Schema.isSchema(schema)
    ? // One that needs services fails, as one that cannot encode the value does.
      Schema.encodeUnknownOption(Schema.toCodecJson(schema as Schema.Codec<unknown>))(value)
    : Option.none()
)

const jsonSchemaOf = Option.liftThrowable((schema: Schema.Constraint) => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  return Record.isEmptyRecord(definitions) ? root : { ...root, $defs: definitions }
})
