/** Pictures of workflows with a run drawn over them. */
import { it as effectIt } from "@effect/vitest"
import { Cause, Effect, Exit, Schema } from "effect"
import * as fc from "fast-check"
import { Diagram, Workflow } from "sluice"
import { describe, expect, it } from "vitest"
import { Flight } from "../../examples/travel-booking/flight.ts"
import { Hotel } from "../../examples/travel-booking/hotel.ts"
import { trip } from "../../examples/travel-booking/trip.ts"
import { anything, runs } from "../timeline/arbitrary.ts"
import { type Event, Script } from "../timeline/Script.ts"
import { countdown, diamond, everything, Inner, middle, outer, sixty } from "./graphs.ts"
import { decodeId, readMermaid, readSvg } from "./read.ts"

const down = { _tag: "Down" }

/** A workflow in which one state has an edge of its own to where any may fall back. */
class Guarded extends Workflow.define("Guarded")
  .fallback(["GivenUp"])
  .state("Ask", Schema.Void, ["Tell", "GivenUp"])
  .state("Tell", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .exit("GivenUp", Schema.Void)
  .start("Ask", "Tell") {}

/** What a picture says of a run: the lines of its nodes, what the run has to do with them, and the way it took. */
const overlay = (
  drawable: Diagram.Drawable,
  run: ReadonlyArray<Event>,
  callees: ReadonlyArray<Diagram.Drawable> = []
) => {
  const source = Diagram.mermaid(drawable, { run, callees })
  const before = readMermaid(Diagram.mermaid(drawable, { callees }))
  const { nodes, statuses, taken, unread } = readMermaid(source)
  expect(unread).toBe(0)
  const added = (id: string) => {
    const known = before.nodes.find((node) => node.id === id)!.lines.length
    return nodes.find((node) => node.id === id)!.lines.slice(known)
  }
  return {
    title: /title: "(.*)"/.exec(source)![1],
    added,
    statusOf: (id: string) => statuses.get(id),
    with: (status: string) => nodes.filter(({ id }) => statuses.get(id) === status).map(({ id }) => id),
    taken: taken.map(({ from, to }) => `${from} ${to}`)
  }
}

describe("a run", () => {
  it("stands out from what it has not touched, in Mermaid", () => {
    const run = new Script("Diamond", "r-1").start("Choose").at(2).to("Left").at(10).to("Meet").at(12).exit("Done")
    expect(Diagram.mermaid(diamond, { run: run.events })).toMatchInlineSnapshot(`
      "---
      title: "Diamond, 12 ms"
      ---
      flowchart TB
        to_Choose((" ")):::start
        Choose("Choose<br/>took 2 ms")
        Left("Left<br/>took 8 ms")
        Right("Right")
        Meet("Meet<br/>took 2 ms")
        Done(["Done"]):::exit
        to_Choose --> Choose
        Choose --> Left
        Choose --> Right
        Left --> Meet
        Right --> Meet
        Meet --> Done
        classDef start fill:#888,stroke:#888
        classDef exit stroke-width:4px
        classDef missed opacity:0.65
        class Right missed
        classDef visited fill:#ddeefa,stroke:#0072b2,color:#1f2328
        class Choose,Left,Meet,Done visited
        linkStyle 0,1,3,5 stroke:#0072b2,stroke-width:3px
        linkStyle 2,4 opacity:0.5
      "
    `)
  })

  it("stands out from what it has not touched, in DOT", () => {
    const run = new Script("Diamond", "r-1").start("Choose").at(2).to("Left").at(10).to("Meet").at(12).exit("Done")
    expect(Diagram.dot(diamond, { run: run.events })).toMatchInlineSnapshot(`
      "digraph "Diamond, 12 ms" {
        graph [label="Diamond, 12 ms" labelloc=t fontname=Helvetica fontsize=16 nodesep=0.3 ranksep=0.4 rankdir=TB]
        node [shape=box style="rounded,filled" fillcolor="#f6f8fa" color="#57606a"]
        node [fontname=Helvetica fontsize=12 height=0.4 margin="0.3,0.08"]
        edge [color="#57606a" arrowsize=0.7]
        "~to Choose" [label="" shape=circle width=0.15 height=0.15 fixedsize=true fillcolor="#57606a"]
        "Choose" [label="Choose\\ntook 2 ms" fillcolor="#ddeefa" color="#0072b2" penwidth=1.5]
        "Left" [label="Left\\ntook 8 ms" fillcolor="#ddeefa" color="#0072b2" penwidth=1.5]
        "Right" [label="Right" fillcolor=white color="#c8d1da" fontcolor="#818b98"]
        "Meet" [label="Meet\\ntook 2 ms" fillcolor="#ddeefa" color="#0072b2" penwidth=1.5]
        "Done" [label="Done" peripheries=2 fillcolor="#ddeefa" color="#0072b2" penwidth=1.5]
        "~to Choose" -> "Choose" [color="#0072b2" penwidth=2]
        "Choose" -> "Left" [color="#0072b2" penwidth=2]
        "Choose" -> "Right" [color="#c8d1da"]
        "Left" -> "Meet" [color="#0072b2" penwidth=2]
        "Right" -> "Meet" [color="#c8d1da"]
        "Meet" -> "Done" [color="#0072b2" penwidth=2]
      }
      "
    `)
  })

  it("says how often and how long it was in each state", () => {
    const run = new Script("Everything", "r-1")
      .start("Choose")
      .at(1)
      .to("Gather")
      .at(40)
      .to("Each")
      .at(50)
      .to("Approve")
    run.at(70).to("Rest").at(80).to("Until").at(90).to("Book").at(100).to("Gather").at(120).to("Each")
    const { added, taken, title } = overlay(everything, run.at(125).events)
    expect(title).toBe("Everything, > 120 ms, running")
    expect(added("Gather")).toEqual(["2 visits, 59 ms"])
    expect(added("Each")).toEqual(["2 visits, > 10 ms", "now"])
    expect(added("Approve")).toEqual(["took 20 ms"])
    expect(added("Ask")).toEqual([])
    expect(taken).toEqual([
      ...["to_Choose Choose", "Choose Gather", "Gather Each", "Each Approve", "Approve Rest"],
      ...["Rest Until", "Until Book", "Book Gather"]
    ])
  })

  it("says where it is, and for what it waits", () => {
    const run = new Script("Everything", "r-1").start("Approve").wait("signal", { signals: ["Yes", "No"] })
    const { added, statusOf, taken, with: all } = overlay(everything, run.events)
    expect(statusOf("Approve")).toBe("current")
    expect(added("Approve")).toEqual(["> 0 ms waiting", "now: waits for Yes, No"])
    expect(taken).toEqual(["to_Approve Approve"])
    expect(all("missed")).toEqual([
      ...["to_Choose", "Choose", "Gather", "Each", "Ask", "Rest", "Until", "Book", "Apologise"],
      ...["Done", "Refused", "Failed", "any"]
    ])
  })

  it("says how long it waited, and that it had to wait for a transition", () => {
    const run = new Script("Everything", "r-1").start("Rest").wait("time", { until: 30 }).at(30).to("Until").at(40)
    run.choose("Book").wait("transition", { until: 60 })
    expect(overlay(everything, run.events).added("Rest")).toEqual(["30 ms waiting"])
    const { added, statusOf, taken } = overlay(everything, run.at(60).enter("Book").events)
    expect(added("Until")).toEqual(["30 ms, 20 ms waiting"])
    expect(statusOf("Book")).toBe("current")
    expect(taken).toEqual(["Rest Until", "Until Book"])
  })

  it("says where it failed, what it tried again, and what was caught", () => {
    const run = new Script("Everything", "r-1").start("Choose").at(5).fail(down).retry(5, down).at(20).fail(down)
    run.to("Approve").at(30).fail("no")
    const { added, statusOf, title } = overlay(everything, run.finish(Exit.fail({ _tag: "Refusal" })).events)
    expect(title).toBe("Everything, 30 ms, failed: Refusal")
    expect(added("Choose")).toEqual(["20 ms, 5 ms waiting", "1 retry", "Down caught"])
    expect(statusOf("Choose")).toBe("visited")
    expect(statusOf("Approve")).toBe("failed")
    expect(added("Approve")).toEqual(["took 10 ms", "failed: Refusal"])
  })

  it("names the branches that failed, were interrupted, and were undone", () => {
    const run = new Script("Everything", "r-1").start("Gather").branch("user", "geo", "device", "inventory")
    run.at(10).failBranch("user", down).failBranch("device", down).stopBranch("inventory").succeed("geo")
    run.undo("Gather", { branch: "geo" }, 5).choose("Each").enter("Each").branch(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    for (const item of [0, 1, 2, 3, 4, 5, 6, 7, 8]) run.stopBranch(item)
    const { added } = overlay(everything, run.succeed(9).undo("Each", { branch: 9 }, 0, down).to("Approve").events)
    expect(added("Gather")).toEqual(["took 15 ms", "user, device failed", "inventory interrupted", "geo ↺ undone"])
    expect(added("Each")).toEqual([
      "took 0 ms",
      "item 0, item 1, item 2, item 3, item 4,",
      "item 5, 3 more interrupted",
      "item 9 ↺ not undone"
    ])
  })

  it("marks the steps that were undone, and the one that is being", () => {
    const run = new Script("Everything", "r-1").start("Book").at(10).to("Gather").at(20).to("Each").at(30).fail(down)
    run.undo("Gather", { target: "Each" }, 5, down)
    const started = run.undo("Book", { target: "Gather" }, 5).events
    expect(overlay(everything, started).added("Gather")).toEqual(["took 10 ms", "↺ not undone"])
    expect(overlay(everything, started).added("Book")).toEqual(["took 10 ms", "↺ undone"])
    expect(overlay(everything, started.slice(0, -1)).added("Book")).toEqual(["took 10 ms", "↺ is being undone"])
  })

  it("says where it was interrupted", () => {
    const run = new Script("Diamond", "r-1")
      .start("Choose")
      .at(10)
      .stop()
      .finish(Exit.failCause(Cause.interrupt(1)))
    const { added, statusOf, title } = overlay(diamond, run.events)
    expect(title).toBe("Diamond, 10 ms, interrupted")
    expect(statusOf("Choose")).toBe("interrupted")
    expect(added("Choose")).toEqual(["took 10 ms", "interrupted"])
  })

  it("that failed at an exit, as not everything could be undone, failed there", () => {
    const run = new Script("Everything", "r-1").start("Approve").at(5).choose("Refused")
    const failed = run.events.concat(
      new Script("Everything", "r-1", 9)
        .add("RunFinished", { exit: Exit.fail({ _tag: "CompensationFailed" }), duration: 9 })
        .events.map((event) => ({ ...event, state: "Refused" }))
    )
    const { added, statusOf } = overlay(everything, failed)
    expect(statusOf("Refused")).toBe("failed")
    expect(added("Refused")).toEqual(["failed: CompensationFailed"])
  })

  it("lights up the fallback when a state went there that has no such edge of its own", () => {
    const run = new Script("Everything", "r-1").start("Choose").at(10).fail(down).to("Apologise").at(12).exit("Failed")
    const { statusOf, taken } = overlay(everything, run.events)
    expect(taken).toEqual(["to_Choose Choose", "Apologise Failed", "any Apologise"])
    // It stays as it is.
    expect(statusOf("any")).toBeUndefined()
    expect(statusOf("to_Approve")).toBe("missed")
  })

  it("does not, when the state has one", () => {
    const runTo = (state: "Ask" | "Tell") =>
      new Script("Guarded", "r-1").start(state).at(10).fail(down).exit("GivenUp").events
    expect(overlay(Guarded, runTo("Ask")).taken).toEqual(["to_Ask Ask", "Ask GivenUp"])
    expect(overlay(Guarded, runTo("Tell")).taken).toEqual(["to_Tell Tell", "any GivenUp"])
  })

  it("of which the beginning is missing is drawn from where it is known", () => {
    const run = new Script("Diamond", "r-1").start("Choose").at(2).to("Left").at(10).to("Meet").at(12).exit("Done")
    const { taken, with: all } = overlay(diamond, run.events.slice(3))
    expect(taken).toEqual(["Choose Left", "Left Meet", "Meet Done"])
    expect(all("missed")).toEqual(["to_Choose", "Right"])
  })
})

describe("several runs", () => {
  it("of one workflow count together", () => {
    const runs = [0, 1, 2].flatMap((n) => {
      const run = new Script("Diamond", `r-${n}`)
        .start("Choose")
        .at(10)
        .to(n === 2 ? "Right" : "Left")
        .at(20)
      return n === 1 ? run.events : run.to("Meet").at(30).exit("Done").events
    })
    const { added, statusOf, title } = overlay(diamond, runs)
    expect(title).toBe("Diamond, 3 runs, > 90 ms")
    expect(added("Choose")).toEqual(["3 visits, 30 ms"])
    expect(added("Left")).toEqual(["2 visits, > 30 ms", "now"])
    expect(added("Done")).toEqual(["2 runs"])
    expect(statusOf("Left")).toBe("current")
  })

  it("of others are not in the picture", () => {
    const run = new Script("Other", "r-1").start("Choose").at(10).to("Left").at(20).exit("Done")
    for (const events of [run.events, []]) {
      const { taken, title, with: all } = overlay(diamond, events)
      expect(title).toBe("Diamond, no run")
      expect(all("missed")).toEqual(["to_Choose", "Choose", "Left", "Right", "Meet", "Done"])
      expect(taken).toEqual([])
    }
  })

  it("that a run calls are drawn where they were called", () => {
    const caller = (state: string) => ({ workflow: "Outer", runId: "o-1", state })
    const run = new Script("Outer", "o-1").start("Call").at(30).to("Again")
    const first = new Script("Middle", "o-1/Call").start("Call", caller("Call")).at(20).exit("Done")
    const inner = new Script("Inner", "o-1/Call/Call")
    inner.start("Work", { workflow: "Middle", runId: "o-1/Call", state: "Call" }).at(15).fail(down).exit("Failed")
    const second = new Script("Middle", "o-1/Again", 30).start("Call", caller("Again"))
    const events = [...run.events, ...first.events, ...inner.events, ...second.events]
    const { added, statusOf, taken } = overlay(outer, events, [middle, Inner])
    expect(added("Call_Call")).toEqual(["took 20 ms"])
    expect(added("Call_Call_Work")).toEqual(["took 15 ms", "Down caught"])
    expect(statusOf("Again_Call")).toBe("current")
    expect(statusOf("Again_Call_Work")).toBe("missed")
    expect(taken).toEqual([
      ...["to_Call Call", "Call Again", "Call Call_Call", "Again Again_Call", "Call_Call Call_Done"],
      ...["Call_Call Call_Call_Work", "Call_Call_any Call_Call_Failed"]
    ])
    // A picture of a callee takes its runs out of the same events.
    expect(overlay(middle, events).added("Call")).toEqual(["2 visits, > 20 ms", "now"])
    expect(Diagram.mermaid(outer, { run: events, callees: [middle] })).toContain('["Middle, 20 ms"]')
  })

  it("that a run of the same workflow calls are not mixed with it", () => {
    const run = new Script("Countdown", "c-1").start("Check").at(10).to("Again").at(40).exit("Done")
    const again = new Script("Countdown", "c-1/Again", 10)
    again.start("Check", { workflow: "Countdown", runId: "c-1", state: "Again" }).at(40).exit("Done")
    const { added, taken } = overlay(countdown, [...run.events, ...again.events], [countdown])
    expect(added("Check")).toEqual(["took 10 ms"])
    expect(taken).toEqual(["to_Check Check", "Check Again", "Again Done"])
  })
})

describe("as SVG", () => {
  effectIt.effect("a run and those it calls are drawn", () =>
    Effect.gen(function* () {
      const run = new Script("Trip", "t-1").start("BookFlight").at(50).to("BookHotel")
      const flight = new Script("Flight", "t-1/BookFlight")
      flight
        .start("Hold", { workflow: "Trip", runId: "t-1", state: "BookFlight" })
        .at(20)
        .to("Issue")
        .at(50)
        .exit("Booked")
      const picture = readSvg(
        yield* Diagram.svg(trip, { run: [...run.events, ...flight.events], callees: [Flight, Hotel] })
      )
      const linesOf = (id: string) => picture.nodes.find((node) => node.id === id)!.lines
      expect(linesOf("BookFlight/Issue")).toEqual(["Issue", "took 30 ms"])
      expect(linesOf("BookHotel")).toEqual(["BookHotel", "call: Hotel", "> 0 ms", "now"])
      expect(picture.groups).toEqual(["Flight, 50 ms", "Hotel, no run"])
      expect(picture.overlaps).toEqual([])
    })
  )

  effectIt.effect.each(["down", "right"] as const)(
    "the way of a run, drawn %s, arrives wherever it leads",
    (direction) =>
      Effect.gen(function* () {
        for (const { name, targets } of sixty().graph.places) {
          for (const target of targets) {
            const run = new Script("Sixty", "s-1").start(name).at(5).choose(target).events
            const { edges, overlaps } = readSvg(yield* Diagram.svg(sixty(), { run, direction }))
            const title = `${name}->${target}`
            const way = edges.filter((edge) => edge.taken && !edge.title.startsWith("~to"))
            expect(way).toEqual([expect.objectContaining({ title, arrives: true })])
            expect(overlaps).toEqual([])
          }
        }
      })
  )

  it.each([
    ["runs as an engine tells them", runs],
    ["events in any order", anything]
  ] as const)("%s leave every node and edge in the picture", async (_, arbitrary) => {
    const workflow = (name: string) => ({ graph: { ...everything.graph, name } })
    const plain = readMermaid(Diagram.mermaid(workflow("Trip"), { callees: [workflow("Flight")] }))
    const places = everything.graph.places.map(({ name }) => name)
    await fc.assert(
      fc.asyncProperty(arbitrary, async (run) => {
        const { edges, nodes, unread } = readMermaid(Diagram.mermaid(workflow("Trip"), { run }))
        expect(nodes.map(({ id, lines }) => [id, lines[0]])).toEqual(plain.nodes.map(({ id, lines }) => [id, lines[0]]))
        expect(edges).toEqual(plain.edges)
        expect(unread).toBe(0)
        const picture = readSvg(await Effect.runPromise(Diagram.svg(workflow("Trip"), { run })))
        const drawn = picture.nodes.map(({ id }) => decodeId(id)).filter((id) => !id.startsWith("~"))
        expect(drawn.toSorted()).toEqual(places.toSorted())
        expect(picture.overlaps).toEqual([])
      }),
      { numRuns: 50 }
    )
  })
})
