/** The policy that a workflow has for all its handlers, and the fallback that any of them may go to. */
import { describe, expect, it } from "@effect/vitest"
import { Context, Data, Duration, Effect, Exit, Layer, Option, Schedule, Schema, Semaphore } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, Join, StateTimeout, Workflow } from "sluice"
import {
  Boom,
  causeOf,
  defectsOf,
  ended,
  errorOf,
  failAfter,
  failureOf,
  isInterrupted,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

class Bust extends Data.TaggedError("Bust")<{ readonly by: number }> {}

/** Two states in a row, without a fallback. */
class Plain extends Workflow.define("Plain")
  .state("First", Schema.String, ["Second"])
  .state("Second", Schema.String, ["Done"])
  .exit("Done", Schema.String)
  .start("First") {}

/** As `Plain`, where any failure may end in an exit. */
class Job extends Workflow.define("Job")
  .fallback(["Broken"])
  .state("First", Schema.String, ["Second"])
  .state("Second", Schema.String, ["Done"])
  .exit("Done", Schema.String)
  .exit("Broken", Schema.String)
  .start("First") {}

const First = ({ payload, to }: Workflow.Context<typeof Job, "First">) => to.Second(payload)
const Second = ({ payload, to }: Workflow.Context<typeof Job, "Second">) =>
  payload === "bad" ? Effect.fail(new Boom({ id: "second" })) : Effect.succeed(to.Done(payload))

describe("a policy of the workflow", () => {
  it.effect("stands around every handler, whatever its form", () =>
    Effect.gen(function* () {
      const attempts: Array<string> = []
      /** Fails at the first two attempts. */
      const flaky = (state: string, attempt: number) => {
        attempts.push(`${state} ${attempt}`)
        return attempt < 3 ? Effect.fail(new Boom({ id: state })) : Effect.void
      }
      class Kinds extends Workflow.define("Kinds")
        .signal("Go", Schema.Void)
        .state("Function", Schema.Void, ["Generator"])
        .state("Generator", Schema.Void, ["Task"])
        .state("Task", Schema.Void, ["Split"])
        .state("Split", Schema.Void, ["ForEach"])
        .state("ForEach", Schema.Void, ["Pause"])
        .state("Pause", Schema.Void, ["Wait"])
        .state("Wait", Schema.Void, ["Poll"])
        .state("Poll", Schema.Void, ["Call"])
        .state("Call", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Function") {}
      const kinds = Kinds.implement(
        {
          Function: ({ attempt, state, to }) => Effect.as(flaky(state, attempt), to.Generator()),
          *Generator({ attempt, state, to }) {
            yield* flaky(state, attempt)
            return to.Task()
          },
          Task: Kinds.task("Task", ({ attempt, state, to }) => Effect.as(flaky(state, attempt), to.Split())),
          Split: Kinds.split("Split", { a: ({ attempt, state }) => flaky(state, attempt) }).join(Join.all, ({ to }) =>
            to.ForEach()
          ),
          ForEach: Kinds.forEach(
            "ForEach",
            () => [1],
            ({ attempt, state }) => flaky(state, attempt)
          ).join(Join.all, ({ to }) => to.Pause()),
          Pause: Kinds.pause("Pause", 1, ({ attempt, state, to }) => Effect.as(flaky(state, attempt), to.Wait())),
          Wait: Kinds.wait("Wait", {
            Go: ({ attempt, state, to }) => Effect.as(flaky(state, attempt), to.Poll())
          }),
          Poll: Kinds.poll("Poll", ({ attempt, state, to }) => Effect.as(flaky(state, attempt), to.Call()), {
            schedule: Schedule.spaced(1)
          }),
          Call: Kinds.call("Call", Plain, () => "in", {
            Done: ({ attempt, state, to }) => Effect.as(flaky(state, attempt), to.Done())
          })
        },
        { policy: (step) => step.retry({ times: 2 }) }
      )
      const program = Effect.gen(function* () {
        const handle = yield* kinds.fork()
        for (const _ of [1, 2, 3]) yield* handle.signal("Go")
        yield* TestClock.adjust(100)
        expect(Exit.isSuccess(ended(handle.fiber))).toBe(true)
      })
      const plain = Plain.layer({
        First: ({ payload, to }) => to.Second(payload),
        Second: ({ payload, to }) => to.Done(payload)
      })
      yield* Effect.provide(program, plain)
      const states = ["Function", "Generator", "Task", "Split", "ForEach", "Pause", "Wait", "Poll", "Call"]
      expect(attempts).toEqual(states.flatMap((state) => [`${state} 1`, `${state} 2`, `${state} 3`]))
    })
  )

  it.effect("stands outside a handler's own policies, and attempts are counted once for both", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const plain = Plain.implement(
        {
          First: Plain.task("First", function* ({ attempt, payload, to }) {
            yield* time.mark(`attempt ${attempt}`)
            return attempt < 6 ? yield* new Boom({ id: payload }) : to.Second(payload)
          }).retry({ times: 1, schedule: Schedule.spaced(1) }),
          Second: ({ payload, to }) => to.Done(payload)
        },
        { policy: (step) => step.retry({ times: 2, schedule: Schedule.spaced(100) }) }
      )
      expect((yield* valueOf(plain.run("a"))).payload).toBe("a")
      expect(time.entries).toEqual([
        "0 attempt 1",
        "1 attempt 2",
        "101 attempt 3",
        "102 attempt 4",
        "202 attempt 5",
        "203 attempt 6"
      ])
    })
  )

  it.effect("does not see what a handler has caught itself", () =>
    Effect.gen(function* () {
      let attempts = 0
      const job = Job.implement(
        {
          First: Job.task("First", ({ payload }) => {
            attempts++
            return Effect.fail(new Boom({ id: payload }))
          }).catchTag("Boom", ({ error, to }) => to.Second(error.id)),
          Second: ({ payload, to }) => to.Done(payload)
        },
        { policy: (step) => step.retry({ times: 5 }).catch(({ to }) => to.Broken("never")) }
      )
      expect(yield* job.run("a")).toEqual({ _tag: "Done", payload: "a" })
      expect(attempts).toBe(1)
    })
  )

  it.effect("has an order, as that of a handler", () =>
    Effect.gen(function* () {
      const slow = {
        First: ({ payload, to }: Workflow.Context<typeof Plain, "First">) => succeedAfter(60, to.Second(payload)),
        Second: ({ attempt, payload, to }: Workflow.Context<typeof Plain, "Second">) =>
          attempt < 3 ? failAfter(60, "again") : succeedAfter(60, to.Done(payload))
      }
      const each = Plain.implement(slow, { policy: (step) => step.timeout(100).retry({ times: 2 }) })
      expect((yield* valueOf(each.run("a"))).payload).toBe("a")
      const whole = Plain.implement(slow, { policy: (step) => step.retry({ times: 2 }).timeout(100) })
      expect(yield* failureOf(whole.run("a"))).toEqual(
        new StateTimeout({ state: "Second", duration: Duration.millis(100) })
      )
    })
  )

  it.effect("times out with StateTimeout, though the state be a split with a limit of its own", () =>
    Effect.gen(function* () {
      class Fan extends Workflow.define("Fan")
        .state("Work", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Work") {}
      const split = Fan.split("Work", { a: () => Effect.never }).join(Join.all, ({ to }) => to.Done())
      const limited = (own: number) =>
        Fan.implement({ Work: split.timeout(own) }, { policy: (step) => step.timeout(100) })
      expect(yield* failureOf(limited(200).run())).toEqual(
        new StateTimeout({ state: "Work", duration: Duration.millis(100) })
      )
      expect(yield* failureOf(limited(50).run())).toMatchObject({ _tag: "JoinTimeout", state: "Work" })
    })
  )

  it.effect("has guards, which know the state", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const line = yield* Semaphore.make(1)
      const plain = Plain.implement(
        {
          First: ({ payload, to }) => time.track(`${payload} first`, succeedAfter(10, to.Second(payload))),
          Second: ({ payload, to }) => time.track(`${payload} second`, succeedAfter(10, to.Done(payload)))
        },
        {
          policy: (step) =>
            step
              .guard(line.withPermits(1))
              .guard((effect, { payload, state }) => time.track(`guard of ${payload} at ${state}`, effect))
        }
      )
      yield* valueOf(Effect.all([plain.run("a"), plain.run("b")], { concurrency: "unbounded" }))
      const starts = (what: RegExp) =>
        time.entries.filter((entry) => what.test(entry) && entry.endsWith("starts")).map((entry) => entry.slice(0, -7))
      // The guard with the semaphore is the inner one: who has come to the outer one may still be waiting.
      expect(starts(/guard/)).toEqual([
        "0 guard of a at First",
        "0 guard of b at First",
        "10 guard of a at Second",
        "20 guard of b at Second"
      ])
      expect(starts(/(first|second) starts/)).toEqual(["0 a first", "10 b first", "20 a second", "30 b second"])
    })
  )

  it.effect("is not put around routes", () =>
    Effect.gen(function* () {
      const guarded: Array<string> = []
      const plain = Plain.implement(
        {
          First: Plain.route("First", ({ payload, to }) => to.Second(payload)),
          Second: ({ payload, to }) => to.Done(payload)
        },
        {
          policy: (step) =>
            step.guard((effect, { state }) => {
              guarded.push(state)
              return effect
            })
        }
      )
      yield* plain.run("a")
      expect(guarded).toEqual(["Second"])
    })
  )

  it.effect("leaves defects and interruption alone", () =>
    Effect.gen(function* () {
      let attempts = 0
      const bug = new Error("bug")
      const ending = (how: Effect.Effect<void>) =>
        Job.implement(
          {
            First: ({ payload, to }) => {
              attempts++
              return Effect.as(how, to.Second(payload))
            },
            Second
          },
          { policy: (step) => step.retry({ times: 5 }).catch(({ to }) => to.Broken("never")) }
        )
      expect(defectsOf(yield* settle(ending(Effect.die(bug)).run("a")))).toEqual([bug])
      expect(isInterrupted(yield* settle(ending(Effect.interrupt).run("a")))).toBe(true)
      const handle = yield* ending(Effect.never).fork("a")
      yield* TestClock.adjust(10)
      yield* handle.interrupt
      expect(isInterrupted(ended(handle.fiber))).toBe(true)
      expect(attempts).toBe(3)
    })
  )

  it.effect("is part of a single step", () =>
    Effect.gen(function* () {
      const job = Job.implement(
        { First, Second },
        { policy: (step) => step.catchTag("Boom", ({ error, to }) => to.Broken(error.id)) }
      )
      expect(yield* job.step("Second", "bad")).toEqual({ _tag: "Broken", payload: "second" })
      expect(yield* job.step("Second", "good")).toEqual({ _tag: "Done", payload: "good" })
    })
  )

  it.effect("is the workflow's: the same handlers have another one elsewhere, or none", () =>
    Effect.gen(function* () {
      const flaky = Plain.task("First", ({ attempt, payload, to }) =>
        attempt < 2 ? Effect.fail(new Boom({ id: payload })) : Effect.succeed(to.Second(payload))
      )
      const handlers = { First: flaky, Second: Plain.task("Second", ({ payload, to }) => to.Done(payload)) }
      const retrying = Plain.implement(handlers, { policy: (step) => step.retry({ times: 1 }) })
      expect((yield* retrying.run("a")).payload).toBe("a")
      expect(yield* failureOf(Plain.implement(handlers).run("a"))).toEqual(new Boom({ id: "a" }))
      expect((yield* retrying.run("a")).payload).toBe("a")
    })
  )

  it.effect("may need services", () =>
    Effect.gen(function* () {
      class Most extends Context.Service<Most, { readonly times: number }>()("test/Most") {}
      let attempts = 0
      const plain = Plain.implement(
        {
          First: ({ payload, to }) =>
            Effect.suspend(() =>
              ++attempts < 4 ? Effect.fail(new Boom({ id: payload })) : Effect.succeed(to.Second(payload))
            ),
          Second: ({ payload, to }) => to.Done(payload)
        },
        { policy: (step) => step.retry({ while: () => Most.use(({ times }) => Effect.succeed(attempts <= times)) }) }
      )
      const run: Effect.Effect<Workflow.Outcome<typeof Plain>, Boom, Most> = plain.run("a")
      const twice = Effect.provideService(run, Most, Most.of({ times: 2 }))
      expect(errorOf(yield* settle(twice))).toEqual(new Boom({ id: "a" }))
      attempts = 0
      const often = Effect.provideService(run, Most, Most.of({ times: 5 }))
      expect((yield* valueOf(often)).payload).toBe("a")
    })
  )

  it.effect("is given to a Layer in the same way", () =>
    Effect.gen(function* () {
      class Limits extends Context.Service<Limits, { readonly note: string }>()("test/Limits") {}
      const layer = Job.layer(
        { First, Second },
        {
          policy: (step) =>
            step.catchTag("Boom", ({ error, state, to }) =>
              Limits.use(({ note }) => Effect.succeed(to.Broken(`${error.id} at ${state}: ${note}`)))
            )
        }
      )
      const provided = Layer.provide(layer, Layer.succeed(Limits, Limits.of({ note: "noted" })))
      const outcome = yield* valueOf(Effect.provide(Job.run("bad"), provided))
      expect(outcome).toEqual({ _tag: "Broken", payload: "second at Second: noted" })
    })
  )
})

