import { Effect } from "effect"
import { Join } from "sluice"
import { Check, Gather, Pack, Ship } from "../right/handlers.ts"
import { Shop } from "../right/shop.ts"

export const functions = Shop.implement({
  Check: ({ payload, to }) => to.Gather(payload), // expect: "'Check'", "'Rejected'", 'never'
  // expect: "'Gather'", "'Rejected'", 'never'
  *Gather({ payload, to }) {
    yield* Effect.log(payload.id)
    return to.Ship({ id: payload.id, parcels: 1 })
  },
  Ship: ({ to }) => Effect.succeed(to.Cancelled()), // expect: "'Ship'", "'Pack'", 'never'
  Pack
})

export const values = Shop.implement({
  Check: Shop.route("Check", ({ payload, to }) => to.Gather(payload)), // expect: "'Check'", "'Rejected'", 'never'
  Gather: Shop.task("Gather", ({ payload, to }) => to.Ship({ id: payload.id, parcels: 1 })), // expect: "'Gather'", "'Rejected'", 'never'
  Ship,
  // expect: "'Pack'", "'Cancelled'", 'never'
  Pack: Shop.forEach(
    "Pack",
    ({ payload }) => payload,
    ({ item }) => Effect.succeed(item)
  ).join(Join.all, ({ results, to }) => to.Shipped({ parcels: results.length }))
})

const JoinOnly = Shop.split("Gather", { one: () => Effect.succeed(1) })
  .join(Join.all, ({ payload, results, to }) => to.Ship({ id: payload.id, parcels: results.one }))
  .timeout("1 second")

export const withoutCatch = Shop.implement({
  Check,
  Gather: JoinOnly, // expect: "'Gather'", "'Rejected'", 'never'
  Ship,
  Pack
})

export const withCatch = Shop.implement({
  Check,
  Gather: JoinOnly.catchTag("JoinTimeout", ({ to }) => to.Rejected("too slow")),
  Ship,
  Pack
})

export const catchOnly = Shop.implement({
  Check,
  Gather: Gather.catch(({ to }) => to.Rejected("failed")),
  Ship: Shop.task("Ship", () => Effect.fail("closed")).catch(({ to }) => to.Cancelled()), // expect: "'Ship'", "'Pack'", 'never'
  Pack
})

export const several = Shop.implement({
  Check: Shop.task("Check", () => Effect.never), // expect: "'Check'", "'Gather'", "'Rejected'", 'never'
  Gather,
  Ship,
  Pack
})
