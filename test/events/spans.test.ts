/** Spans of a run: run, state, attempt, branch and compensation, below the span of whoever runs it. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, Schema, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { Join, Workflow } from "sluice"
import { type Boom, dieAfter, ended, failAfter, settle, succeedAfter } from "../support/runs.ts"
import { trip } from "../support/saga.ts"
import { Spans } from "../support/spans.ts"
import { failsTimes, interruptedAfter, Sub, sub, Trial, trial, trialOf } from "./trial.ts"

/** The spans of an Effect that runs to its end. */
const spansOf = <A, E, R>(run: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const spans = new Spans()
    yield* settle(Effect.provideService(run, Tracer.Tracer, spans.tracer))
    return spans
  })

/** How a span has ended. */
const ending = ({ status }: Tracer.Span): string => {
  if (status._tag === "Started") return "open"
  if (Exit.isSuccess(status.exit)) return "success"
  return Cause.hasInterruptsOnly(status.exit.cause)
    ? "interrupted"
    : Cause.hasDies(status.exit.cause)
      ? "died"
      : "failed"
}

/** Name, attributes and ending of every span, in the order they began. */
const described = ({ all }: Spans) =>
  all.map((span) => ({ name: span.name, ...Object.fromEntries(span.attributes), ending: ending(span) }))

const next = ["  state Next", "    attempt Next"]

const both = Trial.split("Work", {
  a: () => Effect.withSpan(succeedAfter(10, 1), "work of a"),
  b: () => 2
}).join(Join.all, ({ results, to }) => Effect.withSpan(Effect.succeed(to.Next(results)), "work of the join"))

