/** Policies: timeouts, retries and catches, whose order is their meaning. */
import { describe, expect, it } from "@effect/vitest"
import { Data, Duration, Effect, Fiber, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Join, StateTimeout, Workflow } from "sluice"
import { Fan, implement } from "../support/fan.ts"
import {
  Boom,
  defectsOf,
  ended,
  failAfter,
  failureOf,
  isInterrupted,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

class Bust extends Data.TaggedError("Bust")<{ readonly by: number }> {}

describe("timeout", () => {
  it.effect("fails with StateTimeout, which names the state and the limit", () =>
    Effect.gen(function* () {
      const workflow = implement(Fan.task("Work", ({ to }) => succeedAfter(200, to.Done("late"))).timeout("100 millis"))
      const error = yield* failureOf(workflow.run())
      expect(error).toEqual(new StateTimeout({ state: "Work", duration: Duration.millis(100) }))
      expect(error.message).toBe("State 'Work' took longer than 100ms")
    })
  )

  it.effect("interrupts what was running and waits for its finalizers", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.task("Work", ({ to }) => time.track("work", succeedAfter(200, to.Done("late")), 50))
          .timeout("100 millis")
          .catch(function* ({ to }) {
            yield* time.mark("caught")
            return to.Done("in time")
          })
      )
      expect((yield* valueOf(workflow.run())).payload).toBe("in time")
      expect(time.entries).toEqual(["0 work starts", "150 work interrupted", "150 caught"])
    })
  )

  it.effect("lets pass what is in time", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.task("Work", ({ to }) => succeedAfter(99, to.Done("in time"))).timeout("100 millis")
      )
      expect((yield* valueOf(workflow.run())).payload).toBe("in time")
    })
  )

  it.effect("the inner of two is the one that counts when it is shorter", () =>
    Effect.gen(function* () {
      const task = Fan.task("Work", ({ to }) => succeedAfter(200, to.Done("late")))
      const limit = (error: StateTimeout) => Duration.toMillis(error.duration)
      expect(limit(yield* failureOf(implement(task.timeout(50).timeout(100)).run()))).toBe(50)
      expect(limit(yield* failureOf(implement(task.timeout(100).timeout(50)).run()))).toBe(50)
    })
  )
})

