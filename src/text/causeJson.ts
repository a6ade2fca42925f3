/**
 * What a run failed with as JSON, and back: the schemas of what is not known to have one.
 */
import { Cause, Formatter, Predicate, Schema, SchemaTransformation } from "effect"
import { errorLine, isInstance } from "./errorLine.ts"

/** Anything at all, as far as JSON can say it. An error becomes one again, with its name, message and properties. */
export const Anything = Schema.Json.pipe(
  Schema.decodeTo(
    Schema.Unknown,
    SchemaTransformation.transform({ decode: (json): unknown => fromJson(json), encode: (value) => toJson(value) })
  )
)

/** A cause. It is kept as it is: what its reasons are annotated with stays on them, though not in JSON. */
export const AnyCause = Schema.toCodecJson(Schema.Cause(Anything, Anything)).pipe(
  Schema.decodeTo(Schema.declare<Cause.Cause<unknown>>(Cause.isCause))
)

const toJson = (value: unknown): Schema.Json => {
  if (typeof value === "symbol" || typeof value === "function") return errorLine(value)
  try {
    const json: Schema.Json = JSON.parse(Formatter.formatJson(value))
    if (!isInstance(value, Error)) return json
    const { name, message } = value
    return { ...(isRecord(json) ? json : {}), name: String(name), message: String(message) }
  } catch {
    return errorLine(value)
  }
}

const fromJson = (json: Schema.Json): unknown => {
  if (!isRecord(json) || typeof json.name !== "string" || typeof json.message !== "string") return json
  const { message, ...properties } = json
  return Object.assign(new Error(message), properties)
}

const isRecord = (json: Schema.Json): json is Schema.JsonObject => Predicate.isObject(json)
