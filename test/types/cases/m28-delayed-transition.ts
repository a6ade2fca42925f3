import { Purchase } from "../right/purchase.ts"

export const wrongPayload = Purchase.task("Track", ({ to }) => to.Pay.after("10 seconds", "1")) // expect: 'string', 'number'
export const missingPayload = Purchase.task("Track", ({ to }) => to.Pay.after("10 seconds")) // expect: 'Expected 2 arguments, but got 1'
export const noArgument = Purchase.task("Track", ({ to }) => to.Pay.after()) // expect: 'Expected 2 arguments, but got 0'
export const payloadOnly = Purchase.task("Track", ({ to }) => to.Pay.after(1)) // expect: 'Expected 2 arguments, but got 1'
export const missingKey = Purchase.task("Track", ({ to }) => to.Track.after("10 seconds", {})) // expect: "'charge'"
export const excess = Purchase.task("Track", ({ to }) => to.Track.after("10 seconds", { charge: "", at: 1 })) // expect: "'at'"
export const forVoid = Purchase.task("Pay", ({ to }) => to.Rest.after("10 seconds", "payload")) // expect: 'Expected 1 arguments, but got 2'
export const voidWithoutDelay = Purchase.task("Pay", ({ to }) => to.Rest.after()) // expect: 'Expected 1 arguments, but got 0'
export const notATarget = Purchase.task("Track", ({ to }) => to.Done.after("10 seconds", "")) // expect: "'Done'", '"Pay"'
export const typo = Purchase.task("Track", ({ to }) => to.Pay.afer("10 seconds", 1)) // expect: "'afer'", "'after'"
export const duration = Purchase.task("Track", ({ to }) => to.Pay.after("10 sec", 1)) // expect: '"10 sec"'
export const noUnit = Purchase.task("Track", ({ to }) => to.Pay.after("10", 1)) // expect: '"10"'
export const swapped = Purchase.task("Pay", ({ to }) => to.Done.after("done", "10 seconds")) // expect: '"done"'
export const uncalled = Purchase.task("Track", ({ to }) => to.Pay.after) // expect: 'to.Pay', 'call it'
export const notCalledInTime = Purchase.task("Track", ({ to }) => to.Pay(1).after("10 seconds")) // expect: 'Duration'
export const inAGenerator = Purchase.task("Track", function* ({ payload, to }) {
  if (payload.charge === "") return to.Track.after("10 seconds", "") // expect: 'string', 'charge'
  return to.Pay.after("10 seconds", 1)
})
export const inARoute = Purchase.route("Rest", ({ to }) => to.Done.after("10 seconds", 1)) // expect: 'number', 'string'
export const date = Purchase.task("Track", ({ to }) => to.Pay.after(new Date(), 1)) // expect: 'Date'
export const dateOfAnotherForm = Purchase.task("Pay", ({ to }) => to.Rest.after("2030-01-01")) // expect: '"2030-01-01"'
