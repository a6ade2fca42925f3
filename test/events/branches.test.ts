/** The rows of the table about splits and forEachs. */
import { Effect } from "effect"
import { Join } from "sluice"
import { dieAfter, failAfter, succeedAfter } from "../support/runs.ts"
import { holdRows } from "./table.ts"
import { begins, ends, interruptedAfter, Trial, trial, trialOf } from "./trial.ts"

const starts = [...begins, "0 Work AttemptStarted 1", "0 Work BranchStarted a in attempt 1"]
const startsBoth = [...starts, "0 Work BranchStarted b in attempt 1"]

/** A branch that is stopped in no time, and one whose finalizer takes 5 milliseconds. */
const slowToStop = Effect.ensuring(Effect.never, Effect.sleep(5))

const unending = Trial.split("Work", { a: () => Effect.never, b: () => slowToStop }).join(Join.settled, ({ to }) =>
  to.Next(0)
)

holdRows("a split, a forEach", [
  {
    what: "branches succeed one after another",
    run: trial(
      Trial.split("Work", { a: () => succeedAfter(20, 1), b: () => succeedAfter(10, 2) }).join(
        Join.all,
        ({ results, to }) => succeedAfter(5, to.Next(results))
      )
    ),
    told: [
      ...startsBoth,
      "10 Work BranchSucceeded b in attempt 1 after 10",
      "20 Work BranchSucceeded a in attempt 1 after 20",
      "20 Work Joined proceeds, all in attempt 1: 2 + 0 + 0 after 20",
      '25 Work TransitionTaken to Next with {"a":1,"b":2} in attempt 1 after 25',
      ...ends(25, '{"a":1,"b":2}')
    ]
  },
  {
    what: "branches are finished as soon as they begin",
    run: trial(
      Trial.split("Work", { a: () => 1, b: () => Effect.succeed(2) }).join(Join.all, ({ results, to }) =>
        to.Next(results)
      )
    ),
    told: [
      ...starts,
      "0 Work BranchSucceeded a in attempt 1 after 0",
      "0 Work BranchStarted b in attempt 1",
      "0 Work BranchSucceeded b in attempt 1 after 0",
      "0 Work Joined proceeds, all in attempt 1: 2 + 0 + 0 after 0",
      '0 Work TransitionTaken to Next with {"a":1,"b":2} in attempt 1 after 0',
      ...ends(0, '{"a":1,"b":2}')
    ]
  },
  {
    what: "items are named by their index",
    run: trial(
      Trial.forEach(
        "Work",
        () => ["v", "w"],
        ({ index, item }) => succeedAfter(10 - index, item)
      ).join(Join.all, ({ results, to }) => to.Next(results))
    ),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      "0 Work BranchStarted 0 in attempt 1",
      "0 Work BranchStarted 1 in attempt 1",
      "9 Work BranchSucceeded 1 in attempt 1 after 9",
      "10 Work BranchSucceeded 0 in attempt 1 after 10",
      "10 Work Joined proceeds, all in attempt 1: 2 + 0 + 0 after 10",
      '10 Work TransitionTaken to Next with ["v","w"] in attempt 1 after 10',
      ...ends(10, '["v","w"]')
    ]
  },
  {
    what: "one decides, the others lose",
    run: trial(
      Trial.split("Work", { a: () => succeedAfter(10, 1), b: () => slowToStop }).join(Join.any, ({ results, to }) =>
        to.Next(results.value)
      )
    ),
    told: [
      ...startsBoth,
      "10 Work BranchSucceeded a in attempt 1 after 10",
      "15 Work BranchInterrupted b in attempt 1 after 15",
      "15 Work Joined proceeds, any in attempt 1: 1 + 0 + 1 after 15",
      "15 Work TransitionTaken to Next with 1 in attempt 1 after 15",
      ...ends(15, "1")
    ]
  },
  {
    what: "one decides, the others lose",
    by: "one that is stopped at once",
    run: trial(
      Trial.split("Work", { a: () => succeedAfter(10, 1), b: () => Effect.never }).join(Join.any, ({ results, to }) =>
        to.Next(results.value)
      )
    ),
    told: [
      ...startsBoth,
      "10 Work BranchSucceeded a in attempt 1 after 10",
      "10 Work BranchInterrupted b in attempt 1 after 10",
      "10 Work Joined proceeds, any in attempt 1: 1 + 0 + 1 after 10",
      "10 Work TransitionTaken to Next with 1 in attempt 1 after 10",
      ...ends(10, "1")
    ]
  },
  {
    what: "the time of `partialTimeout` is up",
    run: trial(
      Trial.split("Work", { a: () => succeedAfter(10, 1), b: () => slowToStop }).join(
        Join.partialTimeout("20 millis"),
        ({ results, to }) => to.Next(results.interrupted)
      )
    ),
    told: [
      ...startsBoth,
      "10 Work BranchSucceeded a in attempt 1 after 10",
      "25 Work BranchInterrupted b in attempt 1 after 25",
      "25 Work Joined proceeds, partialTimeout in attempt 1: 1 + 0 + 1 after 25",
      '25 Work TransitionTaken to Next with [{"branch":"b"}] in attempt 1 after 25',
      ...ends(25, '[{"branch":"b"}]')
    ]
  },
  {
    what: "a failure is tolerated",
    run: trial(
      Trial.split("Work", { a: () => failAfter(10, "a"), b: () => succeedAfter(20, 2) }).join(
        Join.tolerate({ failures: 1 }),
        ({ results, to }) => to.Next(results.successes.length)
      )
    ),
    told: [
      ...startsBoth,
      "10 Work BranchFailed a in attempt 1 after 10: Boom",
      "20 Work BranchSucceeded b in attempt 1 after 20",
      "20 Work Joined proceeds, tolerate in attempt 1: 1 + 1 + 0 after 20",
      "20 Work TransitionTaken to Next with 1 in attempt 1 after 20",
      ...ends(20, "1")
    ]
  },
  {
    what: "queued branches are not needed any more",
    run: trial(
      Trial.split("Work", { a: () => succeedAfter(10, 1), b: () => 2, c: () => 3 }, { concurrency: 1 }).join(
        Join.any,
        ({ results, to }) => to.Next(results.value)
      )
    ),
    told: [
      ...starts,
      "10 Work BranchSucceeded a in attempt 1 after 10",
      "10 Work Joined proceeds, any in attempt 1: 1 + 0 + 2 after 10",
      "10 Work TransitionTaken to Next with 1 in attempt 1 after 10",
      ...ends(10, "1")
    ]
  },
  {
    what: "there are no branches",
    run: trial(
      Trial.forEach(
        "Work",
        (): ReadonlyArray<string> => [],
        ({ item }) => item
      ).join(Join.settled, ({ to }) => to.Next(0))
    ),
    told: [
      ...begins,
      "0 Work AttemptStarted 1",
      "0 Work Joined proceeds, settled in attempt 1: 0 + 0 + 0 after 0",
      "0 Work TransitionTaken to Next with 0 in attempt 1 after 0",
      ...ends(0, "0")
    ]
  },
  {
    what: "a failure decides",
    by: "the failure itself",
    run: trial(
      Trial.split("Work", { a: () => failAfter(10, "a"), b: () => slowToStop }).join(Join.all, ({ to }) => to.Next(0))
    ),
    told: [
      ...startsBoth,
      "10 Work BranchFailed a in attempt 1 after 10: Boom",
      "15 Work BranchInterrupted b in attempt 1 after 15",
      "15 Work Joined fails, all in attempt 1: 0 + 1 + 1 after 15",
      "15 Work AttemptFailed 1 after 15: Boom",
      "15 Work RunFinished after 15: Boom"
    ]
  },
  {
    what: "a failure decides",
    by: "a quorum that cannot be reached any more",
    run: trial(
      Trial.split("Work", { a: () => failAfter(10, "a"), b: () => slowToStop }).join(Join.quorum(2), ({ to }) =>
        to.Next(0)
      )
    ),
    told: [
      ...startsBoth,
      "10 Work BranchFailed a in attempt 1 after 10: Boom",
      "15 Work BranchInterrupted b in attempt 1 after 15",
      "15 Work Joined fails, quorum in attempt 1: 0 + 1 + 1 after 15",
      "15 Work AttemptFailed 1 after 15: QuorumNotReached",
      "15 Work RunFinished after 15: QuorumNotReached"
    ]
  },
  {
    what: "the same, with branches to undo",
    run: trial(
      Trial.split("Work", { a: () => succeedAfter(5, 1), b: () => failAfter(10, "b") })
        .compensate({ a: () => Effect.sleep(3) })
        .join(Join.all, ({ to }) => to.Next(0))
    ),
    told: [
      ...startsBoth,
      "5 Work BranchSucceeded a in attempt 1 after 5",
      "10 Work BranchFailed b in attempt 1 after 10: Boom",
      "10 Work Joined fails, all in attempt 1: 1 + 1 + 0 after 10",
      "10 Work Compensating a with 1",
      "13 Work Compensated a after 3",
      "13 Work AttemptFailed 1 after 13: Boom",
      "13 Work RunFinished after 13: Boom"
    ]
  },
  {
    what: "the function of the join fails",
    run: trial(
      Trial.split("Work", { a: () => succeedAfter(5, 1) })
        .compensate({ a: () => Effect.sleep(3) })
        .join(Join.all, ({ results, to }) => (results.a === 1 ? failAfter(5, "join") : Effect.succeed(to.Next(0))))
    ),
    told: [
      ...starts,
      "5 Work BranchSucceeded a in attempt 1 after 5",
      "5 Work Joined proceeds, all in attempt 1: 1 + 0 + 0 after 5",
      "10 Work Compensating a with 1",
      "13 Work Compensated a after 3",
      "13 Work AttemptFailed 1 after 13: Boom",
      "13 Work RunFinished after 13: Boom"
    ]
  },
  {
    what: "a branch dies",
    run: trial(
      Trial.split("Work", { a: () => dieAfter(10, "a"), b: () => slowToStop }).join(Join.settled, ({ to }) =>
        to.Next(0)
      )
    ),
    told: [
      ...startsBoth,
      '10 Work BranchFailed a in attempt 1 after 10: died of "a"',
      "15 Work BranchInterrupted b in attempt 1 after 15",
      "15 Work Joined fails, settled in attempt 1: 0 + 1 + 1 after 15",
      '15 Work AttemptFailed 1 after 15: died of "a"',
      '15 Work RunFinished after 15: died of "a"'
    ]
  },
  {
    what: "a branch dies that is being stopped",
    run: trial(
      Trial.split("Work", {
        a: () => succeedAfter(10, 1),
        b: () => Effect.ensuring(Effect.never, dieAfter(5, "b"))
      }).join(Join.any, ({ to }) => to.Next(0))
    ),
    told: [
      ...startsBoth,
      "10 Work BranchSucceeded a in attempt 1 after 10",
      '15 Work BranchFailed b in attempt 1 after 15: died of "b"',
      "15 Work Joined fails, any in attempt 1: 1 + 1 + 0 after 15",
      '15 Work AttemptFailed 1 after 15: died of "b"',
      '15 Work RunFinished after 15: died of "b"'
    ]
  },
  {
    what: "a branch interrupts itself",
    run: trial(
      Trial.split("Work", { a: () => Effect.andThen(Effect.sleep(10), Effect.interrupt), b: () => slowToStop }).join(
        Join.settled,
        ({ to }) => to.Next(0)
      )
    ),
    told: [
      ...startsBoth,
      "10 Work BranchInterrupted a in attempt 1 after 10",
      "15 Work BranchInterrupted b in attempt 1 after 15",
      "15 Work Joined fails, settled in attempt 1: 0 + 0 + 2 after 15",
      "15 Work AttemptInterrupted 1 after 15",
      "15 Work RunFinished after 15: interrupted"
    ]
  },
  ...[
    { by: "who runs it", end: "interrupted", run: interruptedAfter(10, trial(unending)) },
    { by: "its timeout", end: "JoinTimeout", run: trial(unending.timeout(10)) },
    { by: "that of the run", end: "RunTimeout", run: trialOf(unending).run("x", { timeout: 10 }) }
  ].map(({ by, end, run }) => ({
    what: "it is interrupted, or its time is up",
    by,
    run,
    told: [
      ...startsBoth,
      "10 Work BranchInterrupted a in attempt 1 after 10",
      "15 Work BranchInterrupted b in attempt 1 after 15",
      "15 Work AttemptInterrupted 1 after 15",
      `15 Work RunFinished after 15: ${end}`
    ]
  }))
])
