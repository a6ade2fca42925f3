/**
 * The engine against the reference interpreter, on random workflows.
 *
 * `SLUICE_CASES` sets how many, `SLUICE_SEED` which ones; a failure prints the seed, the smallest scenario found and
 * what differs.
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

const cases = Number(process.env.SLUICE_CASES ?? 10_000)
const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31))

const compare = async (scenario: Scenario): Promise<ReadonlyArray<string>> => {
  const predicted = predict(scenario)
  fc.pre(!predicted.ambiguous)
  const observed = await Effect.runPromise(Effect.provide(observe(scenario), TestClock.layer()))
  return differences(predicted, observed)
}

it("the engine does what the reference interpreter predicts", { timeout: 600_000 }, async () => {
  const property = fc.asyncProperty(scenario, async (scenario) => (await compare(scenario)).length === 0)
  const { counterexample, failed, numRuns, numSkips } = await fc.check(property, { numRuns: cases, seed })
  console.log(`property: ${numRuns} random workflows, ${numSkips} ambiguous ones left out, seed ${seed}`)
  if (counterexample !== null) {
    const [smallest] = counterexample
    const report = [`seed ${seed}`, describe(smallest), "- predicted, + observed", ...(await compare(smallest))]
    expect.fail(report.join("\n"))
  }
  expect(failed).toBe(false)
})
