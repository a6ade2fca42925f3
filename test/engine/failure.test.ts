/** Where a failure happened: on its Cause, and not in the error, which stays the user's own. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Join, Workflow } from "sluice"
import { Loop } from "../support/loop.ts"
import { Boom, causeOf, defectsOf, errorOf, failAfter, settle, succeedAfter } from "../support/runs.ts"

class Order extends Workflow.define("Order")
  .state("Check", Schema.String, ["Pay"])
  .state("Pay", Schema.String, ["Done"])
  .exit("Done", Schema.Void)
  .start("Check") {}

/** An order whose payment is as given. */
const paying = <E, R>(
  pay: (
    context: Workflow.Context<typeof Order, "Pay">
  ) => Effect.Effect<Workflow.Transitions<typeof Order, "Pay">, E, R>
) => Order.implement({ Check: ({ payload, to }) => to.Pay(payload), Pay: pay })

const contextOf = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(settle(effect), (exit) => Option.getOrUndefined(Workflow.failureContext(causeOf(exit))))

const expected = { workflow: "Order", runId: "run-1", state: "Pay", attempt: 1, path: ["Check", "Pay"] }

describe("the context of a failure", () => {
  it.effect("says workflow, run, state, attempt and path, whatever way the state failed", () =>
    Effect.gen(function* () {
      const error = new Boom({ id: "bad" })
      const ways: ReadonlyArray<Workflow.Workflow<typeof Order, Boom, never>> = [
        paying(() => Effect.fail(error)),
        paying(() => Effect.die(error)),
        paying(() => {
          throw error
        }),
        paying(() => Effect.andThen(Effect.sleep(10), Effect.fail(error))),
        paying(() => Effect.andThen(Effect.sleep(10), Effect.die(error))),
        paying(() =>
          Effect.fn("named")(function* () {
            yield* Effect.sleep(10)
            return yield* error
          })()
        )
      ]
      for (const workflow of ways) {
        const exit = yield* settle(workflow.run("book", { id: "run-1" }))
        expect(Option.getOrUndefined(Workflow.failureContext(causeOf(exit)))).toEqual(expected)
        expect(errorOf(exit) ?? defectsOf(exit)[0]).toBe(error)
        expect(Object.keys(error)).toEqual(Object.keys(new Boom({ id: "bad" })))
      }
    })
  )

  it.effect("is there when an earlier state had to be waited for", () =>
    Effect.gen(function* () {
      const workflow = Order.implement({
        Check: ({ payload, to }) => succeedAfter(10, to.Pay(payload)),
        Pay: ({ payload, to }) => (payload === "" ? Effect.succeed(to.Done()) : Effect.fail("bad"))
      })
      expect(yield* contextOf(workflow.run("book", { id: "run-1" }))).toEqual(expected)
    })
  )

  it.effect("has the id that the run was given by Sluice", () =>
    Effect.gen(function* () {
      let id = ""
      const workflow = paying(({ run }) => {
        id = run.id
        return Effect.fail("bad")
      })
      expect((yield* contextOf(workflow.run("book")))?.runId).toBe(id)
      const silent = paying(() => Effect.fail("bad"))
      expect((yield* contextOf(silent.run("book")))?.runId).toMatch(/^[0-9a-f-]{36}$/)
    })
  )

  it.effect("says the attempt, of the visit that failed", () =>
    Effect.gen(function* () {
      const workflow = Order.implement({
        Check: Order.task("Check", ({ attempt, payload, to }) =>
          attempt < 5 ? Effect.fail("again") : Effect.succeed(to.Pay(payload))
        ).retry({ times: 10 }),
        Pay: Order.task("Pay", ({ payload, to }) =>
          payload === "" ? Effect.succeed(to.Done()) : Effect.fail("bad")
        ).retry({ times: 2 })
      })
      expect(yield* contextOf(workflow.run("book", { id: "run-1" }))).toEqual({ ...expected, attempt: 3 })
    })
  )

  it.effect("is there for a failed join, a branch that died, a timeout and a failed catch", () =>
    Effect.gen(function* () {
      const Check = ({ payload, to }: Workflow.Context<typeof Order, "Check">) => to.Pay(payload)
      const split = Order.split("Pay", { a: () => failAfter(10, "a"), b: () => succeedAfter(20, "b") })
      const dying = Order.split("Pay", { a: () => Effect.die("dead"), b: () => succeedAfter(20, "b") })
      const slow = Order.task("Pay", ({ to }) => succeedAfter(200, to.Done())).timeout(100)
      const failures = [
        Order.implement({ Check, Pay: split.join(Join.all, ({ to }) => to.Done()) }),
        Order.implement({ Check, Pay: split.join(Join.quorum(2), ({ to }) => to.Done()) }),
        Order.implement({ Check, Pay: dying.join(Join.settled, ({ to }) => to.Done()) }),
        Order.implement({ Check, Pay: slow }),
        Order.implement({ Check, Pay: slow.catch(() => Effect.fail("caught")) })
      ]
      for (const workflow of failures) {
        expect(yield* contextOf<unknown, unknown>(workflow.run("book", { id: "run-1" }))).toEqual(expected)
      }
    })
  )

  it.effect("is there for what is no transition, and for a failed finalizer of the visit", () =>
    Effect.gen(function* () {
      const nothing = paying(() => Effect.succeed(undefined as never))
      expect(yield* contextOf(nothing.run("book", { id: "run-1" }))).toEqual(expected)
      const finalizer = Order.implement({
        Check: ({ payload, to }) => to.Pay(payload),
        *Pay({ to }) {
          yield* Effect.addFinalizer(() => Effect.die("dead"))
          return to.Done()
        }
      })
      expect(yield* contextOf(finalizer.run("book", { id: "run-1" }))).toEqual(expected)
    })
  )

  it.effect("keeps a bounded path: the last states of a long run", () =>
    Effect.gen(function* () {
      const workflow = (last: number) =>
        Loop.implement({
          Again: ({ payload, to }) => {
            if (payload === last) return Effect.fail("bad")
            return Effect.succeed(payload < 0 ? to.Done(payload) : to.Again(payload + 1))
          }
        })
      const path = (last: number) =>
        Effect.map(Effect.exit(workflow(last).run(0)), (exit) =>
          Option.getOrUndefined(Option.map(Workflow.failureContext(causeOf(exit)), (context) => context.path))
        )
      expect(yield* path(4)).toEqual(new Array(5).fill("Again"))
      expect(yield* path(100_000)).toEqual(new Array(32).fill("Again"))
    })
  )

  it.effect("has the path in order, ending with the state that failed", () =>
    Effect.gen(function* () {
      class Ring extends Workflow.define("Ring")
        .state("A", Schema.Number, ["B"])
        .state("B", Schema.Number, ["C"])
        .state("C", Schema.Number, ["A", "Done"])
        .exit("Done", Schema.Void)
        .start("A") {}
      const ring = Ring.implement({
        A: ({ payload, to }) => to.B(payload),
        B: ({ payload, to }) => (payload === 50 ? Effect.fail("bad") : Effect.succeed(to.C(payload))),
        C: ({ payload, to }) => (payload < 0 ? to.Done() : to.A(payload + 1))
      })
      const path = (yield* contextOf(ring.run(0)))?.path ?? []
      const all = Array.from({ length: 51 }, () => ["A", "B", "C"])
        .flat()
        .slice(0, -1)
      expect(path).toEqual(all.slice(-32))
    })
  )

  it.effect("of a step is the state alone", () =>
    Effect.gen(function* () {
      const workflow = paying(() => Effect.fail("bad"))
      const options = { id: "run-1", input: "book" }
      expect(yield* contextOf(workflow.step("Pay", "book", options))).toEqual({ ...expected, path: ["Pay"] })
    })
  )

  it.effect("is shown by Cause.pretty, beside the error's own message", () =>
    Effect.gen(function* () {
      const workflow = paying(() => failAfter(10, "bad"))
      const pretty = Cause.pretty(causeOf(yield* settle(workflow.run("book", { id: "run-1" }))))
      for (const part of ["Boom", "Order.Pay", "run-1", "attempt 1", "Check > Pay"]) expect(pretty).toContain(part)
    })
  )

  it.effect("is none for a run that was interrupted, and for what is no run", () =>
    Effect.gen(function* () {
      const workflow = paying(() => Effect.never)
      const fiber = yield* Effect.forkChild(workflow.run("book"))
      yield* TestClock.adjust(10)
      yield* Fiber.interrupt(fiber)
      expect(Workflow.failureContext(causeOf(yield* Fiber.await(fiber)))).toEqual(Option.none())
      expect(Workflow.failureContext(Cause.fail("bad"))).toEqual(Option.none())
      expect(Workflow.failureContext(Cause.empty)).toEqual(Option.none())
    })
  )

  it.effect("of a workflow within another is the inner one, and both are shown", () =>
    Effect.gen(function* () {
      const inner = paying(() => failAfter(10, "bad"))
      const outer = Loop.implement({
        *Again({ payload, to }) {
          yield* inner.run("book", { id: "run-1" })
          return payload > 0 ? to.Again(0) : to.Done(0)
        }
      })
      const cause = causeOf(yield* settle(outer.run(1, { id: "outer-1" })))
      expect(Option.getOrUndefined(Workflow.failureContext(cause))).toEqual(expected)
      const pretty = Cause.pretty(cause)
      for (const part of ["Order.Pay", "run-1", "Loop.Again", "outer-1"]) expect(pretty).toContain(part)
    })
  )

  it.effect("is the run's own when two share one error", () =>
    Effect.gen(function* () {
      const error = new Boom({ id: "shared" })
      const failed = Exit.fail(error)
      const workflow = paying(() => failed)
      const first = causeOf(yield* settle(workflow.run("book", { id: "first" })))
      const second = causeOf(yield* settle(workflow.run("book", { id: "second" })))
      const id = (cause: Cause.Cause<unknown>) => Option.getOrUndefined(Workflow.failureContext(cause))?.runId
      expect([id(first), id(second)]).toEqual(["first", "second"])
      expect(Workflow.failureContext(causeOf(failed))).toEqual(Option.none())
    })
  )
})
