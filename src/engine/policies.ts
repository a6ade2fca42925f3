/**
 * What stands around the work of a state: timeouts, retries, guards and catches, from the inside out.
 */
import { Cause, type Duration, Effect, Exit, Predicate } from "effect"
import { match } from "ts-pattern"
import type { AnyEffect, Policy } from "../handler/Spec.ts"
import type { AnyFunction } from "../types/Result.ts"
import type { Frame, Perform, Visit } from "./model.ts"
import { invalidResult, toEffect } from "./result.ts"

/** A policy that stands around the work; what is to be undone, the functions themselves register. */
export type Surrounding = Exclude<Policy, { readonly _tag: "compensate" }>

/** A policy, with what it does that depends on whose it is: the state's own, or one that all states share. */
export interface Placed {
  readonly policy: Surrounding
  readonly timedOut: (duration: Duration.Duration) => unknown
  /** Makes what a catch does of the function of the user. */
  readonly recover: (handle: AnyFunction) => (visit: Visit, error: unknown) => unknown
}

/** Work as an Effect of its result. */
export type Around = (visit: Visit) => AnyEffect

/** Begins an attempt: counts it, and tells the hooks of the run. */
export const attempt =
  (perform: Perform): Around =>
  (visit) =>
    Effect.suspend(() => {
      const next = visit.nextAttempt()
      const { run } = visit
      run.attempt = next.attempt
      return run.hooks === undefined
        ? toEffect(perform(next))
        : run.hooks.attempt(Effect.suspend(() => toEffect(perform(next))))
    })

/** Puts policies around work. Each sees only what stands within it. */
export const withPolicies = (work: Around, policies: ReadonlyArray<Placed>): Around =>
  policies.reduce(
    (inner, { policy, recover, timedOut }) =>
      match(policy)
        .returnType<Around>()
        .with(
          { _tag: "timeout" },
          ({ duration }) =>
            (visit) =>
              limited(inner, visit, duration, timedOut)
        )
        .with({ _tag: "retry" }, ({ options }) => (visit) => {
          const hooks = visit.run.hooks
          const retry = (attempts: AnyEffect) => Effect.retry(attempts, options)
          return hooks === undefined ? retry(inner(visit)) : hooks.retries(inner(visit), retry)
        })
        .with(
          { _tag: "guard" },
          ({ guard }) =>
            (visit) =>
              guarded(inner, visit, guard)
        )
        .with({ _tag: "catch" }, ({ handle }) => {
          const recovering = recover(handle)
          return (visit) => Effect.catch(inner(visit), (error) => toEffect(recovering(visit, error)))
        })
        .with({ _tag: "catchTags" }, ({ cases }) => {
          const recovering = new Map(Object.entries(cases).map(([tag, handle]) => [tag, recover(handle)]))
          return (visit) =>
            Effect.catchIf(inner(visit), hasCase(recovering), (error) =>
              toEffect(recovering.get(error._tag)!(visit, error))
            )
        })
        .exhaustive(),
    work
  )

const hasCase =
  (cases: ReadonlyMap<string, unknown>) =>
  (error: unknown): error is { readonly _tag: string } =>
    Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag) && cases.has(error._tag)

/** Fails when work takes longer than a duration. It has been interrupted by then, and what it had completed is undone. */
const limited = (inner: Around, visit: Visit, duration: Duration.Duration, timedOut: Placed["timedOut"]): AnyEffect =>
  Effect.suspend(() => {
    const { run } = visit
    const frame = run.frame(visit.frame)
    return Effect.timeoutOrElse(inner(visit.within(frame)), {
      duration,
      orElse: () => {
        const cause = Cause.fail(timedOut(duration))
        const failed = Effect.failCause(cause)
        const undone = run.throwAway(frame, cause)
        return undone === undefined ? failed : Effect.andThen(undone, failed)
      }
    })
  })

/** What comes of work that a guard has started, and the frame of that start: which of them the guard gives back shows. */
class Started {
  readonly result: unknown
  readonly frame: Frame

  constructor(result: unknown, frame: Frame) {
    this.result = result
    this.frame = frame
  }
}

/**
 * Work within a guard, which is any function from Effect to Effect: it may cut the work off, start it again, or start it
 * several times at once. Of all that it has started, what it gives back in the end is kept and the rest thrown away.
 */
const guarded = (inner: Around, visit: Visit, guard: (effect: AnyEffect, context: never) => AnyEffect): AnyEffect =>
  Effect.suspend(() => {
    const { node, run } = visit
    const all = run.frame(visit.frame)
    // What the guard has cut off so far, and has not been thrown away yet.
    let cutOff: ReadonlyArray<readonly [frame: Frame, cause: Cause.Cause<unknown>]> = []
    let isOver = false
    const throwAwayCutOff = () => {
      const undone = cutOff.map(([frame, cause]) => run.throwAway(frame, cause) ?? Effect.void)
      cutOff = []
      return Effect.all(undone, { discard: true })
    }
    const once = Effect.suspend(() => {
      const frame = run.frame(all)
      const started = Effect.map(inner(visit.within(frame)), (result) => new Started(result, frame))
      return Effect.onExitPrimitive(started, (exit) => {
        if (isOver) return run.throwAway(frame, Exit.isFailure(exit) ? exit.cause : Cause.interrupt())
        // Who has cut it off, and why, the end of the guard will tell; another start comes after it has been undone.
        if (Exit.isFailure(exit)) cutOff = [...cutOff, [frame, exit.cause]]
        return undefined
      })
    })
    const start = Effect.suspend(() => (cutOff.length === 0 ? once : Effect.andThen(throwAwayCutOff(), once)))
    // It is asked for each attempt; what the types of its context promise, a visit has.
    const given: unknown = guard(start, visit.nextAttempt() as never)
    if (!Effect.isEffect(given)) throw invalidResult(run.workflow, node.name, "a guard", given)
    const settled = Effect.onExitPrimitive(given as AnyEffect, (exit) => {
      isOver = true
      if (Exit.isFailure(exit)) return Cause.hasInterrupts(exit.cause) ? undefined : run.throwAway(all, exit.cause)
      const kept = exit.value instanceof Started ? exit.value.frame : undefined
      return run.throwAway(all, Cause.interrupt(), kept)
    })
    return Effect.map(settled, (result) => (result instanceof Started ? result.result : result))
  })
