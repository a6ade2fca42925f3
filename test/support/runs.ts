/** Running an Effect under the test's clock to its end, and reading how it ended. */
import { Cause, Data, Duration, Effect, Exit, type Fiber, Result } from "effect"
import { TestClock } from "effect/testing"

/** A failure to tell apart by its id. */
export class Boom extends Data.TaggedError("Boom")<{ readonly id: string }> {}

/** Succeeds after so many milliseconds. */
export const succeedAfter = <A>(millis: number, value: A): Effect.Effect<A> => Effect.as(Effect.sleep(millis), value)

/** Fails with a `Boom` after so many milliseconds. */
export const failAfter = (millis: number, id: string): Effect.Effect<never, Boom> =>
  Effect.andThen(Effect.sleep(millis), Effect.fail(new Boom({ id })))

/** Dies after so many milliseconds. */
export const dieAfter = (millis: number, defect: unknown): Effect.Effect<never> =>
  Effect.andThen(Effect.sleep(millis), Effect.die(defect))

/** Lets an hour pass, and gives how the Effect ended by then. */
export const settle = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Exit.Exit<A, E>, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust(Duration.hours(1))
    return fiber.pollUnsafe() ?? Exit.die(new Error("still running after an hour"))
  })

/** The value of an Effect that ends within an hour. */
export const valueOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatten(settle(effect))

/** The typed failure of an Effect that ends within an hour. */
export const failureOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<E, A, R> =>
  Effect.flip(valueOf(effect))

/** The cause of a failure; none for a success. */
export const causeOf = <A, E>(exit: Exit.Exit<A, E>): Cause.Cause<E> =>
  Exit.isFailure(exit) ? exit.cause : Cause.empty

/** All defects of an exit. */
export const defectsOf = <A, E>(exit: Exit.Exit<A, E>): ReadonlyArray<unknown> =>
  causeOf(exit)
    .reasons.filter(Cause.isDieReason)
    .map((reason) => reason.defect)

/** Whether an exit is an interruption and nothing else. */
export const isInterrupted = <A, E>(exit: Exit.Exit<A, E>): boolean => Cause.hasInterruptsOnly(causeOf(exit))

/** The first typed failure of an exit. */
export const errorOf = <A, E>(exit: Exit.Exit<A, E>): E | undefined => {
  const error = Cause.findError(causeOf(exit))
  return Result.isSuccess(error) ? error.success : undefined
}

/** Waits for a fiber that is expected to have ended already. */
export const ended = <A, E>(fiber: Fiber.Fiber<A, E>): Exit.Exit<A, E> =>
  fiber.pollUnsafe() ?? Exit.die(new Error("still running"))

/** What each use gives in turn; the last one from then on. */
export const inTurn = <A, E>(
  first: Effect.Effect<A, E>,
  ...others: ReadonlyArray<Effect.Effect<A, E>>
): Effect.Effect<A, E> => {
  const results = [first, ...others]
  let uses = 0
  return Effect.suspend(() => results[Math.min(uses++, results.length - 1)] ?? first)
}
