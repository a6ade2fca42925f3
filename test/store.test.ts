/** The store of a run: its cells, its operations, and whose it is. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { Join, StoreKeyMissing, Workflow } from "sluice"
import { Boom, succeedAfter, valueOf } from "./support/runs.ts"

class Ledger extends Workflow.define("Ledger")
  .store({
    total: Workflow.cell(Schema.Number, { initial: 0 }),
    notes: Workflow.cell(Schema.Array(Schema.String), { initial: ["opened"] }),
    owner: Schema.String,
    lines: Schema.Array(Schema.Number),
    cache: Workflow.type<ReadonlyMap<string, number>>(),
    limit: Workflow.cell(Workflow.type<number>(), { initial: 10 })
  })
  .state("Book", Schema.Void, ["Done"])
  .exit("Done", Workflow.type<unknown>())
  .start("Book") {}

type LedgerStore = Workflow.Context<typeof Ledger, "Book">["store"]

/** Does something with the store of a run, and gives what came of it. */
const withStore = <A, E>(use: (store: LedgerStore) => Effect.Effect<A, E>) =>
  Effect.map(
    Ledger.implement({ Book: ({ store, to }) => Effect.map(use(store), (result) => to.Done(result)) }).run(),
    (outcome) => outcome.payload
  )

describe("a cell with an initial value", () => {
  it.effect("has it from the beginning", () =>
    Effect.gen(function* () {
      const result = yield* withStore((store) =>
        Effect.all({
          total: store.get("total"),
          notes: store.get("notes"),
          limit: store.get("limit"),
          option: store.getOption("total"),
          has: store.has("total")
        })
      )
      expect(result).toEqual({ total: 0, notes: ["opened"], limit: 10, option: Option.some(0), has: true })
    })
  )

  it.effect("has it again when its value is removed", () =>
    Effect.gen(function* () {
      const result = yield* withStore((store) =>
        Effect.gen(function* () {
          yield* store.set("total", 5)
          const before = yield* store.get("total")
          yield* store.remove("total")
          return [before, yield* store.get("total"), yield* store.has("total")]
        })
      )
      expect(result).toEqual([5, 0, true])
    })
  )
})

describe("a cell without an initial value", () => {
  it.effect("has none until it is set", () =>
    Effect.gen(function* () {
      const result = yield* withStore((store) =>
        Effect.gen(function* () {
          const before = [yield* store.has("owner"), yield* store.getOption("owner")]
          yield* store.set("owner", "Ada")
          return [before, yield* store.has("owner"), yield* store.getOption("owner"), yield* store.get("owner")]
        })
      )
      expect(result).toEqual([[false, Option.none()], true, Option.some("Ada"), "Ada"])
    })
  )

  it.effect("has none again when its value is removed", () =>
    Effect.gen(function* () {
      const result = yield* withStore((store) =>
        Effect.gen(function* () {
          yield* store.set("owner", "Ada")
          yield* store.remove("owner")
          return [yield* store.has("owner"), yield* store.getOption("owner")]
        })
      )
      expect(result).toEqual([false, Option.none()])
    })
  )

  it.effect("fails get, update and modify with StoreKeyMissing, which names it, and calls no function", () =>
    Effect.gen(function* () {
      const errors = yield* withStore((store) =>
        Effect.all([
          Effect.flip(store.get("owner")),
          Effect.flip(store.update("owner", () => expect.unreachable())),
          Effect.flip(store.modify("owner", () => expect.unreachable()))
        ])
      )
      expect(errors).toEqual([1, 2, 3].map(() => new StoreKeyMissing({ key: "owner" })))
      expect((errors as ReadonlyArray<StoreKeyMissing>)[0]?.message).toBe("The store has no value under 'owner'")
    })
  )

  it.effect("holds a value that is undefined", () =>
    Effect.gen(function* () {
      class Maybe extends Workflow.define("Maybe")
        .store({ value: Schema.UndefinedOr(Schema.String) })
        .state("Book", Schema.Void, ["Done"])
        .exit("Done", Workflow.type<unknown>())
        .start("Book") {}
      const workflow = Maybe.implement({
        *Book({ store, to }) {
          yield* store.set("value", undefined)
          return to.Done([yield* store.has("value"), yield* store.get("value"), yield* store.getOption("value")])
        }
      })
      expect((yield* workflow.run()).payload).toEqual([true, undefined, Option.some(undefined)])
    })
  )

  it.effect("can be in memory only", () =>
    Effect.gen(function* () {
      const cache = new Map([["a", 1]])
      const result = yield* withStore((store) => Effect.andThen(store.set("cache", cache), store.get("cache")))
      expect(result).toBe(cache)
    })
  )
})

