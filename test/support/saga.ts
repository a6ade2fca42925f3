/** Runs that are undone: what they did and undid, a typed trip to book, a split between two steps, and chains of any length. */
import { Cause, Effect, Exit, Schema } from "effect"
import { type Handler, RunTimeout, Workflow } from "sluice"
import { causeOf, errorOf, succeedAfter } from "./runs.ts"

/** What was done and what was undone, each in the order it happened. */
export class Ledger {
  readonly done: Array<string> = []
  readonly undone: Array<string> = []

  /** Writes what is done now, and passes the value on. */
  complete<A>(what: string, value: A): A {
    this.done.push(what)
    return value
  }

  /** A compensation that writes what it undoes. */
  undo(what: string): Effect.Effect<void> {
    return Effect.sync(() => void this.undone.push(what))
  }

  /** What a rollback of everything undoes. */
  get reversed(): ReadonlyArray<string> {
    return this.done.toReversed()
  }
}

/** How a run ended, in a word. */
export const endingOf = <A, E>(exit: Exit.Exit<A, E>): string => {
  if (Exit.isSuccess(exit)) return "success"
  if (errorOf(exit) instanceof RunTimeout) return "timeout"
  const cause = causeOf(exit)
  if (Cause.hasInterruptsOnly(cause)) return "interrupt"
  return Cause.hasDies(cause) ? "die" : "fail"
}

/** Two bookings, and a third step that ends the run. */
export class Trip extends Workflow.define("Trip")
  .state("Flight", Schema.String, ["Hotel"])
  .state("Hotel", Schema.String, ["Car"])
  .state("Car", Schema.String, ["Booked", "Cancelled"])
  .exit("Booked", Schema.String)
  .exit("Cancelled", Schema.String, { rollback: true })
  .start("Flight") {}

/** What the last step of a trip does. */
export type Car<E, R> = (
  context: Workflow.Context<typeof Trip, "Car">
) => Effect.Effect<Workflow.Transitions<typeof Trip, "Car">, E, R>

/** How the two bookings of a trip are undone. */
export interface Undos<R1, R2> {
  readonly flight: (context: Workflow.CompensationContext<typeof Trip, "Hotel">) => Effect.Effect<unknown, unknown, R1>
  readonly hotel: (context: Workflow.CompensationContext<typeof Trip, "Car">) => Effect.Effect<unknown, unknown, R2>
}

/** A trip whose flight and hotel take 10 milliseconds each, and are undone as given. */
export const trip = <E, R, R1, R2>(
  { flight, hotel }: Undos<R1, R2>,
  car: Car<E, R>,
  options?: { readonly rollback?: (cause: Cause.Cause<unknown>) => boolean }
) =>
  Trip.implement(
    {
      Flight: Trip.task("Flight", ({ payload, to }) => succeedAfter(10, to.Hotel(`seat ${payload}`))).compensate({
        Hotel: flight
      }),
      Hotel: Trip.task("Hotel", ({ to }) => succeedAfter(10, to.Car("room 7"))).compensate({ Car: hotel }),
      Car: car
    },
    options
  )

/** The compensations of a trip that write what they undo. */
export const written = (ledger: Ledger): Undos<never, never> => ({
  flight: () => ledger.undo("flight"),
  hotel: () => ledger.undo("hotel")
})

/** A step before branches, and two ways to go on after them. */
export class Round extends Workflow.define("Round")
  .state("Before", Schema.String, ["Work"])
  .state("Work", Schema.String, ["After", "Recovered"])
  .state("After", Schema.Unknown, ["Done"])
  .state("Recovered", Schema.Unknown, ["Done"])
  .exit("Done", Schema.Unknown)
  .start("Before") {}

/** A round whose first step is written when it is undone, and which ends as given after its branches. */
export const round = <E, R, E2 = never>(
  ledger: Ledger,
  work: Handler.Handler<typeof Round, "Work", "After" | "Recovered", E, R>,
  end: Effect.Effect<void, E2> = Effect.void
) =>
  Round.implement({
    Before: Round.task("Before", ({ payload, to }) => to.Work(payload)).compensate({
      Work: () => ledger.undo("before")
    }),
    Work: work,
    After: ({ payload, to }) => Effect.as(end, to.Done(payload)),
    Recovered: ({ payload, to }) => Effect.as(end, to.Done(payload))
  })

