/** Workflows to draw: small ones, one with all there is, and one of sixty states. */
import { DateTime, Effect, Schedule, Schema } from "effect"
import { type Diagram, Join, Workflow } from "sluice"
import { define } from "../support/loose.ts"

class Chain extends Workflow.define("Chain")
  .state("Pick", Schema.Void, ["Pack"])
  .state("Pack", Schema.Void, ["Ship"])
  .state("Ship", Schema.Void, ["Shipped"])
  .exit("Shipped", Schema.Void)
  .start("Pick") {}

class Diamond extends Workflow.define("Diamond")
  .state("Choose", Schema.Boolean, ["Left", "Right"])
  .state("Left", Schema.Void, ["Meet"])
  .state("Right", Schema.Void, ["Meet"])
  .state("Meet", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Choose") {}

export const chain: Diagram.Drawable = Chain
export const diamond: Diagram.Drawable = Diamond

/** Sixty states: steps that skip, turn back and are refused, with a fallback, and an entry in the middle. */
export const sixty = (): Diagram.Drawable => {
  const steps = Array.from({ length: 60 }, (_, index) => index)
  const targetsOf = (step: number) => [
    step === 59 ? "Done" : `Step ${step + 1}`,
    ...(step % 7 === 3 && step < 56 ? [`Step ${step + 4}`] : []),
    ...(step % 11 === 5 ? [`Step ${step - 1}`] : []),
    ...(step % 3 === 0 ? ["Refused"] : [])
  ]
  const built = steps
    .reduce((builder, step) => builder.state(`Step ${step}`, Schema.Void, targetsOf(step)), define("Sixty"))
    .fallback(["Failed"])
    .exit("Done", Schema.Void)
    .exit("Refused", Schema.Void)
    .exit("Failed", Schema.Void, { rollback: true })
    .start("Step 0", "Step 30")
  return built as unknown as Diagram.Drawable
}

/** One workflow with every kind of state, and every kind of policy. */
export class Everything extends Workflow.define("Everything")
  .state("Choose", Schema.Boolean, ["Gather", "Approve"])
  .state("Gather", Schema.Void, ["Each"])
  .state("Each", Schema.Boolean, ["Ask", "Approve"])
  .state("Ask", Schema.Void, ["Approve"])
  .state("Approve", Schema.Void, ["Rest", "Refused"])
  .state("Rest", Schema.Void, ["Until"])
  .state("Until", Schema.Void, ["Book"])
  .state("Book", Schema.Boolean, ["Done", "Gather"])
  .state("Apologise", Schema.Void, ["Failed"])
  .signal("Yes", Schema.Void)
  .signal("No", Schema.Void)
  .fallback(["Apologise"])
  .exit("Done", Schema.Void)
  .exit("Refused", Schema.Void)
  .exit("Failed", Schema.Void, { rollback: true })
  .start("Choose", "Approve") {}

export const everything = Everything.implement(
  {
    Choose: Everything.route("Choose", ({ payload, to }) => (payload ? to.Gather() : to.Approve())),
    Gather: Everything.split(
      "Gather",
      { user: () => 1, geo: () => 2, device: () => 3, inventory: () => 4, campaign: () => 5, history: () => 6 },
      { concurrency: 2 }
    )
      .compensate({ geo: () => Effect.void })
      .join(Join.quorum(2), ({ to }) => to.Each(true))
      .timeout("100 millis")
      .retry({ times: 2 }),
    Each: Everything.forEach(
      "Each",
      () => [1],
      () => 1
    )
      .compensate(() => Effect.void)
      .join(Join.partialTimeout("2 seconds"), ({ payload, to }) => (payload ? to.Ask() : to.Approve())),
    Ask: Everything.poll("Ask", ({ to }) => to.Approve(), {
      schedule: Schedule.spaced("1 second"),
      failures: 3
    }).timeout("1 hour"),
    Approve: Everything.wait("Approve", { Yes: ({ to }) => to.Rest(), No: ({ to }) => to.Refused() }).after(
      "2 days",
      ({ to }) => to.Refused()
    ),
    Rest: Everything.pause(
      "Rest",
      () => "10 minutes",
      ({ to }) => to.Until()
    ),
    Until: Everything.pause("Until", DateTime.makeUnsafe("2030-01-01T00:00:00Z"), ({ to }) => to.Book(true)),
    Book: Everything.task("Book", ({ payload, to }) => (payload ? to.Gather() : to.Done()))
      .retry({ times: 1 })
      .guard((effect) => effect)
      .compensate({ Done: () => Effect.void }),
    Apologise: ({ to }) => to.Failed()
  },
  {
    policy: (step) =>
      step
        .retry({ times: 2 })
        .timeout("5 seconds")
        .catch(({ to }) => to.Apologise())
  }
)

/** A workflow that calls itself while there is something left. */
export class Countdown extends Workflow.define("Countdown")
  .state("Check", Schema.Number, ["Again", "Done"])
  .state("Again", Schema.Number, ["Done"])
  .exit("Done", Schema.Void)
  .start("Check") {}

export const countdown = Countdown.implement({
  Check: ({ payload, to }) => (payload > 0 ? to.Again(payload - 1) : to.Done()),
  Again: Countdown.call("Again", Countdown, ({ payload }) => payload, { Done: ({ to }) => to.Done() })
})

/** Three workflows, each of which calls the next; the last has a fallback. */
export class Inner extends Workflow.define("Inner")
  .state("Work", Schema.Void, ["Done"])
  .fallback(["Failed"])
  .exit("Done", Schema.Void)
  .exit("Failed", Schema.Void)
  .start("Work") {}

export class Middle extends Workflow.define("Middle")
  .state("Call", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Call") {}

export const middle = Middle.implement({
  Call: Middle.call("Call", Inner, () => undefined, { Done: ({ to }) => to.Done(), Failed: ({ to }) => to.Done() })
})

class Outer extends Workflow.define("Outer")
  .state("Call", Schema.Void, ["Again"])
  .state("Again", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Call") {}

export const outer = Outer.implement({
  Call: Outer.call("Call", Middle, () => undefined, { Done: ({ to }) => to.Again() }),
  Again: Outer.call("Again", Middle, () => undefined, { Done: ({ to }) => to.Done() })
})
