/**
 * The engine against the reference interpreter, on random workflows.
 *
 * `SLUICE_CASES` sets how many, of each of `SLUICE_SEEDS` seeds; each time they are others. A failure prints the smallest
 * scenario found, what differs, and the seed, which given as `SLUICE_SEED` repeats it.
 */
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { describe } from "./describe.ts"
import { observe } from "./engine.ts"
import type { Scenario } from "./model.ts"
import { differences } from "./observation.ts"
import { predict } from "./reference.ts"
import { scenario } from "./scenarios.ts"

const numberOf = (name: string) => (process.env[name] === undefined ? undefined : Number(process.env[name]))

const cases = numberOf("SLUICE_CASES") ?? 3_000
const given = numberOf("SLUICE_SEED")
const randomSeed = () => Math.floor(Math.random() * 2 ** 31)
const seeds = given === undefined ? Array.from({ length: numberOf("SLUICE_SEEDS") ?? 1 }, randomSeed) : [given]

const compare = async (scenario: Scenario): Promise<ReadonlyArray<string>> => {
  const predicted = predict(scenario)
  fc.pre(!predicted.ambiguous)
  const observed = await Effect.runPromise(Effect.provide(observe(scenario), TestClock.layer()))
  return differences(predicted, observed)
}

it.each(seeds)("the engine does what the reference interpreter predicts, seed %i", async (seed) => {
  const property = fc.asyncProperty(scenario, async (scenario) => (await compare(scenario)).length === 0)
  const { counterexample, failed, numRuns, numSkips } = await fc.check(property, { numRuns: cases, seed })
  const repeating = `SLUICE_SEED=${seed} SLUICE_CASES=${cases} npx vitest run test/property`
  console.log(`${numRuns} random workflows, ${numSkips} ambiguous ones left out; to repeat them: ${repeating}`)
  if (counterexample !== null) {
    const [smallest] = counterexample
    const report = [repeating, describe(smallest), "- predicted, + observed", ...(await compare(smallest))]
    expect.fail(report.join("\n"))
  }
  expect(failed).toBe(false)
  expect(numRuns).toBe(cases)
})
