/** Metrics: every series of what runs did, with its exact value and labels, in a registry of the test's own. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Metric, Schema } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { Join, Metrics, Workflow } from "sluice"
import { match } from "ts-pattern"
import { Fan, implement } from "./support/fan.ts"
import { bookedTable, Desk, journey, sleep, stay } from "./support/journey.ts"
import { Boom, dieAfter, failAfter, settle, succeedAfter } from "./support/runs.ts"
import { Ledger, trip, written } from "./support/saga.ts"

/** A series as text: its name, its labels in order, and its value; of a histogram, how many and their sum. */
const lineOf = (metric: Metric.Metric.Snapshot): string => {
  const labels = Object.entries(metric.attributes ?? {}).map(([key, value]) => `${key}=${value}`)
  const value = match(metric)
    .with({ type: "Counter" }, ({ state }) => state.count)
    .with({ type: "Gauge" }, ({ state }) => state.value)
    .with({ type: "Histogram" }, ({ state }) => `${state.count} of ${round(state.sum)}`)
    .otherwise(({ type }) => type)
  return `${metric.id}{${labels.toSorted().join(",")}} ${value}`
}

const round = (seconds: number): number => Math.round(seconds * 1e6) / 1e6

/** All series there are. */
const series = Effect.map(Metric.snapshot, (all) => all.map(lineOf).toSorted())

/** The series of one metric. */
const seriesOf = (name: string) => Effect.map(series, (all) => all.filter((line) => line.startsWith(`${name}{`)))

/** Runs a test in a registry of its own. */
const inRegistry = Effect.provideServiceEffect(
  Metric.MetricRegistry,
  Effect.sync((): Metric.MetricRegistry => new Map())
)

/** Runs an Effect to its end with its runs counted. */
const counted = <A, E, R>(effect: Effect.Effect<A, E, R>) => settle(Effect.provide(effect, Metrics.layer))

class Order extends Workflow.define("Order")
  .state("Check", Schema.String, ["Pack", "Refused"])
  .state("Pack", Schema.String, ["Sent"])
  .exit("Sent", Schema.String)
  .exit("Refused", Schema.String)
  .start("Check") {}

const order = Order.implement({
  Check: ({ payload, to }) => succeedAfter(30, payload === "" ? to.Refused("nothing") : to.Pack(payload)),
  Pack: ({ payload, to }) => to.Sent(payload)
})