describe("retry", () => {
  /** Fails so often, then succeeds, and records the attempts. */
  const flaky = (failures: number, attempts: Array<number>) =>
    Fan.task("Work", ({ attempt, to }) =>
      Effect.suspend(() => {
        attempts.push(attempt)
        return attempt <= failures ? Effect.fail(new Boom({ id: `${attempt}` })) : Effect.succeed(to.Done(attempt))
      })
    )

  it.effect("takes options, a schedule, or a function that builds one", () =>
    Effect.gen(function* () {
      const attempts: Array<number> = []
      const task = flaky(2, attempts)
      const retried = [
        task.retry({ times: 2 }),
        task.retry({ schedule: Schedule.spaced("10 millis") }),
        task.retry({ while: (error) => error.id !== "3" }),
        task.retry({ until: (error) => error.id === "3" }),
        task.retry({ while: (error) => Effect.succeed(error.id !== "3") }),
        task.retry(Schedule.recurs(2)),
        task.retry(($) => $(Schedule.exponential("10 millis")))
      ]
      for (const handler of retried) {
        expect((yield* valueOf(implement(handler).run())).payload).toBe(3)
      }
      expect(attempts).toEqual(retried.flatMap(() => [1, 2, 3]))
    })
  )

  it.effect("waits as the schedule says", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.task("Work", function* ({ attempt, to }) {
          yield* time.mark(`attempt ${attempt}`)
          return attempt < 4 ? yield* Effect.fail("again") : to.Done("done")
        }).retry(Schedule.exponential("10 millis"))
      )
      yield* valueOf(workflow.run())
      expect(time.entries).toEqual(["0 attempt 1", "10 attempt 2", "30 attempt 3", "70 attempt 4"])
    })
  )

  it.effect("when exhausted, fails with the last error itself", () =>
    Effect.gen(function* () {
      const errors: Array<Boom> = []
      const workflow = implement(
        Fan.task("Work", ({ attempt, to }) =>
          Effect.suspend(() => {
            const error = new Boom({ id: `${attempt}` })
            errors.push(error)
            return attempt < 100 ? Effect.fail(error) : Effect.succeed(to.Done("never"))
          })
        ).retry({ times: 2 })
      )
      const error = yield* failureOf(workflow.run())
      expect(errors).toHaveLength(3)
      expect(error).toBe(errors[2])
    })
  )

  it.effect("stops at an error it is told not to retry", () =>
    Effect.gen(function* () {
      const attempts: Array<number> = []
      const workflow = implement(flaky(5, attempts).retry({ while: (error) => error.id === "1", times: 10 }))
      expect(yield* failureOf(workflow.run())).toEqual(new Boom({ id: "2" }))
      expect(attempts).toEqual([1, 2])
    })
  )

  it.effect("counts attempts from 1 in every visit", () =>
    Effect.gen(function* () {
      class Visits extends Workflow.define("Visits")
        .state("Try", Schema.Number, ["Try", "Done"])
        .exit("Done", Schema.Void)
        .start("Try") {}
      const seen: Array<string> = []
      const workflow = Visits.implement({
        Try: Visits.task("Try", ({ attempt, payload, to }) => {
          seen.push(`visit ${payload} attempt ${attempt}`)
          if (attempt < 3 - payload) return Effect.fail("again")
          return Effect.succeed(payload < 2 ? to.Try(payload + 1) : to.Done())
        }).retry({ times: 5 })
      })
      yield* workflow.run(0)
      expect(seen).toEqual([
        "visit 0 attempt 1",
        "visit 0 attempt 2",
        "visit 0 attempt 3",
        "visit 1 attempt 1",
        "visit 1 attempt 2",
        "visit 2 attempt 1"
      ])
    })
  )

  it.effect("within another goes on counting", () =>
    Effect.gen(function* () {
      const attempts: Array<number> = []
      const workflow = implement(flaky(5, attempts).retry({ times: 2 }).retry({ times: 1 }))
      expect((yield* valueOf(workflow.run())).payload).toBe(6)
      expect(attempts).toEqual([1, 2, 3, 4, 5, 6])
    })
  )

  it.effect("keeps what an attempt did to the store", () =>
    Effect.gen(function* () {
      class Counted extends Workflow.define("Counted")
        .store({ begun: Workflow.cell(Schema.Number, { initial: 0 }) })
        .state("Try", Schema.Void, ["Done"])
        .exit("Done", Schema.Number)
        .start("Try") {}
      const workflow = Counted.implement({
        Try: Counted.task("Try", function* ({ attempt, store, to }) {
          const begun = yield* store.update("begun", (begun) => begun + 1)
          return attempt < 3 ? yield* Effect.fail("again") : to.Done(begun)
        }).retry({ times: 5 })
      })
      expect((yield* workflow.run()).payload).toBe(3)
    })
  )

  it.effect("begins all branches of a split again", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          slow: () => time.track("slow", succeedAfter(20, "slow")),
          flaky: ({ attempt }) => (attempt === 1 ? failAfter(10, "flaky") : succeedAfter(10, "flaky"))
        })
          .join(Join.all, ({ results, to }) => to.Done(results))
          .retry({ times: 1 })
      )
      expect((yield* valueOf(workflow.run())).payload).toEqual({ slow: "slow", flaky: "flaky" })
      expect(time.entries).toEqual(["0 slow starts", "10 slow interrupted", "10 slow starts", "30 slow done"])
    })
  )
})

