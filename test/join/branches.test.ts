/** What a branch can be, what it is given, and what it owns. */
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Schema } from "effect"
import { Join, Workflow } from "sluice"
import { Fan, implement } from "../support/fan.ts"
import { Boom, defectsOf, failureOf, settle, succeedAfter, valueOf } from "../support/runs.ts"
import { everyStrategy } from "../support/strategies.ts"
import { Timeline } from "../support/timeline.ts"

const boom = new Error("boom")

describe("the forms of a branch", () => {
  it.effect("are a plain value, an Effect and a generator", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          value: () => 1,
          nothing: () => undefined,
          effect: () => succeedAfter(10, "two"),
          finished: () => Effect.succeed("three"),
          *generator() {
            yield* Effect.sleep(10)
            return yield* Effect.succeed(4)
          },
          // biome-ignore lint/correctness/useYield: a generator that never waits
          *finishedGenerator() {
            return 5
          }
        }).join(Join.all, ({ results, to }) => to.Done(results))
      )
      expect((yield* valueOf(workflow.run())).payload).toEqual({
        value: 1,
        nothing: undefined,
        effect: "two",
        finished: "three",
        generator: 4,
        finishedGenerator: 5
      })
    })
  )

  it.effect("may be generators in the each of a forEach, over any iterable of items", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.forEach(
          "Work",
          function* () {
            yield "a"
            yield "b"
          },
          function* ({ item, index }) {
            yield* Effect.sleep(10 - index)
            return `${index}${item}`
          }
        ).join(Join.all, ({ results, to }) => to.Done(results))
      )
      expect((yield* valueOf(workflow.run())).payload).toEqual(["0a", "1b"])
      const set = implement(
        Fan.forEach(
          "Work",
          () => new Set([1, 2, 2]),
          ({ item }) => item
        ).join(Join.all, ({ results, to }) => to.Done(results))
      )
      expect((yield* set.run()).payload).toEqual([1, 2])
    })
  )

  it.effect("a generator fails with what it yields", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          *bad() {
            yield* Effect.sleep(10)
            return yield* new Boom({ id: "bad" })
          }
        }).join(Join.all, ({ results, to }) => to.Done(results))
      )
      expect(yield* failureOf(workflow.run())).toEqual(new Boom({ id: "bad" }))
    })
  )
})

describe("branches that end at once", () => {
  it.effect("need no time under any strategy", () =>
    Effect.gen(function* () {
      for (const { strategy } of everyStrategy) {
        const workflow = implement(
          Fan.split("Work", { a: () => 1, b: () => Effect.succeed(2), c: () => 3 }).join(strategy, ({ results, to }) =>
            to.Done(results)
          )
        )
        expect((yield* workflow.run()).payload).toBeDefined()
      }
    })
  )

  it.effect("count in their order, and no more than the strategy requires", () =>
    Effect.gen(function* () {
      const split = Fan.split("Work", {
        a: () => 1,
        b: () => Effect.fail("b"),
        c: () => Effect.succeed(3),
        d: () => 4
      })
      expect((yield* implement(split.join(Join.any, ({ results, to }) => to.Done(results))).run()).payload).toEqual({
        branch: "a",
        value: 1
      })
      expect(
        (yield* implement(split.join(Join.quorum(2), ({ results, to }) => to.Done(results))).run()).payload
      ).toEqual([
        { branch: "a", value: 1 },
        { branch: "c", value: 3 }
      ])
      expect(
        (yield* implement(split.join(Join.partialResults(2), ({ results, to }) => to.Done(results))).run()).payload
      ).toEqual({
        successes: [
          { branch: "a", value: 1 },
          { branch: "c", value: 3 }
        ],
        failures: [{ branch: "b", error: "b" }],
        interrupted: [{ branch: "d" }]
      })
      expect(
        (yield* implement(split.join(Join.partialTimeout("1 hour"), ({ results, to }) => to.Done(results))).run())
          .payload
      ).toEqual({
        successes: [
          { branch: "a", value: 1 },
          { branch: "c", value: 3 },
          { branch: "d", value: 4 }
        ],
        failures: [{ branch: "b", error: "b" }],
        interrupted: []
      })
      expect(yield* Effect.flip(implement(split.join(Join.all, ({ results, to }) => to.Done(results))).run())).toBe("b")
    })
  )

  it.effect("decide over branches that take their time", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          slow: () => time.track("slow", Effect.never),
          quick: () => "won"
        }).join(Join.any, ({ results, to }) => to.Done(results))
      )
      expect((yield* valueOf(workflow.run())).payload).toEqual({ branch: "quick", value: "won" })
      expect(time.entries).toEqual(["0 slow starts", "0 slow interrupted"])
    })
  )
})

