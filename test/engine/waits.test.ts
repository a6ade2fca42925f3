/** States that wait for a time: the limits of waits, pauses, and transitions that take effect later. */
import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import { Clock, DateTime, Duration, Effect, Exit, Fiber, Schedule, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type Handler, InvalidLimit, Join, RunTimeout, Workflow } from "sluice"
import { sleepyClock } from "../support/clock.ts"
import { Boom, defectsOf, ended, errorOf, isInterrupted, settle, succeedAfter, valueOf } from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

/** Waits for an answer; the exit tells how it went on. */
class Ask extends Workflow.define("Ask")
  .signal("Answer", Schema.String)
  .state("Wait", Schema.Number, ["Answered", "Late"])
  .exit("Answered", Schema.String)
  .exit("Late", Schema.String)
  .start("Wait") {}

const wait = Ask.wait("Wait", { Answer: ({ signal, to }) => to.Answered(signal) })

/** The instant so many milliseconds after the test began. */
const instant = (millis: number) => DateTime.makeUnsafe(millis)

/** Whether a run is still going on. */
const isRunning = <A, E>(handle: { readonly fiber: Fiber.Fiber<A, E> }) => handle.fiber.pollUnsafe() === undefined

describe("the limit of a wait", () => {
  const implement = <E, R>(handler: Handler.Handler<typeof Ask, "Wait", "Answered" | "Late", E, R>) =>
    Ask.implement({ Wait: handler })

  it.effect.each([
    { name: "a text", limit: "1 second" },
    { name: "milliseconds", limit: 1_000 },
    { name: "a Duration", limit: Duration.seconds(1) },
    { name: "an instant", limit: instant(1_000) },
    { name: "an instant in a time zone", limit: DateTime.setZoneOffset(instant(1_000), 3_600_000) }
  ] as const)("is $name", ({ limit }) =>
    Effect.gen(function* () {
      const workflow = implement(wait.after(limit, ({ payload, to }) => to.Late(`late ${payload}`)))
      const handle = yield* workflow.fork(7)
      yield* TestClock.adjust(999)
      expect(isRunning(handle)).toBe(true)
      yield* TestClock.adjust(1)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Late", payload: "late 7" }))
    })
  )

  it.effect("is no limit for a signal in time, and does nothing afterwards", () =>
    Effect.gen(function* () {
      let late = 0
      const workflow = implement(
        wait.after("1 second", ({ to }) => {
          late++
          return to.Late("late")
        })
      )
      const handle = yield* workflow.fork(7)
      yield* TestClock.adjust(999)
      yield* handle.signal("Answer", "yes")
      expect(yield* Fiber.join(handle.fiber)).toEqual({ _tag: "Answered", payload: "yes" })
      yield* TestClock.adjust("1 day")
      expect(late).toBe(0)
    })
  )

  it.effect("when there is none, the state waits for ever", () =>
    Effect.gen(function* () {
      const handle = yield* implement(wait.catch(({ to }) => to.Late("never"))).fork(7)
      yield* TestClock.adjust("3650 days")
      expect(isRunning(handle)).toBe(true)
      yield* handle.signal("Answer", "at last")
      expect((yield* Fiber.join(handle.fiber)).payload).toBe("at last")
    })
  )

  it.effect("that is infinite is none", () =>
    Effect.gen(function* () {
      const handle = yield* implement(wait.after(Duration.infinity, ({ to }) => to.Late("never"))).fork(7)
      yield* TestClock.adjust("3650 days")
      expect(isRunning(handle)).toBe(true)
      yield* handle.signal("Answer", "at last")
      expect((yield* Fiber.join(handle.fiber)).payload).toBe("at last")
    })
  )

  it.effect("that has passed already is up at once", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      for (const limit of [instant(0), instant(3_600_000), 0, Duration.zero] as const) {
        const handle = yield* implement(wait.after(limit, ({ to }) => to.Late("at once"))).fork(7)
        yield* TestClock.adjust(0)
        expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Late", payload: "at once" }))
      }
    })
  )

  it.effect("is a function of the context, of either kind", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const byPayload = implement(
        wait.after(
          ({ attempt, input, payload, run, state }) => {
            seen.push({ attempt, input, payload, id: run.id, state })
            return payload
          },
          ({ to }) => to.Late("late")
        )
      )
      const first = yield* byPayload.fork(500, { id: "a" })
      yield* TestClock.adjust(499)
      expect(isRunning(first)).toBe(true)
      yield* TestClock.adjust(1)
      expect(isRunning(first)).toBe(false)
      expect(seen).toEqual([{ attempt: 1, input: 500, payload: 500, id: "a", state: "Wait" }])

      const byInstant = implement(
        wait.after(
          ({ payload }) => instant(payload),
          ({ to }) => to.Late("late")
        )
      )
      const second = yield* byInstant.fork(800)
      yield* TestClock.adjust(299)
      expect(isRunning(second)).toBe(true)
      yield* TestClock.adjust(1)
      expect(isRunning(second)).toBe(false)
    })
  )

  it.effect("whose function throws is a defect of the run", () =>
    Effect.gen(function* () {
      const bug = new Error("bug")
      const workflow = implement(
        wait.after(
          () => {
            throw bug
          },
          ({ to }) => to.Late("never")
        )
      )
      expect(defectsOf(yield* settle(workflow.run(7)))).toEqual([bug])
    })
  )

  it.effect("may be longer than 25 days", () =>
    Effect.gen(function* () {
      const handle = yield* implement(wait.after("400 days", ({ to }) => to.Late("late"))).fork(7)
      yield* TestClock.adjust("399 days")
      expect(isRunning(handle)).toBe(true)
      yield* TestClock.adjust("1 day")
      expect((yield* Fiber.join(handle.fiber)).payload).toBe("late")
    })
  )

  it.effect("leaves a signal that came before the wait its turn", () =>
    Effect.gen(function* () {
      class Slow extends Workflow.define("Slow")
        .signal("Answer", Schema.String)
        .state("Before", Schema.Void, ["Wait"])
        .state("Wait", Schema.Void, ["Done"])
        .exit("Done", Schema.String)
        .start("Before") {}
      const slow = Slow.implement({
        Before: ({ to }) => succeedAfter(100, to.Wait()),
        Wait: Slow.wait("Wait", { Answer: ({ signal, to }) => to.Done(signal) }).after(instant(50), ({ to }) =>
          to.Done("late")
        )
      })
      const handle = yield* slow.fork()
      yield* TestClock.adjust(99)
      yield* handle.signal("Answer", "in time")
      yield* TestClock.adjust(1)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Done", payload: "in time" }))
    })
  )

  it.effect("lets a signal count that is there when the time is up", () =>
    Effect.gen(function* () {
      const workflow = implement(wait.after(1_000, ({ to }) => to.Late("late")))
      // The sender has been asleep for longer than the run, so that of two who wake together it is the first.
      yield* Effect.forkChild(
        Effect.andThen(Effect.sleep(1_000), Effect.orDie(workflow.signal("a", "Answer", "on the stroke"))),
        { startImmediately: true }
      )
      const handle = yield* workflow.fork(7, { id: "a" })
      yield* TestClock.adjust(1_000)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Answered", payload: "on the stroke" }))
    })
  )

  it.effect("counts anew in each visit and in each attempt", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      class Remind extends Workflow.define("Remind")
        .signal("Answer", Schema.String)
        .state("Wait", Schema.Number, ["Wait", "Done"])
        .exit("Done", Schema.String)
        .start("Wait") {}
      const remind = Remind.implement({
        Wait: Remind.wait("Wait", { Answer: ({ signal, to }) => to.Done(signal) })
          .after(100, ({ attempt, payload, to }) =>
            time
              .mark(`visit ${payload} attempt ${attempt}`)
              .pipe(
                Effect.andThen(
                  attempt < 2 ? Effect.fail(new Boom({ id: "again" })) : Effect.succeed(to.Wait(payload + 1))
                )
              )
          )
          .retry(Schedule.spaced(10))
      })
      const handle = yield* remind.fork(1)
      yield* TestClock.adjust(430)
      expect(time.entries).toEqual([
        "100 visit 1 attempt 1",
        "210 visit 1 attempt 2",
        "310 visit 2 attempt 1",
        "420 visit 2 attempt 2"
      ])
      yield* handle.signal("Answer", "yes")
      expect((yield* Fiber.join(handle.fiber)).payload).toBe("yes")
    })
  )

  it.effect("leads to a function that may wait, fail and be caught, like any other", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const waits = implement(
        wait.after(100, function* ({ payload, to }) {
          yield* time.resource("desk")
          yield* Effect.sleep(payload)
          return to.Late("after a while")
        })
      )
      expect((yield* valueOf(waits.run(50))).payload).toBe("after a while")
      expect(time.entries).toEqual(["100 desk acquired", "150 desk released"])

      const fails = wait.after(100, ({ payload, to }) =>
        payload > 0 ? Effect.fail(new Boom({ id: "late" })) : Effect.succeed(to.Late("never"))
      )
      expect(errorOf(yield* settle(implement(fails).run(7)))).toEqual(new Boom({ id: "late" }))
      const caught = fails.catchTag("Boom", ({ error, to }) => to.Late(error.id))
      expect((yield* valueOf(implement(caught).run(7))).payload).toBe("late")
    })
  )

  it.effect("keeps the run in its state while that function works, and takes no signal any more", () =>
    Effect.gen(function* () {
      const handle = yield* implement(wait.after(100, ({ to }) => succeedAfter(50, to.Late("late")))).fork(7)
      yield* TestClock.adjust(120)
      expect(yield* handle.state).toBe("Wait")
      yield* handle.signal("Answer", "too late")
      yield* TestClock.adjust(30)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Late", payload: "late" }))
    })
  )

  it.effect("of a wait that is interrupted never comes", () =>
    Effect.gen(function* () {
      let late = 0
      const workflow = implement(
        wait.after(100, ({ to }) => {
          late++
          return to.Late("late")
        })
      )
      const handle = yield* workflow.fork(7)
      yield* TestClock.adjust(50)
      yield* handle.interrupt
      yield* TestClock.adjust("1 day")
      expect(late).toBe(0)
      expect(isInterrupted(ended(handle.fiber))).toBe(true)
    })
  )

  it.effect("can be tried as a step", () =>
    Effect.gen(function* () {
      const workflow = implement(wait.after(100, ({ to }) => to.Late("late")))
      expect(yield* valueOf(workflow.step("Wait", 7))).toEqual({ _tag: "Late", payload: "late" })
    })
  )

  it("is shown in the graph, as what it is", () => {
    const limitOf = (workflow: { readonly graph: Workflow.Workflow<typeof Ask, never, never>["graph"] }) =>
      workflow.graph.places.find((place) => place.name === "Wait")?.work?.limit
    expect(limitOf(implement(wait.after("2 days", ({ to }) => to.Late("late"))))).toEqual(Duration.days(2))
    expect(limitOf(implement(wait.after(instant(5), ({ to }) => to.Late("late"))))).toEqual(instant(5))
    const computed = implement(
      wait.after(
        () => 1,
        ({ to }) => to.Late("late")
      )
    )
    expect(limitOf(computed)).toBe("computed")
    const unlimited = implement(wait.catch(({ to }) => to.Late("never")))
    expect(unlimited.graph.places[0]?.work).toEqual({
      kind: "wait",
      signals: ["Answer"],
      policies: [{ kind: "catch" }]
    })
  })
})

