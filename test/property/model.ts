/**
 * Random workflows as plain data: what the engine runs and the reference interpreter predicts.
 *
 * All times are milliseconds of virtual time. They are drawn from a wide range, so that two unrelated events hardly ever
 * happen at the same instant; the reference says when they do, and such a scenario is not compared.
 */
import * as fc from "fast-check"

/** How a piece of work ends, unless it is interrupted first: with a value, a typed failure, a defect, never, or by interrupting itself. */
export type End = "succeed" | "Red" | "Blue" | "die" | "hang" | "interrupt"

/** What is to be cleaned up after a piece of work, and how long that takes. */
export interface Release {
  /** Acquired in the scope, or a finalizer of the work itself. */
  readonly how: "scope" | "ensuring"
  readonly delay: number
}

/** One attempt of what a user's function does. */
export interface Work {
  /** A plain value, an Effect made at once, an Effect made when it is run, or a generator. */
  readonly form: "plain" | "effect" | "lazy" | "generator"
  /** How long it takes; after `yield` it goes on at the same instant, but after whatever is ready by then. */
  readonly delay: number | "yield"
  readonly end: End
  readonly release: Release | undefined
}

/** What a function does at each attempt; the last one repeats. */
export type Script = readonly [Work, ...ReadonlyArray<Work>]

/** A function that ends in a transition: which of the targets, by the budget left. */
export interface Step {
  readonly script: Script
  readonly picks: ReadonlyArray<number>
}

/** A share of the branches, as an exact fraction. */
export interface Share {
  readonly part: number
  readonly of: number
}

export type Strategy =
  | { readonly _tag: "all" | "any" | "settled" }
  | { readonly _tag: "quorum" | "partialResults"; readonly required: number }
  | { readonly _tag: "percentage"; readonly share: Share }
  | { readonly _tag: "tolerateFailures"; readonly failures: number }
  | { readonly _tag: "tolerateRate"; readonly share: Share }
  | { readonly _tag: "partialTimeout"; readonly duration: number }

export interface Task {
  readonly _tag: "task"
  readonly step: Step
}

export interface Route {
  readonly _tag: "route"
  readonly end: "succeed" | "die"
  readonly picks: ReadonlyArray<number>
}

/** A split or a forEach. */
export interface Fan {
  readonly _tag: "split" | "forEach"
  readonly branches: ReadonlyArray<Script>
  readonly concurrency: number | "unbounded"
  readonly strategy: Strategy
  readonly join: Step
}

export type Policy =
  | { readonly _tag: "timeout"; readonly duration: number }
  | { readonly _tag: "retry"; readonly times: number }
  /** No tags: every failure. */
  | { readonly _tag: "catch"; readonly tags: ReadonlyArray<string>; readonly step: Step }

export interface State {
  readonly name: string
  /** The first one leads on towards an exit: it is taken when the budget is spent. */
  readonly targets: ReadonlyArray<string>
  readonly work: Task | Route | Fan
  readonly policies: ReadonlyArray<Policy>
}

/** The payload of every place. */
export interface Payload {
  /** How many more transitions are free to choose their target. */
  readonly budget: number
  readonly value: number
}

export interface Scenario {
  readonly states: ReadonlyArray<State>
  readonly exits: ReadonlyArray<string>
  readonly input: Payload
  /** When the run is interrupted from outside, should it last so long. */
  readonly interruptAt: number
  /** Run by `fork`, with its events, or by `run`. */
  readonly forked: boolean
}

/** No run lasts as long as this unless it hangs. */
export const endOfTime = 1_000_000_000

/** What a user's function does at an attempt, from 1. */
export const workAt = (script: Script, attempt: number): Work => script[Math.min(attempt, script.length) - 1]!

/** Where a step goes. */
export const targetOf = (state: State, picks: ReadonlyArray<number>, { budget }: Payload): string =>
  state.targets[budget <= 0 ? 0 : picks[budget % picks.length]! % state.targets.length]!

/** What a step takes along; `found` is the sum of what a join was given. */
export const payloadAfter = ({ budget, value }: Payload, found = 0): Payload => ({
  budget: Math.max(0, budget - 1),
  value: value + 1 + found
})