describe("a fallback", () => {
  it.effect("is where a failure of any state leads, with all that is known of it", () =>
    Effect.gen(function* () {
      class Noted extends Workflow.define("Noted")
        .store({ notes: Workflow.cell(Schema.Array(Schema.String), { initial: [] }) })
        .fallback(["Broken"])
        .state("First", Schema.String, ["Second"])
        .state("Second", Schema.Number, ["Done"])
        .exit("Done", Schema.Void)
        .exit("Broken", Workflow.type<unknown>())
        .start("First") {}
      const noted = Noted.implement(
        {
          *First({ payload, store, to }) {
            yield* store.append("notes", "first")
            return payload === "worse" ? yield* new Bust({ by: 3 }) : to.Second(7)
          },
          Second: ({ to }) => (Math.PI > 4 ? Effect.succeed(to.Done()) : failAfter(10, "second"))
        },
        {
          policy: (step) =>
            step.retry({ times: 1 }).catch(function* ({ attempt, error, input, payload, run, state, store, to }) {
              const notes = yield* store.get("notes")
              return to.Broken({ attempt, error, input, payload, id: run.id, state, notes })
            })
        }
      )
      expect((yield* valueOf(noted.run("worse", { id: "a" }))).payload).toEqual({
        attempt: 2,
        error: new Bust({ by: 3 }),
        input: "worse",
        payload: "worse",
        id: "a",
        state: "First",
        notes: ["first", "first"]
      })
      expect((yield* valueOf(noted.run("bad", { id: "b" }))).payload).toEqual({
        attempt: 2,
        error: new Boom({ id: "second" }),
        input: "bad",
        payload: 7,
        id: "b",
        state: "Second",
        notes: ["first"]
      })
    })
  )

  it.effect("takes the failures it names, and lets others end the run", () =>
    Effect.gen(function* () {
      const job = Job.implement(
        {
          First: ({ payload, to }) =>
            payload === "worse" ? Effect.fail(new Bust({ by: 3 })) : Effect.succeed(to.Second(payload)),
          Second
        },
        { policy: (step) => step.catchTag("Boom", ({ error, to }) => to.Broken(error.id)) }
      )
      expect(yield* valueOf(job.run("bad"))).toEqual({ _tag: "Broken", payload: "second" })
      const error: Bust = yield* failureOf(job.run("worse"))
      expect(error).toEqual(new Bust({ by: 3 }))
      const exit = yield* settle(job.run("worse", { id: "a" }))
      expect(Option.getOrUndefined(Workflow.failureContext(causeOf(exit)))).toMatchObject({
        runId: "a",
        state: "First"
      })
    })
  )

  it.effect("takes several by their tags, the timeout among them", () =>
    Effect.gen(function* () {
      const job = Job.implement(
        {
          First: ({ payload, to }) => succeedAfter(payload === "slow" ? 1_000 : 1, to.Second(payload)),
          Second
        },
        {
          policy: (step) =>
            step.timeout(100).catchTags({
              Boom: ({ error, to }) => to.Broken(error.id),
              StateTimeout: ({ error, to }) => to.Broken.after("1 second", `late in ${error.state}`)
            })
        }
      )
      expect((yield* valueOf(job.run("good")))._tag).toBe("Done")
      expect((yield* valueOf(job.run("bad"))).payload).toBe("second")
      const handle = yield* job.fork("slow")
      yield* TestClock.adjust(1_099)
      expect(handle.fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1)
      expect(ended(handle.fiber)).toEqual(Exit.succeed({ _tag: "Broken", payload: "late in First" }))
    })
  )

  it.effect("whose function fails or dies ends the run with that", () =>
    Effect.gen(function* () {
      const failing = Job.implement(
        { First, Second },
        {
          policy: (step) =>
            step.catch(({ state, to }) =>
              state === "Second" ? Effect.fail(new Bust({ by: 1 })) : Effect.succeed(to.Broken(""))
            )
        }
      )
      const error: Bust = yield* failureOf(failing.run("bad"))
      expect(error).toEqual(new Bust({ by: 1 }))
      const bug = new Error("bug")
      const dying = Job.implement(
        { First, Second },
        {
          policy: (step) =>
            step.catch(({ state, to }) => {
              if (state === "Second") throw bug
              return to.Broken("")
            })
        }
      )
      expect(defectsOf(yield* settle(dying.run("bad")))).toEqual([bug])
    })
  )

  /** A fallback that goes on: its own failures have nowhere to fall back to. */
  class Rescue extends Workflow.define("Rescue")
    .fallback(["Repair", "Lost"])
    .state("Work", Schema.String, ["Done"])
    .state("Repair", Schema.String, ["Work", "Clean"])
    .state("Clean", Schema.String, ["Done"])
    .exit("Done", Schema.String)
    .exit("Lost", Schema.String)
    .start("Work") {}

  const rescue = (attempts: Array<string>) =>
    Rescue.implement(
      {
        Work: ({ attempt, payload, state, to }) => {
          attempts.push(`${state} ${attempt}`)
          return payload === "good" ? Effect.succeed(to.Done(payload)) : Effect.fail(new Boom({ id: payload }))
        },
        Repair: ({ attempt, payload, state, to }) => {
          attempts.push(`${state} ${attempt}`)
          if (payload === "beyond repair") return Effect.fail(new Bust({ by: 1 }))
          return Effect.succeed(payload === "dirty" ? to.Clean(payload) : to.Work("good"))
        },
        Clean: ({ attempt, payload, state, to }) => {
          attempts.push(`${state} ${attempt}`)
          return attempt < 2 ? Effect.fail(new Boom({ id: "lost" })) : Effect.succeed(to.Done(payload))
        }
      },
      {
        policy: (step) =>
          step
            .retry({ times: 1 })
            .catchTag("Boom", ({ error, to }) => (error.id === "lost" ? to.Lost(error.id) : to.Repair(error.id)))
      }
    )

  it.effect("may be a state, which goes on from there", () =>
    Effect.gen(function* () {
      const attempts: Array<string> = []
      expect(yield* rescue(attempts).run("bad")).toEqual({ _tag: "Done", payload: "good" })
      expect(attempts).toEqual(["Work 1", "Work 2", "Repair 1", "Work 1"])
      expect(yield* rescue([]).run("lost")).toEqual({ _tag: "Lost", payload: "lost" })
    })
  )

  it.effect("is not put around the states of the fallback themselves, and is around those after them", () =>
    Effect.gen(function* () {
      const attempts: Array<string> = []
      const error: Bust = yield* failureOf(rescue(attempts).run("beyond repair"))
      expect(error).toEqual(new Bust({ by: 1 }))
      expect(attempts).toEqual(["Work 1", "Work 2", "Repair 1"])
      const others: Array<string> = []
      expect((yield* rescue(others).run("dirty")).payload).toBe("dirty")
      expect(others).toEqual(["Work 1", "Work 2", "Repair 1", "Clean 1", "Clean 2"])
    })
  )

  it.effect("is an edge from every state, which a handler itself does not see", () =>
    Effect.gen(function* () {
      const seen: Array<ReadonlyArray<string>> = []
      const job = Job.implement(
        {
          First: ({ payload, to }) => {
            seen.push(Object.keys(to))
            return to.Second(payload)
          },
          Second
        },
        {
          policy: (step) =>
            step.catch(({ to }) => {
              seen.push(Object.keys(to))
              return to.Broken("")
            })
        }
      )
      yield* valueOf(job.run("bad"))
      expect(seen).toEqual([["Second"], ["Broken"]])
    })
  )

  it("is in the graph, with the policies around all handlers", () => {
    const policy = Job.implement(
      { First, Second: Job.task("Second", Second).retry({ times: 3 }) },
      {
        policy: (step) =>
          step
            .timeout("1 second")
            .retry({ times: 2 })
            .guard(Semaphore.makeUnsafe(1).withPermits(1))
            .catchTag("Boom", ({ to }) => to.Broken(""))
            .catch(({ to }) => to.Broken(""))
      }
    )
    expect(policy.graph.fallback).toEqual(["Broken"])
    expect(policy.graph.policies).toEqual([
      { kind: "timeout", duration: Duration.seconds(1) },
      { kind: "retry" },
      { kind: "guard" },
      { kind: "catch", tags: ["Boom"] },
      { kind: "catch" }
    ])
    const second = policy.graph.places.find((place) => place.name === "Second")
    expect(second?.work?.policies).toEqual([{ kind: "retry" }])
    expect(second?.targets).toEqual(["Done"])
    expect(Job.graph.policies).toBeUndefined()
    const plain = Plain.implement({
      First: ({ payload, to }) => to.Second(payload),
      Second: ({ payload, to }) => to.Done(payload)
    })
    expect(plain.graph.policies).toEqual([])
    expect(plain.graph.fallback).toEqual([])
  })
})

