/**
 * `sluice diagram`: draws a definition or a workflow, or gives it as data.
 */
import { Console, Effect, FileSystem, Option, Path } from "effect"
import { CliError, Command, Flag } from "effect/cli"
import * as Diagram from "../Diagram.ts"
import { mermaidNotes } from "../diagram/mermaid.ts"
import type { Graph } from "../graph/Graph.ts"
import { visible } from "../text/visible.ts"
import { type NoJson, userErrors, WriteFailed } from "./errors.ts"
import { choose, findIn } from "./find.ts"
import { writeJson } from "./json.ts"
import { source } from "./load.ts"

const formats = ["mermaid", "dot", "svg", "json"] as const

type Format = (typeof formats)[number]

/** How the files of each format end. */
const endings = {
  mermaid: [".mermaid", ".mmd"],
  dot: [".dot", ".gv"],
  svg: [".svg"],
  json: [".json"]
} as const satisfies Record<Format, ReadonlyArray<string>>

const draw = (graph: Graph, format: Format): Effect.Effect<string, Diagram.GraphvizUnavailable | NoJson> => {
  switch (format) {
    case "mermaid":
      return Effect.tap(Effect.succeed(Diagram.mermaid({ graph })), (chart) =>
        Effect.forEach(mermaidNotes(chart), (note) => Console.error(`Note: ${note}`))
      )
    case "dot":
      return Effect.succeed(Diagram.dot({ graph }))
    case "svg":
      return Diagram.svg({ graph })
    case "json":
      return writeJson(graph)
  }
}

/** `sluice diagram FILE` */
export const diagram = Command.make(
  "diagram",
  {
    ...source,
    name: Flag.String("export").pipe(
      Flag.withDescription("The name of the export to draw, when there are several"),
      Flag.optional
    ),
    format: Flag.Literals("format", formats).pipe(
      Flag.withDescription("What to write; what the ending of --out says unless given, or else mermaid"),
      Flag.optional
    ),
    out: Flag.Path("out").pipe(
      Flag.withDescription("The file to write; `-` is the standard output, as without it"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ format, name, out, ...source }) {
    const path = yield* Path.Path
    const file = Option.filter(out, (file) => file !== path.resolve("-"))
    const chosen = yield* Option.match(
      Option.orElse(format, () => formatOf(path, file)),
      {
        onSome: Effect.succeed,
        onNone: () => unknownEnding(file)
      }
    )
    const { graph } = yield* choose(yield* findIn(source), name)
    const drawn = yield* draw(graph, chosen)
    if (Option.isNone(file)) return yield* Console.log(drawn.trimEnd())
    const fs = yield* FileSystem.FileSystem
    yield* Effect.mapError(
      fs.writeFileString(file.value, drawn),
      (cause) => new WriteFailed({ file: file.value, cause })
    )
  }, userErrors)
).pipe(
  Command.withDescription("Draws a definition or a workflow of a module, or gives its graph as JSON"),
  Command.withExamples([
    { command: "sluice diagram src/checkout.ts", description: "Print a Mermaid flowchart" },
    { command: "sluice diagram src/orders.ts --export refund --out refund.svg", description: "Draw one of several" }
  ])
)

/** What the ending of the file to write says; nothing when it is none of those there are. */
const formatOf = (path: Path.Path, out: Option.Option<string>): Option.Option<Format> =>
  Option.match(out, {
    onNone: () => Option.some("mermaid"),
    onSome: (file) => {
      const ending = path.extname(file).toLowerCase()
      return Option.fromUndefinedOr(formats.find((format) => endings[format].some((known) => known === ending)))
    }
  })

const unknownEnding = (out: Option.Option<string>) => {
  const expected = `a file that ends in ${formats.flatMap((format) => endings[format]).join(", ")}, or --format`
  const value = Option.getOrElse(out, () => "")
  const error = new CliError.InvalidValue({ option: "out", value: visible(value), expected, kind: "flag" })
  return Effect.fail(new CliError.ShowHelp({ commandPath: ["sluice", "diagram"], errors: [error] }))
}
