import { Effect } from "effect"
import { Batch, release, Wide } from "../right/values.ts"

const all = ({ payload }: { readonly payload: ReadonlyArray<string> }) => payload
const joined = Batch.forEach("Work", all, ({ item }) => item)

const one = () => 1
const effect = () => Effect.succeed([1])
const string = () => "abc"
function* generator() {
  return yield* effect()
}
export const items = Batch.forEach("Work", effect, one) // expect: "'Work'", 'are in an Effect'
export const characters = Batch.forEach("Work", string, one) // expect: "'Work'", 'characters of a string'
export const generated = Batch.forEach("Work", generator, one) // expect: "'Work'", 'yields Effects'

export const branches = Batch.split("Work", {
  uncalled: () => release, // expect: "branch 'uncalled'", 'a function'
  thunk: () => () => release(1), // expect: "branch 'thunk'", 'a function'
  several: () => [release(1), release(2)], // expect: "branch 'several'", 'an array of Effects'
  promises: () => [Promise.resolve(1)], // expect: "branch 'promises'", 'an array of Promises'
  nested: () => Effect.sync(() => release(1)), // expect: "branch 'nested'", 'an Effect'
  // expect: "branch 'returned'", 'an Effect'
  *returned() {
    return release(1)
  },
  generator: () => Effect.sync(generator) // expect: "branch 'generator'", 'a generator'
})
export const uncalled = Batch.forEach("Work", all, () => release) // expect: "'Work'", 'a function'
export const several = Batch.forEach("Work", all, () => [release(1), release(2)]) // expect: "'Work'", 'an array of Effects'
export const nested = Batch.forEach("Work", all, () => Effect.sync(() => release(1))) // expect: "'Work'", 'an Effect'

const Work = Batch.task("Work", ({ to }) => to.Done(1))
export const undoUncalled = Work.compensate({ Done: () => release }) // expect: "'Work'", "'Done'", 'a function'
export const undoThunk = Work.compensate({ Done: () => () => release(1) }) // expect: "'Work'", "'Done'", 'a function'
export const undoSeveral = Work.compensate({ Done: () => [release(1), release(2)] }) // expect: "'Work'", "'Done'", 'an array of Effects'
export const undoNested = Work.compensate({ Done: () => Effect.sync(() => release(1)) }) // expect: "'Work'", "'Done'", 'an Effect'
export const undoOnOnePath = Work.compensate({ Done: ({ payload }) => (payload > 1 ? release(1) : () => release(1)) }) // expect: "'Work'", "'Done'", 'a function'
const Split = Batch.split("Work", { a: () => 1 })
export const undoOfABranch = Split.compensate({ a: () => () => release(1) }) // expect: "'Work'", "'a'", 'a function'
export const undoOfABranchNested = Split.compensate({ a: () => Effect.sync(() => release(1)) }) // expect: "'Work'", "'a'", 'an Effect'
export const undoOfAnItem = joined.compensate(() => [release(1)]) // expect: "'Work'", 'each item', 'an array of Effects'
export const undoOfAnItemUncalled = joined.compensate(() => release) // expect: "'Work'", 'each item', 'a function'

export const input = Batch.call("Work", Wide, () => release(1), { End: ({ to }) => to.Done(1) }) // expect: "'Work'", 'an Effect'
