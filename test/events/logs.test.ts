/** Log lines within a run say where they come from, in whatever function of the user they are written. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Logger, Schedule, Schema } from "effect"
import { Join, Workflow } from "sluice"
import { Boom, settle } from "../support/runs.ts"
import { watchers } from "../support/watchers.ts"
import { interruptedAfter } from "./trial.ts"

/** Keeps lines as they are written. */
const keeping = <Line>(format: Logger.Logger<unknown, Line>, lines: Array<Line>) =>
  Logger.layer([
    Logger.map(format, (line) => {
      lines.push(line)
    })
  ])

/** The lines of an Effect, each with its message and annotations. */
const linesOf = <A, E, R>(run: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const lines: Array<{ readonly message: unknown; readonly annotations: Readonly<Record<string, unknown>> }> = []
    yield* settle(Effect.provide(run, keeping(Logger.formatStructured, lines)))
    return lines.map(({ annotations, message }) => ({ message, annotations }))
  })

class Sub extends Workflow.define("Sub")
  .failure(Schema.Unknown)
  .state("Step", Schema.Void, ["Good"])
  .exit("Good", Schema.Void)
  .start("Step") {}

const sub = Sub.layer({
  Step: Sub.task("Step", ({ to }) => Effect.as(Effect.log("callee"), to.Good())).compensate({
    Good: () => Effect.log("undo callee")
  })
})

/** A state of every kind, each of whose functions writes a line. */
class Kinds extends Workflow.define("Kinds")
  .fallback(["Broken"])
  .signal("Go", Schema.Void)
  .state("Function", Schema.Void, ["Generator"])
  .state("Generator", Schema.Void, ["Caught"])
  .state("Caught", Schema.Void, ["Split"])
  .state("Split", Schema.Void, ["Items"])
  .state("Items", Schema.Void, ["Wait"])
  .state("Wait", Schema.Void, ["Pause"])
  .state("Pause", Schema.Void, ["Poll"])
  .state("Poll", Schema.Void, ["Call"])
  .state("Call", Schema.Void, ["Last"])
  .state("Last", Schema.Void, ["Done"])
  .state("Broken", Schema.Void, ["Undone"])
  .exit("Done", Schema.Void)
  .exit("Undone", Schema.Void, { rollback: true })
  .start("Function") {}

const failing = Effect.fail(new Boom({ id: "bad" }))

const handlers = {
  Function: Kinds.task("Function", ({ to }) => Effect.as(Effect.log("function"), to.Generator()))
    .guard((work) => Effect.andThen(Effect.log("guard"), work))
    .compensate({ Generator: () => Effect.log("undo function") }),
  *Generator({ to }: Workflow.Context<typeof Kinds, "Generator">) {
    yield* Effect.acquireRelease(Effect.log("acquire"), () => Effect.log("release"))
    yield* Effect.yieldNow
    yield* Effect.log("generator")
    return to.Caught()
  },
  Caught: Kinds.task("Caught", ({ attempt, to }) =>
    Effect.as(Effect.andThen(Effect.log(`attempt ${attempt}`), failing), to.Split())
  )
    .retry({ times: 1 })
    .timeout("1 minute")
    .catch(({ to }) => Effect.as(Effect.log("catch"), to.Split())),
  Split: Kinds.split("Split", {
    a: () => Effect.log("branch"),
    *b() {
      yield* Effect.sleep(10)
      yield* Effect.log("branch that has slept")
    },
    c: () => Effect.ensuring(Effect.never, Effect.log("loser"))
  })
    .compensate({ a: () => Effect.log("undo branch") })
    .join(Join.quorum(2), ({ to }) => Effect.as(Effect.log("join"), to.Items())),
  Items: Kinds.forEach(
    "Items",
    () => [1],
    ({ item }) => Effect.log(`item ${item}`)
  )
    .compensate(({ item }) => Effect.log(`undo item ${item}`))
    .join(Join.all, ({ to }) => to.Wait()),
  Wait: Kinds.wait("Wait", { Go: ({ to }) => Effect.as(Effect.log("signal"), to.Pause()) }),
  Pause: Kinds.pause("Pause", 10, ({ to }) => Effect.as(Effect.log("pause"), to.Poll())),
  Poll: Kinds.poll("Poll", ({ to }) => Effect.as(Effect.log("poll"), to.Call()), { schedule: Schedule.spaced(10) }),
  Call: Kinds.call("Call", Sub, () => undefined, {
    Good: ({ to }) => Effect.as(Effect.log("exit of callee"), to.Last())
  }),
  Last: ({ to }: Workflow.Context<typeof Kinds, "Last">) =>
    Effect.as(Effect.andThen(Effect.log("last"), failing), to.Done()),
  Broken: ({ to }: Workflow.Context<typeof Kinds, "Broken">) => to.Undone()
}

const kinds = Kinds.implement(handlers, {
  policy: (step) => step.catch(({ to }) => Effect.as(Effect.log("shared catch"), to.Broken()))
})

/** Runs it to its end, with the signal that it waits for. */
const wholeRun = Effect.gen(function* () {
  yield* Effect.log("before")
  const handle = yield* kinds.fork(undefined, { id: "run-1" })
  yield* Effect.sleep(100)
  yield* handle.signal("Go")
  yield* Fiber.await(handle.fiber)
  yield* Effect.log("after")
}).pipe(Effect.scoped, Effect.provide(sub), Effect.annotateLogs({ request: "r1" }))

