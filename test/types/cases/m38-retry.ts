/** What `.retry` does not take. */
import { Effect, Schedule } from "effect"
import { Charge } from "../right/rollback.ts"

const again = Charge.timeout("1 second")

export const number = again.retry(3) // expect: "'number'", 'RetryPolicy'
export const text = again.retry("1 second") // expect: "'string'", 'RetryPolicy'
export const effect = again.retry(Effect.void) // expect: 'Effect', 'RetryPolicy'
export const misspelt = again.retry({ tims: 3 }) // expect: "'tims'"
export const beside = again.retry({ times: 3, shedule: Schedule.spaced("1 second") }) // expect: "'shedule' is not an option"
export const wrongTimes = again.retry({ times: "3" }) // expect: "'string'", "'number'"
export const wrongSchedule = again.retry({ schedule: "1 second" }) // expect: "'string'", 'Schedule'
export const wrongError = again.retry({ while: (error: Date) => error.getTime() > 0 }) // expect: 'StateTimeout', "'Date'"
export const wrongBuilder = again.retry(() => 3) // expect: "'number'", 'Schedule'
export const none = again.retry() // expect: 'Expected 1 arguments, but got 0'

// What has been refused changes nothing of what is known.
export const caught = again.retry(3).catchTag("StateTimeout", ({ to }) => to.Cancelled("late")) // expect: "'number'"

// Nor does the retry of an undo, or what else stands beside it.
const undone = { Review: () => Effect.void }
const undoing = Charge.catch(({ to }) => to.Cancelled("late"))
export const misspeltOption = undoing.compensate(undone, { timeout: "1 second", retyr: { times: 1 } }) // expect: "'retyr' is not an option"
export const misspeltRetry = undoing.compensate(undone, { retry: { tims: 1 } }) // expect: "'tims'"
