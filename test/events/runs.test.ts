/** Who is told what of which run: holders of handles, observers, callers and callees, and runs within runs. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Clock, Duration, Effect, Exit, Fiber, Layer, Schedule, Scheduler, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Join, RunIdInUse, Workflow } from "sluice"
import { observerLayer } from "../../src/engine/watch/observers.ts"
import { collecting, collectingIn, eventsOf, step, told } from "../support/events.ts"
import { Boom, failAfter, settle, succeedAfter } from "../support/runs.ts"
import { problemsOf } from "../support/wellFormed.ts"
import { failsTimes, Sub, sub, Trial, trial, trialOf } from "./trial.ts"

type Event = Workflow.RunEvent

describe("the holder of a handle and an observer", () => {
  it.effect("are told the same, in the same order", () =>
    Effect.gen(function* () {
      const seen: Array<Event> = []
      const context = yield* collectingIn(seen)
      const work = Trial.split("Work", { a: () => succeedAfter(10, 1), b: ({ attempt }) => failsTimes(1, attempt, 2) })
        .join(Join.all, ({ results, to }) => to.Next(results))
        .retry({ times: 1 })
      const handle = yield* Effect.provideContext(trialOf(work).fork("x"), context)
      yield* TestClock.adjust(100)
      expect(yield* Stream.runCollect(handle.events)).toEqual(seen)
      expect(seen.map(({ runId }) => runId)).toEqual(seen.map(() => handle.id))
      expect(problemsOf(seen)).toEqual([])
    })
  )

  it.effect("are told of a callee: only the observer", () =>
    Effect.gen(function* () {
      const seen: Array<Event> = []
      const caller = Trial.implement({
        Work: Trial.call("Work", Sub, () => 7, { Good: ({ result, to }) => to.Next(result) }),
        Next: ({ payload, to }) => (payload === 0 ? Effect.succeed(to.Done(payload)) : failAfter(10, "next"))
      })
      const layer = Layer.merge(
        sub((to) => succeedAfter(10, to.Good(8))),
        collecting(seen)
      )
      const context = yield* Layer.build(layer)
      const handle = yield* Effect.provideContext(caller.fork("x", { id: "run-1" }), context)
      yield* TestClock.adjust(100)
      const own = yield* Stream.runCollect(handle.events)
      expect(own).toEqual(seen.filter(({ workflow }) => workflow === "Trial"))
      expect(own.map(step)).not.toContain("Compensating One")
      const callee = seen.filter(({ workflow }) => workflow === "Sub")
      expect(callee.map((event) => `${event.runId} ${step(event)}`)).toEqual([
        "run-1/Work RunStarted",
        "run-1/Work StateEntered",
        "run-1/Work AttemptStarted 1",
        "run-1/Work TransitionTaken",
        "run-1/Work RunFinished",
        "run-1/Work Compensating One",
        "run-1/Work Compensated One"
      ])
      expect(callee[0]).toMatchObject({ caller: { workflow: "Trial", runId: "run-1", state: "Work" } })
      expect(problemsOf(seen)).toEqual([])
    })
  )

  it.effect("of a callee that is called again in each attempt", () =>
    Effect.gen(function* () {
      let calls = 0
      const layer = sub((to) => succeedAfter(10, ++calls < 3 ? to.Two(8) : to.Good(9)))
      const call = Trial.call("Work", Sub, () => 7, { Good: ({ result, to }) => to.Next(result) })
      const events = yield* eventsOf(Effect.provide(trial(call.retry({ times: 5 })), layer))
      const callees = events.filter(({ _tag, workflow }) => workflow === "Sub" && _tag === "RunFinished")
      expect(callees.map(({ time }) => time)).toEqual([18, 36, 46])
      expect(events.map(step).filter((text) => text.startsWith("Retried"))).toEqual(["Retried 2", "Retried 3"])
      expect(problemsOf(events)).toEqual([])
    })
  )

  it.effect("of a callee, where only the caller's handle is there to watch", () =>
    Effect.gen(function* () {
      const call = Trial.call("Work", Sub, () => 7, { Good: ({ result, to }) => to.Next(result) })
      const context = yield* Layer.build(sub((to) => succeedAfter(10, to.Good(8))))
      const handle = yield* Effect.provideContext(trialOf(call).fork("x"), context)
      yield* TestClock.adjust(100)
      const events = yield* Stream.runCollect(handle.events)
      expect(new Set(events.map(({ workflow }) => workflow))).toEqual(new Set(["Trial"]))
    })
  )
})

describe("a run", () => {
  it.effect("that begins at an entry says so, and has the input of the run", () =>
    Effect.gen(function* () {
      class Late extends Workflow.define("Late")
        .state("Early", Schema.String, ["Work"])
        .state("Work", Schema.Finite, ["Done"])
        .exit("Done", Schema.Finite)
        .start("Early", "Work") {}
      const late = Late.implement({ Early: ({ to }) => to.Work(1), Work: ({ payload, to }) => to.Done(payload) })
      const events = yield* eventsOf(late.runFrom("Work", 2, "x"))
      expect(events.map(told).slice(0, 2)).toEqual(['0 Work RunStarted with "x"', "0 Work StateEntered with 2"])
      expect(problemsOf(events)).toEqual([])
    })
  )

  it.effect("whose id is in use is told as one that died at once, and the other goes on", () =>
    Effect.gen(function* () {
      const slow = trial(Trial.task("Work", ({ to }) => succeedAfter(10, to.Next("y"))))
      const events = yield* eventsOf(Effect.all([slow, Effect.exit(slow)], { concurrency: "unbounded" }))
      const second = events.slice(3, 5)
      expect(second.map(step)).toEqual(["RunStarted", "RunFinished"])
      const exit = second[1]?._tag === "RunFinished" ? second[1].exit : Exit.void
      expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toBeInstanceOf(RunIdInUse)
      expect(problemsOf([...events.slice(0, 3), ...events.slice(5)])).toEqual([])
    })
  )

  it.effect("numbers what its branches do by the attempt that they are of", () =>
    Effect.gen(function* () {
      const work = Trial.split("Work", { a: ({ attempt }) => failsTimes(1, attempt, 1), b: () => 2 })
        .join(Join.all, ({ results, to }) => to.Next(results))
        .retry({ times: 1 })
      const events = yield* eventsOf(trial(work))
      expect(
        events.flatMap((event) =>
          "branch" in event && "attempt" in event ? [`${step(event)} in ${event.attempt}`] : []
        )
      ).toEqual([
        "BranchStarted a in 1",
        "BranchStarted b in 1",
        "BranchSucceeded b in 1",
        "BranchFailed a in 1",
        "BranchStarted a in 2",
        "BranchStarted b in 2",
        "BranchSucceeded b in 2",
        "BranchSucceeded a in 2"
      ])
      expect(problemsOf(events)).toEqual([])
    })
  )

  it.effect("is told of before it does what is told, and when that has ended", () =>
    Effect.gen(function* () {
      const happened: Array<string> = []
      const does = (what: string) =>
        Effect.ensuring(
          Effect.sync(() => happened.push(what)),
          Effect.sync(() => happened.push(`${what} has ended`))
        )
      const watching = observerLayer(
        Effect.succeed((event) => {
          happened.push(step(event))
        })
      )
      const work = Trial.split("Work", {
        a: () => does("a"),
        b: () => Effect.sync(() => happened.push("b")),
        c: () => void happened.push("c")
      })
        .compensate({ c: () => does("undo c") })
        .join(Join.all, ({ to }) => Effect.as(Effect.andThen(does("join"), failAfter(10, "join")), to.Next("y")))
        .catch(({ to }) => Effect.as(does("catch"), to.Next("y")))
      yield* settle(Effect.provide(trial(work), watching))
      expect(happened.slice(2, -4)).toEqual([
        "AttemptStarted 1",
        ...["BranchStarted a", "a", "a has ended", "BranchSucceeded a"],
        ...["BranchStarted b", "b", "BranchSucceeded b"],
        ...["BranchStarted c", "c", "BranchSucceeded c"],
        ...["Joined proceeds", "join", "join has ended"],
        ...["Compensating c", "undo c", "undo c has ended", "Compensated c"],
        ...["AttemptFailed 1", "catch", "catch has ended", "TransitionTaken"]
      ])
    })
  )

  it.effect("tells each retry the failure it is for", () =>
    Effect.gen(function* () {
      const work = Trial.task("Work", ({ attempt, to }) =>
        attempt < 4 ? failAfter(10, `of attempt ${attempt}`) : Effect.succeed(to.Next("y"))
      ).retry(Schedule.spaced(5))
      const events = yield* eventsOf(trial(work))
      const causes = events.flatMap((event) => (event._tag === "Retried" ? [event.cause] : []))
      expect(causes).toEqual([1, 2, 3].map((nth) => Cause.fail(new Boom({ id: `of attempt ${nth}` }))))
    })
  )

  it.effect("numbers attempts by themselves when a guard has several at once", () =>
    Effect.gen(function* () {
      const hedged = Trial.task("Work", ({ attempt, to }) =>
        succeedAfter(attempt === 1 ? 100 : 10, to.Next(attempt))
      ).guard((work) => Effect.race(work, Effect.delay(work, 20)))
      const events = yield* eventsOf(trial(hedged))
      expect(events.map(told).slice(2, 6)).toEqual([
        "0 Work AttemptStarted 1",
        "20 Work AttemptStarted 2",
        "30 Work AttemptInterrupted 1 after 30",
        "30 Work TransitionTaken to Next with 2 in attempt 2 after 30"
      ])
    })
  )

  it.effect("that waits for ever says no time", () =>
    Effect.gen(function* () {
      const wait = Trial.wait("Work", { Go: ({ signal, to }) => to.Next(signal) })
      const untold = yield* eventsOf(trial(wait))
      const infinite = yield* eventsOf(trial(wait.after("Infinity", ({ to }) => to.Next("never"))))
      const waiting = (events: ReadonlyArray<Event>) => events.filter(({ _tag }) => _tag === "Waiting").map(told)
      expect(waiting(untold)).toEqual(["0 Work Waiting signal Go in attempt 1"])
      expect(waiting(infinite)).toEqual([`${Duration.toMillis("1 hour")} Work Waiting signal Go in attempt 1`])
    })
  )

  it.effect("is at its exit when a signal comes while it rolls back there", () =>
    Effect.gen(function* () {
      class Off extends Workflow.define("Off")
        .signal("Go", Schema.Void)
        .state("Work", Schema.Void, ["Off"])
        .exit("Off", Schema.Void, { rollback: true })
        .start("Work") {}
      const off = Off.implement({
        Work: Off.task("Work", ({ to }) => to.Off()).compensate({ Off: () => Effect.sleep(10) })
      })
      const events = yield* eventsOf(
        Effect.gen(function* () {
          const handle = yield* off.fork()
          yield* Effect.sleep(5)
          yield* handle.signal("Go")
          yield* Fiber.await(handle.fiber)
        }).pipe(Effect.scoped)
      )
      expect(events.map(told).slice(-4)).toEqual([
        "0 Work Compensating Work with nothing",
        "5 Off Signalled Go with nothing",
        "10 Work Compensated Work after 10",
        "10 Off RunFinished well after 10"
      ])
      expect(problemsOf(events)).toEqual([])
    })
  )

  it.effect("is told of no signal after it has finished, in whatever moment that comes", () =>
    Effect.gen(function* () {
      const endings = new Set<boolean>()
      for (const turns of Array.from({ length: 60 }, (_, index) => index)) {
        const events: Array<Event> = []
        const context = yield* collectingIn(events)
        const run = trialOf(Trial.task("Work", ({ to }) => Effect.as(Effect.yieldNow, to.Next("y")))).fork("x")
        const handle = yield* run.pipe(
          Effect.provideContext(context),
          Effect.provideService(Scheduler.MaxOpsBeforeYield, 3)
        )
        yield* Effect.replicateEffect(Effect.yieldNow, turns, { discard: true })
        const sent = yield* Effect.exit(handle.signal("Go", "y"))
        yield* Fiber.await(handle.fiber)
        endings.add(Exit.isSuccess(sent))
        const told = events.some(({ _tag }) => _tag === "Signalled")
        expect({ turns, told, problems: problemsOf(events) }).toEqual({
          turns,
          told: Exit.isSuccess(sent),
          problems: []
        })
      }
      expect(endings).toEqual(new Set([true, false]))
    })
  )

  it.effect("is told by the clock that it runs under, whose time may go back", () =>
    Effect.gen(function* () {
      const events = yield* eventsOf(
        Effect.andThen(Effect.sleep(1000), trial(Trial.task("Work", ({ to }) => succeedAfter(10, to.Next("y")))))
      )
      expect(events.map(({ time }) => time)).toEqual([1000, 1000, 1000, 1010, 1010, 1010, 1010, 1010])
      // A clock that is set back while the run waits.
      const clock = yield* Clock.Clock
      let setBack = 0
      const moved: Clock.Clock = {
        ...clock,
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() - BigInt(setBack) * 1_000_000n
      }
      const work = Trial.task("Work", ({ to }) =>
        Effect.andThen(
          Effect.sleep(10),
          Effect.sync(() => {
            setBack = 500
            return to.Next("y")
          })
        )
      )
      const back = yield* eventsOf(Effect.provideService(trial(work), Clock.Clock, moved))
      const left = back.find((event) => event._tag === "TransitionTaken")
      const entered = back.find((event) => event._tag === "StateEntered")
      expect(left!.time - entered!.time).toBe(10 - 500)
      expect(left!.duration).toBe(10)
    })
  )
})
