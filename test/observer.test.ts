/** Observers: who is told what, that none of them changes a run, and what becomes of those that fail or fall behind. */
import { describe, expect, expectTypeOf, it, vi } from "@effect/vitest"
import { Cause, Clock, Context, Effect, Exit, Fiber, Latch, Layer, Logger, Schema, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { InvalidOptions, Join, Observer, Workflow } from "sluice"
import { observersIn } from "../src/engine/watch/observers.ts"
import { Boom, ended, isInterrupted, settle, succeedAfter } from "./support/runs.ts"
import { Timeline } from "./support/timeline.ts"

type Event = Workflow.RunEvent

/** A state that takes 10 milliseconds, and one that is at once. */
class Order extends Workflow.define("Order")
  .state("Check", Schema.String, ["Pack"])
  .state("Pack", Schema.String, ["Done"])
  .exit("Done", Schema.String)
  .start("Check") {}

const handlers = {
  Check: ({ payload, to }: Workflow.Context<typeof Order, "Check">) => succeedAfter(10, to.Pack(payload)),
  Pack: ({ payload, to }: Workflow.Context<typeof Order, "Pack">) => to.Done(payload)
}
const order = Order.implement(handlers)

/** What is told of a run of it. */
const story = [
  "0 RunStarted Check",
  "0 StateEntered Check",
  "0 AttemptStarted Check",
  "10 TransitionTaken Check",
  "10 StateEntered Pack",
  "10 AttemptStarted Pack",
  "10 TransitionTaken Pack",
  "10 RunFinished Done"
]

const line = ({ _tag, state, time }: Event): string => `${time} ${_tag} ${state}`
const storyOf = (runId: string, events: ReadonlyArray<Event>) =>
  events.filter((event) => event.runId === runId).map(line)

/** An observer that notes what it is told. */
const noting = (seen: Array<Event>) => Observer.layer((event) => Effect.sync(() => seen.push(event)))

describe("observers", () => {
  it.effect("are told everything, in the order it happened, before their Layer is gone", () =>
    Effect.gen(function* () {
      const seen: Array<Event> = []
      yield* settle(Effect.provide(order.run("book", { id: "r" }), noting(seen)))
      expect(seen.map(line)).toEqual(story)
      expect(seen[0]).toEqual({
        _tag: "RunStarted",
        workflow: "Order",
        runId: "r",
        state: "Check",
        time: 0,
        input: "book"
      })
    })
  )

  it.effect("are told of every run below, each in its order", () =>
    Effect.gen(function* () {
      const seen: Array<Event> = []
      const second = Effect.delay(order.run("pen", { id: "b" }), 5)
      const both = Effect.all([order.run("book", { id: "a" }), second], { concurrency: "unbounded" })
      yield* settle(Effect.provide(both, noting(seen)))
      expect(storyOf("a", seen)).toEqual(story)
      expect(storyOf("b", seen)).toEqual(story.map((text) => text.replace(/^\d+/, (time) => `${Number(time) + 5}`)))
      expect(seen.map(({ time }) => time)).toEqual(seen.map(({ time }) => time).toSorted((a, b) => a - b))
    })
  )

  it.effect("add up side by side", () =>
    Effect.gen(function* () {
      const [one, other]: [Array<Event>, Array<Event>] = [[], []]
      yield* settle(Effect.provide(order.run("book"), Layer.merge(noting(one), noting(other))))
      expect(one.map(line)).toEqual(story)
      expect(other).toEqual(one)
    })
  )

  it.effect("add up one within another, and the inner one is told only of what is below it", () =>
    Effect.gen(function* () {
      const [inner, outer]: [Array<Event>, Array<Event>] = [[], []]
      const within = Effect.provide(order.run("book", { id: "within" }), noting(inner))
      const runs = Effect.andThen(within, order.run("book", { id: "beside" }))
      yield* settle(Effect.provide(runs, noting(outer)))
      expect(inner.map(line)).toEqual(story)
      expect(storyOf("within", outer)).toEqual(story)
      expect(storyOf("beside", outer)).toHaveLength(story.length)
      expect(outer).toHaveLength(2 * story.length)
    })
  )

  it.effect("add up on the Layer of a workflow and around its caller", () =>
    Effect.gen(function* () {
      const [own, callers]: [Array<Event>, Array<Event>] = [[], []]
      const layer = Order.layer(handlers).pipe(Layer.provide(noting(own)))
      const runs = Effect.andThen(Order.run("book", { id: "a" }), order.run("pen", { id: "b" }))
      yield* settle(Effect.provide(runs, Layer.merge(layer, noting(callers))))
      expect(own.map(line)).toEqual(story)
      expect(storyOf("a", callers)).toEqual(story)
      expect(storyOf("b", callers)).toHaveLength(story.length)
    })
  )

  it.effect("are told once when they are provided twice", () =>
    Effect.gen(function* () {
      const seen: Array<Event> = []
      const observer = noting(seen)
      const layer = Order.layer(handlers).pipe(Layer.provide(observer))
      yield* settle(Effect.provide(Effect.provide(Order.run("book"), Layer.merge(layer, observer)), observer))
      expect(seen.map(line)).toEqual(story)
    })
  )

  it.effect("are told of a run that is called, and by whom it is", () =>
    Effect.gen(function* () {
      class Outer extends Workflow.define("Outer")
        .state("Delegate", Schema.String, ["Done"])
        .exit("Done", Schema.String)
        .start("Delegate") {}
      const outer = Outer.implement({
        Delegate: Outer.call("Delegate", Order, ({ payload }) => payload, {
          Done: ({ result, to }) => to.Done(result)
        })
      })
      const seen: Array<Event> = []
      yield* settle(Effect.provide(outer.run("book", { id: "r" }), Layer.merge(Order.layer(handlers), noting(seen))))
      const called = storyOf("r/Delegate", seen)
      expect(called).toEqual(story)
      expect(seen.find(({ runId }) => runId === "r/Delegate")).toMatchObject({
        _tag: "RunStarted",
        workflow: "Order",
        caller: { workflow: "Outer", runId: "r", state: "Delegate" }
      })
      expect(storyOf("r", seen)).toEqual([
        "0 RunStarted Delegate",
        "0 StateEntered Delegate",
        "0 AttemptStarted Delegate",
        "10 TransitionTaken Delegate",
        "10 RunFinished Done"
      ])
      expect(seen.map(({ runId }) => runId)).toEqual([
        ...["r", "r", "r"],
        ...called.map(() => "r/Delegate"),
        ...["r", "r"]
      ])
    })
  )

  it.effect("are told what a handle's stream of events is told", () =>
    Effect.gen(function* () {
      const seen: Array<Event> = []
      const events = Effect.gen(function* () {
        const handle = yield* order.fork("book")
        return yield* Stream.runCollect(handle.events)
      })
      const exit = yield* settle(Effect.provide(Effect.scoped(events), noting(seen)))
      expect(Exit.isSuccess(exit) && exit.value).toEqual(seen)
      expect(seen.map(line)).toEqual(story)
    })
  )

  it.effect("are given the services that they ask for, and a scope for each event", () =>
    Effect.gen(function* () {
      class Ledger extends Context.Service<Ledger, Timeline>()("test/Ledger") {}
      const time = new Timeline()
      const observer = Observer.layer(({ _tag }) =>
        Effect.gen(function* () {
          const ledger = yield* Ledger
          yield* ledger.resource(_tag, 1)
          yield* ledger.mark(_tag)
        })
      )
      expectTypeOf(observer).toEqualTypeOf<Layer.Layer<never, never, Ledger>>()
      yield* settle(Effect.provide(order.run("book"), observer.pipe(Layer.provide(Layer.succeed(Ledger, time)))))
      expect(time.entries.slice(0, 4)).toEqual([
        "0 RunStarted acquired",
        "0 RunStarted",
        "1 RunStarted released",
        "1 StateEntered acquired"
      ])
    })
  )
})

/** Three branches that wait, one of which fails, and a retry. */
class Busy extends Workflow.define("Busy")
  .state("Fan", Schema.Void, ["Try"])
  .state("Try", Schema.Number, ["Done"])
  .exit("Done", Schema.Number)
  .start("Fan") {}

const busy = Busy.implement({
  Fan: Busy.split("Fan", {
    fast: () => succeedAfter(5, 1),
    bad: () => Effect.andThen(Effect.sleep(7), Effect.fail(new Boom({ id: "bad" }))),
    late: () => succeedAfter(1_000, 3)
  }).join(Join.partialTimeout(20), ({ results, to }) => to.Try(results.successes.length)),
  Try: Busy.task("Try", ({ attempt, payload, to }) =>
    attempt < 3
      ? Effect.andThen(Effect.sleep(10), Effect.fail(new Boom({ id: "try" })))
      : succeedAfter(10, to.Done(payload))
  ).retry({ times: 2 })
})

interface Line {
  readonly level: string
  readonly message: unknown
  readonly why: unknown
}

/** What is logged. */
const logging = (lines: Array<Line>) =>
  Logger.layer([
    Logger.make(({ cause, logLevel, message }) => {
      const reasons = cause.reasons.length > 0 ? Cause.squash(cause) : undefined
      lines.push({ level: logLevel, message: (message as ReadonlyArray<unknown>)[0], why: reasons })
    })
  ])

/** A run beside an observer: how it ended and when, what the observer saw, and what was logged. */
const beside = (observe: (event: Event) => Effect.Effect<unknown, unknown>, options?: Observer.ObserverOptions) =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const lines: Array<Line> = []
    const observer = Observer.layer((event) => {
      seen.push(event._tag)
      return observe(event)
    }, options)
    const timed = Effect.flatMap(Effect.exit(busy.run(undefined, { id: "r" })), (exit) =>
      Effect.map(Clock.currentTimeMillis, (endedAt) => ({ exit, endedAt }))
    )
    const { run, releasedAt } = yield* Effect.flatten(
      settle(
        Effect.provide(timed, observer).pipe(
          Effect.flatMap((run) => Effect.map(Clock.currentTimeMillis, (releasedAt) => ({ run, releasedAt }))),
          Effect.provide(logging(lines))
        )
      )
    )
    return { ...run, seen, lines, releasedAt }
  })