class Rest extends Workflow.define("Rest")
  .signal("Note", Schema.String)
  .state("Cool", Schema.Number, ["Read"])
  .state("Read", Schema.String, ["Done"])
  .exit("Done", Schema.String)
  .start("Cool") {}

const Read = Rest.wait("Read", { Note: ({ payload, signal, to }) => to.Done(`${payload}, ${signal}`) }).after(
  0,
  ({ payload, to }) => to.Done(payload)
)

describe("a pause", () => {
  it.effect.each([
    { name: "a duration", until: "10 minutes" },
    { name: "an instant", until: instant(600_000) }
  ] as const)("lasts for or until $name", ({ until }) =>
    Effect.gen(function* () {
      const workflow = Rest.implement({
        Cool: Rest.pause("Cool", until, ({ payload, to }) => to.Read(`rested ${payload}`)),
        Read
      })
      const handle = yield* workflow.fork(7)
      yield* TestClock.adjust(599_999)
      expect(yield* handle.state).toBe("Cool")
      yield* TestClock.adjust(1)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Done", payload: "rested 7" }))
    })
  )

  it.effect("lasts as long as a function of the context says", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Rest.implement({
        Cool: Rest.pause(
          "Cool",
          ({ payload }) => (payload < 0 ? instant(0) : Duration.millis(payload)),
          ({ to }) => Effect.as(time.mark("on"), to.Read("rested"))
        ),
        Read
      })
      yield* valueOf(workflow.run(50))
      yield* valueOf(workflow.run(-1))
      expect(time.entries).toEqual(["50 on", "3600000 on"])
    })
  )

  it.effect("keeps the signals that come meanwhile for who waits for them", () =>
    Effect.gen(function* () {
      const workflow = Rest.implement({ Cool: Rest.pause("Cool", 100, ({ to }) => to.Read("rested")), Read })
      const handle = yield* workflow.fork(7)
      yield* TestClock.adjust(50)
      yield* handle.signal("Note", "noted")
      expect(isRunning(handle)).toBe(true)
      yield* TestClock.adjust(50)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Done", payload: "rested, noted" }))
    })
  )

  it.effect("can be interrupted, timed out and retried", () =>
    Effect.gen(function* () {
      const pause = Rest.pause("Cool", "1 hour", ({ to }) => to.Read("rested"))
      const handle = yield* Rest.implement({ Cool: pause, Read }).fork(7)
      yield* TestClock.adjust("30 minutes")
      yield* handle.interrupt
      expect(isInterrupted(ended(handle.fiber))).toBe(true)
      const short = pause.timeout("1 minute").catchTag("StateTimeout", ({ to }) => to.Read("woken"))
      expect((yield* valueOf(Rest.implement({ Cool: short, Read }).run(7))).payload).toBe("woken")
      const flaky = Rest.pause("Cool", "1 minute", ({ attempt, to }) =>
        attempt < 3 ? Effect.fail(new Boom({ id: "again" })) : Effect.succeed(to.Read(`rested ${attempt} times`))
      ).retry({ times: 2 })
      expect((yield* valueOf(Rest.implement({ Cool: flaky, Read }).run(7))).payload).toBe("rested 3 times")
    })
  )

  it("is a wait without signals in the graph", () => {
    const workflow = Rest.implement({ Cool: Rest.pause("Cool", "1 hour", ({ to }) => to.Read("")), Read })
    expect(workflow.graph.places.find((place) => place.name === "Cool")?.work).toEqual({
      kind: "wait",
      signals: [],
      limit: Duration.hours(1),
      policies: []
    })
  })
})

