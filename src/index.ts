/**
 * Typed workflows for Effect.
 */
export * from "./Errors.ts"
export * as Handler from "./Handler.ts"
export * as Join from "./Join.ts"
export * as Workflow from "./Workflow.ts"