describe("an observer never changes a run", () => {
  const boom = new Boom({ id: "observer" })
  const undisturbed = { exit: Exit.succeed({ _tag: "Done", payload: 1 }), endedAt: 50 }
  /** A run tells so many events. */
  const all = 21

  it.effect("when it does what it should", () =>
    Effect.gen(function* () {
      const { endedAt, exit, lines, seen } = yield* beside(() => Effect.void)
      expect({ exit, endedAt }).toEqual(undisturbed)
      expect(seen).toHaveLength(all)
      expect(lines).toEqual([])
    })
  )

  it.effect.each([
    ["fails", () => Effect.fail(boom), boom],
    ["dies", () => Effect.die(boom), boom],
    [
      "throws",
      () => {
        throw boom
      },
      boom
    ],
    ["interrupts itself", () => Effect.interrupt, new Error("All fibers interrupted without error")]
  ] as const)("when it %s: that is logged, and it goes on with the next event", ([, misbehave, why]) =>
    Effect.gen(function* () {
      const { endedAt, exit, lines, releasedAt, seen } = yield* beside(misbehave)
      expect({ exit, endedAt }).toEqual(undisturbed)
      expect(releasedAt).toBe(endedAt)
      expect(seen).toHaveLength(all)
      expect(lines).toEqual(Array.from({ length: all }, () => ({ level: "Error", message: "An observer failed", why })))
    })
  )

  it.effect("when it is slow: it goes on after the run", () =>
    Effect.gen(function* () {
      const { endedAt, exit, lines, releasedAt, seen } = yield* beside(() => Effect.sleep(100))
      expect({ exit, endedAt }).toEqual(undisturbed)
      expect(seen).toHaveLength(all)
      expect(releasedAt).toBe(100 * all)
      expect(lines).toEqual([])
    })
  )

  it.effect("when it hangs: it is stopped with its Layer, which says how much it has missed", () =>
    Effect.gen(function* () {
      const { endedAt, exit, lines, releasedAt, seen } = yield* beside(() => Effect.never)
      expect({ exit, endedAt }).toEqual(undisturbed)
      expect(seen).toEqual(["RunStarted"])
      expect(releasedAt).toBe(endedAt + 3_000)
      expect(lines).toEqual([
        { level: "Warn", message: `An observer is too slow. Events it has missed: ${all - 1}`, why: undefined }
      ])
    })
  )

  it.effect("when it runs workflows itself, of which it is not told", () =>
    Effect.gen(function* () {
      const { endedAt, exit, lines, seen } = yield* beside(() => order.run("observed"))
      expect({ exit, endedAt }).toEqual(undisturbed)
      expect(seen).toHaveLength(all)
      expect(lines).toEqual([])
    })
  )

  it.effect("nor another observer", () =>
    Effect.gen(function* () {
      const seen: Array<Event> = []
      const bad = Observer.layer(() => Effect.die("bad"))
      const hanging = Observer.layer(() => Effect.never, { shutdownTimeout: 0 })
      const observers = Layer.mergeAll(bad, noting(seen), hanging)
      yield* settle(order.run("book").pipe(Effect.provide(observers), Effect.provide(Logger.layer([]))))
      expect(seen.map(line)).toEqual(story)
    })
  )
})