describe("a function that throws", () => {
  it.effect.each(everyStrategy)("is a defect of the run when it is a branch: $name", ({ strategy }) =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          other: () => time.track("other", Effect.never),
          throwing: (): number => {
            throw boom
          }
        }).join(strategy, ({ results, to }) => to.Done(results))
      )
      expect(defectsOf(yield* settle(workflow.run()))).toEqual([boom])
      expect(time.entries).toEqual(["0 other starts", "0 other interrupted"])
    })
  )

  it.effect("is a defect when it is a generator, the items, the each, or the function of the join", () =>
    Effect.gen(function* () {
      const generator = implement(
        Fan.split("Work", {
          // biome-ignore lint/correctness/useYield: it throws before it would
          *throwing() {
            throw boom
          }
        }).join(Join.settled, ({ to }) => to.Done("joined"))
      )
      const items = implement(
        Fan.forEach(
          "Work",
          (): ReadonlyArray<number> => {
            throw boom
          },
          ({ item }) => item
        ).join(Join.settled, ({ to }) => to.Done("joined"))
      )
      const each = implement(
        Fan.forEach(
          "Work",
          () => [1],
          (): number => {
            throw boom
          }
        ).join(Join.settled, ({ to }) => to.Done("joined"))
      )
      const join = implement(
        Fan.split("Work", { a: () => 1 }).join(Join.settled, ({ to }) => {
          if (boom) throw boom
          return to.Done("joined")
        })
      )
      for (const workflow of [generator, items, each, join]) {
        expect(defectsOf(yield* settle(workflow.run()))).toEqual([boom])
      }
    })
  )
})

describe("the context of a branch", () => {
  class Orders extends Workflow.define("Orders")
    .store({ seen: Workflow.cell(Schema.Array(Schema.String), { initial: [] }) })
    .state("Start", Schema.String, ["Fan"])
    .state("Fan", Schema.Number, ["Done"])
    .exit("Done", Workflow.type<unknown>())
    .start("Start") {}

  it.effect("has input, payload, store, attempt and run; that of an item, the item and its index too", () =>
    Effect.gen(function* () {
      const start = Orders.route("Start", ({ payload, to }) => to.Fan(payload.length))
      const split = Orders.implement({
        Start: start,
        Fan: Orders.split("Fan", {
          *a({ attempt, input, payload, run, store }) {
            yield* store.append("seen", "a")
            return { attempt, input, payload, id: run.id }
          }
        }).join(Join.all, function* ({ attempt, input, payload, results, run, store, to }) {
          return to.Done({ results, attempt, input, payload, id: run.id, seen: yield* store.get("seen") })
        })
      })
      const known = { attempt: 1, input: "three", payload: 5, id: "run-1" }
      expect((yield* split.run("three", { id: "run-1" })).payload).toEqual({
        results: { a: known },
        ...known,
        seen: ["a"]
      })
      const forEach = Orders.implement({
        Start: start,
        Fan: Orders.forEach(
          "Fan",
          ({ input }) => [...input].slice(0, 2),
          ({ attempt, index, input, item, payload, run }) => ({ attempt, input, payload, id: run.id, index, item })
        ).join(Join.all, ({ results, to }) => to.Done(results))
      })
      expect((yield* forEach.run("three", { id: "run-1" })).payload).toEqual([
        { ...known, index: 0, item: "t" },
        { ...known, index: 1, item: "h" }
      ])
    })
  )

  it.effect("says which attempt it is when the split is retried", () =>
    Effect.gen(function* () {
      const attempts: Array<number> = []
      const workflow = implement(
        Fan.split("Work", {
          a: ({ attempt }) => {
            attempts.push(attempt)
            return attempt < 3 ? Effect.fail("again") : Effect.succeed(attempt)
          }
        })
          .join(Join.all, ({ attempt, results, to }) => to.Done({ attempt, a: results.a }))
          .retry({ times: 5 })
      )
      expect((yield* workflow.run()).payload).toEqual({ attempt: 3, a: 3 })
      expect(attempts).toEqual([1, 2, 3])
    })
  )
})