describe("timeout and retry", () => {
  /** Takes an hour at first, and nothing from the given attempt on. */
  const slow = (until: number, time: Timeline) =>
    Fan.task("Work", function* ({ attempt, to }) {
      yield* time.mark(`attempt ${attempt}`)
      if (attempt < until) yield* Effect.sleep("1 hour")
      return to.Done(attempt)
    })

  it.effect("the timeout within bounds each attempt", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(slow(3, time).timeout("100 millis").retry({ times: 5 }))
      expect((yield* valueOf(workflow.run())).payload).toBe(3)
      expect(time.entries).toEqual(["0 attempt 1", "100 attempt 2", "200 attempt 3"])
    })
  )

  it.effect("the timeout around bounds the whole", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.task("Work", function* ({ attempt, to }) {
          yield* time.mark(`attempt ${attempt}`)
          yield* Effect.sleep(40)
          return attempt < 10 ? yield* Effect.fail(new Boom({ id: "again" })) : to.Done("never")
        })
          .retry({ times: 10 })
          .timeout("100 millis")
      )
      expect(yield* failureOf(workflow.run())).toBeInstanceOf(StateTimeout)
      expect(time.entries).toEqual(["0 attempt 1", "40 attempt 2", "80 attempt 3"])
    })
  )
})

describe("catch", () => {
  const failing = (id: string) =>
    Fan.task("Work", ({ to }) => (id === "" ? Effect.succeed(to.Done("done")) : failAfter(10, id)))

  it.effect("turns a failure into a transition", () =>
    Effect.gen(function* () {
      const forms = [
        failing("bad").catch(({ error, to }) => to.Done(error.id)),
        failing("bad").catch(({ error, to }) => succeedAfter(10, to.Done(error.id))),
        failing("bad").catch(function* ({ error, to }) {
          yield* Effect.sleep(10)
          return to.Done(error.id)
        }),
        failing("bad").catchTag("Boom", ({ error, to }) => to.Done(error.id)),
        failing("bad").catchTags({ Boom: ({ error, to }) => to.Done(error.id) }),
        failing("bad").catchTags({
          *Boom({ error, to }) {
            yield* Effect.sleep(10)
            return to.Done(error.id)
          }
        })
      ]
      for (const handler of forms) expect((yield* valueOf(implement(handler).run())).payload).toBe("bad")
    })
  )

  it.effect("is given what a task is given, and the error", () =>
    Effect.gen(function* () {
      class Caught extends Workflow.define("Caught")
        .state("Work", Schema.String, ["Done"])
        .exit("Done", Workflow.type<unknown>())
        .start("Work") {}
      const error = new Boom({ id: "bad" })
      const workflow = Caught.implement({
        Work: Caught.task("Work", ({ payload, to }) =>
          payload === "" ? Effect.succeed(to.Done("")) : Effect.fail(error)
        )
          .retry({ times: 2 })
          .catch(({ attempt, error, input, payload, run, to }) =>
            to.Done({ attempt, error, input, payload, id: run.id })
          )
      })
      const { payload } = yield* workflow.run("book", { id: "run-1" })
      expect(payload).toEqual({ attempt: 3, error, input: "book", payload: "book", id: "run-1" })
      expect((payload as { readonly error: unknown }).error).toBe(error)
    })
  )

  it.effect("leaves a success alone", () =>
    Effect.gen(function* () {
      const workflow = implement(failing("").catch(({ to }) => to.Done("caught")))
      expect((yield* valueOf(workflow.run())).payload).toBe("done")
    })
  )

  it.effect("by tag takes only that tag", () =>
    Effect.gen(function* () {
      const task = Fan.task("Work", ({ run, to }) =>
        Effect.gen(function* () {
          if (run.id === "boom") return yield* new Boom({ id: run.id })
          if (run.id === "bust") return yield* new Bust({ by: 1 })
          if (run.id === "text") return yield* Effect.fail("Boom")
          return to.Done("done")
        })
      )
      const workflow = implement(task.catchTag("Boom", ({ to }) => to.Done("caught")))
      const run = (id: string) => workflow.run(undefined, { id })
      expect((yield* run("boom")).payload).toBe("caught")
      expect(yield* Effect.flip(run("bust"))).toEqual(new Bust({ by: 1 }))
      expect(yield* Effect.flip(run("text"))).toBe("Boom")
      const both = implement(
        task.catchTags({ Boom: ({ error, to }) => to.Done(error.id), Bust: ({ error, to }) => to.Done(error.by) })
      )
      expect((yield* both.run(undefined, { id: "boom" })).payload).toBe("boom")
      expect((yield* both.run(undefined, { id: "bust" })).payload).toBe(1)
      expect(yield* Effect.flip(both.run(undefined, { id: "text" }))).toBe("Boom")
    })
  )

  it.effect("takes a timeout by its tag", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.task("Work", ({ to }) => succeedAfter(200, to.Done("late")))
          .timeout("100 millis")
          .catchTag("StateTimeout", ({ error, to }) => to.Done(error.state))
      )
      expect((yield* valueOf(workflow.run())).payload).toBe("Work")
    })
  )

  it.effect("sees only what stands before it", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.task("Work", ({ to }) => succeedAfter(200, to.Done("late")))
          .catchTag("StateTimeout" as never, ({ to }) => to.Done("caught"))
          .timeout("100 millis")
      )
      expect(yield* failureOf(workflow.run())).toBeInstanceOf(StateTimeout)
    })
  )

  it.effect("may fail itself, which leaves the run or is caught by the next", () =>
    Effect.gen(function* () {
      const caught = failing("bad").catch(({ error, to }) =>
        error.id === "" ? Effect.succeed(to.Done("never")) : Effect.fail(new Bust({ by: 2 }))
      )
      expect(yield* failureOf(implement(caught).run())).toEqual(new Bust({ by: 2 }))
      const again = caught.catchTag("Bust", ({ error, to }) => to.Done(error.by))
      expect((yield* valueOf(implement(again).run())).payload).toBe(2)
    })
  )

  it.effect("before a retry decides what is retried", () =>
    Effect.gen(function* () {
      const attempts: Array<number> = []
      const workflow = implement(
        Fan.task("Work", ({ attempt, to }) => {
          attempts.push(attempt)
          return attempt === 3 ? Effect.succeed(to.Done("done")) : Effect.fail(new Boom({ id: `${attempt}` }))
        })
          .catch(({ error, to }) => (error.id === "2" ? Effect.succeed(to.Done("caught")) : Effect.fail("again")))
          .retry({ times: 5 })
      )
      expect((yield* workflow.run()).payload).toBe("caught")
      expect(attempts).toEqual([1, 2])
    })
  )

  it.effect("that throws is a defect", () =>
    Effect.gen(function* () {
      const boom = new Error("boom")
      const workflow = implement(
        failing("bad")
          .catch(({ error, to }) => {
            if (error.id === "bad") throw boom
            return to.Done("never")
          })
          .retry({ times: 3 })
      )
      expect(defectsOf(yield* settle(workflow.run()))).toEqual([boom])
    })
  )
})

