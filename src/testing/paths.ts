/**
 * The ways through a workflow, from an entry to an exit.
 */
import { WorkflowDefinitionError } from "../Errors.ts"
import type { Graph } from "../graph/Graph.ts"
import type { AnyDefinition, EntryName, ExitName, StateName } from "../types/Table.ts"
import type { Workflow } from "../workflow/Implementation.ts"

/** A way through a workflow: the states in their order, and the exit. */
export type Path<D extends AnyDefinition> = readonly [...ReadonlyArray<StateName<D>>, ExitName<D>]

/** Options of `paths`. */
export interface PathOptions<D extends AnyDefinition> {
  /** The states that a path may begin at, in this order; only the start unless given. */
  readonly entries?: ReadonlyArray<EntryName<D>> | undefined
  /** How often a path may visit a state, at least 1, which it is unless given. */
  readonly visits?: number | undefined
  /**
   * Whether a path may leave a state for what `.fallback` declares; not unless given. Every state of every path can be left
   * so, always by the same policy; and a stand-in goes there by a failure, and not by its `to`.
   */
  readonly fallback?: boolean | undefined
}

type DefinitionOf<W> = W extends AnyDefinition ? W : W extends Workflow<infer D, infer _E, infer _R> ? D : AnyDefinition

/**
 * Every path through a workflow, or through its definition alone, from an entry to an exit: for a test of each.
 *
 * They come one by one, in the order in which the entries are given and the targets are declared, depth first. Their number
 * grows exponentially with the states that have several targets, and with `visits`; the time from one to the next only with
 * the product of its length and the edges, as no way is followed from which no exit is left to be reached. Throws a
 * `WorkflowDefinitionError` when an option makes no sense.
 *
 * ```ts
 * import { it } from "@effect/vitest"
 * import { Effect, Schema } from "effect"
 * import { Workflow } from "sluice"
 * import * as Testing from "sluice/testing"
 *
 * class Purchase extends Workflow.define("Purchase")
 *   .state("Review", Schema.Int, ["Charge", "Declined"])
 *   .state("Charge", Schema.Int, ["Paid", "Declined"])
 *   .exit("Paid", Schema.String)
 *   .exit("Declined", Schema.Void)
 *   .start("Review") {}
 *
 * const purchase = Purchase.implement({
 *   Review: ({ payload, to }) => (payload < 1000 ? to.Charge(payload) : to.Declined()),
 *   Charge: ({ payload, to }) => (payload > 0 ? to.Paid("r-1") : to.Declined())
 * })
 *
 * const along = (path: Testing.Path<typeof Purchase>) => ({
 *   Review: ({ to }: Workflow.Context<typeof Purchase, "Review">) =>
 *     path.includes("Charge") ? to.Charge(1) : to.Declined(),
 *   Charge: ({ to }: Workflow.Context<typeof Purchase, "Charge">) =>
 *     path.includes("Paid") ? to.Paid("r-1") : to.Declined()
 * })
 *
 * for (const path of Testing.paths(Purchase)) {
 *   it.effect(path.join(" → "), () =>
 *     Effect.map(Testing.run(purchase, 1, { stubs: along(path) }), (report) => Testing.assertReport(report, { path }))
 *   )
 * }
 * ```
 */
export const paths = <W extends { readonly graph: Graph }>(
  workflow: W,
  options: PathOptions<DefinitionOf<W>> = {}
): Iterable<Path<DefinitionOf<W>>> => {
  const { graph } = workflow
  const { entries = [graph.start], fallback = false, visits = 1 } = options
  const problems = [
    ...(Number.isInteger(visits) && visits >= 1 ? [] : [`visits must be a whole number of at least 1, not ${visits}`]),
    ...entries
      .filter((entry) => !graph.entries.includes(entry))
      .map((entry) => `a path cannot begin at '${entry}', which is not an entry`)
  ]
  if (problems.length > 0) throw new WorkflowDefinitionError({ workflow: graph.name, problems })
  const walk = new Walk(targetsOf(graph, fallback), visits)
  // The names are those of the definition's graph, and a path ends where there are no targets.
  return { [Symbol.iterator]: () => walk.from(entries) as Generator<never> }
}

type TargetsByName = ReadonlyMap<string, ReadonlyArray<string>>

/** Where each place leads; an exit nowhere. */
const targetsOf = ({ fallback, places }: Graph, withFallback: boolean): TargetsByName =>
  new Map(
    places.map(({ kind, name, targets }) => {
      const falls = withFallback && kind === "state" && !fallback.includes(name)
      return [name, [...new Set(falls ? [...targets, ...fallback] : targets)]]
    })
  )

class Walk {
  private readonly targets: TargetsByName
  private readonly visits: number

  constructor(targets: TargetsByName, visits: number) {
    this.targets = targets
    this.visits = visits
  }

  /** Goes through the tree of the paths with a stack of its own, as a path can be longer than that of the engine is deep. */
  *from(entries: ReadonlyArray<string>): Generator<ReadonlyArray<string>> {
    const path: Array<string> = []
    const visited = new Map<string, number>()
    const open = [entries.values()]
    let way: Array<string> = []
    while (open.length > 0) {
      const { done, value: name } = open.at(-1)!.next()
      if (done) {
        open.pop()
        const left = path.pop()
        if (left !== undefined) visited.set(left, visited.get(left)! - 1)
        continue
      }
      if (this.targetsOf(name).length === 0) {
        yield [...path, name]
        continue
      }
      // A way that was found holds as long as it is followed, and when it is gone back from.
      if (way.at(-1) !== name) way = this.wayOut(name, visited)
      if (way.pop() === undefined) continue
      path.push(name)
      visited.set(name, (visited.get(name) ?? 0) + 1)
      open.push(this.targetsOf(name).values())
    }
  }

  /** The shortest way from a state to an exit, backwards; empty when states would be visited too often on any. */
  private wayOut(state: string, visited: ReadonlyMap<string, number>): Array<string> {
    const isFree = (name: string) => (visited.get(name) ?? 0) < this.visits
    const before = new Map<string, string | undefined>(isFree(state) ? [[state, undefined]] : [])
    for (const [name] of before) {
      const targets = this.targetsOf(name)
      if (targets.length === 0) return [...backwards(name, before)]
      for (const target of targets) if (isFree(target) && !before.has(target)) before.set(target, name)
    }
    return []
  }

  private targetsOf(name: string): ReadonlyArray<string> {
    return this.targets.get(name) ?? []
  }
}

const backwards = function* (last: string, before: ReadonlyMap<string, string | undefined>): Generator<string> {
  for (let name: string | undefined = last; name !== undefined; name = before.get(name)) yield name
}
