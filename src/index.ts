/**
 * Typed workflows for Effect.
 */

export * as Diagram from "./Diagram.ts"
export * from "./Errors.ts"
export * as Guard from "./Guard.ts"
export * as Handler from "./handler/Handler.ts"
export * as Join from "./Join.ts"
export * as Metrics from "./Metrics.ts"
export * as Observer from "./Observer.ts"
export * as Scheduler from "./Scheduler.ts"
export * as Timeline from "./Timeline.ts"
export * as Workflow from "./Workflow.ts"
