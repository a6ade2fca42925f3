/** What counts as a completed step: with policies around it, when it cannot be interrupted, and when it is visited again. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { type Guard, type Handler, RunTimeout, StateTimeout, Workflow } from "sluice"
import {
  Boom,
  causeOf,
  ended,
  errorOf,
  failAfter,
  failureOf,
  isInterrupted,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { Ledger, trip } from "../support/saga.ts"
import { Timeline } from "../support/timeline.ts"

const boom = new Boom({ id: "later" })

class Pay extends Workflow.define("Pay")
  .state("Charge", Schema.String, ["Review", "Refused"])
  .state("Review", Schema.Unknown, ["Done"])
  .state("Refused", Schema.Unknown, ["Done"])
  .exit("Done", Schema.Unknown)
  .start("Charge") {}

/** A payment whose first step is as given, and which ends as given. */
const pay = <E, R, E2>(
  Charge: Handler.Handler<typeof Pay, "Charge", "Review" | "Refused", E, R>,
  end: Effect.Effect<void, E2>
) =>
  Pay.implement({
    Charge,
    Review: ({ payload, to }) => Effect.as(end, to.Done(payload)),
    Refused: ({ payload, to }) => Effect.as(end, to.Done(payload))
  })

const later = Effect.fail(boom)

/** Interrupts a run at a time, and gives how it ended an hour later. */
const interruptedAt = <A, E>(millis: number, run: Effect.Effect<A, E>, after: Effect.Effect<void> = Effect.void) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(run)
    yield* TestClock.adjust(millis)
    yield* Effect.forkChild(Effect.andThen(Fiber.interrupt(fiber), after))
    yield* TestClock.adjust("1 hour")
    return ended(fiber)
  })

describe("a compensation", () => {
  it.effect("is not stopped by an interruption of the run, which waits for it", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const undos = {
        hotel: () => time.track("hotel", Effect.sleep(100)),
        flight: () => time.track("flight", Effect.sleep(100))
      }
      const run = trip(undos, () => Effect.fail(boom)).run("4A")
      const exit = yield* interruptedAt(50, run, time.mark("interrupt has returned"))
      expect(
        causeOf(exit)
          .reasons.map(({ _tag }) => _tag)
          .sort()
      ).toEqual(["Fail", "Interrupt"])
      expect(errorOf(exit)).toBe(boom)
      expect(time.entries).toEqual([
        "20 hotel starts",
        "120 hotel done",
        "120 flight starts",
        "220 flight done",
        "220 interrupt has returned"
      ])
    })
  )

  it.effect("is not stopped by a time limit of the caller", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const undos = { hotel: () => time.track("hotel", Effect.sleep(100)), flight: () => time.mark("flight") }
      const run = trip(undos, () => Effect.fail(boom)).run("4A")
      expect(Cause.isTimeoutError(yield* failureOf(Effect.timeout(run, 50)))).toBe(true)
      expect(time.entries).toEqual(["20 hotel starts", "120 hotel done", "120 flight"])
    })
  )

  it.effect("is waited for by the interrupt of a handle, and by the end of its scope", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const undos = { hotel: () => time.track("hotel", Effect.sleep(100)), flight: () => Effect.void }
      const workflow = trip(undos, () => Effect.never)
      const handle = yield* workflow.fork("4A")
      yield* TestClock.adjust(50)
      yield* Effect.forkChild(Effect.andThen(handle.interrupt, time.mark("interrupt has returned")))
      yield* TestClock.adjust(950)
      const scoped = Effect.scoped(Effect.andThen(workflow.fork("4A"), Effect.sleep(50)))
      yield* valueOf(Effect.andThen(scoped, time.mark("scope is closed")))
      expect(time.entries).toEqual([
        "50 hotel starts",
        "150 hotel done",
        "150 interrupt has returned",
        "1050 hotel starts",
        "1150 hotel done",
        "1150 scope is closed"
      ])
    })
  )
})

