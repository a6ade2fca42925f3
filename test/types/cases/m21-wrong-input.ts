import { Schema } from "effect"
import { Workflow } from "sluice"
import { Order, Shop } from "../right/shop.ts"
import { shop } from "../right/workflow.ts"

const order = new Order({ id: "a", total: 1 })

export const wrongInput = shop.run({ id: "a" }) // expect: 'total', 'Order'
export const excess = shop.run({ id: "a", total: 1, colour: "red" }) // expect: 'colour'
export const noInput = shop.run() // expect: 'but got 0'
export const wrongOption = shop.run(order, { ID: "run-1" }) // expect: 'ID'
export const wrongFork = shop.fork("a") // expect: 'string', 'Order'
export const wrongRunOfLayer = Shop.run("a") // expect: 'string'

export const notAnEntry = shop.runFrom("Gather", order, order) // expect: '"Gather"', '"Check"', '"Ship"'
export const anExit = shop.runFrom("Shipped", { parcels: 1 }, order) // expect: '"Shipped"', '"Check"', '"Ship"'
export const wrongEntryPayload = shop.runFrom("Ship", order, order) // expect: 'parcels'
export const wrongEntryInput = shop.runFrom("Ship", { id: "a", parcels: 1 }, "a") // expect: 'string', 'Order'
export const noEntryInput = shop.runFrom("Ship", { id: "a", parcels: 1 }) // expect: 'but got 2'
export const wrongRunFromOfLayer = Shop.runFrom("Gather", order, order) // expect: '"Gather"', '"Check"', '"Ship"'

export const stepAtExit = shop.step("Shipped", { parcels: 1 }) // expect: '"Shipped"'
export const stepUnknown = shop.step("Pak", ["a"]) // expect: '"Pak"', '"Pack"'
export const wrongStepPayload = shop.step("Pack", [1]) // expect: 'number', 'string'
export const wrongStepInput = shop.step("Pack", ["a"], { input: "a" }) // expect: 'string'

class InMemory extends Workflow.define("InMemory")
  .state("Begin", Workflow.type<URL>(), ["End"])
  .exit("End", Schema.Void)
  .start("Begin") {}

export const notDecodable = InMemory.decodeInput({}) // expect: 'no schema to decode with'
