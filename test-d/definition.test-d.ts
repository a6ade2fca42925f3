/**
 * The table: M3, M6, M8, M9, M20, and what a sound one may be.
 */
import { Schema } from "effect"
import { Workflow } from "sluice"
import { expectError, expectType } from "tsd"
import type { Order, Shop } from "./shop.js"

// Forward references, any order, exits before states, loops, several entries.
class Free extends Workflow.define("Free")
  .exit("Done", Schema.Void)
  .state("A", Schema.Void, ["B", "A"])
  .state("B", Schema.Void, ["A", "Done"])
  .state("Side", Schema.Void, ["B"])
  .start("A", "Side") {}
expectType<"A" | "B" | "Side">({} as Workflow.StateName<typeof Free>)
expectType<"Done">({} as Workflow.ExitName<typeof Free>)
expectType<"A" | "Side">({} as Workflow.EntryName<typeof Free>)
expectType<"Pack" | "Rejected">({} as Workflow.TargetName<typeof Shop, "Check">)
expectType<Order>({} as Workflow.Input<typeof Shop>)

// A half-built table is a value that can be built on, twice.
const half = Workflow.define("Half").state("A", Schema.Void, ["Done"])
class Done extends half.exit("Done", Schema.Void).start("A") {}
class Both extends half.exit("Done", Schema.Void).state("B", Schema.Void, ["A"]).start("B") {}
expectType<"A">({} as Workflow.StateName<typeof Done>)
expectType<"A" | "B">({} as Workflow.StateName<typeof Both>)

const one = Workflow.define("One").state("A", Schema.Void, ["Done"]).exit("Done", Schema.Void)

// M3: an undeclared target.
expectError(Workflow.define("M").state("A", Schema.Void, ["Typo", "Done"]).exit("Done", Schema.Void).start("A"))

// M6: a name declared twice, as two states, two exits, or one of each.
expectError(one.state("A", Schema.Void, ["Done"]))
expectError(one.exit("Done", Schema.Void))
expectError(one.exit("A", Schema.Void))
expectError(one.state("Done", Schema.Void, ["A"]))

// M8: a state or an exit that no path reaches; an entry makes it reachable.
const island = one.state("Island", Schema.Void, ["Done"])
expectError(island.start("A"))
island.start("A", "Island")
expectError(one.exit("Nowhere", Schema.Void).start("A"))

// M9: a state that no exit can be reached from; no exit at all.
const trapped = Workflow.define("M")
  .state("A", Schema.Void, ["B", "Done"])
  .state("B", Schema.Void, ["C"])
  .state("C", Schema.Void, ["B"])
  .exit("Done", Schema.Void)
expectError(trapped.start("A"))
expectError(Workflow.define("M").state("A", Schema.Void, ["A"]).start("A"))

// M20: a start or an entry that is not declared, or an exit.
one.start("A")
expectError(one.start("Typo"))
expectError(one.start("Done"))
expectError(one.start("A", "Typo"))
expectError(one.start("A", "Done"))
