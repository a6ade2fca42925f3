import { Effect } from "effect"
import { Depot, Hold, Offline, Purchase, Teller } from "../right/purchase.ts"

const Charge = Purchase.task("Charge", ({ payload, to }) =>
  payload.parcels > 0 ? to.Review({ charge: payload.id }) : to.Cancelled("nothing to charge")
)

// It is given the payload of its own target.
export const ofTheState = Charge.compensate({ Review: ({ payload }) => Effect.log(payload.parcels) }) // expect: 'parcels', 'charge'
export const ofAnotherTarget = Charge.compensate({
  Review: ({ payload }) => Effect.log(payload.charge),
  Cancelled: ({ payload }) => Effect.log(payload.charge) // expect: 'charge', 'string'
})
export const inAGenerator = Charge.compensate({
  *Review({ payload }) {
    yield* Depot.use((depot) => depot.free(payload.id)) // expect: 'id', 'charge'
  }
})

export const results = Charge.compensate({ Review: ({ results }) => Effect.log(results) }) // expect: 'results'
export const to = Charge.compensate({ Review: ({ to }) => Effect.log(to) }) // expect: "'to'"
export const error = Charge.compensate({ Review: ({ error }) => Effect.log(error) }) // expect: "'error'"
export const value = Charge.compensate({ Review: ({ value }) => Effect.log(value) }) // expect: "'value'"
export const item = Charge.compensate({ Review: ({ item }) => Effect.log(item) }) // expect: "'item'"
export const state = Charge.compensate({ Review: ({ state }) => Effect.log(state) }) // expect: "'state'"
export const attempt = Charge.compensate({ Review: ({ attempt }) => Effect.log(attempt) }) // expect: "'attempt'"
export const cause = Charge.compensate({ Review: ({ cause }) => Effect.log(cause._tag) }) // expect: "'_tag'"
export const unknownCell = Charge.compensate({ Review: ({ store }) => store.get("chrages") }) // expect: '"chrages"', '"charges"'
export const input = Charge.compensate({ Review: ({ input }) => Effect.log(input.parcels) }) // expect: 'parcels', 'Order'

// A branch has what it produced.
const split = Purchase.split("Reserve", {
  hold: ({ payload }) => Depot.use((depot) => depot.hold(payload.id)),
  weight: () => 3
})
export const wrongValue = split.compensate({ hold: ({ value }) => Effect.log(value.charge) }) // expect: 'charge', 'parcels'
export const ofAnotherBranch = split.compensate({ weight: ({ value }) => Effect.log(value.parcels) }) // expect: 'parcels', 'number'
export const itemOfABranch = split.compensate({ hold: ({ item }) => Effect.log(item) }) // expect: "'item'"
export const resultsOfABranch = split.compensate({ hold: ({ results }) => Effect.log(results) }) // expect: "'results'"

const forEach = Purchase.forEach(
  "Reserve",
  ({ payload }) => [payload.id],
  ({ item }) => (item === "" ? Effect.fail(new Offline()) : Effect.succeed(Hold.make({ id: item, parcels: 1 })))
)
export const wrongItem = forEach.compensate(({ item }) => Effect.log(item.parcels)) // expect: 'parcels', 'string'
export const wrongItemValue = forEach.compensate(({ value }) => Effect.log(value.charge)) // expect: 'charge', 'parcels'
export const branchOfAnItem = forEach.compensate(({ branch }) => Effect.log(branch)) // expect: "'branch'"

// It is waited for, so it cannot be a Promise.
export const promise = Charge.compensate({
  // expect: 'Promise', 'Effect.tryPromise'
  Review: async ({ payload }) => payload.charge
})
export const promiseOfABranch = split.compensate({
  // expect: 'Promise', 'Effect.tryPromise'
  hold: async ({ value }) => value.id
})
export const promiseOfAnItem = forEach.compensate(async ({ item }) => item) // expect: 'Promise', 'Effect.tryPromise'
export const effectOfAPromise = Charge.compensate({
  // expect: 'Promise', 'Effect.tryPromise'
  Review: ({ payload }) => Effect.sync(() => Promise.resolve(payload.charge))
})
export const needs = Charge.compensate({ Review: ({ payload }) => Teller.use((teller) => teller.refund(payload.id)) }) // expect: 'id', 'charge'
