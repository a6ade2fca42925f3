/** The definition of a program of several files, and of what it calls. */
import { Context, Data, type Effect, Schema } from "effect"
import { Workflow } from "sluice"

export class Order extends Schema.Class<Order>("Order")({ id: Schema.String, total: Schema.Number }) {}

export class OutOfStock extends Data.TaggedError("OutOfStock")<{ readonly id: string }> {}

export class CardDeclined extends Schema.TaggedError<CardDeclined>()("CardDeclined", { code: Schema.Number }) {}

export class Stock extends Context.Service<
  Stock,
  {
    readonly reserve: (id: string) => Effect.Effect<number, OutOfStock>
    readonly release: (n: number) => Effect.Effect<void>
  }
>()("Stock") {}

export class Bank extends Context.Service<
  Bank,
  {
    readonly charge: (n: number) => Effect.Effect<string, CardDeclined>
    readonly refund: (s: string) => Effect.Effect<void>
  }
>()("Bank") {}

export class Sub extends Workflow.define("Sub")
  .failure(CardDeclined)
  .state("Go", Schema.Number, ["Ok", "Ko"])
  .exit("Ok", Schema.String)
  .exit("Ko", Schema.Void)
  .start("Go") {}

export class Checkout extends Workflow.define("Checkout")
  .signal("Approval", Schema.Struct({ by: Schema.String }))
  .fallback(["Failed"])
  .state("Reserve", Order, ["Charge", "SoldOut"])
  .state("Charge", Schema.Struct({ n: Schema.Number }), ["Review"])
  .state("Review", Schema.String, ["Pack", "Failed"])
  .state("Pack", Schema.Array(Schema.String), ["Ship"])
  .state("Ship", Schema.Number, ["Poll"])
  .state("Poll", Schema.Number, ["Pay"])
  .state("Pay", Schema.Number, ["Wait"])
  .state("Wait", Schema.Void, ["Done"])
  .exit("Done", Schema.String)
  .exit("SoldOut", Schema.Void)
  .exit("Failed", Schema.String)
  .start("Reserve") {}
