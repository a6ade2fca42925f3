/** Signals: what a run is sent from outside, kept until a state waits for it, and taken once. */
import { describe, expect, it } from "@effect/vitest"
import { Array, Context, Effect, Exit, Fiber, Layer, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { RunIdInUse, RunNotFound, RunTimeout, StateTimeout, Workflow, WorkflowDefinitionError } from "sluice"
import { untyped } from "../support/loose.ts"
import { Boom, defectsOf, ended, errorOf, isInterrupted, settle, succeedAfter, valueOf } from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

/** Is drafted for 100 milliseconds, and then waits. */
class Request extends Workflow.define("Request")
  .signal("Approval", Schema.Struct({ by: Schema.String }))
  .signal("Withdrawal", Schema.Void)
  .state("Draft", Schema.String, ["Review"])
  .state("Review", Schema.String, ["Approved", "Closed"])
  .exit("Approved", Schema.String)
  .exit("Closed", Schema.String)
  .start("Draft", "Review") {}

const Draft = Request.task("Draft", ({ payload, to }) => succeedAfter(100, to.Review(payload)))

const Review = Request.wait("Review", {
  Approval: ({ payload, signal, to }) => to.Approved(`${payload} by ${signal.by}`),
  Withdrawal: ({ payload, to }) => to.Closed(payload)
})

const request = Request.implement({ Draft, Review })

/** Forks a run, and lets it come to its wait. */
const waiting = (id: string) => Effect.tap(request.fork("plan", { id }), TestClock.adjust(100))

/** What sending a signal to nobody fails with. */
const notFound = (runId: string) => new RunNotFound({ workflow: "Request", runId })

describe("a signal", () => {
  it.effect("goes where its function says, with the payloads of signal and state", () =>
    Effect.gen(function* () {
      const handle = yield* waiting("a")
      expect(handle.fiber.pollUnsafe()).toBeUndefined()
      expect(yield* handle.state).toBe("Review")
      yield* handle.signal("Approval", { by: "Ada" })
      expect(yield* Fiber.join(handle.fiber)).toEqual({ _tag: "Approved", payload: "plan by Ada" })
    })
  )

  it.effect("needs no payload when its schema is void", () =>
    Effect.gen(function* () {
      const handle = yield* waiting("a")
      yield* handle.signal("Withdrawal")
      expect(yield* Fiber.join(handle.fiber)).toEqual({ _tag: "Closed", payload: "plan" })
    })
  )

  it.effect("is sent through the handle, the workflow, or the definition and its Layer", () =>
    Effect.gen(function* () {
      const first = yield* waiting("first")
      yield* first.signal("Approval", { by: "the handle" })
      expect((yield* Fiber.join(first.fiber)).payload).toBe("plan by the handle")

      const second = yield* waiting("second")
      yield* request.signal("second", "Approval", { by: "the workflow" })
      expect((yield* Fiber.join(second.fiber)).payload).toBe("plan by the workflow")

      const behindLayer = Effect.gen(function* () {
        const third = yield* Request.fork("plan", { id: "third" })
        yield* TestClock.adjust(100)
        yield* Request.signal("third", "Approval", { by: "the definition" })
        expect((yield* Fiber.join(third.fiber)).payload).toBe("plan by the definition")
        const fourth = yield* Request.fork("plan", { id: "fourth" })
        yield* TestClock.adjust(100)
        yield* Request.signal("fourth", "Withdrawal")
        expect((yield* Fiber.join(fourth.fiber))._tag).toBe("Closed")
      })
      yield* Effect.provide(behindLayer, Request.layer({ Draft, Review }))
    })
  )

  it.effect("reaches a run that is waited for, and not only one that was forked", () =>
    Effect.gen(function* () {
      const run = yield* Effect.forkChild(request.run("plan", { id: "a" }))
      yield* TestClock.adjust(100)
      yield* request.signal("a", "Withdrawal")
      expect((yield* Fiber.join(run))._tag).toBe("Closed")
      const later = yield* Effect.forkChild(request.runFrom("Review", "plan", "plan", { id: "a" }))
      yield* TestClock.adjust(0)
      yield* request.signal("a", "Withdrawal")
      expect((yield* Fiber.join(later))._tag).toBe("Closed")
    })
  )

  it.effect("can be sent as soon as the run is forked, by its handle", () =>
    Effect.gen(function* () {
      const handle = yield* request.fork("plan")
      yield* handle.signal("Withdrawal")
      yield* TestClock.adjust(100)
      expect((yield* Fiber.join(handle.fiber))._tag).toBe("Closed")
    })
  )

  it.effect("can be sent as soon as the run is forked, by its id", () =>
    Effect.gen(function* () {
      const handle = yield* request.fork("plan", { id: "a" })
      yield* request.signal("a", "Withdrawal")
      yield* TestClock.adjust(100)
      expect((yield* Fiber.join(handle.fiber))._tag).toBe("Closed")
    })
  )

  it.effect("that comes before its wait is kept", () =>
    Effect.gen(function* () {
      const handle = yield* request.fork("plan", { id: "a" })
      yield* TestClock.adjust(50)
      yield* request.signal("a", "Approval", { by: "Ada" })
      expect(yield* handle.state).toBe("Draft")
      yield* TestClock.adjust(50)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Approved", payload: "plan by Ada" }))
    })
  )

  it.effect("is the first that came, whichever of the names it has", () =>
    Effect.gen(function* () {
      const handle = yield* request.fork("plan")
      yield* handle.signal("Withdrawal")
      yield* handle.signal("Approval", { by: "Ada" })
      yield* TestClock.adjust(100)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Closed", payload: "plan" }))
    })
  )

  it.effect("is the run's own", () =>
    Effect.gen(function* () {
      const first = yield* waiting("first")
      const second = yield* waiting("second")
      yield* request.signal("second", "Approval", { by: "Ada" })
      expect((yield* Fiber.join(second.fiber)).payload).toBe("plan by Ada")
      yield* TestClock.adjust("1 day")
      expect(first.fiber.pollUnsafe()).toBeUndefined()
      yield* first.signal("Approval", { by: "Bob" })
      expect((yield* Fiber.join(first.fiber)).payload).toBe("plan by Bob")
    })
  )

  it.effect("can be sent by the run to itself", () =>
    Effect.gen(function* () {
      const itself: Workflow.Workflow<typeof Request, RunNotFound, never> = Request.implement({
        *Draft({ payload, run, to }) {
          yield* itself.signal(run.id, "Approval", { by: "itself" })
          return to.Review(payload)
        },
        Review
      })
      expect((yield* valueOf(itself.run("plan"))).payload).toBe("plan by itself")
    })
  )

  it.effect("that is not declared is refused, and leaves the run as it was", () =>
    Effect.gen(function* () {
      const handle = yield* waiting("a")
      const send = untyped<(id: string, name: string) => Effect.Effect<void, RunNotFound>>(request.signal)
      const [defect] = defectsOf(yield* Effect.exit(send("a", "Typo")))
      expect(defect).toBeInstanceOf(WorkflowDefinitionError)
      expect(defect).toMatchObject({ workflow: "Request", problems: ["'Typo' is not a signal"] })
      yield* handle.signal("Withdrawal")
      expect((yield* Fiber.join(handle.fiber))._tag).toBe("Closed")
    })
  )
})

describe("signals that are kept", () => {
  /** From its tenth millisecond it waits for numbers until it is told to stop, takes one more, and gives them in order. */
  class Collect extends Workflow.define("Collect")
    .signal("Item", Schema.Number)
    .signal("Stop", Schema.Void)
    .store({ items: Workflow.cell(Schema.Array(Schema.Number), { initial: [] }) })
    .state("Begin", Schema.Void, ["Next"])
    .state("Next", Schema.Void, ["Next", "Last"])
    .state("Last", Schema.Void, ["Done"])
    .exit("Done", Schema.Array(Schema.Number))
    .start("Begin") {}

  const collect = Collect.implement({
    Begin: ({ to }) => succeedAfter(10, to.Next()),
    Next: Collect.wait("Next", {
      Item: ({ signal, store, to }) => Effect.as(store.append("items", signal), to.Next()),
      Stop: ({ to }) => to.Last()
    }),
    Last: Collect.wait("Last", {
      *Item({ signal, store, to }) {
        return to.Done([...(yield* store.get("items")), signal])
      }
    })
  })

  it.effect("are taken once each, the oldest first", () =>
    Effect.gen(function* () {
      const handle = yield* collect.fork()
      for (const item of [3, 1, 2]) yield* handle.signal("Item", item)
      yield* handle.signal("Stop")
      yield* TestClock.adjust("1 day")
      expect(handle.fiber.pollUnsafe()).toBeUndefined()
      expect(yield* handle.state).toBe("Last")
      yield* handle.signal("Item", 4)
      expect((yield* Fiber.join(handle.fiber)).payload).toEqual([3, 1, 2, 4])
    })
  )

  it.effect("are taken as they come by a state that is entered again and again", () =>
    Effect.gen(function* () {
      const handle = yield* collect.fork()
      yield* TestClock.adjust(10)
      for (const item of [3, 1, 2]) yield* handle.signal("Item", item)
      yield* handle.signal("Stop")
      yield* handle.signal("Item", 4)
      expect((yield* Fiber.join(handle.fiber)).payload).toEqual([3, 1, 2, 4])
    })
  )

  it.effect("are passed over by a state that does not wait for them, and keep their order", () =>
    Effect.gen(function* () {
      const handle = yield* collect.fork()
      yield* handle.signal("Stop")
      yield* handle.signal("Stop")
      for (const item of [1, 2]) yield* handle.signal("Item", item)
      yield* TestClock.adjust(10)
      expect((yield* Fiber.join(handle.fiber)).payload).toEqual([1])
    })
  )

  it.effect("may be thousands", () =>
    Effect.gen(function* () {
      const items = Array.range(1, 5_000)
      const handle = yield* collect.fork()
      for (const item of items.slice(0, -1)) yield* handle.signal("Item", item)
      yield* handle.signal("Stop")
      yield* handle.signal("Item", 5_000)
      yield* TestClock.adjust(10)
      expect((yield* Fiber.join(handle.fiber)).payload).toEqual(items)
    })
  )
})

describe("a function for a signal", () => {
  it.effect("is given all that any other function of a handler is", () =>
    Effect.gen(function* () {
      class Counted extends Workflow.define("Counted")
        .signal("Go", Schema.Number)
        .store({ count: Workflow.cell(Schema.Number, { initial: 7 }) })
        .state("First", Schema.String, ["Wait"])
        .state("Wait", Schema.Boolean, ["Done"])
        .exit("Done", Workflow.type<unknown>())
        .start("First") {}
      const counted = Counted.implement({
        First: ({ to }) => to.Wait(true),
        Wait: Counted.wait("Wait", {
          *Go({ attempt, input, payload, run, signal, state, store, to }) {
            return to.Done({ attempt, input, payload, id: run.id, signal, state, count: yield* store.get("count") })
          }
        })
      })
      const handle = yield* counted.fork("in", { id: "a" })
      yield* handle.signal("Go", 3)
      expect((yield* Fiber.join(handle.fiber)).payload).toEqual({
        attempt: 1,
        input: "in",
        payload: true,
        id: "a",
        signal: 3,
        state: "Wait",
        count: 7
      })
    })
  )

  it.effect("can wait, use services, and acquire what is released at the end of the visit", () =>
    Effect.gen(function* () {
      class Names extends Context.Service<Names, { readonly of: (id: string) => Effect.Effect<string> }>()(
        "test/Names"
      ) {}
      const time = new Timeline()
      const named = Request.implement({
        Draft,
        Review: Request.wait("Review", {
          *Approval({ signal, to }) {
            yield* time.resource("ledger")
            const name = yield* Names.use((_) => _.of(signal.by))
            yield* time.mark(name)
            return to.Approved(name)
          },
          Withdrawal: ({ to }) => Effect.succeed(to.Closed(""))
        })
      })
      const program = Effect.gen(function* () {
        const handle = yield* named.fork("plan")
        yield* handle.signal("Approval", { by: "ada" })
        yield* TestClock.adjust(150)
        expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Approved", payload: "Ada L." }))
      })
      const names = Layer.succeed(Names, Names.of({ of: () => succeedAfter(50, "Ada L.") }))
      yield* Effect.provide(program, names)
      expect(time.entries).toEqual(["100 ledger acquired", "150 Ada L.", "150 ledger released"])
    })
  )

  it.effect("that dies ends the run with its defect", () =>
    Effect.gen(function* () {
      const bug = new Error("bug")
      const broken = Request.implement({
        Draft,
        Review: Request.wait("Review", {
          Approval: ({ signal, to }) => {
            if (signal.by !== "") throw bug
            return to.Approved("never")
          },
          Withdrawal: ({ to }) => to.Closed("")
        })
      })
      const handle = yield* broken.fork("plan")
      yield* handle.signal("Approval", { by: "Ada" })
      yield* TestClock.adjust(100)
      expect(defectsOf(ended(handle.fiber))).toEqual([bug])
    })
  )
})

describe("policies around a wait", () => {
  const flaky = Request.wait("Review", {
    Approval: ({ attempt, payload, signal, to }) =>
      signal.by === "nobody"
        ? Effect.fail(new Boom({ id: `attempt ${attempt}` }))
        : Effect.succeed(to.Approved(`${payload} by ${signal.by} at attempt ${attempt}`)),
    Withdrawal: ({ payload, to }) => to.Closed(payload)
  })

  it.effect("retry finds the signal that the failed attempt took", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const Review = Request.wait("Review", {
        Approval: ({ attempt, payload, signal, to }) => {
          seen.push(`${signal.by} at attempt ${attempt}`)
          return attempt < 3
            ? Effect.fail(new Boom({ id: "busy" }))
            : Effect.succeed(to.Approved(`${payload} by ${signal.by}`))
        },
        Withdrawal: ({ to }) => to.Closed("withdrawn")
      })
      const handle = yield* Request.implement({ Draft, Review: Review.retry({ times: 2 }) }).fork("plan")
      yield* handle.signal("Approval", { by: "Ada" })
      yield* handle.signal("Approval", { by: "Bob" })
      yield* TestClock.adjust(100)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Approved", payload: "plan by Ada" }))
      expect(seen).toEqual(["Ada at attempt 1", "Ada at attempt 2", "Ada at attempt 3"])
    })
  )

  it.effect("catch takes what the function of a signal fails with", () =>
    Effect.gen(function* () {
      const caught = flaky.catchTag("Boom", ({ error, to }) => to.Closed(error.id))
      const handle = yield* Request.implement({ Draft, Review: caught }).fork("plan")
      yield* handle.signal("Approval", { by: "nobody" })
      yield* TestClock.adjust(100)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Closed", payload: "attempt 1" }))
    })
  )

  it.effect("without one, a failure is that of the run", () =>
    Effect.gen(function* () {
      const handle = yield* Request.implement({ Draft, Review: flaky }).fork("plan")
      yield* handle.signal("Approval", { by: "nobody" })
      yield* TestClock.adjust(100)
      expect(errorOf(ended(handle.fiber))).toEqual(new Boom({ id: "attempt 1" }))
    })
  )

  it.effect("timeout bounds the wait", () =>
    Effect.gen(function* () {
      const limited = Request.implement({ Draft, Review: Review.timeout("1 second") })
      const late = yield* limited.fork("plan")
      yield* TestClock.adjust(1_099)
      expect(late.fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1)
      expect(errorOf(ended(late.fiber))).toMatchObject({ _tag: "StateTimeout", state: "Review" })
      expect(errorOf(ended(late.fiber))).toBeInstanceOf(StateTimeout)
      const early = yield* limited.fork("plan")
      yield* TestClock.adjust(1_000)
      yield* early.signal("Withdrawal")
      expect((yield* Fiber.join(early.fiber))._tag).toBe("Closed")
    })
  )

  it.effect("a timeout loses no signal: one that comes later is there for the next wait", () =>
    Effect.gen(function* () {
      class Escalate extends Workflow.define("Escalate")
        .signal("Answer", Schema.String)
        .state("Ask", Schema.Void, ["AskBoss", "Done"])
        .state("AskBoss", Schema.Void, ["Done"])
        .exit("Done", Schema.String)
        .start("Ask") {}
      const escalate = Escalate.implement({
        Ask: Escalate.wait("Ask", { Answer: ({ signal, to }) => to.Done(signal) })
          .timeout(100)
          .catchTag("StateTimeout", ({ to }) => succeedAfter(50, to.AskBoss())),
        AskBoss: Escalate.wait("AskBoss", { Answer: ({ signal, to }) => to.Done(`boss: ${signal}`) })
      })
      const handle = yield* escalate.fork()
      yield* TestClock.adjust(120)
      yield* handle.signal("Answer", "yes")
      yield* TestClock.adjust(30)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Done", payload: "boss: yes" }))

      // At the very moment of the timeout, before it or after it, the signal is taken by one of the two, and once.
      const sender = (id: string) =>
        Effect.forkChild(
          Effect.andThen(Effect.sleep(100), Effect.orDie(escalate.signal(id, "Answer", "on the stroke")))
        )
      yield* sender("before")
      yield* Effect.yieldNow
      const before = yield* escalate.fork(undefined, { id: "before" })
      const after = yield* escalate.fork(undefined, { id: "after" })
      yield* Effect.yieldNow
      yield* sender("after")
      yield* TestClock.adjust(150)
      for (const { fiber } of [before, after]) {
        const exit = ended(fiber)
        expect(Exit.isSuccess(exit) && exit.value.payload).toMatch(/^(boss: )?on the stroke$/)
      }
    })
  )

  it.effect("retry after a timeout finds the signal that came in between", () =>
    Effect.gen(function* () {
      const again = Request.implement({
        Draft,
        Review: Review.timeout(100).retry({ while: (error) => error._tag === "StateTimeout", times: 5 })
      })
      const handle = yield* again.fork("plan")
      yield* TestClock.adjust(350)
      yield* handle.signal("Approval", { by: "Ada" })
      expect((yield* Fiber.join(handle.fiber)).payload).toBe("plan by Ada")
    })
  )
})

