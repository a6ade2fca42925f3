/** What the types refuse is refused again at run time, with every problem in one error. */
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Schedule, Schema, Semaphore } from "effect"
import { Handler, Join, Workflow, WorkflowDefinitionError } from "sluice"
import { define, type LooseDefinition, type LooseHandler, problemsOf, refused, untyped } from "./support/loose.ts"

interface Going {
  readonly to: Readonly<Record<string, (payload?: unknown) => unknown>>
}

const done = ({ to }: Going) => to.Done!()

describe("a definition", () => {
  it("is refused for a target that is not declared (M3)", () => {
    const problems = problemsOf(() =>
      define("M").state("A", Schema.Void, ["Typo", "Done", "Other"]).exit("Done", Schema.Void).start("A")
    )
    expect(problems).toEqual([
      "state 'A' has the target 'Other', which is not declared",
      "state 'A' has the target 'Typo', which is not declared"
    ])
  })

  it("is refused for a name declared twice, as two states, two exits, or state and exit (M6)", () => {
    const problems = problemsOf(() =>
      define("M")
        .state("A", Schema.Void, ["B", "C", "Done"])
        .state("B", Schema.Void, ["Done"])
        .state("B", Schema.String, ["Done"])
        .state("C", Schema.Void, ["Done"])
        .exit("C", Schema.Void)
        .exit("Done", Schema.Void)
        .exit("Done", Schema.Void)
        .start("A")
    )
    expect(problems).toEqual(["'B' is declared twice", "'C' is declared twice", "'Done' is declared twice"])
  })

  it("is refused for names that it cannot tell apart from what it has itself", () => {
    const problems = problemsOf(() =>
      define("")
        .signal("", Schema.Void)
        .signal("__proto__", Schema.Void)
        .signal("*", Schema.Void)
        .state("A", Schema.Void, ["*", ""])
        .state("*", Schema.Void, ["__proto__"])
        .exit("", Schema.Void)
        .exit("__proto__", Schema.Void)
        .start("A")
    )
    expect(problems).toEqual([
      "the exit cannot be named ''",
      "the exit cannot be named '__proto__'",
      "the signal cannot be named ''",
      "the signal cannot be named '__proto__'",
      "the state cannot be named '*'",
      "the workflow cannot be named ''"
    ])
  })

  it("is refused for a place that no path reaches (M8)", () => {
    const builder = define("M")
      .state("A", Schema.Void, ["Done"])
      .state("Lost", Schema.Void, ["Lonely", "Done"])
      .state("Lonely", Schema.Void, ["Done"])
      .exit("Done", Schema.Void)
      .exit("Never", Schema.Void)
    expect(problemsOf(() => builder.start("A"))).toEqual([
      "'Lonely' cannot be reached from the start",
      "'Lost' cannot be reached from the start",
      "'Never' cannot be reached from the start"
    ])
    expect(problemsOf(() => builder.start("A", "Lost"))).toEqual(["'Never' cannot be reached from the start"])
  })

  it("is refused for a state from which no exit can be reached (M9)", () => {
    const problems = problemsOf(() =>
      define("M")
        .state("A", Schema.Void, ["Trap", "Alone", "Done"])
        .state("Trap", Schema.Void, ["Deeper"])
        .state("Deeper", Schema.Void, ["Trap"])
        .state("Alone", Schema.Void, [])
        .exit("Done", Schema.Void)
        .start("A")
    )
    expect(problems).toEqual([
      "no exit can be reached from state 'Alone'",
      "no exit can be reached from state 'Deeper'",
      "no exit can be reached from state 'Trap'"
    ])
  })

  it("is refused without any exit (M9)", () => {
    expect(problemsOf(() => define("M").state("A", Schema.Void, ["A"]).start("A"))).toContain("no exit is declared")
  })

  it("is refused for a start or an entry that is not declared, or an exit (M20)", () => {
    const builder = define("M").state("A", Schema.Void, ["Done"]).exit("Done", Schema.Void)
    expect(problemsOf(() => builder.start("Typo"))).toEqual(["a run cannot start at 'Typo', which is not declared"])
    expect(problemsOf(() => builder.start("Done"))).toEqual(["a run cannot start at 'Done', which is an exit"])
    expect(problemsOf(() => builder.start("A", "Done", "Typo"))).toEqual([
      "a run cannot start at 'Done', which is an exit",
      "a run cannot start at 'Typo', which is not declared"
    ])
  })

  it("is refused for everything that is wrong with it, in one error", () => {
    const error = refused(() =>
      define("Broken")
        .state("A", Schema.Void, ["Typo", "B", "Done"])
        .state("B", Schema.Void, ["B"])
        .state("Lost", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .exit("Done", Schema.Void)
        .start("A", "Nowhere")
    )
    expect(error.workflow).toBe("Broken")
    expect([...error.problems].sort()).toEqual([
      "'Done' is declared twice",
      "'Lost' cannot be reached from the start",
      "a run cannot start at 'Nowhere', which is not declared",
      "no exit can be reached from state 'B'",
      "state 'A' has the target 'Typo', which is not declared"
    ])
    expect(error.message).toContain("Workflow 'Broken' is not sound:")
    for (const problem of error.problems) expect(error.message).toContain(problem)
  })

  it("is accepted when it is sound, however it was built", () => {
    let builder = define("Chain")
    for (let i = 0; i < 2_000; i++) builder = builder.state(`S${i}`, Schema.Void, [i === 1_999 ? "Done" : `S${i + 1}`])
    expect(() => builder.exit("Done", Schema.Void).start("S0")).not.toThrow()
  })

  it("accepts an entry named twice, and the start among the entries", () => {
    const builder = define("M")
      .state("A", Schema.Void, ["Done"])
      .state("B", Schema.Void, ["Done"])
      .exit("Done", Schema.Void)
    expect(() => builder.start("A", "A", "B", "B")).not.toThrow()
  })

  it("leaves a half-built table as it was", () => {
    const half = define("M").state("A", Schema.Void, ["Done"])
    const first = half.exit("Done", Schema.Void)
    half.state("Other", Schema.Void, ["Typo"])
    expect(() => first.start("A")).not.toThrow()
  })
})

class Two extends Workflow.define("Two")
  .state("First", Schema.Void, ["Second"])
  .state("Second", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("First") {}

const two = untyped<LooseDefinition>(Two)
const First = ({ to }: Going) => to.Second!()

describe.each(["implement", "layer"] as const)("%s", (method) => {
  const problems = (handlers: unknown) => problemsOf(() => two[method](handlers))

  it("is refused without a handler for some state (M7)", () => {
    expect(problems({})).toEqual(["state 'First' has no handler", "state 'Second' has no handler"])
    expect(problems({ First })).toEqual(["state 'Second' has no handler"])
  })

  it("is refused for a handler of an unknown name or of an exit (M6)", () => {
    expect(problems({ First, Second: done, Typo: done, Done: done })).toEqual([
      "'Done' is an exit and takes no handler",
      "'Typo' is not a state"
    ])
  })

  it("is refused for a handler of another state (M6)", () => {
    expect(problems({ First, Second: two.task("First", First) })).toEqual([
      "this handler is for state 'First', not for 'Second'"
    ])
  })

  it("is refused for a handler of another definition, even one of the same name (M6)", () => {
    const make = () =>
      define("Two")
        .state("First", Schema.Void, ["Second"])
        .state("Second", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("First")
    const foreign = "this handler of state 'Second' belongs to another definition"
    expect(problems({ First, Second: make().task("Second", done) })).toEqual([foreign])
    expect(problems({ First, Second: make().split("Second", {}).join(Join.all, done) })).toEqual([foreign])
  })

  it("is refused for what is neither a function nor a handler", () => {
    const split = two.split("Second", { a: () => 1 })
    for (const junk of [undefined, null, 1, "Second", {}, [], split, Effect.void, Promise.resolve()]) {
      expect(problems({ First, Second: junk })).toEqual([
        "the handler of state 'Second' is neither a function nor made by the definition"
      ])
    }
  })

  it("is refused for a number of required branches that cannot be (M12)", () => {
    const joined = (strategy: unknown) => ({
      First,
      Second: two.split("Second", { a: () => 1, b: () => 2 }).join(strategy, done)
    })
    for (const [name, strategy] of [
      ["quorum", untyped<(n: unknown) => Join.Strategy>(Join.quorum)],
      ["partialResults", untyped<(n: unknown) => Join.Strategy>(Join.partialResults)]
    ] as const) {
      expect(problems(joined(strategy(3)))).toEqual([
        `state 'Second': ${name}(3) can never be reached: the split has 2 branches`
      ])
      for (const n of [0, -1, 1.5, Number.NaN, "1", undefined]) {
        expect(problems(joined(strategy(n)))).toEqual([
          `state 'Second': ${name} must be a whole number of at least 1, not ${n}`
        ])
      }
    }
  })

  it("is refused for such a number in a forEach, where only the items can be too few (M12)", () => {
    const joined = (n: number) => ({
      First,
      Second: two.forEach("Second", () => [], done).join(Join.quorum(n), done)
    })
    expect(problems(joined(0))).toEqual(["state 'Second': quorum must be a whole number of at least 1, not 0"])
    expect(problems(joined(0.5))).toEqual(["state 'Second': quorum must be a whole number of at least 1, not 0.5"])
    expect(() => two[method](joined(1_000_000))).not.toThrow()
  })

  it("is refused for a branch, or the items, that are compensated twice", () => {
    const undo = () => {}
    const branches = two.split("Second", { a: done, b: done })
    const items = two.forEach("Second", () => [], done)
    expect(() => branches.compensate({ a: undo }).compensate({ b: undo })).not.toThrow()
    expect(problemsOf(() => branches.compensate({ a: undo }).compensate({ b: undo, a: undo }))).toEqual([
      "state 'Second': it compensates branch 'a' twice"
    ])
    expect(problemsOf(() => items.compensate(undo).compensate(undo))).toEqual([
      "state 'Second': it compensates each item twice"
    ])
  })

  it("is refused for a share that is none, or too much (M13)", () => {
    const joined = (strategy: unknown) => ({ First, Second: two.split("Second", { a: done }).join(strategy, done) })
    for (const share of [0, -0.5, 1.0001, 50, Number.NaN]) {
      expect(problems(joined(Join.percentage(share)))).toEqual([
        `state 'Second': percentage must be above 0 and at most 1, not ${share}`
      ])
      expect(problems(joined(Join.tolerate({ rate: share })))).toEqual([
        `state 'Second': tolerate must be above 0 and at most 1, not ${share}`
      ])
    }
    for (const failures of [-1, 0.5, Number.NaN]) {
      expect(problems(joined(Join.tolerate({ failures })))).toEqual([
        `state 'Second': tolerate must be a whole number of at least 0, not ${failures}`
      ])
    }
    const both = untyped<(limit: unknown) => unknown>(Join.tolerate)({ failures: 1, rate: 0.5 })
    expect(problems(joined(both))).toEqual(["state 'Second': tolerate takes either failures or rate, not both"])
  })

  it("is refused for a concurrency below one (M15)", () => {
    for (const concurrency of [0, -1, 1.5, Number.NaN, "2", null]) {
      const says = [`state 'Second': concurrency must be a whole number of at least 1, not ${concurrency}`]
      const split = two.split("Second", { a: done }, { concurrency }).join(Join.all, done)
      expect(problems({ First, Second: split })).toEqual(says)
      const forEach = two.forEach("Second", () => [], done, { concurrency }).join(Join.all, done)
      expect(problems({ First, Second: forEach })).toEqual(says)
    }
  })

  it("is refused for a branch that is no function", () => {
    const branches = { good: done, bad: 1, worse: undefined, worst: Effect.void }
    expect(problems({ First, Second: two.split("Second", branches).join(Join.all, done) })).toEqual([
      "state 'Second': branch 'bad' is not a function",
      "state 'Second': branch 'worse' is not a function",
      "state 'Second': branch 'worst' is not a function"
    ])
  })

  const branches = two.split("Second", { a: done })
  it.each([
    { what: "the function of a task", handler: () => two.task("Second", 1) },
    { what: "the function of a route", handler: () => two.route("Second", undefined) },
    { what: "the function of a join", handler: () => branches.join(Join.all, undefined) },
    { what: "the items of a forEach", handler: () => two.forEach("Second", [1, 2], done).join(Join.all, done) },
    { what: "the each of a forEach", handler: () => two.forEach("Second", () => [1], 1).join(Join.all, done) },
    { what: "the branches of a split", handler: () => two.split("Second", undefined).join(Join.all, done) },
    { what: "the function of a catch", handler: () => two.task("Second", done).catch(undefined) },
    { what: "the function of a catchTag", handler: () => two.task("Second", done).catchTag("Boom", "Done") },
    { what: "the cases of a catchTags", handler: () => two.task("Second", done).catchTags({ Boom: 1 }) }
  ])("is refused for $what when it is none", ({ handler }) => {
    const error = refused(() => two[method]({ First, Second: handler() }))
    expect(error.problems).toHaveLength(1)
    expect(error.problems[0]).toContain("'Second'")
  })

  it.each([
    { what: "nothing", strategy: () => undefined },
    { what: "null", strategy: () => null },
    { what: "a name", strategy: () => "all" },
    { what: "an unknown tag", strategy: () => ({ _tag: "most" }) },
    { what: "the function that makes one", strategy: () => Join.quorum },
    { what: "a quorum of nothing", strategy: () => ({ _tag: "quorum" }) },
    { what: "a percentage of nothing", strategy: () => ({ _tag: "percentage" }) },
    { what: "a tolerance of nothing", strategy: () => untyped<(limit: unknown) => unknown>(Join.tolerate)(undefined) },
    { what: "a tolerance without a limit", strategy: () => untyped<(limit: unknown) => unknown>(Join.tolerate)({}) },
    { what: "a partialTimeout without its limit", strategy: () => ({ _tag: "partialTimeout" }) }
  ])("is refused for a join by $what", ({ strategy }) => {
    const handlers = () => ({ First, Second: two.split("Second", { a: done }).join(strategy(), done) })
    const error = refused(() => two[method](handlers()))
    expect(error.problems).toHaveLength(1)
    expect(error.problems[0]).toContain("state 'Second'")
  })

  it("is refused for everything that is wrong, in one error", () => {
    class Many extends Workflow.define("Many")
      .state("A", Schema.Void, ["B"])
      .state("B", Schema.Void, ["C"])
      .state("C", Schema.Void, ["D"])
      .state("D", Schema.Void, ["Done"])
      .exit("Done", Schema.Void)
      .start("A") {}
    const many = untyped<LooseDefinition>(Many)
    const error = refused(() =>
      many[method]({
        B: two.task("First", First),
        C: many.split("C", { x: 1, y: done }, { concurrency: 0 }).join(Join.quorum(3 as number), done),
        D: many.task("C", done),
        Done: done,
        Typo: done
      })
    )
    expect(error.workflow).toBe("Many")
    expect([...error.problems].sort()).toEqual([
      "'Done' is an exit and takes no handler",
      "'Typo' is not a state",
      "state 'A' has no handler",
      "state 'C': branch 'x' is not a function",
      "state 'C': concurrency must be a whole number of at least 1, not 0",
      "state 'C': quorum(3) can never be reached: the split has 2 branches",
      "this handler is for state 'C', not for 'D'",
      "this handler of state 'B' belongs to another definition"
    ])
    for (const problem of error.problems) expect(error.message).toContain(problem)
  })

  it("does not take names that every object has for handlers", () => {
    class Odd extends Workflow.define("Odd")
      .state("toString", Schema.Void, ["constructor"])
      .state("constructor", Schema.Void, ["Done"])
      .exit("Done", Schema.Void)
      .start("toString") {}
    const odd = untyped<LooseDefinition>(Odd)
    expect(problemsOf(() => odd[method]({}))).toEqual([
      "state 'constructor' has no handler",
      "state 'toString' has no handler"
    ])
  })
})

describe.each(["implement", "layer"] as const)("%s, of durations", (method) => {
  const problems = (handler: unknown) => problemsOf(() => two[method]({ First, Second: handler }))
  const task = two.task("Second", done)
  const partialTimeout = untyped<(duration?: unknown) => unknown>(Join.partialTimeout)
  const undone = (options: object) => task.compensate({ Done: done }, options)

  const places = [
    { what: "its timeout", of: (value: unknown) => task.timeout(value) },
    {
      what: "partialTimeout",
      of: (value: unknown) => two.split("Second", { a: done }).join(partialTimeout(value), done)
    },
    { what: "the timeout of the compensation of 'Done'", of: (timeout: unknown) => undone({ timeout }) },
    {
      what: "the timeout of the compensation of 'a'",
      of: (timeout: unknown) =>
        two.split("Second", { a: done }).compensate({ a: done }, { timeout }).join(Join.all, done)
    }
  ]

  it.each(places)("is refused where $what is none (M11)", ({ of, what }) => {
    const none = [Number.NaN, null, "soon", "NaN millis", {}, { second: 5 }, [1, Number.NaN], new Date(0), done]
    for (const value of none) {
      const [problem, ...others] = problems(of(value))
      expect(problem).toContain(`state 'Second': ${what} is not a duration: `)
      expect(others).toEqual([])
    }
    expect(problems(of({ seconds: Number.NaN }))).toEqual([
      `state 'Second': ${what} is not a duration: {"seconds":NaN}`
    ])
  })

  it("is refused where a timeout is not given", () => {
    expect(problems(task.timeout(undefined))).toEqual(["state 'Second': its timeout is not a duration: undefined"])
    expect(problems(two.split("Second", { a: done }).join(partialTimeout(), done))).toHaveLength(1)
  })

  it.each(places)("is refused where $what is less than zero", ({ of, what }) => {
    for (const value of [-5, Number.NEGATIVE_INFINITY, "-1 seconds", -1n, { minutes: -1 }, Duration.millis(-5)]) {
      const [problem, ...others] = problems(of(value))
      expect(problem).toContain(`state 'Second': ${what} is less than zero: `)
      expect(others).toEqual([])
    }
    expect(problems(of(-5))).toEqual([`state 'Second': ${what} is less than zero: -5`])
    expect(problems(of(Duration.millis(-5)))).toEqual([`state 'Second': ${what} is less than zero: -5 millis`])
  })

  it.each(places)("is accepted where $what is one", ({ of }) => {
    for (const value of [0, 0.5, 5n, "1 second", [1, 2], { hours: 1, minutes: undefined }, Duration.infinity]) {
      expect(() => two[method]({ First, Second: of(value) })).not.toThrow()
    }
  })

  it.each([
    { what: "its retry", of: (options: unknown) => task.retry(options) },
    { what: "the retry of the compensation of 'Done'", of: (retry: unknown) => undone({ retry }) }
  ])("is refused where $what has no such number of times, or no schedule", ({ of, what }) => {
    for (const times of [Number.NaN, -1, 0.5, "3", null]) {
      expect(problems(of({ times }))).toEqual([
        `state 'Second': the times of ${what} must be a whole number of at least 0, not ${times}`
      ])
    }
    expect(problems(of({ schedule: "1 second" }))).toEqual([`state 'Second': the schedule of ${what} is none`])
    expect(problems(of("1 second"))).toEqual([`state 'Second': ${what} has neither options nor a schedule`])
    for (const times of [0, 3, Number.POSITIVE_INFINITY]) {
      expect(() => two[method]({ First, Second: of({ times }) })).not.toThrow()
    }
  })

  it("is refused in the policy of the workflow", () => {
    const policy = (step: LooseHandler) => step.timeout(Number.NaN).retry({ times: Number.NaN })
    expect(problemsOf(() => two[method]({ First, Second: done }, { policy }))).toEqual([
      "the policy of the workflow: its timeout is not a duration: NaN",
      "the policy of the workflow: the times of its retry must be a whole number of at least 0, not NaN"
    ])
  })
})

describe("what is sound", () => {
  it("is accepted: handlers of a definition, of its subclass, and those shared by two workflows", () => {
    const Second = Two.task("Second", ({ to }) => to.Done())
    class Sub extends Two {}
    expect(() => Two.implement({ First: ({ to }) => to.Second(), Second })).not.toThrow()
    expect(() => Two.implement({ First: ({ to }) => to.Second(), Second })).not.toThrow()
    const sub = untyped<LooseDefinition>(Sub)
    expect(() => sub.implement({ First, Second })).not.toThrow()
  })

  it.effect("runs, when states have the names that every object has", () =>
    Effect.gen(function* () {
      class Odd extends Workflow.define("Odd")
        .state("toString", Schema.Number, ["constructor", "valueOf"])
        .state("constructor", Schema.Number, ["valueOf"])
        .exit("valueOf", Schema.Number)
        .start("toString") {}
      const odd = Odd.implement({
        toString: ({ payload, to }) => (payload === 0 ? to.valueOf(0) : Effect.succeed(to.constructor(payload + 1))),
        constructor: ({ payload, to }) => to.valueOf(payload + 1)
      })
      expect(yield* odd.run(1)).toEqual({ _tag: "valueOf", payload: 3 })
    })
  )
})

describe("the error", () => {
  it("is thrown as such, and can be told from others", () => {
    const error = refused(() => define("M").start("A"))
    expect(error).toBeInstanceOf(WorkflowDefinitionError)
    expect(error._tag).toBe("WorkflowDefinitionError")
    expect(Handler.isHandler(error)).toBe(false)
  })
})

describe("a definition with signals and a fallback", () => {
  const builder = () => define("M").state("A", Schema.Void, ["Done"]).exit("Done", Schema.Void)

  it("is refused for a signal declared twice", () => {
    const problems = problemsOf(() =>
      builder()
        .signal("Go", Schema.Void)
        .signal("Stop", Schema.Void)
        .signal("Go", Schema.String)
        .signal("Go", Schema.Void)
        .start("A")
    )
    expect(problems).toEqual(["the signal 'Go' is declared twice"])
  })

  it("is accepted with a signal that has the name of a place", () => {
    expect(() => builder().signal("A", Schema.Void).signal("Done", Schema.Void).start("A")).not.toThrow()
  })

  it("is refused for a fallback that is not declared", () => {
    expect(problemsOf(() => builder().fallback(["Done", "Typo"]).start("A"))).toEqual([
      "the fallback has the target 'Typo', which is not declared"
    ])
  })

  it("reaches the places of its fallback, and what follows them, from any state", () => {
    const repaired = builder().state("Repair", Schema.Void, ["Lost"]).exit("Lost", Schema.Void)
    expect(problemsOf(() => repaired.start("A"))).toEqual([
      "'Lost' cannot be reached from the start",
      "'Repair' cannot be reached from the start"
    ])
    expect(() => repaired.fallback(["Repair"]).start("A")).not.toThrow()
  })

  it("is refused for a trap, though its state could fail and fall back to an exit", () => {
    const trapped = define("M")
      .fallback(["Broken"])
      .state("A", Schema.Void, ["Trap"])
      .state("Trap", Schema.Void, ["Trap"])
      .exit("Broken", Schema.Void)
    expect(problemsOf(() => trapped.start("A"))).toEqual([
      "no exit can be reached from state 'A'",
      "no exit can be reached from state 'Trap'"
    ])
  })

  it("leaves a half-built table as it was", () => {
    const half = builder()
    half.fallback(["Typo"])
    half.signal("Go", Schema.Void).signal("Go", Schema.Void)
    expect(() => half.start("A")).not.toThrow()
  })
})

class Signalled extends Workflow.define("Signalled")
  .signal("Go", Schema.Void)
  .state("First", Schema.Void, ["Second"])
  .state("Second", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("First") {}

const signalled = untyped<LooseDefinition>(Signalled)

describe.each(["implement", "layer"] as const)("%s, of the other handlers", (method) => {
  const problems = (handler: unknown) => problemsOf(() => signalled[method]({ First, Second: handler }))
  const refusedFor = (handler: unknown, ...says: ReadonlyArray<string>) =>
    expect(problems(handler)).toEqual(says.map((problem) => `state 'Second': ${problem}`))
  const everySecond = { schedule: Schedule.spaced("1 second") }

  it("accepts them when they are right", () => {
    const right = [
      signalled.wait("Second", { Go: done }),
      signalled.wait("Second", { Go: done }).after("1 second", done),
      signalled.wait("Second", {}).after(DateTime.makeUnsafe(0), done),
      signalled.pause("Second", () => 1, done),
      signalled.poll("Second", done, everySecond),
      signalled.poll("Second", done, { ...everySecond, failures: 3 }),
      signalled.call("Second", Two, () => undefined, { Done: done }),
      signalled
        .task("Second", done)
        .guard(Semaphore.makeUnsafe(1).withPermits(1))
        .compensate({ Done: () => 1 }),
      signalled
        .split("Second", { a: done })
        .compensate({ a: () => 1 })
        .join(Join.all, done),
      signalled
        .forEach("Second", () => [], done)
        .compensate(() => 1)
        .join(Join.all, done)
    ]
    for (const handler of right) expect(() => signalled[method]({ First, Second: handler })).not.toThrow()
  })

  it("is refused for a wait for what is no signal, or for nothing", () => {
    refusedFor(
      signalled.wait("Second", { Go: done, Typo: done, toString: done }),
      "'Typo' is not a signal",
      "'toString' is not a signal"
    )
    refusedFor(signalled.wait("Second", {}), "it waits for nothing")
    const without = untyped<LooseDefinition>(Two)
    expect(problemsOf(() => without[method]({ First, Second: without.wait("Second", { Go: done }) }))).toEqual([
      "state 'Second': 'Go' is not a signal"
    ])
  })

  it("is refused for what a wait or a pause leads to, when it is no function", () => {
    refusedFor(signalled.wait("Second", { Go: "Done" }), "what it does on signal 'Go' is not a function")
    refusedFor(
      signalled.wait("Second", { Go: done }).after(1, "Done"),
      "what it does when the time is up is not a function"
    )
    refusedFor(signalled.pause("Second", 1, undefined), "what it does when the time is up is not a function")
  })

  it("is refused for a limit that is neither a duration nor a point in time", () => {
    const beyond = DateTime.mapEpochMillis(DateTime.makeUnsafe(0), () => Number.NaN)
    for (const junk of [undefined, null, "soon", Number.NaN, {}, new Date(0), beyond]) {
      const [problem, ...others] = problems(signalled.pause("Second", junk, done))
      expect(problem).toContain("state 'Second': its limit is neither a duration nor a point in time: ")
      expect(others).toEqual([])
      expect(problems(signalled.wait("Second", { Go: done }).after(junk, done))).toEqual([problem])
    }
    refusedFor(signalled.pause("Second", Number.NaN, done), "its limit is neither a duration nor a point in time: NaN")
    refusedFor(signalled.pause("Second", -5, done), "its limit is less than zero: -5")
    refusedFor(signalled.wait("Second", { Go: done }).after("-1 hours", done), "its limit is less than zero: -1 hours")
  })

  it("is refused for a poll that asks nothing, bears no whole number of failures, or has no schedule", () => {
    refusedFor(signalled.poll("Second", 1, everySecond), "what it asks is not a function")
    for (const failures of [-1, 0.5, Number.NaN, "2", null]) {
      refusedFor(
        signalled.poll("Second", done, { ...everySecond, failures }),
        `failures must be a whole number of at least 0, not ${failures}`
      )
    }
    for (const schedule of [undefined, null, "1 second", {}]) {
      refusedFor(signalled.poll("Second", done, { schedule }), "its schedule is none")
    }
  })

  it("is refused for a call of what is no definition", () => {
    for (const callee of [{}, class {}, Effect.void, "Two"]) {
      refusedFor(
        signalled.call("Second", callee, () => undefined, { Done: done }),
        "what it calls is not a definition"
      )
    }
  })

  it("is refused for a call without a function for each exit, or with one for what is none", () => {
    class Many extends Workflow.define("Many")
      .state("A", Schema.Void, ["X", "Y", "toString"])
      .exit("X", Schema.Void)
      .exit("Y", Schema.Void)
      .exit("toString", Schema.Void)
      .start("A") {}
    refusedFor(
      signalled.call("Second", Many, () => undefined, { X: done, Typo: done }),
      "'Typo' is not an exit of 'Many'",
      "the exit 'Y' of 'Many' leads nowhere",
      "the exit 'toString' of 'Many' leads nowhere"
    )
    refusedFor(
      signalled.call("Second", Many, () => undefined, { X: done, Y: 1, toString: done }),
      "what it does on exit 'Y' is not a function"
    )
    refusedFor(signalled.call("Second", Two, "input", { Done: done }), "the input of what it calls is not a function")
  })

  it("is refused for a guard that is no function", () => {
    for (const guard of [undefined, Semaphore.makeUnsafe(1), Effect.void]) {
      refusedFor(signalled.task("Second", done).guard(guard), "its guard is not a function")
    }
  })

  it("is refused for a compensation of what is no target, of one twice, or by no function", () => {
    refusedFor(
      signalled.task("Second", done).compensate({ Typo: done, Done: done, First: done }),
      "it compensates 'First', which is not one of its targets",
      "it compensates 'Typo', which is not one of its targets"
    )
    refusedFor(
      signalled.task("Second", done).compensate({ Done: done }).compensate({ Done: done }),
      "it compensates 'Done' twice"
    )
    refusedFor(signalled.task("Second", done).compensate({ Done: 1 }), "the compensation of 'Done' is not a function")
  })

  it("is refused for a compensation of what is no branch, or by no function", () => {
    const split = (cases: unknown) => signalled.split("Second", { a: done }).compensate(cases).join(Join.all, done)
    refusedFor(split({ Typo: done }), "it compensates 'Typo', which is not one of its branches")
    refusedFor(split({ toString: done }), "it compensates 'toString', which is not one of its branches")
    refusedFor(split({ a: 1 }), "the compensation of 'a' is not a function")
    const forEach = signalled
      .forEach("Second", () => [], done)
      .compensate("undo")
      .join(Join.all, done)
    refusedFor(forEach, "the compensation of 'each item' is not a function")
  })
})

describe.each(["implement", "layer"] as const)("%s, of a policy for all handlers", (method) => {
  class Fallen extends Workflow.define("Fallen")
    .fallback(["Broken", "Lost"])
    .state("First", Schema.Void, ["Second"])
    .state("Second", Schema.Void, ["Done"])
    .exit("Done", Schema.Void)
    .exit("Broken", Schema.Void)
    .exit("Lost", Schema.Void)
    .start("First") {}
  const fallen = untyped<LooseDefinition>(Fallen)
  interface Step {
    retry(options: unknown): Step
    guard(guard: unknown): Step
    catch(handle: unknown): Step
    catchTags(cases: unknown): Step
    compensate(cases: unknown): Step
  }
  const problems = (policy?: (step: Step) => unknown) =>
    problemsOf(() => fallen[method]({ First, Second: done }, policy === undefined ? undefined : { policy }))

  it("is refused without one that goes to the fallback", () => {
    const says = [
      "the fallback 'Broken' is declared, but no policy of the workflow goes there",
      "the fallback 'Lost' is declared, but no policy of the workflow goes there"
    ]
    expect(problems()).toEqual(says)
    expect(problems((step) => step.retry({ times: 1 }))).toEqual(says)
  })

  it("is refused for a compensation, which is the handler's own", () => {
    expect(problems((step) => step.catch(() => undefined).compensate({ Done: () => undefined }))).toEqual([
      "the policy of the workflow compensates, which each handler does for itself"
    ])
  })

  it("is refused for what is no function in it", () => {
    expect(problems((step) => step.catch("Broken"))).toEqual([
      "the policy of the workflow: its catch is not a function"
    ])
    expect(problems((step) => step.catchTags({ Boom: 1 }).guard(undefined))).toEqual([
      "the policy of the workflow: its catch of 'Boom' is not a function",
      "the policy of the workflow: its guard is not a function"
    ])
  })

  it("is refused for one that gives no handler back", () => {
    const plain = (policy: unknown) => problemsOf(() => two[method]({ First, Second: done }, { policy }))
    for (const forgetful of [() => undefined, () => ({}), (step: Step) => void step.retry({ times: 1 })]) {
      expect(plain(forgetful)).toHaveLength(1)
    }
    expect(plain("retry")).toHaveLength(1)
  })

  it("is accepted with one that catches", () => {
    const policy = (step: Step) => step.catch(() => undefined)
    expect(() => fallen[method]({ First, Second: done }, { policy })).not.toThrow()
    expect(() =>
      two[method]({ First, Second: done }, { policy: (step: Step) => step.retry({ times: 1 }) })
    ).not.toThrow()
  })
})
