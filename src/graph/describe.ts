/**
 * What a handler does, as data for the graph.
 */
import { match } from "ts-pattern"
import type { GraphPolicy, GraphWork } from "./Graph.ts"
import type { Policy, Spec } from "./Spec.ts"

/** A handler without its functions. */
export const describeWork = ({ policies, work }: Spec): GraphWork => ({
  ...match(work)
    .with({ _tag: "task" }, { _tag: "route" }, ({ _tag }) => ({ kind: _tag }))
    .with({ _tag: "split" }, ({ branches, concurrency, strategy }) => ({
      kind: "split" as const,
      branches: Object.keys(branches),
      concurrency,
      strategy
    }))
    .with({ _tag: "forEach" }, ({ concurrency, strategy }) => ({ kind: "forEach" as const, concurrency, strategy }))
    .exhaustive(),
  policies: policies.map(describePolicy)
})

const describePolicy = (policy: Policy): GraphPolicy =>
  match(policy)
    .with({ _tag: "timeout" }, ({ duration }) => ({ kind: "timeout" as const, duration }))
    .with({ _tag: "retry" }, () => ({ kind: "retry" as const }))
    .with({ _tag: "catch" }, () => ({ kind: "catch" as const }))
    .with({ _tag: "catchTags" }, ({ cases }) => ({ kind: "catch" as const, tags: Object.keys(cases) }))
    .exhaustive()