describe("a run that waits", () => {
  it.effect("is interrupted at once, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const handle = yield* waiting("a")
      yield* Effect.onExit(handle.interrupt, () => time.mark("interrupted"))
      expect(time.entries).toEqual(["100 interrupted"])
      expect(isInterrupted(ended(handle.fiber))).toBe(true)
      expect(yield* Effect.flip(request.signal("a", "Withdrawal"))).toEqual(notFound("a"))
      expect(yield* Effect.flip(handle.signal("Withdrawal"))).toEqual(notFound("a"))
      // The id is free, and the new run has nothing of the old one.
      const again = yield* waiting("a")
      yield* TestClock.adjust("1 day")
      expect(again.fiber.pollUnsafe()).toBeUndefined()
      yield* request.signal("a", "Approval", { by: "Ada" })
      expect((yield* Fiber.join(again.fiber)).payload).toBe("plan by Ada")
    })
  )

  it.effect("takes what it had not taken with it", () =>
    Effect.gen(function* () {
      const first = yield* request.fork("plan", { id: "a" })
      yield* TestClock.adjust(50)
      yield* request.signal("a", "Withdrawal")
      yield* first.interrupt
      const second = yield* waiting("a")
      yield* TestClock.adjust("1 day")
      expect(second.fiber.pollUnsafe()).toBeUndefined()
    })
  )

  it.effect("can be one of thousands, each with its own signal", () =>
    Effect.gen(function* () {
      const ids = Array.makeBy(5_000, (i) => `run-${i}`)
      const handles = yield* Effect.forEach(ids, (id) => request.fork(id, { id }))
      yield* TestClock.adjust(100)
      yield* Effect.forEach(
        ids.filter((_, i) => i % 2 === 0),
        (id) => request.signal(id, "Approval", { by: id })
      )
      yield* TestClock.adjust(0)
      const done = handles.filter((handle) => handle.fiber.pollUnsafe() !== undefined)
      expect(done).toHaveLength(2_500)
      for (const { fiber, id } of done)
        expect(ended(fiber)).toEqual(Exit.succeed({ _tag: "Approved", payload: `${id} by ${id}` }))
      yield* Effect.forEach(
        ids.filter((_, i) => i % 2 === 1),
        (id) => request.signal(id, "Withdrawal")
      )
      const outcomes = yield* Effect.forEach(handles, (handle) => Fiber.join(handle.fiber))
      expect(outcomes.filter((outcome) => outcome._tag === "Closed")).toHaveLength(2_500)
      expect(yield* Effect.flip(request.signal("run-0", "Withdrawal"))).toEqual(notFound("run-0"))
    })
  )

  it.effect("is ended by the limit of the run, and is not found any more", () =>
    Effect.gen(function* () {
      const handle = yield* request.fork("plan", { id: "a", timeout: "1 minute" })
      yield* TestClock.adjust("1 minute")
      expect(errorOf(ended(handle.fiber))).toBeInstanceOf(RunTimeout)
      expect(yield* Effect.flip(request.signal("a", "Withdrawal"))).toEqual(notFound("a"))
    })
  )

  it.effect("tells that it waits, the signal that comes, and when it has left its state", () =>
    Effect.gen(function* () {
      const handle = yield* waiting("a")
      yield* TestClock.adjust(900)
      yield* handle.signal("Withdrawal")
      const events = yield* Stream.runCollect(handle.events)
      expect(events.map(({ _tag, time }) => `${time} ${_tag}`)).toEqual([
        "0 RunStarted",
        "0 StateEntered",
        "0 AttemptStarted",
        "100 TransitionTaken",
        "100 StateEntered",
        "100 AttemptStarted",
        "100 Waiting",
        "1000 Signalled",
        "1000 TransitionTaken",
        "1000 RunFinished"
      ])
      expect(events.find(({ _tag }) => _tag === "Waiting")).toMatchObject({
        for: "signal",
        signals: ["Approval", "Withdrawal"]
      })
    })
  )
})

