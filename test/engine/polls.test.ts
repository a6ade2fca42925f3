/** Polls: states that ask again and again until there is an answer. */
import { describe, expect, it } from "@effect/vitest"
import { Context, Data, Duration, Effect, Fiber, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { PollExhausted, Workflow } from "sluice"
import {
  Boom,
  defectsOf,
  ended,
  errorOf,
  failAfter,
  failureOf,
  isInterrupted,
  settle,
  valueOf
} from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

class Track extends Workflow.define("Track")
  .state("Ask", Schema.Number, ["Arrived"])
  .exit("Arrived", Schema.Number)
  .start("Ask") {}

/** As `Track`, with a place to go to when there is no answer. */
class Search extends Workflow.define("Search")
  .state("Ask", Schema.Number, ["Found", "Lost"])
  .exit("Found", Schema.Number)
  .exit("Lost", Schema.String)
  .start("Ask") {}

const everySecond = { schedule: Schedule.spaced("1 second") }

/** Answers at the `n`th time of asking, and marks each. */
const answeringAt = (n: number, time: Timeline, options: { readonly schedule: Schedule.Schedule<unknown> }) => {
  let asked = 0
  const poll = Track.poll(
    "Ask",
    function* ({ payload, pending, to }) {
      yield* time.mark(`asked ${++asked}`)
      return asked < n ? pending : to.Arrived(payload)
    },
    options
  )
  return Track.implement({ Ask: poll })
}

describe("a poll", () => {
  it.effect("asks at once, and only once when there is an answer", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      expect(yield* valueOf(answeringAt(1, time, everySecond).run(7))).toEqual({ _tag: "Arrived", payload: 7 })
      expect(time.entries).toEqual(["0 asked 1"])
    })
  )

  it.effect("asks as its schedule says until there is an answer", () =>
    Effect.gen(function* () {
      const spaced = new Timeline()
      expect((yield* valueOf(answeringAt(4, spaced, everySecond).run(7))).payload).toBe(7)
      expect(spaced.entries).toEqual(["0 asked 1", "1000 asked 2", "2000 asked 3", "3000 asked 4"])
    })
  )

  it.effect("asks less and less often on an exponential schedule", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      yield* valueOf(answeringAt(4, time, { schedule: Schedule.exponential("1 second") }).run(7))
      expect(time.entries).toEqual(["0 asked 1", "1000 asked 2", "3000 asked 3", "7000 asked 4"])
    })
  )

  it.effect("may be asked for in each of the three forms", () =>
    Effect.gen(function* () {
      const asks = [0, 0, 0]
      const plain = Track.poll(
        "Ask",
        ({ payload, pending, to }) => {
          return ++asks[0]! < 3 ? pending : to.Arrived(payload)
        },
        everySecond
      )
      const effect = Track.poll(
        "Ask",
        ({ payload, pending, to }) =>
          Effect.sync(() => {
            return ++asks[1]! < 3 ? pending : to.Arrived(payload)
          }),
        everySecond
      )
      const generator = Track.poll(
        "Ask",
        function* ({ payload, pending, to }) {
          yield* Effect.sleep(1)
          return ++asks[2]! < 3 ? pending : to.Arrived(payload)
        },
        everySecond
      )
      for (const poll of [plain, effect, generator]) {
        expect((yield* valueOf(Track.implement({ Ask: poll }).run(7))).payload).toBe(7)
      }
      expect(asks).toEqual([3, 3, 3])
    })
  )

  it.effect("goes to any of the targets of its state", () =>
    Effect.gen(function* () {
      const search = Search.implement({
        Ask: Search.poll(
          "Ask",
          ({ payload, to }) => (payload < 0 ? to.Lost("nothing to find") : to.Found(payload)),
          everySecond
        )
      })
      expect(yield* valueOf(search.run(-1))).toEqual({ _tag: "Lost", payload: "nothing to find" })
      expect(yield* valueOf(search.run(7))).toEqual({ _tag: "Found", payload: 7 })
    })
  )

  it.effect("is given what a handler is given, and the same each time", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      class Counted extends Workflow.define("Counted")
        .store({ asked: Workflow.cell(Schema.Number, { initial: 0 }) })
        .state("Ask", Schema.String, ["Done"])
        .exit("Done", Schema.Void)
        .start("Ask") {}
      const counted = Counted.implement({
        Ask: Counted.poll(
          "Ask",
          function* ({ attempt, input, payload, pending, run, state, store, to }) {
            const asked = yield* store.update("asked", (n) => n + 1)
            seen.push({ attempt, input, payload, id: run.id, state, asked })
            return asked < 2 ? pending : to.Done()
          },
          everySecond
        )
      })
      yield* valueOf(counted.run("in", { id: "a" }))
      const given = { attempt: 1, input: "in", payload: "in", id: "a", state: "Ask" }
      expect(seen).toEqual([
        { ...given, asked: 1 },
        { ...given, asked: 2 }
      ])
    })
  )

  it.effect("uses services", () =>
    Effect.gen(function* () {
      class Parcels extends Context.Service<Parcels, { readonly isThere: Effect.Effect<boolean> }>()("test/Parcels") {}
      const workflow = Track.implement({
        Ask: Track.poll(
          "Ask",
          ({ payload, pending, to }) =>
            Parcels.use((parcels) =>
              Effect.map(parcels.isThere, (isThere) => {
                return isThere ? to.Arrived(payload) : pending
              })
            ),
          everySecond
        )
      })
      let asked = 0
      const isThere = Effect.sync(() => ++asked === 3)
      const run = Effect.provideService(workflow.run(7), Parcels, Parcels.of({ isThere }))
      expect((yield* valueOf(run)).payload).toBe(7)
      expect(asked).toBe(3)
    })
  )

  it.effect("does not ask again while it is asking", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Track.implement({
        Ask: Track.poll(
          "Ask",
          function* ({ payload, pending, to }) {
            yield* time.track("asking", Effect.sleep(2_500))
            return time.entries.length < 4 ? pending : to.Arrived(payload)
          },
          everySecond
        )
      })
      yield* valueOf(workflow.run(7))
      expect(time.entries).toEqual(["0 asking starts", "2500 asking done", "3500 asking starts", "6000 asking done"])
    })
  )

  it.effect("asks anew in each visit", () =>
    Effect.gen(function* () {
      class Twice extends Workflow.define("Twice")
        .state("Ask", Schema.Number, ["Ask", "Done"])
        .exit("Done", Schema.Void)
        .start("Ask") {}
      const time = new Timeline()
      let asked = 0
      const twice = Twice.implement({
        Ask: Twice.poll(
          "Ask",
          function* ({ payload, pending, to }) {
            yield* time.mark(`visit ${payload}`)
            if (++asked % 3 !== 0) return pending
            return payload === 1 ? to.Ask(2) : to.Done()
          },
          { schedule: Schedule.spaced(10).pipe(Schedule.upTo({ times: 2 })) }
        )
      })
      yield* valueOf(twice.run(1))
      expect(time.entries).toEqual(["0 visit 1", "10 visit 1", "20 visit 1", "20 visit 2", "30 visit 2", "40 visit 2"])
    })
  )

  it.effect("lets others go first, even when it asks without end and without a pause", () =>
    Effect.gen(function* () {
      const workflow = answeringAt(Number.POSITIVE_INFINITY, new Timeline(), { schedule: Schedule.forever })
      const fiber = yield* Effect.forkChild(workflow.run(7))
      let others = 0
      for (let i = 0; i < 3; i++) {
        yield* Effect.yieldNow
        others++
      }
      yield* Fiber.interrupt(fiber)
      expect(others).toBe(3)
    })
  )
})

