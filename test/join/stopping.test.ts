/** How branches are stopped: by a decision, a defect, an interruption or a timeout. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Deferred, Duration, Effect, Exit, Fiber, Scheduler } from "effect"
import { TestClock } from "effect/testing"
import { Join, JoinTimeout } from "sluice"
import { Fan, implement } from "../support/fan.ts"
import {
  Boom,
  causeOf,
  defectsOf,
  dieAfter,
  ended,
  failAfter,
  failureOf,
  isInterrupted,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { everyStrategy } from "../support/strategies.ts"
import { Timeline } from "../support/timeline.ts"

const boom = new Error("boom")
const finalizerDied = new Error("a finalizer died")

describe("a decision", () => {
  it.effect("stops the losers and waits for their finalizers before it goes on", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          quick: () => time.track("quick", Effect.never),
          winner: () => time.track("winner", succeedAfter(10, "won")),
          slow: () => time.track("slow", Effect.never, 500)
        }).join(Join.any, function* ({ results, to }) {
          yield* time.mark("joined")
          return to.Done(results)
        })
      )
      const outcome = yield* valueOf(workflow.run())
      expect(outcome.payload).toEqual({ branch: "winner", value: "won" })
      expect(time.entries.slice(3)).toEqual([
        "10 winner done",
        "10 quick interrupted",
        "510 slow interrupted",
        "510 joined"
      ])
    })
  )

  it.effect("to fail waits for the finalizers too", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          slow: () => time.track("slow", Effect.never, 500),
          bad: () => failAfter(10, "bad")
        })
          .join(Join.all, ({ results, to }) => to.Done(results))
          .catch(function* ({ error, to }) {
            yield* time.mark("caught")
            return to.Done(error)
          })
      )
      const outcome = yield* valueOf(workflow.run())
      expect(outcome.payload).toEqual(new Boom({ id: "bad" }))
      expect(time.entries).toEqual(["0 slow starts", "510 slow interrupted", "510 caught"])
    })
  )

  it.effect("by the time that is up waits for the finalizers too", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          slow: () => time.track("slow", Effect.never, 500),
          good: () => succeedAfter(10, "good")
        }).join(Join.partialTimeout("50 millis"), function* ({ results, to }) {
          yield* time.mark("joined")
          return to.Done(results.interrupted)
        })
      )
      const outcome = yield* valueOf(workflow.run())
      expect(outcome.payload).toEqual([{ branch: "slow" }])
      expect(time.entries).toEqual(["0 slow starts", "550 slow interrupted", "550 joined"])
    })
  )

  it.effect("waits for a loser that cannot be interrupted, and ignores what it gives", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          stubborn: () => Effect.uninterruptible(time.track("stubborn", succeedAfter(100, "late"))),
          winner: () => succeedAfter(10, "won")
        }).join(Join.partialResults(1), function* ({ results, to }) {
          yield* time.mark("joined")
          return to.Done(results)
        })
      )
      const outcome = yield* valueOf(workflow.run())
      expect(outcome.payload).toEqual({
        successes: [{ branch: "winner", value: "won" }],
        failures: [],
        interrupted: [{ branch: "stubborn" }]
      })
      expect(time.entries).toEqual(["0 stubborn starts", "100 stubborn done", "100 joined"])
    })
  )

  it.effect("ignores a typed failure of a loser's finalizing", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          loser: () => Effect.onInterrupt(Effect.never, () => Effect.fail("too late")),
          winner: () => succeedAfter(10, "won")
        }).join(Join.any, ({ results, to }) => to.Done(results))
      )
      const outcome = yield* valueOf(workflow.run())
      expect(outcome.payload).toEqual({ branch: "winner", value: "won" })
    })
  )

  it.effect.each(everyStrategy)("of $name lets every finalizer run exactly once, before the join", ({ strategy }) =>
    Effect.gen(function* () {
      const finalized: Array<string> = []
      const counted = <A, E>(name: string, effect: Effect.Effect<A, E>) =>
        Effect.ensuring(
          effect,
          Effect.sync(() => finalized.push(name))
        )
      const workflow = implement(
        Fan.split("Work", {
          a: () => counted("a", succeedAfter(10, "a")),
          b: () => counted("b", succeedAfter(20, "b")),
          c: () => counted("c", succeedAfter(2_000_000, "c")),
          d: () => counted("d", succeedAfter(100_000, "d"))
        }).join(strategy, ({ to }) => to.Done([...finalized].sort()))
      )
      const outcome = yield* valueOf(workflow.run())
      expect(outcome.payload).toEqual(["a", "b", "c", "d"])
      expect(finalized).toHaveLength(4)
    })
  )
})

describe("a branch that has not released yet what it acquired", () => {
  it.effect("has not settled", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const branches = {
        slow: () => Effect.andThen(time.resource("slow", 100), succeedAfter(10, "slow")),
        later: () => succeedAfter(50, "later")
      }
      const first = implement(Fan.split("Work", branches).join(Join.any, ({ results, to }) => to.Done(results.branch)))
      expect((yield* valueOf(first.run())).payload).toBe("later")
      expect(time.entries).toEqual(["0 slow acquired", "110 slow released"])
      const partial = implement(
        Fan.split("Work", branches).join(Join.partialTimeout(60), ({ results, to }) => to.Done(results))
      )
      expect((yield* valueOf(partial.run())).payload).toEqual({
        successes: [{ branch: "later", value: "later" }],
        failures: [],
        interrupted: [{ branch: "slow" }]
      })
    })
  )

  it.effect("is a defect when the release dies, whatever the branch gave", () =>
    Effect.gen(function* () {
      const dying = Effect.addFinalizer(() => Effect.die(finalizerDied))
      for (const ending of [succeedAfter(10, "value"), Effect.succeed("value")]) {
        const workflow = implement(
          Fan.split("Work", { a: () => Effect.andThen(dying, ending) }).join(Join.settled, ({ results, to }) =>
            to.Done(results)
          )
        )
        expect(defectsOf(yield* settle(workflow.run()))).toEqual([finalizerDied])
      }
      const failing = implement(
        Fan.split("Work", { a: () => Effect.andThen(dying, failAfter(10, "a")) }).join(
          Join.settled,
          ({ results, to }) => to.Done(results)
        )
      )
      expect(defectsOf(yield* settle(failing.run()))).toContain(finalizerDied)
    })
  )

  it.effect("keeps its place under a limit of concurrency", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => ["a", "b"],
          ({ item }) => Effect.andThen(time.resource(item, 100), succeedAfter(10, item)),
          { concurrency: 1 }
        ).join(Join.all, ({ results, to }) => to.Done(results))
      )
      expect((yield* valueOf(workflow.run())).payload).toEqual(["a", "b"])
      expect(time.entries).toEqual(["0 a acquired", "110 a released", "110 b acquired", "220 b released"])
    })
  )
})

describe("a branch that decides while another is starting", () => {
  /** The first branch waits for the second to let it go, which happens within the second's first step. */
  const letGo = <E>(first: Effect.Effect<string, E>, time: Timeline) => {
    const gate = Deferred.makeUnsafe<void>()
    return Fan.split("Work", {
      first: () => Effect.andThen(Deferred.await(gate), first),
      second: () => Effect.andThen(Deferred.succeed(gate, undefined), time.track("second", Effect.never))
    })
  }

  it.effect("stops the other", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        letGo(Effect.succeed("won"), time).join(Join.any, ({ results, to }) => to.Done(results))
      )
      expect((yield* valueOf(workflow.run())).payload).toEqual({ branch: "first", value: "won" })
      expect(time.entries).toEqual(["0 second starts", "0 second interrupted"])
    })
  )

  it.effect("stops the other when it fails, and when it dies", () =>
    Effect.gen(function* () {
      const failing = letGo(Effect.fail("bad"), new Timeline()).join(Join.all, ({ results, to }) => to.Done(results))
      expect(yield* failureOf(implement(failing).run())).toBe("bad")
      const dying = letGo(Effect.die(boom), new Timeline()).join(Join.all, ({ results, to }) => to.Done(results))
      expect(defectsOf(yield* settle(implement(dying).run()))).toEqual([boom])
    })
  )

  it.effect("stops one that comes from the queue, before the join goes on", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const gate = yield* Deferred.make<void>()
      const items = {
        waiting: Effect.andThen(Deferred.await(gate), Effect.succeed("won")),
        quick: failAfter(10, "quick"),
        queued: Effect.andThen(Deferred.succeed(gate, undefined), time.track("queued", Effect.never, 50))
      }
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => ["waiting", "quick", "queued"] as const,
          ({ item }): Effect.Effect<string, Boom> => items[item],
          { concurrency: 2 }
        ).join(Join.any, function* ({ results, to }) {
          yield* time.mark("joined")
          return to.Done(results.item)
        })
      )
      expect((yield* valueOf(workflow.run())).payload).toBe("waiting")
      // It may be stopped before or after its first step; the join waits for it in either case.
      expect([["10 joined"], ["10 queued starts", "60 queued interrupted", "60 joined"]]).toContainEqual(time.entries)
    })
  )
})