describe("an observer that falls behind", () => {
  /** Runs an observer that stands still at its first event until the run is over. */
  const blocked = (capacity: number) =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const lines: Array<Line> = []
      const latch = yield* Latch.make()
      const observer = Observer.layer(
        (event) => {
          seen.push(line(event))
          return latch.await
        },
        { capacity }
      )
      const next = Effect.delay(order.run("pen"), 1)
      const run = order.run("book").pipe(Effect.andThen(latch.open), Effect.andThen(next))
      yield* settle(run.pipe(Effect.provide(observer), Effect.provide(logging(lines))))
      return { seen, warnings: lines.map(({ level, message }) => `${level}: ${message}`) }
    })

  it.effect("misses the oldest events beyond its capacity, and a warning says how many", () =>
    Effect.gen(function* () {
      const { seen, warnings } = yield* blocked(5)
      // The first is in its hands, five wait for it.
      expect(seen.slice(0, 6)).toEqual([story[0], ...story.slice(-5)])
      // The second run is told whole: by then it is no longer behind.
      expect(seen.slice(6)).toHaveLength(story.length)
      expect(warnings).toEqual(["Warn: An observer is too slow. Events it has missed: 2"])
    })
  )

  it.effect("misses nothing within its capacity", () =>
    Effect.gen(function* () {
      const { seen, warnings } = yield* blocked(story.length - 1)
      expect(seen.slice(0, story.length)).toEqual(story)
      expect(warnings).toEqual([])
    })
  )

  it.effect("is warned in the place where events are missing", () =>
    Effect.gen(function* () {
      const told: Array<unknown> = []
      const latch = yield* Latch.make()
      const logger = Logger.make(({ message }) => void told.push((message as ReadonlyArray<unknown>)[0]))
      const observer = Observer.layer(
        (event) => {
          told.push(line(event))
          return latch.await
        },
        { capacity: 1 }
      )
      const run = Effect.andThen(order.run("book"), latch.open)
      yield* settle(run.pipe(Effect.provide(observer), Effect.provide(Logger.layer([logger]))))
      expect(told).toEqual([
        "An observer is too slow. Events it has missed: 2",
        "0 AttemptStarted Check",
        "An observer is too slow. Events it has missed: 4",
        "10 RunFinished Done"
      ])
    })
  )
})