describe("a schedule that ends without an answer", () => {
  it.effect("fails with PollExhausted, which says how often it asked", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const error = yield* failureOf(answeringAt(99, time, { schedule: Schedule.recurs(3) }).run(7))
      expect(error).toEqual(new PollExhausted({ state: "Ask", asked: 4 }))
      expect(error.message).toBe("State 'Ask' had no answer after asking 4 times")
      expect(time.entries).toEqual(["0 asked 1", "0 asked 2", "0 asked 3", "0 asked 4"])
    })
  )

  it.effect("fails when the last delay is over and there is still none", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const schedule = Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 2 }))
      const workflow = Search.implement({
        Ask: Search.poll(
          "Ask",
          function* ({ payload, pending, to }) {
            yield* time.mark("asked")
            return payload > 0 ? pending : to.Found(payload)
          },
          { schedule }
        ).catchTag("PollExhausted", ({ error, to }) => Effect.as(time.mark("gave up"), to.Lost(`${error.asked} times`)))
      })
      expect(yield* valueOf(workflow.run(7))).toEqual({ _tag: "Lost", payload: "3 times" })
      expect(time.entries).toEqual(["0 asked", "1000 asked", "2000 asked", "2000 gave up"])
    })
  )

  it.effect("is none when the last time of asking has an answer", () =>
    Effect.gen(function* () {
      const workflow = answeringAt(4, new Timeline(), { schedule: Schedule.recurs(3) })
      expect((yield* valueOf(workflow.run(7))).payload).toBe(7)
    })
  )

  it.effect("counts the failures that were borne as times of asking", () =>
    Effect.gen(function* () {
      const workflow = Track.implement({
        Ask: Track.poll(
          "Ask",
          ({ payload, to }) => {
            return payload > 0 ? Effect.fail(new Boom({ id: "busy" })) : Effect.succeed(to.Arrived(payload))
          },
          { schedule: Schedule.recurs(2), failures: 5 }
        )
      })
      const failure = new Boom({ id: "busy" })
      const error = yield* failureOf(workflow.run(7))
      expect(error).toEqual(new PollExhausted({ state: "Ask", asked: 3, failure }))
      expect(error.message).toBe("State 'Ask' had no answer after asking 3 times\n  - the last failure: Boom")
    })
  )

  it.effect("may fail itself, with an error of its own", () =>
    Effect.gen(function* () {
      class Closed extends Data.TaggedError("Closed") {}
      const schedule = Schedule.spaced("1 second").pipe(
        Schedule.tap(({ output }) => (output === 2 ? Effect.fail(new Closed()) : Effect.void))
      )
      const workflow = Track.implement({
        Ask: Track.poll(
          "Ask",
          ({ payload, pending, to }) => {
            return payload > 0 ? pending : to.Arrived(payload)
          },
          { schedule }
        )
      })
      const error: Closed | PollExhausted = yield* failureOf(workflow.run(7))
      expect(error).toEqual(new Closed())
    })
  )
})

