/** Moments: a run that lets others go first after every few operations can be ended at any of them, and loses nothing. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Scheduler, Schema } from "effect"
import { CompensationFailed, Join, Workflow } from "sluice"
import { endingOf, Ledger } from "../support/saga.ts"
import { watchers } from "../support/watchers.ts"

class Steps extends Workflow.define("Steps")
  .state("One", Schema.Void, ["Two"])
  .state("Two", Schema.Void, ["Three"])
  .state("Three", Schema.Void, ["Last"])
  .state("Last", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("One") {}

/** Steps in each form, with and without policies around them, before a last one that is as given. */
const variants = (ledger: Ledger, last: Effect.Effect<void>) => {
  const One = Steps.task("One", ({ to }) => ledger.complete("one", to.Two()))
  const Two = Steps.task("Two", ({ to }) =>
    Effect.andThen(
      Effect.yieldNow,
      Effect.sync(() => ledger.complete("two", to.Three()))
    )
  )
  const Three = Steps.task("Three", function* ({ to }) {
    yield* Effect.yieldNow
    return ledger.complete("three", to.Last())
  })
  const undoing = {
    one: { Two: () => ledger.undo("one") },
    two: { Three: () => ledger.undo("two") },
    three: { Last: () => ledger.undo("three") }
  }
  const Last = ({ to }: Workflow.Context<typeof Steps, "Last">) => Effect.as(last, to.Done())
  return {
    bare: Steps.implement({
      One: One.compensate(undoing.one),
      Two: Two.compensate(undoing.two),
      Three: Three.compensate(undoing.three),
      Last
    }),
    "with policies": Steps.implement({
      One: One.timeout("1 hour").compensate(undoing.one).retry({ times: 1 }),
      Two: Two.compensate(undoing.two).retry({ times: 1 }).timeout("1 hour"),
      Three: Three.timeout("1 hour").retry({ times: 1 }).compensate(undoing.three),
      Last
    }),
    uninterruptible: Steps.implement({
      One: One.compensate(undoing.one, { uninterruptible: true }),
      Two: Two.timeout("1 hour").compensate(undoing.two, { uninterruptible: true }),
      Three: Three.compensate(undoing.three, { uninterruptible: true }),
      Last
    })
  }
}

const names = ["bare", "with policies", "uninterruptible"] as const

const watched = names.flatMap((name) => [watchers[0]!, watchers.at(-1)!].map((watcher) => ({ name, ...watcher })))

/**
 * After how many operations the run lets others go first, and how often it has done so when it is ended. With fewer than 3
 * operations at a time a race of Effect itself comes to no end.
 */
const moments = [3, 4, 5, 7].flatMap((operations) => Array.from({ length: 90 }, (_, turns) => ({ operations, turns })))

const turnsPass = (turns: number) => Effect.replicateEffect(Effect.yieldNow, turns, { discard: true })

/** Interrupts a run at a moment, and gives how it ended. */
const interruptedAt = <A, E>({ operations, turns }: (typeof moments)[number], run: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.provideService(run, Scheduler.MaxOpsBeforeYield, operations))
    yield* turnsPass(turns)
    yield* Fiber.interrupt(fiber)
    return yield* Fiber.await(fiber)
  })

/** What was done by the time that each of the runs was ended, each once: an order of its own would say nothing. */
const met = (done: ReadonlyArray<ReadonlyArray<string>>) => [...new Set(done.map((steps) => steps.join(", ")))].sort()

/** A clock on which every sleep ends when the test says so. */
const heldClock = (clock: Clock.Clock) => {
  const sleeps: Array<Deferred.Deferred<void>> = []
  const held: Clock.Clock = {
    ...clock,
    sleep: () =>
      Effect.suspend(() => {
        const sleep = Deferred.makeUnsafe<void>()
        sleeps.push(sleep)
        return Deferred.await(sleep)
      })
  }
  const wakeAll = Effect.suspend(() => Effect.forEach(sleeps, (sleep) => Deferred.succeed(sleep, undefined)))
  return { held, wakeAll }
}

