/**
 * What stands around the work of a state: timeouts, retries, guards and catches, from the inside out, and what it
 * remembers to undo.
 */
import { type Duration, Effect, Predicate } from "effect"
import { match } from "ts-pattern"
import type { AnyEffect, Policy } from "../graph/Spec.ts"
import type { AnyFunction } from "../types/Result.ts"
import { type Perform, performing, type Targets, type Undos } from "./Node.ts"
import { remember } from "./Run.ts"
import { tapEffect, toEffect } from "./result.ts"
import { CatchVisit, FallbackVisit, type Visit } from "./Visit.ts"

/** A policy, with what it does that depends on whose it is: the state's own, or one that all states share. */
export interface Placed {
  readonly policy: Surrounding
  readonly timedOut: (duration: Duration.Duration) => unknown
  readonly recover: (handle: AnyFunction, visit: Visit, error: unknown) => AnyEffect
}

/** A policy that stands around the work; what is to be undone, the functions themselves remember. */
type Surrounding = Exclude<Policy, { readonly _tag: "compensate" }>

/** The policies that stand around the work. */
export const surrounding = (policies: ReadonlyArray<Policy>): ReadonlyArray<Surrounding> =>
  policies.filter((policy) => policy._tag !== "compensate")

/** What a catch of the state itself gives. */
export const ownRecover =
  (remembering: (perform: Perform) => Perform): Placed["recover"] =>
  (handle, visit, error) =>
    toEffect(remembering(performing(handle))(new CatchVisit(visit, error)))

/** What a catch that all states share gives. */
export const sharedRecover =
  (fallback: Targets): Placed["recover"] =>
  (handle, visit, error) =>
    toEffect(performing(handle)(new FallbackVisit(visit, error, fallback)))

/** Puts policies around the work of a state. Each sees only what stands within it. */
export const withPolicies = (perform: Perform, policies: ReadonlyArray<Placed>): Perform => {
  const attempt = (visit: Visit): AnyEffect =>
    Effect.suspend(() => {
      const next = visit.nextAttempt()
      const { run } = visit
      run.attempt = next.attempt
      return run.observation === undefined
        ? toEffect(perform(next))
        : run.observation.ofAttempt(Effect.suspend(() => toEffect(perform(next))))
    })
  return policies.reduce(
    (inner, { policy, recover, timedOut }) =>
      match(policy)
        .with(
          { _tag: "timeout" },
          ({ duration }) =>
            (visit: Visit) =>
              visit.run.limit(inner(visit), duration, () => timedOut(duration))
        )
        .with(
          { _tag: "retry" },
          ({ options }) =>
            (visit: Visit) =>
              visit.run.observation === undefined
                ? Effect.retry(inner(visit), options)
                : visit.run.observation.ofRetries(inner(visit), (attempts) => Effect.retry(attempts, options))
        )
        .with(
          { _tag: "guard" },
          ({ guard }) =>
            (visit: Visit) =>
              // It is asked for each attempt; what the types of its context promise, a visit has.
              Effect.suspend(() => guard(inner(visit), visit.nextAttempt() as never))
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

const hasCase =
  (cases: Readonly<Record<string, AnyFunction>>) =>
  (error: unknown): error is { readonly _tag: string } =>
    Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag) && Object.hasOwn(cases, error._tag)

/** What undoes each target of a state, by its name; `undefined` when there is nothing to undo. */
export const undosOf = (state: string, policies: ReadonlyArray<Policy>): Undos | undefined => {
  const undos = policies
    .filter((policy) => policy._tag === "compensate")
    .flatMap(({ cases }) => Object.entries(cases))
    .map(([target, compensation]) => [target, { state, target, compensation }] as const)
  return undos.length === 0 ? undefined : new Map(undos)
}

/** Whether the work of a state finishes once it has begun. */
export const isUninterruptible = (undos: Undos): boolean =>
  [...undos.values()].some(({ compensation }) => compensation.uninterruptible)

/**
 * Remembers what undoes the target that a function of the state has chosen, in the moment it is chosen: a timeout that
 * comes next finds it there.
 */
export const remembering =
  (undos: Undos) =>
  (perform: Perform): Perform => {
    const performing = (visit: Visit) => tapEffect(perform(visit), (result) => remember(undos, visit.run, result))
    return isUninterruptible(undos)
      ? (visit) => Effect.uninterruptible(Effect.suspend(() => performing(visit)))
      : performing
  }
