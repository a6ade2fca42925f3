/** The rows of the table about how a visit can go, whatever the handler, and about policies. */
import { Effect, Schedule, Schema } from "effect"
import { Workflow } from "sluice"
import { Boom, dieAfter, failAfter, succeedAfter } from "../support/runs.ts"
import { holdRows } from "./table.ts"
import { begins, ends, failsTimes, interruptedAfter, Trial, trial, trialOf } from "./trial.ts"

/** A task that fails so many times. */
const failing = (times: number) => Trial.task("Work", ({ attempt, to }) => failsTimes(times, attempt, to.Next("y")))

/** A task whose attempts come to no end, but one. */
const hanging = (ending: number) =>
  Trial.task("Work", ({ attempt, to }) => (attempt === ending ? succeedAfter(10, to.Next("y")) : Effect.never))

const starts = [...begins, "0 Work AttemptStarted 1"]

const later = Trial.task("Work", ({ to }) => succeedAfter(10, to.Next.after("1 second", "y")))

holdRows("any handler", [
  {
    what: "it fails, or dies",
    by: "a failure",
    run: trial(failing(1)),
    told: [...starts, "10 Work AttemptFailed 1 after 10: Boom", "10 Work RunFinished after 10: Boom"]
  },
  {
    what: "it fails, or dies",
    by: "a defect",
    run: trial(Trial.task("Work", ({ to }) => Effect.as(dieAfter(10, "dead"), to.Next("y")))),
    told: [
      ...starts,
      '10 Work AttemptFailed 1 after 10: died of "dead"',
      '10 Work RunFinished after 10: died of "dead"'
    ]
  },
  {
    what: "the run is interrupted, or its time is up",
    by: "who runs it",
    run: interruptedAfter(
      10,
      trial(Trial.task("Work", ({ to }) => Effect.ensuring(Effect.as(Effect.never, to.Next("y")), Effect.sleep(5))))
    ),
    told: [...starts, "15 Work AttemptInterrupted 1 after 15", "15 Work RunFinished after 15: interrupted"]
  },
  {
    what: "the run is interrupted, or its time is up",
    by: "the time of the run",
    run: trialOf(hanging(0)).run("x", { timeout: 10 }),
    told: [...starts, "10 Work AttemptInterrupted 1 after 10", "10 Work RunFinished after 10: RunTimeout"]
  },
  {
    what: "the run is interrupted, or its time is up",
    by: "itself",
    run: trial(Trial.task("Work", ({ to }) => Effect.as(Effect.interrupt, to.Next("y")))),
    told: [...starts, "0 Work AttemptInterrupted 1 after 0", "0 Work RunFinished after 0: interrupted"]
  },
  {
    what: "it dies while it is interrupted",
    run: interruptedAfter(
      10,
      trial(
        Trial.task("Work", ({ to }) => Effect.ensuring(Effect.as(Effect.never, to.Next("y")), dieAfter(5, "stuck")))
      )
    ),
    told: [
      ...starts,
      '15 Work AttemptFailed 1 after 15: interrupted and died of "stuck"',
      '15 Work RunFinished after 15: interrupted and died of "stuck"'
    ]
  },
  {
    what: "it gives what is no transition",
    // Only from outside the types.
    run: trial(Trial.task("Work", () => ({ _tag: "Elsewhere" }) as never)),
    told: [...starts, "0 Work RunFinished after 0: died of InvalidTransition"]
  },
  {
    what: "what it acquired dies when it is released",
    run: trial(
      Trial.task("Work", function* ({ to }) {
        yield* Effect.acquireRelease(Effect.void, () => dieAfter(5, "stuck"))
        return yield* succeedAfter(10, to.Next("y"))
      })
    ),
    told: [...starts, '15 Work RunFinished after 15: died of "stuck"']
  },
  {
    what: "its transition takes effect later",
    run: trial(later),
    told: [
      ...starts,
      '10 Work TransitionTaken to Next with "y" in attempt 1 after 10',
      "10 Work Waiting transition until 1010 in attempt 1",
      ...ends(1010, '"y"')
    ]
  },
  {
    what: "the run is interrupted before that",
    run: interruptedAfter(20, trial(later)),
    told: [
      ...starts,
      '10 Work TransitionTaken to Next with "y" in attempt 1 after 10',
      "10 Work Waiting transition until 1010 in attempt 1",
      "20 Work RunFinished after 20: interrupted"
    ]
  }
])