describe("a signal to no run", () => {
  it.effect("fails with RunNotFound, which names workflow and run", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(request.signal("nobody", "Withdrawal"))
      expect(error).toEqual(notFound("nobody"))
      expect(error.message).toBe("Workflow 'Request' has no run 'nobody' in progress")
      const layer = Request.layer({ Draft, Review })
      expect(yield* Effect.flip(Effect.provide(Request.signal("nobody", "Withdrawal"), layer))).toEqual(
        notFound("nobody")
      )
    })
  )

  it.effect("is one to a run that has ended, however it did", () =>
    Effect.gen(function* () {
      const ways = {
        "reached an exit": Effect.succeed("exit" as const),
        failed: Effect.fail(new Boom({ id: "bad" })),
        died: Effect.die("bug"),
        "was interrupted by itself": Effect.interrupt
      }
      for (const [id, way] of Object.entries(ways)) {
        const workflow = Request.implement({
          Draft: ({ payload, to }) => Effect.as(way, to.Review(payload)),
          Review: Review.after(10, ({ to }) => to.Closed("late"))
        })
        const handle = yield* workflow.fork("plan", { id })
        yield* TestClock.adjust(10)
        expect(handle.fiber.pollUnsafe()).toBeDefined()
        expect(yield* Effect.flip(workflow.signal(id, "Withdrawal"))).toEqual(notFound(id))
        expect(yield* Effect.flip(handle.signal("Withdrawal"))).toEqual(notFound(id))
      }
    })
  )

  it.effect("is one to a run of another workflow, or of another Layer of the same", () =>
    Effect.gen(function* () {
      const other = Request.implement({ Draft, Review })
      yield* waiting("a")
      expect(yield* Effect.flip(other.signal("a", "Withdrawal"))).toEqual(notFound("a"))
      const elsewhere = Effect.provide(Request.signal("a", "Withdrawal"), Request.layer({ Draft, Review }))
      expect(yield* Effect.flip(elsewhere)).toEqual(notFound("a"))
      yield* request.signal("a", "Withdrawal")
    })
  )

  it.effect("is one to a run that was described and not started", () =>
    Effect.gen(function* () {
      const run = request.run("plan", { id: "a" })
      expect(yield* Effect.flip(request.signal("a", "Withdrawal"))).toEqual(notFound("a"))
      // The same description can be run any number of times, one after the other.
      for (const _ of [1, 2]) {
        const fiber = yield* Effect.forkChild(run)
        yield* TestClock.adjust(100)
        yield* request.signal("a", "Withdrawal")
        expect((yield* Fiber.join(fiber))._tag).toBe("Closed")
      }
    })
  )
})