const expected = [
  ["guard", "Function"],
  ["function", "Function"],
  ["acquire", "Generator"],
  ["generator", "Generator"],
  ["release", "Generator"],
  ["attempt 1", "Caught"],
  ["attempt 2", "Caught"],
  ["catch", "Caught"],
  ["branch", "Split"],
  ["branch that has slept", "Split"],
  ["loser", "Split"],
  ["join", "Split"],
  ["item 1", "Items"],
  ["signal", "Wait"],
  ["pause", "Pause"],
  ["poll", "Poll"],
  ["callee", "Step"],
  ["exit of callee", "Call"],
  ["last", "Last"],
  ["shared catch", "Last"],
  ["undo callee", "Step"],
  ["undo item 1", "Items"],
  ["undo branch", "Split"],
  ["undo function", "Function"]
].map(([message, state]) => ({
  message,
  annotations:
    state === "Step"
      ? { request: "r1", "workflow.name": "Sub", "workflow.run.id": "run-1/Call", "workflow.state": state }
      : { request: "r1", "workflow.name": "Kinds", "workflow.run.id": "run-1", "workflow.state": state }
}))

const outside = (message: string) => ({ message, annotations: { request: "r1" } })

describe("a log line", () => {
  it.effect.each(watchers)("of every function says where it is from, in a forked run watched by $who", ({ context }) =>
    Effect.gen(function* () {
      const lines = yield* linesOf(Effect.provideContext(wholeRun, yield* context))
      expect(lines).toEqual([outside("before"), ...expected, outside("after")])
    })
  )

  it.effect("says so in a run that nobody watches at all", () =>
    Effect.gen(function* () {
      const run = Effect.all(
        [kinds.run(undefined, { id: "run-1" }), Effect.andThen(Effect.sleep(100), kinds.signal("run-1", "Go"))],
        {
          concurrency: "unbounded"
        }
      ).pipe(Effect.provide(sub), Effect.annotateLogs({ request: "r1" }))
      expect(yield* linesOf(run)).toEqual(expected)
    })
  )

  it.effect("says so in formatted text, after the caller's annotations", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      yield* settle(Effect.provide(wholeRun, keeping(Logger.formatLogFmt, lines)))
      const line = lines.find((line) => line.includes("generator"))
      expect(line).toMatch(
        / message=generator request=r1 workflow\.name=Kinds workflow\.run\.id=run-1 workflow\.state=Generator$/
      )
    })
  )

  class One extends Workflow.define("One")
    .state("Work", Schema.Void, ["Wait"])
    .state("Wait", Schema.Void, ["Done"])
    .exit("Done", Schema.Void)
    .start("Work") {}

  const one = <E>(work: Effect.Effect<void, E>, undo: Effect.Effect<void> = Effect.void) =>
    One.implement({
      Work: One.task("Work", ({ to }) => Effect.as(work, to.Wait())).compensate({ Wait: () => undo }),
      Wait: ({ to }) => Effect.as(Effect.never, to.Done())
    })

  const own = { "workflow.name": "One", "workflow.run.id": "1", "workflow.state": "Work" }

  it.effect("carries what a handler and a compensation add, beside what it has from the run", () =>
    Effect.gen(function* () {
      const adding = (what: string) => Effect.annotateLogs(Effect.log(what), { order: 7 })
      const run = one(adding("work"), adding("undo")).run(undefined, { id: "1", timeout: "1 minute" })
      expect(yield* linesOf(Effect.annotateLogs(run, { request: "r1" }))).toEqual([
        { message: "work", annotations: { request: "r1", order: 7, ...own } },
        { message: "undo", annotations: { request: "r1", order: 7, ...own } }
      ])
    })
  )

  it.effect("of a compensation is from the state whose step it undoes, when its run is interrupted", () =>
    Effect.gen(function* () {
      const run = one(Effect.void, Effect.log("undo")).run(undefined, { id: "1" })
      expect(yield* linesOf(interruptedAfter(10, run))).toEqual([{ message: "undo", annotations: own }])
    })
  )

  it.effect("of what is released when a run fails says so, too", () =>
    Effect.gen(function* () {
      const work = Effect.andThen(
        Effect.acquireRelease(Effect.void, () => Effect.log("release")),
        Effect.ensuring(failing, Effect.log("finally"))
      )
      const workflow = One.implement({
        Work: ({ to }) => Effect.as(work, to.Wait()),
        Wait: ({ to }) => to.Done()
      })
      expect(yield* linesOf(workflow.run(undefined, { id: "1" }))).toEqual([
        { message: "finally", annotations: own },
        { message: "release", annotations: own }
      ])
    })
  )

  it.effect("of runs side by side is each from its own", () =>
    Effect.gen(function* () {
      const workflow = One.implement({
        *Work({ run, to }) {
          yield* Effect.sleep(10)
          yield* Effect.log(run.id)
          return to.Wait()
        },
        Wait: ({ to }) => to.Done()
      })
      const ids = ["a", "b", "c"]
      const runs = Effect.forEach(ids, (id) => workflow.run(undefined, { id }), { concurrency: "unbounded" })
      expect(yield* linesOf(runs)).toEqual(
        ids.map((id) => ({ message: id, annotations: { ...own, "workflow.run.id": id } }))
      )
    })
  )

  it.effect("of a single step is from that state", () =>
    Effect.gen(function* () {
      const step = one(Effect.log("work")).step("Work", undefined, { id: "1" })
      expect(yield* linesOf(step)).toEqual([{ message: "work", annotations: own }])
    })
  )
})
