/**
 * `sluice diagram`: draws a definition or a workflow, or gives it as data.
 */
import { Console, Effect, FileSystem, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Diagram from "../Diagram.ts"
import type { Graph } from "../graph/Graph.ts"
import { userErrors, WriteFailed } from "./errors.ts"
import { choose, findIn } from "./find.ts"
import { writeJson } from "./json.ts"

const formats = ["mermaid", "dot", "svg", "json"] as const

type Format = (typeof formats)[number]

const draw = (graph: Graph, format: Format): Effect.Effect<string, Diagram.GraphvizUnavailable> => {
  switch (format) {
    case "mermaid":
      return Effect.succeed(Diagram.mermaid({ graph }))
    case "dot":
      return Effect.succeed(Diagram.dot({ graph }))
    case "svg":
      return Diagram.svg({ graph })
    case "json":
      return Effect.succeed(writeJson(graph))
  }
}

/** `sluice diagram FILE` */
export const diagram = Command.make(
  "diagram",
  {
    file: Argument.Path("file").pipe(Argument.withDescription("The module that exports it")),
    name: Flag.String("export").pipe(
      Flag.withDescription("The name of the export to draw, when there are several"),
      Flag.optional
    ),
    format: Flag.Literals("format", formats).pipe(
      Flag.withDescription("What to write; what the ending of --out says unless given, or else mermaid"),
      Flag.optional
    ),
    out: Flag.Path("out").pipe(
      Flag.withDescription("The file to write; the standard output unless given"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ file, format, name, out }) {
    const { graph } = yield* choose(yield* findIn(file), name)
    const drawn = yield* draw(
      graph,
      Option.getOrElse(format, () => formatOf(out))
    )
    if (Option.isNone(out)) return yield* Console.log(drawn.trimEnd())
    const fs = yield* FileSystem.FileSystem
    yield* Effect.mapError(fs.writeFileString(out.value, drawn), (cause) => new WriteFailed({ file: out.value, cause }))
  }, userErrors)
).pipe(
  Command.withDescription("Draws a definition or a workflow of a module, or gives its graph as JSON"),
  Command.withExamples([
    { command: "sluice diagram src/checkout.ts", description: "Print a Mermaid flowchart" },
    { command: "sluice diagram src/orders.ts --export refund --out refund.svg", description: "Draw one of several" }
  ])
)

/** What the ending of the file to write says. */
const formatOf = (out: Option.Option<string>): Format =>
  formats.find((format) => Option.exists(out, (file) => file.endsWith(`.${format}`))) ?? "mermaid"
