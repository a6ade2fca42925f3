import { Effect } from "effect"
import { Join } from "sluice"
import { OutOfStock, Shop } from "../right/shop.ts"

const Pack = Shop.split("Pack", {
  user: () => Effect.succeed("ann"),
  count: ({ payload }) => (payload.length > 0 ? Effect.succeed(1) : Effect.fail(new OutOfStock({ id: "a" })))
})

export const any = Pack.join(
  Join.any,
  ({ results, to }) => to.Shipped({ parcels: results.user }) // expect: 'user', 'value'
)
export const anyValue = Pack.join(
  Join.any,
  ({ results, to }) => to.Shipped({ parcels: results.value }) // expect: 'string | number', 'number'
)
export const quorum = Pack.join(
  Join.quorum(1),
  ({ results, to }) => to.Shipped({ parcels: results.count }) // expect: 'count'
)
export const partial = Pack.join(Join.partialResults(1), ({ results, to }) => {
  const [first] = results.successes
  const second = results.successes[1]
  if (first === undefined) return to.Cancelled()
  if (second?.branch === "count") return to.Shipped({ parcels: second.value })
  return to.Shipped({ parcels: first.value }) // expect: 'string | number', 'number'
})
export const partialUser = Pack.join(
  Join.partialResults(1),
  ({ results, to }) => to.Shipped({ parcels: results.count }) // expect: 'count'
)
export const settled = Pack.join(
  Join.settled,
  ({ results, to }) => to.Shipped({ parcels: results.interrupted.length }) // expect: 'interrupted'
)
export const tolerate = Pack.join(
  Join.tolerate({ failures: 1 }),
  ({ results, to }) => to.Shipped({ parcels: results.count }) // expect: 'count'
)
export const partialTimeout = Pack.join(
  Join.partialTimeout("1 second"),
  ({ results, to }) => to.Shipped({ parcels: results.count }) // expect: 'count'
)
export const all = Pack.join(
  Join.all,
  ({ results, to }) => to.Shipped({ parcels: results.cuont }) // expect: 'cuont', 'user', 'count'
)
export const failureBranch = Pack.join(Join.settled, ({ results, to }) =>
  results.failures.some((failure) => failure.branch === "user") // expect: '"user"', '"count"'
    ? to.Cancelled()
    : to.Shipped({ parcels: 1 })
)
