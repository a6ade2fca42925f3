/** The assertion on a report: what it lets pass, and what it says and shows of the rest. */
import { describe, expect, it } from "@effect/vitest"
import { Cause, Data, Effect, Exit, Schema } from "effect"
import { Workflow } from "sluice"
import * as Testing from "sluice/testing"

class Busy extends Data.TaggedError("Busy")<{ readonly line: string }> {}
class Fault extends Error {
  override readonly name = "Fault"
}

class Errand extends Workflow.define("Errand")
  .state("Book", Schema.String, ["Ride", "Walk"])
  .state("Ride", Schema.Struct({ seat: Schema.Int, stops: Schema.Array(Schema.String) }), ["Walk", "There"])
  .state("Walk", Schema.Void, ["There"])
  .exit("There", Schema.Struct({ minutes: Schema.Int, by: Schema.String }))
  .start("Book") {}

const seat = { seat: 7, stops: ["Mitte", "Altona"] }
const errand = Errand.implement({
  Book: Errand.task("Book", ({ payload, to }) => {
    if (payload === "busy") return Effect.fail(new Busy({ line: "1" }))
    return Effect.succeed(payload === "walk" ? to.Walk() : to.Ride(seat))
  })
    .compensate({ Ride: ({ payload }) => (payload.seat === 7 ? Effect.void : Effect.die("no such seat")) })
    .retry({ times: 1 }),
  Ride: Errand.task("Ride", ({ input, to }) => {
    if (input === "faulty") throw new Fault("a flat tyre")
    if (input === "endless") return Effect.never
    return input === "late" ? to.Walk() : to.There({ minutes: 10, by: "bus" })
  }),
  Walk: ({ to }) => Effect.delay(Effect.succeed(to.There({ minutes: 50, by: "foot" })), "50 minutes")
})

const report = (input: string) => Testing.run(errand, input, { patience: "10 millis" })

type Expected = Testing.Expected<typeof Errand, Busy>

/** What is thrown when a run is not as expected. */
const mismatch = (input: string, expected: Expected) =>
  Effect.map(report(input), (report) => {
    try {
      Testing.assertReport(report, expected)
    } catch (error) {
      return error as Testing.AssertionError
    }
    throw new Error("it passed")
  })

const messageOf = (input: string, expected: Expected) =>
  Effect.map(mismatch(input, expected), ({ message }) => message.split("\n").slice(1))

describe("a report that is as expected", () => {
  it.effect.each<[string, string, Expected]>([
    ["in nothing", "ride", {}],
    ["in its path", "late", { path: ["Book", "Ride", "Walk", "There"] }],
    ["in its outcome", "ride", { outcome: { _tag: "There", payload: { minutes: 10, by: "bus" } } }],
    ["in the name of its outcome", "ride", { outcome: "There" }],
    ["in how it failed, wherever it did", "busy", { exit: Exit.fail(new Busy({ line: "1" })) }],
    ["in how it died", "faulty", { exit: Exit.die(new Fault("a flat tyre")) }],
    ["in how it ended", "ride", { exit: Exit.succeed({ _tag: "There", payload: { minutes: 10, by: "bus" } }) }],
    ["in where it is stuck", "endless", { stuck: "Ride", path: ["Book", "Ride"] }],
    ["in how long it took", "walk", { duration: "50 minutes" }],
    ["in that nothing was undone", "ride", { compensations: [] }],
    ["in whose steps were undone", "faulty", { compensations: ["Book"] }],
    [
      "in what was undone",
      "faulty",
      { compensations: [{ state: "Book", target: "Ride", payload: seat, exit: Exit.void }] }
    ],
    [
      "in events, with others among them",
      "busy",
      {
        events: [
          { _tag: "AttemptFailed", state: "Book", cause: Cause.fail(new Busy({ line: "1" })) },
          { _tag: "Retried", attempt: 2 },
          { _tag: "AttemptFailed" },
          { _tag: "RunFinished" }
        ]
      }
    ]
  ])("%s", ([, input, expected]) => Effect.map(report(input), (report) => Testing.assertReport(report, expected)))

  it.effect("in that it was interrupted", () =>
    Effect.map(Testing.run(errand, "walk", { interruptAt: "1 minute" }), (report) =>
      Testing.assertReport(report, { exit: Exit.interrupt(), duration: "1 minute" })
    )
  )
})

