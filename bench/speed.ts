/**
 * What Sluice costs at run time, against the same steps written by hand with Effect, and against XState.
 *
 * Every row is measured in a process of its own, so that none inherits what the optimiser made of another; the two things
 * it compares run in turn within it. `npm run bench` prints the table; words after it choose the rows that contain them.
 */
import { spawnSync } from "node:child_process"
import { Data, Effect, Fiber, Schema, type Scope } from "effect"
import { Join, Workflow } from "sluice"
import { createActor, setup } from "xstate"
import { type Comparison, compare, type Subject } from "./harness.ts"
import { loadUnwatched, unwatched } from "./unwatched.ts"

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

type Rows = Record<string, () => Promise<Comparison>>

type Pair = readonly [ours: Subject, theirs: Subject]

const row = (name: string, budget: number, subjects: () => Pair | Promise<Pair>): Rows => ({
  [name]: async () => compare(name, budget, ...(await subjects()))
})

const transitions: Rows = {
  ...row("transition, handler returns Effect.succeed", 1.25, () => [
    sync(steps, ringOf.succeed.run(0)),
    sync(steps, hand.succeed)
  ]),
  ...row("transition, plain function", 0.5, () => [sync(steps, ringOf.plain.run(0)), sync(steps, hand.succeed)]),
  ...row("transition, route", 0.5, () => [sync(steps, ringOf.route.run(0)), sync(steps, hand.succeed)]),
  ...row("transition, generator", 1.25, () => [sync(steps, ringOf.generator.run(0)), sync(steps, hand.generator)]),
  ...row("transition, generator that waits", 1.25, () => [
    promise(steps, ringOf.waiting.run(0)),
    promise(steps, hand.waiting)
  ]),
  ...row("transition, plain function, against XState", 1, () => [sync(steps, ringOf.plain.run(0)), xstateRing])
}

/** How many steps of a run there are to undo where compensation is measured. */
const sagaSteps = 100

const sagaTasks = {
  succeed: {
    A: Ring.task("A", ({ payload, to }) => Effect.succeed(payload < sagaSteps ? to.B(payload + 1) : to.Done(payload))),
    B: Ring.task("B", ({ payload, to }) => Effect.succeed(to.A(payload + 1)))
  },
  plain: {
    A: Ring.task("A", ({ payload, to }) => (payload < sagaSteps ? to.B(payload + 1) : to.Done(payload))),
    B: Ring.task("B", ({ payload, to }) => to.A(payload + 1))
  },
  waiting: {
    A: Ring.task("A", function* ({ payload, to }) {
      const next = yield* Effect.sync(() => payload + 1)
      return next <= sagaSteps ? to.B(next) : to.Done(next)
    }),
    B: Ring.task("B", function* ({ payload, to }) {
      return to.A(yield* Effect.sync(() => payload + 1))
    })
  }
}

/** The same run with every step compensated, and with none. */
const saga = ({ A, B }: typeof sagaTasks.succeed | typeof sagaTasks.plain | typeof sagaTasks.waiting) => {
  const nothing = () => Effect.void
  const compensated = Ring.implement({
    A: A.compensate({ B: nothing, Done: nothing }),
    B: B.compensate({ A: nothing })
  })
  return [promise(sagaSteps, compensated.run(0)), promise(sagaSteps, Ring.implement({ A, B }).run(0))] as const
}

const sagas: Rows = {
  ...row("step with compensation, Effect.succeed, against one without", 1.3, () => saga(sagaTasks.succeed)),
  ...row("step with compensation, plain function, against one without", 1.3, () => saga(sagaTasks.plain)),
  ...row("step with compensation, generator that waits, against one without", 1.3, () => saga(sagaTasks.waiting))
}

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
    Split: Fan.split("Split", branches).join(Join.all, ({ results, to }) => to.Done(results.b0!))
  })
  const theirs = Effect.suspend(() =>
    Effect.all(Object.fromEntries(Object.entries(branches).map(([name, run]) => [name, run()])), {
      concurrency: "unbounded"
    })
  )
  return [promise(count, ours.run(0)), promise(count, theirs)] as const
}

const losers = (count: number, join: "any" | "quorum") => {
  const branch = (index: number): Effect.Effect<number, Failed> =>
    index === count - 1 ? Effect.as(Effect.yieldNow, index) : Effect.never
  const split = Fan.split("Split", branchesOf(count, branch))
  const decided =
    join === "any"
      ? split.join(Join.any, ({ results, to }) => to.Done(results.value)).catch(({ to }) => to.Done(0))
      : split.join(Join.quorum(1), ({ results, to }) => to.Done(results.length)).catch(({ to }) => to.Done(0))
  const race = Effect.suspend(() => Effect.raceAll(Array.from({ length: count }, (_, i) => branch(i))))
  return [promise(count, Fan.implement({ Split: decided }).run(0)), promise(count, race)] as const
}

const counts = [3, 10, 100, 1000]

const splits: Rows = Object.assign(
  {},
  ...counts.map((n) => row(`split all, ${n} finished branches, a branch`, 1.3, () => splitAll(n, Effect.succeed))),
  ...counts.map((n) =>
    row(`split all, ${n} branches that yield, a branch`, 1.3, () => splitAll(n, (i) => Effect.as(Effect.yieldNow, i)))
  ),
  ...counts.map((n) => row(`split any, ${n - 1} sleeping losers, a branch`, 1.3, () => losers(n, "any"))),
  ...counts.map((n) => row(`split quorum, ${n - 1} sleeping losers, a branch`, 1.3, () => losers(n, "quorum")))
)

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

