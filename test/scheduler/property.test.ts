/** Whatever is asked of an entry, and whenever: its runs never overlap, and none of them is forgotten. */
import { expect, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Layer, Logger, Schedule, Scope } from "effect"
import { TestClock } from "effect/testing"
import fc from "fast-check"
import { Scheduler } from "sluice"
import { ended } from "../support/runs.ts"
import { fail, Work, working } from "./work.ts"

const asked = fc.oneof(
  fc.record({ _tag: fc.constant("wait" as const), seconds: fc.integer({ min: 0, max: 90 }) }),
  fc.constantFrom("trigger", "cancel", "pause", "resume", "reset").map((_tag) => ({ _tag }))
)

const scenario = fc.record({
  overlap: fc.constantFrom("skip" as const, "cancel" as const, { queue: 2 } as const),
  backoff: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  trip: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  /** How long each run takes in turn, in seconds, how long its finalizer, and whether it fails. */
  runs: fc.array(fc.record({ takes: fc.nat(40), finalizing: fc.nat(20), fails: fc.boolean() }), { minLength: 1 }),
  asked: fc.array(asked, { maxLength: 40 }),
  within: fc.nat(60)
})

type Scenario = typeof scenario extends fc.Arbitrary<infer A> ? A : never

const play = ({ asked, backoff, overlap, runs, trip, within }: Scenario) =>
  Effect.gen(function* () {
    class Jobs extends Scheduler.define("Jobs", {
      job: Scheduler.entry(Work, Scheduler.interval("15 seconds"), {
        input: "tick",
        overlap,
        ...(backoff === undefined ? {} : { backoff: Schedule.spaced(`${backoff} seconds`) }),
        ...(trip === undefined ? {} : { trip })
      })
    }) {}
    let begun = 0
    let active = 0
    let mostActive = 0
    const work = working(() =>
      Effect.suspend(() => {
        const { fails, finalizing, takes } = runs[begun++ % runs.length]!
        mostActive = Math.max(mostActive, ++active)
        const body = Effect.andThen(Effect.sleep(`${takes} seconds`), fails ? fail : Effect.void)
        return body.pipe(
          Effect.onInterrupt(() => Effect.sleep(`${finalizing} seconds`)),
          Effect.ensuring(Effect.sync(() => active--))
        )
      })
    )
    const layer = Layer.provide(Jobs.layer({ history: 1_000 }), work)
    const context = yield* Layer.buildWithScope(layer, yield* Scope.make())
    const ask = <A, E>(effect: Effect.Effect<A, E, Jobs>) => Effect.forkChild(Effect.provide(effect, context))

    const triggers = []
    for (const { _tag, ...rest } of asked) {
      if (_tag === "wait") yield* TestClock.adjust(`${"seconds" in rest ? rest.seconds : 0} seconds`)
      else if (_tag === "trigger") triggers.push(yield* ask(Effect.flatMap(Jobs.trigger("job"), (run) => run.await)))
      else yield* ask(Jobs[_tag as "cancel"]("job"))
    }
    const stopping = yield* ask(Jobs.stop({ within: `${within} seconds` }))
    yield* TestClock.adjust("5 minutes")
    expect(ended(stopping)).toEqual(Exit.void)
    const history = yield* Effect.provide(Jobs.history("job"), context)
    const status = yield* Effect.provide(Jobs.status("job"), context)
    return { active, begun, history, mostActive, status, triggers }
  })

/** Of how many runs and triggers that was checked. */
const checked = { runs: 0, triggers: 0 }

/** Checks what must hold of every scenario. */
const check = (scenario: Scenario) =>
  Effect.gen(function* () {
    const { active, begun, history, mostActive, status, triggers } = yield* play(scenario)
    checked.runs += history.length
    checked.triggers += triggers.length
    expect(mostActive).toBeLessThanOrEqual(1)
    expect(active).toBe(0)
    expect(status.waiting).toBe(0)
    // A run that is interrupted at once is in the history, and has not begun its work.
    expect(history.length).toBeGreaterThanOrEqual(begun)
    expect(new Set(history.map(({ id }) => id)).size).toBe(history.length)
    const times = history.flatMap((run) => [run.started, run.ended]).map(DateTime.toEpochMillis)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    for (const { scheduled, started } of history) expect(DateTime.isLessThanOrEqualTo(scheduled, started)).toBe(true)
    // Every trigger has been answered: by a refusal, or by the end of its run.
    for (const trigger of triggers) expect(trigger.pollUnsafe()).toBeDefined()
  }).pipe(Effect.scoped, Effect.provide([TestClock.layer(), Logger.layer([])]))

it("keeps its runs apart and forgets none, whatever is asked of it", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, (scenario) => Effect.runPromise(check(scenario))),
    { numRuns: 2_000 }
  )
  expect(checked.runs).toBeGreaterThan(100)
  expect(checked.triggers).toBeGreaterThan(100)
})
