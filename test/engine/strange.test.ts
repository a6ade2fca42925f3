/** Whatever a run fails or dies with, saying so never takes its place. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Schema, Tracer } from "effect"
import {
  AllBranchesFailed,
  CompensationFailed,
  InvalidTransition,
  Metrics,
  Observer,
  PollExhausted,
  QuorumNotReached,
  Timeline,
  ToleranceExceeded,
  Workflow
} from "sluice"
import { show } from "../../src/testing/values.ts"
import { causeOf, settle } from "../support/runs.ts"
import { Spans } from "../support/spans.ts"
import { strangeErrors } from "../support/strange.ts"

class Two extends Workflow.define("Two")
  .state("First", Schema.String, ["Second"])
  .state("Second", Schema.String, ["Done"])
  .exit("Done", Schema.String)
  .start("First") {}

const First = Two.task("First", ({ payload, to }) => Effect.succeed(to.Second(payload)))

/** What a run ended with: its errors and defects. */
const endedWith = (exit: Exit.Exit<unknown, unknown>): ReadonlyArray<unknown> =>
  causeOf(exit).reasons.map((reason) =>
    Cause.isFailReason(reason) ? reason.error : Cause.isDieReason(reason) ? reason.defect : "interrupted"
  )

/** The same value, whatever it is; a matcher would look into it. */
const isOnly = (values: ReadonlyArray<unknown>, value: unknown) => values.length === 1 && Object.is(values[0], value)

describe.for(strangeErrors)("%s", ([, error]) => {
  it.effect("is what a run fails or dies with, also while it is watched, drawn, measured and traced", () =>
    Effect.gen(function* () {
      const ways: ReadonlyArray<Effect.Effect<never, unknown>> = [
        Effect.fail(error),
        Effect.die(error),
        Effect.andThen(Effect.sleep(1), Effect.fail(error))
      ]
      for (const way of ways) {
        const workflow = Two.implement({
          First,
          Second: Two.task("Second", ({ to }) => Effect.as(way, to.Done("never"))).retry({ times: 1 })
        })
        expect(isOnly(endedWith(yield* settle(workflow.run("a"))), error)).toBe(true)
        const events: Array<Workflow.RunEvent> = []
        const spans = new Spans()
        const watching = Layer.mergeAll(
          Metrics.layer,
          Observer.layer((event) => Effect.sync(() => events.push(event))),
          Layer.succeed(Tracer.Tracer, spans.tracer)
        )
        expect(isOnly(endedWith(yield* settle(Effect.provide(workflow.run("a"), watching))), error)).toBe(true)
        expect(events.at(-1)?._tag).toBe("RunFinished")
        expect(Timeline.text(events)).toContain("Second")
        expect(Timeline.svg(events)).toContain("Second")
        expect(spans.open).toEqual([])
      }
    })
  )

  it.effect("is what a compensation fails or dies with", () =>
    Effect.gen(function* () {
      for (const undo of [Effect.fail(error), Effect.die(error)]) {
        const workflow = Two.implement({
          First: First.compensate({ Second: () => undo }),
          Second: ({ payload, to }) => (payload === "" ? Effect.succeed(to.Done("never")) : Effect.fail("why"))
        })
        const [failure] = endedWith(yield* settle(workflow.run("a")))
        expect(failure).toBeInstanceOf(CompensationFailed)
        expect(isOnly(endedWith(Exit.failCause((failure as CompensationFailed).failures[0]!.cause)), error)).toBe(true)
      }
    })
  )

  it("is said in the messages and the JSON of the errors that hold it, in a bounded line", () => {
    const failures = [{ branch: "a", error }]
    const reasons = [Cause.fail(error), Cause.die(error)]
    const step = { workflow: "Two", state: "First", payload: error }
    const errors: ReadonlyArray<Error> = [
      new AllBranchesFailed({ state: "First", failures }),
      new AllBranchesFailed({ state: "First", failures: [error] }),
      new QuorumNotReached({ state: "First", required: 2, successes: [], failures }),
      new ToleranceExceeded({ state: "First", tolerated: 0, failures: [{ index: 0, item: error, error }] }),
      new PollExhausted({ state: "First", asked: 1, failure: error }),
      new InvalidTransition({ workflow: "Two", state: "First", targets: ["Second"], received: error }),
      ...reasons.map(
        (cause) =>
          new CompensationFailed({
            workflow: "Two",
            runId: "a",
            cause,
            failures: [{ ...step, cause }],
            untried: [step]
          })
      )
    ]
    for (const held of errors) {
      expect(held.message).toContain("First")
      for (const line of held.message.split("\n")) expect(line.length).toBeLessThan(300)
      expect(show(held, 0)).not.toBe("")
    }
    for (const held of errors.filter((held) => held instanceof CompensationFailed)) {
      const { message: _message, ...json } = JSON.parse(JSON.stringify(held))
      const back = Schema.decodeUnknownSync(CompensationFailed)(json)
      expect(back.cause.reasons).toHaveLength(1)
      expect(JSON.parse(JSON.stringify(back))).toMatchObject(json)
    }
  })
})