describe("a fallback after steps that can be undone", () => {
  class Booking extends Workflow.define("Booking")
    .fallback(["Broken", "Kept"])
    .state("Hotel", Schema.String, ["Flight"])
    .state("Flight", Schema.String, ["Done"])
    .exit("Done", Schema.String)
    .exit("Broken", Schema.String, { rollback: true })
    .exit("Kept", Schema.String)
    .start("Hotel") {}

  const booking = (undone: Array<string>) =>
    Booking.implement(
      {
        Hotel: Booking.task("Hotel", ({ payload, to }) => to.Flight(payload)).compensate({
          Flight: ({ payload }) => {
            undone.push(`hotel ${payload}`)
          }
        }),
        Flight: Booking.task("Flight", ({ payload, to }) =>
          payload === "free" ? Effect.succeed(to.Done(payload)) : Effect.fail(new Boom({ id: payload }))
        ).compensate({
          Done: ({ payload }) => {
            undone.push(`flight ${payload}`)
          }
        })
      },
      {
        policy: (step) =>
          step
            .retry({ times: 2 })
            .catchTag("Boom", ({ error, to }) => (error.id === "full" ? to.Broken(error.id) : to.Kept(error.id)))
      }
    )

  it.effect("undoes them at an exit that rolls back, each once", () =>
    Effect.gen(function* () {
      const undone: Array<string> = []
      expect(yield* valueOf(booking(undone).run("full"))).toEqual({ _tag: "Broken", payload: "full" })
      expect(undone).toEqual(["hotel full"])
    })
  )

  it.effect("leaves them at any other exit", () =>
    Effect.gen(function* () {
      const undone: Array<string> = []
      expect(yield* valueOf(booking(undone).run("late"))).toEqual({ _tag: "Kept", payload: "late" })
      expect((yield* valueOf(booking(undone).run("free")))._tag).toBe("Done")
      expect(undone).toEqual([])
    })
  )

  it.effect("undoes the branches of a join that fails before the policy sees the failure", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      class Fan extends Workflow.define("Fan")
        .fallback(["Broken"])
        .state("Work", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .exit("Broken", Schema.String)
        .start("Work") {}
      const split = (undo: Effect.Effect<void, Boom>) =>
        Fan.implement(
          {
            Work: Fan.split("Work", { good: () => "good", bad: () => failAfter(10, "bad") })
              .compensate({ good: ({ value }) => Effect.andThen(time.mark(`undo ${value}`), undo) })
              .join(Join.all, ({ to }) => to.Done())
          },
          {
            policy: (step) =>
              step.retry({ times: 1 }).catch(({ error, to }) => Effect.as(time.mark("caught"), to.Broken(error._tag)))
          }
        )
      expect((yield* valueOf(split(Effect.void).run()))._tag).toBe("Broken")
      expect(time.entries).toEqual(["10 undo good", "20 undo good", "20 caught"])

      // What could not be undone ends the run: neither retried nor caught.
      const error: CompensationFailed = yield* failureOf(split(Effect.fail(new Boom({ id: "undo" }))).run())
      expect(error._tag).toBe("CompensationFailed")
      expect(errorOf(Exit.failCause(error.cause))).toEqual(new Boom({ id: "bad" }))
      expect(time.entries.slice(3)).toEqual(["3600010 undo good"])
    })
  )

  it.effect("does not take that a callee could not undo its steps, which the call's own catch does", () =>
    Effect.gen(function* () {
      class Booked extends Workflow.define("Booked")
        .failure(Schema.Union([CompensationFailed, Schema.String]))
        .state("Hold", Schema.Void, ["Confirm"])
        .state("Confirm", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Hold") {}
      class Trip extends Workflow.define("Trip")
        .fallback(["Broken"])
        .state("Book", Schema.Void, ["Done", "Stuck"])
        .exit("Done", Schema.Void)
        .exit("Stuck", Schema.String)
        .exit("Broken", Schema.String)
        .start("Book") {}
      let confirmed = 0
      const booked = Booked.layer({
        Hold: Booked.task("Hold", ({ to }) => to.Confirm()).compensate({
          Confirm: () => (confirmed === 3 ? Effect.fail("undo") : Effect.void)
        }),
        Confirm: ({ to }) => Effect.suspend(() => (++confirmed > 9 ? Effect.succeed(to.Done()) : Effect.fail("no")))
      })
      const Book = Trip.call("Book", Booked, () => undefined, {
        Done: ({ payload, to }) => (payload === undefined ? Effect.succeed(to.Done()) : Effect.succeed(to.Stuck("")))
      })
      const policy = Trip.implement(
        { Book },
        { policy: (step) => step.retry({ times: 5 }).catch(({ to }) => to.Broken("")) }
      )
      const error: CompensationFailed = yield* failureOf(Effect.provide(policy.run(), booked))
      expect(error).toMatchObject({ _tag: "CompensationFailed", workflow: "Booked", failures: [{ state: "Hold" }] })
      // Failures before it were retried, and it was not.
      expect(confirmed).toBe(3)

      confirmed = 2
      const own = Trip.implement(
        {
          Book: Book.catch(({ error, to }) => to.Stuck(typeof error === "string" ? error : error._tag))
        },
        { policy: (step) => step.catch(({ to }) => to.Broken("")) }
      )
      expect(yield* valueOf(Effect.provide(own.run(), booked))).toEqual({
        _tag: "Stuck",
        payload: "CompensationFailed"
      })
    })
  )
})
