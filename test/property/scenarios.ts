/**
 * Draws random workflows.
 *
 * Times are drawn from a wide range, so that two unrelated events hardly ever happen at the same instant; the reference
 * says when they do, and such a scenario is not compared.
 */
import * as fc from "fast-check"
import {
  type Branch,
  type End,
  type Exit,
  endOfTime,
  type Fan,
  isUninterruptible,
  type Policy,
  type Poll,
  type Route,
  type Scenario,
  type Script,
  type Share,
  type Shared,
  type Signal,
  type State,
  type StateWork,
  type Step,
  type Strategy,
  signalNames,
  type TargetUndo,
  type Task,
  type Undo,
  undoOf,
  type Wait,
  type Work
} from "./model.ts"

const duration = fc.oneof(
  { weight: 4, arbitrary: fc.noBias(fc.integer({ min: 1, max: 100_000 })) },
  { weight: 1, arbitrary: fc.noBias(fc.integer({ min: 1, max: 1_000_000 })) }
)

/** Runs have several steps, and so need more time than one. */
const runDuration = fc.noBias(fc.integer({ min: 1, max: 400_000 }))

const weighted = <A>(...choices: ReadonlyArray<readonly [weight: number, value: A]>): fc.Arbitrary<A> =>
  fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))

/** A value now and then, and mostly none. */
const sometimes = <A>(weight: number, arbitrary: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> =>
  fc.oneof({ weight: 10 - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary })

/** A plain function has no means of waiting, failing or cleaning up. */
const withinForm = (work: Work): Work =>
  work.form === "plain"
    ? { form: "plain", delay: 0, end: work.end === "die" ? "die" : "succeed", release: undefined }
    : work

const work = (ends: fc.Arbitrary<End>): fc.Arbitrary<Work> =>
  fc
    .record({
      form: weighted<Work["form"]>([1, "plain"], [2, "effect"], [2, "lazy"], [2, "generator"]),
      delay: fc.oneof(
        { weight: 2, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constant("yield" as const) },
        { weight: 4, arbitrary: duration }
      ),
      end: ends,
      release: fc.option(
        fc.record({
          how: fc.constantFrom("scope", "ensuring"),
          delay: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: duration })
        }),
        { nil: undefined }
      )
    })
    .map(withinForm)

const script = (ends: fc.Arbitrary<End>, maxLength = 3): fc.Arbitrary<Script> =>
  fc.array(work(ends), { minLength: 1, maxLength, size: "max" }) as unknown as fc.Arbitrary<Script>

const picks = fc.array(fc.nat(7), { minLength: 1, maxLength: 4 })

const after = sometimes(2, duration)

const step = (ends: fc.Arbitrary<End>): fc.Arbitrary<Step> => fc.record({ script: script(ends), picks, after })

const taskEnds = weighted<End>([24, "succeed"], [5, "Red"], [4, "Blue"], [1, "die"], [1, "hang"], [1, "interrupt"])
const afterEnds = weighted<End>([30, "succeed"], [2, "Red"], [2, "Blue"], [1, "die"], [1, "hang"], [1, "interrupt"])
const askEnds = weighted<End>([15, "succeed"], [10, "Red"], [1, "die"], [1, "hang"], [1, "interrupt"])

// A compensation that failed makes the run fail in a way of its own, so that most runs have none.
const undoEnds = fc.oneof(
  { weight: 3, arbitrary: fc.constant(weighted<End>([1, "succeed"])) },
  {
    weight: 1,
    arbitrary: fc.constant(weighted<End>([6, "succeed"], [3, "Red"], [1, "die"], [1, "hang"], [1, "interrupt"]))
  }
)

const undo: fc.Arbitrary<Undo> = undoEnds.chain((ends) =>
  fc.record({
    script: script(ends),
    retries: weighted([3, 0], [1, 1], [1, 2]),
    timeout: sometimes(3, duration),
    uninterruptible: weighted([4, false], [1, true])
  })
)