describe("the services of branches", () => {
  class Rate extends Context.Service<Rate, { readonly of: number }>()("test/Rate") {}

  it.effect("are those of the run", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", {
          a: () =>
            Effect.andThen(
              Effect.sleep(5),
              Effect.map(Rate, (rate) => rate.of)
            ),
          *b() {
            return (yield* Rate).of * 2
          }
        }).join(Join.all, ({ results, to }) => to.Done(results))
      )
      const outcome = yield* valueOf(Effect.provideService(workflow.run(), Rate, { of: 7 }))
      expect(outcome.payload).toEqual({ a: 7, b: 14 })
    })
  )
})

describe("the scope of a branch", () => {
  it.effect.each([{ concurrency: "unbounded" as const }, { concurrency: 1 }, { concurrency: 2 }])(
    "is its own and closes when the branch ends, with concurrency $concurrency",
    ({ concurrency }) =>
      Effect.gen(function* () {
        const time = new Timeline()
        const branch = (name: string, millis: number) =>
          Effect.andThen(time.resource(name), Effect.andThen(Effect.sleep(millis), time.mark(`${name} ends`)))
        const workflow = implement(
          Fan.split("Work", { long: () => branch("long", 50), short: () => branch("short", 10) }, { concurrency }).join(
            Join.all,
            function* ({ to }) {
              yield* time.mark("joined")
              return to.Done("joined")
            }
          )
        )
        yield* valueOf(workflow.run())
        expect(time.entries).toEqual(
          concurrency === 1
            ? [
                "0 long acquired",
                "50 long ends",
                "50 long released",
                "50 short acquired",
                "60 short ends",
                "60 short released",
                "60 joined"
              ]
            : [
                "0 long acquired",
                "0 short acquired",
                "10 short ends",
                "10 short released",
                "50 long ends",
                "50 long released",
                "50 joined"
              ]
        )
      })
  )

  it.effect("closes when the branch fails or is interrupted, before the join goes on", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          bad: () => Effect.andThen(time.resource("bad"), Effect.fail("bad")),
          loser: () => Effect.andThen(time.resource("loser", 20), Effect.never),
          winner: () => Effect.andThen(time.resource("winner"), succeedAfter(10, "won"))
        }).join(Join.any, function* ({ results, to }) {
          yield* time.mark("joined")
          return to.Done(results)
        })
      )
      yield* valueOf(workflow.run())
      expect(time.entries).toEqual([
        "0 bad acquired",
        "0 bad released",
        "0 loser acquired",
        "0 winner acquired",
        "10 winner released",
        "30 loser released",
        "30 joined"
      ])
    })
  )

  it.effect("interrupts what the branch left running in it", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", {
          a: () => Effect.andThen(Effect.forkScoped(time.track("background", Effect.never)), succeedAfter(10, "a")),
          b: () => succeedAfter(50, "b")
        }).join(Join.all, ({ results, to }) => to.Done(results))
      )
      yield* valueOf(workflow.run())
      expect(time.entries).toEqual(["0 background starts", "10 background interrupted"])
    })
  )

  it.effect("of the join function is that of the visit", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.split("Work", { a: () => time.resource("a") }).join(Join.all, function* ({ to }) {
          yield* time.resource("join")
          return to.Done("joined")
        })
      )
      yield* valueOf(workflow.run())
      expect(time.entries).toEqual(["0 a acquired", "0 a released", "0 join acquired", "0 join released"])
    })
  )
})