describe("failures of the asking", () => {
  /** Asks once a second, and gives `answers` in turn: `pending`, an answer, or a failure. */
  const answering = (answers: ReadonlyArray<"pending" | "fail" | "answer">, time: Timeline) => {
    let asked = 0
    return function* ({ payload, pending, to }: Workflow.PollContext<typeof Track, "Ask">) {
      yield* time.mark(answers[asked]!)
      const answer = answers[asked++]!
      if (answer === "fail") return yield* new Boom({ id: `${asked}` })
      return answer === "pending" ? pending : to.Arrived(payload)
    }
  }

  const polling = (answers: ReadonlyArray<"pending" | "fail" | "answer">, failures?: number, time = new Timeline()) =>
    Track.implement({
      Ask: Track.poll("Ask", answering(answers, time), {
        ...everySecond,
        ...(failures === undefined ? {} : { failures })
      })
    })

  it.effect("are not borne unless it is said", () =>
    Effect.gen(function* () {
      expect(yield* failureOf(polling(["fail", "answer"]).run(7))).toEqual(new Boom({ id: "1" }))
      expect(yield* failureOf(polling(["pending", "fail", "answer"], 0).run(7))).toEqual(new Boom({ id: "2" }))
    })
  )

  it.effect("are borne so many times in a row, and asked again after as the schedule says", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = polling(["fail", "fail", "fail", "answer"], 3, time)
      expect((yield* valueOf(workflow.run(7))).payload).toBe(7)
      expect(time.entries).toEqual(["0 fail", "1000 fail", "2000 fail", "3000 answer"])
    })
  )

  it.effect("once too many in a row, the last is the failure itself, at once", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const errors: Array<Boom> = []
      const workflow = Track.implement({
        Ask: Track.poll(
          "Ask",
          ({ payload, to }) =>
            Effect.suspend(() => {
              const error = new Boom({ id: `${errors.length}` })
              errors.push(error)
              return payload > 0 ? Effect.fail(error) : Effect.succeed(to.Arrived(payload))
            }),
          { ...everySecond, failures: 2 }
        )
      })
      const failure = yield* failureOf(Effect.onExit(workflow.run(7), () => time.mark("ended")))
      expect(errors).toHaveLength(3)
      expect(failure).toBe(errors[2])
      expect(time.entries).toEqual(["2000 ended"])
    })
  )

  it.effect("are counted anew after each time of asking that succeeded, though it was pending", () =>
    Effect.gen(function* () {
      const borne = polling(["fail", "fail", "pending", "fail", "fail", "answer"], 2)
      expect((yield* valueOf(borne.run(7))).payload).toBe(7)
      const tooMany = polling(["fail", "fail", "pending", "fail", "fail", "fail", "answer"], 2)
      expect(yield* failureOf(tooMany.run(7))).toEqual(new Boom({ id: "6" }))
    })
  )

  it.effect("can be caught, beside PollExhausted", () =>
    Effect.gen(function* () {
      const caught = Search.implement({
        Ask: Search.poll(
          "Ask",
          ({ payload, pending, to }) => {
            if (payload < 0) return Effect.fail(new Boom({ id: "below zero" }))
            return Effect.succeed(payload > 0 ? pending : to.Found(payload))
          },
          { schedule: Schedule.recurs(1) }
        ).catchTags({
          Boom: ({ error, to }) => to.Lost(error.id),
          PollExhausted: ({ error, to }) => to.Lost(`gave up at ${error.asked}`)
        })
      })
      expect((yield* valueOf(caught.run(-1))).payload).toBe("below zero")
      expect((yield* valueOf(caught.run(7))).payload).toBe("gave up at 2")
    })
  )

  it.effect("are typed errors only: a defect is not borne", () =>
    Effect.gen(function* () {
      const bug = new Error("bug")
      const dying = (die: () => Effect.Effect<never>) =>
        Track.implement({
          Ask: Track.poll(
            "Ask",
            ({ payload, to }) => {
              return payload > 0 ? die() : Effect.succeed(to.Arrived(payload))
            },
            { ...everySecond, failures: 5 }
          )
        })
      const time = new Timeline()
      const thrown = dying(() => {
        throw bug
      })
      for (const workflow of [dying(() => Effect.die(bug)), thrown]) {
        const exit = yield* settle(Effect.onExit(workflow.run(7), () => time.mark("ended")))
        expect(defectsOf(exit)).toEqual([bug])
      }
      expect(time.entries).toEqual(["0 ended", "3600000 ended"])
      expect(isInterrupted(yield* settle(dying(() => Effect.interrupt).run(7)))).toBe(true)
    })
  )
})