describe("the spans of a run", () => {
  it.effect("are a tree below the caller's span, and those of the user are below attempt or branch", () =>
    Effect.gen(function* () {
      const spans = yield* spansOf(Effect.withSpan(trial(both), "caller"))
      expect(spans.tree()).toEqual([
        "caller",
        ...[
          "run Trial",
          "  state Work",
          "    attempt Work",
          "      branch a",
          "        work of a",
          "      branch b",
          "      work of the join",
          ...next
        ].map((line) => `  ${line}`)
      ])
      expect(spans.open).toEqual([])
    })
  )

  it.effect("have the names of what they are of as attributes, and the ending of what they are around", () =>
    Effect.gen(function* () {
      const spans = yield* spansOf(trialOf(both).run("x", { id: "run-1" }))
      const run = { "workflow.name": "Trial", "workflow.run.id": "run-1" }
      const work = { ...run, "workflow.state": "Work" }
      const success = { ending: "success" }
      expect(described(spans)).toEqual([
        { name: "run Trial", ...run, "workflow.exit": "Done", ...success },
        { name: "state Work", ...work, "workflow.target": "Next", ...success },
        { name: "attempt Work", ...work, "workflow.attempt": 1, ...success },
        { name: "branch a", ...work, "workflow.branch": "a", ...success },
        { name: "work of a", ...success },
        { name: "branch b", ...work, "workflow.branch": "b", ...success },
        { name: "work of the join", ...success },
        { name: "state Next", ...run, "workflow.state": "Next", "workflow.target": "Done", ...success },
        { name: "attempt Next", ...run, "workflow.state": "Next", "workflow.attempt": 1, ...success }
      ])
    })
  )

  it.effect("last as long as what they are around, finalizers included", () =>
    Effect.gen(function* () {
      const work = Trial.task("Work", function* ({ to }) {
        yield* Effect.acquireRelease(Effect.void, () => Effect.sleep(5))
        return yield* succeedAfter(10, to.Next("y"))
      })
      const { all } = yield* spansOf(trial(work))
      const times = all.map(({ name, status }) => {
        const millis = (nanos: bigint) => Number(nanos / 1_000_000n)
        return status._tag === "Ended" ? [name, millis(status.startTime), millis(status.endTime)] : [name]
      })
      expect(times).toEqual([
        ["run Trial", 0, 15],
        ["state Work", 0, 15],
        ["attempt Work", 0, 10],
        ["state Next", 15, 15],
        ["attempt Next", 15, 15]
      ])
    })
  )

  it.effect("of attempts stand side by side, each with its ending; what a catch does is of the state", () =>
    Effect.gen(function* () {
      const work = Trial.task("Work", ({ attempt, to }) => failsTimes(2, attempt, to.Next("y")))
        .retry({ times: 1 })
        .catch(({ to }) => Effect.withSpan(Effect.succeed(to.Next("caught")), "work of the catch"))
      const spans = yield* spansOf(trial(work))
      expect(spans.tree()).toEqual([
        "run Trial",
        "  state Work",
        "    attempt Work",
        "    attempt Work",
        "    work of the catch",
        ...next
      ])
      const attempts = described(spans).filter(({ name }) => name === "attempt Work")
      expect(attempts).toMatchObject([
        { "workflow.attempt": 1, ending: "failed", "error.type": "Boom" },
        { "workflow.attempt": 2, ending: "failed", "error.type": "Boom" }
      ])
      expect(described(spans)[0]).toMatchObject({ "workflow.exit": "Done", ending: "success" })
    })
  )

  it.effect("name the items of a forEach by its state and their index", () =>
    Effect.gen(function* () {
      const work = Trial.forEach(
        "Work",
        () => ["v", "w"],
        ({ item }) => item
      ).join(Join.all, ({ results, to }) => to.Next(results))
      const spans = yield* spansOf(trial(work))
      const branches = described(spans).filter(({ name }) => name === "branch Work")
      expect(branches).toMatchObject([{ "workflow.branch": "0" }, { "workflow.branch": "1" }])
    })
  )

  it.effect("say what ended them badly: failures and defects by their type, interruption not", () =>
    Effect.gen(function* () {
      const endings = (work: Effect.Effect<never, Boom>) =>
        Effect.map(spansOf(trial(Trial.task("Work", ({ to }) => Effect.as(work, to.Next("y"))))), (spans) =>
          described(spans).map((span) => [span.name, span.ending, "error.type" in span ? span["error.type"] : "none"])
        )
      const all = (ending: string, errorType: string) =>
        ["run Trial", "state Work", "attempt Work"].map((name) => [name, ending, errorType])
      expect(yield* endings(failAfter(10, "bad"))).toEqual(all("failed", "Boom"))
      expect(yield* endings(dieAfter(10, new TypeError("dead")))).toEqual(all("died", "TypeError"))
      expect(yield* endings(Effect.interrupt)).toEqual(all("interrupted", "none"))
    })
  )

  it.effect("of a callee are below the attempt that calls it", () =>
    Effect.gen(function* () {
      const call = Trial.call("Work", Sub, () => 7, { Good: ({ result, to }) => to.Next(result) })
      const layer = sub((to) => Effect.withSpan(succeedAfter(10, to.Good(8)), "work of the callee"))
      const spans = yield* spansOf(Effect.provide(trial(call), layer))
      expect(spans.tree()).toEqual([
        "run Trial",
        "  state Work",
        "    attempt Work",
        "      run Sub",
        "        state One",
        "          attempt One",
        "            work of the callee",
        ...next
      ])
      expect(described(spans)[3]).toMatchObject({ "workflow.name": "Sub", "workflow.run.id": "1/Work" })
    })
  )

  it.effect("of a forked run are below the span that forked it, and those of each run are its own", () =>
    Effect.gen(function* () {
      const fork = (id: string) => Effect.withSpan(trialOf(both).fork("x", { id }), `fork ${id}`)
      const forks = Effect.gen(function* () {
        const handles = [yield* fork("1"), yield* fork("2")]
        for (const { fiber } of handles) yield* Fiber.await(fiber)
      })
      const spans = yield* spansOf(Effect.scoped(forks))
      expect(spans.tree().filter((line) => !line.startsWith("    "))).toEqual([
        "fork 1",
        "  run Trial",
        "fork 2",
        "  run Trial"
      ])
      const inner = spans.all.filter(
        ({ attributes, name }) => attributes.has("workflow.run.id") && name !== "run Trial"
      )
      expect(new Set(inner.map(({ attributes }) => attributes.get("workflow.run.id")))).toEqual(new Set(["1", "2"]))
      for (const { attributes, parent } of inner) {
        const above = spans.all.find((span) => span === Option.getOrUndefined(parent))
        expect(above?.attributes.get("workflow.run.id")).toBe(attributes.get("workflow.run.id"))
      }
    })
  )
})