/** Each state goes on a second later. */
class Later extends Workflow.define("Later")
  .signal("Note", Schema.String)
  .state("First", Schema.String, ["Second"])
  .state("Second", Schema.String, ["Third"])
  .state("Third", Schema.String, ["Done"])
  .exit("Done", Schema.String)
  .start("First") {}

describe("a transition that takes effect later", () => {
  it.effect("waits before the next state, from every form of handler, several times in a row, and before an exit", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      class Forms extends Workflow.define("Forms")
        .signal("Go", Schema.Void)
        .state("Plain", Schema.Void, ["Finished"])
        .state("Finished", Schema.Void, ["Waiting"])
        .state("Waiting", Schema.Void, ["Generator"])
        .state("Generator", Schema.Void, ["Route"])
        .state("Route", Schema.Void, ["Split"])
        .state("Split", Schema.Void, ["ForEach"])
        .state("ForEach", Schema.Void, ["Catch"])
        .state("Catch", Schema.Void, ["Signal"])
        .state("Signal", Schema.Void, ["Limit"])
        .state("Limit", Schema.Void, ["Poll"])
        .state("Poll", Schema.Void, ["Call"])
        .state("Call", Schema.Void, ["Done"])
        .exit("Done", Schema.String)
        .start("Plain") {}
      class Child extends Workflow.define("Child")
        .state("Work", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Work") {}
      const forms = Forms.implement({
        Plain: ({ to }) => to.Finished.after("1 second"),
        Finished: ({ to }) => Effect.succeed(to.Waiting.after("1 second")),
        Waiting: ({ to }) => succeedAfter(10, to.Generator.after(Duration.seconds(1))),
        *Generator({ to }) {
          yield* Effect.sleep(10)
          return to.Route.after(1_000)
        },
        Route: Forms.route("Route", ({ to }) => to.Split.after("1 second")),
        Split: Forms.split("Split", { a: () => 1, b: () => succeedAfter(10, 2) }).join(Join.all, ({ to }) =>
          to.ForEach.after("1 second")
        ),
        ForEach: Forms.forEach(
          "ForEach",
          () => [1],
          ({ item }) => item
        ).join(Join.all, ({ to }) => to.Catch.after("1 second")),
        Catch: Forms.task("Catch", () => Effect.fail("bad")).catch(({ to }) => to.Signal.after("1 second")),
        Signal: Forms.wait("Signal", { Go: ({ to }) => to.Limit.after("1 second") }),
        Limit: Forms.pause("Limit", 10, ({ to }) => to.Poll.after("1 second")),
        Poll: Forms.poll("Poll", ({ to }) => to.Call.after("1 second"), { schedule: Schedule.spaced(10) }),
        Call: Forms.call("Call", Child, () => undefined, { Done: ({ to }) => to.Done.after("1 second", "the end") })
      })
      const program = Effect.gen(function* () {
        const handle = yield* forms.fork()
        yield* handle.signal("Go")
        const watching = yield* Effect.forkChild(
          Stream.runForEach(handle.events, (event) =>
            event._tag === "StateEntered" ? time.mark(event.state) : Effect.void
          )
        )
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(watching)
        const events = yield* Stream.runCollect(handle.events)
        expect(events.at(-1)?.time).toBe(12_040)
        expect(yield* Fiber.join(handle.fiber)).toStrictEqual({ _tag: "Done", payload: "the end" })
      })
      yield* Effect.provide(program, Child.layer({ Work: ({ to }) => to.Done() }))
      expect(time.entries).toEqual([
        "0 Plain",
        "1000 Finished",
        "2000 Waiting",
        "3010 Generator",
        "4020 Route",
        "5020 Split",
        "6030 ForEach",
        "7030 Catch",
        "8030 Signal",
        "9030 Limit",
        "10040 Poll",
        "11040 Call"
      ])
    })
  )

  const chain = (time: Timeline) =>
    Later.implement({
      *First({ payload, to }) {
        yield* time.resource("visit", 5)
        return to.Second.after("1 second", payload)
      },
      *Second({ attempt, payload, to }) {
        yield* time.mark(`second attempt ${attempt}`)
        return to.Third(payload)
      },
      Third: Later.wait("Third", { Note: ({ payload, signal, to }) => to.Done(`${payload} ${signal}`) }).after(
        0,
        ({ payload, to }) => to.Done.after("1 second", payload)
      )
    })

  it.effect("releases first what the visit acquired", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      expect(yield* valueOf(chain(time).run("a"))).toStrictEqual({ _tag: "Done", payload: "a" })
      expect(time.entries).toEqual(["0 visit acquired", "5 visit released", "1005 second attempt 1"])
    })
  )

  it.effect("is taken when it is made, and its target entered when it takes effect", () =>
    Effect.gen(function* () {
      const handle = yield* chain(new Timeline()).fork("a")
      yield* TestClock.adjust(500)
      expect(yield* handle.state).toBe("First")
      yield* TestClock.adjust(1_000)
      expect(yield* handle.state).toBe("Third")
      yield* TestClock.adjust(1_000)
      const events = yield* Stream.runCollect(handle.events)
      expect(events.map(({ _tag, state, time }) => `${time} ${_tag} ${state}`)).toEqual([
        "0 RunStarted First",
        "0 StateEntered First",
        "0 AttemptStarted First",
        "5 TransitionTaken First",
        "5 Waiting First",
        "1005 StateEntered Second",
        "1005 AttemptStarted Second",
        "1005 TransitionTaken Second",
        "1005 StateEntered Third",
        "1005 AttemptStarted Third",
        "1005 TransitionTaken Third",
        "1005 Waiting Third",
        "2005 RunFinished Done"
      ])
      expect(events.filter((event) => event._tag === "Waiting")).toMatchObject([
        { for: "transition", until: 1_005 },
        { for: "transition", until: 2_005 }
      ])
    })
  )

  it.effect("keeps the signals that come meanwhile", () =>
    Effect.gen(function* () {
      const handle = yield* chain(new Timeline()).fork("a")
      yield* TestClock.adjust(500)
      yield* handle.signal("Note", "noted")
      yield* TestClock.adjust("1 minute")
      expect((yield* Fiber.join(handle.fiber)).payload).toBe("a noted")
    })
  )

  it.effect("is interrupted at once, and nothing follows", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const handle = yield* chain(time).fork("a", { id: "run-1" })
      yield* TestClock.adjust(500)
      yield* handle.interrupt
      yield* time.mark("interrupted")
      yield* TestClock.adjust("1 minute")
      expect(time.entries).toEqual(["0 visit acquired", "5 visit released", "500 interrupted"])
      expect(isInterrupted(ended(handle.fiber))).toBe(true)
    })
  )

  it.effect("is within the limit of the run, and outside that of its state", () =>
    Effect.gen(function* () {
      const handlers = {
        First: Later.task("First", ({ payload, to }) => succeedAfter(10, to.Second.after("1 second", payload))).timeout(
          100
        ),
        Second: Later.task("Second", ({ payload, to }) => to.Third(payload)),
        Third: Later.task("Third", ({ payload, to }) => to.Done(payload))
      }
      const workflow = Later.implement(handlers)
      expect((yield* valueOf(workflow.run("a"))).payload).toBe("a")
      const late = yield* settle(workflow.run("a", { timeout: 500 }))
      expect(errorOf(late)).toEqual(new RunTimeout({ workflow: "Later", duration: Duration.millis(500) }))
    })
  )

  it.effect("has been made when the run is interrupted: what it completed is undone", () =>
    Effect.gen(function* () {
      const undone: Array<string> = []
      const workflow = Later.implement({
        First: Later.task("First", ({ payload, to }) => to.Second.after("1 second", payload)).compensate({
          Second: ({ payload }) => {
            undone.push(payload)
          }
        }),
        Second: ({ payload, to }) => to.Third(payload),
        Third: ({ payload, to }) => to.Done(payload)
      })
      const handle = yield* workflow.fork("a")
      yield* TestClock.adjust(500)
      expect(undone).toEqual([])
      yield* handle.interrupt
      expect(undone).toEqual(["a"])
    })
  )

  it.effect("of no time is as one without a delay", () =>
    Effect.gen(function* () {
      const workflow = Later.implement({
        First: ({ payload, to }) => to.Second.after(0, payload),
        Second: ({ payload, to }) => to.Third.after(Duration.zero, payload),
        Third: ({ payload, to }) => to.Done.after("0 seconds", payload)
      })
      const handle = yield* workflow.fork("a")
      yield* TestClock.adjust(0)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Done", payload: "a" }))
    })
  )

  it.effect("may take effect at a point in time, and at once when that has passed", () =>
    Effect.gen(function* () {
      const workflow = Later.implement({
        First: ({ payload, to }) => succeedAfter(300, to.Second.after(instant(1_000), payload)),
        Second: ({ payload, to }) => to.Third.after(instant(500), payload),
        Third: ({ payload, to }) => to.Done.after(DateTime.setZoneOffset(instant(2_000), 3_600_000), payload)
      })
      const handle = yield* workflow.fork("a")
      yield* TestClock.adjust(999)
      expect(yield* handle.state).toBe("First")
      yield* TestClock.adjust(1)
      expect(yield* handle.state).toBe("Third")
      yield* TestClock.adjust(999)
      expect(isRunning(handle)).toBe(true)
      yield* TestClock.adjust(1)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Done", payload: "a" }))
      expect(yield* workflow.step("Second", "a")).toEqual({ _tag: "Third", payload: "a", after: instant(500) })
    })
  )

  it.effect("may take longer than 25 days", () =>
    Effect.gen(function* () {
      const workflow = Later.implement({
        First: ({ payload, to }) => to.Second.after("100 days", payload),
        Second: ({ payload, to }) => to.Third.after("100 days", payload),
        Third: ({ payload, to }) => to.Done(payload)
      })
      const handle = yield* workflow.fork("a")
      yield* TestClock.adjust(Duration.subtract(Duration.days(200), Duration.millis(1)))
      expect(isRunning(handle)).toBe(true)
      yield* TestClock.adjust(1)
      expect(isRunning(handle)).toBe(false)
    })
  )

  it.effect("can follow another thousands of times", () =>
    Effect.gen(function* () {
      class Tick extends Workflow.define("Tick")
        .state("Again", Schema.Number, ["Again", "Done"])
        .exit("Done", Schema.Number)
        .start("Again") {}
      const tick = Tick.implement({
        Again: ({ payload, to }) => (payload < 5_000 ? to.Again.after(1, payload + 1) : to.Done(payload))
      })
      const handle = yield* tick.fork(0)
      yield* TestClock.adjust(4_999)
      expect(isRunning(handle)).toBe(true)
      yield* TestClock.adjust(1)
      expect((yield* Fiber.join(handle.fiber)).payload).toBe(5_000)
    })
  )

  it.effect("is plain data, which a step shows without waiting", () =>
    Effect.gen(function* () {
      const workflow = chain(new Timeline())
      expect(yield* workflow.step("Third", "a")).toStrictEqual({
        _tag: "Done",
        payload: "a",
        after: Duration.seconds(1)
      })
      expect(yield* workflow.step("Second", "a")).toStrictEqual({ _tag: "Third", payload: "a" })
    })
  )
})

