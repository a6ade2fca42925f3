import { Effect } from "effect"
import { Purchase } from "../right/purchase.ts"
import { Charge, Reserve } from "../right/rollback.ts"
import { Pay, Rest, Review, Track } from "../right/waiting.ts"

const waiting = Purchase.wait("Review", {
  Approval: ({ payload, to }) => to.Track(payload)
})

// There is one limit, and it stands next to the signals.
export const twice = waiting.after("2 days", ({ to }) => to.Cancelled("")).after("3 days", ({ to }) => to.Cancelled("")) // expect: "'after'"
export const afterAPolicy = waiting.timeout("1 day").after("2 days", ({ to }) => to.Cancelled("")) // expect: "'after'"
// expect: "'after'"
export const afterATask = Purchase.task("Review", ({ to }) => to.Cancelled("")).after("2 days", ({ to }) =>
  to.Cancelled("")
)
export const badLimit = waiting.after("2 d", ({ to }) => to.Cancelled("")) // expect: '"2 d"'
export const badComputedLimit = waiting.after(
  // expect: 'string'
  ({ payload }) => payload.charge,
  ({ to }) => to.Cancelled("")
)
export const date = waiting.after(new Date(), ({ to }) => to.Cancelled("")) // expect: 'Date'
export const noFunction = waiting.after("2 days") // expect: 'but got 1'
export const notATarget = waiting.after("2 days", ({ to }) => to.Done("")) // expect: "'Done'", '"Track"', '"Cancelled"'
export const noTransition = waiting.after("2 days", () => "Cancelled") // expect: "'Review'", 'transition'
export const limitOfAnother = waiting.after(
  // expect: 'parcels'
  ({ payload }) => payload.parcels,
  ({ to }) => to.Cancelled("")
)
export const limitWithTo = waiting.after(
  // expect: "'to'"
  ({ to }) => (to === undefined ? "2 days" : "3 days"),
  ({ to }) => to.Cancelled("")
)

export const pauseBadDuration = Purchase.pause("Rest", "10 mins", ({ to }) => to.Done("")) // expect: '"10 mins"'
export const pauseNoTransition = Purchase.pause("Rest", "10 minutes", () => Effect.void) // expect: "'Rest'"
export const pauseNotATarget = Purchase.pause("Rest", "10 minutes", ({ to }) => to.Cancelled("")) // expect: "'Cancelled'", '"Done"'
export const pauseNoFunction = Purchase.pause("Rest", "10 minutes") // expect: 'but got 2'
export const pauseAtAnExit = Purchase.pause("Done", "10 minutes", () => Effect.void) // expect: '"Done"', '"Rest"'

// A wait without a limit goes only where its signals lead.
export const withoutLimit = Purchase.implement({
  Reserve,
  Charge,
  Review: waiting, // expect: "'Review'", "'Cancelled'", 'never'
  Track,
  Pay,
  Rest
})
export const forever = Purchase.implement({
  Reserve,
  Charge,
  Review,
  Track,
  Pay,
  Rest: Purchase.wait("Rest", {}) // expect: "'Rest'", "'Done'", 'never'
})
