/** Running a workflow: from its start, from an entry, one step; what runs share, and what is refused while one runs. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { InputNotGiven, InvalidTransition, Join, Workflow, WorkflowDefinitionError } from "sluice"
import { Fan, implement } from "../support/fan.ts"
import { Boom, defectsOf, ended, isInterrupted, settle, succeedAfter, valueOf } from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

class Order extends Workflow.define("Order")
  .store({ notes: Workflow.cell(Schema.Array(Schema.String), { initial: [] }) })
  .state("Check", Schema.String, ["Pay", "Refused"])
  .state("Pay", Schema.Number, ["Done", "Refused"])
  .exit(
    "Done",
    Workflow.type<{ readonly input: string; readonly paid: number; readonly notes: ReadonlyArray<string> }>()
  )
  .exit("Refused", Schema.Void)
  .start("Check", "Pay") {}

const order = Order.implement({
  *Check({ payload, store, to }) {
    yield* store.append("notes", `check ${payload}`)
    yield* Effect.sleep(10)
    return payload === "" ? to.Refused() : to.Pay(payload.length)
  },
  *Pay({ input, payload, store, to }) {
    yield* store.append("notes", `pay ${payload}`)
    yield* Effect.sleep(10)
    if (payload < 0) return to.Refused()
    return to.Done({ input, paid: payload, notes: yield* store.get("notes") })
  }
})

describe("run", () => {
  it.effect("goes from the start to an exit, and gives the last transition", () =>
    Effect.gen(function* () {
      expect(yield* valueOf(order.run("book"))).toEqual({
        _tag: "Done",
        payload: { input: "book", paid: 4, notes: ["check book", "pay 4"] }
      })
      expect(yield* valueOf(order.run(""))).toEqual({ _tag: "Refused", payload: undefined })
    })
  )

  it.effect("does nothing until it is run, and everything again when it is run again", () =>
    Effect.gen(function* () {
      const ids: Array<string> = []
      const workflow = implement(
        Fan.task("Work", ({ run, to }) => {
          ids.push(run.id)
          return to.Done(run.id)
        })
      )
      const run = workflow.run()
      expect(ids).toEqual([])
      yield* run
      yield* run
      expect(ids).toHaveLength(2)
      expect(ids[0]).not.toBe(ids[1])
    })
  )

  it.effect("has the id it is given, or a UUID", () =>
    Effect.gen(function* () {
      const workflow = implement(Fan.task("Work", ({ run, to }) => to.Done([run.id, run.id])))
      expect((yield* workflow.run(undefined, { id: "mine" })).payload).toEqual(["mine", "mine"])
      const { payload } = yield* workflow.run()
      const [first, second] = payload as [string, string]
      expect(first).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/)
      expect(second).toBe(first)
    })
  )

  it.effect("shares nothing with another run of the same workflow", () =>
    Effect.gen(function* () {
      class Many extends Workflow.define("Many")
        .store({ seen: Workflow.cell(Schema.Array(Schema.Number), { initial: [] }) })
        .state("Try", Schema.Number, ["Fan"])
        .state("Fan", Schema.Number, ["Done"])
        .exit("Done", Workflow.type<unknown>())
        .start("Try") {}
      const many = Many.implement({
        Try: Many.task("Try", function* ({ attempt, payload, store, to }) {
          yield* store.append("seen", payload)
          yield* Effect.sleep((payload % 3) + 1)
          if (attempt <= payload % 4) yield* Effect.fail("again")
          return to.Fan(attempt)
        }).retry({ times: 5 }),
        Fan: Many.split("Fan", {
          a: ({ input }) => succeedAfter(input % 5, input),
          b: ({ input, store }) => store.append("seen", input)
        }).join(Join.all, function* ({ attempt, input, payload, results, run, store, to }) {
          return to.Done({
            id: run.id,
            attempts: payload,
            attempt,
            input,
            a: results.a,
            seen: yield* store.get("seen")
          })
        })
      })
      const outcomes = yield* valueOf(
        Effect.forEach(
          Array.from({ length: 100 }, (_, i) => i),
          (i) => many.run(i, { id: `run-${i}` }),
          {
            concurrency: "unbounded"
          }
        )
      )
      expect(outcomes.map((outcome) => outcome.payload)).toEqual(
        Array.from({ length: 100 }, (_, i) => {
          const attempts = (i % 4) + 1
          return { id: `run-${i}`, attempts, attempt: 1, input: i, a: i, seen: new Array(attempts + 1).fill(i) }
        })
      )
    })
  )

  it.effect("interrupts what it is doing when it is interrupted, and waits for the finalizers", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(
        Fan.task("Work", ({ to }) => Effect.as(time.track("work", Effect.never, 100), to.Done("never")))
      )
      const fiber = yield* Effect.forkChild(workflow.run())
      yield* TestClock.adjust(10)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust(99)
      expect(interrupting.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1)
      expect(Exit.isSuccess(ended(interrupting))).toBe(true)
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(time.entries).toEqual(["0 work starts", "110 work interrupted"])
    })
  )

  it.effect("keeps the scope of its caller for the caller", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(Fan.task("Work", ({ to }) => Effect.as(time.resource("own"), to.Done("done"))))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* time.resource("callers")
          yield* workflow.run()
          yield* time.resource("callers second")
        })
      )
      expect(time.entries).toEqual([
        "0 callers acquired",
        "0 own acquired",
        "0 own released",
        "0 callers second acquired",
        "0 callers second released",
        "0 callers released"
      ])
    })
  )
})

describe("runFrom", () => {
  it.effect("begins at an entry, with its payload and the input of the run", () =>
    Effect.gen(function* () {
      expect(yield* valueOf(order.runFrom("Pay", 7, "book"))).toEqual({
        _tag: "Done",
        payload: { input: "book", paid: 7, notes: ["pay 7"] }
      })
      expect(yield* valueOf(order.runFrom("Check", "pen", "book"))).toEqual({
        _tag: "Done",
        payload: { input: "book", paid: 3, notes: ["check pen", "pay 3"] }
      })
    })
  )

  it.effect("takes an id", () =>
    Effect.gen(function* () {
      const workflow = implement(Fan.task("Work", ({ run, to }) => to.Done(run.id)))
      expect((yield* workflow.runFrom("Work", undefined, undefined, { id: "mine" })).payload).toBe("mine")
    })
  )

  it.effect("refuses a place that is no entry, when the types were bypassed", () =>
    Effect.gen(function* () {
      const [refused] = defectsOf(yield* settle(order.runFrom("Done" as "Pay", 1, "book")))
      expect(refused).toBeInstanceOf(WorkflowDefinitionError)
      expect((refused as WorkflowDefinitionError).message).toContain(
        "a run cannot be entered at 'Done': its entries are 'Check', 'Pay'"
      )
    })
  )
})

describe("step", () => {
  it.effect("runs one handler once, and gives its transition", () =>
    Effect.gen(function* () {
      expect(yield* valueOf(order.step("Check", "book"))).toEqual({ _tag: "Pay", payload: 4 })
      expect(yield* valueOf(order.step("Check", ""))).toEqual({ _tag: "Refused", payload: undefined })
      expect(yield* valueOf(order.step("Pay", -1, { input: "book" }))).toEqual({ _tag: "Refused", payload: undefined })
      expect(yield* valueOf(order.step("Pay", 7, { input: "book" }))).toEqual({
        _tag: "Done",
        payload: { input: "book", paid: 7, notes: ["pay 7"] }
      })
    })
  )

  it.effect("of the start has its payload as the input", () =>
    Effect.gen(function* () {
      const workflow = Order.implement({
        Check: ({ input, payload, to }) => (payload === "" ? to.Refused() : to.Pay(input.length)),
        Pay: ({ to, payload }) => (payload < 0 ? to.Refused() : to.Done({ input: "", paid: payload, notes: [] }))
      })
      expect(yield* workflow.step("Check", "book")).toEqual({ _tag: "Pay", payload: 4 })
      expect(yield* workflow.step("Check", "book", { input: "magazine" })).toEqual({ _tag: "Pay", payload: 8 })
      expect(yield* workflow.step("Pay", 1)).toEqual({ _tag: "Done", payload: { input: "", paid: 1, notes: [] } })
    })
  )

  it.effect("without input dies where a handler reads it", () =>
    Effect.gen(function* () {
      const [missing] = defectsOf(yield* settle(order.step("Pay", 7)))
      expect(missing).toBeInstanceOf(InputNotGiven)
      expect((missing as InputNotGiven).message).toContain("state 'Pay'")
    })
  )

  it.effect("applies the policies of the handler", () =>
    Effect.gen(function* () {
      let attempts = 0
      const workflow = implement(
        Fan.task("Work", ({ attempt, to }) => {
          attempts = attempt
          return attempt < 3 ? Effect.fail("again") : Effect.succeed(to.Done(attempt))
        }).retry({ times: 2 })
      )
      expect(yield* workflow.step("Work", undefined)).toEqual({ _tag: "Done", payload: 3 })
      expect(attempts).toBe(3)
    })
  )

  it.effect("joins a split", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.split("Work", { a: () => succeedAfter(10, 1), b: () => 2 }).join(Join.all, ({ results, to }) =>
          to.Done(results)
        )
      )
      expect(yield* valueOf(workflow.step("Work", undefined))).toEqual({ _tag: "Done", payload: { a: 1, b: 2 } })
    })
  )

  it.effect("has a Scope of its own, closed when the step ends", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const workflow = implement(Fan.task("Work", ({ to }) => Effect.as(time.resource("work"), to.Done("done"))))
      yield* workflow.step("Work", undefined)
      expect(time.entries).toEqual(["0 work acquired", "0 work released"])
    })
  )

  it.effect("fails as the handler does, and takes an id", () =>
    Effect.gen(function* () {
      const workflow = implement(
        Fan.task("Work", ({ run, to }) =>
          run.id === "bad" ? Effect.fail(new Boom({ id: run.id })) : Effect.succeed(to.Done(run.id))
        )
      )
      expect(yield* workflow.step("Work", undefined, { id: "good" })).toEqual({ _tag: "Done", payload: "good" })
      expect(yield* Effect.flip(workflow.step("Work", undefined, { id: "bad" }))).toEqual(new Boom({ id: "bad" }))
    })
  )
})

describe("what is no transition", () => {
  class Two extends Workflow.define("Two")
    .state("Start", Schema.Void, ["Next", "Done"])
    .state("Next", Schema.Void, ["Done"])
    .exit("Done", Schema.Number)
    .start("Start") {}

  type To = Readonly<Record<string, (payload?: unknown) => unknown>>

  /** Workflows whose handler returns anything: what an `any` lets through. */
  const returning = (make: (to: To) => unknown) => {
    const work = ({ to }: { readonly to: unknown }) => make(to as To) as Workflow.Transitions<typeof Two, "Start">
    const Next = ({ to }: Workflow.Context<typeof Two, "Next">) => to.Done(1)
    return {
      function: Two.implement({ Start: work, Next }),
      effect: Two.implement({ Start: (context) => Effect.succeed(work(context)), Next }),
      waiting: Two.implement({ Start: (context) => succeedAfter(10, work(context)), Next }),
      policy: Two.implement({
        Start: Two.task("Start", (context) => succeedAfter(10, work(context)))
          .retry({ times: 1 })
          .catch(({ to }) => to.Done(0)),
        Next
      }),
      join: Two.implement({
        Start: Two.split("Start", { a: () => succeedAfter(10, 1) }).join(Join.all, (context) => work(context)),
        Next
      })
    }
  }

  const promised = "a Promise: give an Effect instead, made with Effect.tryPromise"

  const wrong = [
    { what: "an unknown tag", make: () => ({ _tag: "Typo", payload: 1 }), says: "a transition to 'Typo'" },
    { what: "a place that is no target", make: () => ({ _tag: "Start", payload: 1 }), says: "a transition to 'Start'" },
    { what: "undefined", make: () => undefined, says: "undefined" },
    { what: "a string", make: () => "Done", says: "Done" },
    { what: "an object", make: () => ({ to: "Done" }), says: "an object" },
    { what: "a Promise", make: () => Promise.resolve({ _tag: "Done", payload: 1 }), says: promised },
    {
      what: "a transition that was not called",
      make: (to: To) => to.Done,
      says: "the function 'Done'"
    },
    { what: "a name of Object.prototype", make: () => ({ _tag: "constructor" }), says: "a transition to 'constructor'" }
  ]

  it.effect.each(wrong)("is refused: $what", ({ make, says }) =>
    Effect.gen(function* () {
      for (const workflow of Object.values(returning(make))) {
        const runs: ReadonlyArray<Effect.Effect<unknown, unknown>> = [workflow.run(), workflow.step("Start", undefined)]
        for (const run of runs) {
          const [defect] = defectsOf(yield* settle(run))
          expect(defect).toBeInstanceOf(InvalidTransition)
          const invalid = defect as InvalidTransition
          expect(invalid).toMatchObject({ workflow: "Two", state: "Start", targets: ["Next", "Done"] })
          expect(invalid.message).toBe(
            `State 'Start' of workflow 'Two' must go to one of 'Next', 'Done', but gave ${says}`
          )
        }
      }
    })
  )
})
