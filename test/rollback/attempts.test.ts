/** What an attempt has completed is undone when its result is thrown away, whoever throws it away. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Schedule, Schema, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, type Guard, type Handler, Join, Workflow } from "sluice"
import { Boom, causeOf, defectsOf, ended, errorOf, failAfter, settle, succeedAfter, valueOf } from "../support/runs.ts"

class Job extends Workflow.define("Job")
  .signal("Go", Schema.Number)
  .state("Work", Schema.Void, ["Next", "Aside"])
  .state("Next", Schema.Unknown, ["Done"])
  .exit("Done", Schema.Unknown)
  .exit("Aside", Schema.Unknown)
  .start("Work") {}

/** A job that ends as given after its work. */
const job = <E, R>(
  Work: Handler.Handler<typeof Job, "Work", "Next" | "Aside", E, R>,
  end: Effect.Effect<void, Boom> = Effect.void
) => Job.implement({ Work, Next: ({ payload, to }) => Effect.as(end, to.Done(payload)) })

const later = new Boom({ id: "later" })

/** Branches, one of which does something and is undone, and one that takes longer in the first attempt. */
const twice = (log: Array<string>) =>
  Job.split("Work", {
    quick: ({ attempt }) => Effect.sync(() => void log.push(`do ${attempt}`)).pipe(Effect.as(attempt)),
    slow: ({ attempt }) => succeedAfter(attempt === 1 ? 100 : 10, "slow")
  })
    .compensate({ quick: ({ value }) => Effect.sync(() => void log.push(`undo ${value}`)) })
    .join(Join.all, ({ to }) => to.Next("joined"))

describe("a guard", () => {
  it.effect("that cuts a split off has it undone before the next attempt, as a timeout has", () =>
    Effect.gen(function* () {
      const again = { times: 1 }
      const cutOff = failAfter(50, "cut off")
      const ways: ReadonlyArray<(log: Array<string>) => Effect.Effect<unknown, unknown>> = [
        (log) =>
          job(
            twice(log)
              .guard((effect) => Effect.timeout(effect, "50 millis"))
              .retry(again)
          ).run(),
        (log) =>
          job(
            twice(log)
              .guard((effect) => Effect.raceFirst(effect, cutOff))
              .retry(again)
          ).run(),
        (log) => job(twice(log).timeout("50 millis").retry(again)).run()
      ]
      for (const way of ways) {
        const log: Array<string> = []
        yield* valueOf(way(log))
        expect(log).toEqual(["do 1", "undo 1", "do 2"])
      }
    })
  )

  const starts = (guard: Guard.Guard<never, never>) => {
    const log: Array<string> = []
    let started = 0
    const task = Job.task("Work", ({ to }) =>
      Effect.suspend(() => {
        const start = ++started
        return Effect.map(Effect.sleep(10 * start), () => {
          log.push(`do ${start}`)
          return to.Next(start)
        })
      })
    ).compensate({ Next: ({ payload }) => Effect.sync(() => void log.push(`undo ${payload}`)) })
    return { log, task: task.guard(guard) }
  }

  it.effect("that starts its effect twice keeps the one it gives back: do 1, do 2, undo 1", () =>
    Effect.gen(function* () {
      const kept = [
        { guard: starts((effect) => Effect.andThen(effect, effect)), log: ["do 1", "do 2", "undo 1"], gives: 2 },
        { guard: starts((effect) => Effect.tap(effect, () => effect)), log: ["do 1", "do 2", "undo 2"], gives: 1 },
        {
          guard: starts((effect) =>
            Effect.map(Effect.all([effect, effect], { concurrency: 2 }), ([, second]) => second)
          ),
          log: ["do 1", "do 2", "undo 1"],
          gives: 2
        },
        { guard: starts((effect) => Effect.raceFirst(effect, effect)), log: ["do 1"], gives: 1 }
      ]
      for (const { guard, log, gives } of kept) {
        const outcome = yield* valueOf(job(guard.task).run())
        expect(guard.log).toEqual(log)
        expect(outcome).toMatchObject({ payload: gives })
      }
    })
  )

  it.effect("that starts its effect twice has the one it kept undone when the run fails later", () =>
    Effect.gen(function* () {
      const { log, task } = starts((effect) => Effect.andThen(effect, effect))
      const run = job(task, Effect.fail(later)).run()
      expect(errorOf(yield* settle(run))).toEqual(later)
      expect(log).toEqual(["do 1", "do 2", "undo 1", "undo 2"])
    })
  )

  class Sub extends Workflow.define("Sub")
    .state("One", Schema.Void, ["Two"])
    .state("Two", Schema.Void, ["End"])
    .exit("End", Schema.Void)
    .failure(CompensationFailed)
    .start("One") {}

  const sub = Sub.layer({
    One: Sub.task("One", ({ to }) => to.Two()).compensate({ Two: () => Effect.fail("no undo") }),
    Two: ({ to }) => Effect.as(Effect.never, to.End())
  })

  it.effect("that cuts off a call whose undo fails ends the run with that, whatever would catch it", () =>
    Effect.gen(function* () {
      const call = Job.call("Work", Sub, () => undefined, { End: ({ to }) => to.Next("ended") })
      const catching = [
        call.guard((effect) => Effect.timeout(effect, "50 millis")).catch(({ to }) => to.Aside("caught")),
        call
          .guard((effect) => Effect.timeout(effect, "50 millis"))
          .retry({ times: 2 })
          .catch(({ to }) => to.Aside("caught")),
        call.timeout("50 millis").catch(({ to }) => to.Aside("caught"))
      ]
      for (const Work of catching) {
        const exit = yield* settle(Effect.provide(job(Work).run(), sub))
        const failure = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
        expect(failure).toBeInstanceOf(CompensationFailed)
        expect((failure as CompensationFailed).failures).toMatchObject([{ workflow: "Sub", state: "One" }])
      }
    })
  )
})

