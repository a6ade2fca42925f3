/** Events of random runs: such as an engine would tell, and any others. */
import { Cause, Exit } from "effect"
import * as fc from "fast-check"
import { type Event, Script } from "./Script.ts"

const states = [
  "Ask",
  "Gather",
  "Each",
  "Approve",
  "Book",
  "a state whose name is too long for any column",
  "状態",
  "<&>"
]

const millis = fc.oneof(fc.constant(0), fc.nat(50), fc.nat(100_000))
const name = fc.oneof(fc.constantFrom("a", "b", "geo", "a branch whose name is too long for any column"), fc.nat(2000))
const ending = fc.constantFrom("succeeded", "failed", "interrupted", "open")
const error = fc.constantFrom<unknown>({ _tag: "Down" }, new Error("no"), "a text", undefined, { _tag: 1 }, 42)

const branch = fc.record({ name, ending, error })

const visit = fc.record({
  state: fc.constantFrom(...states),
  millis,
  branches: fc.uniqueArray(branch, { maxLength: 30, selector: ({ name }) => name }),
  failures: fc.array(error, { maxLength: 3 }),
  wait: fc.option(fc.constantFrom("signal" as const, "time" as const, "answer" as const, "transition" as const)),
  undoing: fc.constantFrom("never", "undone", "not undone")
})

type ValueOf<A> = A extends fc.Arbitrary<infer Value> ? Value : never

type Visit = ValueOf<typeof visit>

const work = (script: Script, { branches, failures, millis, wait }: Visit, now: number): number => {
  let time = now
  const pass = () => {
    time += millis / 4
    script.at(time)
  }
  for (const failure of failures) {
    pass()
    script.fail(failure).retry(millis / 8, failure)
    time += millis / 8
  }
  script.branch(...branches.map(({ name }) => name))
  pass()
  for (const { ending, error, name } of branches) {
    if (ending === "succeeded") script.succeed(name)
    if (ending === "failed") script.failBranch(name, error)
    if (ending === "interrupted") script.stopBranch(name)
  }
  if (branches.length > 0) script.join("settled", branches.length)
  if (wait !== null && wait !== "transition") script.wait(wait, { signals: ["Yes"], until: time + millis })
  pass()
  if (wait === "signal") script.signal("Yes")
  return time
}

/** The events of a run that has ended, in the order in which an engine would tell them. */
export const run = (workflow: string, runId: string): fc.Arbitrary<ReadonlyArray<Event>> =>
  fc
    .record({
      start: fc.nat(1000),
      visits: fc.array(visit, { minLength: 1, maxLength: 30 }),
      fails: fc.boolean(),
      error
    })
    .map(({ error, fails, start, visits }) => {
      const script = new Script(workflow, runId, start).start(visits[0]!.state)
      let time = start
      for (const [index, one] of visits.entries()) {
        time = work(script, one, time)
        const next = visits[index + 1]
        if (next === undefined) break
        script.choose(next.state)
        if (one.wait === "transition") {
          script.wait("transition", { until: time + one.millis })
          time += one.millis
          script.at(time)
        }
        script.enter(next.state)
      }
      if (!fails) return script.exit("Done").events
      script.fail(error)
      for (const [index, { millis, state, undoing }] of visits.slice(0, -1).entries()) {
        const target = visits[index + 1]!.state
        if (undoing !== "never") script.undo(state, { target }, millis, undoing === "undone" ? undefined : error)
      }
      return script.finish(error === 42 ? Exit.failCause(Cause.interrupt(1)) : Exit.fail(error)).events
    })

/** The events of a run and one that it calls, and of others, of which the oldest and the newest may be missing. */
export const runs: fc.Arbitrary<ReadonlyArray<Event>> = fc
  .record({
    caller: run("Trip", "t-1"),
    callee: run("Flight", "t-1/Ask"),
    others: fc.array(run("Job", "j-1"), { maxLength: 3 }),
    missing: fc.array(fc.nat(40), { minLength: 4, maxLength: 4 })
  })
  .map(({ callee, caller, missing, others }) => {
    const [a = 0, b = 0, c = 0, d = 0] = missing
    const called = callee.map((event) =>
      event._tag === "RunStarted" ? { ...event, caller: { workflow: "Trip", runId: "t-1", state: "Ask" } } : event
    )
    const cut = <A>(all: ReadonlyArray<A>, first: number, last: number) =>
      all.slice(first % 3 === 0 ? first : 0, last % 3 === 0 ? -last : all.length)
    return [
      ...cut(caller, a, b),
      ...cut(called, c, d),
      ...others.flatMap((events, index) => events.map((event) => ({ ...event, runId: `j-${index}` })))
    ]
  })

/** Events in any order, many of them missing, as no engine would tell them. */
export const anything: fc.Arbitrary<ReadonlyArray<Event>> = runs.chain((events) =>
  fc.shuffledSubarray([...events], { maxLength: Math.min(events.length, 60) })
)
