/** A forked run: its handle, its events, and whose it is. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber, Layer, Schema, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Join, Workflow } from "sluice"
import { step, told } from "../support/events.ts"
import { Fan, implement } from "../support/fan.ts"
import { Loop } from "../support/loop.ts"
import { Boom, dieAfter, ended, failAfter, isInterrupted, succeedAfter } from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

class Order extends Workflow.define("Order")
  .state("Check", Schema.String, ["Fan"])
  .state("Fan", Schema.Number, ["Done"])
  .exit("Done", Schema.String)
  .start("Check") {}

const order = Order.implement({
  Check: ({ payload, to }) => succeedAfter(10, to.Fan(payload.length)),
  Fan: Order.split("Fan", { user: () => succeedAfter(20, "user"), geo: () => succeedAfter(10, "geo") }).join(
    Join.all,
    ({ results, to }) => to.Done(`${results.user} ${results.geo}`)
  )
})

const briefs = (stream: Stream.Stream<Workflow.RunEvent<string>>) =>
  Effect.map(Stream.runCollect(stream), (events) => events.map(told))

describe("the handle", () => {
  it.effect("has the run's id, its fiber, and the place it is at", () =>
    Effect.gen(function* () {
      const handle = yield* order.fork("book", { id: "run-1" })
      expect(handle.id).toBe("run-1")
      yield* TestClock.adjust(5)
      expect(yield* handle.state).toBe("Check")
      yield* TestClock.adjust(10)
      expect(yield* handle.state).toBe("Fan")
      yield* TestClock.adjust(20)
      expect(yield* handle.state).toBe("Done")
      expect(yield* Fiber.join(handle.fiber)).toEqual({ _tag: "Done", payload: "user geo" })
    })
  )

  it.effect("gives a run that fails as its fiber does", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.task("Work", ({ run, to }) => (run.id === "" ? Effect.succeed(to.Done("never")) : failAfter(10, run.id)))
      )
      const handle = yield* workflow.fork(undefined, { id: "bad" })
      yield* TestClock.adjust(10)
      expect(yield* Effect.flip(Fiber.join(handle.fiber))).toEqual(new Boom({ id: "bad" }))
      expect(yield* handle.state).toBe("Work")
    })
  )

  it.effect("interrupts the run with its branches, and waits for the finalizers", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          a: () => time.track("a", Effect.never, 100),
          b: () => time.track("b", Effect.never)
        }).join(Join.all, ({ to }) => to.Done("never"))
      )
      const handle = yield* workflow.fork()
      yield* TestClock.adjust(10)
      yield* Effect.forkChild(Effect.andThen(handle.interrupt, time.mark("interrupt has returned")))
      yield* TestClock.adjust(1_000)
      expect(isInterrupted(ended(handle.fiber))).toBe(true)
      expect(time.entries.slice(2)).toEqual(["10 b interrupted", "110 a interrupted", "110 interrupt has returned"])
    })
  )
})

describe("a forked run", () => {
  it.effect("lasts as long as the caller's scope at most", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.task("Work", ({ to }) => Effect.as(time.track("work", Effect.never, 50), to.Done("never")))
      )
      const scope = yield* Scope.make()
      const handle = yield* Scope.provide(workflow.fork(), scope)
      yield* TestClock.adjust(10)
      expect(handle.fiber.pollUnsafe()).toBeUndefined()
      yield* Effect.forkChild(Effect.andThen(Scope.close(scope, Exit.void), time.mark("scope has closed")))
      yield* TestClock.adjust(1_000)
      expect(time.entries).toEqual(["0 work starts", "60 work interrupted", "60 scope has closed"])
    })
  )

  it.effect("outlives its caller in the scope of a Layer, which waits for its end", () =>
    Effect.gen(function* () {
      class Background extends Context.Service<Background, Scope.Scope>()("test/Background") {}
      const time = new Timeline()
      const workflow = implement(
        Fan.task("Work", ({ to }) => Effect.as(time.track("work", Effect.never, 50), to.Done("never")))
      )
      const request = Effect.gen(function* () {
        yield* Effect.addFinalizer(() => time.mark("request has ended"))
        yield* workflow.fork().pipe(Scope.provide(yield* Background))
      })
      const program = Effect.andThen(Effect.scoped(request), Effect.sleep(100)).pipe(
        Effect.provide(Layer.effect(Background, Effect.scope)),
        Effect.andThen(time.mark("Layer is released"))
      )
      yield* Effect.forkChild(program)
      yield* TestClock.adjust(1_000)
      expect(time.entries).toEqual([
        "0 work starts",
        "0 request has ended",
        "150 work interrupted",
        "150 Layer is released"
      ])
    })
  )

  it.effect("outlives the fiber that forked it", () =>
    Effect.gen(function* () {
      const child = yield* Effect.forkChild(order.fork("book"))
      const handle = yield* Fiber.join(child)
      yield* TestClock.adjust(100)
      expect(Exit.isSuccess(ended(handle.fiber))).toBe(true)
    })
  )

  it.effect("does not wait for another", () =>
    Effect.gen(function* () {
      const handles = yield* Effect.all([order.fork("a"), order.fork("b"), order.fork("c")])
      expect(new Set(handles.map((handle) => handle.id)).size).toBe(3)
      yield* TestClock.adjust(30)
      for (const handle of handles) expect(Exit.isSuccess(ended(handle.fiber))).toBe(true)
    })
  )
})

describe("the events", () => {
  it.effect("are complete and in order", () =>
    Effect.gen(function* () {
      const handle = yield* order.fork("book", { id: "run-1" })
      const collecting = yield* Effect.forkChild(Stream.runCollect(handle.events))
      yield* TestClock.adjust(100)
      const signature = { workflow: "Order", runId: "run-1" }
      const check = { ...signature, state: "Check", attempt: 1 }
      const fan = { ...signature, state: "Fan", attempt: 1 }
      const joined = { strategy: "all", proceeds: true, successes: 2, failures: 0, interrupted: 0 }
      const done = { target: "Done", payload: "user geo" }
      const outcome = { _tag: "Done", payload: "user geo" }
      expect(yield* Fiber.join(collecting)).toEqual([
        { ...signature, _tag: "RunStarted", time: 0, state: "Check", input: "book" },
        { ...signature, _tag: "StateEntered", time: 0, state: "Check", payload: "book" },
        { ...check, _tag: "AttemptStarted", time: 0 },
        { ...check, _tag: "TransitionTaken", time: 10, duration: 10, target: "Fan", payload: 4 },
        { ...signature, _tag: "StateEntered", time: 10, state: "Fan", payload: 4 },
        { ...fan, _tag: "AttemptStarted", time: 10 },
        { ...fan, _tag: "BranchStarted", time: 10, branch: "user" },
        { ...fan, _tag: "BranchStarted", time: 10, branch: "geo" },
        { ...fan, _tag: "BranchSucceeded", time: 20, duration: 10, branch: "geo" },
        { ...fan, _tag: "BranchSucceeded", time: 30, duration: 20, branch: "user" },
        { ...fan, ...joined, _tag: "Joined", time: 30, duration: 20 },
        { ...fan, _tag: "TransitionTaken", time: 30, duration: 20, ...done },
        { ...signature, _tag: "RunFinished", time: 30, duration: 30, state: "Done", exit: Exit.succeed(outcome) }
      ])
    })
  )

  it.effect("name the items of a forEach by their index", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => ["x", "y"],
          ({ index, item }) => succeedAfter(10 - index, item)
        ).join(Join.all, ({ results, to }) => to.Done(results))
      )
      const handle = yield* workflow.fork()
      yield* TestClock.adjust(100)
      expect((yield* briefs(handle.events)).filter((event) => event.includes("Branch"))).toEqual([
        "0 Work BranchStarted 0 in attempt 1",
        "0 Work BranchStarted 1 in attempt 1",
        "9 Work BranchSucceeded 1 in attempt 1 after 9",
        "10 Work BranchSucceeded 0 in attempt 1 after 10"
      ])
    })
  )

  it.effect("tell a branch that failed, with its cause, and one that lost, once its finalizers have run", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          bad: () => failAfter(5, "bad"),
          winner: () => succeedAfter(10, "won"),
          loser: () => time.track("loser", Effect.never, 50)
        }).join(Join.any, ({ results, to }) => to.Done(results))
      )
      const handle = yield* workflow.fork()
      yield* TestClock.adjust(100)
      const events = yield* Stream.runCollect(handle.events)
      expect(events.map(told)).toEqual([
        "0 Work RunStarted with nothing",
        "0 Work StateEntered with nothing",
        "0 Work AttemptStarted 1",
        "0 Work BranchStarted bad in attempt 1",
        "0 Work BranchStarted winner in attempt 1",
        "0 Work BranchStarted loser in attempt 1",
        "5 Work BranchFailed bad in attempt 1 after 5: Boom",
        "10 Work BranchSucceeded winner in attempt 1 after 10",
        "60 Work BranchInterrupted loser in attempt 1 after 60",
        "60 Work Joined proceeds, any in attempt 1: 1 + 1 + 1 after 60",
        '60 Work TransitionTaken to Done with {"branch":"winner","value":"won"} in attempt 1 after 60',
        "60 Done RunFinished well after 60"
      ])
      const failed = events.find((event) => event._tag === "BranchFailed")
      expect(failed?.cause).toEqual(Cause.fail(new Boom({ id: "bad" })))
    })
  )

  it.effect("tell which branches a failure, a defect and a timeout stopped", () =>
    Effect.gen(function* () {
      const split = (deciding: () => Effect.Effect<string, Boom>) =>
        Fan.split("Work", { deciding, other: () => Effect.never })
      const branchEvents = <E>(workflow: Workflow.Workflow<typeof Fan, E, never>) =>
        Effect.gen(function* () {
          const handle = yield* workflow.fork()
          yield* TestClock.adjust(100)
          const events = yield* Stream.runCollect(handle.events)
          return events.filter((event) => event._tag.startsWith("Branch") && event._tag !== "BranchStarted").map(step)
        })
      const join = Join.all
      const failing = implement(split(() => failAfter(10, "bad")).join(join, ({ to }) => to.Done("joined")))
      expect(yield* branchEvents(failing)).toEqual(["BranchFailed deciding", "BranchInterrupted other"])
      const dying = implement(split(() => dieAfter(10, "dead")).join(join, ({ to }) => to.Done("joined")))
      expect(yield* branchEvents(dying)).toEqual(["BranchFailed deciding", "BranchInterrupted other"])
      const gone = implement(
        split(() => Effect.andThen(Effect.sleep(10), Effect.interrupt)).join(join, ({ to }) => to.Done("joined"))
      )
      expect(yield* branchEvents(gone)).toEqual(["BranchInterrupted deciding", "BranchInterrupted other"])
      const late = implement(
        split(() => Effect.never)
          .join(join, ({ to }) => to.Done("joined"))
          .timeout(10)
      )
      expect(yield* branchEvents(late)).toEqual(["BranchInterrupted deciding", "BranchInterrupted other"])
      const partial = implement(
        split(() => succeedAfter(10, "good")).join(Join.partialTimeout(20), ({ to }) => to.Done("joined"))
      )
      expect(yield* branchEvents(partial)).toEqual(["BranchSucceeded deciding", "BranchInterrupted other"])
    })
  )

  it.effect("end with RunFinished when the run is interrupted, after its branches", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", { a: () => Effect.never, b: () => Effect.ensuring(Effect.never, Effect.sleep(50)) }).join(
          Join.all,
          ({ to }) => to.Done("never")
        )
      )
      const handle = yield* workflow.fork()
      yield* TestClock.adjust(10)
      yield* Effect.forkChild(handle.interrupt)
      yield* TestClock.adjust(100)
      const events = yield* Stream.runCollect(handle.events)
      expect(events.map(told).slice(5)).toEqual([
        "10 Work BranchInterrupted a in attempt 1 after 10",
        "60 Work BranchInterrupted b in attempt 1 after 60",
        "60 Work AttemptInterrupted 1 after 60",
        "60 Work RunFinished after 60: interrupted"
      ])
      const last = events.at(-1)
      expect(last?._tag === "RunFinished" && isInterrupted(last.exit)).toBe(true)
    })
  )

  it.effect("end with the exit of a run that failed", () =>
    Effect.gen(function* () {
      const error = new Boom({ id: "bad" })
      const workflow = implement(
        Fan.task("Work", ({ run, to }) => (run.id === "" ? Effect.succeed(to.Done("never")) : Effect.fail(error)))
      )
      const handle = yield* workflow.fork(undefined, { id: "run-1" })
      const last = (yield* Stream.runCollect(handle.events)).at(-1)
      expect(last?._tag).toBe("RunFinished")
      const exit = last?._tag === "RunFinished" ? last.exit : Exit.void
      expect(yield* Effect.flip(exit)).toBe(error)
    })
  )

  it.effect("are the same for one who comes late, one who comes early, and each of several", () =>
    Effect.gen(function* () {
      const handle = yield* order.fork("book")
      const early = yield* Effect.forkChild(briefs(handle.events))
      yield* TestClock.adjust(15)
      const midway = yield* Effect.forkChild(briefs(handle.events))
      yield* TestClock.adjust(1_000)
      const late = yield* briefs(handle.events)
      expect(late).toHaveLength(13)
      expect(yield* Fiber.join(early)).toEqual(late)
      expect(yield* Fiber.join(midway)).toEqual(late)
      expect(yield* briefs(handle.events)).toEqual(late)
    })
  )

  it.effect("are not held up by a consumer that is slow", () =>
    Effect.gen(function* () {
      const handle = yield* order.fork("book")
      const seen: Array<string> = []
      const consuming = yield* Effect.forkChild(
        Stream.runForEach(handle.events, (event) =>
          Effect.andThen(
            Effect.sleep("1 hour"),
            Effect.sync(() => seen.push(told(event)))
          )
        )
      )
      yield* TestClock.adjust(30)
      expect(Exit.isSuccess(ended(handle.fiber))).toBe(true)
      expect(seen).toEqual([])
      yield* TestClock.adjust("1 day")
      yield* Fiber.join(consuming)
      expect(seen).toEqual(yield* briefs(handle.events))
    })
  )

  it.effect("of a long run are kept up to a limit, the last ones", () =>
    Effect.gen(function* () {
      const workflow = Loop.implement({
        Again: ({ payload, to }) => (payload < 5_000 ? to.Again(payload + 1) : to.Done(payload))
      })
      const handle = yield* workflow.fork(0)
      yield* Fiber.join(handle.fiber)
      const events = yield* Stream.runCollect(handle.events)
      expect(events).toHaveLength(1_024)
      expect(events.slice(-4).map((event) => event._tag)).toEqual([
        "StateEntered",
        "AttemptStarted",
        "TransitionTaken",
        "RunFinished"
      ])
      expect(events.at(-4)).toMatchObject({ payload: 5_000 })
    })
  )

  it.effect("are the run's own", () =>
    Effect.gen(function* () {
      const first = yield* order.fork("book", { id: "first" })
      const second = yield* order.fork("magazine", { id: "second" })
      yield* TestClock.adjust(100)
      const ids = (handle: typeof first) =>
        Effect.map(Stream.runCollect(handle.events), (events) => new Set(events.map((event) => event.runId)))
      expect(yield* ids(first)).toEqual(new Set(["first"]))
      expect(yield* ids(second)).toEqual(new Set(["second"]))
    })
  )
})
