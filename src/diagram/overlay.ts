/**
 * Draws a run over the picture of its workflow: the way it took, where it is, and what happened in each state.
 */
import { match } from "ts-pattern"
import type { RunEvent } from "../Event.ts"
import { type Branch, calleesOf, nameBranch, type Run, type Stretch, type Visit, visitsOf } from "../history/History.ts"
import { readHistory } from "../history/readHistory.ts"
import { describeWait, formatMillis, nameCause, nameEnding } from "../history/words.ts"
import { count, mark } from "../text/words.ts"
import { lines } from "./describe.ts"
import type { NodeStatus, Picture, PictureEdge } from "./Picture.ts"

/** The picture of a workflow with what its runs among the events did. Of several it shows the sum. */
export const overlayRun = (picture: Picture, events: ReadonlyArray<RunEvent>): Picture => {
  const { end, runs } = readHistory(events)
  return overlay(picture, runsOf(picture.title, runs), end)
}

/** The runs of a workflow, without those that they call themselves. */
const runsOf = (workflow: string, runs: ReadonlyArray<Run>): ReadonlyArray<Run> =>
  runs.flatMap((run) => (run.workflow === workflow ? [run] : runsOf(workflow, calleesOf(run))))

const overlay = (picture: Picture, runs: ReadonlyArray<Run>, now: number): Picture => {
  const visits = runs.flatMap(visitsOf)
  const edges = markEdges(picture, runs, visits)
  const taken = new Set(edges.filter(({ isTaken }) => isTaken).map(({ from }) => from))
  return {
    title: [picture.title, ...describeRuns(runs, now)].join(", "),
    nodes: picture.nodes.map((node) => {
      if (node.place === undefined) return taken.has(node.id) ? node : { ...node, status: "missed" }
      const { place } = node
      const there = runs.filter((run) => run.place === place)
      const [status, lines] =
        node.kind === "exit"
          ? describeExit(there, visits.filter(({ target }) => target === place).length)
          : describeState(
              there,
              visits.filter(({ state }) => state === place),
              now
            )
      return { ...node, status, lines: [...node.lines, ...lines] }
    }),
    edges,
    callees: picture.callees.map(({ id, picture: inner }) => {
      const caller = picture.nodes.find((node) => node.id === id)?.place
      const called = visits.filter(({ state }) => state === caller).flatMap(({ callees }) => callees)
      return { id, picture: overlay(inner, runsOf(inner.title, called), now) }
    })
  }
}

const describeRuns = (runs: ReadonlyArray<Run>, now: number): ReadonlyArray<string> => {
  if (runs.length === 0) return ["no run"]
  if (runs.length > 1) return [count(runs.length, "run"), sumOf(runs, now)]
  return [sumOf(runs, now), ...runs.flatMap((run) => (run.end === undefined ? "running" : (nameEnding(run) ?? [])))]
}

const sumOf = (all: ReadonlyArray<Stretch>, now: number): string => {
  const sum = all.reduce((sum, { end = now, start }) => sum + end - start, 0)
  return all.some(({ end }) => end === undefined) ? `> ${formatMillis(sum)}` : formatMillis(sum)
}

const markEdges = (
  { edges, nodes }: Picture,
  runs: ReadonlyArray<Run>,
  visits: ReadonlyArray<Visit>
): ReadonlyArray<PictureEdge> => {
  const places = new Map(nodes.map(({ id, place }) => [id, place]))
  const placeOf = (id: string) => places.get(id)
  const keyOf = (from: string | undefined, to: string | undefined) => JSON.stringify([from, to])
  const declared = new Set(
    edges.filter(({ kind }) => kind === "transition").map(({ from, to }) => keyOf(placeOf(from), placeOf(to)))
  )
  const transitions = visits.map(({ state, target }) => ({ key: keyOf(state, target), target }))
  const taken = new Set(transitions.map(({ key }) => key))
  // A state that has no edge of its own to where it went has fallen back.
  const fallenTo = new Set<string | undefined>(
    transitions.filter(({ key }) => !declared.has(key)).map(({ target }) => target)
  )
  const entered = new Set<string | undefined>(runs.map(({ entry }) => entry))
  const calling = new Set<string | undefined>(
    visits.filter(({ callees }) => callees.length > 0).map(({ state }) => state)
  )
  const isTaken = ({ from, kind, to }: PictureEdge): boolean =>
    match(kind)
      .with("transition", () => taken.has(keyOf(placeOf(from), placeOf(to))))
      .with("fallback", () => fallenTo.has(placeOf(to)))
      .with("entry", () => entered.has(placeOf(to)))
      .with("call", () => calling.has(placeOf(from)))
      .exhaustive()
  return edges.map((edge) => ({ ...edge, isTaken: isTaken(edge) }))
}