describe("uninterruptible", () => {
  /** The three forms of a step that takes 100 milliseconds. */
  const steps = (ledger: Ledger) => {
    const undo = { Review: () => ledger.undo("charge") }
    return [
      Pay.task("Charge", ({ to }) => Effect.map(Effect.sleep(100), () => ledger.complete("charge", to.Review("r")))),
      Pay.task("Charge", function* ({ to }) {
        yield* Effect.sleep(50)
        yield* Effect.sleep(50)
        return ledger.complete("charge", to.Review("r"))
      }),
      Pay.task("Charge", ({ payload, to }) =>
        payload === "" ? Effect.succeed(to.Review("")) : failAfter(50, "no")
      ).catch(({ to }) => Effect.map(Effect.sleep(50), () => ledger.complete("charge", to.Review("r"))))
    ].map((task) => task.compensate(undo, { uninterruptible: true }))
  }

  it.effect("lets the step finish that an interruption finds, and undoes it then", () =>
    Effect.gen(function* () {
      for (const index of [0, 1, 2]) {
        const ledger = new Ledger()
        const exit = yield* interruptedAt(70, pay(steps(ledger)[index]!, Effect.never).run("x"))
        expect({ index, done: ledger.done, undone: ledger.undone }).toEqual({
          index,
          done: ["charge"],
          undone: ["charge"]
        })
        expect(isInterrupted(exit)).toBe(true)
      }
    })
  )

  it.effect("lets the step finish whose run takes too long, and undoes it then", () =>
    Effect.gen(function* () {
      for (const index of [0, 1, 2]) {
        const ledger = new Ledger()
        const exit = yield* settle(pay(steps(ledger)[index]!, Effect.never).run("x", { timeout: 70 }))
        expect(errorOf(exit)).toBeInstanceOf(RunTimeout)
        expect({ index, undone: ledger.undone }).toEqual({ index, undone: ["charge"] })
      }
    })
  )

  it.effect("lets the step finish that takes too long itself, and knows it when the run fails later", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const charge = steps(ledger)[0]!
        .timeout(70)
        .catch(({ to }) => to.Refused("late"))
      expect(yield* failureOf(pay(charge, later).run("x"))).toBe(boom)
      expect({ done: ledger.done, undone: ledger.undone }).toEqual({ done: ["charge"], undone: ["charge"] })
    })
  )

  it.effect("is asked for: any other step is stopped, and has completed nothing", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const charge = Pay.task("Charge", ({ to }) =>
        Effect.map(Effect.sleep(100), () => ledger.complete("charge", to.Review("r")))
      ).compensate({ Review: () => ledger.undo("charge") })
      yield* interruptedAt(70, pay(charge, Effect.never).run("x"))
      expect({ done: ledger.done, undone: ledger.undone }).toEqual({ done: [], undone: [] })
    })
  )

  it.effect("holds for the step, and not for what comes after it", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const time = new Timeline()
      const workflow = pay(steps(ledger)[1]!, time.track("review", Effect.sleep("1 minute")))
      yield* interruptedAt(150, workflow.run("x"))
      expect(time.entries).toEqual(["100 review starts", "150 review interrupted"])
      expect(ledger.undone).toEqual(["charge"])
    })
  )
})

describe("a limit of the state", () => {
  it.effect("that is over after the work has given its transition undoes it at once", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const charge = Pay.task("Charge", ({ to }) => succeedAfter(10, to.Review("r")))
        .compensate({ Review: () => ledger.undo("charge") })
        .guard((effect) => Effect.tap(effect, () => Effect.sleep("1 minute")))
        .timeout("1 second")
        .catch(({ error, to }) => to.Refused(error._tag))
        .compensate({ Refused: ({ payload }) => ledger.undo(`refusal of ${payload}`) })
      expect(yield* failureOf(pay(charge, later).run("x"))).toBe(boom)
      expect(ledger.undone).toEqual(["charge", "refusal of StateTimeout"])
    })
  )

  it.effect("that is over before registers nothing", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const charge = Pay.task("Charge", ({ to }) => succeedAfter(100, to.Review("r")))
        .timeout(50)
        .compensate({ Review: () => ledger.undo("charge") })
      expect(yield* failureOf(pay(charge, later).run("x"))).toBeInstanceOf(StateTimeout)
      expect(ledger.undone).toEqual([])
    })
  )
})

describe("where `.compensate` stands", () => {
  it.effect("among retries and timeouts does not matter, and it may stand several times", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const task = Pay.task("Charge", ({ attempt, payload, to }) =>
        attempt === 1
          ? failAfter(1, "first")
          : Effect.succeed(payload === "r" ? to.Refused(attempt) : to.Review(attempt))
      )
      const review = { Review: ({ payload }: { readonly payload: unknown }) => ledger.undo(`review ${payload}`) }
      const refused = { Refused: ({ payload }: { readonly payload: unknown }) => ledger.undo(`refusal ${payload}`) }
      const placed = [
        task
          .compensate({ ...review, ...refused })
          .retry({ times: 1 })
          .timeout("1 minute"),
        task.retry({ times: 1 }).compensate(review).timeout("1 minute").compensate(refused),
        task.compensate(refused).retry({ times: 1 }).timeout("1 minute").compensate(review)
      ]
      for (const charge of placed) {
        yield* settle(pay(charge, later).run("x"))
        yield* settle(pay(charge, later).run("r"))
      }
      expect(ledger.undone).toEqual(placed.flatMap(() => ["review 2", "refusal 2"]))
    })
  )

  it.effect("after a catch undoes what that has chosen, too, and nothing for a target that it does not name", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const charge = Pay.task("Charge", ({ payload, to }) =>
        payload === "x" ? failAfter(10, "no") : Effect.succeed(to.Review(payload))
      )
        .catch(({ error, to }) => to.Refused(error.id))
        .compensate({ Refused: ({ payload }) => ledger.undo(`refusal of ${payload}`) })
      yield* settle(pay(charge, later).run("x"))
      yield* settle(pay(charge, later).run("y"))
      expect(ledger.undone).toEqual(["refusal of no"])
    })
  )

  it.effect("it undoes nothing that a catch after it has chosen: the work has failed", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const charge = Pay.task("Charge", ({ payload, to }) =>
        payload === "x" ? failAfter(10, "no") : Effect.succeed(to.Refused(payload))
      )
        .compensate({ Refused: ({ payload }) => ledger.undo(`refusal of ${payload}`) })
        .catch(({ error, payload, to }) => (payload === "" ? to.Review("") : to.Refused(error.id)))
      yield* settle(pay(charge, later).run("x"))
      yield* settle(pay(charge, later).run("y"))
      expect(ledger.undone).toEqual(["refusal of y"])
    })
  )
})