describe("defects and interruption", () => {
  const policies = (work: () => Effect.Effect<never, Boom>) =>
    implement(
      Fan.task("Work", ({ to }) => Effect.as(work(), to.Done("done")))
        .retry({ times: 3 })
        .catchTag("Boom", ({ to }) => to.Done("caught by tag"))
        .catch(({ to }) => to.Done("caught"))
    )

  it.effect("are neither retried nor caught", () =>
    Effect.gen(function* () {
      const boom = new Error("boom")
      let begun = 0
      const dying = policies(() => {
        begun++
        return Effect.die(boom)
      })
      expect(defectsOf(yield* settle(dying.run()))).toEqual([boom])
      const throwing = policies(() => {
        begun++
        throw boom
      })
      expect(defectsOf(yield* settle(throwing.run()))).toEqual([boom])
      const interrupted = policies(() => {
        begun++
        return Effect.interrupt
      })
      expect(isInterrupted(yield* settle(interrupted.run()))).toBe(true)
      expect(begun).toBe(3)
    })
  )

  it.effect("end a wait between two attempts", () =>
    Effect.gen(function* () {
      let begun = 0
      const workflow = implement(
        Fan.task("Work", ({ to }) => {
          begun++
          return begun < 10 ? Effect.fail("again") : Effect.succeed(to.Done("never"))
        }).retry(Schedule.spaced("1 minute"))
      )
      const fiber = yield* Effect.forkChild(workflow.run())
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.interrupt(fiber)
      expect(isInterrupted(ended(fiber))).toBe(true)
      yield* TestClock.adjust("1 hour")
      expect(begun).toBe(1)
    })
  )
})
