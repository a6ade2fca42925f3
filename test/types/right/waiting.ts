/** States that wait: for signals, for a time, for an answer, for another workflow. */
import { DateTime, Effect, Schedule } from "effect"
import { Payment, Purchase, Teller } from "./purchase.ts"

export const waiting = Purchase.wait("Review", {
  Approval: ({ payload, signal, to }) => (signal.by === "" ? to.Cancelled("by nobody") : to.Track(payload)),
  *Withdrawal({ payload, to }) {
    yield* Teller.use((teller) => teller.refund(payload.charge))
    return to.Cancelled("withdrawn")
  }
})

export const Review = waiting
  .after("2 days", ({ to }) => to.Cancelled("nobody answered"))
  .catchTag("Offline", ({ to }) => to.Cancelled("offline"))

/** A point in time, and a function that gives one. */
export const until = waiting.after(DateTime.makeUnsafe("2030-01-01T00:00:00Z"), ({ to }) => to.Cancelled("too late"))
export const dependent = waiting.after(
  ({ input, payload }) => (input.total > 9 ? "2 days" : `${payload.charge.length} hours`),
  ({ to }) => to.Cancelled("too late")
)

export const Track = Purchase.poll(
  "Track",
  ({ payload, pending, to, attempt }) =>
    attempt > 9
      ? to.Cancelled("lost")
      : payload.charge === ""
        ? to.Track.after("10 seconds", payload)
        : payload.charge === "?"
          ? pending
          : to.Pay(payload.charge.length),
  { schedule: Schedule.spaced("10 seconds"), failures: 3 }
).catchTag("PollExhausted", ({ error, to }) => to.Cancelled(`asked ${error.asked} times`))

export const Pay = Purchase.call("Pay", Payment, ({ payload }) => ({ sum: payload }), {
  Paid: ({ result, to }) => (result.receipt === "" ? to.Rest() : to.Done(result.receipt)),
  *Declined({ result, to }) {
    yield* Effect.logWarning(result)
    return to.Cancelled(result)
  }
}).timeout("1 minute")

export const Rest = Purchase.pause("Rest", "10 minutes", ({ input, to }) => to.Done(input.id))
