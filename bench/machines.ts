/**
 * Sources of workflows of any size, for measuring what they cost the compiler.
 *
 * Each is a chain of states with a branch back and an error edge, over ten payload types, as real machines are: every
 * state goes on, every third may go back, every second may fail.
 */

/** `plain`: handlers are functions. `effects`: they are generators that use services, fail, and catch by tag. */
export type Variant = "plain" | "effects"

const header = `import { Context, Data, Effect, Schema } from "effect"
import { Workflow } from "sluice"
${Array.from({ length: 10 }, (_, i) => `class P${i} extends Schema.Class<P${i}>("P${i}")({ id: Schema.String, n${i}: Schema.Number }) {}`).join("\n")}
`

const services = Array.from(
  { length: 10 },
  (_, i) => `class Missing${i} extends Data.TaggedError("Missing${i}")<{ readonly id: string }> {}
class Service${i} extends Context.Service<Service${i}, { find(id: string): Effect.Effect<P${i}, Missing${i}> }>()("Service${i}") {}`
).join("\n")

const targetsOf = (i: number, states: number): ReadonlyArray<string> => [
  i === states - 1 ? "Done" : `S${i + 1}`,
  ...(i % 3 === 2 ? [`S${i - 2}`] : []),
  ...(i % 2 === 0 ? ["Failed"] : [])
]

/** The payload of a place: states take turns through the ten types, exits have none. */
const payloadOf = (target: string, next: string): string =>
  target === "Failed"
    ? '"no"'
    : target === "Done"
      ? ""
      : `new P${Number(target.slice(1)) % 10}({ id: ${next}, n${Number(target.slice(1)) % 10}: 1 })`

const go = (target: string): string => `to.${target}(${payloadOf(target, "payload.id")})`

const choice = (targets: ReadonlyArray<string>): string =>
  targets.reduceRight(
    (rest, target, i) => (rest === "" ? go(target) : `payload.id === "${i}" ? ${go(target)} : ${rest}`),
    ""
  )

const plainHandler = (i: number, states: number): string =>
  `  S${i}: ({ payload, to }) => ${choice(targetsOf(i, states))}`

const effectsHandler = (i: number, states: number): string => {
  const targets = targetsOf(i, states)
  const k = i % 10
  if (targets.includes("Failed")) {
    const rest = targets.filter((target) => target !== "Failed")
    return `  S${i}: Machine.task("S${i}", function*({ payload, to }) {
    const found = yield* Service${k}.use((_) => _.find(payload.id))
    return found.id === "" ? ${go(rest[0]!)} : ${choice(rest)}
  }).catchTag("Missing${k}", ({ error, to }) => to.Failed(error.id))`
  }
  return `  *S${i}({ payload, to }) {
    const found = yield* Service${k}.use((_) => _.find(payload.id))
    return found.id === "" ? ${go(targets[0]!)} : ${choice(targets)}
  }`
}

/**
 * The calls that declare the states, two hundred a part. TypeScript 5.9 and 6.0 exhaust their own stack on a single
 * chain of several hundred calls, whatever is called; a half-built table is a value, so a long one is cut.
 */
const parts = (calls: ReadonlyArray<string>): string => {
  const chunks = Array.from({ length: Math.ceil(calls.length / 200) }, (_, i) => calls.slice(i * 200, (i + 1) * 200))
  return chunks
    .map((chunk, i) => {
      const last = i === chunks.length - 1
      const base = i === 0 ? 'Workflow.define("Machine")' : `part${i - 1}`
      return `${last ? "export class Machine extends" : `const part${i} =`} ${base}\n${chunk.join("\n")}`
    })
    .join("\n")
}

/** The source of a module that defines and implements a machine of so many states. */
export const machineSource = (states: number, variant: Variant): string => {
  const indices = Array.from({ length: states }, (_, i) => i)
  const handler = variant === "plain" ? plainHandler : effectsHandler
  return `${header}${variant === "effects" ? services : ""}
${parts(
  indices.map(
    (i) =>
      `  .state("S${i}", P${i % 10}, [${targetsOf(i, states)
        .map((t) => `"${t}"`)
        .join(", ")}])`
  )
)}
  .exit("Done", Schema.Void)
  .exit("Failed", Schema.String)
  .start("S0") {}
export const machine = Machine.implement({
${indices.map((i) => handler(i, states)).join(",\n")}
})
export const outcome = machine.run(new P0({ id: "", n0: 0 }))
`
}
