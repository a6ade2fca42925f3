/**
 * What stands around the work of a state: timeouts, retries and catches, from the inside out.
 */
import { Effect, Predicate } from "effect"
import { match } from "ts-pattern"
import { JoinTimeout, StateTimeout } from "../Errors.ts"
import type { AnyEffect, Policy, Work } from "../graph/Spec.ts"
import type { AnyFunction } from "../types/Result.ts"
import { type Perform, performing } from "./Node.ts"
import { CatchVisit, type Visit } from "./Run.ts"
import { toEffect } from "./result.ts"

/** Puts policies around the work of a state. Each sees only what stands within it. */
export const withPolicies = (
  state: string,
  perform: Perform,
  policies: ReadonlyArray<Policy>,
  work: Work["_tag"]
): Perform => {
  if (policies.length === 0) return perform
  const Timeout = work === "task" ? StateTimeout : JoinTimeout
  const attempt = (visit: Visit): AnyEffect => Effect.suspend(() => toEffect(perform(visit.nextAttempt())))
  return policies.reduce(
    (inner, policy) =>
      match(policy)
        .with(
          { _tag: "timeout" },
          ({ duration }) =>
            (visit: Visit) =>
              Effect.timeoutOrElse(inner(visit), {
                duration,
                orElse: () => Effect.fail(new Timeout({ state, duration }))
              })
        )
        .with(
          { _tag: "retry" },
          ({ options }) =>
            (visit: Visit) =>
              Effect.retry(inner(visit), options)
        )
        .with(
          { _tag: "catch" },
          ({ handle }) =>
            (visit: Visit) =>
              Effect.catch(inner(visit), (error) => recover(handle, visit, error))
        )
        .with(
          { _tag: "catchTags" },
          ({ cases }) =>
            (visit: Visit) =>
              Effect.catchIf(inner(visit), hasCase(cases), (error) => recover(cases[error._tag]!, visit, error))
        )
        .exhaustive(),
    attempt
  )
}

const recover = (handle: AnyFunction, visit: Visit, error: unknown): AnyEffect =>
  toEffect(performing(handle)(new CatchVisit(visit, error)))

const hasCase =
  (cases: Readonly<Record<string, AnyFunction>>) =>
  (error: unknown): error is { readonly _tag: string } =>
    Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag) && Object.hasOwn(cases, error._tag)
