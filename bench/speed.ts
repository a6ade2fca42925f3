/**
 * What Sluice costs at run time, against the same steps written by hand with Effect, and against XState.
 *
 * Every figure is a ratio of two things measured in turn in this process. `npm run bench` prints the table.
 */
import { Context, Data, Effect, Fiber, Schema } from "effect"
import { Join, Workflow } from "sluice"
import { createActor, setup } from "xstate"
import { type Comparison, compare, type Subject } from "./harness.ts"

const steps = 100_000

class Ring extends Workflow.define("Ring")
  .state("A", Schema.Number, ["B", "Done"])
  .state("B", Schema.Number, ["A"])
  .exit("Done", Schema.Number)
  .start("A") {}

const ringOf = {
  succeed: Ring.implement({
    A: ({ payload, to }) => Effect.succeed(payload < steps ? to.B(payload + 1) : to.Done(payload)),
    B: ({ payload, to }) => Effect.succeed(to.A(payload + 1))
  }),
  plain: Ring.implement({
    A: ({ payload, to }) => (payload < steps ? to.B(payload + 1) : to.Done(payload)),
    B: ({ payload, to }) => to.A(payload + 1)
  }),
  route: Ring.implement({
    A: Ring.route("A", ({ payload, to }) => (payload < steps ? to.B(payload + 1) : to.Done(payload))),
    B: Ring.route("B", ({ payload, to }) => to.A(payload + 1))
  }),
  generator: Ring.implement({
    *A({ payload, to }) {
      const next = yield* Effect.succeed(payload + 1)
      return next <= steps ? to.B(next) : to.Done(next)
    },
    *B({ payload, to }) {
      return to.A(yield* Effect.succeed(payload + 1))
    }
  }),
  waiting: Ring.implement({
    *A({ payload, to }) {
      const next = yield* Effect.sync(() => payload + 1)
      return next <= steps ? to.B(next) : to.Done(next)
    },
    *B({ payload, to }) {
      return to.A(yield* Effect.sync(() => payload + 1))
    }
  })
}

type Place =
  | { readonly _tag: "A"; readonly payload: number }
  | { readonly _tag: "B"; readonly payload: number }
  | { readonly _tag: "Done"; readonly payload: number }

type Handlers = Record<"A" | "B", (payload: number) => Effect.Effect<Place>>

/** What a user of Effect would write instead. */
const byHand = (handlers: Handlers) =>
  Effect.gen(function* () {
    let place: Place = { _tag: "A", payload: 0 }
    while (place._tag !== "Done") place = yield* handlers[place._tag](place.payload)
    return place
  })

const hand = {
  succeed: byHand({
    A: (n) => Effect.succeed(n < steps ? { _tag: "B", payload: n + 1 } : { _tag: "Done", payload: n }),
    B: (n) => Effect.succeed({ _tag: "A", payload: n + 1 })
  }),
  generator: byHand({
    A: Effect.fnUntraced(function* (n): Effect.fn.Return<Place> {
      const next = yield* Effect.succeed(n + 1)
      return next <= steps ? { _tag: "B", payload: next } : { _tag: "Done", payload: next }
    }),
    B: Effect.fnUntraced(function* (n): Effect.fn.Return<Place> {
      return { _tag: "A", payload: yield* Effect.succeed(n + 1) }
    })
  }),
  waiting: byHand({
    A: Effect.fnUntraced(function* (n): Effect.fn.Return<Place> {
      const next = yield* Effect.sync(() => n + 1)
      return next <= steps ? { _tag: "B", payload: next } : { _tag: "Done", payload: next }
    }),
    B: Effect.fnUntraced(function* (n): Effect.fn.Return<Place> {
      return { _tag: "A", payload: yield* Effect.sync(() => n + 1) }
    })
  })
}

const sync = (operations: number, effect: Effect.Effect<unknown>): Subject => ({
  operations,
  run: () => Effect.runSync(effect)
})

const promise = (operations: number, effect: Effect.Effect<unknown, unknown>): Subject => ({
  operations,
  run: () => Effect.runPromise(effect)
})

