/**
 * Moments: whatever happens after any single operation of a run, for every kind of handler, with every policy around it,
 * whoever watches: each step that was completed is undone, once, in reverse order, and what a run goes on with is not.
 *
 * `MOMENTS=all` tries each kind with each policy in sixteen ways, and takes minutes; otherwise a quarter of the pairs have a turn.
 */
import { describe, expect, it } from "@effect/vitest"
import { type Context, Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { Join, Workflow } from "sluice"
import { Journal } from "../support/journal.ts"
import { type LooseDefinition, type LooseHandler, untyped } from "../support/loose.ts"
import { type Moment, play } from "../support/operations.ts"
import { forms } from "../support/saga.ts"
import { type Watcher, watchers } from "../support/watchers.ts"

class Tour extends Workflow.define("Tour")
  .signal("Go", Schema.Void)
  .signal("Stay", Schema.Void)
  .state("Before", Schema.Void, ["Work"])
  .state("Work", Schema.Unknown, ["After", "Other"])
  .state("After", Schema.Unknown, ["Last"])
  .state("Other", Schema.Unknown, ["Last"])
  .state("Last", Schema.Unknown, ["Done"])
  .exit("Done", Schema.Void)
  .start("Before") {}

/** Two steps that lead to one of two exits. */
class Part extends Workflow.define("Part")
  .failure(Schema.Unknown)
  .state("One", Schema.Boolean, ["Two"])
  .state("Two", Schema.Unknown, ["Kept", "Off"])
  .exit("Kept", Schema.Unknown)
  .exit("Off", Schema.Unknown, { rollback: true })
  .start("One") {}

/** The combinations have no types: every policy stands around every kind of handler. */
const loose = untyped<LooseDefinition>(Tour)
const loosePart = untyped<LooseDefinition>(Part)

interface To {
  (payload?: unknown): unknown
  readonly after: (delay: string, payload: unknown) => unknown
}

/** What any of the functions is given. */
interface Given {
  readonly to: Readonly<Record<"Work" | "After" | "Other" | "Last" | "Done" | "Two" | "Kept" | "Off", To>>
  readonly attempt: number
  readonly payload: unknown
  readonly value: unknown
  readonly pending: unknown
}

/** How a function gives what it chooses. */
type Give = (choose: () => unknown) => unknown

/** The journal of the present run. */
type Present = () => Journal

interface Kind {
  readonly name: string
  readonly handler: (journal: Present, give: Give) => LooseHandler
}

interface Policy {
  readonly name: string
  /** Puts it around a handler, with what undoes its targets. */
  readonly around: (handler: LooseHandler, undoing: object, journal: Present) => LooseHandler
  readonly shared?: (step: LooseHandler) => LooseHandler
  /** Whether the work may be started again before it is known which start is kept. */
  readonly startsTwice?: boolean
}

const goesAfter =
  (journal: Present) =>
  ({ to }: Given) =>
    journal().complete("work", to.After)

const undone =
  (journal: Present) =>
  ({ payload, value }: Given) =>
    journal().undo(value ?? payload)

const does = (journal: Present, what: string) => journal().complete(what, String)

/** Gives what it chooses after it has let others go first. */
function* slowly<A>(choose: () => A) {
  yield* Effect.yieldNow
  return choose()
}

/** Some branches, one of which fails in the first attempt where it is told to. */
const branches = (journal: Present, give: Give, fails = false) => ({
  a: () => give(() => does(journal, "a")),
  b: ({ attempt }: Given) => (fails && attempt === 1 ? Effect.fail("b") : slowly(() => does(journal, "b"))),
  c: () => does(journal, "c")
})

const undoneBranches = (journal: Present) => ({ a: undone(journal), b: undone(journal), c: undone(journal) })

const poll = Schedule.spaced("10 millis")

/** Gives `pending` the first two times that a run asks. */
const asking = (journal: Present, choose: (context: Given) => unknown) => {
  const asked = new WeakMap<Journal, number>()
  return (context: Given) => {
    const times = asked.get(journal()) ?? 0
    asked.set(journal(), times + 1)
    return times < 2 ? Effect.succeed(context.pending) : choose(context)
  }
}

/** Every kind of handler, with what it chooses in a form. */
const kinds: ReadonlyArray<Kind> = [
  {
    name: "task",
    handler: (journal, give) => loose.task("Work", (context: Given) => give(() => goesAfter(journal)(context)))
  },
  {
    name: "task with a finalizer",
    handler: (journal) =>
      loose.task("Work", function* (context: Given) {
        yield* Effect.addFinalizer(() => Effect.yieldNow)
        return goesAfter(journal)(context)
      })
  },
  { name: "route", handler: (journal) => loose.route("Work", goesAfter(journal)) },
  {
    name: "task that fails at first",
    handler: (journal, give) =>
      loose.task("Work", (context: Given) =>
        context.attempt === 1
          ? Effect.andThen(Effect.yieldNow, Effect.fail("no"))
          : give(() => goesAfter(journal)(context))
      )
  },
  {
    name: "task whose transition takes effect later",
    handler: (journal, give) =>
      loose.task("Work", ({ to }: Given) =>
        give(() => journal().complete("work", (step) => to.After.after("5 millis", step)))
      )
  },
  {
    name: "split all",
    handler: (journal, give) =>
      loose
        .split("Work", branches(journal, give))
        .compensate(undoneBranches(journal))
        .join(Join.all, (context: Given) => give(() => goesAfter(journal)(context)))
  },
  {
    name: "split all that fails at first",
    handler: (journal, give) =>
      loose
        .split("Work", branches(journal, give, true))
        .compensate(undoneBranches(journal))
        .join(Join.all, (context: Given) => give(() => goesAfter(journal)(context)))
  },
  {
    name: "split any with losers that finish",
    handler: (journal, give) =>
      loose
        .split("Work", branches(journal, give))
        .compensate(undoneBranches(journal), { uninterruptible: true })
        .join(Join.any, (context: Given) => give(() => goesAfter(journal)(context)))
  },
  {
    name: "split quorum, two at a time",
    handler: (journal, give) =>
      loose
        .split("Work", branches(journal, give), { concurrency: 2 })
        .compensate(undoneBranches(journal))
        .join(Join.quorum(2), (context: Given) => give(() => goesAfter(journal)(context)))
  },
  {
    name: "split partialTimeout",
    handler: (journal, give) =>
      loose
        .split("Work", { ...branches(journal, give), never: () => Effect.never })
        .compensate(undoneBranches(journal))
        .join(Join.partialTimeout("20 millis"), (context: Given) => give(() => goesAfter(journal)(context)))
  },
  {
    name: "forEach, one at a time",
    handler: (journal, give) =>
      loose
        .forEach(
          "Work",
          () => ["x", "y"],
          ({ item }: { readonly item: string }) => give(() => does(journal, item)),
          {
            concurrency: 1
          }
        )
        .compensate(undone(journal))
        .join(Join.all, (context: Given) => give(() => goesAfter(journal)(context)))
  },
  {
    name: "forEach settled",
    handler: (journal, give) =>
      loose
        .forEach(
          "Work",
          () => ["x", "y", "z"],
          ({ item }: { readonly item: string }) => (item === "z" ? Effect.fail("z") : give(() => does(journal, item)))
        )
        .compensate(undone(journal))
        .join(Join.settled, (context: Given) => give(() => goesAfter(journal)(context)))
  },
  {
    name: "wait for a signal",
    handler: (journal, give) => loose.wait("Work", { Go: (context: Given) => give(() => goesAfter(journal)(context)) })
  },
  {
    name: "wait for a signal in time",
    handler: (journal, give) =>
      loose
        .wait("Work", { Go: (context: Given) => give(() => goesAfter(journal)(context)) })
        .after("1 minute", ({ to }: Given) => to.Other("too late"))
  },
  {
    name: "wait until it is too late",
    handler: (journal, give) =>
      loose
        .wait("Work", { Stay: ({ to }: Given) => to.Other("stays") })
        .after("5 millis", (context: Given) => give(() => goesAfter(journal)(context)))
  },
  {
    name: "pause",
    handler: (journal, give) =>
      loose.pause("Work", "5 millis", (context: Given) => give(() => goesAfter(journal)(context)))
  },
  {
    name: "poll",
    handler: (journal, give) =>
      loose.poll(
        "Work",
        asking(journal, (context) => give(() => goesAfter(journal)(context))),
        { schedule: poll }
      )
  },
  {
    name: "poll with a finalizer",
    handler: (journal) =>
      loose.poll(
        "Work",
        asking(journal, function* (context) {
          yield* Effect.addFinalizer(() => Effect.yieldNow)
          return goesAfter(journal)(context)
        }),
        { schedule: poll }
      )
  },
  {
    name: "call",
    handler: (journal, give) =>
      loose.call("Work", Part, () => true, {
        Kept: (context: Given) => give(() => goesAfter(journal)(context)),
        Off: ({ to }: Given) => to.Other("off")
      })
  },
  {
    name: "call that is undone at its exit",
    handler: (journal, give) =>
      loose.call("Work", Part, () => false, {
        Kept: ({ to }: Given) => to.Other("kept"),
        Off: (context: Given) => give(() => goesAfter(journal)(context))
      })
  }
]

type Guard = (effect: Effect.Effect<unknown, unknown>) => Effect.Effect<unknown, unknown>

/** A guard that lets the first result be thrown away by failing, in each run. */
const reluctant = (journal: Present): Guard => {
  const refused = new WeakSet<Journal>()
  return (effect) =>
    Effect.tap(effect, () => {
      if (refused.has(journal())) return Effect.void
      refused.add(journal())
      return Effect.andThen(Effect.yieldNow, Effect.fail("refused"))
    })
}

const guarded = (name: string, guard: Guard, options: { readonly startsTwice?: boolean } = {}): Policy => ({
  name: `guard that ${name}`,
  around: (handler, undoing) => handler.compensate(undoing).guard(guard),
  ...options
})

/** Everything that may stand around a handler. */
const policies: ReadonlyArray<Policy> = [
  { name: "nothing", around: (handler, undoing) => handler.compensate(undoing) },
  { name: "uninterruptible", around: (handler, undoing) => handler.compensate(undoing, { uninterruptible: true }) },
  { name: "timeout", around: (handler, undoing) => handler.compensate(undoing).timeout("1 hour") },
  { name: "timeout within", around: (handler, undoing) => handler.timeout("1 hour").compensate(undoing) },
  {
    name: "uninterruptible within a timeout",
    around: (handler, undoing) => handler.compensate(undoing, { uninterruptible: true }).timeout("1 hour")
  },
  { name: "retry", around: (handler, undoing) => handler.compensate(undoing).retry({ times: 2 }) },
  {
    name: "timeout within retry within timeout",
    around: (handler, undoing) => handler.timeout("1 hour").compensate(undoing).retry({ times: 2 }).timeout("2 hours")
  },
  guarded("does nothing", (effect) => effect),
  guarded("races two starts", (effect) => Effect.raceFirst(effect, effect), { startsTwice: true }),
  guarded("starts again", (effect) => Effect.andThen(effect, effect), { startsTwice: true }),
  guarded(
    "starts two at once",
    (effect) => Effect.map(Effect.all([effect, effect], { concurrency: 2 }), ([first]) => first),
    {
      startsTwice: true
    }
  ),
  guarded("starts again after a failure", (effect) => Effect.catch(effect, () => effect)),
  guarded("has it run in a fiber", (effect) => Effect.flatMap(Effect.forkChild(effect), Fiber.join)),
  guarded(
    "does not wait for all that it has started",
    (effect) => Effect.andThen(Effect.forkChild(Effect.delay(effect, "1 milli")), effect),
    { startsTwice: true }
  ),
  guarded("lets it finish", Effect.uninterruptible),
  {
    name: "guard that cuts it off, within retry",
    around: (handler, undoing) =>
      handler
        .compensate(undoing)
        .guard((effect: Effect.Effect<unknown>) => Effect.timeout(effect, "50 millis"))
        .retry({ times: 2 })
  },
  {
    name: "guard that refuses the first, within retry",
    around: (handler, undoing, journal) => handler.compensate(undoing).guard(reluctant(journal)).retry({ times: 2 })
  },
  {
    name: "guard that refuses the first, within a guard that starts again",
    around: (handler, undoing, journal) =>
      handler
        .compensate(undoing)
        .guard(reluctant(journal))
        .guard((effect: Effect.Effect<unknown>) => Effect.catch(effect, () => effect))
  },
  {
    name: "catch after compensate",
    around: (handler, undoing, journal) =>
      handler
        .compensate(undoing)
        .guard(reluctant(journal))
        .catch(({ to }: Given) => Effect.succeed(to.Other("caught")))
  },
  {
    name: "catch before compensate",
    around: (handler, undoing, journal) =>
      handler
        .guard(reluctant(journal))
        .catch(({ to }: Given) => slowly(() => journal().complete("work", to.Other)))
        .compensate(undoing)
  },
  {
    name: "shared retry and timeout",
    around: (handler, undoing, journal) => handler.compensate(undoing).guard(reluctant(journal)),
    shared: (step) => step.retry({ times: 2 }).timeout("1 hour")
  }
]

/** A called workflow, undone at its exit or not. */
const part = (journal: Present) => {
  const kept = new WeakMap<Journal, boolean>()
  return untyped<Layer.Layer<never>>(
    loosePart.layer({
      One: loosePart
        .task("One", ({ payload, to }: Given) => {
          kept.set(journal(), payload === true)
          return journal().complete("one", to.Two)
        })
        .compensate({ Two: undone(journal) }),
      Two: loosePart
        .task("Two", ({ to }: Given) => slowly(() => journal().complete("two", kept.get(journal()) ? to.Kept : to.Off)))
        .compensate({ Kept: undone(journal), Off: undone(journal) })
    })
  )
}

/** Who watches, a handle among them; and a run, or one that is forked, as they have it. */
interface Onlooker extends Watcher {
  readonly forks: boolean
}

const onlookers: ReadonlyArray<Onlooker> = [
  ...watchers.map((watcher) => ({ ...watcher, forks: false })),
  { ...watchers[0]!, who: "a handle", forks: true }
]

interface Variant {
  readonly kind: Kind
  readonly policy: Policy
  readonly form: (typeof forms)[number]
  readonly onlooker: Onlooker
  readonly happening: Omit<Moment, "operation">
}

/** Makes a run, which can be run again and again; each time it writes to the present journal. */
const runOf = ({ form, kind, onlooker, policy }: Variant, journal: Present, parked: () => void) => {
  const undoing = { After: undone(journal), Other: undone(journal) }
  const sendGo: Effect.Effect<unknown> = Effect.suspend(() => Effect.orDie(tour.signal("run", "Go")))
  const handlers = {
    Before: loose
      .task("Before", function* ({ to }: Given) {
        // Enough for all that a guard may start.
        yield* Effect.replicateEffect(sendGo, 4)
        return journal().complete("before", to.Work)
      })
      .compensate({ Work: undone(journal) }),
    Work: policy.around(kind.handler(journal, form.give), undoing, journal),
    After: loose
      .task("After", ({ payload, to }: Given) => {
        journal().goesOn(payload)
        return journal().complete("after", to.Last)
      })
      .compensate({ Last: undone(journal) }),
    Other: ({ payload, to }: Given) => {
      journal().goesOn(payload)
      return to.Last()
    },
    *Last({ to }: Given) {
      yield* Effect.sync(parked)
      yield* Effect.never
      return to.Done()
    }
  }
  const implemented = loose.implement(handlers, policy.shared && { policy: policy.shared })
  // Every state has a handler, and the workflow that is called a Layer.
  const tour = untyped<Workflow.Workflow<typeof Tour, unknown, never>>(implemented)
  const options = { id: "run", timeout: "1 day" } as const
  const forked = Effect.scoped(Effect.flatMap(tour.fork(undefined, options), ({ fiber }) => Fiber.join(fiber)))
  const called = Effect.runSync(Effect.scoped(Layer.build(part(journal))))
  return Effect.provideContext(onlooker.forks ? forked : tour.run(undefined, options), called)
}

const counts = { cases: 0, undone: 0, kept: 0 }

/** Has something happen after each single operation of a run, and gives what was wrong then. */
const problemsOf = (variant: Variant, services: Context.Context<never>): ReadonlyArray<string> => {
  const { form, happening, kind, onlooker, policy } = variant
  const inOrder = (step: string) => !policy.startsTwice || step.startsWith("before") || step.startsWith("after")
  let journal = new Journal(inOrder)
  let isParked = false
  const run = runOf(
    variant,
    () => journal,
    () => {
      isParked = true
    }
  )
  const problems: Array<string> = []
  for (let operation = 1, happened = true; happened; operation++) {
    journal = new Journal(inOrder)
    isParked = false
    const moment = { ...happening, operation }
    const played = play(Effect.provideContext(run, services), moment, () => {
      if (isParked) journal.rests()
      return isParked
    })
    journal.isOver()
    happened = played.happened
    const names = [kind.name, form.name, policy.name, `watched by ${onlooker.who}`]
    const when = `${happening.what} after operation ${operation} of ${happening.budget} at a time`
    problems.push(...journal.problems.map((problem) => `${names.join(", ")}, ${when}: ${problem}`))
    counts.cases++
    if (journal.size > 1) counts.undone++
    if (isParked) counts.kept++
  }
  return problems
}

const whats = ["interrupted", "time is up", "interrupts itself"] as const

const budgets = [3, 4, 5, 7, 12, 2048]

/** All that a kind of handler and a policy may meet. */
const meetings = onlookers.flatMap((onlooker) =>
  whats.flatMap((what) =>
    budgets.flatMap((budget) =>
      forms
        // Effect drops what an Effect gives that interrupts its own fiber: none but a function is heard then.
        .filter(({ name }) => what !== "interrupts itself" || !["Effect", "waiting Effect"].includes(name))
        .map((form) => ({ onlooker, form, happening: { what, budget } }))
    )
  )
)

const isLong = process.env.MOMENTS === "all"

/** How many of them each pair of a kind and a policy has its turn with. */
const turns = isLong ? 16 : 1

// Without a common divisor with their number, so that all have their turn.
const stride = 181

const meetingsOf = (pair: number) =>
  Array.from({ length: turns }, (_, turn) => meetings[((pair * turns + turn) * stride) % meetings.length]!)

describe("whatever happens after any single operation", () => {
  it.effect.each(kinds.map((kind, nth) => ({ kind, nth, name: kind.name })))(
    "of a run, each completed step is undone once, and what it goes on with is not: $name",
    ({ kind, nth }) =>
      Effect.gen(function* () {
        const contexts = yield* Effect.all(onlookers.map(({ context }) => context))
        const problems = policies.flatMap((policy, index) =>
          !isLong && (nth + index) % 4 !== 0
            ? []
            : meetingsOf(nth * policies.length + index).flatMap((meeting) =>
                problemsOf({ kind, policy, ...meeting }, contexts[onlookers.indexOf(meeting.onlooker)]!)
              )
        )
        expect(problems).toEqual([])
      })
  )

  it("was tried in a great many cases, most of which had something to undo", () => {
    const { cases, kept, undone } = counts
    console.log(
      `${cases} moments, in ${undone} of which there was more than a step to undo; ${kept} runs went as far as they should`
    )
    expect(cases).toBeGreaterThan(30_000)
    expect(undone / cases).toBeGreaterThan(0.5)
    expect(kept / cases).toBeGreaterThan(0.05)
  })
})
