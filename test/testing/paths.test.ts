/** The ways through a workflow: all of them, none twice, in an order that does not change. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fc from "fast-check"
import { Workflow, WorkflowDefinitionError } from "sluice"
import * as Testing from "sluice/testing"
import type { Graph } from "../../src/graph/Graph.ts"
import { Checkout, checkout } from "./checkout.ts"

class Errand extends Workflow.define("Errand")
  .fallback(["Rescue"])
  .state("Go", Schema.Void, ["Try", "Home"])
  .state("Try", Schema.Int, ["Try", "Go", "Home"])
  .state("Rescue", Schema.Void, ["Lost"])
  .exit("Home", Schema.Void)
  .exit("Lost", Schema.Void)
  .start("Go", "Try") {}

const written = (paths: Iterable<ReadonlyArray<string>>) => [...paths].map((path) => path.join(" "))

describe("the paths", () => {
  it("go from the start to the exits, in the order of the declarations", () => {
    expect(written(Testing.paths(Errand))).toEqual(["Go Try Home", "Go Home"])
  })

  it("are those of the workflow and of its definition, and can be listed again", () => {
    const all = Testing.paths(checkout)
    expect(written(all)).toEqual(written(Testing.paths(Checkout)))
    expect(written(all)).toEqual(written(all))
    expect(written(all)).toContain("Check Price Limit Charge Approve Deliver Sent")
  })

  it("begin at the entries that are given", () => {
    expect(written(Testing.paths(Errand, { entries: ["Try", "Go"] }))).toEqual([
      "Try Go Home",
      "Try Home",
      "Go Try Home",
      "Go Home"
    ])
  })

  it("visit a state as often as they may", () => {
    expect(written(Testing.paths(Errand, { visits: 2 }))).toEqual([
      "Go Try Try Go Home",
      "Go Try Try Home",
      "Go Try Go Try Home",
      "Go Try Go Home",
      "Go Try Home",
      "Go Home"
    ])
  })

  it("leave states by the fallback when they are to, but not those of the fallback", () => {
    expect(written(Testing.paths(Errand, { fallback: true }))).toEqual([
      "Go Try Home",
      "Go Try Rescue Lost",
      "Go Home",
      "Go Rescue Lost"
    ])
  })

  it("come one by one, however many there are", () => {
    const names = Array.from({ length: 40 }, (_, index) => `S${index}`)
    const all = Testing.paths(machine(Object.fromEntries(names.map((name) => [name, [...names, "Done"]]))))
    const [first] = all
    expect(first).toEqual([...names, "Done"])
  })

  it("are not looked for where no exit is left to be reached", () => {
    const names = Array.from({ length: 40 }, (_, index) => `S${index}`)
    const targets = Object.fromEntries(names.map((name) => [name, names]))
    expect(written(Testing.paths(machine({ ...targets, S0: [...names, "Done"] })))).toEqual(["S0 Done"])
  })

  it("may be very long", () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `S${index}`)
    const targets = names.map((name, index) => [name, [names[index + 1] ?? "Done"]] as const)
    const [path, ...others] = Testing.paths(machine(Object.fromEntries(targets)))
    expect(path).toEqual([...names, "Done"])
    expect(others).toEqual([])
  })

  it("are those that can be followed", () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 1, max: 2 }), fc.boolean(), (graph, visits, fallback) => {
        const all = written(Testing.paths(graph, { entries: graph.graph.entries as never, visits, fallback }))
        expect(all).toEqual(bruteForce(graph.graph, visits, fallback))
        expect(new Set(all).size).toBe(all.length)
      })
    )
  })

  it("are refused options that make no sense, all at once", () => {
    const options = { entries: ["Home", "Go"], visits: 0.5 } as never
    expect(() => Testing.paths(Errand, options)).toThrow(
      expect.objectContaining({
        _tag: "WorkflowDefinitionError",
        workflow: "Errand",
        problems: [
          "visits must be a whole number of at least 1, not 0.5",
          "a path cannot begin at 'Home', which is not an entry"
        ]
      })
    )
    expect(() => Testing.paths(Errand, options)).toThrow(WorkflowDefinitionError)
  })

  const along = (path: Testing.Path<typeof Errand>) => {
    const next = path.values()
    next.next()
    return {
      Go: ({ to }: Workflow.Context<typeof Errand, "Go">) => (next.next().value === "Try" ? to.Try(1) : to.Home()),
      Try: ({ to }: Workflow.Context<typeof Errand, "Try">) => {
        const target = next.next().value
        return target === "Try" ? to.Try(1) : target === "Go" ? to.Go() : to.Home()
      }
    }
  }
  const errand = Errand.implement(
    {
      Go: ({ to }) => (Math.random() > 2 ? to.Try(1) : to.Home()),
      Try: ({ payload, to }) => (payload > 2 ? to.Home() : payload > 1 ? to.Go() : to.Try(payload + 1)),
      Rescue: ({ to }) => to.Lost()
    },
    { policy: (step) => step.timeout("1 second").catch(({ to }) => to.Rescue()) }
  )

  it.effect.each([...Testing.paths(errand, { visits: 2 })])("can be followed by a run: %s", (path) =>
    Effect.map(Testing.run(errand, undefined, { stubs: along(path) }), (report) =>
      Testing.assertReport(report, { path })
    )
  )
})

/** A definition made of a record of targets; every name that has none is an exit. */
const machine = (
  targets: Readonly<Record<string, ReadonlyArray<string>>>,
  fallback: ReadonlyArray<string> = [],
  entries: ReadonlyArray<string> = Object.keys(targets).slice(0, 1)
): typeof Errand => {
  const exits = [...new Set([...Object.values(targets).flat(), ...fallback])].filter((name) => !(name in targets))
  const place = (name: string) => ({ name, payload: Schema.Void })
  const graph: Graph = {
    ...Errand.graph,
    start: entries[0]!,
    entries,
    places: [
      ...Object.entries(targets).map(([name, targets]) => ({ ...place(name), kind: "state" as const, targets })),
      ...exits.map((name) => ({ ...place(name), kind: "exit" as const, targets: [] }))
    ],
    fallback
  }
  return { graph } as never
}

