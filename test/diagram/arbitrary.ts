/** Graphs whose places have the names that a language of pictures, or JavaScript itself, has a use for. */
import { Schema } from "effect"
import * as fc from "fast-check"
import type { Diagram } from "sluice"

/** What every object has without having been given it. */
export const inherited = Object.getOwnPropertyNames(Object.prototype)

/** The words of Mermaid and of Graphviz, and those that the pictures use themselves. */
export const words = [
  ..."end state graph subgraph flowchart direction style linkStyle default class classDef click href call".split(" "),
  ..."interpolate TB TD BT LR RL v x o _self _blank _parent _top swimlane accTitle accDescr".split(" "),
  ..."start entry exit anyState any missed visited current failed interrupted place root cluster label".split(" "),
  ..."node edge digraph strict end_2 endless toString_2 Graph END".split(" ")
]

const texts = [
  ...['say "no"', "it's", "a b", "a_b", "a/b", "a\\", "a\\n", "%any", "~to A", "to A", "<b>", "&amp;", "R&D", "#35;"],
  ...["1", "1. x", "- x", "`x`", "direction TB", "style:#a;", "%%{init}%%", "x-->y", "a|b", "[]", "{}", "(())"],
  ...["\u00fcber", "状態", "😀", "\u202eabc", "", " ", "a\nb", "\u0000", "\u001b[31m", "\uffff", "A:B", "A:n"]
]

/** Names that are words of something, and what could be mistaken for syntax. */
export const awkward: ReadonlyArray<string> = [...inherited, ...words, ...texts]

const name = fc.oneof(
  fc.constantFrom(...awkward),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({ unit: "binary" })
)

/** The graph of a definition, also of one that is not sound: an exit is what has no targets. */
export const graphOf = (
  title: string,
  names: ReadonlyArray<string>,
  targetsOf: (index: number) => ReadonlyArray<string>,
  { entries = names.slice(0, 1), fallback = [] }: Partial<Pick<Diagram.Drawable["graph"], "entries" | "fallback">> = {}
): Diagram.Drawable => ({
  graph: {
    name: title,
    start: entries[0]!,
    entries,
    fallback,
    signals: [],
    cells: {},
    failure: undefined,
    places: names.map((name, index) => ({
      kind: targetsOf(index).length === 0 ? "exit" : "state",
      name,
      payload: Schema.Void,
      targets: targetsOf(index)
    }))
  }
})

export const drawable: fc.Arbitrary<Diagram.Drawable> = fc
  .uniqueArray(name, { minLength: 2, maxLength: 14 })
  .chain((names) => {
    const targets = fc.array(fc.array(fc.constantFrom(...names), { maxLength: 6 }), {
      minLength: names.length,
      maxLength: names.length
    })
    return fc
      .record({ fallback: fc.subarray(names), entries: fc.subarray(names, { minLength: 1 }), title: name, targets })
      .map(({ targets, title, ...rest }) => graphOf(title, names, (index) => targets[index]!, rest))
  })
