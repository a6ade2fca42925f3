/** What a user's function gives is told by what it is: what cannot be gone on with ends the run, with its place named. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import { CompensationFailed, InvalidResult, InvalidTransition, InvalidYield, Join, Workflow } from "sluice"
import { type LooseDefinition, untyped } from "../support/loose.ts"
import { causeOf, defectsOf, errorOf, settle, valueOf } from "../support/runs.ts"

class Plain extends Workflow.define("Plain")
  .signal("Go", Schema.Void)
  .state("Work", Schema.Void, ["Next"])
  .state("Next", Schema.Unknown, ["Done"])
  .exit("Done", Schema.Unknown)
  .start("Work") {}

class Sub extends Workflow.define("Sub")
  .state("One", Schema.Unknown, ["End"])
  .exit("End", Schema.Unknown)
  .start("One") {}

/** What the types would refuse. */
const loose = untyped<LooseDefinition>(Plain)

type Given = Workflow.Context<typeof Plain, "Work">

const next = ({ to }: Given) => to.Next("next")

const subLayer = Sub.layer({ One: ({ payload, to }) => to.End(payload) })

/** Runs a handler of the first state; the second one ends as given. */
const run = (Work: unknown, end: Effect.Effect<unknown, string> = Effect.void) => {
  const handlers = {
    Work,
    Next: ({ payload, to }: Workflow.Context<typeof Plain, "Next">) => Effect.as(end, to.Done(payload))
  }
  const workflow = untyped<Workflow.Workflow<typeof Plain, unknown, never>>(loose.implement(handlers))
  // The Layer of the workflow that is called is not in this type.
  return Effect.provide(workflow.run(), subLayer)
}

const rejected = () => Promise.reject(new Error("nobody hears it"))

/** What is no value, by what the message calls it; made anew each time. */
const notValues: ReadonlyArray<readonly [what: string, make: () => unknown]> = [
  ["a Promise", () => Promise.resolve(1)],
  ["a Promise", rejected],
  // biome-ignore lint/suspicious/noThenProperty: what only looks like a Promise is waited for by nobody either
  ["a thenable", () => ({ then: () => {} })],
  ["an Effect within its result", () => Effect.succeed(Effect.sync(() => 1))],
  ["an async generator", async function* () {}]
]

const given = (made: unknown): unknown => (Exit.isExit(made) && Exit.isSuccess(made) ? made.value : made)

/** Each position of a function that does not choose a target, and how the message calls it. */
const positions: ReadonlyArray<readonly [giver: string, work: (make: () => unknown) => unknown]> = [
  ["branch 'constructor'", (make) => loose.split("Work", { ok: () => 1, constructor: make }).join(Join.settled, next)],
  [
    "branch 'a'",
    (make) =>
      loose
        .split("Work", { a: make })
        .compensate({ a: () => undefined })
        .join(Join.all, next)
  ],
  [
    "item 1",
    (make) =>
      loose
        .forEach(
          "Work",
          () => [0, 1],
          ({ index }: { readonly index: number }) => (index === 0 ? 0 : make())
        )
        .join(Join.all, next)
  ],
  // It is called and not run: what an Effect would give is in it.
  ["the input of 'Sub'", (make) => loose.call("Work", Sub, () => given(make()), { End: next })]
]

describe("a function that gives a value", () => {
  const cases = positions.flatMap(([giver, work]) => notValues.map(([what, make]) => ({ giver, what, make, work })))

  it.effect.each(cases)("is refused in the position of $giver when it gives $what", ({ giver, make, work }) =>
    Effect.gen(function* () {
      const [defect, ...others] = defectsOf(yield* settle(run(work(make))))
      expect(others).toEqual([])
      expect(defect).toBeInstanceOf(InvalidResult)
      expect(defect).toMatchObject({ workflow: "Plain", state: "Work", giver })
      expect((defect as Error).message).toContain(`State 'Work' of workflow 'Plain': ${giver} gave`)
    })
  )

  it.effect("may give whatever looks like something else, and is no generator", () =>
    Effect.gen(function* () {
      const cursor = { next: "page 2", *[Symbol.iterator]() {} }
      const values = () => new Map([[1, 2]]).values()
      const results = yield* valueOf(
        run(
          loose
            .split("Work", { cursor: () => cursor, values, each: () => Effect.succeed(cursor) })
            .join(Join.all, ({ results, to }: Given & { readonly results: object }) => to.Next(results))
        )
      )
      expect(results).toMatchObject({ payload: { cursor, each: cursor } })
    })
  )
})