describe("a poll that has its answer", () => {
  it.effect("is undone though the scope of that ask is still closing", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const Work = Job.poll(
        "Work",
        function* ({ to }) {
          yield* Effect.addFinalizer(() => Effect.sleep("100 millis"))
          log.push("do 1")
          return to.Next(1)
        },
        { schedule: Schedule.spaced("1 second") }
      ).compensate({ Next: ({ payload }) => Effect.sync(() => void log.push(`undo ${payload}`)) })
      const fiber = yield* Effect.forkChild(job(Work).run())
      yield* TestClock.adjust("50 millis")
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1 second")
      ended(interrupting)
      expect(Exit.isFailure(ended(fiber))).toBe(true)
      expect(log).toEqual(["do 1", "undo 1"])
    })
  )

  it.effect("does not step its schedule: one that dies, fails or waits then changes nothing", () =>
    Effect.gen(function* () {
      const steps = [Effect.die("stepped"), Effect.fail("stepped"), Effect.never]
      for (const step of steps) {
        const schedule = Schedule.tap(Schedule.spaced("1 second"), () => step)
        const Work = Job.poll("Work", ({ to }) => to.Next("answer"), { schedule })
        expect(yield* valueOf(job(Work).run())).toEqual({ _tag: "Done", payload: "answer" })
      }
    })
  )
})