const names = ["A", "B", "C", "D"]

/** Some of them are no sound definitions: states that lead to no exit, and states that cannot be reached. */
const graphs = fc
  .record({
    targets: fc.array(fc.subarray([...names, "X", "Y"], { minLength: 1 }), { minLength: 1, maxLength: names.length }),
    fallback: fc.subarray([...names, "X"], { maxLength: 2 }),
    entries: fc.integer({ min: 1, max: 3 })
  })
  .map(({ entries, fallback, targets }) => {
    const states = names.slice(0, targets.length)
    const isDeclared = (name: string) => states.includes(name) || !names.includes(name)
    return machine(
      Object.fromEntries(
        states.map((state, index) => [state, [...targets[index]!.filter(isDeclared), "X"].slice(0, 3)])
      ),
      fallback.filter(isDeclared),
      states.slice(0, entries)
    )
  })

/** The same by trying everything, without looking ahead. */
const bruteForce = ({ entries, fallback, places }: Graph, visits: number, withFallback: boolean) => {
  const from = (path: ReadonlyArray<string>): ReadonlyArray<string> => {
    const name = path.at(-1)!
    const { kind, targets } = places.find((place) => place.name === name)!
    if (kind === "exit") return [path.join(" ")]
    if (path.filter((other) => other === name).length > visits) return []
    const falls = withFallback && !fallback.includes(name) ? fallback : []
    return [...new Set([...targets, ...falls])].flatMap((target) => from([...path, target]))
  }
  return entries.flatMap((entry) => from([entry]))
}
