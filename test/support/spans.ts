/** A tracer that keeps its spans. */
import { Option, Tracer } from "effect"

/** Keeps every span that begins, in order. */
export class Spans {
  readonly all: Array<Tracer.NativeSpan> = []
  readonly tracer: Tracer.Tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      this.all.push(span)
      return span
    }
  })

  /** The names of the spans that have not ended. */
  get open(): ReadonlyArray<string> {
    return this.all.filter(({ status }) => status._tag === "Started").map(({ name }) => name)
  }

  /** The names of all spans, each below its parent. */
  tree(parent?: Tracer.AnySpan, depth = 0): ReadonlyArray<string> {
    return this.all
      .filter((span) => Option.getOrUndefined(span.parent) === parent)
      .flatMap((span) => ["  ".repeat(depth) + span.name, ...this.tree(span, depth + 1)])
  }
}
