import { Schema } from "effect"
import { Workflow } from "sluice"
import { Check } from "../right/handlers.ts"

class Shop extends Workflow.define("Shop")
  .state("Check", Schema.String, ["Rejected"])
  .exit("Rejected", Schema.String)
  .start("Check") {}

export const shop = Shop.implement({
  Check // expect: "'Check'", 'another definition'
})
