/**
 * States that wait: for signals, for a time, or for an answer.
 */
import { Cause, type Duration, Effect, Option, Schedule } from "effect"
import { PollExhausted } from "../Errors.ts"
import type { AnyEffect, PollWork, WaitWork } from "../graph/Spec.ts"
import { type Perform, performing } from "./Node.ts"
import { toEffect } from "./result.ts"
import { type LimitInput, remaining, toLimit } from "./time.ts"
import { PollVisit, pending, SignalVisit, type Visit } from "./Visit.ts"

/** The work of a wait. */
export const waitForSignal = ({ cases, limit }: WaitWork): Perform => {
  const names = new Set(Object.keys(cases))
  const take = (visit: Visit): Option.Option<AnyEffect> =>
    Option.map(Option.fromNullishOr(visit.run.mailbox.take(names)), ({ name, payload }) =>
      toEffect(performing(cases[name]!)(new SignalVisit(visit, payload)))
    )
  const arrival = (visit: Visit): Effect.Effect<unknown> => {
    const { mailbox } = visit.run
    if (limit === undefined) {
      tellOfWait(visit, names)
      return mailbox.await(names)
    }
    // The types let through what is a limit, or a function that gives one.
    const { until } = limit as { readonly until: LimitInput | ((visit: Visit) => LimitInput) }
    const time = toLimit(typeof until === "function" ? until(visit) : until)
    return Effect.flatMap(remaining(time), (duration) => {
      tellOfWait(visit, names, duration)
      return names.size === 0 ? Effect.sleep(duration) : Effect.timeoutOption(mailbox.await(names), duration)
    })
  }
  const expire = (visit: Visit): AnyEffect =>
    limit === undefined ? Effect.never : toEffect(performing(limit.then)(visit))
  // A signal that is there when the time is up still counts.
  return (visit) => Effect.flatMap(arrival(visit), () => Option.getOrElse(take(visit), () => expire(visit)))
}

/** Tells that a run waits, unless a signal is there already. */
const tellOfWait = ({ attempt, run }: Visit, names: ReadonlySet<string>, limit?: Duration.Duration): void => {
  if (run.observation === undefined || run.mailbox.has(names)) return
  const what = names.size === 0 ? { for: "time" as const } : { for: "signal" as const, signals: [...names] }
  run.observation.wait(limit === undefined ? what : { ...what, limit }, attempt)
}

/** The work of a poll. */
export const pollForAnswer = (state: string, { ask, failures, schedule }: PollWork): Perform => {
  const askOnce = performing(ask)
  return (visit) =>
    Effect.suspend(() => {
      let asked = 0
      let failed = 0
      let answer: unknown = pending
      let borne: { readonly cause?: Cause.Cause<unknown> } = {}
      const once = Effect.suspend(() => {
        asked++
        return Effect.scoped(toEffect(askOnce(new PollVisit(visit))))
      })
      const tolerant = Effect.matchEffect(once, {
        onSuccess: (given) => {
          failed = 0
          answer = given
          borne = {}
          return Effect.void
        },
        onFailure: (error) => {
          if (failed++ >= failures) return Effect.fail(error)
          borne = { cause: Cause.fail(error) }
          return Effect.void
        }
      })
      const { attempt, run } = visit
      const again = Schedule.while(schedule, () => answer === pending)
      const told =
        run.observation === undefined
          ? again
          : Schedule.tap(again, ({ duration }) =>
              Effect.sync(() => run.observation?.wait({ for: "answer", limit: duration, ...borne }, attempt))
            )
      return Effect.flatMap(Effect.repeat(tolerant, told), () =>
        answer === pending ? Effect.fail(new PollExhausted({ state, asked })) : Effect.succeed(answer)
      )
    })
}