/** What a branch succeeds with. */
export const branchValue = (index: number, payload: Payload): number => 10 * (index + 1) + payload.budget

export const branchName = (index: number): string => `b${index}`

export const itemName = (index: number): string => `item ${index}`

const duration = fc.oneof(
  { weight: 4, arbitrary: fc.noBias(fc.integer({ min: 1, max: 100_000 })) },
  { weight: 1, arbitrary: fc.noBias(fc.integer({ min: 1, max: 1_000_000 })) }
)

const weighted = <A>(...choices: ReadonlyArray<readonly [weight: number, value: A]>): fc.Arbitrary<A> =>
  fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))

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

const script = (ends: fc.Arbitrary<End>): fc.Arbitrary<Script> =>
  fc.array(work(ends), { minLength: 1, maxLength: 3 }) as unknown as fc.Arbitrary<Script>

const picks = fc.array(fc.nat(7), { minLength: 1, maxLength: 4 })

const step = (ends: fc.Arbitrary<End>): fc.Arbitrary<Step> => fc.record({ script: script(ends), picks })

const taskEnds = weighted<End>([24, "succeed"], [5, "Red"], [4, "Blue"], [1, "die"], [1, "hang"], [1, "interrupt"])
const afterEnds = weighted<End>([30, "succeed"], [2, "Red"], [2, "Blue"], [1, "die"], [1, "hang"], [1, "interrupt"])

// A defect or an interruption ends the run, so that most fans have neither; some have many.
const branchEnds: ReadonlyArray<fc.Arbitrary<End>> = [
  weighted<End>([1, "succeed"]),
  weighted<End>([3, "succeed"], [1, "Red"], [1, "hang"]),
  weighted<End>([3, "succeed"], [2, "Red"], [2, "Blue"]),
  weighted<End>([1, "Red"], [1, "Blue"]),
  weighted<End>([8, "succeed"], [4, "Red"], [4, "Blue"], [2, "die"], [3, "hang"], [2, "interrupt"])
]

const branches = fc.oneof(
  ...branchEnds.map((ends) => fc.array(script(ends), { minLength: 0, maxLength: 5, size: "max" }))
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

const fan: fc.Arbitrary<Fan> = fc
  .record({
    _tag: fc.constantFrom("split", "forEach"),
    branches,
    concurrency: weighted<number | "unbounded">([4, "unbounded"], [1, 1], [2, 2], [1, 3]),
    strategy,
    join: step(afterEnds)
  })
  .map(withinBranches)

const task: fc.Arbitrary<Task> = fc.record({ _tag: fc.constant("task" as const), step: step(taskEnds) })

const route: fc.Arbitrary<Route> = fc.record({
  _tag: fc.constant("route" as const),
  end: weighted([19, "succeed"], [1, "die"]),
  picks
})

const tags = fc.oneof(
  fc.constant([]),
  fc.subarray(["Red", "Blue", "StateTimeout", "JoinTimeout", "QuorumNotReached", "AllBranchesFailed"], {
    minLength: 1
  }),
  fc.subarray(["Red", "Blue", "ToleranceExceeded", "NoBranchCompleted"], { minLength: 1 })
)

const policy: fc.Arbitrary<Policy> = fc.oneof(
  fc.record({ _tag: fc.constant("timeout" as const), duration }),
  fc.record({ _tag: fc.constant("retry" as const), times: fc.nat(3) }),
  fc.record({ _tag: fc.constant("catch" as const), tags, step: step(afterEnds) })
)

const policies = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 3, arbitrary: fc.array(policy, { maxLength: 3, size: "max" }) }
)

interface Draft {
  readonly work: Task | Route | Fan
  readonly policies: ReadonlyArray<Policy>
  readonly more: ReadonlyArray<number>
}

const draft: fc.Arbitrary<Draft> = fc.record({
  work: fc.oneof({ weight: 3, arbitrary: task }, { weight: 1, arbitrary: route }, { weight: 6, arbitrary: fan }),
  policies,
  more: fc.array(fc.nat(7), { maxLength: 3 })
})

