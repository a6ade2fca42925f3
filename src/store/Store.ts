/**
 * The typed store of a run: named cells that every handler and branch of the run can read and write.
 *
 * Payloads are the normal way to pass data on. The store is for what many states share and none should have to carry.
 */

import type { Schema } from "effect"
import { Effect, Option } from "effect"
import { StoreKeyMissing } from "../Errors.ts"
import type { InMemory } from "../types/Place.ts"

/** A cell that has a value from the beginning, so that reading it cannot fail. */
export interface Cell<out S extends CellSchema> {
  readonly _tag: "Cell"
  readonly schema: S
  readonly initial: S["Type"]
}

/** What a cell can hold. */
export type CellSchema = Schema.Constraint | InMemory<unknown>

/** The cells of a store by name: a schema for a cell that starts empty, a `Cell` for one with an initial value. */
export type CellRecord = Readonly<Record<string, CellSchema | Cell<CellSchema>>>

/** The value of a cell. */
export type ValueIn<Cells, K extends keyof Cells> =
  Cells[K] extends Cell<infer S> ? S["Type"] : Cells[K] extends { readonly Type: infer A } ? A : never

type Missing<Cells, K extends keyof Cells> = Cells[K] extends Cell<CellSchema> ? never : StoreKeyMissing

type ListKey<Cells> = {
  [K in keyof Cells]: ValueIn<Cells, K> extends ReadonlyArray<unknown> ? K : never
}[keyof Cells]

type ItemIn<Cells, K extends keyof Cells> = ValueIn<Cells, K> extends ReadonlyArray<infer A> ? A : never

/**
 * The store of one run. Every operation is atomic: concurrent branches lose no update. Nothing is rolled back: an
 * attempt that is retried repeats what it did to the store.
 */
export interface Store<Cells> {
  /** Reads a cell; fails with `StoreKeyMissing` when it has no value and no initial one. */
  readonly get: <K extends keyof Cells & string>(key: K) => Effect.Effect<ValueIn<Cells, K>, Missing<Cells, K>>
  /** Reads a cell that may have no value. */
  readonly getOption: <K extends keyof Cells & string>(key: K) => Effect.Effect<Option.Option<ValueIn<Cells, K>>>
  /** Writes a cell. */
  readonly set: <K extends keyof Cells & string>(key: K, value: ValueIn<Cells, K>) => Effect.Effect<void>
  /** Replaces the value of a cell by a function of it, and gives the new one; fails as `get` does. */
  readonly update: <K extends keyof Cells & string>(
    key: K,
    f: (value: ValueIn<Cells, K>) => ValueIn<Cells, K>
  ) => Effect.Effect<ValueIn<Cells, K>, Missing<Cells, K>>
  /** Replaces the value of a cell and gives a result computed with it, `[result, value]`; fails as `get` does. */
  readonly modify: <K extends keyof Cells & string, B>(
    key: K,
    f: (value: ValueIn<Cells, K>) => readonly [result: B, value: ValueIn<Cells, K>]
  ) => Effect.Effect<B, Missing<Cells, K>>
  /** Adds items to the end of a list; an empty cell becomes a list of them. */
  readonly append: <K extends ListKey<Cells> & string>(
    key: K,
    ...items: ReadonlyArray<ItemIn<Cells, K>>
  ) => Effect.Effect<void>
  /** Takes the value out of a cell; one with an initial value has that again. */
  readonly remove: (key: keyof Cells & string) => Effect.Effect<void>
  /** Whether a cell has a value. */
  readonly has: (key: keyof Cells & string) => Effect.Effect<boolean>
  /** The names of the cells that have a value, in the order of their declaration. */
  readonly keys: Effect.Effect<ReadonlyArray<keyof Cells & string>>
  /** Puts every cell back to how the run began. */
  readonly clear: Effect.Effect<void>
}

/**
 * A cell that begins with a value, for `.store({ ... })`.
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Workflow } from "sluice"
 *
 * class Counter extends Workflow.define("Counter")
 *   .store({ total: Workflow.cell(Schema.Number, { initial: 0 }) })
 *   .state("Add", Schema.Number, ["Done"])
 *   .exit("Done", Schema.Number)
 *   .start("Add") {}
 *
 * const counter = Counter.implement({
 *   *Add({ payload, store, to }) {
 *     return to.Done(yield* store.update("total", (total) => total + payload))
 *   }
 * })
 * ```
 */
export const cell = <S extends CellSchema>(schema: S, options: { readonly initial: S["Type"] }): Cell<S> => ({
  _tag: "Cell",
  schema,
  initial: options.initial
})

/** A store of which the engine knows no cell. */
export type AnyStore = Store<Readonly<Record<string, CellSchema>>>

/** Makes the store of a run from the cells of its definition. */
export const makeStore = (cells: CellRecord): AnyStore => {
  const initialValues = () =>
    Object.entries(cells).flatMap(
      ([key, cell]): Array<[string, unknown]> => ("_tag" in cell && cell._tag === "Cell" ? [[key, cell.initial]] : [])
    )
  const initial: ReadonlyMap<string, unknown> = new Map(initialValues())
  const values = new Map(initial)
  const modify = <B>(key: string, f: (value: unknown) => readonly [B, unknown]): Effect.Effect<B, StoreKeyMissing> =>
    Effect.suspend(() => {
      if (!values.has(key)) return Effect.fail(new StoreKeyMissing({ key }))
      const [result, value] = f(values.get(key))
      values.set(key, value)
      return Effect.succeed(result)
    })
  return {
    get: (key) =>
      Effect.suspend(() =>
        values.has(key) ? Effect.succeed(values.get(key)) : Effect.fail(new StoreKeyMissing({ key }))
      ),
    getOption: (key) => Effect.sync(() => (values.has(key) ? Option.some(values.get(key)) : Option.none())),
    set: (key, value) => Effect.sync(() => void values.set(key, value)),
    update: (key, f) =>
      modify(key, (value) => {
        const next = f(value)
        return [next, next]
      }),
    modify,
    append: (key, ...items) =>
      Effect.sync(() => {
        const list = values.get(key)
        values.set(key, Array.isArray(list) ? [...list, ...items] : items)
      }),
    remove: (key) =>
      Effect.sync(() => {
        if (initial.has(key)) values.set(key, initial.get(key))
        else values.delete(key)
      }),
    has: (key) => Effect.sync(() => values.has(key)),
    keys: Effect.sync(() => Object.keys(cells).filter((key) => values.has(key))),
    clear: Effect.sync(() => {
      values.clear()
      for (const [key, value] of initial) values.set(key, value)
    })
  }
}