describe("metrics", () => {
  it.effect("count the runs of a workflow by their exits, and measure its states", () =>
    Effect.gen(function* () {
      yield* counted(Effect.all([order.run("book"), order.run("pen"), order.run("")]))
      expect(yield* series).toEqual([
        "workflow.active_runs{workflow.name=Order} 0",
        "workflow.attempts{workflow.name=Order,workflow.state=Check} 3",
        "workflow.attempts{workflow.name=Order,workflow.state=Pack} 2",
        "workflow.runs{workflow.exit=Refused,workflow.name=Order,workflow.status=completed} 1",
        "workflow.runs{workflow.exit=Sent,workflow.name=Order,workflow.status=completed} 2",
        "workflow.state.duration{unit=s,workflow.name=Order,workflow.state=Check} 3 of 0.09",
        "workflow.state.duration{unit=s,workflow.name=Order,workflow.state=Pack} 2 of 0"
      ])
    }).pipe(inRegistry)
  )

  it.effect("count nothing that nobody asked to count", () =>
    Effect.gen(function* () {
      yield* settle(order.run("book"))
      expect(yield* series).toEqual([])
    }).pipe(inRegistry)
  )

  it.effect("go to the registry that their Layer was built with", () =>
    Effect.gen(function* () {
      const registry: Metric.MetricRegistry = new Map()
      const layer = Metrics.layer.pipe(Layer.provide(Layer.succeed(Metric.MetricRegistry, registry)))
      yield* settle(Effect.provide(order.run("book"), layer))
      expect(yield* series).toEqual([])
      const there = yield* Effect.provideService(series, Metric.MetricRegistry, registry)
      expect(there).toContain("workflow.runs{workflow.exit=Sent,workflow.name=Order,workflow.status=completed} 1")
    }).pipe(inRegistry)
  )

  it.effect("carry the attributes that their Layer was built with", () =>
    Effect.gen(function* () {
      const layer = Metrics.layer.pipe(Layer.provide(Layer.succeed(Metric.CurrentMetricAttributes, { region: "eu" })))
      yield* settle(Effect.provide(order.run("book"), layer))
      expect(yield* seriesOf("workflow.active_runs")).toEqual(["workflow.active_runs{region=eu,workflow.name=Order} 0"])
    }).pipe(inRegistry)
  )

  it.effect("count a run once, also where they are provided twice", () =>
    Effect.gen(function* () {
      yield* counted(Effect.provide(order.run("book"), Metrics.layer))
      expect(yield* seriesOf("workflow.runs")).toEqual([
        "workflow.runs{workflow.exit=Sent,workflow.name=Order,workflow.status=completed} 1"
      ])
    }).pipe(inRegistry)
  )

  it.effect("are read as any other of Effect", () =>
    Effect.gen(function* () {
      yield* counted(order.run("book"))
      const check = { "workflow.name": "Order", "workflow.state": "Check" }
      const { buckets, count, max, min, sum } = yield* Metric.value(Metric.withAttributes(Metrics.stateDuration, check))
      expect({ count, max, min, sum }).toEqual({ count: 1, max: 0.03, min: 0.03, sum: 0.03 })
      expect(buckets.filter(([, under]) => under === 0).map(([seconds]) => seconds)).toEqual([
        0.001, 0.005, 0.01, 0.025
      ])
      expect(buckets.filter(([, under]) => under === 1)[0]).toEqual([0.05, 1])
    }).pipe(inRegistry)
  )

  it.effect("have no label that names a run or what it is about", () =>
    Effect.gen(function* () {
      const input = "an-input"
      yield* counted(order.run(input, { id: "an-id" }))
      const failing = implement(Fan.task("Work", () => Effect.fail(new Boom({ id: "an-error" }))))
      yield* counted(failing.run(undefined, { id: "an-id" }))
      const items = implement(
        Fan.forEach(
          "Work",
          () => ["an-item", "another-item"],
          ({ item }) => item
        ).join(Join.all, ({ to }) => to.Done("x"))
      )
      yield* counted(items.run(undefined, { id: "an-id" }))
      const all = yield* series
      expect(all.length).toBeGreaterThan(10)
      expect(all.filter((line) => /an-|another/.test(line))).toEqual([])
    }).pipe(inRegistry)
  )
})

/** A run of a state whose work is given. */
const working = <E, R>(work: Effect.Effect<unknown, E, R>) =>
  implement(Fan.task("Work", ({ to }) => Effect.map(work, to.Done))).run()

/** How the only runs there were have ended. */
const endings = seriesOf("workflow.runs")