describe("a loser whose finalizer dies", () => {
  const deciding = [
    { name: "any", strategy: Join.any, winner: succeedAfter(10, "won") },
    { name: "quorum", strategy: Join.quorum(1), winner: succeedAfter(10, "won") },
    { name: "partialResults", strategy: Join.partialResults(1), winner: succeedAfter(10, "won") },
    { name: "all, failing", strategy: Join.all, winner: failAfter(10, "bad") },
    { name: "tolerate, failing", strategy: Join.tolerate({ failures: 0 }), winner: failAfter(10, "bad") },
    { name: "partialTimeout", strategy: Join.partialTimeout("50 millis"), winner: succeedAfter(10, "won") }
  ] satisfies ReadonlyArray<{ name: string; strategy: Join.Strategy; winner: Effect.Effect<string, Boom> }>

  it.effect.each(deciding)("fails the run with that defect and nothing else: $name", ({ strategy, winner }) =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          winner: (): Effect.Effect<string, Boom> => winner,
          loser: () => Effect.ensuring(Effect.never, Effect.die(finalizerDied))
        }).join(strategy as Join.Strategy, ({ results, to }) => to.Done(results))
      )
      const exit = yield* settle(workflow.run())
      expect(defectsOf(exit)).toEqual([finalizerDied])
    })
  )

  it.effect("fails the run when the finalizer is in the scope of the branch", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          winner: () => succeedAfter(10, "won"),
          loser: () =>
            Effect.andThen(
              Effect.addFinalizer(() => Effect.die(finalizerDied)),
              Effect.never
            )
        }).join(Join.any, ({ results, to }) => to.Done(results))
      )
      expect(defectsOf(yield* settle(workflow.run()))).toEqual([finalizerDied])
    })
  )

  it.effect("fails the run with the defects of several", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          winner: () => succeedAfter(10, "won"),
          a: () => Effect.ensuring(Effect.never, Effect.die("a")),
          b: () => Effect.ensuring(Effect.never, Effect.die("b"))
        }).join(Join.any, ({ results, to }) => to.Done(results))
      )
      const defects = defectsOf(yield* settle(workflow.run()))
      expect([...defects].sort()).toEqual(["a", "b"])
    })
  )
})

