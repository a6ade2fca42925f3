/** Compensations of every form: of a state, of branches, of items, anywhere among the policies. */
import { Effect, Schedule } from "effect"
import { Join } from "sluice"
import { Depot, Hold, Offline, Purchase, Teller } from "./purchase.ts"

/** The compensation stands between policies; those before and after keep their meaning. */
export const Reserve = Purchase.task("Reserve", function* ({ payload, to }) {
  const hold = yield* Depot.use((depot) => depot.hold(payload.id))
  return hold.parcels > 0 ? to.Charge(hold) : to.SoldOut()
})
  .timeout("1 second")
  .compensate({ Charge: ({ payload }) => Depot.use((depot) => depot.free(payload.id)) })
  .retry({ times: 2 })
  .catchTag("StateTimeout", ({ to }) => to.SoldOut())

/** Two targets, each with its own compensation and options. */
export const Charge = Purchase.task("Charge", ({ payload, to }) =>
  payload.parcels > 0 ? to.Review({ charge: payload.id }) : to.Cancelled("nothing to charge")
)
  .compensate(
    {
      *Review({ payload, store }) {
        yield* store.update("charges", (charges) => charges - 1)
        yield* Teller.use((teller) => teller.refund(payload.charge))
      }
    },
    { retry: { times: 3, schedule: Schedule.exponential("1 second") }, timeout: "5 seconds", uninterruptible: true }
  )
  .compensate({ Cancelled: ({ payload, cause }) => Effect.log(payload, cause) })

/** Branches that are undone at once when their join fails. */
export const reserving = Purchase.split("Reserve", {
  hold: ({ payload }) => Depot.use((depot) => depot.hold(payload.id)),
  weight: () => 3
}).compensate({ hold: ({ value, payload }) => Effect.log(value.parcels, payload.total) })

export const joined = reserving.join(Join.all, ({ results, to }) =>
  results.weight > 0 ? to.Charge(results.hold) : to.SoldOut()
)

/** Items that are. */
export const each = Purchase.forEach(
  "Reserve",
  ({ payload }) => [payload.id],
  ({ item }) => (item === "" ? Effect.fail(new Offline()) : Effect.succeed(Hold.make({ id: item, parcels: 1 })))
).compensate(({ item, index, value }) => Teller.use((teller) => teller.refund(`${item}/${index}/${value.parcels}`)), {
  timeout: "1 second"
})

export const joinedItems = each
  .join(Join.quorum(1), ({ results, to }) => (results[0] === undefined ? to.SoldOut() : to.Charge(results[0].value)))
  .catchTag("QuorumNotReached", ({ to }) => to.SoldOut())
