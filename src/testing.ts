/**
 * The test kit: runs workflows under virtual time with chosen outcomes, says what they did, and lists the ways through them.
 */

export { AssertionError } from "./testing/AssertionError.ts"
export { assertReport, type EventPattern, type Expected } from "./testing/assertReport.ts"
export {
  assertCovered,
  type BranchEnd,
  type Coverage,
  type CoverageData,
  type CoverageFigures,
  type CoverageKind,
  type CoverageOptions,
  type CoveragePart,
  coverage,
  type Observed
} from "./testing/coverage.ts"
export { type CalleeContext, layer } from "./testing/layer.ts"
export { type Path, type PathOptions, paths } from "./testing/paths.ts"
export type { Compensation, Report, Stuck } from "./testing/Report.ts"
export { type RunOptions, run, runFrom, type TimedSignal } from "./testing/run.ts"
export { branches, items, stub } from "./testing/stubs.ts"
export type { AnyStub, StateOutcome, Stub, Stubbable, Stubs } from "./types/Stubs.ts"