describe("a defect of a branch", () => {
  it.effect.each(everyStrategy)("stops the others and fails the run with itself: $name", ({ strategy }) =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          other: () => time.track("other", Effect.never, 100),
          dying: () => dieAfter(10, boom),
          another: () => time.track("another", Effect.never)
        })
          .join(strategy, ({ to }) => to.Done("joined"))
          .catch(({ to }) => to.Done("caught"))
      )
      const exit = yield* settle(workflow.run())
      expect(defectsOf(exit)).toEqual([boom])
      expect(Cause.hasFails(causeOf(exit))).toBe(false)
      expect(time.entries.slice(2)).toEqual(["10 another interrupted", "110 other interrupted"])
    })
  )

  it.effect("is one too when it happens in an item of a forEach", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [10, 20],
          ({ item }) => (item === 20 ? dieAfter(item, boom) : succeedAfter(100, item))
        ).join(Join.settled, ({ results, to }) => to.Done(results))
      )
      expect(defectsOf(yield* settle(workflow.run()))).toEqual([boom])
    })
  )

  it.effect("is not outweighed by a success that ends while the others are stopped", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          dying: () => dieAfter(10, boom),
          stubborn: () => Effect.uninterruptible(succeedAfter(100, "late"))
        }).join(Join.any, ({ results, to }) => to.Done(results))
      )
      expect(defectsOf(yield* settle(workflow.run()))).toEqual([boom])
    })
  )

  it.effect("is the only one in a run that cannot be interrupted", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          dying: () => dieAfter(10, boom),
          other: () => succeedAfter(100, "late")
        }).join(Join.any, ({ results, to }) => to.Done(results))
      )
      expect(defectsOf(yield* settle(Effect.uninterruptible(workflow.run())))).toEqual([boom])
    })
  )

  it.effect("counts as a defect beside a typed failure of the same branch", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          bad: () => Effect.ensuring(failAfter(10, "bad"), Effect.die(finalizerDied)),
          good: () => succeedAfter(20, "good")
        }).join(Join.settled, ({ results, to }) => to.Done(results))
      )
      expect(defectsOf(yield* settle(workflow.run()))).toContain(finalizerDied)
    })
  )

  it.effect("is not retried", () =>
    Effect.gen(function* () {
      let started = 0
      const workflow = implement(
        Fan.split("Work", {
          dying: () => Effect.suspend(() => dieAfter(10, ++started))
        })
          .join(Join.settled, ({ results, to }) => to.Done(results))
          .retry({ times: 3 })
      )
      expect(defectsOf(yield* settle(workflow.run()))).toEqual([1])
    })
  )
})