const xstateRing: Subject = {
  operations: 1_000,
  run: () => {
    const machine = setup({ types: { context: {} as { n: number }, events: {} as { type: "next" } } }).createMachine({
      context: { n: 0 },
      initial: "A",
      states: {
        A: { on: { next: { target: "B", actions: ({ context }) => void context.n++ } } },
        B: { on: { next: { target: "A", actions: ({ context }) => void context.n++ } } }
      }
    })
    const actor = createActor(machine).start()
    for (let i = 0; i < 1_000; i++) actor.send({ type: "next" })
    actor.stop()
  }
}

const transitions = async (): Promise<ReadonlyArray<Comparison>> => [
  await compare(
    "transition, handler returns Effect.succeed",
    1.25,
    sync(steps, ringOf.succeed.run(0)),
    sync(steps, hand.succeed)
  ),
  await compare("transition, plain function", 0.5, sync(steps, ringOf.plain.run(0)), sync(steps, hand.succeed)),
  await compare("transition, route", 0.5, sync(steps, ringOf.route.run(0)), sync(steps, hand.succeed)),
  await compare("transition, generator", 1.25, sync(steps, ringOf.generator.run(0)), sync(steps, hand.generator)),
  await compare(
    "transition, generator that waits",
    1.25,
    promise(steps, ringOf.waiting.run(0)),
    promise(steps, hand.waiting)
  ),
  await compare("transition, plain function, against XState", 1, sync(steps, ringOf.plain.run(0)), xstateRing)
]

class Fan extends Workflow.define("Fan")
  .state("Split", Schema.Number, ["Done"])
  .exit("Done", Schema.Number)
  .start("Split") {}

class Failed extends Data.TaggedError("Failed") {}

const branchesOf = <A, E>(count: number, branch: (index: number) => Effect.Effect<A, E>) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`b${index}`, () => branch(index)]))

const splitAll = (count: number, branch: (index: number) => Effect.Effect<number>) => {
  const branches = branchesOf(count, branch)
  const ours = Fan.implement({
    Split: Fan.split("Split", branches).join(Join.all, ({ results, to }) => to.Done(results["b0"]!))
  })
  const theirs = Effect.suspend(() =>
    Effect.all(Object.fromEntries(Object.entries(branches).map(([name, run]) => [name, run()])), {
      concurrency: "unbounded"
    })
  )
  return [promise(count, ours.run(0)), promise(count, theirs)] as const
}

const splits = async (): Promise<ReadonlyArray<Comparison>> => {
  const rows: Array<Comparison> = []
  for (const count of [3, 10, 100, 1000]) {
    rows.push(await compare(`split all, ${count} finished branches, a branch`, 1.3, ...splitAll(count, Effect.succeed)))
  }
  for (const count of [3, 10, 100, 1000]) {
    const branch = (index: number) => Effect.as(Effect.yieldNow, index)
    rows.push(await compare(`split all, ${count} branches that yield, a branch`, 1.3, ...splitAll(count, branch)))
  }
  for (const count of [3, 10, 100, 1000]) {
    const branch = (index: number): Effect.Effect<number, Failed> =>
      index === count - 1 ? Effect.as(Effect.yieldNow, index) : Effect.never
    const race = promise(
      count,
      Effect.suspend(() => Effect.raceAll(Array.from({ length: count }, (_, i) => branch(i))))
    )
    const any = Fan.implement({
      Split: Fan.split("Split", branchesOf(count, branch))
        .join(Join.any, ({ results, to }) => to.Done(results.value))
        .catch(({ to }) => to.Done(0))
    })
    const quorum = Fan.implement({
      Split: Fan.split("Split", branchesOf(count, branch))
        .join(Join.quorum(1), ({ results, to }) => to.Done(results.length))
        .catch(({ to }) => to.Done(0))
    })
    rows.push(await compare(`split any, ${count - 1} sleeping losers, a branch`, 1.3, promise(count, any.run(0)), race))
    rows.push(
      await compare(`split quorum, ${count - 1} sleeping losers, a branch`, 1.3, promise(count, quorum.run(0)), race)
    )
  }
  return rows
}

const concurrentRuns = 10_000

