/** The forms a handler can have, and the loop that goes from state to state. */
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Schema } from "effect"
import { Workflow } from "sluice"
import { Loop } from "../support/loop.ts"
import { heapInUse } from "../support/memory.ts"
import { Boom, defectsOf, settle, succeedAfter, valueOf } from "../support/runs.ts"

class Steps extends Workflow.define("Steps")
  .state("First", Schema.Number, ["Second", "Refused"])
  .state("Second", Schema.Struct({ doubled: Schema.Number }), ["Done"])
  .exit("Done", Schema.String)
  .exit("Refused", Schema.Void)
  .start("First") {}

describe("a handler", () => {
  const second = ({ payload, to }: Workflow.Context<typeof Steps, "Second">) => to.Done(`${payload.doubled}`)

  const forms = {
    function: Steps.implement({
      First: ({ payload, to }) => (payload < 0 ? to.Refused() : to.Second({ doubled: payload * 2 })),
      Second: second
    }),
    route: Steps.implement({
      First: Steps.route("First", ({ payload, to }) =>
        payload < 0 ? to.Refused() : to.Second({ doubled: payload * 2 })
      ),
      Second: Steps.route("Second", second)
    }),
    "finished Effect": Steps.implement({
      First: ({ payload, to }) => Effect.succeed(payload < 0 ? to.Refused() : to.Second({ doubled: payload * 2 })),
      Second: ({ payload, to }) => Effect.succeed(to.Done(`${payload.doubled}`))
    }),
    "Effect that waits": Steps.implement({
      First: ({ payload, to }) => succeedAfter(10, payload < 0 ? to.Refused() : to.Second({ doubled: payload * 2 })),
      Second: ({ payload, to }) => succeedAfter(10, to.Done(`${payload.doubled}`))
    }),
    "generator method": Steps.implement({
      *First({ payload, to }) {
        if (payload < 0) return to.Refused()
        const doubled = yield* succeedAfter(10, payload * 2)
        return to.Second({ doubled })
      },
      *Second({ payload, to }) {
        return to.Done(yield* Effect.succeed(`${payload.doubled}`))
      }
    }),
    "generator task": Steps.implement({
      First: Steps.task("First", function* ({ payload, to }) {
        if (payload < 0) return to.Refused()
        return to.Second({ doubled: yield* succeedAfter(10, payload * 2) })
      }),
      Second: Steps.task("Second", second)
    }),
    "function that returns a generator": Steps.implement({
      First: ({ payload, to }) =>
        (function* () {
          if (payload < 0) return to.Refused()
          return to.Second({ doubled: yield* succeedAfter(10, payload * 2) })
        })(),
      Second: ({ payload, to }) =>
        (function* () {
          return to.Done(yield* Effect.succeed(`${payload.doubled}`))
        })()
    }),
    "Effect.fn": Steps.implement({
      First: Effect.fn("First")(function* ({ payload, to }: Workflow.Context<typeof Steps, "First">) {
        if (payload < 0) return to.Refused()
        return to.Second({ doubled: yield* succeedAfter(10, payload * 2) })
      }),
      Second: second
    })
  }

  it.effect.each(Object.entries(forms).map(([form, workflow]) => ({ form, workflow })))(
    "can be a $form",
    ({ workflow }) =>
      Effect.gen(function* () {
        expect(yield* valueOf(workflow.run(4))).toEqual({ _tag: "Done", payload: "8" })
        expect(yield* valueOf(workflow.run(-1))).toEqual({ _tag: "Refused", payload: undefined })
      })
  )

  it.effect("is given the same values in a second run of the same workflow, and of the same Effect", () =>
    Effect.gen(function* () {
      for (const workflow of Object.values(forms)) {
        const run = workflow.run(4)
        expect(yield* valueOf(run)).toEqual({ _tag: "Done", payload: "8" })
        expect(yield* valueOf(run)).toEqual({ _tag: "Done", payload: "8" })
      }
    })
  )

  it.effect("dies with what it throws, in every form", () =>
    Effect.gen(function* () {
      const boom = new Error("boom")
      const dying = (payload: number): number => {
        if (payload === 4) throw boom
        return payload
      }
      const workflows = [
        Steps.implement({
          First: ({ payload, to }) => (dying(payload) < 0 ? to.Refused() : to.Second({ doubled: 1 })),
          Second: second
        }),
        Steps.implement({
          First: Steps.route("First", ({ payload, to }) =>
            dying(payload) < 0 ? to.Refused() : to.Second({ doubled: 1 })
          ),
          Second: second
        }),
        Steps.implement({
          *First({ payload, to }) {
            yield* Effect.sleep(1)
            return dying(payload) < 0 ? to.Refused() : to.Second({ doubled: 1 })
          },
          Second: second
        }),
        Steps.implement({
          First: ({ payload, to }) =>
            (function* () {
              yield* Effect.succeed(1)
              return dying(payload) < 0 ? to.Refused() : to.Second({ doubled: 1 })
            })(),
          Second: second
        })
      ]
      for (const workflow of workflows) expect(defectsOf(yield* settle(workflow.run(4)))).toEqual([boom])
    })
  )

  it.effect("fails with a finished failure as with one that had to be waited for", () =>
    Effect.gen(function* () {
      const error = new Boom({ id: "bad" })
      const fails = (failure: Effect.Effect<never, Boom>) =>
        Steps.implement({
          *First({ payload, to }) {
            if (payload > 0) yield* failure
            return payload < 0 ? to.Refused() : to.Second({ doubled: 1 })
          },
          Second: second
        })
      expect(yield* Effect.flip(fails(Effect.fail(error)).run(1))).toBe(error)
      expect(yield* Effect.flip(fails(Effect.andThen(Effect.yieldNow, Effect.fail(error))).run(1))).toBe(error)
    })
  )

  it.effect("may wait any number of times", () =>
    Effect.gen(function* () {
      const workflow = Loop.implement({
        *Again({ payload, to }) {
          let sum = 0
          for (let i = 0; i < payload; i++) {
            sum += yield* Effect.sync(() => 1)
            sum += yield* Effect.succeed(1)
          }
          return payload < 0 ? to.Again(0) : to.Done(sum)
        }
      })
      expect((yield* workflow.run(200_000)).payload).toBe(400_000)
    })
  )

  it.effect("is given input, payload, store, attempt, run and its permitted targets", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const workflow = Steps.implement({
        First: ({ attempt, input, payload, run, to }) => {
          seen.push({ attempt, input, payload, id: run.id, targets: Object.keys(to) })
          return payload < 0 ? to.Refused() : to.Second({ doubled: payload * 2 })
        },
        Second: ({ attempt, input, payload, run, to }) => {
          seen.push({ attempt, input, payload, id: run.id, targets: Object.keys(to) })
          return to.Done("done")
        }
      })
      yield* workflow.run(4, { id: "run-1" })
      expect(seen).toEqual([
        { attempt: 1, input: 4, payload: 4, id: "run-1", targets: ["Second", "Refused"] },
        { attempt: 1, input: 4, payload: { doubled: 8 }, id: "run-1", targets: ["Done"] }
      ])
    })
  )

  it.effect("needs the services it asks for", () =>
    Effect.gen(function* () {
      class Factor extends Context.Service<Factor, { readonly by: number }>()("test/Factor") {}
      const workflow = Steps.implement({
        *First({ payload, to }) {
          const { by } = yield* Factor
          return payload < 0 ? to.Refused() : to.Second({ doubled: payload * by })
        },
        Second: second
      })
      const outcome = yield* Effect.provideService(workflow.run(4), Factor, { by: 3 })
      expect(outcome).toEqual({ _tag: "Done", payload: "12" })
    })
  )
})