describe("a branch that is interrupted by itself", () => {
  it.effect.each(everyStrategy)("stops the others and interrupts the run: $name", ({ strategy }) =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          other: () => time.track("other", Effect.never, 100),
          gone: () => Effect.andThen(Effect.sleep(10), Effect.interrupt),
          another: () => time.track("another", Effect.never)
        })
          .join(strategy, ({ to }) => to.Done("joined"))
          .retry({ times: 1 })
          .catch(({ to }) => to.Done("caught"))
      )
      expect(isInterrupted(yield* settle(workflow.run()))).toBe(true)
      expect(time.entries.slice(2)).toEqual(["10 another interrupted", "110 other interrupted"])
    })
  )

  it.effect("does so in a forEach with one branch at a time", () =>
    Effect.gen(function* () {
      const started: Array<number> = []
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [0, 1, 2],
          ({ item }) =>
            Effect.suspend(() => {
              started.push(item)
              return item === 1 ? Effect.interrupt : succeedAfter(10, item)
            }),
          { concurrency: 1 }
        ).join(Join.settled, ({ results, to }) => to.Done(results))
      )
      expect(isInterrupted(yield* settle(workflow.run()))).toBe(true)
      expect(started).toEqual([0, 1])
    })
  )
})

describe("an interruption of the run", () => {
  it.effect.each(everyStrategy)("interrupts every branch and waits for their finalizers: $name", ({ strategy }) =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          quick: () => time.track("quick", Effect.never),
          slow: () => time.track("slow", Effect.never, 500),
          plain: () => time.track("plain", Effect.never)
        })
          .join(strategy, ({ to }) => to.Done("joined"))
          .retry({ times: 1 })
          .catch(({ to }) => to.Done("caught"))
      )
      const fiber = yield* Effect.forkChild(workflow.run())
      yield* TestClock.adjust(20)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust(400)
      expect(interrupting.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(100)
      expect(Exit.isSuccess(ended(interrupting))).toBe(true)
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(time.entries.slice(3)).toEqual(["20 quick interrupted", "20 plain interrupted", "520 slow interrupted"])
    })
  )

  it.effect.each([
    { name: "all", strategy: Join.all },
    { name: "partialTimeout", strategy: Join.partialTimeout("1 hour") }
  ] satisfies ReadonlyArray<{ name: string; strategy: Join.Strategy }>)(
    "waits for what the branches release: $name",
    ({ strategy }) =>
      Effect.gen(function* () {
        const time = new Timeline()
        const holding = (name: string, finalizing: number) =>
          Effect.andThen(time.resource(name, 100), Effect.ensuring(Effect.never, Effect.sleep(finalizing)))
        const workflow = implement(
          Fan.split("Work", { a: () => holding("a", 0), b: () => holding("b", 50) }).join(
            strategy as Join.Strategy,
            ({ to }) => to.Done("never")
          )
        )
        const fiber = yield* Effect.forkChild(workflow.run())
        yield* TestClock.adjust(10)
        yield* Effect.forkChild(Effect.andThen(Fiber.interrupt(fiber), time.mark("interrupted")))
        yield* TestClock.adjust(1_000)
        expect(time.entries).toEqual([
          "0 a acquired",
          "0 b acquired",
          "110 a released",
          "160 b released",
          "160 interrupted"
        ])
      })
  )

  it.effect("that comes while a branch releases what it has acquired waits for it", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          ending: () => Effect.andThen(time.resource("ending", 100), succeedAfter(10, "ending")),
          other: () => time.track("other", Effect.never)
        }).join(Join.all, ({ to }) => to.Done("never"))
      )
      const fiber = yield* Effect.forkChild(workflow.run())
      yield* TestClock.adjust(50)
      yield* Effect.forkChild(Effect.andThen(Fiber.interrupt(fiber), time.mark("interrupted")))
      yield* TestClock.adjust(1_000)
      expect(time.entries).toEqual([
        "0 ending acquired",
        "0 other starts",
        "50 other interrupted",
        "110 ending released",
        "110 interrupted"
      ])
    })
  )

  it.effect("that comes from a branch, in its first step, stops the others as well", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const interruptRun = Effect.sync(() => fiber.interruptUnsafe())
      const workflow = implement(
        Fan.split("Work", {
          before: () => time.track("before", Effect.never, 10),
          interrupting: () => Effect.andThen(interruptRun, Effect.never)
        }).join(Join.all, ({ to }) => to.Done("never"))
      )
      const fiber: Fiber.Fiber<unknown> = yield* Effect.forkChild(workflow.run())
      yield* TestClock.adjust(100)
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(time.entries).toEqual(["0 before starts", "10 before interrupted"])
    })
  )

  it.effect("that comes at any moment leaves no branch running", () =>
    Effect.gen(function* () {
      // The run yields to others after every few operations, so that every moment is one it can be interrupted at.
      const moments = [2, 3, 4, 5].flatMap((operations) =>
        Array.from({ length: 40 }, (_, turns) => ({ operations, turns }))
      )
      for (const { operations, turns } of moments) {
        let running = 0
        const counted = Effect.acquireUseRelease(
          Effect.sync(() => running++),
          () => Effect.never,
          () => Effect.sync(() => running--)
        )
        const workflow = implement(
          Fan.split("Work", { a: () => counted, b: () => counted }).join(Join.all, ({ to }) => to.Done("never"))
        )
        const fiber = yield* Effect.forkChild(
          Effect.provideService(workflow.run(), Scheduler.MaxOpsBeforeYield, operations)
        )
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        expect({ operations, turns, running }).toEqual({ operations, turns, running: 0 })
      }
    })
  )

  it.effect("interrupts the function of the join", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", { a: () => succeedAfter(10, "a") }).join(Join.all, ({ results, to }) =>
          time.track("join", Effect.as(Effect.never, to.Done(results)))
        )
      )
      const fiber = yield* Effect.forkChild(workflow.run())
      yield* TestClock.adjust(20)
      yield* Fiber.interrupt(fiber)
      expect(time.entries).toEqual(["10 join starts", "20 join interrupted"])
    })
  )
})