// A defect or an interruption ends the run, so that most fans have neither; some have many.
const branchEnds: ReadonlyArray<fc.Arbitrary<End>> = [
  weighted<End>([1, "succeed"]),
  weighted<End>([3, "succeed"], [1, "Red"], [1, "hang"]),
  weighted<End>([3, "succeed"], [2, "Red"], [2, "Blue"]),
  weighted<End>([1, "Red"], [1, "Blue"]),
  weighted<End>([8, "succeed"], [4, "Red"], [4, "Blue"], [2, "die"], [3, "hang"], [2, "interrupt"])
]

const branches = fc.oneof(
  ...branchEnds.map((ends) => {
    const branch: fc.Arbitrary<Branch> = fc.record({ script: script(ends), undo: sometimes(5, undo) })
    return fc.array(branch, { minLength: 0, maxLength: 5, size: "max" })
  })
)

const share: fc.Arbitrary<Share> = fc
  .constantFrom(2, 3, 4, 5, 6, 7, 10, 100)
  .chain((of) => fc.record({ part: fc.integer({ min: 1, max: of }), of: fc.constant(of) }))

const required = fc.integer({ min: 1, max: 5 })

const strategy: fc.Arbitrary<Strategy> = fc.oneof(
  fc.constantFrom<Strategy>({ _tag: "all" }, { _tag: "any" }, { _tag: "settled" }),
  fc.record({ _tag: fc.constantFrom("quorum", "partialResults"), required }),
  fc.record({ _tag: fc.constant("percentage" as const), share }),
  fc.record({ _tag: fc.constant("tolerateFailures" as const), failures: fc.nat(3) }),
  fc.record({ _tag: fc.constant("tolerateRate" as const), share }),
  fc.record({ _tag: fc.constant("partialTimeout" as const), duration })
)

/** The definition refuses a quorum above the number of named branches; of items, there may turn out to be too few. */
const withinBranches = (fan: Fan): Fan =>
  "required" in fan.strategy && fan.strategy.required > fan.branches.length ? { ...fan, _tag: "forEach" } : fan

/** What cannot be interrupted ends by itself. */
const withoutHang = (script: Script): Script =>
  script.map((work) => (work.end === "hang" ? { ...work, end: "Red" } : work)) as unknown as Script

const withUndosThatEnd = (fan: Fan): Fan => ({
  ...fan,
  branches: fan.branches.map((branch, index) =>
    undoOf(fan, index)?.uninterruptible ? { ...branch, script: withoutHang(branch.script) } : branch
  )
})

const fan: fc.Arbitrary<Fan> = fc
  .record({
    _tag: fc.constantFrom("split", "forEach"),
    branches,
    concurrency: weighted<number | "unbounded">([4, "unbounded"], [1, 1], [2, 2], [1, 3]),
    strategy,
    join: step(afterEnds)
  })
  .map(withinBranches)
  .map(withUndosThatEnd)

const task: fc.Arbitrary<Task> = fc.record({ _tag: fc.constant("task" as const), step: step(taskEnds) })

const route: fc.Arbitrary<Route> = fc.record({
  _tag: fc.constant("route" as const),
  end: weighted([19, "succeed"], [1, "die"]),
  picks,
  after
})

const limit = fc.record({ duration, step: step(afterEnds) })

const wait: fc.Arbitrary<Wait> = fc
  .record({
    _tag: fc.constant("wait" as const),
    awaited: fc.subarray([...signalNames]),
    steps: fc.array(step(afterEnds), { minLength: signalNames.length, maxLength: signalNames.length }),
    limit,
    limited: weighted([5, true], [1, false])
  })
  .map(({ awaited, limit, limited, steps, ...wait }) => ({
    ...wait,
    cases: awaited.map((signal, index) => ({ signal, step: steps[index]! })),
    limit: limited || awaited.length === 0 ? limit : undefined
  }))