describe("the spans of a rollback", () => {
  const undos = {
    flight: () => Effect.withSpan(Effect.sleep(3), "cancel flight"),
    hotel: () => failAfter(3, "hotel")
  }

  it.effect("are below the run, with their endings", () =>
    Effect.gen(function* () {
      const spans = yield* spansOf(trip(undos, () => failAfter(10, "car")).run("Rome", { id: "run-1" }))
      expect(spans.tree().slice(-3)).toEqual(["  compensate Hotel", "  compensate Flight", "    cancel flight"])
      const run = { "workflow.name": "Trip", "workflow.run.id": "run-1" }
      expect(described(spans).slice(-3)).toEqual([
        {
          name: "compensate Hotel",
          ...run,
          "workflow.state": "Hotel",
          "workflow.target": "Car",
          "error.type": "Boom",
          ending: "failed"
        },
        {
          name: "compensate Flight",
          ...run,
          "workflow.state": "Flight",
          "workflow.target": "Hotel",
          ending: "success"
        },
        { name: "cancel flight", ending: "success" }
      ])
      expect(described(spans)[0]).toMatchObject({ "error.type": "CompensationFailed", ending: "failed" })
      expect(spans.open).toEqual([])
    })
  )

  it.effect("of a join that failed are below its attempt", () =>
    Effect.gen(function* () {
      const work = Trial.split("Work", { a: () => 1, b: () => failAfter(10, "b") })
        .compensate({ a: () => Effect.sleep(3) })
        .join(Join.all, ({ to }) => to.Next(0))
      const spans = yield* spansOf(trial(work))
      expect(spans.tree()).toEqual([
        "run Trial",
        "  state Work",
        "    attempt Work",
        "      branch a",
        "      branch b",
        "      compensate Work"
      ])
      expect(described(spans).at(-1)).toMatchObject({ "workflow.state": "Work", "workflow.branch": "a" })
    })
  )

  it.effect("of a callee's steps are below the caller's run, under the callee's name", () =>
    Effect.gen(function* () {
      const caller = Trial.implement({
        Work: Trial.call("Work", Sub, () => 7, { Good: ({ result, to }) => to.Next(result) }),
        Next: ({ payload, to }) => (payload === 0 ? Effect.succeed(to.Done(payload)) : failAfter(10, "next"))
      })
      const layer = sub((to) => succeedAfter(10, to.Good(8)))
      const spans = yield* spansOf(Effect.provide(caller.run("x", { id: "run-1" }), layer))
      expect(spans.tree().at(-1)).toBe("  compensate One")
      expect(described(spans).at(-1)).toMatchObject({ "workflow.name": "Sub", "workflow.run.id": "run-1/Work" })
    })
  )
})

