/** The clock of a machine that can be put to sleep, and whose time can be set: its time goes another way than its timers. */
import { Clock, Effect } from "effect"

/** The clock of the test, and a function that lets its time, but not its timers, go on by so many minutes, or back. */
export const sleepyClock = Effect.gen(function* () {
  const test = yield* Clock.Clock
  let slept = 0
  const now = () => test.currentTimeMillisUnsafe() + slept
  const nanos = () => test.currentTimeNanosUnsafe() + BigInt(slept) * 1_000_000n
  let timers = 0
  const clock: Clock.Clock = {
    ...test,
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.suspend(() => {
        timers++
        return test.sleep(duration)
      })
  }
  const sleep = (minutes: number) =>
    Effect.sync(() => {
      slept += minutes * 60_000
    })
  return { clock, sleep, timers: () => timers }
})