describe("a timeout after the join", () => {
  it.effect("fails with JoinTimeout once the branches are stopped", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          quick: () => time.track("quick", Effect.never),
          slow: () => time.track("slow", Effect.never, 500)
        })
          .join(Join.all, ({ to }) => to.Done("joined"))
          .timeout("100 millis")
          .catchTag("JoinTimeout", function* ({ error, to }) {
            yield* time.mark("caught")
            return to.Done(error)
          })
      )
      const outcome = yield* valueOf(workflow.run())
      expect(outcome.payload).toEqual(new JoinTimeout({ state: "Work", duration: Duration.millis(100) }))
      expect(time.entries.slice(2)).toEqual(["100 quick interrupted", "600 slow interrupted", "600 caught"])
    })
  )

  it.effect("bounds a forEach as well", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          () => [10, 200],
          ({ item }) => succeedAfter(item, item)
        )
          .join(Join.settled, ({ results, to }) => to.Done(results))
          .timeout("100 millis")
      )
      expect(yield* failureOf(workflow.run())).toEqual(
        new JoinTimeout({ state: "Work", duration: Duration.millis(100) })
      )
    })
  )

  it.effect("bounds the function of the join as well", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", { a: () => succeedAfter(60, "a") })
          .join(Join.all, ({ results, to }) => succeedAfter(60, to.Done(results)))
          .timeout("100 millis")
      )
      const error = yield* failureOf(workflow.run())
      expect(error).toBeInstanceOf(JoinTimeout)
      expect(error.message).toBe("The branches of state 'Work' took longer than 100ms")
    })
  )

  it.effect("does nothing to branches that are in time", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", { a: () => succeedAfter(60, "a") })
          .join(Join.all, ({ results, to }) => to.Done(results))
          .timeout("100 millis")
      )
      expect((yield* valueOf(workflow.run())).payload).toEqual({ a: "a" })
    })
  )
})
