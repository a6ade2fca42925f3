/** The bar: wherever and however a run ends badly, exactly the completed steps are undone, once, the last one first. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Workflow } from "sluice"
import { Boom, ended, isInterrupted } from "../support/runs.ts"
import { chain, endingOf, type Form, forms, Ledger, type Trouble } from "../support/saga.ts"

const boom = new Error("boom")

/** How a run is brought to its end, and the Effect at which that happens. */
const endings: ReadonlyArray<{ readonly ending: string; readonly effect: Effect.Effect<never, string> }> = [
  { ending: "fail", effect: Effect.fail("boom") },
  { ending: "die", effect: Effect.die(boom) },
  { ending: "timeout", effect: Effect.never },
  { ending: "interrupt", effect: Effect.never }
]

/** Every place of a chain, with every ending that can happen there: while a transition waits, nothing runs that could fail. */
const troubles = (length: number): ReadonlyArray<Trouble & { readonly ending: string }> =>
  Array.from({ length }, (_, index) => index + 1).flatMap((step) =>
    (["step", "state after step", "delay after step"] as const).flatMap((where) =>
      endings
        .filter(({ ending }) => where !== "delay after step" || ending === "timeout" || ending === "interrupt")
        .map(({ effect, ending }) => ({ ending, effect, step, where }))
    )
  )

const lengths = [1, 2, 3, 4, 5, 6, 7, 8]

const chains = forms.flatMap((form) => lengths.map((length) => ({ name: form.name, form, length })))

/** Lets a chain come to its trouble, and end. */
const runInto = (length: number, form: Form, trouble: Trouble & { readonly ending: string }, ledger: Ledger) =>
  Effect.gen(function* () {
    const { ending } = trouble
    const workflow = chain(length, form, trouble, ledger)
    const fiber = yield* Effect.forkChild(workflow.run(undefined, ending === "timeout" ? { timeout: "1 minute" } : {}))
    yield* TestClock.adjust("2 minutes")
    if (ending === "interrupt") yield* Effect.forkChild(Fiber.interrupt(fiber))
    yield* TestClock.adjust("1 minute")
    return ended(fiber)
  })

describe("a run that ends badly", () => {
  it.effect.each(chains)("undoes what is completed of $length steps, written as $name", ({ form, length }) =>
    Effect.gen(function* () {
      const all = Array.from({ length }, (_, index) => `Step ${index + 1}`)
      for (const trouble of troubles(length)) {
        const ledger = new Ledger()
        const exit = yield* runInto(length, form, trouble, ledger)
        const { ending, step, where } = trouble
        const completed = all.slice(0, where === "step" ? step - 1 : step)
        expect({ where, step, ended: endingOf(exit), done: ledger.done, undone: ledger.undone }).toEqual({
          where,
          step,
          ended: ending,
          done: completed,
          undone: completed.toReversed()
        })
      }
    })
  )

  it.effect("is told from one that ends well, which undoes nothing", () =>
    Effect.gen(function* () {
      for (const { form, length } of chains) {
        const ledger = new Ledger()
        const nowhere = { where: "step", step: 0, effect: Effect.never, ending: "none" } as const
        const exit = yield* runInto(length, form, nowhere, ledger)
        expect({ ended: endingOf(exit), done: ledger.done.length, undone: ledger.undone }).toEqual({
          ended: "success",
          done: length,
          undone: []
        })
      }
    })
  )
})

class Pair extends Workflow.define("Pair")
  .state("First", Schema.Void, ["Second"])
  .state("Second", Schema.Void, ["Last"])
  .state("Last", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("First") {}

describe("a plain function", () => {
  it.effect("that has its own run interrupted loses neither its step nor the one before", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
      const workflow = Pair.implement({
        First: Pair.task("First", ({ to }) => to.Second()).compensate({ Second: () => ledger.undo("first") }),
        Second: Pair.task("Second", ({ to }) => {
          fibers[0]!.interruptUnsafe()
          return to.Last()
        }).compensate({ Last: () => ledger.undo("second") }),
        Last: ({ to }) => Effect.as(Effect.never, to.Done())
      })
      const fiber = yield* Effect.forkChild(workflow.run())
      fibers.push(fiber)
      yield* TestClock.adjust(10)
      expect(isInterrupted(ended(fiber))).toBe(true)
      expect(ledger.undone).toEqual(["second", "first"])
    })
  )

  it.effect("that throws is no completed step", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const workflow = Pair.implement({
        First: Pair.task("First", ({ to }) => to.Second()).compensate({ Second: () => ledger.undo("first") }),
        Second: Pair.task("Second", ({ run, to }) => {
          if (run.id !== "") throw new Boom({ id: "second" })
          return to.Last()
        }).compensate({ Last: () => ledger.undo("second") }),
        Last: ({ to }) => to.Done()
      })
      const exit = yield* Effect.exit(workflow.run())
      expect(endingOf(exit)).toBe("die")
      expect(ledger.undone).toEqual(["first"])
    })
  )
})