describe("a retried step", () => {
  it.effect("registers nothing for an attempt that failed, and once the one that succeeded", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const charge = Pay.task("Charge", ({ attempt, to }) =>
        attempt < 3 ? failAfter(10, "again") : succeedAfter(10, to.Review(attempt))
      )
        .compensate({ Review: ({ payload }) => ledger.undo(`charge ${payload}`) })
        .retry({ times: 5 })
      expect(yield* failureOf(pay(charge, later).run("x"))).toBe(boom)
      expect(ledger.undone).toEqual(["charge 3"])
    })
  )

  it.effect("registers nothing when all attempts failed", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const charge = Pay.task("Charge", ({ payload, to }) =>
        payload === "" ? Effect.succeed(to.Review("")) : failAfter(10, "no")
      )
        .compensate({ Review: () => ledger.undo("charge") })
        .retry({ times: 2 })
      expect(yield* failureOf(pay(charge, Effect.void).run("x"))).toEqual(new Boom({ id: "no" }))
      expect(ledger.undone).toEqual([])
    })
  )

  it.effect("undoes each success at once when what stands around it fails and has it tried again", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      let asked = 0
      const reluctant: Guard.Guard<string, never> = (effect) =>
        Effect.tap(effect, () => (++asked < 3 ? Effect.fail("refused") : Effect.void))
      const charge = Pay.task("Charge", ({ attempt, to }) => succeedAfter(10, to.Review(attempt)))
        .compensate({ Review: ({ payload }) => ledger.undo(`charge ${payload}`) })
        .guard(reluctant)
        .retry({ times: 5 })
      expect(yield* failureOf(pay(charge, later).run("x"))).toBe(boom)
      expect(ledger.undone).toEqual(["charge 1", "charge 2", "charge 3"])
    })
  )

  it.effect("registers each success, under a policy that all handlers share", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const workflow = Pay.implement(
        {
          Charge: Pay.task("Charge", ({ attempt, payload, to }) =>
            attempt < 3
              ? failAfter(10, "again")
              : succeedAfter(10, payload === "" ? to.Refused(attempt) : to.Review(attempt))
          ).compensate({ Review: ({ payload }) => ledger.undo(`charge ${payload}`) }),
          Review: ({ payload, to }) => Effect.as(later, to.Done(payload)),
          Refused: ({ payload, to }) => to.Done(payload)
        },
        { policy: (step) => step.retry({ times: 5 }) }
      )
      expect(yield* failureOf(workflow.run("x"))).toBe(boom)
      expect(ledger.undone).toEqual(["charge 3"])
    })
  )
})

describe("a loop", () => {
  class Rounds extends Workflow.define("Rounds")
    .state("Round", Schema.Number, ["Round", "Last"])
    .state("Last", Schema.Number, ["Done"])
    .exit("Done", Schema.Number)
    .start("Round") {}

  const rounds = (ledger: Ledger, times: number, wait: Effect.Effect<void>) =>
    Rounds.implement({
      Round: Rounds.task("Round", ({ payload, to }) =>
        Effect.as(wait, payload < times ? to.Round(payload + 1) : to.Last(payload))
      ).compensate({
        Round: ({ payload }) => ledger.undo(`${payload}`),
        Last: ({ payload }) => ledger.undo(`last ${payload}`)
      }),
      Last: ({ payload, to }) => Effect.as(later, to.Done(payload))
    })

  it.effect("undoes each visit with its own payload, the last one first", () =>
    Effect.gen(function* () {
      for (const wait of [Effect.void, Effect.sleep(10)]) {
        const ledger = new Ledger()
        yield* settle(rounds(ledger, 4, wait).run(0))
        expect(ledger.undone).toEqual(["last 4", "4", "3", "2", "1"])
      }
    })
  )

  it.effect("of ten thousand visits loses none of them", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      expect(errorOf(yield* Effect.exit(rounds(ledger, 10_000, Effect.void).run(0)))).toBe(boom)
      expect(ledger.undone).toHaveLength(10_001)
      expect(ledger.undone.slice(0, 2)).toEqual(["last 10000", "10000"])
      expect(ledger.undone.at(-1)).toBe("1")
    })
  )
})
