/** A state to try handlers in, between the start and what comes next; and workflows that are called and that call. */
import { Effect, Fiber, Schema } from "effect"
import { type Handler, Workflow } from "sluice"
import { Boom, failAfter } from "../support/runs.ts"

export class Trial extends Workflow.define("Trial")
  .signal("Go", Schema.String)
  .signal("Stop", Schema.Void)
  .state("Work", Schema.String, ["Next"])
  .state("Next", Schema.Unknown, ["Done"])
  .exit("Done", Schema.Unknown)
  .start("Work") {}

/** What the handler of the state is. */
export type Work<E, R> = Handler.Handler<typeof Trial, "Work", "Next", E, R>

/** The workflow of a handler. */
export const trialOf = <E, R>(Work: Work<E, R>) =>
  Trial.implement({ Work, Next: ({ payload, to }) => to.Done(payload) })

/** A run of a handler. */
export const trial = <E, R>(work: Work<E, R>) => trialOf(work).run("x", { id: "1" })

/** Runs a handler, and sends it a signal after so many milliseconds. */
export const signalled = <E, R>(millis: number, work: Work<E, R>) =>
  Effect.gen(function* () {
    const handle = yield* trialOf(work).fork("x", { id: "1" })
    yield* Effect.sleep(millis)
    yield* handle.signal("Go", "y")
    return yield* Fiber.join(handle.fiber)
  })

/** Interrupts a run from outside after so many milliseconds, and ends as it does. */
export const interruptedAfter = <A, E, R>(millis: number, run: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(run)
    yield* Effect.sleep(millis)
    yield* Fiber.interrupt(fiber)
    return yield* Fiber.join(fiber)
  })

/** Fails so many times, each after 10 milliseconds, and then succeeds as soon. */
export const failsTimes = <A>(times: number, attempt: number, value: A): Effect.Effect<A, Boom> =>
  Effect.flatMap(Effect.sleep(10), () =>
    attempt <= times ? Effect.fail(new Boom({ id: "bad" })) : Effect.succeed(value)
  )

/** How every trial begins. */
export const begins = ['0 Work RunStarted with "x"', '0 Work StateEntered with "x"']

/** How every trial ends that has left its state. */
export const ends = (time: number, payload: string) => [
  `${time} Next StateEntered with ${payload}`,
  `${time} Next AttemptStarted 1`,
  `${time} Next TransitionTaken to Done with ${payload} in attempt 1 after 0`,
  `${time} Done RunFinished well after ${time}`
]

/** A workflow to call: a step that can be undone, and one that fails. */
export class Sub extends Workflow.define("Sub")
  .failure(Schema.Unknown)
  .state("One", Schema.Finite, ["Two", "Good"])
  .state("Two", Schema.Finite, ["Good"])
  .exit("Good", Schema.Finite)
  .start("One") {}

/** The workflow to call, whose first step goes where it says, and takes 3 milliseconds to undo. */
export const sub = (
  one: (to: Workflow.Context<typeof Sub, "One">["to"]) => Effect.Effect<Workflow.Transitions<typeof Sub, "One">>
) =>
  Sub.layer({
    One: Sub.task("One", ({ to }) => one(to)).compensate({
      Two: () => Effect.sleep(3),
      Good: () => Effect.sleep(3)
    }),
    Two: ({ payload, to }) => (payload === 0 ? Effect.succeed(to.Good(payload)) : failAfter(5, "two"))
  })
