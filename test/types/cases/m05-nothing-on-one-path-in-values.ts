import { Effect } from "effect"
import { Join } from "sluice"
import { Shop } from "../right/shop.ts"

// expect: "'Check'", 'every path'
export const Check = Shop.task("Check", ({ payload, to }) => {
  if (payload.total > 0) return to.Gather(payload)
})

// expect: "'Check'", 'every path'
export const route = Shop.route("Check", ({ payload, to }) => {
  if (payload.total > 0) return to.Gather(payload)
})

// expect: "'Gather'", 'every path'
export const Gather = Shop.task("Gather", function* ({ payload, to }) {
  yield* Effect.void
  if (payload.total > 0) return to.Ship({ id: payload.id, parcels: 1 })
  if (payload.total === 0) return to.Rejected("nothing ordered")
})

export const Pack = Shop.split("Pack", { one: () => Effect.succeed(1) })
  // expect: "'Pack'", 'every path'
  .join(Join.all, function* ({ results, to }) {
    yield* Effect.void
    if (results.one > 1) return to.Shipped({ parcels: results.one })
  })
  .timeout("1 second")

export const caught = Shop.task("Pack", ({ payload, to }) =>
  payload.length > 0 ? Effect.succeed(to.Shipped({ parcels: 1 })) : Effect.fail("empty")
)
  // expect: "'Pack'", 'every path'
  .catch(({ error, to }) => {
    if (error === "empty") return to.Cancelled()
  })