describe("an interruption at any moment", () => {
  it.effect.each(watched)("undoes exactly the completed steps: $name, watched by $who", ({ context, name }) =>
    Effect.gen(function* () {
      const services = yield* context
      const done: Array<ReadonlyArray<string>> = []
      for (const moment of moments) {
        const ledger = new Ledger()
        const run = Effect.provideContext(variants(ledger, Effect.never)[name].run(), services)
        const exit = yield* interruptedAt(moment, run)
        const expected = { moment, ended: "interrupt", undone: ledger.reversed }
        expect({ moment, ended: endingOf(exit), undone: ledger.undone }).toEqual(expected)
        done.push(ledger.done)
      }
      expect(met(done)).toEqual(["", "one", "one, two", "one, two, three"])
    })
  )

  it.effect("lets an uninterruptible step finish that has begun, in whatever form it began", () =>
    Effect.gen(function* () {
      const done: Array<ReadonlyArray<string>> = []
      for (const moment of moments) {
        const ledger = new Ledger()
        const begun: Array<string> = []
        const workflow = Steps.implement({
          One: Steps.task("One", ({ to }) => to.Two()).compensate({ Two: () => ledger.undo("one") }),
          Two: Steps.task("Two", ({ to }) => {
            begun.push("two")
            return Effect.map(Effect.yieldNow, () => ledger.complete("two", to.Three()))
          }).compensate({ Three: () => ledger.undo("two") }, { uninterruptible: true }),
          Three: Steps.task("Three", function* ({ to }) {
            begun.push("three")
            yield* Effect.yieldNow
            return ledger.complete("three", to.Last())
          }).compensate({ Last: () => ledger.undo("three") }, { uninterruptible: true }),
          Last: ({ to }) => Effect.as(Effect.never, to.Done())
        })
        yield* interruptedAt(moment, workflow.run())
        expect({ moment, done: ledger.done }).toEqual({ moment, done: begun })
        done.push(ledger.done)
      }
      expect(met(done)).toEqual(["", "two", "two, three"])
    })
  )
})