class Five extends Workflow.define("Five")
  .state("S1", Schema.Number, ["S2"])
  .state("S2", Schema.Number, ["S3"])
  .state("S3", Schema.Number, ["S4"])
  .state("S4", Schema.Number, ["S5"])
  .state("S5", Schema.Number, ["Done"])
  .exit("Done", Schema.Number)
  .start("S1") {}

const five = Five.implement({
  S1: ({ payload, to }) => Effect.as(Effect.yieldNow, to.S2(payload)),
  S2: ({ payload, to }) => Effect.as(Effect.yieldNow, to.S3(payload)),
  S3: ({ payload, to }) => Effect.as(Effect.yieldNow, to.S4(payload)),
  S4: ({ payload, to }) => Effect.as(Effect.yieldNow, to.S5(payload)),
  S5: ({ payload, to }) => Effect.as(Effect.yieldNow, to.Done(payload))
})

const fiveByHand = (n: number) =>
  Effect.gen(function* () {
    for (let i = 0; i < 5; i++) yield* Effect.yieldNow
    return n
  })

const manyOf = (one: (n: number) => Effect.Effect<unknown>): Subject =>
  promise(
    concurrentRuns,
    Effect.forEach(
      Array.from({ length: concurrentRuns }, (_, i) => i),
      one,
      { concurrency: "unbounded", discard: true }
    )
  )

const runs = async (): Promise<ReadonlyArray<Comparison>> => {
  const one = Fan.implement({ Split: ({ payload, to }) => to.Done(payload) })
  const times = 1000
  const repeat = (run: () => unknown): Subject => ({
    operations: times,
    run: () => {
      for (let i = 0; i < times; i++) run()
    }
  })
  return [
    await compare(
      "one-state run through Effect.runSync",
      2,
      repeat(() => Effect.runSync(one.run(1))),
      repeat(() => Effect.runSync(Effect.succeed(1)))
    ),
    await compare(
      "one-state run through Effect.runFork",
      2,
      repeat(() => Effect.runFork(one.run(1))),
      repeat(() => Effect.runFork(Effect.succeed(1)))
    ),
    await compare(
      "10,000 concurrent runs of five states, a run",
      1.3,
      manyOf((n) => five.run(n)),
      manyOf(fiveByHand)
    )
  ]
}

/** Bytes of heap that so many parked fibers hold. */
const parkedBytes = async (count: number, parked: Effect.Effect<unknown>): Promise<number> => {
  const collect = globalThis.gc ?? (() => {})
  collect()
  const before = process.memoryUsage().heapUsed
  const fibers = Array.from({ length: count }, () => Effect.runFork(parked))
  await new Promise((resolve) => setTimeout(resolve, 100))
  collect()
  const bytes = (process.memoryUsage().heapUsed - before) / count
  await Effect.runPromise(Fiber.interruptAll(fibers))
  return bytes
}

const memory = async (): Promise<Comparison> => {
  const waiting = Fan.implement({ Split: ({ payload, to }) => Effect.as(Effect.never, to.Done(payload)) })
  const count = 100_000
  await parkedBytes(1000, Effect.never)
  await parkedBytes(1000, waiting.run(0))
  const theirs = await parkedBytes(count, Effect.never)
  const ours = await parkedBytes(count, waiting.run(0))
  return { name: "memory of a parked run, bytes", ours, theirs, ratio: ours / theirs, budget: 1.5 }
}

const print = (rows: ReadonlyArray<Comparison>) => {
  for (const { budget, name, ours, ratio, theirs } of rows) {
    const verdict = ratio <= budget ? "" : "  over"
    console.log(
      `${name.padEnd(52)}${ours.toFixed(0).padStart(9)}${theirs.toFixed(0).padStart(9)}${ratio.toFixed(2).padStart(8)}${budget.toFixed(2).padStart(8)}${verdict}`
    )
  }
}

console.log(
  `${"nanoseconds an operation".padEnd(52)}${"Sluice".padStart(9)}${"other".padStart(9)}${"ratio".padStart(8)}${"budget".padStart(8)}`
)
const wanted = process.argv.slice(2)
const sections = { transitions, splits, runs, memory: async () => [await memory()] }
for (const [name, section] of Object.entries(sections)) {
  if (wanted.length === 0 || wanted.includes(name)) print(await section())
}
