/** The rows of the table about what is undone when a run ends badly, or at an exit that rolls back. */
import { Effect } from "effect"
import { type Boom, dieAfter, failAfter, succeedAfter } from "../support/runs.ts"
import { type Car, Trip, trip } from "../support/saga.ts"
import { holdRows } from "./table.ts"
import { interruptedAfter, Sub, sub, Trial } from "./trial.ts"

/** How every trip begins: two bookings, and a third step. */
const booked = [
  '0 Flight RunStarted with "Rome"',
  '0 Flight StateEntered with "Rome"',
  "0 Flight AttemptStarted 1",
  '10 Flight TransitionTaken to Hotel with "seat Rome" in attempt 1 after 10',
  '10 Hotel StateEntered with "seat Rome"',
  "10 Hotel AttemptStarted 1",
  '20 Hotel TransitionTaken to Car with "room 7" in attempt 1 after 10',
  '20 Car StateEntered with "room 7"',
  "20 Car AttemptStarted 1"
]

/** What is told of the two bookings while they are undone, each in 3 milliseconds. */
const undone = (time: number) => [
  `${time} Hotel Compensating Hotel with "room 7"`,
  `${time + 3} Hotel Compensated Hotel after 3`,
  `${time + 3} Flight Compensating Flight with "seat Rome"`,
  `${time + 6} Flight Compensated Flight after 3`
]

const inTime = { flight: () => Effect.sleep(3), hotel: () => Effect.sleep(3) }

const failingCar: Car<Boom, never> = () => failAfter(10, "car")
const failing = trip(inTime, failingCar)
const hanging = trip(inTime, () => Effect.never)

/** Fails each time, but the third. */
const stubborn = () => {
  let calls = 0
  return Effect.suspend(() => (++calls < 3 ? failAfter(3, "hotel") : Effect.sleep(3)))
}

/** A caller whose last step fails when the workflow that it calls has reached its exit. */
const caller = Trial.implement({
  Work: Trial.call("Work", Sub, () => 7, { Good: ({ result, to }) => to.Next(result) }).compensate({
    Next: () => Effect.sleep(3)
  }),
  Next: ({ payload, to }) => (payload === 0 ? Effect.succeed(to.Done(payload)) : failAfter(10, "next"))
})

holdRows("a rollback", [
  {
    what: "a later step fails or dies",
    by: "a failure",
    visit: "Car",
    run: failing.run("Rome"),
    told: [...booked, "30 Car AttemptFailed 1 after 10: Boom", ...undone(30), "36 Car RunFinished after 36: Boom"]
  },
  {
    what: "a later step fails or dies",
    by: "a defect",
    visit: "Car",
    run: trip(inTime, () => dieAfter(10, "car")).run("Rome"),
    told: [
      ...booked,
      '30 Car AttemptFailed 1 after 10: died of "car"',
      ...undone(30),
      '36 Car RunFinished after 36: died of "car"'
    ]
  },
  {
    what: "the run is interrupted, or its time is up",
    by: "who runs it",
    visit: "Car",
    run: interruptedAfter(30, hanging.run("Rome")),
    told: [...booked, "30 Car AttemptInterrupted 1 after 10", ...undone(30), "36 Car RunFinished after 36: interrupted"]
  },
  {
    what: "the run is interrupted, or its time is up",
    by: "the time of the run",
    visit: "Car",
    run: hanging.run("Rome", { timeout: 30 }),
    told: [...booked, "30 Car AttemptInterrupted 1 after 10", ...undone(30), "36 Car RunFinished after 36: RunTimeout"]
  },
  {
    what: "an exit rolls back",
    visit: "Car",
    run: trip(inTime, ({ to }) => succeedAfter(10, to.Cancelled("no car"))).run("Rome"),
    told: [
      ...booked,
      '30 Car TransitionTaken to Cancelled with "no car" in attempt 1 after 10',
      ...undone(30),
      "36 Cancelled RunFinished well after 36"
    ]
  },
  {
    what: "compensations are retried, and time out",
    visit: "Car",
    run: Effect.suspend(() => {
      const cancel = stubborn()
      let calls = 0
      return Trip.implement({
        Flight: Trip.task("Flight", ({ payload, to }) => succeedAfter(10, to.Hotel(`seat ${payload}`))).compensate(
          { Hotel: () => (++calls === 1 ? Effect.never : Effect.sleep(3)) },
          { retry: { times: 1 }, timeout: 50 }
        ),
        Hotel: Trip.task("Hotel", ({ to }) => succeedAfter(10, to.Car("room 7"))).compensate(
          { Car: () => cancel },
          { retry: { times: 2 } }
        ),
        Car: failingCar
      }).run("Rome")
    }),
    told: [
      ...booked,
      "30 Car AttemptFailed 1 after 10: Boom",
      '30 Hotel Compensating Hotel with "room 7"',
      "39 Hotel Compensated Hotel after 9",
      '39 Flight Compensating Flight with "seat Rome"',
      "92 Flight Compensated Flight after 53",
      "92 Car RunFinished after 92: Boom"
    ]
  },
  {
    what: "a compensation fails: the others are tried",
    visit: "Car",
    run: trip({ ...inTime, hotel: () => failAfter(3, "hotel") }, failingCar).run("Rome"),
    told: [
      ...booked,
      "30 Car AttemptFailed 1 after 10: Boom",
      '30 Hotel Compensating Hotel with "room 7"',
      "33 Hotel CompensationFailed Hotel after 3: Boom",
      '33 Flight Compensating Flight with "seat Rome"',
      "36 Flight Compensated Flight after 3",
      "36 Car RunFinished after 36: CompensationFailed"
    ]
  },
  {
    what: "its time is up: others are not tried, and not told",
    visit: "Car",
    run: trip({ ...inTime, hotel: () => Effect.never }, failingCar).run("Rome", {
      compensationTimeout: 50
    }),
    told: [
      ...booked,
      "30 Car AttemptFailed 1 after 10: Boom",
      '30 Hotel Compensating Hotel with "room 7"',
      "80 Hotel CompensationFailed Hotel after 50: interrupted",
      "80 Car RunFinished after 80: CompensationFailed"
    ]
  },
  {
    what: "the failure is not rolled back",
    visit: "Car",
    run: trip(inTime, failingCar, { rollback: () => false }).run("Rome"),
    told: [...booked, "30 Car AttemptFailed 1 after 10: Boom", "30 Car RunFinished after 30: Boom"]
  },
  {
    what: "a callee's steps are undone by its caller",
    visit: "Next",
    run: Effect.provide(
      caller.run("x", { id: "1" }),
      sub((to) => succeedAfter(10, to.Good(8)))
    ),
    told: [
      '0 Work RunStarted with "x"',
      '0 Work StateEntered with "x"',
      "0 Work AttemptStarted 1",
      "0 One RunStarted with 7, called by Trial 1 Work",
      "0 One StateEntered with 7",
      "0 One AttemptStarted 1",
      "10 One TransitionTaken to Good with 8 in attempt 1 after 10",
      "10 Good RunFinished well after 10",
      "10 Work TransitionTaken to Next with 8 in attempt 1 after 10",
      "10 Next StateEntered with 8",
      "10 Next AttemptStarted 1",
      "20 Next AttemptFailed 1 after 10: Boom",
      "20 Work Compensating Work with 8",
      "23 Work Compensated Work after 3",
      "23 One Compensating One with 8",
      "26 One Compensated One after 3",
      "26 Next RunFinished after 26: Boom"
    ]
  }
])