describe("policies around a poll", () => {
  it.effect("retry begins again: its schedule and its count", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Track.implement({
        Ask: Track.poll(
          "Ask",
          function* ({ attempt, pending, to }) {
            yield* time.mark(`attempt ${attempt}`)
            return attempt < 3 ? pending : to.Arrived(attempt)
          },
          { schedule: Schedule.spaced(10).pipe(Schedule.upTo({ times: 1 })) }
        ).retry({ schedule: Schedule.spaced(100), while: (error) => error.asked === 2 })
      })
      expect((yield* valueOf(workflow.run(7))).payload).toBe(3)
      expect(time.entries).toEqual(["0 attempt 1", "10 attempt 1", "110 attempt 2", "120 attempt 2", "220 attempt 3"])
    })
  )

  it.effect("retry begins again: the failures that are borne", () =>
    Effect.gen(function* () {
      const attempts: Array<number> = []
      const workflow = Track.implement({
        Ask: Track.poll(
          "Ask",
          ({ attempt, payload, to }) => {
            attempts.push(attempt)
            return attempts.length < 6
              ? Effect.fail(new Boom({ id: `${attempt}` }))
              : Effect.succeed(to.Arrived(payload))
          },
          { ...everySecond, failures: 1 }
        ).retry({ times: 2 })
      })
      expect((yield* valueOf(workflow.run(7))).payload).toBe(7)
      expect(attempts).toEqual([1, 1, 2, 2, 3, 3])
    })
  )

  it.effect("timeout bounds the whole of it", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Search.implement({
        Ask: Search.poll(
          "Ask",
          function* ({ payload, pending, to }) {
            yield* time.mark("asked")
            return payload > 0 ? pending : to.Found(payload)
          },
          everySecond
        )
          .timeout("2500 millis")
          .catchTags({
            StateTimeout: ({ error, to }) => to.Lost(Duration.format(error.duration)),
            PollExhausted: ({ to }) => to.Lost("never")
          })
      })
      expect((yield* valueOf(workflow.run(7))).payload).toBe("2s 500ms")
      expect(time.entries).toEqual(["0 asked", "1000 asked", "2000 asked"])
    })
  )
})