describe("a million transitions", () => {
  const million = 1_000_000

  const forms = {
    "a function": Loop.implement({
      Again: ({ payload, to }) => (payload < million ? to.Again(payload + 1) : to.Done(payload))
    }),
    "a finished Effect": Loop.implement({
      Again: ({ payload, to }) => Effect.succeed(payload < million ? to.Again(payload + 1) : to.Done(payload))
    }),
    "an Effect that goes through the fiber": Loop.implement({
      Again: ({ payload, to }) => Effect.sync(() => (payload < million ? to.Again(payload + 1) : to.Done(payload)))
    }),
    "a generator": Loop.implement({
      *Again({ payload, to }) {
        const next = yield* Effect.sync(() => payload + 1)
        return payload < million ? to.Again(next) : to.Done(payload)
      }
    })
  }

  it.effect.each(Object.entries(forms).map(([form, workflow]) => ({ form, workflow })))(
    "of $form do not grow the stack",
    ({ workflow }) =>
      Effect.gen(function* () {
        expect(yield* workflow.run(0)).toEqual({ _tag: "Done", payload: million })
      })
  )

  it.effect("hold no more memory than a thousand, in any form", () =>
    Effect.gen(function* () {
      let held: Array<number> = []
      const weigh = (payload: number): number => {
        if (payload === 1_000 || payload === million) held.push(heapInUse())
        return payload + 1
      }
      const workflows = [
        Loop.implement({
          Again: ({ payload, to }) => (payload < million ? to.Again(weigh(payload)) : to.Done(weigh(payload)))
        }),
        Loop.implement({
          Again: ({ payload, to }) =>
            Effect.sync(() => (payload < million ? to.Again(weigh(payload)) : to.Done(weigh(payload))))
        }),
        // A Scope that is used in every visit.
        Loop.implement({
          *Again({ payload, to }) {
            if (payload % 10 === 0) yield* Effect.addFinalizer(() => Effect.void)
            return payload < million ? to.Again(weigh(payload)) : to.Done(weigh(payload))
          }
        }),
        // A policy, which counts attempts.
        Loop.implement({
          Again: Loop.task("Again", ({ payload, to }) =>
            payload < million ? to.Again(weigh(payload)) : to.Done(weigh(payload))
          ).retry({ times: 1 })
        })
      ]
      for (const workflow of workflows) {
        held = []
        yield* workflow.run(0)
        expect(held).toHaveLength(2)
        // A million of anything that is kept would be megabytes.
        expect(held[1]! - held[0]!).toBeLessThan(2_000_000)
      }
    })
  )
})

