/**
 * The library twice, from the same build and by the same bundler: as it is, and with everything taken out of the engine that
 * serves who watches a run. What the two differ in is what being watchable costs a run that nobody watches.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import { type Plugin, rolldown } from "rolldown"
import * as sluice from "sluice"

type Library = typeof sluice

const root = join(import.meta.dirname, "..")

/** Where the engine asks whether a run has hooks. */
const asked = /\b(?:this|run|visit|origin)(?:\.\w+)*\.hooks\b(?! = )/g

/** Makes constants of what is asked of a run: that nobody watches it, and that log lines say nothing of it. */
const strip: Plugin = {
  name: "strip",
  transform: {
    filter: { id: /dist/ },
    handler: (code) =>
      code
        .replace(asked, "(void 0)")
        .replace(/watchOf\(fiber\)/g, "void 0")
        .replace("annotateLogs(context, run)", "context")
  }
}

const load = async (name: string, plugins: ReadonlyArray<Plugin>): Promise<Library> => {
  const directory = join(root, ".cache")
  const file = join(directory, `${name}.mjs`)
  mkdirSync(directory, { recursive: true })
  const bundle = await rolldown({
    input: join(root, "dist/index.js"),
    external: [/^effect/, /^@hpcc-js/],
    plugins: [...plugins]
  })
  const { output } = await bundle.write({ file, format: "esm", minify: "dce-only", codeSplitting: false })
  if (/\.hooks\b(?! = )/.test(output[0].code) === plugins.length > 0)
    throw new Error(`${file} is not what it is named after`)
  return import(file)
}

/** What it is measured by: how many operations each run does, and the run. */
const subjectsOf = ({ Join, Workflow }: Library) => {
  const steps = 100_000
  class Ring extends Workflow.define("Ring")
    .state("A", Schema.Number, ["A", "Done"])
    .exit("Done", Schema.Number)
    .start("A") {}
  class Fan extends Workflow.define("Fan")
    .state("Split", Schema.Number, ["Done"])
    .exit("Done", Schema.Number)
    .start("Split") {}
  const next = (payload: number) => Effect.sync(() => payload + 1)
  const branches = Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [`b${i}`, () => Effect.as(Effect.yieldNow, i)])
  )
  const retried = Ring.task("A", ({ payload, to }) =>
    Effect.map(next(payload), (n) => (n < steps ? to.A(n) : to.Done(n)))
  ).retry({ times: 1 })
  const one = Fan.implement({ Split: ({ payload, to }) => Effect.as(Effect.yieldNow, to.Done(payload)) })
  const runs = Array.from({ length: 10_000 }, (_, i) => i)
  return {
    "plain function": [
      steps,
      Ring.implement({ A: ({ payload, to }) => (payload < steps ? to.A(payload + 1) : to.Done(payload)) }).run(0)
    ],
    "Effect.succeed": [
      steps,
      Ring.implement({
        A: ({ payload, to }) => Effect.succeed(payload < steps ? to.A(payload + 1) : to.Done(payload))
      }).run(0)
    ],
    "generator that waits": [
      steps,
      Ring.implement({
        *A({ payload, to }) {
          const n = yield* next(payload)
          return n < steps ? to.A(n) : to.Done(n)
        }
      }).run(0)
    ],
    "retried task": [steps, Ring.implement({ A: retried }).run(0)],
    "split of 10 branches that yield": [
      10,
      Fan.implement({
        Split: Fan.split("Split", branches).join(Join.all, ({ results, to }) => to.Done(results.b0!))
      }).run(0)
    ],
    "10,000 concurrent runs that wait": [
      runs.length,
      Effect.forEach(runs, (n) => one.run(n), { concurrency: "unbounded", discard: true })
    ]
  } satisfies Record<string, readonly [operations: number, run: Effect.Effect<unknown>]>
}

/** The names of the subjects. */
export const unwatched = Object.keys(subjectsOf(sluice)) as ReadonlyArray<keyof ReturnType<typeof subjectsOf>>

/** One of them with the library as it is, and with the stripped one. */
export const loadUnwatched = async (name: (typeof unwatched)[number]) => {
  const [watchable, stripped] = [await load("watchable", []), await load("stripped", [strip])]
  return [subjectsOf(watchable)[name], subjectsOf(stripped)[name]] as const
}
