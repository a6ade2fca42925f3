import { Schema } from "effect"
import { Workflow } from "sluice"
import { Check, Gather, Pack, Ship } from "../right/handlers.ts"
import { Shop } from "../right/shop.ts"

class Other extends Workflow.define("Other")
  .state("Check", Schema.String, ["Rejected"])
  .exit("Rejected", Schema.String)
  .start("Check") {}

const other = Other.task("Check", ({ to }) => to.Rejected("no"))

export const shop = Shop.implement({
  Check: other, // expect: "'Check'", 'another definition'
  Gather,
  Ship,
  Pack
})

export const otherWorkflow = Other.implement({
  Check // expect: "'Check'", 'another definition'
})
