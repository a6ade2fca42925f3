/** The rows of the table about kinds of handlers. */
import { DateTime, Effect, Schedule } from "effect"
import { Boom, failAfter, succeedAfter } from "../support/runs.ts"
import { holdRows } from "./table.ts"
import { begins, ends, interruptedAfter, Sub, signalled, sub, Trial, trial } from "./trial.ts"

holdRows("a task, a route", [
  {
    what: "it chooses a target",
    by: "a function",
    run: trial(Trial.task("Work", ({ to }) => to.Next("y"))),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      '0 Work TransitionTaken to Next with "y" in attempt 1 after 0',
      ...ends(0, '"y"')
    ]
  },
  {
    what: "it chooses a target",
    by: "a route",
    run: trial(Trial.route("Work", ({ to }) => to.Next("y"))),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      '0 Work TransitionTaken to Next with "y" in attempt 1 after 0',
      ...ends(0, '"y"')
    ]
  },
  {
    what: "it chooses a target",
    by: "an Effect",
    run: trial(Trial.task("Work", ({ to }) => succeedAfter(10, to.Next("y")))),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      '10 Work TransitionTaken to Next with "y" in attempt 1 after 10',
      ...ends(10, '"y"')
    ]
  },
  {
    what: "it chooses a target",
    by: "a generator that acquires what takes 5 ms to release",
    run: trial(
      Trial.task("Work", function* ({ to }) {
        yield* Effect.acquireRelease(Effect.void, () => Effect.sleep(5))
        return yield* succeedAfter(10, to.Next("y"))
      })
    ),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      '15 Work TransitionTaken to Next with "y" in attempt 1 after 15',
      ...ends(15, '"y"')
    ]
  }
])

holdRows("a wait", [
  {
    what: "the signal comes",
    run: signalled(
      10,
      Trial.wait("Work", { Go: ({ signal, to }) => succeedAfter(5, to.Next(signal)), Stop: ({ to }) => to.Next("-") })
    ),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      "0 Work Waiting signal Go or Stop in attempt 1",
      '10 Work Signalled Go with "y"',
      '15 Work TransitionTaken to Next with "y" in attempt 1 after 15',
      ...ends(15, '"y"')
    ]
  },
  {
    what: "the signal comes",
    by: "before a limit",
    run: signalled(
      10,
      Trial.wait("Work", { Go: ({ signal, to }) => to.Next(signal) }).after(20, ({ to }) => to.Next("late"))
    ),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      "0 Work Waiting signal Go until 20 in attempt 1",
      '10 Work Signalled Go with "y"',
      '10 Work TransitionTaken to Next with "y" in attempt 1 after 10',
      ...ends(10, '"y"')
    ]
  },
  {
    what: "it is there already",
    run: signalled(
      5,
      Trial.wait("Work", { Go: ({ signal, to }) => to.Next(signal) }).guard((work) => Effect.delay(work, 10))
    ),
    told: [
      ...begins,
      '5 Work Signalled Go with "y"',
      "10 Work AttemptStarted 1",
      '10 Work TransitionTaken to Next with "y" in attempt 1 after 10',
      ...ends(10, '"y"')
    ]
  },
  {
    what: "it is there already",
    by: "before a limit",
    run: signalled(
      5,
      Trial.wait("Work", { Go: ({ signal, to }) => to.Next(signal) })
        .after(20, ({ to }) => to.Next("late"))
        .guard((work) => Effect.delay(work, 10))
    ),
    told: [
      ...begins,
      '5 Work Signalled Go with "y"',
      "10 Work AttemptStarted 1",
      '10 Work TransitionTaken to Next with "y" in attempt 1 after 10',
      ...ends(10, '"y"')
    ]
  },
  {
    what: "its time is up",
    run: trial(
      Trial.wait("Work", { Go: ({ signal, to }) => to.Next(signal) }).after(20, ({ to }) =>
        succeedAfter(5, to.Next("late"))
      )
    ),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      "0 Work Waiting signal Go until 20 in attempt 1",
      '25 Work TransitionTaken to Next with "late" in attempt 1 after 25',
      ...ends(25, '"late"')
    ]
  }
])

holdRows("a pause", [
  {
    what: "its time comes",
    by: "a duration",
    run: trial(Trial.pause("Work", "20 millis", ({ to }) => to.Next("y"))),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      "0 Work Waiting time until 20 in attempt 1",
      '20 Work TransitionTaken to Next with "y" in attempt 1 after 20',
      ...ends(20, '"y"')
    ]
  },
  {
    what: "its time comes",
    by: "a point in time",
    run: trial(Trial.pause("Work", DateTime.makeUnsafe(20), ({ to }) => to.Next("y"))),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      "0 Work Waiting time until 20 in attempt 1",
      '20 Work TransitionTaken to Next with "y" in attempt 1 after 20',
      ...ends(20, '"y"')
    ]
  },
  {
    what: "its time has passed",
    run: trial(Trial.pause("Work", DateTime.makeUnsafe(-1), ({ to }) => to.Next("y"))),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      '0 Work TransitionTaken to Next with "y" in attempt 1 after 0',
      ...ends(0, '"y"')
    ]
  }
])

