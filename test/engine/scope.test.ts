/** One Scope per visit of a state: what is acquired in a visit is released when it ends, however it ends. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Schema, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Workflow } from "sluice"
import { Boom, defectsOf, settle, succeedAfter, valueOf } from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

class Stages extends Workflow.define("Stages")
  .state("First", Schema.Void, ["Second"])
  .state("Second", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("First") {}

const stages = <E>(
  time: Timeline,
  first: (
    context: Workflow.Context<typeof Stages, "First">
  ) => Effect.Effect<Workflow.Transitions<typeof Stages, "First">, E, Scope.Scope>
) =>
  Stages.implement({
    First: first,
    *Second({ to }) {
      yield* time.mark("second begins")
      return to.Done()
    }
  })

describe("the scope of a visit", () => {
  it.effect("closes before the next state begins, and waits for the release", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Stages.implement({
        *First({ to }) {
          yield* time.resource("a", 50)
          yield* time.resource("b")
          yield* Effect.sleep(10)
          return to.Second()
        },
        *Second({ to }) {
          yield* time.resource("c")
          return to.Done()
        }
      })
      yield* valueOf(workflow.run())
      expect(time.entries).toEqual([
        "0 a acquired",
        "0 b acquired",
        "10 b released",
        "60 a released",
        "60 c acquired",
        "60 c released"
      ])
    })
  )

  it.effect("is a new one for every visit of the same state", () =>
    Effect.gen(function* () {
      class Rounds extends Workflow.define("Rounds")
        .state("Round", Schema.Number, ["Round", "Done"])
        .exit("Done", Schema.Void)
        .start("Round") {}
      const time = new Timeline()
      const workflow = Rounds.implement({
        *Round({ payload, to }) {
          yield* time.resource(`${payload}`)
          return payload < 3 ? to.Round(payload + 1) : to.Done()
        }
      })
      yield* workflow.run(1)
      expect(time.entries).toEqual([
        "0 1 acquired",
        "0 1 released",
        "0 2 acquired",
        "0 2 released",
        "0 3 acquired",
        "0 3 released"
      ])
    })
  )

  it.effect("closes when the visit fails", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Stages.implement({
        *First({ run, to }) {
          yield* time.resource("a")
          if (run.id !== "") yield* new Boom({ id: "bad" })
          return to.Second()
        },
        Second: ({ to }) => to.Done()
      })
      yield* settle(workflow.run())
      expect(time.entries).toEqual(["0 a acquired", "0 a released"])
    })
  )

  it.effect("closes when the visit dies, also in a later state", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Stages.implement({
        *First({ to }) {
          yield* time.resource("a")
          return to.Second()
        },
        *Second({ run, to }) {
          yield* time.resource("b")
          if (run.id !== "") yield* Effect.die("dead")
          return to.Done()
        }
      })
      yield* settle(workflow.run())
      expect(time.entries).toEqual(["0 a acquired", "0 a released", "0 b acquired", "0 b released"])
    })
  )

  it.effect("closes when what the handler gave is no transition", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = stages(time, () => Effect.as(time.resource("a"), undefined as never))
      expect(defectsOf(yield* settle(workflow.run()))).toHaveLength(1)
      expect(time.entries).toEqual(["0 a acquired", "0 a released"])
    })
  )

  it.effect("closes once when the visit is interrupted, and the interruption waits for it", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = stages(time, () => Effect.andThen(time.resource("a", 100), Effect.never))
      const fiber = yield* Effect.forkChild(workflow.run())
      yield* TestClock.adjust(10)
      yield* Effect.forkChild(Effect.andThen(Fiber.interrupt(fiber), time.mark("interrupted")))
      yield* TestClock.adjust(1_000)
      expect(time.entries).toEqual(["0 a acquired", "110 a released", "110 interrupted"])
    })
  )

  it.effect("closes to the end when the run is interrupted meanwhile", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = stages(time, ({ to }) => Effect.as(time.resource("a", 100), to.Second()))
      const fiber = yield* Effect.forkChild(workflow.run())
      yield* TestClock.adjust(10)
      yield* Effect.forkChild(Effect.andThen(Fiber.interrupt(fiber), time.mark("interrupted")))
      yield* TestClock.adjust(1_000)
      expect(time.entries).toEqual(["0 a acquired", "100 a released", "100 interrupted"])
    })
  )

  it.effect("stays open while the state times out, retries and catches, and closes before the next begins", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Stages.implement({
        First: Stages.task("First", function* ({ attempt, to }) {
          yield* time.resource(`${attempt}`)
          yield* Effect.sleep("1 hour")
          return to.Second()
        })
          .timeout("10 millis")
          .retry({ times: 1 })
          .catch(function* ({ to }) {
            yield* time.resource("caught")
            return to.Second()
          }),
        *Second({ to }) {
          yield* time.mark("second begins")
          return to.Done()
        }
      })
      yield* valueOf(workflow.run())
      expect(time.entries.filter((entry) => entry.endsWith("acquired"))).toEqual([
        "0 1 acquired",
        "10 2 acquired",
        "20 caught acquired"
      ])
      expect(time.entries.filter((entry) => entry.endsWith("released"))).toHaveLength(3)
      expect(time.entries.at(-1)).toBe("20 second begins")
    })
  )

  it.effect("tells its finalizers how the visit ended", () =>
    Effect.gen(function* () {
      const exits: Array<string> = []
      const workflow = Stages.implement({
        *First({ to }) {
          yield* Effect.addFinalizer((exit) => Effect.sync(() => exits.push(exit._tag)))
          return to.Second()
        },
        *Second({ run, to }) {
          yield* Effect.addFinalizer((exit) => Effect.sync(() => exits.push(exit._tag)))
          if (run.id !== "") yield* Effect.fail("bad")
          return to.Done()
        }
      })
      yield* settle(workflow.run())
      expect(exits).toEqual(["Success", "Failure"])
    })
  )

  it.effect("fails the run with a defect of a finalizer, and still runs the others", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = stages(time, ({ to }) =>
        Effect.gen(function* () {
          yield* time.resource("a")
          yield* Effect.addFinalizer(() => Effect.die("a finalizer died"))
          yield* time.resource("b")
          return to.Second()
        })
      )
      expect(defectsOf(yield* settle(workflow.run()))).toEqual(["a finalizer died"])
      expect(time.entries).toEqual(["0 a acquired", "0 b acquired", "0 b released", "0 a released"])
    })
  )

  it.effect("interrupts what a visit left running in it", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = Stages.implement({
        *First({ to }) {
          yield* Effect.forkScoped(time.track("background", Effect.never))
          return yield* succeedAfter(10, to.Second())
        },
        *Second({ to }) {
          yield* time.mark("second begins")
          return to.Done()
        }
      })
      yield* valueOf(workflow.run())
      expect(time.entries).toEqual(["0 background starts", "10 background interrupted", "10 second begins"])
    })
  )

  it.effect("of a run within a handler is not that of the handler", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const inner = stages(time, ({ to }) => Effect.as(time.resource("inner"), to.Second()))
      const outer = Stages.implement({
        *First({ to }) {
          yield* time.resource("outer")
          yield* inner.run()
          yield* time.mark("inner has ended")
          return to.Second()
        },
        Second: ({ to }) => to.Done()
      })
      yield* outer.run()
      expect(time.entries).toEqual([
        "0 outer acquired",
        "0 inner acquired",
        "0 inner released",
        "0 second begins",
        "0 inner has ended",
        "0 outer released"
      ])
    })
  )
})