holdRows("`.retry(o)`", [
  {
    what: "it succeeds at last",
    by: "at once",
    run: trial(failing(1).retry({ times: 1 })),
    told: [
      ...starts,
      "10 Work AttemptFailed 1 after 10: Boom",
      "10 Work Retried 2 after 0: Boom",
      "10 Work AttemptStarted 2",
      '20 Work TransitionTaken to Next with "y" in attempt 2 after 20',
      ...ends(20, '"y"')
    ]
  },
  {
    what: "it succeeds at last",
    by: "a schedule",
    run: trial(failing(1).retry(Schedule.exponential("100 millis"))),
    told: [
      ...starts,
      "10 Work AttemptFailed 1 after 10: Boom",
      "110 Work Retried 2 after 100: Boom",
      "110 Work AttemptStarted 2",
      '120 Work TransitionTaken to Next with "y" in attempt 2 after 120',
      ...ends(120, '"y"')
    ]
  },
  {
    what: "it does not",
    run: trial(failing(2).retry({ times: 1 })),
    told: [
      ...starts,
      "10 Work AttemptFailed 1 after 10: Boom",
      "10 Work Retried 2 after 0: Boom",
      "10 Work AttemptStarted 2",
      "20 Work AttemptFailed 2 after 10: Boom",
      "20 Work RunFinished after 20: Boom"
    ]
  },
  {
    what: "it is interrupted while the retry waits",
    run: interruptedAfter(50, trial(failing(1).retry(Schedule.spaced("100 millis")))),
    told: [...starts, "10 Work AttemptFailed 1 after 10: Boom", "50 Work RunFinished after 50: interrupted"]
  }
])

holdRows("`.timeout(d)`", [
  {
    what: "the time is up",
    run: trial(hanging(0).timeout(10)),
    told: [...starts, "10 Work AttemptInterrupted 1 after 10", "10 Work RunFinished after 10: StateTimeout"]
  },
  {
    what: "the time is up",
    by: "a finalizer after a failure",
    run: trial(
      Trial.task("Work", ({ to }) =>
        Effect.as(Effect.ensuring(failAfter(5, "bad"), Effect.sleep(15)), to.Next("y"))
      ).timeout(10)
    ),
    told: [...starts, "20 Work AttemptInterrupted 1 after 20", "20 Work RunFinished after 20: StateTimeout"]
  },
  {
    what: "what could not be interrupted was completed too late",
    run: trial(
      Trial.task("Work", ({ to }) => succeedAfter(20, to.Next("y")))
        .compensate({ Next: () => Effect.sleep(3) }, { uninterruptible: true })
        .timeout(10)
    ),
    told: [
      ...starts,
      "20 Work AttemptInterrupted 1 after 20",
      '20 Work Compensating Work with "y"',
      "23 Work Compensated Work after 3",
      "23 Work RunFinished after 23: StateTimeout"
    ]
  }
])

holdRows("`.timeout(d).retry(o)`", [
  {
    what: "each attempt has its time",
    run: trial(hanging(2).timeout(15).retry({ times: 1 })),
    told: [
      ...starts,
      "15 Work AttemptInterrupted 1 after 15",
      "15 Work Retried 2 after 0: StateTimeout",
      "15 Work AttemptStarted 2",
      '25 Work TransitionTaken to Next with "y" in attempt 2 after 25',
      ...ends(25, '"y"')
    ]
  }
])

/** Fails at once in the first attempt, comes to no end in the second, and succeeds in the third. */
const changing = Trial.task("Work", ({ attempt, to }) =>
  attempt === 1 ? failAfter(10, "bad") : attempt === 2 ? Effect.never : succeedAfter(10, to.Next("y"))
)

holdRows("`.retry(o).timeout(d)`", [
  {
    what: "all have one time together",
    run: trial(changing.retry({ times: 5 }).timeout(15)),
    told: [
      ...starts,
      "10 Work AttemptFailed 1 after 10: Boom",
      "10 Work Retried 2 after 0: Boom",
      "10 Work AttemptStarted 2",
      "15 Work AttemptInterrupted 2 after 5",
      "15 Work RunFinished after 15: StateTimeout"
    ]
  }
])

holdRows("`.retry(o).timeout(d).retry(o)`", [
  {
    what: "attempts are counted through",
    run: trial(changing.retry({ times: 5 }).timeout(15).retry(Schedule.spaced("100 millis"))),
    told: [
      ...starts,
      "10 Work AttemptFailed 1 after 10: Boom",
      "10 Work Retried 2 after 0: Boom",
      "10 Work AttemptStarted 2",
      "15 Work AttemptInterrupted 2 after 5",
      "115 Work Retried 3 after 100: StateTimeout",
      "115 Work AttemptStarted 3",
      '125 Work TransitionTaken to Next with "y" in attempt 3 after 125',
      ...ends(125, '"y"')
    ]
  }
])