describe("a loop without an end", () => {
  // It does end, so that a loop that starves the others fails the test instead of hanging it.
  const many = 20_000_000

  const loops = {
    "a function": (onStep: () => void) =>
      Loop.implement({
        Again: ({ payload, to }) => {
          onStep()
          return payload < many ? to.Again(payload + 1) : to.Done(payload)
        }
      }),
    "a finished Effect": (onStep: () => void) =>
      Loop.implement({
        Again: ({ payload, to }) => {
          onStep()
          return Effect.succeed(payload < many ? to.Again(payload + 1) : to.Done(payload))
        }
      }),
    "an Effect that goes through the fiber": (onStep: () => void) =>
      Loop.implement({
        Again: ({ payload, to }) =>
          Effect.sync(() => {
            onStep()
            return payload < many ? to.Again(payload + 1) : to.Done(payload)
          })
      }),
    "a finished generator": (onStep: () => void) =>
      Loop.implement({
        // biome-ignore lint/correctness/useYield: a generator that never waits
        *Again({ payload, to }) {
          onStep()
          return payload < many ? to.Again(payload + 1) : to.Done(payload)
        }
      })
  }

  it.effect.each(Object.entries(loops).map(([form, loop]) => ({ form, loop })))(
    "of $form lets other fibers run, and can be interrupted",
    ({ loop }) =>
      Effect.gen(function* () {
        let steps = 0
        const fiber = yield* Effect.forkChild(loop(() => void steps++).run(0))
        const seen: Array<number> = []
        for (let turn = 0; turn < 5; turn++) {
          yield* Effect.yieldNow
          seen.push(steps)
        }
        expect(new Set(seen).size).toBeGreaterThan(2)
        yield* Fiber.interrupt(fiber)
        expect(steps).toBeLessThan(many)
        expect(Exit.hasInterrupts(yield* Fiber.await(fiber))).toBe(true)
      })
  )

  it.effect("takes turns with another run", () =>
    Effect.gen(function* () {
      const turns: Array<string> = []
      const loop = (name: string) =>
        Loop.implement({
          Again: ({ payload, to }) => {
            if (turns.at(-1) !== name) turns.push(name)
            return payload < 20_000 ? to.Again(payload + 1) : to.Done(payload)
          }
        })
      yield* Effect.all([loop("a").run(0), loop("b").run(0)], { concurrency: "unbounded" })
      expect(turns.length).toBeGreaterThan(4)
    })
  )
})
