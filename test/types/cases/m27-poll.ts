import { Effect, Schedule } from "effect"
import { Payment, Purchase, Teller } from "../right/purchase.ts"
import { Charge, Reserve } from "../right/rollback.ts"
import { Pay, Rest, Review } from "../right/waiting.ts"

const schedule = Schedule.spaced("10 seconds")

export const nothing = Purchase.poll("Track", () => {}, { schedule }) // expect: "'Track'", 'every path'
export const nothingOnOnePath = Purchase.poll(
  "Track",
  // expect: "'Track'", 'every path'
  ({ payload, to }) => {
    if (payload.charge !== "") return to.Pay(1)
  },
  { schedule }
)
export const aString = Purchase.poll("Track", () => "pending", { schedule }) // expect: "'Track'", 'transition'
export const aStringAmongOthers = Purchase.poll(
  "Track",
  ({ payload, pending, to }) =>
    // expect: "'Track'", 'transition'
    payload.charge === "" ? pending : payload.charge === "?" ? to.Pay(1) : payload.charge,
  { schedule }
)
// expect: "'Track'", 'transition'
export const byHand = Purchase.poll("Track", ({ to }) => (Math.random() > 0.5 ? to.Pay(1) : { pending: false }), {
  schedule
})
export const uncalled = Purchase.poll("Track", ({ to }) => to.Pay, { schedule }) // expect: 'to.Pay', 'call it'
export const promise = Purchase.poll("Track", async ({ pending }) => pending, { schedule }) // expect: "'Track'", 'Promise'
export const generator = Purchase.poll(
  "Track",
  // expect: "'Track'", 'every path'
  function* ({ payload, pending, to }) {
    yield* Effect.void
    if (payload.charge === "") return pending
    if (payload.charge === "?") return to.Pay(1)
  },
  { schedule }
)
// expect: "'Track'", 'transition'
export const effect = Purchase.poll("Track", ({ payload }) => Effect.succeed(payload.charge), { schedule })
export const typo = Purchase.poll("Track", ({ pendng }) => pendng, { schedule }) // expect: 'pendng', 'PollContext'
export const notATarget = Purchase.poll("Track", ({ to }) => to.Done(""), { schedule }) // expect: "'Done'", '"Pay"'
export const wrongPayload = Purchase.poll("Track", ({ to }) => to.Pay("1"), { schedule }) // expect: 'string', 'number'
export const atAnExit = Purchase.poll("Done", ({ pending }) => pending, { schedule }) // expect: '"Done"', '"Track"'

// There is nothing pending elsewhere.
export const inATask = Purchase.task("Track", ({ pending }) => pending) // expect: "'pending'"
export const inACatch = Purchase.poll("Track", ({ pending }) => pending, { schedule }).catch(({ pending }) => pending) // expect: "'pending'"
export const takenAlong = Purchase.poll(
  "Track",
  ({ payload, pending }) =>
    Effect.as(
      Teller.use((teller) => teller.refund(payload.charge)),
      pending
    ),
  { schedule }
).catch(() => ({ pending: true as const })) // expect: "'Track'", 'transition'

export const negative = Purchase.poll("Track", ({ pending }) => pending, { schedule, failures: -1 }) // expect: 'failures', 'at least 0', '-1'
export const fraction = Purchase.poll("Track", ({ pending }) => pending, { schedule, failures: 1.5 }) // expect: 'failures', 'whole number', '1.5'
export const tiny = Purchase.poll("Track", ({ pending }) => pending, { schedule, failures: 1e-7 }) // expect: 'failures', 'whole number', '1e-7'
export const text = Purchase.poll("Track", ({ pending }) => pending, { schedule, failures: "3" }) // expect: 'string', 'number'
export const noSchedule = Purchase.poll("Track", ({ pending }) => pending, { failures: 3 }) // expect: "'schedule'"
export const noOptions = Purchase.poll("Track", ({ pending }) => pending) // expect: 'but got 2'
export const wrongSchedule = Purchase.poll("Track", ({ pending }) => pending, { schedule: "10 seconds" }) // expect: 'string', 'Schedule'
export const wrongOption = Purchase.poll("Track", ({ pending }) => pending, { schedule, failure: 3 }) // expect: "'failure'"

// It ends with `PollExhausted`, which is a failure like any other.
const Asking = Purchase.poll(
  "Track",
  ({ attempt, payload, pending, to }) =>
    attempt > 9 ? to.Cancelled("") : attempt > 8 ? to.Track(payload) : attempt > 7 ? to.Pay(1) : pending,
  { schedule }
)
export const unhandled = Purchase.layer({
  Reserve: Reserve.catch(({ to }) => to.SoldOut()),
  Charge,
  Review,
  Track: Asking, // expect: "'Track'", "'PollExhausted'"
  Pay: Pay.catchTag("StateTimeout", ({ to }) => to.Cancelled("too slow")),
  Rest
})
export const misspelt = Asking.catchTag("PollExausted", ({ to }) => to.Cancelled("")) // expect: '"PollExausted"', '"PollExhausted"'
export const neverAnswers = Payment.implement({
  Ask: Payment.poll("Ask", ({ pending }) => pending, { schedule }) // expect: "'Ask'", "'Paid'", "'Declined'"
})
