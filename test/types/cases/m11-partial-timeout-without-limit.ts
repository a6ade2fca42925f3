import { Effect } from "effect"
import { Join } from "sluice"
import { Shop } from "../right/shop.ts"

const Pack = Shop.split("Pack", { one: () => Effect.succeed(1) })

export const called = Pack.join(Join.partialTimeout(), ({ to }) => to.Cancelled()) // expect: 'Expected 1 arguments, but got 0'

export const uncalled = Pack.join(Join.partialTimeout, ({ to }) => to.Cancelled()) // expect: 'duration'