describe("a run has", () => {
  const beside = Cause.fromReasons([
    ...Cause.interrupt(1).reasons,
    ...Cause.die(new TypeError("x")).reasons,
    ...Cause.fail(new Boom({ id: "x" })).reasons
  ])

  it.effect.each([
    ["completed", "at an exit", working(Effect.void), "workflow.exit=Done,workflow.name=Fan,workflow.status=completed"],
    [
      "failed",
      "with a tagged error",
      working(failAfter(10, "x")),
      "error.type=Boom,workflow.name=Fan,workflow.status=failed"
    ],
    [
      "failed",
      "with an error that only has a name",
      working(Effect.fail(new RangeError("x"))),
      "error.type=RangeError,workflow.name=Fan,workflow.status=failed"
    ],
    [
      "failed",
      "with what is no error at all",
      working(Effect.fail("why, in many words")),
      "error.type=string,workflow.name=Fan,workflow.status=failed"
    ],
    [
      "failed",
      "with a failure, although something died and was interrupted beside it",
      working(Effect.failCause(beside)),
      "error.type=Boom,workflow.name=Fan,workflow.status=failed"
    ],
    [
      "died",
      "of a defect",
      working(dieAfter(10, new TypeError("x"))),
      "error.type=TypeError,workflow.name=Fan,workflow.status=died"
    ],
    [
      "failed",
      "with RunTimeout",
      implement(Fan.task("Work", () => Effect.never)).run(undefined, { timeout: "1 second" }),
      "error.type=RunTimeout,workflow.name=Fan,workflow.status=failed"
    ],
    [
      "interrupted",
      "when it interrupts itself",
      working(Effect.interrupt),
      "workflow.name=Fan,workflow.status=interrupted"
    ]
  ] as const)("%s %s", ([, , run, labels]) =>
    Effect.gen(function* () {
      yield* counted(Effect.exit<unknown, unknown, never>(run))
      expect(yield* endings).toEqual([`workflow.runs{${labels}} 1`])
      expect(yield* seriesOf("workflow.active_runs")).toEqual(["workflow.active_runs{workflow.name=Fan} 0"])
    }).pipe(inRegistry)
  )

  it.effect("interrupted when its caller is", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.provide(working(Effect.never), Metrics.layer))
      yield* TestClock.adjust(10)
      expect(yield* seriesOf("workflow.active_runs")).toEqual(["workflow.active_runs{workflow.name=Fan} 1"])
      yield* Fiber.interrupt(fiber)
      expect(yield* endings).toEqual(["workflow.runs{workflow.name=Fan,workflow.status=interrupted} 1"])
      expect(yield* seriesOf("workflow.active_runs")).toEqual(["workflow.active_runs{workflow.name=Fan} 0"])
    }).pipe(inRegistry)
  )

  const undoing = { ...written(new Ledger()), flight: () => Effect.fail(new Boom({ id: "no refund" })) }
  const couldNot = "workflow.runs{error.type=CompensationFailed,workflow.name=Trip,workflow.status=failed} 1"

  it.effect.each([
    ["fails", trip(undoing, () => failAfter(10, "car")).run("4A")],
    ["dies", trip(undoing, () => dieAfter(10, new TypeError("x"))).run("4A")],
    ["takes too long", trip(undoing, () => Effect.never).run("4A", { timeout: "1 second" })],
    ["reaches an exit that rolls back", trip(undoing, ({ to }) => succeedAfter(10, to.Cancelled(""))).run("4A")]
  ] as const)("failed with CompensationFailed when it %s and cannot be undone", ([, run]) =>
    Effect.gen(function* () {
      yield* counted(Effect.exit<unknown, unknown, never>(run))
      expect(yield* endings).toEqual([couldNot])
      expect(yield* seriesOf("workflow.compensations")).toEqual([
        "workflow.compensations{workflow.name=Trip,workflow.state=Flight,workflow.status=failed} 1",
        "workflow.compensations{workflow.name=Trip,workflow.state=Hotel,workflow.status=completed} 1"
      ])
    }).pipe(inRegistry)
  )

  it.effect("failed with CompensationFailed, too, when it is interrupted and cannot be undone", () =>
    Effect.gen(function* () {
      const run = trip(undoing, () => Effect.ensuring(Effect.never, Effect.die(new TypeError("x")))).run("4A")
      const fiber = yield* Effect.forkChild(Effect.provide(run, Metrics.layer))
      yield* TestClock.adjust(100)
      yield* Fiber.interrupt(fiber)
      expect(yield* endings).toEqual([couldNot])
      expect(yield* seriesOf("workflow.active_runs")).toEqual(["workflow.active_runs{workflow.name=Trip} 0"])
    }).pipe(inRegistry)
  )

  it.effect("ended as it did when it could be undone", () =>
    Effect.gen(function* () {
      yield* counted(trip(written(new Ledger()), () => failAfter(10, "car")).run("4A"))
      expect(yield* endings).toEqual(["workflow.runs{error.type=Boom,workflow.name=Trip,workflow.status=failed} 1"])
    }).pipe(inRegistry)
  )
})

