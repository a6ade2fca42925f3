/** A workflow that does what a test says, and how to read what a scheduler did with it. */
import { Cause, DateTime, Effect, Exit, Layer, Schema, Scope } from "effect"
import { type RunTimeout, type Scheduler, Workflow } from "sluice"

/** The failure that a run may end with. */
export class Broken extends Schema.TaggedError<Broken>()("Broken", { why: Schema.String }) {}

/** A workflow of one state, which gives what it is told to. */
export class Work extends Workflow.define("Work")
  .failure(Broken)
  .state("Do", Schema.String, ["Done"])
  .exit("Done", Schema.String)
  .start("Do") {}

/** Provides `Work`: what it does, as a function of its input. */
export const working = (work: (input: string, id: string) => Effect.Effect<unknown, Broken>) =>
  Work.layer({
    *Do({ payload, run, to }) {
      yield* work(payload, run.id)
      return to.Done(payload)
    }
  })

/** The input of a run: when it was due. */
export const dueAt = ({ time }: Scheduler.Tick): string => brief(time)

/** A time without date and milliseconds, as far as it is not zero. */
export const brief = (time: DateTime.DateTime): string => DateTime.formatIso(time).slice(11, 19)

/** How a run ended. */
export const ending = (exit: Exit.Exit<{ readonly payload: string }, Broken | RunTimeout>): string => {
  if (Exit.isSuccess(exit)) return "done"
  if (Cause.hasInterruptsOnly(exit.cause)) return "interrupted"
  return Cause.hasDies(exit.cause) ? "died" : "failed"
}

/** The runs of an entry: when each was due, began and ended, and how. */
export const briefly = (runs: ReadonlyArray<Scheduler.CompletedRun<typeof Work>>): ReadonlyArray<string> =>
  runs.map(
    ({ ended, exit, scheduled, started }) =>
      `${brief(scheduled)}: ${brief(started)} to ${brief(ended)}, ${ending(exit)}`
  )

/** Works for so long. */
export const workFor = (duration: Parameters<typeof Effect.sleep>[0]) => () => Effect.sleep(duration)

/** A failure. */
export const fail = Effect.fail(new Broken({ why: "test" }))

/** Does one after the other, run by run of an entry; the last one stays. */
export const inTurn = (first: Effect.Effect<unknown, Broken>, ...others: ReadonlyArray<typeof first>) => {
  const works = [first, ...others]
  const runs = new Map<string, number>()
  return (_: string, id: string) =>
    Effect.suspend(() => {
      const entry = id.split("/")[1]!
      const run = runs.get(entry) ?? 0
      runs.set(entry, run + 1)
      return works[Math.min(run, others.length)] ?? first
    })
}

/** Provides a scheduler that goes on when the test ends, so that no test waits for runs it has left in progress. */
export const running =
  <S>(layer: Layer.Layer<S, never, Work>, workflows: Layer.Layer<Work>) =>
  <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, S>> =>
    Effect.gen(function* () {
      const context = yield* Layer.buildWithScope(Layer.provide(layer, workflows), yield* Scope.make())
      return yield* Effect.provide(program, context)
    })