describe("a catch", () => {
  const refusing = (log: Array<string>) => {
    const undoing = { Next: () => Effect.sync(() => void log.push("undo")) }
    const task = Job.task("Work", ({ attempt, to }) =>
      attempt > 5 ? Effect.succeed(to.Next("work")) : failAfter(10, "no")
    )
    return { undoing, task }
  }

  it.effect("that stands after `.compensate` registers nothing, before it what it chooses", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const { task, undoing } = refusing(log)
      const after = [
        task.compensate(undoing).catch(({ to }) => to.Next("caught")),
        task.compensate(undoing).catchTag("Boom", ({ to }) => to.Next("caught")),
        task.compensate(undoing).catchTags({ Boom: ({ to }) => to.Next("caught") })
      ]
      for (const Work of after) {
        expect(errorOf(yield* settle(job(Work, Effect.fail(later)).run()))).toEqual(later)
        expect(log).toEqual([])
      }
      const before = [
        task.catch(({ to }) => to.Next("caught")).compensate(undoing),
        task.catchTag("Boom", ({ to }) => to.Next("caught")).compensate(undoing),
        task.catchTags({ Boom: ({ to }) => to.Next("caught") }).compensate(undoing)
      ]
      for (const Work of before) {
        expect(errorOf(yield* settle(job(Work, Effect.fail(later)).run()))).toEqual(later)
        expect(log.splice(0)).toEqual(["undo"])
      }
    })
  )
})

describe("a signal", () => {
  it.effect("that an attempt took is put back when the attempt fails, in the order they came", () =>
    Effect.gen(function* () {
      const wait = (log: Array<number>) =>
        Job.wait("Work", {
          Go: ({ attempt, signal, to }) => {
            log.push(signal)
            return attempt < 3 ? failAfter(10, "again") : Effect.succeed(to.Next(signal))
          }
        })
      const ways = [
        (log: Array<number>) => wait(log).retry({ times: 2 }),
        (log: Array<number>) =>
          wait(log)
            .guard((effect) => effect)
            .retry({ times: 2 }),
        (log: Array<number>) => wait(log).timeout("1 minute").retry({ times: 2 })
      ]
      for (const way of ways) {
        const log: Array<number> = []
        const handle = yield* job(way(log)).fork()
        yield* handle.signal("Go", 1)
        yield* handle.signal("Go", 2)
        yield* TestClock.adjust("1 hour")
        expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Done", payload: 1 }))
        expect(log).toEqual([1, 1, 1])
      }
    })
  )

  it.effect("that an attempt took is put back when its time is up, or a guard cuts it off", () =>
    Effect.gen(function* () {
      const wait = Job.wait("Work", {
        Go: ({ attempt, signal, to }) => succeedAfter(attempt === 1 ? 100 : 10, to.Next(signal))
      })
      const ways: ReadonlyArray<Effect.Effect<Workflow.RunHandle<typeof Job, unknown>, never, Scope.Scope>> = [
        job(wait.timeout("50 millis").retry({ times: 1 })).fork(),
        job(wait.guard((effect) => Effect.timeout(effect, "50 millis")).retry({ times: 1 })).fork()
      ]
      for (const forked of ways) {
        const handle = yield* forked
        yield* handle.signal("Go", 1)
        yield* TestClock.adjust("1 hour")
        expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Done", payload: 1 }))
      }
    })
  )
})

describe("a run that has failed and is interrupted during its rollback", () => {
  it.effect("keeps its failure beside the interruption: in its exit, and in RunFinished", () =>
    Effect.gen(function* () {
      const ways: ReadonlyArray<readonly [Effect.Effect<never, Boom>, (cause: Cause.Cause<unknown>) => boolean]> = [
        [Effect.fail(new Boom({ id: "first" })), (cause) => Cause.squash(cause) instanceof Boom],
        [Effect.die("first"), (cause) => defectsOf(Exit.failCause(cause)).includes("first")]
      ]
      for (const [way, isKept] of ways) {
        const Work = Job.task("Work", ({ to }) => to.Next("x")).compensate({ Next: () => Effect.sleep("1 second") })
        const handle = yield* job(Work, way).fork()
        yield* TestClock.adjust("500 millis")
        const interrupting = yield* Effect.forkChild(handle.interrupt)
        yield* TestClock.adjust("1 second")
        ended(interrupting)
        const cause = causeOf(ended(handle.fiber))
        expect(Cause.hasInterrupts(cause)).toBe(true)
        expect(cause.reasons.some((reason) => isKept(Cause.fromReasons([reason])))).toBe(true)
      }
    })
  )
})