describe("the operations", () => {
  it.effect("update gives the new value, modify the result", () =>
    Effect.gen(function* () {
      const result = yield* withStore((store) =>
        Effect.gen(function* () {
          const updated = yield* store.update("total", (total) => total + 3)
          const modified = yield* store.modify("total", (total) => [`was ${total}`, total * 2])
          return [updated, modified, yield* store.get("total")]
        })
      )
      expect(result).toEqual([3, "was 3", 6])
    })
  )

  it.effect("append adds to the end of a list, and makes one of an empty cell", () =>
    Effect.gen(function* () {
      const result = yield* withStore((store) =>
        Effect.gen(function* () {
          const before = yield* store.get("notes")
          yield* store.append("notes", "a", "b")
          yield* store.append("lines", 1)
          yield* store.append("lines")
          yield* store.append("lines", 2, 3)
          return [before, yield* store.get("notes"), yield* store.get("lines")]
        })
      )
      expect(result).toEqual([["opened"], ["opened", "a", "b"], [1, 2, 3]])
    })
  )

  it.effect("keys names the cells that have a value, as declared; clear begins anew", () =>
    Effect.gen(function* () {
      const result = yield* withStore((store) =>
        Effect.gen(function* () {
          const before = yield* store.keys
          yield* store.append("lines", 1)
          yield* store.set("owner", "Ada")
          yield* store.set("total", 7)
          const filled = yield* store.keys
          yield* store.clear
          return { before, filled, cleared: yield* store.keys, total: yield* store.get("total") }
        })
      )
      expect(result).toEqual({
        before: ["total", "notes", "limit"],
        filled: ["total", "notes", "owner", "lines", "limit"],
        cleared: ["total", "notes", "limit"],
        total: 0
      })
    })
  )

  it.effect("do nothing until they are run, and the same again each time", () =>
    Effect.gen(function* () {
      const result = yield* withStore((store) =>
        Effect.gen(function* () {
          const increment = store.update("total", (total) => total + 1)
          const before = yield* store.get("total")
          yield* increment
          yield* increment
          return [before, yield* store.get("total")]
        })
      )
      expect(result).toEqual([0, 2])
    })
  )

  it.effect("die with what their function throws, and leave the value", () =>
    Effect.gen(function* () {
      const result = yield* withStore((store) =>
        Effect.gen(function* () {
          const throwing = store.update("total", () => {
            throw new Error("boom")
          })
          const exit = yield* Effect.exit(throwing)
          return [exit._tag, yield* store.get("total")]
        })
      )
      expect(result).toEqual(["Failure", 0])
    })
  )
})

describe("the store of a run", () => {
  class Counting extends Workflow.define("Counting")
    .store({ count: Workflow.cell(Schema.Number, { initial: 0 }), list: Schema.Array(Schema.Number) })
    .state("Fan", Schema.Number, ["Read"])
    .state("Read", Schema.Void, ["Done"])
    .exit("Done", Schema.Struct({ count: Schema.Number, list: Schema.Array(Schema.Number) }))
    .start("Fan") {}

  const Read = function* ({ store, to }: Workflow.Context<typeof Counting, "Read">) {
    const list = yield* store.getOption("list")
    return to.Done({ count: yield* store.get("count"), list: Option.getOrElse(list, () => []) })
  }

  it.effect("loses no update of concurrent branches", () =>
    Effect.gen(function* () {
      const workflow = Counting.implement({
        Fan: Counting.forEach(
          "Fan",
          ({ payload }) => Array.from({ length: payload }, (_, index) => index),
          function* ({ index, store }) {
            for (let round = 0; round < 10; round++) {
              yield* index % 2 === 0 ? Effect.yieldNow : Effect.sleep(index % 7)
              yield* store.update("count", (count) => count + 1)
              yield* store.append("list", index)
            }
          }
        ).join(Join.all, ({ to }) => to.Read()),
        Read
      })
      const { payload } = yield* valueOf(workflow.run(100))
      expect(payload.count).toBe(1_000)
      expect(payload.list).toHaveLength(1_000)
      expect(payload.list.filter((index) => index === 42)).toHaveLength(10)
    })
  )

  it.effect("is a fresh one for every run, also for concurrent ones", () =>
    Effect.gen(function* () {
      const workflow = Counting.implement({
        *Fan({ payload, store, to }) {
          for (let i = 0; i < payload; i++) {
            yield* Effect.sleep(1)
            yield* store.update("count", (count) => count + 1)
            yield* store.append("list", payload)
          }
          return to.Read()
        },
        Read
      })
      const outcomes = yield* valueOf(
        Effect.all(
          [1, 2, 3].map((n) => workflow.run(n)),
          { concurrency: "unbounded" }
        )
      )
      expect(outcomes.map((outcome) => outcome.payload)).toEqual([
        { count: 1, list: [1] },
        { count: 2, list: [2, 2] },
        { count: 3, list: [3, 3, 3] }
      ])
      expect((yield* valueOf(workflow.run(1))).payload).toEqual({ count: 1, list: [1] })
    })
  )

  it.effect("is that of the whole run: tasks, branches, joins and catches", () =>
    Effect.gen(function* () {
      const workflow = Counting.implement({
        Fan: Counting.split("Fan", {
          a: ({ store }) => store.append("list", 1),
          *b({ store }) {
            yield* store.append("list", 2)
            return yield* new Boom({ id: "bad" })
          }
        })
          .join(Join.settled, function* ({ payload, results, store, to }) {
            yield* store.append("list", 3)
            if (payload > 0) yield* Effect.fail(results.failures[0]!.error)
            return to.Read()
          })
          .catch(function* ({ store, to }) {
            yield* store.append("list", 4)
            return to.Read()
          }),
        Read
      })
      expect((yield* workflow.run(1)).payload.list).toEqual([1, 2, 3, 4])
    })
  )

  it.effect("keeps what a branch did that was stopped", () =>
    Effect.gen(function* () {
      const workflow = Counting.implement({
        Fan: Counting.split("Fan", {
          loser: ({ store }) => Effect.andThen(store.append("list", 1), Effect.never),
          winner: () => succeedAfter(10, "won")
        }).join(Join.any, ({ to }) => to.Read()),
        Read
      })
      expect((yield* valueOf(workflow.run(1))).payload.list).toEqual([1])
    })
  )
})