describe("spans that are cut short", () => {
  const hanging = Trial.split("Work", {
    a: () => Effect.withSpan(Effect.never, "work of a"),
    b: () => Effect.ensuring(Effect.never, Effect.withSpan(Effect.sleep(5), "finalizer of b"))
  }).join(Join.settled, ({ to }) => to.Next(0))

  const cuts: ReadonlyArray<{ readonly by: string; readonly run: Effect.Effect<unknown, unknown> }> = [
    { by: "interruption", run: interruptedAfter(10, trial(hanging)) },
    { by: "the timeout of a state", run: trial(hanging.timeout(10)) },
    { by: "the timeout of a run", run: trialOf(hanging).run("x", { timeout: 10 }) }
  ]

  it.effect.each(cuts)("are all ended by $by", ({ run }) =>
    Effect.gen(function* () {
      const spans = yield* spansOf(run)
      expect(spans.tree()).toEqual([
        "run Trial",
        "  state Work",
        "    attempt Work",
        "      branch a",
        "        work of a",
        "      branch b",
        "        finalizer of b"
      ])
      expect(spans.open).toEqual([])
      const endings = Object.fromEntries(described(spans).map(({ ending, name }) => [name, ending]))
      expect(endings).toMatchObject({
        "attempt Work": "interrupted",
        "branch a": "interrupted",
        "work of a": "interrupted",
        "branch b": "interrupted"
      })
    })
  )

  it.effect("are those of branches that lost", () =>
    Effect.gen(function* () {
      const work = Trial.split("Work", { a: () => succeedAfter(10, 1), b: () => Effect.never }).join(
        Join.any,
        ({ results, to }) => to.Next(results.value)
      )
      const spans = yield* spansOf(trial(work))
      expect(spans.open).toEqual([])
      const branches = described(spans).filter(({ name }) => name.startsWith("branch"))
      expect(branches.map(({ ending }) => ending)).toEqual(["success", "interrupted"])
    })
  )

  it.effect("at whatever time, are never left open", () =>
    Effect.gen(function* () {
      const undos = { flight: () => Effect.sleep(3), hotel: () => Effect.sleep(3) }
      const run = trip(undos, ({ to }) => succeedAfter(10, to.Cancelled("no car"))).run("Rome")
      for (const millis of Array.from({ length: 40 }, (_, index) => index)) {
        const spans = new Spans()
        const fiber = yield* Effect.forkChild(Effect.provideService(run, Tracer.Tracer, spans.tracer))
        yield* TestClock.adjust(millis)
        yield* Effect.forkChild(Fiber.interrupt(fiber))
        yield* TestClock.adjust(100)
        expect({ millis, ended: Exit.isExit(ended(fiber)), open: spans.open }).toEqual({
          millis,
          ended: true,
          open: []
        })
      }
    })
  )
})

describe("without a tracer", () => {
  class Seeing extends Workflow.define("Seeing")
    .state("Work", Schema.Void, ["Done"])
    .exit("Done", Workflow.type<string | undefined>())
    .start("Work") {}

  /** A run that ends with the name of the span its handler is in. */
  const seeing = Seeing.implement({
    *Work({ to }) {
      const span = yield* Effect.option(Effect.currentSpan)
      return to.Done(Option.getOrUndefined(span)?.name)
    }
  })

  it.effect("there are none", () =>
    Effect.gen(function* () {
      expect((yield* seeing.run()).payload).toBeUndefined()
      expect((yield* Effect.withSpan(seeing.run(), "caller")).payload).toBe("caller")
      const handle = yield* Effect.withSpan(seeing.fork(), "caller")
      expect((yield* Fiber.join(handle.fiber)).payload).toBe("caller")
    })
  )

  it.effect("there are none where tracing is disabled", () =>
    Effect.gen(function* () {
      const spans = new Spans()
      const run = Effect.withTracerEnabled(seeing.run(), false)
      const { payload } = yield* Effect.provideService(run, Tracer.Tracer, spans.tracer)
      expect(payload).toBeUndefined()
      expect(spans.all).toEqual([])
    })
  )

  it.effect("and with one, the handler is in the span of its attempt", () =>
    Effect.gen(function* () {
      const { tracer } = new Spans()
      expect((yield* Effect.provideService(seeing.run(), Tracer.Tracer, tracer)).payload).toBe("attempt Work")
    })
  )
})
