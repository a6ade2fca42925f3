/** Nothing that a run has started or acquired outlives it, or the visit that it belongs to. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Schema, Scope } from "effect"
import { Workflow } from "sluice"
import { settle } from "../support/runs.ts"

class Stages extends Workflow.define("Stages")
  .state("First", Schema.Void, ["Second"])
  .state("Second", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("First") {}

describe("a fiber that a handler has forked", () => {
  it.effect("has ended with the run, however that ends, and before its caller goes on", () =>
    Effect.gen(function* () {
      const endings: ReadonlyArray<Effect.Effect<void, string>> = [
        Effect.void,
        Effect.sleep(10),
        Effect.fail("no"),
        Effect.die("no"),
        Effect.interrupt
      ]
      for (const ending of endings) {
        const log: Array<string> = []
        const child = Effect.onExit(Effect.never, () => Effect.sync(() => void log.push("child ended")))
        const workflow = Stages.implement({
          First: ({ to }) => Effect.as(Effect.andThen(Effect.forkChild(child), Effect.sleep(1)), to.Second()),
          Second: ({ to }) => Effect.as(ending, to.Done())
        })
        yield* settle(Effect.onExit(workflow.run(), () => Effect.sync(() => void log.push("run ended"))))
        expect(log).toEqual(["child ended", "run ended"])
      }
    })
  )

  it.effect("is none that the caller had before", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const child = Effect.onExit(Effect.sleep("1 minute"), (exit) =>
        Effect.sync(() => void log.push(Exit.isSuccess(exit) ? "finished" : "stopped"))
      )
      const workflow = Stages.implement({
        First: ({ to }) => Effect.as(Effect.sleep(1), to.Second()),
        Second: ({ to }) => to.Done()
      })
      yield* settle(
        Effect.gen(function* () {
          yield* Effect.forkChild(child)
          yield* workflow.run()
          yield* Effect.sleep("2 minutes")
        })
      )
      expect(log).toEqual(["finished"])
    })
  )
})

describe("a finalizer that is added after its visit has ended", () => {
  it.effect("runs at once, in every later state and after the end", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      let kept: Scope.Scope | undefined
      const add = (what: string) =>
        Effect.suspend(() =>
          Effect.addFinalizer(() => Effect.sync(() => void log.push(what))).pipe(
            Effect.provideService(Scope.Scope, kept!)
          )
        )
      const workflow = Stages.implement({
        *First({ to }) {
          kept = yield* Effect.scope
          yield* Effect.addFinalizer(() => Effect.sync(() => void log.push("in time")))
          yield* Effect.sleep(10)
          return to.Second()
        },
        *Second({ to }) {
          log.push("second begins")
          yield* add("late")
          log.push("second goes on")
          yield* Effect.sleep(10)
          return to.Done()
        }
      })
      yield* settle(workflow.run())
      log.push("run ended")
      yield* add("after the end")
      expect(log).toEqual(["in time", "second begins", "late", "second goes on", "run ended", "after the end"])
    })
  )
})