interface ChainContext {
  readonly to: Readonly<Record<string, ChainTarget>>
}

interface ChainTarget {
  (): unknown
  readonly after: (delay: string) => unknown
}

interface ChainTask {
  compensate(cases: unknown): ChainTask
}

interface ChainWorkflow {
  run(input: undefined, options: { readonly timeout?: string }): Effect.Effect<unknown, unknown>
}

interface ChainDefinition {
  task(state: string, run: (context: ChainContext) => unknown): ChainTask
  implement(handlers: Readonly<Record<string, unknown>>): ChainWorkflow
}

interface ChainBuilder {
  state(name: string, payload: unknown, targets: ReadonlyArray<string>): ChainBuilder
  exit(name: string, payload: unknown): ChainBuilder
  start(name: string): ChainDefinition
}

/** A form in which a function of a handler can be written. */
export interface Form {
  readonly name: string
  /** Gives what `choose` gives. */
  readonly give: <A>(choose: () => A) => unknown
  /** Ends as the Effect does. */
  readonly end: (effect: Effect.Effect<never, string>) => unknown
}

/** A plain function dies by throwing; in any other way it cannot end badly by itself. */
const thrown = (effect: Effect.Effect<never, string>): undefined => {
  if (Exit.isExit(effect) && Cause.hasDies(causeOf(effect))) throw Cause.squash(causeOf(effect))
}

/** The three forms of a handler, at once and after waiting. */
export const forms: ReadonlyArray<Form> = [
  { name: "plain", give: (choose) => choose(), end: (effect) => thrown(effect) ?? effect },
  { name: "finished Effect", give: (choose) => Effect.succeed(choose()), end: (effect) => effect },
  { name: "Effect", give: (choose) => Effect.sync(choose), end: (effect) => Effect.andThen(Effect.yieldNow, effect) },
  {
    name: "waiting Effect",
    give: (choose) => Effect.map(Effect.sleep(10), choose),
    end: (effect) => Effect.andThen(Effect.sleep(10), effect)
  },
  {
    name: "generator",
    *give(choose) {
      yield* Effect.void
      return choose()
    },
    *end(effect) {
      return yield* effect
    }
  },
  {
    name: "waiting generator",
    *give(choose) {
      yield* Effect.sleep(10)
      return choose()
    },
    *end(effect) {
      yield* Effect.sleep(10)
      return yield* effect
    }
  }
]

/** Where a chain goes wrong: in a step, in the state after it that has no compensation, or while its transition waits. */
export interface Trouble {
  readonly where: "step" | "state after step" | "delay after step"
  readonly step: number
  readonly effect: Effect.Effect<never, string>
}

/** So many steps that are compensated, each followed by a state that is not; all in one form. */
export const chain = (length: number, form: Form, trouble: Trouble, ledger: Ledger): ChainWorkflow => {
  const steps = Array.from({ length }, (_, index) => index + 1)
  const next = (step: number) => (step === length ? "Done" : `Step ${step + 1}`)
  // A machine that is built in a loop has no types.
  const define = Workflow.define as unknown as (name: string) => ChainBuilder
  const Chain = steps
    .reduce(
      (table, step) =>
        table.state(`Step ${step}`, Schema.Void, [`After ${step}`]).state(`After ${step}`, Schema.Void, [next(step)]),
      define("Chain")
    )
    .exit("Done", Schema.Void)
    .start("Step 1")
  const isAt = (where: Trouble["where"], step: number) => trouble.where === where && trouble.step === step
  const stepOf = (step: number) => {
    const name = `Step ${step}`
    const target = `After ${step}`
    const go = ({ to }: ChainContext) => (isAt("delay after step", step) ? to[target]!.after("1 day") : to[target]!())
    return Chain.task(name, (context) =>
      isAt("step", step) ? form.end(trouble.effect) : form.give(() => ledger.complete(name, go(context)))
    ).compensate({ [target]: () => form.give(() => void ledger.undone.push(name)) })
  }
  const stateAfter =
    (step: number) =>
    ({ to }: ChainContext) =>
      isAt("state after step", step) ? form.end(trouble.effect) : form.give(() => to[next(step)]!())
  return Chain.implement(
    Object.fromEntries(
      steps.flatMap((step) => [
        [`Step ${step}`, stepOf(step)],
        [`After ${step}`, stateAfter(step)]
      ])
    )
  )
}
