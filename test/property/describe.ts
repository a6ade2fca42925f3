/**
 * A random workflow for a reader: one line a function.
 */
import {
  type Branch,
  branchName,
  endOfTime,
  type Policy,
  type Scenario,
  type Script,
  type State,
  type StateWork,
  type Step,
  type Strategy,
  type Undo,
  type Work
} from "./model.ts"

export const describe = (scenario: Scenario): string => {
  const { exits, forked, input, observed, rollback, shared, signals, states, traced } = scenario
  return [
    `${forked ? "fork" : "run"} ${states[0]!.name} with budget ${input.budget}, value ${input.value}${describeLimits(scenario)}${observed ? ", observed" : ""}${traced ? ", traced" : ""}`,
    `exits: ${exits.map(({ name, rollback }) => (rollback ? `${name}, which rolls back` : name)).join("; ")}`,
    ...(rollback === undefined ? [] : [`rolled back: ${rollback.join(", ")}`]),
    ...(signals.length === 0 ? [] : [`signals: ${signals.map(({ at, name }) => `${name} at ${at}`).join(", ")}`]),
    ...(shared.policies.length === 0 ? [] : [`shared, falling back to ${shared.fallback.join(" | ")}`]),
    ...shared.policies.map((policy) => `  .${describePolicy(policy)}`),
    ...states.flatMap(describeState)
  ].join("\n")
}

const describeLimits = ({ compensationTimeout, interruptAt, timeout }: Scenario): string =>
  [
    timeout === undefined ? "" : `, at most ${timeout}`,
    compensationTimeout === undefined ? "" : `, rolled back within ${compensationTimeout}`,
    interruptAt === endOfTime ? "" : `, interrupted at ${interruptAt}`
  ].join("")

const describeState = ({ name, policies, targets, undos, work }: State): ReadonlyArray<string> => [
  `${name} -> ${targets.join(" | ")}: ${describeHead(work)}`,
  ...describeBody(work),
  ...policies.map((policy) => `  .${describePolicy(policy)}`),
  ...undos.map((undo) => `  to ${undo.target} ${describeUndo(undo)}`)
]

const describeHead = (work: StateWork): string => {
  switch (work._tag) {
    case "task":
      return `task ${describeStep(work.step)}`
    case "route":
      return `route, ${work.end}, ${describeChoice(work)}`
    case "wait":
      return "wait"
    case "poll":
      return `poll with an answer every ${work.answersEvery}, again after ${work.spacing} up to ${work.times} times, bears ${work.failures} failures`
    default: {
      const cap = work.concurrency === "unbounded" ? "" : `, at most ${work.concurrency} at once`
      return `${work._tag} joined by ${describeStrategy(work.strategy)}${cap}`
    }
  }
}

const describeBody = (work: StateWork): ReadonlyArray<string> => {
  switch (work._tag) {
    case "task":
    case "route":
      return []
    case "wait":
      return [
        ...work.cases.map(({ signal, step }) => `  on ${signal}: ${describeStep(step)}`),
        ...(work.limit === undefined ? [] : [`  after ${work.limit.duration}: ${describeStep(work.limit.step)}`])
      ]
    case "poll":
      return [`  ask: ${describeStep(work.ask)}`]
    default:
      return [...work.branches.flatMap(describeBranch), `  join: ${describeStep(work.join)}`]
  }
}

const describeBranch = ({ script, undo }: Branch, index: number): ReadonlyArray<string> => [
  `  ${branchName(index)}: ${describeScript(script)}`,
  ...(undo === undefined ? [] : [`    ${describeUndo(undo)}`])
]

const describeUndo = ({ retries, script, timeout, uninterruptible }: Undo): string =>
  [
    `undone by ${describeScript(script)}`,
    retries === 0 ? "" : `, retried ${retries} times`,
    timeout === undefined ? "" : `, each within ${timeout}`,
    uninterruptible ? ", uninterruptible" : ""
  ].join("")

const describeStrategy = (strategy: Strategy): string => {
  if ("required" in strategy) return `${strategy._tag}(${strategy.required})`
  if ("share" in strategy) return `${strategy._tag}(${strategy.share.part}/${strategy.share.of})`
  if ("failures" in strategy) return `${strategy._tag}(${strategy.failures})`
  return "duration" in strategy ? `${strategy._tag}(${strategy.duration})` : strategy._tag
}

const describePolicy = (policy: Policy): string => {
  if (policy._tag === "timeout") return `timeout(${policy.duration})`
  if (policy._tag === "retry") {
    return `retry(${policy.times}${policy.spacing === undefined ? "" : `, each after ${policy.spacing}`})`
  }
  return `catch(${policy.tags.join(", ")}) ${describeStep(policy.step)}`
}

const describeStep = (step: Step): string => `${describeScript(step.script)}, ${describeChoice(step)}`

const describeChoice = ({ after, picks }: Pick<Step, "after" | "picks">): string =>
  `picks ${picks.join(" ")}${after === undefined ? "" : ` that take effect after ${after}`}`

const describeScript = (script: Script): string => script.map(describeWork).join("; then ")

const describeWork = ({ delay, end, form, release }: Work): string => {
  const after = delay === 0 ? "" : delay === "yield" ? " after a yield" : ` after ${delay}`
  const cleanUp = release === undefined ? "" : ` with a finalizer (${release.how}) of ${release.delay}`
  return `${form} ${end}${after}${cleanUp}`
}
