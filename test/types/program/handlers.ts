/** A handler of every kind. */
import { Effect, Schedule } from "effect"
import { Join } from "sluice"
import { Bank, Checkout, Stock, Sub } from "./definition.ts"

export const Reserve = Checkout.task("Reserve", function* ({ payload, to }) {
  const n = yield* Stock.use((_) => _.reserve(payload.id))
  return n > 0 ? to.Charge({ n }) : to.SoldOut()
})
  .compensate({ Charge: ({ payload }) => Stock.use((_) => _.release(payload.n)) })
  .retry({ times: 2 })
  .catchTag("OutOfStock", ({ to }) => to.SoldOut())

export const Charge = Checkout.task("Charge", ({ payload, to }) =>
  Effect.map(
    Bank.use((_) => _.charge(payload.n)),
    (r) => to.Review(r)
  )
).timeout("1 second")

export const Review = Checkout.wait("Review", { Approval: ({ signal, to }) => to.Pack([signal.by]) }).after(
  "1 day",
  ({ to }) => to.Failed("slow")
)

export const Pack = Checkout.forEach(
  "Pack",
  ({ payload }) => payload,
  ({ item }) => Stock.use((_) => _.reserve(item))
).join(Join.all, ({ results, to }) => to.Ship(results.length))

export const Ship = Checkout.split("Ship", {
  local: () => Stock.use((_) => _.reserve("a")),
  remote: () => Effect.succeed(1)
})
  .compensate({ local: ({ value }) => Stock.use((_) => _.release(value)) })
  .join(Join.all, ({ results, to }) => to.Poll(results.local))

export const Poll = Checkout.poll("Poll", ({ pending, attempt, to }) => (attempt > 3 ? to.Pay(1) : pending), {
  schedule: Schedule.spaced("1 second")
})

export const Pay = Checkout.call("Pay", Sub, ({ payload }) => payload, {
  Ok: ({ to }) => to.Wait(),
  Ko: ({ to }) => to.Wait()
})

export const Wait = Checkout.pause("Wait", "1 second", ({ to }) => to.Done("x"))
