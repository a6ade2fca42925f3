/** Many steps: neither the stack nor the time for each grows with their number. */
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, Workflow } from "sluice"
import { errorOf } from "../support/runs.ts"

class Ended extends Schema.TaggedError<Ended>()("Ended", {}) {}

class Rounds extends Workflow.define("Rounds")
  .state("Round", Schema.Number, ["Round", "Last"])
  .state("Last", Schema.Number, ["Done"])
  .exit("Done", Schema.Number)
  .start("Round") {}

const steps = 200_000

const rounds = (undo: (payload: number) => Effect.Effect<void>) =>
  Rounds.implement({
    Round: Rounds.task("Round", ({ payload, to }) =>
      payload < steps ? to.Round(payload + 1) : to.Last(payload)
    ).compensate({ Round: ({ payload }) => undo(payload) }),
    Last: ({ payload, to }) => (payload < 0 ? Effect.succeed(to.Done(payload)) : Effect.fail(new Ended()))
  })

describe("200,000 completed steps", () => {
  it.effect("are undone, the last one first", () =>
    Effect.gen(function* () {
      let expected = steps
      const workflow = rounds((payload) => Effect.sync(() => expect(payload).toBe(expected--)))
      expect(errorOf(yield* Effect.exit(workflow.run(0)))).toEqual(new Ended())
      expect(expected).toBe(0)
    })
  )

  it.effect("of which the time runs out are all listed", () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const stuck = Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
      const workflow = rounds((payload) => (payload > steps - 10 ? Effect.void : stuck))
      const fiber = yield* Effect.forkChild(workflow.run(0, { compensationTimeout: "1 second" }))
      yield* Deferred.await(reached)
      yield* TestClock.adjust("1 second")
      const error = errorOf(yield* Fiber.await(fiber))
      expect(error).toBeInstanceOf(CompensationFailed)
      const { failures, message, untried } = error as CompensationFailed
      expect(failures).toHaveLength(1)
      expect(failures[0]).toMatchObject({ payload: steps - 10 })
      expect(untried).toHaveLength(steps - 11)
      expect(untried[0]).toMatchObject({ payload: steps - 11 })
      expect(untried.at(-1)).toMatchObject({ payload: 1 })
      expect(message.length).toBeLessThan(1_000)
    })
  )
})

describe("a workflow that calls itself page by page", () => {
  class Pages extends Workflow.define("Pages")
    .failure(Schema.Union([Ended, CompensationFailed]))
    .state("Read", Schema.Number, ["Rest", "End"])
    .state("Rest", Schema.Number, ["End"])
    .state("End", Schema.Number, ["Done"])
    .exit("Done", Schema.Number)
    .start("Read") {}

  const levels = 2_000

  it.effect.each([{ fails: levels }, { fails: 1 }])(
    "is undone at every level once, the last one first: fails at level $fails",
    ({ fails }) =>
      Effect.gen(function* () {
        const undone: Array<number> = []
        const undo = ({ payload }: { readonly payload: number }) => Effect.sync(() => void undone.push(payload))
        const layer = Pages.layer({
          Read: Pages.task("Read", ({ payload, to }) =>
            Effect.map(Effect.yieldNow, () => (payload < levels ? to.Rest(payload) : to.End(payload)))
          ).compensate({ Rest: undo, End: undo }),
          Rest: Pages.call("Rest", Pages, ({ payload }) => payload + 1, { Done: ({ payload, to }) => to.End(payload) }),
          End: ({ payload, to }) => (payload === fails ? Effect.fail(new Ended()) : Effect.succeed(to.Done(payload)))
        })
        expect(errorOf(yield* Effect.exit(Effect.provide(Pages.run(1), layer)))).toEqual(new Ended())
        expect(undone).toEqual(Array.from({ length: levels }, (_, index) => levels - index))
      })
  )
})