/** Each state leads on to the next, the last one to every exit, and some elsewhere too: sound, with loops. */
const connect = (drafts: ReadonlyArray<Draft>, exits: ReadonlyArray<string>): ReadonlyArray<State> => {
  const names = drafts.map((_, index) => `S${index}`)
  const places = [...names, ...exits]
  return drafts.map(({ more, policies, work }, index) => ({
    name: names[index]!,
    targets: [
      ...new Set([
        ...(index === names.length - 1 ? exits : [names[index + 1]!]),
        ...more.map((pick) => places[pick % places.length]!)
      ])
    ],
    work,
    policies: work._tag === "route" ? [] : policies
  }))
}

export const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    drafts: fc.array(draft, { minLength: 1, maxLength: 4, size: "max" }),
    exits: fc.constantFrom(["Done"], ["Done", "Gone"]),
    input: fc.record({ budget: fc.nat(6), value: fc.nat(9) }),
    interruptAt: fc.oneof({ weight: 3, arbitrary: fc.constant(endOfTime) }, { weight: 2, arbitrary: duration }),
    forked: fc.boolean()
  })
  .map(({ drafts, exits, ...rest }) => ({ states: connect(drafts, exits), exits, ...rest }))

/** A scenario for a reader: one line a function. */
export const describe = (scenario: Scenario): string => {
  const { exits, forked, input, interruptAt, states } = scenario
  const interrupted = interruptAt === endOfTime ? "" : `, interrupted at ${interruptAt}`
  return [
    `${forked ? "fork" : "run"} ${states[0]!.name} with budget ${input.budget}, value ${input.value}${interrupted}; exits ${exits.join(", ")}`,
    ...states.flatMap(describeState)
  ].join("\n")
}

const describeState = ({ name, policies, targets, work }: State): ReadonlyArray<string> => [
  `${name} -> ${targets.join(" | ")}: ${describeHead(work)}`,
  ...describeBody(work),
  ...policies.map((policy) => `  .${describePolicy(policy)}`)
]

const describeHead = (work: Task | Route | Fan): string => {
  if (work._tag === "task") return `task ${describeStep(work.step)}`
  if (work._tag === "route") return `route, ${work.end}, picks ${work.picks.join(" ")}`
  const { concurrency, strategy } = work
  const cap = concurrency === "unbounded" ? "" : `, at most ${concurrency} at once`
  return `${work._tag} joined by ${describeStrategy(strategy)}${cap}`
}

const describeBody = (work: Task | Route | Fan): ReadonlyArray<string> =>
  "branches" in work
    ? [
        ...work.branches.map((branch, index) => `  ${branchName(index)}: ${describeScript(branch)}`),
        `  join: ${describeStep(work.join)}`
      ]
    : []

const describeStrategy = (strategy: Strategy): string => {
  if ("required" in strategy) return `${strategy._tag}(${strategy.required})`
  if ("share" in strategy) return `${strategy._tag}(${strategy.share.part}/${strategy.share.of})`
  if ("failures" in strategy) return `${strategy._tag}(${strategy.failures})`
  return "duration" in strategy ? `${strategy._tag}(${strategy.duration})` : strategy._tag
}

const describePolicy = (policy: Policy): string => {
  if (policy._tag === "timeout") return `timeout(${policy.duration})`
  if (policy._tag === "retry") return `retry(${policy.times})`
  return `catch(${policy.tags.join(", ")}) ${describeStep(policy.step)}`
}

const describeStep = ({ picks, script }: Step): string => `${describeScript(script)}, picks ${picks.join(" ")}`

const describeScript = (script: Script): string => script.map(describeWork).join("; then ")

const describeWork = ({ delay, end, form, release }: Work): string => {
  const after = delay === 0 ? "" : delay === "yield" ? " after a yield" : ` after ${delay}`
  const cleanUp = release === undefined ? "" : ` with a finalizer (${release.how}) of ${release.delay}`
  return `${form} ${end}${after}${cleanUp}`
}
