/**
 * What a handler does, as data for the graph.
 */
import { match } from "ts-pattern"
import { type LimitInput, toLimit } from "../engine/time.ts"
import type { Policy, Spec } from "../handler/Spec.ts"
import type { GraphPolicy, GraphWork } from "./Graph.ts"

/** A handler without its functions. */
export const describeWork = ({ policies, work }: Spec): GraphWork => ({
  ...match(work)
    .with({ _tag: "task" }, { _tag: "route" }, ({ _tag }) => ({ kind: _tag }))
    .with({ _tag: "split" }, ({ branches, compensations, concurrency, strategy }) => ({
      kind: "split" as const,
      branches: Object.keys(branches),
      concurrency,
      strategy,
      compensated: Object.keys(compensations)
    }))
    .with({ _tag: "forEach" }, ({ compensation, concurrency, strategy }) => ({
      kind: "forEach" as const,
      concurrency,
      strategy,
      compensated: compensation !== undefined
    }))
    .with({ _tag: "wait" }, ({ cases, limit }) => ({
      kind: "wait" as const,
      signals: Object.keys(cases),
      ...(limit === undefined ? {} : { limit: describeLimit(limit.until) })
    }))
    .with({ _tag: "poll" }, ({ failures }) => ({ kind: "poll" as const, failures }))
    .with({ _tag: "call" }, ({ callee }) => ({ kind: "call" as const, callee: callee.name }))
    .exhaustive(),
  policies: policies.map(describePolicy)
})

// What is no function has been checked to be a limit.
const describeLimit = (until: unknown): NonNullable<GraphWork["limit"]> =>
  typeof until === "function" ? "computed" : toLimit(until as LimitInput)

/** A policy without its functions. */
export const describePolicy = (policy: Policy): GraphPolicy =>
  match(policy)
    .with({ _tag: "timeout" }, ({ duration }) => ({ kind: "timeout" as const, duration }))
    .with({ _tag: "retry" }, () => ({ kind: "retry" as const }))
    .with({ _tag: "guard" }, () => ({ kind: "guard" as const }))
    .with({ _tag: "compensate" }, ({ cases }) => ({ kind: "compensate" as const, targets: Object.keys(cases) }))
    .with({ _tag: "catch" }, () => ({ kind: "catch" as const }))
    .with({ _tag: "catchTags" }, ({ cases }) => ({ kind: "catch" as const, tags: Object.keys(cases) }))
    .exhaustive()