/** Gives these one after another, each after 10 milliseconds. */
const asked = (...answers: ReadonlyArray<Effect.Effect<"yes" | "no", Boom>>) => {
  const left = [...answers]
  return Effect.suspend(() => Effect.delay(left.shift() ?? Effect.succeed("no"), 10))
}

/** Asks for these answers, again and again. */
const polling = (...answers: ReadonlyArray<Effect.Effect<"yes" | "no", Boom>>) =>
  Effect.suspend(() => {
    const ask = asked(...answers)
    return trial(
      Trial.poll(
        "Work",
        ({ pending, to }) => Effect.map(ask, (answer) => (answer === "yes" ? to.Next("y") : pending)),
        { schedule: Schedule.exponential("100 millis"), failures: 1 }
      )
    )
  })

const down = Effect.fail(new Boom({ id: "ask" }))

holdRows("a poll", [
  {
    what: "no answer, a failure that it bears, and an answer",
    run: polling(Effect.succeed("no"), down, Effect.succeed("yes")),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      "10 Work Waiting answer until 110 in attempt 1",
      "120 Work Waiting answer until 320 in attempt 1: Boom",
      '330 Work TransitionTaken to Next with "y" in attempt 1 after 330',
      ...ends(330, '"y"')
    ]
  },
  {
    what: "no answer, a failure that it bears, and an answer",
    by: "the failure first",
    run: polling(down, Effect.succeed("no"), Effect.succeed("yes")),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      "10 Work Waiting answer until 110 in attempt 1: Boom",
      "120 Work Waiting answer until 320 in attempt 1",
      '330 Work TransitionTaken to Next with "y" in attempt 1 after 330',
      ...ends(330, '"y"')
    ]
  },
  {
    what: "it has asked often enough",
    run: trial(
      Trial.poll(
        "Work",
        ({ pending, payload, to }) => Effect.delay(Effect.succeed(payload === "" ? to.Next("y") : pending), 10),
        {
          schedule: Schedule.upTo(Schedule.spaced("100 millis"), { times: 1 })
        }
      )
    ),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      "10 Work Waiting answer until 110 in attempt 1",
      "120 Work AttemptFailed 1 after 120: PollExhausted",
      "120 Work RunFinished after 120: PollExhausted"
    ]
  }
])

/** What a caller begins with, and what its callee does. */
const calls = [
  ...begins,
  "0 Work AttemptStarted 1",
  "0 One RunStarted with 7, called by Trial 1 Work",
  "0 One StateEntered with 7",
  "0 One AttemptStarted 1"
]

const call = Trial.call("Work", Sub, () => 7, { Good: ({ result, to }) => to.Next(result) })

holdRows("a call", [
  {
    what: "the callee reaches an exit",
    run: Effect.provide(
      trial(call),
      sub((to) => succeedAfter(10, to.Good(8)))
    ),
    told: [
      ...calls,
      "10 One TransitionTaken to Good with 8 in attempt 1 after 10",
      "10 Good RunFinished well after 10",
      "10 Work TransitionTaken to Next with 8 in attempt 1 after 10",
      ...ends(10, "8")
    ]
  },
  {
    what: "the callee fails, and has undone its steps",
    run: Effect.provide(
      trial(call),
      sub((to) => succeedAfter(10, to.Two(8)))
    ),
    told: [
      ...calls,
      "10 One TransitionTaken to Two with 8 in attempt 1 after 10",
      "10 Two StateEntered with 8",
      "10 Two AttemptStarted 1",
      "15 Two AttemptFailed 1 after 5: Boom",
      "15 One Compensating One with 8",
      "18 One Compensated One after 3",
      "18 Two RunFinished after 18: Boom",
      "18 Work AttemptFailed 1 after 18: Boom",
      "18 Work RunFinished after 18: Boom"
    ]
  },
  {
    what: "it is interrupted",
    run: interruptedAfter(
      5,
      Effect.provide(
        trial(call),
        sub((to) => succeedAfter(10, to.Good(8)))
      )
    ),
    told: [
      ...calls,
      "5 One AttemptInterrupted 1 after 5",
      "5 One RunFinished after 5: interrupted",
      "5 Work AttemptInterrupted 1 after 5",
      "5 Work RunFinished after 5: interrupted"
    ]
  },
  {
    what: "where the exit leads to fails: the callee's steps are undone",
    run: Effect.provide(
      trial(
        Trial.call("Work", Sub, () => 7, {
          Good: ({ result, to }) => (result === 8 ? failAfter(5, "case") : Effect.succeed(to.Next(result)))
        })
      ),
      sub((to) => succeedAfter(10, to.Good(8)))
    ),
    told: [
      ...calls,
      "10 One TransitionTaken to Good with 8 in attempt 1 after 10",
      "10 Good RunFinished well after 10",
      "15 One Compensating One with 8",
      "18 One Compensated One after 3",
      "18 Work AttemptFailed 1 after 18: Boom",
      "18 Work RunFinished after 18: Boom"
    ]
  }
])