holdRows("`.catch(f)`", [
  {
    what: "the failure is caught",
    run: trial(failing(1).catch(({ to }) => succeedAfter(5, to.Next("caught")))),
    told: [
      ...starts,
      "10 Work AttemptFailed 1 after 10: Boom",
      '15 Work TransitionTaken to Next with "caught" in attempt 1 after 15',
      ...ends(15, '"caught"')
    ]
  },
  {
    what: "the catch fails",
    run: trial(
      failing(1).catch(({ error, to }) => (error.id === "bad" ? failAfter(5, "catch") : Effect.succeed(to.Next("-"))))
    ),
    told: [...starts, "10 Work AttemptFailed 1 after 10: Boom", "15 Work RunFinished after 15: Boom"]
  }
])

holdRows("`.retry(o).catch(f)`", [
  {
    what: "the last failure is caught",
    run: trial(
      failing(2)
        .retry({ times: 1 })
        .catchTag("Boom", ({ attempt, to }) => to.Next(attempt))
    ),
    told: [
      ...starts,
      "10 Work AttemptFailed 1 after 10: Boom",
      "10 Work Retried 2 after 0: Boom",
      "10 Work AttemptStarted 2",
      "20 Work AttemptFailed 2 after 10: Boom",
      "20 Work TransitionTaken to Next with 2 in attempt 2 after 20",
      ...ends(20, "2")
    ]
  }
])

holdRows("`.catch(f).retry(o)`", [
  {
    what: "the catch fails",
    run: trial(
      failing(1)
        .catch(({ error, to }) => (error.id === "bad" ? failAfter(5, "catch") : Effect.succeed(to.Next("-"))))
        .retry(Schedule.spaced("100 millis"))
    ),
    told: [
      ...starts,
      "10 Work AttemptFailed 1 after 10: Boom",
      "115 Work Retried 2 after 100: Boom",
      "115 Work AttemptStarted 2",
      '125 Work TransitionTaken to Next with "y" in attempt 2 after 125',
      ...ends(125, '"y"')
    ]
  }
])

const refuse = Effect.fail(new Boom({ id: "refused" }))

/** Refuses the first call, and lets those after it through. */
const refusingOnce = () => {
  let calls = 0
  return <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E | Boom, R> => (calls++ === 0 ? refuse : work)
}

holdRows("`.guard(g)`", [
  {
    what: "it refuses",
    run: trial(failing(0).guard((work) => Effect.andThen(refuse, work))),
    told: [...begins, "0 Work RunFinished after 0: Boom"]
  },
  {
    what: "its refusal is caught",
    run: trial(
      failing(0)
        .guard((work) => Effect.andThen(refuse, work))
        .catchTag("Boom", ({ to }) => to.Next("caught"))
    ),
    told: [...begins, '0 Work TransitionTaken to Next with "caught" in attempt 1 after 0', ...ends(0, '"caught"')]
  },
  {
    what: "its refusal is retried",
    run: Effect.suspend(() => trial(failing(0).guard(refusingOnce()).retry(Schedule.spaced("100 millis")))),
    told: [
      ...begins,
      "100 Work Retried 1 after 100: Boom",
      "100 Work AttemptStarted 1",
      '110 Work TransitionTaken to Next with "y" in attempt 1 after 110',
      ...ends(110, '"y"')
    ]
  }
])

class Shared extends Workflow.define("Shared")
  .fallback(["Broken"])
  .state("Work", Schema.String, ["Done"])
  .state("Broken", Schema.String, ["Done"])
  .exit("Done", Schema.Unknown)
  .start("Work") {}

const shared = Shared.implement(
  {
    Work: Shared.task("Work", ({ to }) => Effect.as(failAfter(10, "bad"), to.Done("-"))),
    Broken: ({ payload, to }) => to.Done(payload)
  },
  { policy: (step) => step.retry({ times: 1 }).catchTag("Boom", ({ error, to }) => to.Broken(error.id)) }
)

holdRows("a shared policy", [
  {
    what: "it retries, and falls back",
    run: shared.run("x"),
    told: [
      ...starts,
      "10 Work AttemptFailed 1 after 10: Boom",
      "10 Work Retried 2 after 0: Boom",
      "10 Work AttemptStarted 2",
      "20 Work AttemptFailed 2 after 10: Boom",
      '20 Work TransitionTaken to Broken with "bad" in attempt 2 after 20',
      '20 Broken StateEntered with "bad"',
      "20 Broken AttemptStarted 1",
      '20 Broken TransitionTaken to Done with "bad" in attempt 1 after 0',
      "20 Done RunFinished well after 20"
    ]
  }
])