describe("when its Layer is released, an observer", () => {
  it.effect("sees what still waits, for as long as it is given", () =>
    Effect.gen(function* () {
      const { lines, releasedAt, seen } = yield* beside(() => Effect.sleep(10), { shutdownTimeout: "1 minute" })
      expect(seen).toHaveLength(21)
      expect(releasedAt).toBe(210)
      expect(lines).toEqual([])
    })
  )

  it.effect("is stopped when that is over, and what it has missed is logged", () =>
    Effect.gen(function* () {
      const { endedAt, lines, releasedAt, seen } = yield* beside(() => Effect.sleep(10), { shutdownTimeout: 25 })
      expect(releasedAt).toBe(endedAt + 25)
      // One every 10 milliseconds until 75, the last of which is cut off.
      expect(seen).toHaveLength(8)
      expect(lines.map(({ message }) => message)).toEqual(["An observer is too slow. Events it has missed: 13"])
    })
  )

  it.effect("is told nothing more, and the run goes on", () =>
    Effect.gen(function* () {
      const [before, throughout]: [Array<Event>, Array<Event>] = [[], []]
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(noting(before), scope)
      const run = order.run("book").pipe(Effect.provideContext(context), Effect.provide(noting(throughout)))
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(5)
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust(5)
      expect(ended(fiber)).toEqual(Exit.succeed({ _tag: "Done", payload: "book" }))
      expect(throughout.map(line)).toEqual(story)
      expect(before.map(line)).toEqual(story.slice(0, 3))
    })
  )

  it.effect("is not told of a run that starts later in its context", () =>
    Effect.gen(function* () {
      const seen: Array<Event> = []
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(noting(seen), scope)
      expect(observersIn(context)).toHaveLength(1)
      yield* Scope.close(scope, Exit.void)
      expect(observersIn(context)).toEqual([])
      const exit = yield* settle(Effect.provideContext(order.run("book"), context))
      expect(exit).toEqual(Exit.succeed({ _tag: "Done", payload: "book" }))
      expect(seen).toEqual([])
    })
  )

  it.effect("has been told how a run ended that was interrupted with it", () =>
    Effect.gen(function* () {
      const seen: Array<Event> = []
      const fiber = yield* Effect.forkChild(Effect.provide(order.run("book"), noting(seen)))
      yield* TestClock.adjust(5)
      yield* Fiber.interrupt(fiber)
      expect(seen.map(line).slice(-2)).toEqual(["5 AttemptInterrupted Check", "5 RunFinished Check"])
    })
  )

  it.effect("does not hold up for longer a run that is interrupted with it", () =>
    Effect.gen(function* () {
      const hanging = Observer.layer(() => Effect.never, { shutdownTimeout: 20 })
      const run = order.run("book").pipe(Effect.provide(hanging), Effect.provide(Logger.layer([])))
      const fiber = yield* Effect.forkChild(run)
      yield* TestClock.adjust(5)
      fiber.interruptUnsafe()
      yield* TestClock.adjust(19)
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1)
      expect(isInterrupted(ended(fiber))).toBe(true)
    })
  )
})