const one = Fan.implement({ Split: ({ payload, to }) => to.Done(payload) })

/** Starts and finishes runs one after another. */
const repeat = (run: () => unknown): Subject => ({
  operations: 1000,
  run: () => {
    for (let i = 0; i < 1000; i++) run()
  }
})

const runs: Rows = {
  ...row("one-state run through Effect.runFork", 2, () => [
    repeat(() => Effect.runFork(one.run(1))),
    repeat(() => Effect.runFork(Effect.succeed(1)))
  ]),
  ...row("one-state run through Effect.runPromise", 2, () => [promise(1, one.run(1)), promise(1, Effect.succeed(1))]),
  // Effect.runSync gives a finished Effect back without a fiber; a suspended one shows what starting costs.
  ...row("one-state run through Effect.runSync, suspended", 2, () => [
    repeat(() => Effect.runSync(one.run(1))),
    repeat(() => Effect.runSync(Effect.suspend(() => Effect.succeed(1))))
  ]),
  ...row("10,000 concurrent runs of five states, a run", 1.3, () => [manyOf((n) => five.run(n)), manyOf(fiveByHand)])
}

/** Bytes of heap that so many parked fibers hold. */
const parkedBytes = async (count: number, parked: Effect.Effect<unknown, unknown>): Promise<number> => {
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

const parking = (wait: Effect.Effect<never>) =>
  Fan.implement({ Split: ({ payload, to }) => Effect.as(wait, to.Done(payload)) })

const parkedRun = (wait: Effect.Effect<never>) => parking(wait).run(0)

const parkedByHand = (wait: Effect.Effect<never>) =>
  Effect.gen(function* () {
    let place: Place = { _tag: "A", payload: 0 }
    while (place._tag !== "Done") place = yield* Effect.as(wait, { _tag: "Done" as const, payload: place.payload })
    return place
  })

/** A scope in which something is forked, and parked itself. */
const parkedScope = <A>(fork: Effect.Effect<A, unknown, Scope.Scope>): Effect.Effect<unknown, unknown> =>
  Effect.scoped(Effect.flatMap(fork, (handle) => Effect.andThen(Effect.never, Effect.succeed(handle))))

const parked = (
  name: string,
  ours: Effect.Effect<unknown, unknown>,
  theirs: Effect.Effect<unknown, unknown>,
  budget = 1.5
): Rows => ({
  [name]: async () => {
    await parkedBytes(1000, theirs)
    await parkedBytes(1000, ours)
    const theirBytes = await parkedBytes(100_000, theirs)
    const ourBytes = await parkedBytes(100_000, ours)
    return { name, ours: ourBytes, theirs: theirBytes, ratio: ourBytes / theirBytes, budget }
  }
})

const hour = Effect.andThen(Effect.sleep("1 hour"), Effect.never)

const memory: Rows = {
  ...parked("memory of a run parked in Effect.never, bytes", parkedRun(Effect.never), Effect.never),
  ...parked("memory of a run parked in a sleep, bytes", parkedRun(hour), hour),
  ...parked("the same, against the loop by hand, bytes", parkedRun(hour), parkedByHand(hour)),
  // It keeps its events, and the handle is held.
  ...parked(
    "memory of a parked run with a handle, bytes",
    parkedScope(parking(Effect.never).fork(0)),
    parkedScope(Effect.forkScoped(parkedRun(Effect.never))),
    2.5
  )
}

const watchable: Rows = Object.assign(
  {},
  ...unwatched.map((name) =>
    row(`nobody watches, ${name}, against no watching`, 1.02, async () => {
      const [[operations, ours], [, theirs]] = await loadUnwatched(name)
      return [promise(operations, ours), promise(operations, theirs)]
    })
  )
)

const rows: Rows = { ...transitions, ...watchable, ...sagas, ...splits, ...runs, ...memory }

const columns = (name: string, ...cells: ReadonlyArray<string>) =>
  console.log(name.padEnd(52) + cells.map((cell) => cell.padStart(9)).join(""))

const print = ({ budget, name, ours, ratio, theirs }: Comparison) =>
  columns(name, ours.toFixed(0), theirs.toFixed(0), ratio.toFixed(2), budget.toFixed(2), ratio <= budget ? "" : "over")

const measureApart = (name: string): Comparison => {
  const { stderr, stdout } = spawnSync(process.execPath, ["--expose-gc", import.meta.filename, "--row", name], {
    encoding: "utf8"
  })
  if (stdout === "") throw new Error(`'${name}' could not be measured: ${stderr}`)
  return JSON.parse(stdout)
}

const [first, ...rest] = process.argv.slice(2)
if (first === "--row") {
  console.log(JSON.stringify(await rows[rest[0]!]!()))
} else {
  columns("nanoseconds an operation", "Sluice", "other", "ratio", "budget")
  const words = first === undefined ? [""] : [first, ...rest]
  for (const name of Object.keys(rows)) {
    if (words.some((word) => name.includes(word))) print(measureApart(name))
  }
}