type Description = readonly [NodeStatus, ReadonlyArray<string>]

/** An exit, by the runs that have ended there and how many went there. */
const describeExit = (runs: ReadonlyArray<Run>, arrivals: number): Description => {
  if (runs.length === 0 && arrivals === 0) return ["missed", []]
  const several = arrivals > 1 ? [count(arrivals, "run")] : []
  return [statusOf(runs), [...several, ...runs.flatMap((run) => nameEnding(run) ?? [])]]
}

const statusOf = (runs: ReadonlyArray<Run>): NodeStatus => {
  if (runs.some(({ end }) => end === undefined)) return "current"
  if (runs.some(({ ending }) => ending === "failed")) return "failed"
  return runs.some(({ ending }) => ending === "interrupted") ? "interrupted" : "visited"
}

/** A state, by its visits and the runs that are there or have ended there. */
const describeState = (runs: ReadonlyArray<Run>, visits: ReadonlyArray<Visit>, now: number): Description => {
  if (visits.length === 0) return ["missed", []]
  const attempts = visits.flatMap((visit) => visit.attempts)
  const branches = attempts.flatMap((attempt) => [...attempt.branches.values()])
  const waits = visits.flatMap((visit) => visit.waits)
  const retries = waits.filter((wait) => wait.for === "retry").length
  const caught = visits.flatMap((visit) => (visit.target === undefined ? [] : visit.attempts.slice(-1)))
  const happened = [
    describeTime(visits, waits, now),
    ...runs.flatMap((run) => (run.end === undefined ? describeNow(visits.at(-1)) : (nameEnding(run) ?? []))),
    ...(retries === 0 ? [] : [retries === 1 ? "1 retry" : `${retries} retries`]),
    ...named(caught.flatMap(nameCaught), "caught"),
    ...named(branches.filter(({ ending }) => ending === "failed").map(nameBranch), "failed"),
    ...named(branches.filter(({ ending }) => ending === "interrupted").map(nameBranch), "interrupted"),
    ...describeUndone(visits, () => ""),
    ...describeUndone(branches, nameBranch)
  ]
  return [statusOf(runs), happened]
}

/** How often and how long a state was visited, and how much of that was waiting. */
const describeTime = (visits: ReadonlyArray<Visit>, waits: ReadonlyArray<Stretch>, now: number): string => {
  const [took, waited] = [sumOf(visits, now), sumOf(waits, now)]
  const often = visits.length > 1 ? `${count(visits.length, "visit")}, ` : ""
  if (waits.length > 0) return waited === took ? `${often}${took} waiting` : `${often}${took}, ${waited} waiting`
  return often === "" && visits.every(({ end }) => end !== undefined) ? `took ${took}` : often + took
}

/** What a catch made up for; of an interruption it is not known why. */
const nameCaught = ({ cause, ending }: Stretch): ReadonlyArray<string> => {
  if (ending === "succeeded") return []
  return cause === undefined ? ["interruption"] : [nameCause(cause)]
}

const describeNow = (visit: Visit | undefined): string => {
  const wait = describeWait(visit?.waits.at(-1))
  return wait === undefined ? "now" : `now: ${wait}`
}

/** What was undone, and what could not be. */
const describeUndone = <A extends Visit | Branch>(
  all: ReadonlyArray<A>,
  nameOf: (one: A) => string
): ReadonlyArray<string> =>
  undoneWords.flatMap(([word, ending]) =>
    named(
      all.filter(({ undoing }) => undoing !== undefined && undoing.ending === ending).map(nameOf),
      `${mark} ${word}`
    )
  )

const undoneWords = [
  ["undone", "succeeded"],
  ["not undone", "failed"],
  ["is being undone", undefined]
] as const

/** More names than these are only counted. */
const namesShown = 6

/** What some had in common, in lines that are not too long. */
const named = (names: ReadonlyArray<string>, what: string): ReadonlyArray<string> => {
  const different = [...new Set(names)]
  if (different.length === 0) return []
  const more = different.length - namesShown
  const shown = more > 0 ? [...different.slice(0, namesShown), `${more} more`] : different
  const all = lines("", shown)
  return [...all.slice(0, -1), `${all.at(-1)} ${what}`.trimStart()]
}