describe("the runs in progress", () => {
  it.effect("are as many as there are, and none in the end", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(Metrics.layer)
      const start = (run: Effect.Effect<unknown, unknown>) => Effect.forkChild(Effect.provideContext(run, context))
      yield* start(working(succeedAfter(10, "")))
      yield* start(working(failAfter(20, "")))
      yield* start(working(dieAfter(30, "")))
      yield* start(implement(Fan.task("Work", () => Effect.never)).run(undefined, { timeout: 40 }))
      const last = yield* start(working(Effect.never))
      yield* start(order.run("book"))
      const active = seriesOf("workflow.active_runs")
      const seen: Array<ReadonlyArray<string>> = []
      for (const _ of [5, 15, 25, 35, 45]) {
        yield* TestClock.adjust(seen.length === 0 ? 5 : 10)
        seen.push(yield* active)
      }
      yield* Fiber.interrupt(last)
      seen.push(yield* active)
      const of = (fan: number, order: number) => [
        `workflow.active_runs{workflow.name=Fan} ${fan}`,
        `workflow.active_runs{workflow.name=Order} ${order}`
      ]
      expect(seen).toEqual([of(5, 1), of(4, 1), of(3, 1), of(2, 0), of(1, 0), of(0, 0)])
    }).pipe(Effect.scoped, inRegistry)
  )

  it.effect("are those that are called, too, under their own name", () =>
    Effect.gen(function* () {
      const workflow = journey(new Ledger(), sleep, ({ to }) => Effect.succeed(to.Done("paid")))
      const layer = Layer.mergeAll(stay(bookedTable), Desk.writing(new Ledger()), Metrics.layer).pipe(
        Layer.provideMerge(Desk.writing(new Ledger()))
      )
      const fiber = yield* Effect.forkChild(Effect.provide(workflow.run("Rome"), layer))
      yield* TestClock.adjust(5)
      const of = (active: number) => [
        `workflow.active_runs{workflow.name=Journey} ${active}`,
        `workflow.active_runs{workflow.name=Stay} ${active}`
      ]
      expect(yield* seriesOf("workflow.active_runs")).toEqual(of(1))
      yield* TestClock.adjust(100)
      expect(Exit.isSuccess(yield* Fiber.await(fiber))).toBe(true)
      expect(yield* seriesOf("workflow.active_runs")).toEqual(of(0))
      expect(yield* endings).toEqual([
        "workflow.runs{workflow.exit=Booked,workflow.name=Stay,workflow.status=completed} 1",
        "workflow.runs{workflow.exit=Done,workflow.name=Journey,workflow.status=completed} 1"
      ])
    }).pipe(inRegistry)
  )
})

describe("attempts and retries", () => {
  const flaky = (failures: number, times: number) =>
    implement(
      Fan.task("Work", ({ attempt, to }) =>
        attempt > failures ? succeedAfter(10, to.Done("")) : failAfter(10, String(attempt))
      ).retry({ times })
    )

  it.effect.each([
    ["that are not needed", 0, 2, 1, 0],
    ["until it succeeds", 2, 5, 3, 2],
    ["that are used up", 9, 2, 3, 2]
  ] as const)("are counted: %s", ([, failures, times, attempts, retries]) =>
    Effect.gen(function* () {
      yield* counted(flaky(failures, times).run())
      expect(yield* seriesOf("workflow.attempts")).toEqual([
        `workflow.attempts{workflow.name=Fan,workflow.state=Work} ${attempts}`
      ])
      expect(yield* seriesOf("workflow.retries")).toEqual(
        retries === 0 ? [] : [`workflow.retries{workflow.name=Fan,workflow.state=Work} ${retries}`]
      )
    }).pipe(inRegistry)
  )

  it.effect("measure a visit of a state as one, retries included", () =>
    Effect.gen(function* () {
      yield* counted(flaky(2, 2).run())
      expect(yield* seriesOf("workflow.state.duration")).toEqual([
        "workflow.state.duration{unit=s,workflow.name=Fan,workflow.state=Work} 1 of 0.03"
      ])
    }).pipe(inRegistry)
  )
})

/** Branches of which some succeed, then some fail. */
const branchesOf = (successes: number, failures: number): ReadonlyArray<Effect.Effect<string, Boom>> => [
  ...Array.from({ length: successes }, (_, i) => succeedAfter(10 + i, "")),
  ...Array.from({ length: failures }, (_, i) => failAfter(20 + i, String(i)))
]

const joining = (strategy: Join.Strategy, branches: ReadonlyArray<Effect.Effect<string, Boom>>) =>
  implement(
    Fan.forEach(
      "Work",
      () => branches,
      ({ item }) => item
    ).join(strategy, ({ to }) => to.Done(""))
  ).run()