const poll: fc.Arbitrary<Poll> = fc.record({
  _tag: fc.constant("poll" as const),
  ask: fc.record({ script: script(askEnds, 6), picks, after }),
  answersEvery: fc.integer({ min: 1, max: 4 }),
  spacing: duration,
  times: fc.nat(6),
  failures: fc.nat(2)
})

const tags = fc.oneof(
  fc.constant([]),
  fc.subarray(["Red", "Blue", "StateTimeout", "JoinTimeout", "QuorumNotReached", "AllBranchesFailed"], {
    minLength: 1
  }),
  fc.subarray(["Red", "Blue", "ToleranceExceeded", "NoBranchCompleted", "PollExhausted"], { minLength: 1 })
)

const caught = fc.record({ _tag: fc.constant("catch" as const), tags, step: step(afterEnds) })

const timeout: fc.Arbitrary<Policy> = fc.record({ _tag: fc.constant("timeout" as const), duration })

const retry: fc.Arbitrary<Policy> = fc.record({
  _tag: fc.constant("retry" as const),
  times: fc.nat(3),
  spacing: sometimes(4, duration)
})

const policy: fc.Arbitrary<Policy> = fc.oneof(timeout, retry, caught)

const policies: fc.Arbitrary<ReadonlyArray<Policy>> = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 5, arbitrary: fc.array(policy, { maxLength: 3, size: "max" }) },
  { weight: 1, arbitrary: fc.tuple(timeout, retry) }
)

interface Draft {
  readonly work: StateWork
  readonly policies: ReadonlyArray<Policy>
  readonly more: ReadonlyArray<number>
  readonly undos: ReadonlyArray<Undo | undefined>
  readonly position: number
}

const draft: fc.Arbitrary<Draft> = fc.record({
  work: fc.oneof(
    { weight: 6, arbitrary: task },
    { weight: 2, arbitrary: route },
    { weight: 10, arbitrary: fan },
    { weight: 2, arbitrary: wait },
    { weight: 2, arbitrary: poll }
  ),
  policies,
  more: fc.array(fc.nat(7), { maxLength: 3 }),
  undos: fc.array(sometimes(6, undo), { minLength: 4, maxLength: 4 }),
  position: fc.nat(3)
})

/** Each state leads on to the next, the last one to every exit, and some elsewhere too: sound, with loops. */
const connect = (drafts: ReadonlyArray<Draft>, exits: ReadonlyArray<string>): ReadonlyArray<State> => {
  const names = drafts.map((_, index) => `S${index}`)
  const places = [...names, ...exits]
  return drafts.map(({ more, policies, position, undos, work }, index) => {
    const targets = [
      ...new Set([
        ...(index === names.length - 1 ? exits : [names[index + 1]!]),
        ...more.map((pick) => places[pick % places.length]!)
      ])
    ]
    const isRoute = work._tag === "route"
    return thatEnds({
      name: names[index]!,
      targets,
      work,
      policies: isRoute ? [] : policies,
      undos: isRoute ? [] : targets.flatMap((target, index) => targetUndo(work, target, undos[index], position))
    })
  })
}

const targetUndo = (
  work: StateWork,
  target: string,
  undo: Undo | undefined,
  position: number
): ReadonlyArray<TargetUndo> => {
  if (undo === undefined) return []
  const uninterruptible = undo.uninterruptible && (work._tag === "task" || "branches" in work)
  return [{ ...undo, uninterruptible, target, position }]
}

/** A state that cannot be interrupted ends by itself, and so do its catches. */
const thatEnds = (state: State): State => {
  if (!isUninterruptible(state)) return state
  const { policies, work } = state
  const ending = (step: Step): Step => ({ ...step, script: withoutHang(step.script) })
  return {
    ...state,
    work:
      work._tag === "task"
        ? { ...work, step: ending(work.step) }
        : "branches" in work
          ? {
              ...work,
              branches: work.branches.map((branch) => ({ ...branch, script: withoutHang(branch.script) })),
              join: ending(work.join)
            }
          : work,
    policies: policies.map((policy) => (policy._tag === "catch" ? { ...policy, step: ending(policy.step) } : policy))
  }
}

