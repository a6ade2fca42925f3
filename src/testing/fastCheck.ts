/**
 * Scenarios for properties of workflows, as arbitraries of fast-check, which is a dependency of this module only.
 */

export type { Scenario } from "./Scenario.ts"
export { failing, type ScenarioOptions, scenarios } from "./scenarios.ts"