describe("a join is counted", () => {
  it.effect.each([
    ["all", Join.all, branchesOf(2, 0), branchesOf(2, 1)],
    ["any", Join.any, branchesOf(1, 1), branchesOf(0, 2)],
    ["quorum", Join.quorum(2), branchesOf(2, 1), branchesOf(1, 2)],
    ["percentage", Join.percentage(0.5), branchesOf(1, 1), branchesOf(1, 3)],
    ["partialResults", Join.partialResults(2), branchesOf(2, 1), branchesOf(1, 2)],
    ["tolerate", Join.tolerate({ failures: 1 }), branchesOf(1, 1), branchesOf(1, 2)],
    ["partialTimeout", Join.partialTimeout("1 second"), branchesOf(1, 1), [Effect.never]]
  ] as const)("by its strategy, %s, and whether it proceeds", ([name, strategy, good, bad]) =>
    Effect.gen(function* () {
      yield* counted(joining(strategy, good))
      yield* counted(joining(strategy, good))
      yield* counted(joining(strategy, bad))
      const labels = "workflow.name=Fan,workflow.state=Work"
      expect(yield* seriesOf("workflow.joins")).toEqual([
        `workflow.joins{${labels},workflow.status=failed,workflow.strategy=${name}} 1`,
        `workflow.joins{${labels},workflow.status=proceeded,workflow.strategy=${name}} 2`
      ])
    }).pipe(inRegistry)
  )

  it.effect("settled, which always proceeds", () =>
    Effect.gen(function* () {
      yield* counted(joining(Join.settled, branchesOf(0, 3)))
      expect(yield* seriesOf("workflow.joins")).toEqual([
        "workflow.joins{workflow.name=Fan,workflow.state=Work,workflow.status=proceeded,workflow.strategy=settled} 1"
      ])
    }).pipe(inRegistry)
  )

  it.effect("as failed when a branch dies", () =>
    Effect.gen(function* () {
      yield* counted(joining(Join.settled, [dieAfter(10, "x")]))
      expect(yield* seriesOf("workflow.joins")).toEqual([
        "workflow.joins{workflow.name=Fan,workflow.state=Work,workflow.status=failed,workflow.strategy=settled} 1"
      ])
    }).pipe(inRegistry)
  )
})

describe("compensations", () => {
  it.effect("are counted under the workflow and the state whose step they undo", () =>
    Effect.gen(function* () {
      const workflow = journey(new Ledger(), sleep, () => Effect.fail("no money"))
      const layer = Layer.merge(stay(bookedTable), Metrics.layer).pipe(Layer.provideMerge(Desk.writing(new Ledger())))
      yield* settle(Effect.provide(workflow.run("Rome"), layer))
      expect(yield* seriesOf("workflow.compensations")).toEqual([
        "workflow.compensations{workflow.name=Journey,workflow.state=Car,workflow.status=completed} 1",
        "workflow.compensations{workflow.name=Journey,workflow.state=Flight,workflow.status=completed} 1",
        "workflow.compensations{workflow.name=Stay,workflow.state=Room,workflow.status=completed} 1",
        "workflow.compensations{workflow.name=Stay,workflow.state=Table,workflow.status=completed} 1"
      ])
    }).pipe(inRegistry)
  )

  it.effect("count as failed when they fail, each on its own", () =>
    Effect.gen(function* () {
      const workflow = journey(new Ledger(), sleep, () => Effect.fail("no money"))
      const layer = Layer.merge(stay(bookedTable), Metrics.layer).pipe(Layer.provideMerge(Desk.closed))
      yield* settle(Effect.provide(workflow.run("Rome"), layer))
      expect((yield* seriesOf("workflow.compensations")).filter((line) => line.includes("failed"))).toEqual([
        "workflow.compensations{workflow.name=Stay,workflow.state=Room,workflow.status=failed} 1",
        "workflow.compensations{workflow.name=Stay,workflow.state=Table,workflow.status=failed} 1"
      ])
    }).pipe(inRegistry)
  )
})

describe("for Prometheus", () => {
  it.effect("a label is absent where it does not apply, which is what an empty one would mean", () =>
    Effect.gen(function* () {
      yield* counted(order.run("book"))
      yield* counted(working(failAfter(10, "x")))
      const text = yield* PrometheusMetrics.format()
      expect(text.split("\n").filter((line) => line.includes("workflow_runs"))).toEqual([
        "# HELP workflow_runs Runs that have ended",
        "# TYPE workflow_runs counter",
        'workflow_runs{workflow_name="Order",workflow_status="completed",workflow_exit="Sent"} 1',
        'workflow_runs{workflow_name="Fan",workflow_status="failed",error_type="Boom"} 1'
      ])
      expect(text).not.toContain('=""')
    }).pipe(inRegistry)
  )
})
