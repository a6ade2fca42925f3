import { Effect, Semaphore } from "effect"
import { Guard, type Workflow } from "sluice"
import { Payment, Purchase } from "../right/purchase.ts"
import { Permits, perDepot, perOrder } from "../right/sharing.ts"

const Ask = Payment.task("Ask", ({ payload, to }) =>
  payload.sum > 0 ? to.Paid({ receipt: "" }) : to.Declined("nothing to pay")
)
const breaker = Guard.circuitBreaker({ key: "bank" })
const limiter = Guard.rateLimiter({ key: "bank", limit: 10, window: "1 second" })

// What a guard fails with and needs is the handler's.
export const rejected = Payment.layer({ Ask: Ask.guard(breaker) }) // expect: "'Ask'", "'CircuitBreakerError'"
export const limited = Payment.layer({ Ask: Ask.guard(limiter) }) // expect: "'Ask'", "'RateLimiterError'"
export const own = Payment.layer({ Ask: Ask.guard((effect) => Effect.andThen(Effect.fail("closed" as const), effect)) }) // expect: "'Ask'", '"closed"'
const open = Payment.implement({
  Ask: Ask.guard(breaker)
    .guard(Guard.bulkhead(Permits))
    .catch(({ to }) => to.Declined(""))
})
export const noService = Effect.runPromise(open.run({ sum: 1 })) // expect: 'CircuitBreaker', 'Permits'
export const tooEarly = Ask.catchTag("CircuitBreakerError", ({ to }) => to.Declined("")).guard(breaker) // expect: '"CircuitBreakerError"', 'never'
export const misspelt = Ask.guard(breaker).catchTag("CircuitBrakerError", ({ to }) => to.Declined("")) // expect: '"CircuitBrakerError"', '"CircuitBreakerError"'

// A guard is a function from Effect to Effect.
export const aSemaphore = Ask.guard(Semaphore.makeUnsafe(1)) // expect: 'Semaphore', 'Guard'
export const aNumber = Ask.guard(1) // expect: 'number'
export const aConstructor = Ask.guard(Guard.circuitBreaker) // expect: 'key'
export const noEffect = Ask.guard(() => 1) // expect: 'number', 'Effect'
export const anotherValue = Ask.guard((effect) => Effect.as(effect, 1)) // expect: 'number'
export const aPromise = Ask.guard((effect) => Promise.resolve(effect)) // expect: 'Promise', 'Effect'
export const noGuard = Ask.guard() // expect: 'but got 0'

// It sees what a branch sees of the handler.
export const unknownKey = Ask.guard((effect, { results }) => Effect.annotateLogs(effect, { results })) // expect: "'results'"
export const choosing = Ask.guard((effect, { to }) => Effect.map(effect, () => to.Declined(""))) // expect: "'to'"
export const wrongKey = Ask.guard(
  Guard.circuitBreaker({ key: ({ payload }: Workflow.BranchContext<typeof Payment, "Ask">) => payload.sum }) // expect: 'number', 'string'
)
export const missingProperty = Ask.guard(
  Guard.rateLimiter({
    key: ({ payload }: Workflow.BranchContext<typeof Payment, "Ask">) => payload.customer, // expect: "'customer'", 'sum'
    limit: 1,
    window: "1 second"
  })
)
export const ofAnotherState = Ask.guard(perOrder) // expect: 'Purchase', 'Payment'

export const noKey = Guard.circuitBreaker({}) // expect: "'key'"
export const noLimit = Guard.rateLimiter({ key: "bank", window: "1 second" }) // expect: "'limit'"
export const noWindow = Guard.rateLimiter({ key: "bank", limit: 1 }) // expect: "'window'"
export const badWindow = Guard.rateLimiter({ key: "bank", limit: 1, window: "1 sec" }) // expect: '"1 sec"'
export const zero = Guard.rateLimiter({ key: "bank", limit: 0, window: "1 second" }) // expect: 'limit', 'at least 1', '0'
export const fraction = Guard.rateLimiter({ key: "bank", limit: 1.5, window: "1 second" }) // expect: 'limit', 'whole number', '1.5'
export const exceeded = Guard.rateLimiter({ key: "bank", limit: 1, window: "1 second", onExceeded: "wait" }) // expect: '"wait"', '"delay"'
export const noSemaphore = Guard.bulkhead(Payment) // expect: 'Semaphore'
export const aPlainSemaphore = Guard.bulkhead(Semaphore.makeUnsafe(1)) // expect: 'Semaphore', 'Key'
export const onARoute = Payment.route("Ask", ({ to }) => to.Declined("")).guard(breaker) // expect: "'guard'"
export const onASplit = Purchase.split("Reserve", { one: () => 1 }).guard(perDepot) // expect: "'guard'"