describe("an interruption at any moment of branches, exits and calls", () => {
  class Fan extends Workflow.define("Fan")
    .state("Work", Schema.Void, ["Last"])
    .state("Last", Schema.Void, ["Done"])
    .exit("Done", Schema.Void)
    .start("Work") {}

  class Off extends Workflow.define("Off")
    .failure(CompensationFailed)
    .state("One", Schema.Void, ["Two"])
    .state("Two", Schema.Void, ["Kept", "Off"])
    .exit("Kept", Schema.Void)
    .exit("Off", Schema.Void, { rollback: true })
    .start("One") {}

  /** Two steps that lead to one of the exits. */
  const off = (ledger: Ledger, exit: "Kept" | "Off") => ({
    One: Off.task("One", ({ to }) => ledger.complete("one", to.Two())).compensate({ Two: () => ledger.undo("one") }),
    Two: Off.task("Two", function* ({ to }) {
      yield* Effect.yieldNow
      return ledger.complete("two", exit === "Off" ? to.Off() : to.Kept())
    }).compensate({ Off: () => ledger.undo("two"), Kept: () => ledger.undo("two") })
  })

  it.effect("undoes exactly the branches that have succeeded", () =>
    Effect.gen(function* () {
      const done: Array<ReadonlyArray<string>> = []
      for (const moment of moments) {
        const ledger = new Ledger()
        const workflow = Fan.implement({
          Work: Fan.split("Work", {
            a: () => ledger.complete("a", "a"),
            b: () =>
              Effect.andThen(
                Effect.yieldNow,
                Effect.sync(() => ledger.complete("b", "b"))
              )
          })
            .compensate({ a: () => ledger.undo("a"), b: () => ledger.undo("b") }, { uninterruptible: true })
            .join(Join.all, ({ to }) => to.Last()),
          Last: ({ to }) => Effect.as(Effect.never, to.Done())
        })
        yield* interruptedAt(moment, workflow.run())
        expect({ moment, undone: ledger.undone }).toEqual({ moment, undone: ledger.reversed })
        done.push(ledger.done)
      }
      expect(met(done)).toEqual(["", "a, b"])
    })
  )

  it.effect("undoes each branch once whose join fails and is tried again", () =>
    Effect.gen(function* () {
      const done: Array<ReadonlyArray<string>> = []
      for (const moment of moments) {
        const ledger = new Ledger()
        const workflow = Fan.implement({
          Work: Fan.split("Work", {
            a: ({ attempt }) => ledger.complete(`a ${attempt}`, attempt),
            b: () => Effect.andThen(Effect.yieldNow, Effect.fail("b"))
          })
            .compensate({ a: ({ value }) => ledger.undo(`a ${value}`) })
            .join(Join.all, ({ to }) => to.Last())
            .retry({ times: 2 }),
          Last: ({ to }) => to.Done()
        })
        yield* interruptedAt(moment, workflow.run())
        expect({ moment, undone: ledger.undone }).toEqual({ moment, undone: ledger.done })
        done.push(ledger.done)
      }
      expect(met(done)).toEqual(["", "a 1", "a 1, a 2", "a 1, a 2, a 3"])
    })
  )

  it.effect("undoes each step once at an exit that rolls back", () =>
    Effect.gen(function* () {
      const done: Array<ReadonlyArray<string>> = []
      for (const moment of moments) {
        const ledger = new Ledger()
        yield* interruptedAt(moment, Off.implement(off(ledger, "Off")).run())
        expect({ moment, undone: ledger.undone }).toEqual({ moment, undone: ledger.reversed })
        done.push(ledger.done)
      }
      expect(met(done)).toEqual(["", "one", "one, two"])
    })
  )

  it.effect("undoes each step of a called workflow once, whoever has it to undo", () =>
    Effect.gen(function* () {
      const done: Array<ReadonlyArray<string>> = []
      for (const moment of moments) {
        const ledger = new Ledger()
        const workflow = Fan.implement({
          Work: Fan.call("Work", Off, () => undefined, { Kept: ({ to }) => to.Last(), Off: ({ to }) => to.Last() }),
          Last: ({ to }) => Effect.as(Effect.never, to.Done())
        })
        const run = Effect.provide(workflow.run(), Off.layer(off(ledger, "Kept")))
        yield* interruptedAt(moment, run)
        expect({ moment, undone: ledger.undone }).toEqual({ moment, undone: ledger.reversed })
        done.push(ledger.done)
      }
      expect(met(done)).toEqual(["", "one", "one, two"])
    })
  )
})

describe("a time that is up at any moment", () => {
  it.effect.each(watched)(
    "undoes what is completed, or comes after the end: $name, watched by $who",
    ({ context, name }) =>
      Effect.gen(function* () {
        const services = yield* context
        const clock = yield* Clock.Clock
        const endings = new Set<string>()
        const done: Array<ReadonlyArray<string>> = []
        for (const moment of moments) {
          const { held, wakeAll } = heldClock(clock)
          const ledger = new Ledger()
          const run = variants(ledger, Effect.yieldNow)[name].run(undefined, { timeout: "1 minute" })
          const fiber = yield* Effect.forkChild(
            run.pipe(
              Effect.provideContext(services),
              Effect.provideService(Scheduler.MaxOpsBeforeYield, moment.operations),
              Effect.provideService(Clock.Clock, held)
            )
          )
          yield* turnsPass(moment.turns)
          yield* wakeAll
          const exit = yield* Fiber.await(fiber)
          const undone = Exit.isSuccess(exit) ? [] : ledger.reversed
          endings.add(endingOf(exit))
          if (Exit.isFailure(exit)) done.push(ledger.done)
          expect({ moment, ended: endingOf(exit), undone: ledger.undone }).toEqual({
            moment,
            ended: endingOf(exit),
            undone
          })
        }
        expect(met(done)).toEqual(expect.arrayContaining(["one, two", "one, two, three"]))
        expect(endings).toContain("timeout")
        expect(endings).toContain("success")
      })
  )
})
