import { Effect } from "effect"
import { Join } from "sluice"
import { Shop } from "../right/shop.ts"

const Pack = Shop.split("Pack", {
  one: () => Effect.succeed(1),
  two: () => Effect.succeed(2),
  three: () => Effect.succeed(3)
})

export const tooMany = Pack.join(Join.quorum(4), ({ to }) => to.Cancelled()) // expect: 'quorum(4)', '3 branches'
export const zero = Join.quorum(0) // expect: 'quorum', 'at least 1', '0'
export const negative = Join.quorum(-1) // expect: 'quorum', 'at least 1', '-1'
export const fraction = Join.quorum(1.5) // expect: 'quorum', 'whole number', '1.5'
export const tiny = Join.quorum(1e-7) // expect: 'quorum', 'whole number', '1e-7'

export const partialTooMany = Pack.join(Join.partialResults(4), ({ to }) => to.Cancelled()) // expect: 'partialResults(4)', '3 branches'
export const partialZero = Join.partialResults(0) // expect: 'partialResults', 'at least 1', '0'
export const partialNegative = Join.partialResults(-2) // expect: 'partialResults', 'at least 1', '-2'
export const partialFraction = Join.partialResults(0.5) // expect: 'partialResults', 'whole number', '0.5'

const four = Join.quorum(4)
export const fromConstant = Pack.join(four, ({ to }) => to.Cancelled()) // expect: 'quorum(4)', '3 branches'

const required: 1 | 4 = Math.random() > 0.5 ? 1 : 4
export const oneOfTwo = Pack.join(Join.quorum(required), ({ to }) => to.Cancelled()) // expect: 'quorum(4)', '3 branches'