describe("a poll that is interrupted", () => {
  it.effect("between two times of asking never asks again", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const handle = yield* answeringAt(99, time, everySecond).fork(7)
      yield* TestClock.adjust(1_500)
      yield* handle.interrupt
      yield* time.mark("interrupted")
      yield* TestClock.adjust("1 hour")
      expect(time.entries).toEqual(["0 asked 1", "1000 asked 2", "1500 interrupted"])
      expect(isInterrupted(ended(handle.fiber))).toBe(true)
    })
  )

  it.effect("while it asks is interrupted there, finalizers and all", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Track.implement({
        Ask: Track.poll(
          "Ask",
          function* ({ payload, pending, to }) {
            yield* time.resource("line")
            yield* time.track("asking", Effect.sleep(100))
            return payload > 0 ? pending : to.Arrived(payload)
          },
          everySecond
        )
      })
      const handle = yield* workflow.fork(7)
      yield* TestClock.adjust(50)
      yield* handle.interrupt
      expect(time.entries).toEqual(["0 line acquired", "0 asking starts", "50 asking interrupted", "50 line released"])
    })
  )
})

describe("a poll as data", () => {
  it("shows in the graph how many failures it bears", () => {
    const ask = ({ payload, pending, to }: Workflow.PollContext<typeof Track, "Ask">) => {
      return payload > 0 ? pending : to.Arrived(payload)
    }
    const workOf = (workflow: { readonly graph: Workflow.Workflow<typeof Track, never, never>["graph"] }) =>
      workflow.graph.places[0]?.work
    const bearing = Track.implement({ Ask: Track.poll("Ask", ask, { ...everySecond, failures: 3 }) })
    expect(workOf(bearing)).toEqual({ kind: "poll", failures: 3, policies: [] })
    const plain = Track.implement({ Ask: Track.poll("Ask", ask, everySecond).timeout("1 hour") })
    expect(workOf(plain)).toEqual({
      kind: "poll",
      failures: 0,
      policies: [{ kind: "timeout", duration: Duration.hours(1) }]
    })
  })

  it.effect("gives its answer as a step", () =>
    Effect.gen(function* () {
      const workflow = answeringAt(3, new Timeline(), everySecond)
      expect(yield* valueOf(workflow.step("Ask", 7))).toEqual({ _tag: "Arrived", payload: 7 })
      const failing = Track.implement({
        Ask: Track.poll(
          "Ask",
          ({ payload, to }) => (payload > 0 ? failAfter(10, "busy") : Effect.succeed(to.Arrived(payload))),
          everySecond
        )
      })
      expect(errorOf(yield* settle(failing.step("Ask", 7)))).toEqual(new Boom({ id: "busy" }))
    })
  )
})
