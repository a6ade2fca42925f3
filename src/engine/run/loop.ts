/**
 * The state loop. It goes from state to state without touching the fiber as long as handlers give transitions or finished
 * Effects. Only an Effect that has to be waited for goes through the fiber's own run loop, as the continuation of which
 * the state loop goes on: nothing on the stack and nothing in memory grows with the number of transitions.
 *
 * A run with hooks goes a state at a time.
 */
import { Cause, Context, Duration, Effect, Exit, Scope } from "effect"
import { InvalidTransition } from "../../Errors.ts"
import type { AnyEffect } from "../../handler/Spec.ts"
import type { Edge, Hooks, Node, Transition, Visit } from "../model.ts"
import { ignoreRejection, tagOf, toEffect, toEffectThen } from "../result.ts"
import { remaining, sleepUntil } from "../time.ts"
import { lasting } from "./lifetime.ts"
import type { Run } from "./Run.ts"
import { endIfFailed } from "./unwinding.ts"

/** After so many transitions without waiting, a run lets other fibers go first, as Effect's own run loop does. */
const transitionsBeforeYield = 2048

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** Runs from a place to an exit, and gives the last transition. */
export const advance = (run: Run, start: Node, entered: Transition): AnyEffect => {
  const hooks = run.hooks
  let node = start
  let transition = entered
  let untilYield = transitionsBeforeYield
  try {
    while (node.edges !== undefined) {
      if (untilYield-- === 0) return yieldFirst(run, node, transition)
      const visit = run.enter(node, transition.payload)
      if (hooks !== undefined) return advanceWith(hooks, run, visit)
      let result = node.perform(visit)
      let edge = isObject(result) && Effect.TypeId in result ? undefined : node.edges.get(tagOf(result))
      if (edge === undefined) {
        const effect = Exit.isExit(result) ? result : toEffectThen(result, (value) => resume(run, value))
        if (!Exit.isExit(effect)) return lasting(run, effect)
        if (Exit.isFailure(effect)) return fail(run, effect.cause)
        result = effect.value
        edge = follow(run, result)
      }
      // Only a transition has an edge.
      transition = result as Transition
      if (edge.undo !== undefined) run.steps.complete(edge.undo, transition.payload, undefined)
      if (transition.after !== undefined) return delay(run, edge.node, transition)
      node = edge.node
    }
  } catch (defect) {
    return fail(run, Cause.die(defect))
  }
  run.node = node
  return Effect.succeed(transition)
}

/** Runs the work of the state that a run is at, and gives the transition it chose. */
export const step = (run: Run, payload: unknown): AnyEffect => {
  const work = Effect.suspend(() => toEffect(run.node.perform(run.enter(run.node, payload))))
  return lasting(
    run,
    Effect.tap(work, (result) => Effect.sync(() => follow(run, result)))
  )
}

/** Goes through one state with hooks, and on from there. */
const advanceWith = (hooks: Hooks, run: Run, visit: Visit): AnyEffect => {
  hooks.entered(visit.payload)
  const work = Effect.suspend(() => toEffect(visit.node.watched(visit)))
  const visited = Effect.flatMap(work, (result) => {
    follow(run, result)
    return Effect.as(settle(run, result) ?? Effect.void, result)
  })
  return lasting(
    run,
    Effect.flatMap(hooks.visit(visited), (result) => withOpenScope(run, () => moveOn(run, follow(run, result), result)))
  )
}

/** Goes on after an Effect that had to be waited for: what undoes the step is registered in the moment it is chosen. */
const resume = (run: Run, result: unknown): AnyEffect => {
  const edge = follow(run, result)
  if (edge.undo !== undefined) run.steps.complete(edge.undo, (result as Transition).payload, undefined)
  const settled = settle(run, result)
  if (settled === undefined) return moveOn(run, edge, result)
  return Effect.flatMap(settled, () => withOpenScope(run, () => moveOn(run, edge, result)))
}

/** The edge that a handler's result goes along. */
const follow = (run: Run, result: unknown): Edge => {
  const { node } = run
  const edge = node.edges!.get(tagOf(result))
  if (edge !== undefined) return edge
  // Asked for here only: it is no field of the run.
  const { workflow } = run
  ignoreRejection(result)
  throw new InvalidTransition({ workflow, state: node.name, targets: [...node.edges!.keys()], received: result })
}

/** Ends the visit: what it did is final, and what it acquired is released. `undefined` when there is nothing to do. */
const settle = (run: Run, result: unknown): AnyEffect | undefined => {
  run.commit()
  if (run.rollback?.failure !== undefined) return endIfFailed(run.rollback)
  return run.scope!.state._tag === "Empty" ? undefined : Scope.close(run.scope!, Exit.succeed(result))
}

/**
 * Goes on with a scope that is open. A visit that has used its scope leaves it closed, so that what is added too late is
 * released at once; one that nobody used serves on, and the fiber's context stays as it is.
 */
const withOpenScope = (run: Run, next: () => AnyEffect): AnyEffect =>
  run.scope!.state._tag !== "Closed"
    ? next()
    : Effect.withFiber((fiber) => {
        run.scope = Scope.makeUnsafe()
        fiber.setContext(Context.add(fiber.context, Scope.Scope, run.scope))
        return next()
      })

const moveOn = (run: Run, edge: Edge, result: unknown): AnyEffect => {
  // Only a transition has an edge.
  const transition = result as Transition
  run.hooks?.left(transition)
  return transition.after === undefined ? advance(run, edge.node, transition) : delay(run, edge.node, transition)
}

/** Waits until a transition takes effect. */
const delay = (run: Run, target: Node, { _tag, after = Duration.zero, payload }: Transition): AnyEffect => {
  const time = Effect.flatMap(remaining(after), (duration) => {
    run.hooks?.parked({ for: "transition", limit: duration })
    return sleepUntil(after)
  })
  return lasting(
    run,
    Effect.flatMap(time, () => advance(run, target, { _tag, payload }))
  )
}

/** Lets other fibers go first. */
const yieldFirst = (run: Run, node: Node, transition: Transition): AnyEffect =>
  lasting(
    run,
    Effect.flatMap(Effect.yieldNow, () => advance(run, node, transition))
  )

/** Fails, saying where; a run that waits has that said for all its failures around it. */
const fail = (run: Run, cause: Cause.Cause<unknown>): AnyEffect =>
  Effect.failCause(run.scope === undefined ? run.annotate(cause) : cause)
