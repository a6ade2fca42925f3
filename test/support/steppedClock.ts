/** Real time in the hands of a test: a millisecond passes each time that somebody waits for one, and none otherwise. */
import { type Clock, Deferred, Duration, Effect } from "effect"

interface Sleep {
  readonly end: number
  readonly over: Deferred.Deferred<void>
}

/** Makes a clock that stands in for the real one, however long things really take. */
export const steppedClock = () => {
  let now = 0
  const sleeps = new Set<Sleep>()
  const step = Effect.suspend(() => {
    now += 1
    const ended = [...sleeps].filter(({ end }) => end <= now)
    return Effect.forEach(ended, ({ over }) => Deferred.succeed(over, undefined), { discard: true })
  })
  // What is ready to go on goes on before a millisecond has passed.
  const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
  const sleepFor = (millis: number) =>
    Effect.acquireUseRelease(
      Effect.sync((): Sleep => {
        const sleep = { end: now + millis, over: Deferred.makeUnsafe<void>() }
        sleeps.add(sleep)
        return sleep
      }),
      ({ over }) => Deferred.await(over),
      (sleep) => Effect.sync(() => void sleeps.delete(sleep))
    )
  const nanos = () => BigInt(now) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => {
      const millis = Duration.toMillis(duration)
      return millis > 1 ? sleepFor(millis) : Effect.andThen(turn, step)
    }
  }
  return { clock, now: () => now }
}
