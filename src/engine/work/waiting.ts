/**
 * States that wait: for signals, for a time, or for an answer.
 */
import { Cause, type Duration, Effect, Option, Schedule } from "effect"
import { PollExhausted } from "../../Errors.ts"
import type { AnyEffect, PollWork, WaitWork } from "../../handler/Spec.ts"
import type { Perform, Visit } from "../model.ts"
import { toEffect } from "../result.ts"
import { checkLimit, type LimitInput, remaining, sleepUntil } from "../time.ts"
import { allOrNothing, type Choosing } from "../undos.ts"
import { PollVisit, pending, SignalVisit } from "../visit.ts"

/**
 * The work of a wait. Where something stands around it that may try again, a signal that an attempt has taken is put back
 * when the attempt fails.
 */
export const waitForSignal = ({ cases, limit }: WaitWork, choosing: Choosing, isBare: boolean): Perform => {
  const names = new Set(Object.keys(cases))
  const handlers = new Map(Object.entries(cases).map(([name, then]) => [name, choosing(then)]))
  const expire = limit === undefined ? undefined : choosing(limit.then)
  const take = (visit: Visit): Option.Option<AnyEffect> =>
    Option.map(Option.fromNullishOr(visit.run.takeSignal(names, visit.frame)), ({ name, payload }) =>
      toEffect(handlers.get(name)!(new SignalVisit(visit, payload)))
    )
  const arrival = (visit: Visit): Effect.Effect<unknown> => {
    const { mailbox } = visit.run
    if (limit === undefined) {
      tellOfWait(visit, names)
      return mailbox.await(names)
    }
    // The types let through what is a limit, or a function that gives one.
    const { until } = limit as { readonly until: LimitInput | ((visit: Visit) => LimitInput) }
    const time = checkLimit("its limit", typeof until === "function" ? until(visit) : until, visit.run)
    return Effect.flatMap(remaining(time), (duration) => {
      tellOfWait(visit, names, duration)
      return names.size === 0 ? sleepUntil(time) : Effect.raceFirst(mailbox.await(names), sleepUntil(time))
    })
  }
  const wait = (visit: Visit): AnyEffect =>
    Effect.flatMap(arrival(visit), () =>
      // A signal that is there when the time is up still counts.
      Option.getOrElse(take(visit), () => (expire === undefined ? Effect.never : toEffect(expire(visit))))
    )
  return isBare ? wait : (visit) => allOrNothing(visit, wait)
}

/** Tells that a run waits, unless a signal is there already. */
const tellOfWait = ({ attempt, run }: Visit, names: ReadonlySet<string>, limit?: Duration.Duration): void => {
  if (run.hooks === undefined || run.mailbox.has(names)) return
  const what = names.size === 0 ? { for: "time" as const } : { for: "signal" as const, signals: [...names] }
  run.hooks.parked(limit === undefined ? what : { ...what, limit }, attempt)
}

/** With this, asking ends that has an answer: its schedule is not asked any more. */
class Answered {
  readonly answer: unknown

  constructor(answer: unknown) {
    this.answer = answer
  }
}

/** The work of a poll. */
export const pollForAnswer = (state: string, { ask, failures, schedule }: PollWork, choosing: Choosing): Perform => {
  const askOnce = choosing(ask)
  return (visit) =>
    Effect.suspend(() => {
      let asked = 0
      let failed = 0
      let borne: { readonly cause?: Cause.Cause<unknown> } = {}
      let last: { readonly failure?: unknown } = {}
      const once = Effect.suspend(() => {
        asked++
        return Effect.scoped(toEffect(askOnce(new PollVisit(visit))))
      })
      const tolerant = Effect.matchEffect(once, {
        onSuccess: (given) => {
          failed = 0
          borne = {}
          return given === pending ? Effect.void : Effect.fail(new Answered(given))
        },
        onFailure: (error) => {
          if (failed++ >= failures) return Effect.fail(error)
          borne = { cause: Cause.fail(error) }
          last = { failure: error }
          return Effect.void
        }
      })
      const { attempt, run } = visit
      const told =
        run.hooks === undefined
          ? schedule
          : Schedule.tap(schedule, ({ duration }) =>
              Effect.sync(() => run.hooks?.parked({ for: "answer", limit: duration, ...borne }, attempt))
            )
      const asking = Effect.andThen(
        Effect.repeat(tolerant, told),
        Effect.suspend(() => Effect.fail(new PollExhausted({ state, asked, ...last })))
      )
      return Effect.catchIf(
        asking,
        (error) => error instanceof Answered,
        ({ answer }) => Effect.succeed(answer)
      )
    })
}