describe("items", () => {
  // An async generator gives items.
  const given = [
    ...notValues.filter(([what]) => what !== "an async generator").map(([, make]) => make),
    () => Effect.succeed([1, 2]),
    () => "abc",
    () => undefined,
    () => 5
  ]

  it.effect("are refused that are no iterable, or one of something else", () =>
    Effect.gen(function* () {
      for (const items of given) {
        const [defect] = defectsOf(yield* settle(run(loose.forEach("Work", items, () => 1).join(Join.all, next))))
        expect(defect).toBeInstanceOf(InvalidResult)
        expect(defect).toMatchObject({ state: "Work", giver: "what gives its items" })
      }
    })
  )
})

describe("an undo", () => {
  const release = Effect.sync(() => {})
  const nothingDone: ReadonlyArray<() => unknown> = [
    ...notValues.map(([, make]) => make),
    () => () => release,
    () => [release, release],
    () => [() => release],
    () => Effect.succeed([Promise.resolve()]),
    () => Effect.sync(() => release)
  ]
  const undone: ReadonlyArray<() => unknown> = [
    () => undefined,
    () => 5,
    () => [],
    () => ["receipt"],
    () => release,
    function* () {}
  ]

  const ways = (undo: () => unknown): ReadonlyArray<readonly [string, unknown]> => [
    ["'Next'", loose.task("Work", next).compensate({ Next: undo })],
    [
      "branch 'a'",
      loose
        .split("Work", { a: () => 1 })
        .compensate({ a: undo })
        .join(Join.all, next)
    ],
    [
      "branch '0'",
      loose
        .forEach(
          "Work",
          () => [1],
          () => 1
        )
        .compensate(undo)
        .join(Join.all, next)
    ]
  ]

  it.effect("that would still have to be called or run is a failure of the rollback", () =>
    Effect.gen(function* () {
      for (const [of, work] of nothingDone.flatMap(ways)) {
        const error = errorOf(yield* settle(run(work, Effect.fail("later"))))
        expect(error).toBeInstanceOf(CompensationFailed)
        const [failure] = (error as CompensationFailed).failures
        expect(failure!.cause.reasons[0]).toMatchObject({
          defect: { _tag: "InvalidResult", giver: `the compensation of ${of}` }
        })
      }
    })
  )

  it.effect("that is done is one, whatever it gives", () =>
    Effect.gen(function* () {
      for (const [, work] of undone.flatMap(ways))
        expect(errorOf(yield* settle(run(work, Effect.fail("later"))))).toBe("later")
    })
  )
})

describe("a function that chooses where the state goes", () => {
  const choosing: ReadonlyArray<(make: () => unknown) => unknown> = [
    (make) => make,
    (make) => loose.task("Work", make).compensate({ Next: () => undefined }),
    (make) => loose.task("Work", make).retry({ times: 1 }),
    (make) => loose.route("Work", make),
    (make) => loose.split("Work", { a: () => 1 }).join(Join.all, make),
    (make) =>
      loose
        .forEach(
          "Work",
          () => [1],
          () => 1
        )
        .join(Join.all, make),
    (make) => loose.pause("Work", "1 second", make),
    (make) => loose.call("Work", Sub, () => 1, { End: make }),
    (make) => loose.task("Work", () => Effect.fail("no")).catch(make)
  ]

  it.effect("is refused when it gives what is no transition, and what becomes of a Promise is heard", () =>
    Effect.gen(function* () {
      for (const work of choosing) {
        for (const make of [...notValues.map(([, make]) => make), () => undefined, () => ({ _tag: "Elsewhere" })]) {
          const [defect] = defectsOf(yield* settle(run(work(make))))
          expect(defect).toBeInstanceOf(InvalidTransition)
          expect(defect).toMatchObject({ workflow: "Plain", state: "Work" })
        }
      }
    })
  )
})

describe("a generator", () => {
  it.effect("that yields what is no Effect ends the run with what it yielded", () =>
    Effect.gen(function* () {
      const generators: ReadonlyArray<() => Generator<unknown, unknown>> = [
        function* () {
          yield 5
        },
        function* () {
          yield* Effect.sleep(1)
          yield 5
        }
      ]
      for (const generator of generators) {
        const works = [
          generator,
          loose.split("Work", { a: generator }).join(Join.settled, next),
          loose.task("Work", generator).retry({ times: 1 })
        ]
        for (const work of works) {
          const cause = causeOf(yield* settle(run(work)))
          expect(cause.reasons).toMatchObject([{ defect: { _tag: "InvalidYield", received: 5 } }])
          expect((cause.reasons[0] as { readonly defect: Error }).defect).toBeInstanceOf(InvalidYield)
        }
      }
    })
  )
})

describe("a guard", () => {
  it.effect("that gives no Effect ends the run, named", () =>
    Effect.gen(function* () {
      for (const guard of [() => undefined, () => Promise.resolve(), () => () => Effect.void]) {
        const [defect] = defectsOf(yield* settle(run(loose.task("Work", next).guard(guard))))
        expect(defect).toBeInstanceOf(InvalidResult)
        expect(defect).toMatchObject({ state: "Work", giver: "a guard" })
      }
    })
  )
})
