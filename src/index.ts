/**
 * Typed workflows for Effect.
 */
export * from "./Errors.ts"
export * as Diagram from "./Diagram.ts"
export * as Guard from "./Guard.ts"
export * as Handler from "./Handler.ts"
export * as Join from "./Join.ts"
export * as Scheduler from "./Scheduler.ts"
export * as Workflow from "./Workflow.ts"