describe("two runs of one id", () => {
  it.effect("cannot be in progress at once: the second dies, and the first goes on", () =>
    Effect.gen(function* () {
      const first = yield* waiting("a")
      const exit = yield* settle(request.run("other", { id: "a" }))
      expect(defectsOf(exit)).toEqual([new RunIdInUse({ workflow: "Request", runId: "a" })])
      expect((defectsOf(exit)[0] as RunIdInUse).message).toBe("Workflow 'Request' has a run 'a' in progress already")
      yield* request.signal("a", "Approval", { by: "Ada" })
      expect((yield* Fiber.join(first.fiber)).payload).toBe("plan by Ada")
    })
  )

  it.effect("do no work before that is found out", () =>
    Effect.gen(function* () {
      let drafted = 0
      const counted = Request.implement({
        Draft: ({ payload, to }) => {
          drafted++
          return to.Review(payload)
        },
        Review
      })
      yield* counted.fork("plan", { id: "a" })
      yield* TestClock.adjust(0)
      yield* settle(counted.run("plan", { id: "a" }))
      expect(drafted).toBe(1)
    })
  )

  it.effect("can follow each other, and can be of two workflows", () =>
    Effect.gen(function* () {
      for (const _ of [1, 2]) {
        const handle = yield* waiting("a")
        yield* request.signal("a", "Withdrawal")
        yield* Fiber.join(handle.fiber)
      }
      const other = Request.implement({ Draft, Review })
      const first = yield* waiting("a")
      const second = yield* other.fork("plan", { id: "a" })
      yield* TestClock.adjust(100)
      yield* other.signal("a", "Approval", { by: "Bob" })
      expect((yield* Fiber.join(second.fiber)).payload).toBe("plan by Bob")
      expect(first.fiber.pollUnsafe()).toBeUndefined()
    })
  )

  it.effect(
    "cannot be in progress at once where there are no signals either, unless a random id is given to each",
    () =>
      Effect.gen(function* () {
        class Silent extends Workflow.define("Silent")
          .state("Work", Schema.Void, ["Done"])
          .exit("Done", Schema.String)
          .start("Work") {}
        const silent = Silent.implement({ Work: ({ run, to }) => succeedAfter(10, to.Done(run.id)) })
        const first = yield* silent.fork(undefined, { id: "a" })
        const exit = yield* settle(silent.run(undefined, { id: "a" }))
        expect(defectsOf(exit)).toEqual([new RunIdInUse({ workflow: "Silent", runId: "a" })])
        expect((yield* valueOf(Fiber.join(first.fiber))).payload).toBe("a")
        const others = Effect.all([silent.run(), silent.run()], { concurrency: "unbounded" })
        expect(new Set((yield* valueOf(others)).map((outcome) => outcome.payload)).size).toBe(2)
      })
  )
})

