/**
 * Pictures of workflows: Mermaid for pages that draw it, DOT for Graphviz, and SVG without a browser.
 *
 * The graph export of Effect has neither styles of edges nor groups, and its DOT no shapes either: there could be no
 * dashed fallback, no double border, and no workflow within another.
 */
import { Data, Effect } from "effect"
import { writeDot } from "./diagram/dot.ts"
import { writeMermaid } from "./diagram/mermaid.ts"
import { overlayRun } from "./diagram/overlay.ts"
import { makePicture } from "./diagram/Picture.ts"
import type { RunEvent } from "./Event.ts"
import type { Graph } from "./graph/Graph.ts"

/** What can be drawn: a definition, or a workflow, which also knows what its states do. */
export interface Drawable {
  readonly graph: Graph
}

/** Options of a diagram. */
export interface DiagramOptions {
  /** Where the transitions lead: `down` unless given, or to the `right`. */
  readonly direction?: "down" | "right"
  /**
   * Called workflows, to be drawn within the states that call them: definitions or workflows, found by their names,
   * however deep the calls are. The others are only named.
   */
  readonly callees?: ReadonlyArray<Drawable>
  /**
   * The events of a run, finished or not, to be drawn over it: the way it took, how often and how long it was in each
   * state, where it is or has ended, what failed, was interrupted, waited, tried again or was undone. Runs that it calls are
   * drawn over the `callees`.
   */
  readonly run?: ReadonlyArray<RunEvent>
}

/** The package that draws SVG is not installed, or could not be loaded. `cause` says why. */
export class GraphvizUnavailable extends Data.TaggedError("GraphvizUnavailable")<{
  readonly package: string
  readonly cause: unknown
}> {
  override get message(): string {
    return `The package '${this.package}', which draws SVG, could not be loaded: is it installed?`
  }
}

/**
 * Draws a definition or a workflow as a Mermaid flowchart, which GitHub and many other pages show as a picture.
 *
 * Exits have a thick border, states that only choose are hexagons, calls have double sides. A dashed edge leads from
 * "any state" to where a failure falls back to; `↺` marks what is undone. Above 500 edges or 50,000 characters, which a
 * page refuses unless it is told otherwise, a comment says so.
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Diagram, Workflow } from "sluice"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done"])
 *   .exit("Done", Schema.String)
 *   .start("Greet") {}
 *
 * console.log(Diagram.mermaid(Greeting, { direction: "right" }))
 * ```
 */
export const mermaid = (drawable: Drawable, options: DiagramOptions = {}): string =>
  writeMermaid(pictureOf(drawable, options), directionOf(options))

/**
 * Draws a definition or a workflow in DOT, the language of Graphviz: as `mermaid` does, with double borders for exits.
 */
export const dot = (drawable: Drawable, options: DiagramOptions = {}): string =>
  writeDot(pictureOf(drawable, options), directionOf(options))

/**
 * Draws a definition or a workflow as the text of an SVG file, as `dot` does, without a browser.
 *
 * It needs the package `@hpcc-js/wasm-graphviz`, which is loaded when the first picture is drawn; fails with
 * `GraphvizUnavailable` without it.
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Diagram, Workflow } from "sluice"
 *
 * class Greeting extends Workflow.define("Greeting")
 *   .state("Greet", Schema.String, ["Done"])
 *   .exit("Done", Schema.String)
 *   .start("Greet") {}
 *
 * const program: Effect.Effect<string, Diagram.GraphvizUnavailable> = Diagram.svg(Greeting)
 * ```
 */
export const svg = (drawable: Drawable, options: DiagramOptions = {}): Effect.Effect<string, GraphvizUnavailable> =>
  Effect.map(loadGraphviz(), (graphviz) => graphviz.layout(dot(drawable, options), "svg", "dot"))

const loadGraphviz = () =>
  Effect.tryPromise({
    // A catch at the import tells bundlers that the package may be missing.
    try: () => import("@hpcc-js/wasm-graphviz").catch(rethrow).then(({ Graphviz }) => Graphviz.load()),
    catch: (cause) => new GraphvizUnavailable({ package: "@hpcc-js/wasm-graphviz", cause })
  })

const rethrow = (cause: unknown): never => {
  throw cause
}

const pictureOf = ({ graph }: Drawable, { callees = [], run }: DiagramOptions) => {
  const picture = makePicture(
    graph,
    callees.map((callee) => callee.graph)
  )
  return run === undefined ? picture : overlayRun(picture, run)
}

const directionOf = ({ direction }: DiagramOptions): "TB" | "LR" => (direction === "right" ? "LR" : "TB")
