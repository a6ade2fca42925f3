// Stand-ins: for a state, its branches or its items, typed by the workflow or by the handler.
import { Data, Effect } from "effect"
import * as Testing from "sluice/testing"
import { purchase } from "../right/buying.ts"
import { Gather, Pack, Ship } from "../right/handlers.ts"
import { Offline, Payment, Purchase, Refused } from "../right/purchase.ts"
import { Charge, joined, joinedItems, Reserve } from "../right/rollback.ts"
import { Order, OutOfStock, Unpaid } from "../right/shop.ts"
import { Pay } from "../right/waiting.ts"
import { shop } from "../right/workflow.ts"

class Busy extends Data.TaggedError("Busy") {}
const order = new Order({ id: "a", total: 1 })

// The key is no state.
Testing.run(shop, order, { stubs: { Chek: Effect.never } }) // expect: "'Chek'", "'Check'"
Testing.run(shop, order, { stubs: { Shipped: Effect.never } }) // expect: "'Shipped'"
const misspelt = { Ship: Effect.never, Chek: Effect.never }
Testing.run(shop, order, { stubs: misspelt }) // expect: "'Chek' is not a state"

// What is given is no stand-in for the state.
Testing.run(shop, order, { stubs: { Check: 1 } }) // expect: "'number'"
Testing.run(shop, order, { stubs: { Check: ({ to }) => to.Ship() } }) // expect: 'Ship', 'Gather', 'Rejected'
Testing.run(shop, order, { stubs: { Check: ({ to }) => to.Rejected(1) } }) // expect: "'number'", "'string'"
Testing.run(shop, order, { stubs: { Check: () => "Rejected" } }) // expect: "state 'Check' must return a transition"
Testing.run(shop, order, {
  // expect: "'Check'", 'on every path'
  stubs: { Check: ({ payload, to }) => (payload.total > 0 ? to.Gather(payload) : undefined) }
})
Testing.run(shop, order, { stubs: { Check: async ({ to }) => to.Rejected("") } }) // expect: "'Check'", 'Promise'
Testing.run(shop, order, { stubs: { Check: ({ payload, to }) => to.Rejected(payload.parcels) } }) // expect: 'parcels'
Testing.run(shop, order, { stubs: { Check: Effect.succeed("Rejected") } }) // expect: "the Effect for state 'Check' succeeds", "'to'"
Testing.run(shop, order, { stubs: { Ship } }) // expect: "a handler is no stand-in for state 'Ship'", 'Testing.stub'
Testing.run(shop, order, { stubs: { Ship: Testing.items(Pack, Effect.never) } }) // expect: "'Pack'", "'Ship'"
Testing.run(shop, order, { stubs: { Check: Testing.stub(Reserve, Effect.never) } }) // expect: "'Check'", 'another definition'

// It fails with what the workflow cannot fail with.
Testing.run(shop, order, { stubs: { Ship: () => Effect.fail(new Busy()) } }) // expect: "'Ship' fails with 'Busy'", 'Testing.stub'
Testing.run(shop, order, { stubs: { Ship: Effect.fail(new Busy()) } }) // expect: "'Ship' fails with 'Busy'"
Testing.run(shop, order, { stubs: { Ship: Effect.fail("busy") } }) // expect: "'Ship' fails with", 'string'
// expect: "'Gather' fails with 'Unpaid'"
Testing.run(shop, order, { stubs: { Gather: () => Effect.fail(new Unpaid({ due: 1 })) } })

// A handler's work.
Testing.stub(Ship, ({ to }) => to.Packed()) // expect: "'Packed'", '"Pack"'
Testing.stub(Ship, Effect.succeed(1)) // expect: "the Effect for state 'Ship' succeeds"
Testing.stub(Ship, () => 1) // expect: "state 'Ship' must return a transition"
Testing.stub(Ship, Effect.fail(new Busy())) // expect: "'Ship' fails with 'Busy'", 'its work'
Testing.stub(Ship, () => Effect.fail(new Busy())) // expect: "'Ship' fails with 'Busy'", 'its work'
Testing.stub(Pay, Effect.fail(new Offline())) // expect: "'Pay' fails with 'Offline'"
Testing.stub(Charge, Effect.fail(new Offline())) // expect: "'Charge' fails with 'Offline'"
Testing.stub(Gather, Effect.never) // expect: "'Gather' is a split", 'Testing.branches'
Testing.stub(Pack, Effect.never) // expect: "'Pack' is a forEach", 'Testing.items'
Testing.stub(1, Effect.never) // expect: 'number'
Testing.stub(Purchase, Effect.never) // expect: 'typeof Purchase'

// Branches.
Testing.branches(Gather, { stok: Effect.never }) // expect: "'stok'", "'stock'"
Testing.branches(Ship, { stock: Effect.never }) // expect: "'Ship'", "'stock'"
Testing.branches(Gather, { stock: Effect.succeed("1") }) // expect: "'string'", "'number'"
Testing.branches(Gather, { stock: () => "1" }) // expect: "'string'", 'number'
Testing.branches(Gather, { stock: 1 }) // expect: "'number'"
Testing.branches(Gather, { stock: async () => 1 }) // expect: 'Promise<number>'
Testing.branches(Gather, { stock: ({ to }) => (to ? 1 : 2) }) // expect: "'to'"
Testing.branches(Gather, { stock: Effect.fail(new Unpaid({ due: 1 })) }) // expect: "branch 'stock' fails with 'Unpaid'"
Testing.branches(Gather, { stock: () => Effect.fail(new Unpaid({ due: 1 })) }) // expect: "branch 'stock' fails with 'Unpaid'"
Testing.branches(joined, { weight: Effect.fail(new Offline()) }) // expect: "branch 'weight' fails with 'Offline'"

// Items.
Testing.items(Pack, () => "a") // expect: "'string'", 'number'
Testing.items(Pack, ({ item }) => item.size) // expect: "'size'"
Testing.items(Pack, Effect.fail(new Busy())) // expect: "the items of state 'Pack' fails with 'Busy'"
Testing.items(joinedItems, () => Effect.fail(new OutOfStock({ id: "" }))) // expect: "'Reserve'", "'OutOfStock'"
Testing.items(Ship, () => "a") // expect: "'Ship' is no forEach"

// A whole workflow.
Testing.layer(Payment, ({ to }) => to.Payed({ receipt: "" })) // expect: "'Payed'", '"Paid"'
Testing.layer(Payment, ({ to }) => to.Paid({ receipt: 1 })) // expect: "'number'", "'string'"
Testing.layer(Payment, () => 1) // expect: "workflow 'Payment'", "'to'"
Testing.layer(Payment, Effect.succeed({ _tag: "Paid", payload: { receipt: "" } })) // expect: "workflow 'Payment'", "'to'"
Testing.layer(Payment, ({ input, to }) => to.Declined(input.total)) // expect: "'total'"
Testing.layer(Payment, Effect.fail(new Offline())) // expect: "workflow 'Payment' fails with 'Offline'", '.failure'
Testing.layer(purchase, Effect.never) // expect: 'Workflow<typeof Purchase'

// Nothing here is wrong.
Testing.layer(Payment, Effect.fail(new Refused({ reason: "" })))
Testing.stub(Reserve, () => Effect.fail(new Offline()))