describe("a signal to a called workflow", () => {
  class Purchase extends Workflow.define("Purchase")
    .signal("Approval", Schema.Struct({ by: Schema.String }))
    .state("Permit", Schema.String, ["Ask"])
    .state("Ask", Schema.String, ["Done"])
    .exit("Done", Schema.String)
    .start("Permit") {}

  const purchase = Purchase.implement({
    Permit: Purchase.call("Permit", Request, ({ payload }) => payload, {
      Approved: ({ result, to }) => to.Ask(result),
      Closed: ({ result, to }) => to.Ask(`closed ${result}`)
    }),
    Ask: Purchase.wait("Ask", { Approval: ({ payload, signal, to }) => to.Done(`${payload}, then by ${signal.by}`) })
  })

  it.effect("is sent by the id of its run: that of the caller and the state", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const handle = yield* purchase.fork("plan", { id: "a" })
        yield* TestClock.adjust(100)
        // The caller has a signal of the same name, which is another.
        yield* handle.signal("Approval", { by: "Bob" })
        yield* TestClock.adjust("1 day")
        expect(yield* handle.state).toBe("Permit")
        expect(yield* Effect.flip(Request.signal("a", "Withdrawal"))).toEqual(notFound("a"))
        yield* Request.signal("a/Permit", "Approval", { by: "Ada" })
        expect((yield* Fiber.join(handle.fiber)).payload).toBe("plan by Ada, then by Bob")
        expect(yield* Effect.flip(Request.signal("a/Permit", "Withdrawal"))).toEqual(notFound("a/Permit"))
      })
      yield* Effect.provide(program, Request.layer({ Draft, Review }))
    })
  )

  it.effect("finds nobody once the caller was interrupted", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const handle = yield* purchase.fork("plan", { id: "a" })
        yield* TestClock.adjust(100)
        yield* handle.interrupt
        expect(yield* Effect.flip(Request.signal("a/Permit", "Withdrawal"))).toEqual(notFound("a/Permit"))
      })
      yield* Effect.provide(program, Request.layer({ Draft, Review }))
    })
  )
})

describe("the graph", () => {
  it("shows the signals of the definition, and those a state waits for", () => {
    expect(Request.graph.signals.map((signal) => signal.name)).toEqual(["Approval", "Withdrawal"])
    const review = request.graph.places.find((place) => place.name === "Review")
    expect(review?.work).toEqual({ kind: "wait", signals: ["Approval", "Withdrawal"], policies: [] })
  })
})
