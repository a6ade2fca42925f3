/**
 * What undoes the steps of a state, by name, and where that is registered: in the moment in which a function of the handler
 * has chosen where the state goes. A timeout or an interruption that comes next finds it there.
 */
import { Cause, Effect, Exit } from "effect"
import type { AnyEffect, Policy } from "../handler/Spec.ts"
import type { AnyFunction } from "../types/Result.ts"
import type { Perform, Transition, Undo, Undos, Visit } from "./model.ts"
import { performing, tagOf, tapEffect, toEffect } from "./result.ts"

/** Makes the work of a function that chooses where the state goes. */
export type Choosing = (choose: AnyFunction) => Perform

/** What undoes each target of a state, by the policies that are given; `undefined` when there is nothing to undo. */
export const undosOf = (state: string, policies: ReadonlyArray<Policy>): Undos | undefined => {
  const undos = policies
    .filter((policy) => policy._tag === "compensate")
    .flatMap(({ cases }) => Object.entries(cases))
    .map(([target, compensation]): [string, Undo] => [target, { state, target, compensation }])
  return undos.length === 0 ? undefined : new Map(undos)
}

/** Registers what undoes the target that a function chooses. */
export const registering =
  (undos: Undos | undefined): Choosing =>
  (choose) => {
    const perform = performing(choose)
    if (undos === undefined) return perform
    return (visit) => tapEffect(perform(visit), (result) => register(undos, visit, result))
  }

const register = (undos: Undos, { frame, run }: Visit, result: unknown): void => {
  const undo = undos.get(tagOf(result))
  // Only a transition has the tag of a target.
  if (undo !== undefined) run.steps.complete(undo, (result as Transition).payload, frame)
}

/** Whether the work of a state finishes once it has begun. */
export const isUninterruptible = (undos: Undos | undefined): boolean =>
  undos !== undefined && [...undos.values()].some(({ compensation }) => compensation.uninterruptible)

/** Lets work finish once it has begun. */
export const finishing =
  (perform: Perform): Perform =>
  (visit) =>
    Effect.uninterruptible(Effect.suspend(() => toEffect(perform(visit))))

/**
 * Does work of which a part may be done when the whole of it fails: that is undone then. If it is interrupted, whoever
 * interrupts it throws it away.
 */
export const allOrNothing = (visit: Visit, work: (visit: Visit) => AnyEffect): AnyEffect =>
  Effect.suspend(() => {
    const { run } = visit
    const frame = run.frame(visit.frame)
    return Effect.onExitPrimitive(work(visit.within(frame)), (exit) =>
      Exit.isSuccess(exit) || Cause.hasInterrupts(exit.cause) ? undefined : run.throwAway(frame, exit.cause)
    )
  })