describe("a report that is not as expected", () => {
  it.effect("says of which workflow it is, and which sign means what", () =>
    Effect.gen(function* () {
      const { message, name } = yield* mismatch("ride", { outcome: "There", path: [] })
      expect(name).toBe("AssertionError")
      expect(message.split("\n")[0]).toBe("The run of Errand is not as expected (- expected, + reported):")
    })
  )

  it.effect("shows the path beside the other, and how the run ended", () =>
    Effect.gen(function* () {
      expect(yield* messageOf("late", { path: ["Book", "Ride", "There"] })).toEqual([
        "  path:",
        "      Book",
        "      Ride",
        "    + Walk",
        "      There",
        "  It ended at There."
      ])
      expect((yield* messageOf("busy", { path: ["Book", "Walk", "There"] })).at(-1)).toBe(
        `  It fails with Busy {"line":"1"}.`
      )
    })
  )

  it.effect("shows the lines in which a value differs", () =>
    Effect.gen(function* () {
      expect(yield* messageOf("ride", { outcome: { _tag: "There", payload: { minutes: 9, by: "bus" } } })).toEqual([
        "  outcome:",
        "      {",
        `        "_tag": "There",`,
        `        "payload": {`,
        `    -     "minutes": 9,`,
        `    +     "minutes": 10,`,
        `          "by": "bus"`,
        "        }",
        "      }"
      ])
    })
  )

  it.effect.each<[string, Expected, ReadonlyArray<string>]>([
    ["busy", { outcome: "There" }, ["- There", `+ fails with Busy {"line":"1"}`]],
    ["faulty", { outcome: "There" }, ["- There", "+ dies with Fault: a flat tyre"]],
    ["endless", { outcome: "There" }, ["- There", "+ has not ended (hangs): in state 'Ride', its work has not ended"]],
    [
      "busy",
      { exit: Exit.fail(new Busy({ line: "2" })) },
      [`- fails with Busy {"line":"2"}`, `+ fails with Busy {"line":"1"}`]
    ],
    [
      "faulty",
      { exit: Exit.die(new Fault("no wind")) },
      ["- dies with Fault: no wind", "+ dies with Fault: a flat tyre"]
    ],
    [
      "busy",
      { exit: Exit.failCause(Cause.combine(Cause.fail(new Busy({ line: "1" })), Cause.die("too"))) },
      [`- fails with Busy {"line":"1"}, and dies with "too"`, `+ fails with Busy {"line":"1"}`]
    ],
    ["faulty", { exit: Exit.interrupt() }, ["- is interrupted", "+ dies with Fault: a flat tyre"]],
    ["ride", { stuck: "Ride" }, ["- Ride", "+ ended at There"]]
  ])("says how the run %s ended instead of %j", ([input, expected, lines]) =>
    Effect.gen(function* () {
      const [part, ...rest] = yield* messageOf(input, expected)
      expect(part).toBe(`  ${Object.keys(expected)[0]}:`)
      expect(rest.map((line) => line.slice(4))).toEqual(lines)
    })
  )

  it.effect("shows what was undone, as far as something is expected of it", () =>
    Effect.gen(function* () {
      expect(yield* messageOf("faulty", { compensations: ["Ride", "Book"] })).toEqual([
        "  compensations:",
        "    - Ride",
        "      Book",
        "  It dies with Fault: a flat tyre."
      ])
      const { actual, expected } = yield* mismatch("faulty", { compensations: [{ state: "Ride", target: "Walk" }] })
      expect(actual).toEqual({ compensations: [{ state: "Book", target: "Ride" }] })
      expect(expected).toEqual({ compensations: [{ state: "Ride", target: "Walk" }] })
    })
  )

  it.effect("says after which event none is like the one that is expected", () =>
    Effect.gen(function* () {
      const events = [
        { _tag: "StateEntered", state: "Ride" } as const,
        { _tag: "StateEntered", state: "Book" } as const
      ]
      expect(yield* messageOf("ride", { events })).toEqual([
        "  events:",
        `      0 ms StateEntered Ride payload: {"seat":7,"stops":["Mitte","Altona"]}`,
        "    - StateEntered Book",
        "    + 0 ms AttemptStarted Ride attempt: 1",
        `    + 0 ms TransitionTaken Ride target: "There" payload: {"minutes":10,"by":"bus"} duration: 0 attempt: 1`,
        `    + 0 ms RunFinished There exit: {"_tag":"There","payload":{"minutes":10,"by":"bus"}} duration: 0`,
        "  It ended at There."
      ])
      expect(yield* messageOf("busy", { events: [{ _tag: "RunStarted", input: "ride" }] })).toContain(
        `    - RunStarted input: "ride"`
      )
    })
  )

  it.effect("shows test runners all that was compared, and nothing else", () =>
    Effect.gen(function* () {
      const error = yield* mismatch("ride", {
        path: ["Book"],
        outcome: "There",
        duration: "1 second",
        compensations: []
      })
      expect(error.actual).toEqual({
        path: ["Book", "Ride", "There"],
        outcome: "There",
        duration: "0 ms",
        compensations: []
      })
      expect(error.expected).toEqual({ path: ["Book"], outcome: "There", duration: "1000 ms", compensations: [] })
      expect(error.message).not.toContain("outcome")
    })
  )
})