interface SharedDraft {
  readonly policies: ReadonlyArray<Policy>
  readonly last: Policy
  readonly more: ReadonlyArray<number>
}

/** Where there is a fallback, there is a catch that goes there. */
const sharedBy = (draft: SharedDraft | undefined, places: ReadonlyArray<string>, exit: string): Shared => {
  if (draft === undefined) return { policies: [], fallback: [] }
  const { last, more, policies } = draft
  return {
    policies: [...policies, last],
    fallback: [...new Set([exit, ...more.map((pick) => places[pick % places.length]!)])]
  }
}

const sharedDraft: fc.Arbitrary<SharedDraft> = fc.record({
  policies: fc.array(policy, { maxLength: 2 }),
  last: caught,
  more: fc.array(fc.nat(7), { maxLength: 2 })
})

const signals: fc.Arbitrary<ReadonlyArray<Signal>> = fc
  .array(fc.record({ at: runDuration, name: fc.constantFrom(...signalNames) }), { maxLength: 4 })
  .map((signals) => signals.toSorted((a, b) => a.at - b.at))

const timeouts = ["StateTimeout", "JoinTimeout", "RunTimeout"]

const kinds = ["died", "interrupted", "Red", "Blue", "QuorumNotReached", ...timeouts]

const exits: fc.Arbitrary<ReadonlyArray<Exit>> = fc
  .tuple(fc.boolean(), weighted([2, false], [1, true]), fc.boolean())
  .map(([two, ...rollbacks]) =>
    ["Done", "Gone"].slice(0, two ? 2 : 1).map((name, index) => ({ name, rollback: rollbacks[index]! }))
  )

/** A compensation that hangs needs a limit: its own, or that of the whole rollback. */
const withUndosWithin = (scenario: Scenario): Scenario => {
  if (scenario.compensationTimeout !== undefined) return scenario
  const ending = <U extends Undo>(undo: U): U =>
    undo.timeout === undefined ? { ...undo, script: withoutHang(undo.script) } : undo
  const endingBranches = (work: StateWork): StateWork =>
    "branches" in work
      ? {
          ...work,
          branches: work.branches.map((branch) =>
            branch.undo === undefined ? branch : { ...branch, undo: ending(branch.undo) }
          )
        }
      : work
  return {
    ...scenario,
    states: scenario.states.map((state) => ({
      ...state,
      work: endingBranches(state.work),
      undos: state.undos.map(ending)
    }))
  }
}

export const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    drafts: fc.array(draft, { minLength: 1, maxLength: 4, size: "max" }),
    exits,
    shared: sometimes(3, sharedDraft),
    rollback: sometimes(2, fc.oneof(fc.subarray(kinds), fc.constant(timeouts))),
    input: fc.record({ budget: fc.nat(6), value: fc.nat(9) }),
    timeout: sometimes(2, runDuration),
    compensationTimeout: sometimes(3, duration),
    signals,
    interruptAt: fc.oneof({ weight: 3, arbitrary: fc.constant(endOfTime) }, { weight: 2, arbitrary: runDuration }),
    forked: fc.boolean(),
    observed: weighted([2, false], [1, true]),
    traced: weighted([3, false], [1, true])
  })
  .map(({ drafts, exits, shared, ...rest }) => {
    const names = exits.map(({ name }) => name)
    const states = connect(drafts, names)
    const places = [...states.map(({ name }) => name), ...names]
    return { states, exits, shared: sharedBy(shared, places, names[0]!), ...rest }
  })
  .map(withUndosWithin)
