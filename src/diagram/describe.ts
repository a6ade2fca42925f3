/**
 * What is known of a handler, in a few words.
 */
import { DateTime, Duration } from "effect"
import { match } from "ts-pattern"
import type { GraphPolicy, GraphWork } from "../graph/Graph.ts"
import type { Strategy } from "../Join.ts"
import { count, mark } from "../text/words.ts"

/** What a state does, and what stands around it, a line each. */
export const describeHandler = (work: GraphWork): ReadonlyArray<string> => [
  ...describeWork(work),
  ...list([
    ...(work.strategy === undefined ? [] : [`join ${describeStrategy(work.strategy)}`]),
    ...around(work.policies)
  ])
]

/** What stands around every state. */
export const describeShared = (policies: ReadonlyArray<GraphPolicy>): ReadonlyArray<string> => list(around(policies))

const describeWork = (work: GraphWork): ReadonlyArray<string> => {
  const { callee, compensated, failures = 0, signals = [] } = work
  return match(work.kind)
    .with("task", "route", () => [])
    .with("split", () => lines(`split${atOnce(work)}: `, branchesOf(work)))
    .with("forEach", () => [`forEach${atOnce(work)}${compensated === true ? ` ${mark}` : ""}`])
    .with("wait", () =>
      signals.length === 0 ? [`pause: ${describeLimit(work.limit)}`] : lines("wait: ", [...signals, ...limitOf(work)])
    )
    .with("poll", () => [failures > 0 ? `poll, bears ${count(failures, "failure")}` : "poll"])
    .with("call", () => [`call: ${callee}`])
    .exhaustive()
}

const branchesOf = ({ branches = [], compensated }: GraphWork): ReadonlyArray<string> =>
  branches.map((branch) => (Array.isArray(compensated) && compensated.includes(branch) ? `${branch} ${mark}` : branch))

const atOnce = ({ concurrency }: GraphWork): string =>
  typeof concurrency === "number" ? ` (${concurrency} at once)` : ""

const limitOf = ({ limit }: GraphWork): ReadonlyArray<string> =>
  limit === undefined ? [] : [DateTime.isDateTime(limit) ? describeLimit(limit) : `at most ${describeLimit(limit)}`]

const describeLimit = (limit: GraphWork["limit"]): string => {
  if (limit === undefined || limit === "computed") return "a computed time"
  return Duration.isDuration(limit) ? Duration.format(limit) : `until ${DateTime.formatIso(limit)}`
}

const describeStrategy = (strategy: Strategy): string =>
  match(strategy)
    .with({ _tag: "all" }, { _tag: "any" }, { _tag: "settled" }, ({ _tag }) => _tag)
    .with({ _tag: "quorum" }, { _tag: "partialResults" }, ({ _tag, required }) => `${_tag} ${required}`)
    .with({ _tag: "percentage" }, ({ share }) => `percentage ${share}`)
    .with({ _tag: "tolerate" }, ({ limit }) =>
      "rate" in limit ? `tolerate rate ${limit.rate}` : `tolerate ${count(limit.failures, "failure")}`
    )
    .with({ _tag: "partialTimeout" }, ({ duration }) => `partialTimeout ${Duration.format(duration)}`)
    .exhaustive()

/** The policies in their order. Where a catch goes, the edges show; what is compensated, the marks. */
const around = (policies: ReadonlyArray<GraphPolicy>): ReadonlyArray<string> =>
  policies.flatMap((policy) =>
    match(policy)
      .with({ kind: "timeout" }, ({ duration }) => [`timeout ${Duration.format(duration)}`])
      .with({ kind: "retry" }, { kind: "guard" }, ({ kind }) => [kind])
      .with({ kind: "catch" }, { kind: "compensate" }, () => [])
      .exhaustive()
  )

const list = (words: ReadonlyArray<string>): ReadonlyArray<string> => (words.length === 0 ? [] : lines("", words))

/** As many words to a line as are easily read. */
const width = 40

/** A list after its head, in lines that are not too long. */
export const lines = (head: string, words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words.slice(1).reduce<ReadonlyArray<string>>(
    (done, word) => {
      const last = done.at(-1)!
      return last.length + word.length < width
        ? [...done.slice(0, -1), `${last}, ${word}`]
        : [...done.slice(0, -1), `${last},`, word]
    },
    [head + (words[0] ?? "")]
  )