describe("the options of an observer", () => {
  it("are refused where they are none", () => {
    const layer = (options: Observer.ObserverOptions) => () => Observer.layer(() => Effect.void, options)
    expect(layer({ capacity: Number.NaN, shutdownTimeout: Number.NaN })).toThrow(
      new InvalidOptions({
        of: "Observer.layer",
        problems: ["capacity must be a whole number of at least 1, not NaN", "shutdownTimeout is not a duration: NaN"]
      })
    )
    expect(layer({ shutdownTimeout: -1 })).toThrow("shutdownTimeout is less than zero: -1")
    expect(layer({ capacity: 0 })).toThrow("capacity must be a whole number of at least 1, not 0")
    expect(layer({ capacity: 1, shutdownTimeout: 0 })).not.toThrow()
  })
})

describe("two copies of the package in one process", () => {
  type Copy = typeof import("sluice")

  const copy = Effect.promise((): Promise<Copy> => {
    vi.resetModules()
    return import("sluice")
  })

  const define = ({ Workflow }: Copy, name: string) =>
    Workflow.define(name).state("Begin", Schema.String, ["End"]).exit("End", Schema.String).start("Begin")

  it.effect("have observers of their own, whichever is within the other", () =>
    Effect.gen(function* () {
      const copies = [yield* copy, yield* copy] as const
      expect(copies[0].Observer.layer).not.toBe(copies[1].Observer.layer)
      const runs = copies.map((of, index) =>
        define(of, `Of copy ${index}`)
          .implement({ Begin: ({ payload, to }) => to.End(payload) })
          .run("book")
      )
      const seen = copies.map((): Array<string> => [])
      const [first, second] = copies.map((of, index) =>
        of.Observer.layer(({ _tag, workflow }) => Effect.sync(() => seen[index]!.push(`${workflow}: ${_tag}`)))
      )
      yield* settle(Effect.all(runs).pipe(Effect.provide(first!), Effect.provide(second!)))
      yield* settle(Effect.all(runs).pipe(Effect.provide(second!), Effect.provide(first!)))
      const once = ["RunStarted", "StateEntered", "AttemptStarted", "TransitionTaken", "RunFinished"]
      expect(seen).toEqual(copies.map((_, index) => [...once, ...once].map((tag) => `Of copy ${index}: ${tag}`)))
    })
  )

  it.effect("call each other's workflows, of whatever name", () =>
    Effect.gen(function* () {
      const Inner = define(yield* copy, "Order")
      const Outer = define(yield* copy, "Order")
      const inner = Inner.layer({ Begin: ({ payload, to }) => to.End(`inner ${payload}`) })
      const outer = Outer.layer({
        Begin: Outer.call("Begin", Inner, ({ payload }) => payload, {
          End: ({ result, to }) => to.End(`outer ${result}`)
        })
      })
      // The types take one for the other, as their tables are the same.
      const both = Layer.merge(Layer.provide(outer, inner), inner)
      const exit = yield* settle(Effect.provide(Effect.all([Outer.run("book"), Inner.run("book")]), both))
      expect(exit).toEqual(
        Exit.succeed([
          { _tag: "End", payload: "outer inner book" },
          { _tag: "End", payload: "inner book" }
        ])
      )
    })
  )

  it.effect("refuse each other's handlers", () =>
    Effect.gen(function* () {
      const one = define(yield* copy, "Order")
      const other = define(yield* copy, "Order")
      const handler = other.task("Begin", ({ payload, to }) => to.End(payload))
      expect(() => one.implement({ Begin: handler })).toThrow(
        "this handler of state 'Begin' belongs to another definition"
      )
    })
  )
})
