/** The API without its types, as plain JavaScript, `any` or a machine built in a loop would use it. */
import { Workflow, WorkflowDefinitionError } from "sluice"

export interface LooseHandler {
  timeout(duration: unknown): LooseHandler
  retry(options: unknown): LooseHandler
  catch(handle: unknown): LooseHandler
  catchTag(tag: unknown, handle: unknown): LooseHandler
  catchTags(cases: unknown): LooseHandler
  guard(guard: unknown): LooseHandler
  compensate(cases: unknown, options?: unknown): LooseHandler
}

export interface LooseWait extends LooseHandler {
  after(limit: unknown, then: unknown): LooseHandler
}

export interface LooseBranches {
  compensate(cases: unknown, options?: unknown): LooseBranches
  join(strategy: unknown, then: unknown): LooseHandler
}

export interface LooseDefinition {
  implement(handlers: unknown, options?: unknown): unknown
  layer(handlers: unknown, options?: unknown): unknown
  task(state: unknown, run: unknown): LooseHandler
  route(state: unknown, choose: unknown): LooseHandler
  split(state: unknown, branches: unknown, options?: unknown): LooseBranches
  forEach(state: unknown, items: unknown, each: unknown, options?: unknown): LooseBranches
  wait(state: unknown, cases: unknown): LooseWait
  pause(state: unknown, limit: unknown, then: unknown): LooseHandler
  poll(state: unknown, ask: unknown, options?: unknown): LooseHandler
  call(state: unknown, callee: unknown, input: unknown, cases: unknown): LooseHandler
}

export interface LooseBuilder {
  state(name: unknown, payload: unknown, targets: unknown): LooseBuilder
  exit(name: unknown, payload: unknown, options?: unknown): LooseBuilder
  signal(name: unknown, payload: unknown): LooseBuilder
  fallback(targets: unknown): LooseBuilder
  start(...names: ReadonlyArray<unknown>): LooseDefinition
}

export const define = Workflow.define as unknown as (name: string) => LooseBuilder

/** A value as if it had no type. */
export const untyped = <A>(value: unknown): A => value as A

/** What a call throws; fails the test when it throws anything else, or nothing. */
export const refused = (call: () => unknown): WorkflowDefinitionError => {
  try {
    call()
  } catch (error) {
    if (error instanceof WorkflowDefinitionError) return error
    throw new Error(`threw something else: ${error}`)
  }
  throw new Error("was not refused")
}

/** The problems that a call is refused for, sorted. */
export const problemsOf = (call: () => unknown): ReadonlyArray<string> => [...refused(call).problems].sort()