describe("a limit that is none, where it is known only when the run is there", () => {
  const invalid = (workflow: string, state: string, problem: string) => new InvalidLimit({ workflow, state, problem })

  it.effect.each([
    { given: Number.NaN, problem: "its limit is neither a duration nor a point in time: NaN" },
    { given: -5, problem: "its limit is less than zero: -5" },
    { given: "soon" as "1 second", problem: "its limit is neither a duration nor a point in time: soon" }
  ])("ends the run that a function of the context gives $given, by a defect that says where", ({ given, problem }) =>
    Effect.gen(function* () {
      const late = wait.after(
        () => given,
        ({ to }) => to.Late("late")
      )
      const paused = Later.implement({
        First: Later.pause(
          "First",
          () => given,
          ({ payload, to }) => to.Second(payload)
        ),
        Second: ({ payload, to }) => to.Third(payload),
        Third: ({ payload, to }) => to.Done(payload)
      })
      // It is no failure, that a catch or a retry would take.
      const handler = late.retry({ times: 3 }).catch(({ to }) => to.Late("caught"))
      expect(defectsOf(yield* settle(Ask.implement({ Wait: handler }).run(7)))).toEqual([
        invalid("Ask", "Wait", problem)
      ])
      expect(defectsOf(yield* settle(paused.run("a")))).toEqual([invalid("Later", "First", problem)])
    })
  )

  it.effect("ends the run that goes to a place after it", () =>
    Effect.gen(function* () {
      const going = (delay: Duration.Input | DateTime.DateTime) =>
        Later.implement({
          First: ({ payload, to }) => to.Second(payload),
          Second: ({ payload, to }) => Effect.map(Effect.succeed(payload), (payload) => to.Third.after(delay, payload)),
          Third: ({ payload, to }) => to.Done(payload)
        }).run("a")
      const beyond = DateTime.mapEpochMillis(instant(0), () => Number.NaN)
      const problem = "the limit of to.Third.after is neither a duration nor a point in time: "
      expect(defectsOf(yield* settle(going(Number.NaN)))).toEqual([invalid("Later", "Second", `${problem}NaN`)])
      expect(defectsOf(yield* settle(going(beyond)))).toEqual([
        invalid("Later", "Second", `${problem}DateTime.Utc(null)`)
      ])
      const [defect] = defectsOf(yield* settle(going(-1)))
      expect(defect).toBeInstanceOf(InvalidLimit)
      expect((defect as InvalidLimit).message).toBe(
        "State 'Second' of workflow 'Later': the limit of to.Third.after is less than zero: -1"
      )
    })
  )

  it.effect("ends the run that falls back to a place after it", () =>
    Effect.gen(function* () {
      class Fallen extends Workflow.define("Fallen")
        .fallback(["Lost"])
        .state("First", Schema.Void, ["Second"])
        .state("Second", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .exit("Lost", Schema.Void)
        .start("First") {}
      const fallen = Fallen.implement(
        {
          First: ({ to }) => to.Second(),
          Second: ({ to }) => Effect.flatMap(Effect.fail("broken"), () => Effect.succeed(to.Done()))
        },
        { policy: (step) => step.catch(({ to }) => to.Lost.after(Number.NaN)) }
      )
      expect(defectsOf(yield* settle(fallen.run()))).toEqual([
        invalid("Fallen", "Second", "the limit of to.Lost.after is neither a duration nor a point in time: NaN")
      ])
    })
  )

  it.effect.each(["timeout", "compensationTimeout"] as const)(
    "as the option %s, ends the run before it begins",
    (option) =>
      Effect.gen(function* () {
        let begun = 0
        const workflow = Later.implement({
          First: ({ payload, to }) => {
            begun++
            return to.Second(payload)
          },
          Second: ({ payload, to }) => to.Third(payload),
          Third: ({ payload, to }) => to.Done(payload)
        })
        const problem = `the ${option} of the run is not a duration: NaN`
        const none = { [option]: Number.NaN }
        expect(defectsOf(yield* Effect.exit(workflow.run("a", none)))).toEqual([invalid("Later", "First", problem)])
        expect(defectsOf(yield* Effect.exit(workflow.fork("a", none)))).toEqual([invalid("Later", "First", problem)])
        expect(defectsOf(yield* Effect.exit(workflow.run("a", { [option]: -5 })))).toEqual([
          invalid("Later", "First", `the ${option} of the run is less than zero: -5`)
        ])
        expect(begun).toBe(0)
        expect((yield* workflow.run("a", { [option]: Duration.infinity })).payload).toBe("a")
      })
  )
})

describe("on a machine that sleeps", () => {
  /** A workflow for each way to wait, of one that never gets a signal. */
  const waiting = (limit: Duration.Input | DateTime.DateTime) => ({
    pause: Later.implement({
      First: Later.pause("First", limit, ({ payload, to }) => to.Second(payload)),
      Second: ({ payload, to }) => to.Third(payload),
      Third: ({ payload, to }) => to.Done(payload)
    }),
    wait: Later.implement({
      First: Later.wait("First", { Note: ({ payload, to }) => to.Second(payload) }).after(limit, ({ payload, to }) =>
        to.Second(payload)
      ),
      Second: ({ payload, to }) => to.Third(payload),
      Third: ({ payload, to }) => to.Done(payload)
    }),
    transition: Later.implement({
      First: ({ payload, to }) => to.Second.after(limit, payload),
      Second: ({ payload, to }) => to.Third(payload),
      Third: ({ payload, to }) => to.Done(payload)
    })
  })

  const started = (kind: keyof ReturnType<typeof waiting>, limit: Duration.Input | DateTime.DateTime) =>
    Effect.gen(function* () {
      const { clock, sleep, timers } = yield* sleepyClock
      const handle = yield* waiting(limit)[kind].fork("a").pipe(Effect.provideService(Clock.Clock, clock))
      return { handle, sleep, timers }
    })

  const kinds = ["pause", "wait", "transition"] as const

  it.effect.each(kinds)(
    "a %s until a point in time ends within a minute of it, also when that was slept through",
    (kind) =>
      Effect.gen(function* () {
        const { handle, sleep } = yield* started(kind, instant(8 * 3_600_000))
        yield* TestClock.adjust("1 hour")
        yield* sleep(6 * 60)
        yield* TestClock.adjust("59 minutes")
        expect(isRunning(handle)).toBe(true)
        yield* TestClock.adjust("1 minute")
        expect(isRunning(handle)).toBe(false)

        const other = yield* started(kind, instant(3 * 3_600_000))
        yield* other.sleep(12 * 60)
        yield* TestClock.adjust("1 minute")
        expect(isRunning(other.handle)).toBe(false)
      })
  )

  it.effect.each(kinds)("a %s of a duration counts the sleep", (kind) =>
    Effect.gen(function* () {
      const { handle, sleep } = yield* started(kind, "2 days")
      yield* TestClock.adjust("1 hour")
      yield* sleep(46 * 60)
      yield* TestClock.adjust("59 minutes")
      expect(isRunning(handle)).toBe(true)
      yield* TestClock.adjust("1 minute")
      expect(isRunning(handle)).toBe(false)
    })
  )

  it.effect.each(kinds)("a %s of a duration is no longer when the clock is set back", (kind) =>
    Effect.gen(function* () {
      const { handle, sleep } = yield* started(kind, "2 hours")
      yield* TestClock.adjust("1 hour")
      yield* sleep(-24 * 60)
      yield* TestClock.adjust("59 minutes")
      expect(isRunning(handle)).toBe(true)
      yield* TestClock.adjust("1 minute")
      expect(isRunning(handle)).toBe(false)
    })
  )

  it.effect.each(kinds)("a %s until a point in time waits for it when the clock is set back", (kind) =>
    Effect.gen(function* () {
      const { handle, sleep } = yield* started(kind, instant(2 * 3_600_000))
      yield* TestClock.adjust("1 hour")
      yield* sleep(-60)
      yield* TestClock.adjust("119 minutes")
      expect(isRunning(handle)).toBe(true)
      yield* TestClock.adjust("1 minute")
      expect(isRunning(handle)).toBe(false)
    })
  )

  it.effect("a signal is still taken at once", () =>
    Effect.gen(function* () {
      const { handle } = yield* started("wait", instant(8 * 3_600_000))
      yield* TestClock.adjust(90_500)
      yield* handle.signal("Note", "now")
      expect(yield* Fiber.join(handle.fiber)).toEqual({ _tag: "Done", payload: "a" })
    })
  )

  it.effect("the clock is read once a minute; the one of a test, whose time and timers are one, once", () =>
    Effect.gen(function* () {
      const sleepy = yield* started("pause", instant(3_600_000))
      const test = yield* Clock.Clock
      let timers = 0
      const counting: Clock.Clock = {
        ...test,
        sleep: (duration) => {
          timers++
          return test.sleep(duration)
        }
      }
      const year = yield* waiting(instant(366 * 86_400_000))
        .pause.fork("a")
        .pipe(Effect.provideService(Clock.Clock, counting))
      yield* TestClock.adjust("366 days")
      expect([isRunning(sleepy.handle), isRunning(year)]).toEqual([false, false])
      expect([sleepy.timers(), timers]).toEqual([60, 1])
    })
  )
})

describe("under the clock of the machine", () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Lets the timers of so many days go off, and the fibers that they wake run. */
  const pass = async (days: number) => {
    await vi.advanceTimersByTimeAsync(days * 86_400_000)
    await new Promise((resolve) => setImmediate(resolve))
  }

  const months = Later.implement({
    First: Later.pause("First", "30 days", ({ payload, to }) => to.Second(payload)),
    Second: Later.wait("Second", { Note: ({ payload, to }) => to.Third(payload) }).after("30 days", ({ payload, to }) =>
      to.Third.after("30 days", payload)
    ),
    Third: ({ payload, to }) => to.Done(payload)
  })

  it("a point in time that the machine sleeps through is noticed within a minute", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] })
    const end = DateTime.makeUnsafe(Date.now() + 90 * 86_400_000)
    const until = Later.implement({
      First: Later.pause("First", end, ({ payload, to }) => to.Second(payload)),
      Second: ({ payload, to }) => to.Third(payload),
      Third: ({ payload, to }) => to.Done(payload)
    })
    const fiber = Effect.runFork(until.run("a"))
    await pass(1)
    expect(fiber.pollUnsafe()).toBeUndefined()
    vi.setSystemTime(Date.now() + 100 * 86_400_000)
    await pass(61 / 86_400)
    expect(fiber.pollUnsafe()).toEqual(Exit.succeed({ _tag: "Done", payload: "a" }))
  })

  it("a time longer than a timer can be is waited for, and not cut short", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] })
    const fiber = Effect.runFork(months.run("a"))
    for (const days of [29, 30, 30]) {
      await pass(days)
      expect(fiber.pollUnsafe()).toBeUndefined()
    }
    await pass(1)
    expect(fiber.pollUnsafe()).toEqual(Exit.succeed({ _tag: "Done", payload: "a" }))
  })
})
