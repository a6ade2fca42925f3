/**
 * Two workflows of a shop: a report of what was sold on a day, and the import of prices. They know of no scheduler.
 */
import { Context, type Effect, Schema } from "effect"
import { Join, Workflow } from "sluice"

/** A service does not answer, and may answer later. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { service: Schema.String }) {}

export class Tills extends Context.Service<
  Tills,
  {
    /** What a branch of the shop has taken on a day, in cents. */
    takings(branch: string, day: string): Effect.Effect<number, Unavailable>
  }
>()("scheduled-report/Tills") {}

export class Post extends Context.Service<Post, { send(text: string): Effect.Effect<void, Unavailable> }>()(
  "scheduled-report/Post"
) {}

export class Prices extends Context.Service<
  Prices,
  {
    /** Takes over the prices of the day, and gives how many have changed. */
    update: Effect.Effect<number, Unavailable>
  }
>()("scheduled-report/Prices") {}

export class Report extends Workflow.define("Report")
  .failure(Unavailable)
  .state("Collect", Schema.Struct({ day: Schema.String }), ["Send", "NothingSold"])
  .state("Send", Schema.Struct({ day: Schema.String, cents: Schema.Int }), ["Sent"])
  .exit("Sent", Schema.Struct({ day: Schema.String, cents: Schema.Int }))
  .exit("NothingSold", Schema.Struct({ day: Schema.String }))
  .start("Collect") {}

export const ReportLive = Report.layer({
  Collect: Report.forEach(
    "Collect",
    () => ["Mitte", "Altona"],
    ({ item, payload }) => Tills.use((_) => _.takings(item, payload.day))
  ).join(Join.all, ({ payload: { day }, results, to }) => {
    const cents = results.reduce((sum, takings) => sum + takings, 0)
    return cents === 0 ? to.NothingSold({ day }) : to.Send({ day, cents })
  }),
  *Send({ payload, to }) {
    yield* Post.use((_) => _.send(`${payload.day}: ${(payload.cents / 100).toFixed(2)} euros`))
    return to.Sent(payload)
  }
})

export class Import extends Workflow.define("Import")
  .failure(Unavailable)
  .state("Update", Schema.Void, ["Done"])
  .exit("Done", Schema.Struct({ changed: Schema.Int }))
  .start("Update") {}

export const ImportLive = Import.layer({
  *Update({ to }) {
    return to.Done({ changed: yield* Prices.use((_) => _.update) })
  }
})
