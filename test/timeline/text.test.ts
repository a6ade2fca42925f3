/** Timelines as text: of each kind of event, of what is missing, and of very many. */
import { Cause, Exit } from "effect"
import { CompensationFailed, Timeline } from "sluice"
import { describe, expect, it } from "vitest"
import { straighten } from "../../src/history/straighten.ts"
import { type Event, Script, setBack } from "./Script.ts"

const lines = (...lines: ReadonlyArray<string>) => lines.join("\n")

const draw = (events: ReadonlyArray<Event>, width = 60) => Timeline.text(events, { width })

/** The names and the last words of all lines between the first and the last. */
const summary = (text: string) =>
  text
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim().split(/ {2,}/))
    .map(([label, , duration, notes]) => [label, duration, notes].filter((cell) => cell !== undefined).join(" | "))

const down = { _tag: "Down" }

describe("a run", () => {
  it("has a line for each state and branch, and bars drawn to scale", () => {
    const run = new Script("Checkout", "r-1").start("Check").branch("fraud", "shelf").at(70).succeed("fraud")
    run.at(140).succeed("shelf").join("all", 2).to("Charge").at(280).exit("Paid")
    // 28 columns.
    expect(draw(run.events)).toBe(
      lines(
        "              0 ms                200 ms",
        "Checkout r-1  ████████████████████████████  280 ms  Paid",
        "  Check       ██████████████                140 ms  → Charge",
        "    fraud     ███████                        70 ms",
        "    shelf     ██████████████                140 ms",
        "  Charge                    ██████████████  140 ms  → Paid",
        "█ ran"
      )
    )
  })

  it("shows what failed and what was interrupted", () => {
    const run = new Script("Fan", "r-1").start("Ask").branch("a", "b", "c").at(150).succeed("a")
    run.at(250).failBranch("b", down).stopBranch("c").join("all", 1, 1, 1, false).fail(down)
    run.finish(Exit.fail(down))
    // 25 columns.
    expect(draw(run.events)).toBe(
      lines(
        "         0 ms",
        "Fan r-1  xxxxxxxxxxxxxxxxxxxxxxxxx  250 ms  failed: Down",
        "  Ask    xxxxxxxxxxxxxxxxxxxxxxxxx  250 ms  failed: Down, 1…",
        "    a    ███████████████            150 ms",
        "    b    xxxxxxxxxxxxxxxxxxxxxxxxx  250 ms  failed: Down",
        "    c    /////////////////////////  250 ms  interrupted",
        "█ ran  x failed  / interrupted"
      )
    )
  })

  it("shows attempts where there were several, and how long each retry waited", () => {
    const run = new Script("Retry", "r-1").start("Call").at(100).fail(down).retry(50, down).at(200).stop()
    run.retry(0, { _tag: "StateTimeout" }).at(300).exit("Done")
    expect(draw(run.events)).toBe(
      lines(
        "               0 ms        200 ms",
        "Retry r-1      xxxxxxx░░////██████  300 ms  Done",
        "  Call         xxxxxxx░░////██████  300 ms  → Done, 3 attem…",
        "    attempt 1  xxxxxxx              100 ms  failed: Down",
        "    attempt 2           ////         50 ms  interrupted: St…",
        "    attempt 3              ███████  100 ms",
        "█ ran  ░ waited  x failed  / interrupted"
      )
    )
  })

  it("shows the attempt that a catch has made up for", () => {
    const run = new Script("Catch", "r-1").start("Call").at(100).fail(down).at(150).exit("Sorry")
    expect(draw(run.events)).toBe(
      lines(
        "               0 ms           100 ms",
        "Catch r-1      xxxxxxxxxxxxxxxx███████  150 ms  Sorry",
        "  Call         xxxxxxxxxxxxxxxx███████  150 ms  → Sorry",
        "    attempt 1  xxxxxxxxxxxxxxxx         100 ms  failed: Down",
        "█ ran  x failed"
      )
    )
  })

  it("shows a loop visit by visit", () => {
    const run = new Script("Loop", "r-1").start("Ask").at(100).to("Answer").at(150).to("Ask").at(200).exit("Done")
    expect(draw(run.events)).toBe(
      lines(
        "          0 ms            100 ms",
        "Loop r-1  ████████████████████████████████  200 ms  Done",
        "  Ask     ████████████████                  100 ms  → Answer",
        "  Answer                  ████████           50 ms  → Ask",
        "  Ask                             ████████   50 ms  → Done",
        "█ ran"
      )
    )
  })

  it("shows waits, and the signals that end them", () => {
    const run = new Script("Wait", "r-1").start("Approve").wait("signal", { signals: ["Yes"], until: 9000 })
    run.at(50).signal("Other").at(100).signal("Yes").to("Rest").wait("time", { until: 200 }).at(200).to("Poll")
    run.at(210).wait("answer").at(230).wait("answer").at(250).choose("Later").wait("transition", { until: 300 })
    run.at(300).enter("Later").at(320).exit("Done")
    expect(draw(run.events)).toBe(
      lines(
        "           0 ms          200 ms",
        "Wait r-1   ░░░░░░░░░░░░░░█░░░░░░░█  320 ms  Done",
        "  Approve  ░░░!░░░!                 100 ms  → Rest, 2 signa…",
        "  Rest            ░░░░░░░░          100 ms  → Poll",
        "  Poll                   █░░░░░░░   100 ms  → Later",
        "  Later                         ██   20 ms  → Done",
        "█ ran  ░ waited  ! signal"
      )
    )
  })

  it("shows what took no time at all, even at its end, and what failed as soon as it had waited", () => {
    const run = new Script("Run", "r-1").start("Ask").wait("answer").at(200).fail(down).to("Tell").exit("Sorry")
    // 23 columns.
    expect(draw(run.events)).toBe(
      lines(
        "               0 ms       100 ms",
        "Run r-1        ░░░░░░░░░░░░░░░░░░░░░░x  200 ms  Sorry",
        "  Ask          ░░░░░░░░░░░░░░░░░░░░░░x  200 ms  → Tell",
        "    attempt 1  ░░░░░░░░░░░░░░░░░░░░░░x  200 ms  failed: Down",
        "  Tell                               █    0 ms  → Sorry",
        "█ ran  ░ waited  x failed"
      )
    )
  })

  it("works again when the time of a wait is up", () => {
    const run = new Script("Run", "r-1").start("Rest").wait("time", { until: 100 }).at(175).exit("Done")
    // 35 columns.
    expect(draw(run.events)).toBe(
      lines(
        "         0 ms                100 ms",
        "Run r-1  ░░░░░░░░░░░░░░░░░░░░███████████████  175 ms  Done",
        "  Rest   ░░░░░░░░░░░░░░░░░░░░███████████████  175 ms  → Done",
        "█ ran  ░ waited"
      )
    )
  })

  it("shows what was undone, and what could not be", () => {
    const run = new Script("Saga", "r-1").start("Reserve").at(50).to("Charge").at(100).to("Ship").at(150).fail(down)
    run.undo("Charge", { target: "Ship" }, 50, { _tag: "BankDown" }).undo("Reserve", { target: "Charge" }, 50)
    run.finish(Exit.fail({ _tag: "CompensationFailed" }))
    expect(draw(run.events)).toBe(
      lines(
        "             0 ms",
        "Saga r-1     ████████xxxxxxxxx<<<<  250 ms  failed: Compens…",
        "  Reserve    █████                   50 ms  → Charge, undone",
        "  Charge         █████               50 ms  → Ship, not und…",
        "  Ship               xxxxx           50 ms  failed: Down",
        "  ↺ Charge               xxxxx       50 ms  failed: BankDown",
        "  ↺ Reserve                  <<<<<   50 ms",
        "█ ran  x failed  < undone"
      )
    )
  })

  it("shows the branches that were undone", () => {
    const run = new Script("Fan", "r-1").start("Book").branch("a", 1).at(50).succeed("a", 1).branch("b").at(100)
    run
      .failBranch("b", down)
      .join("all", 2, 1, 0, false)
      .undo("Book", { branch: 1 }, 20)
      .undo("Book", { branch: "a" }, 30)
    run.fail(down).at(200).exit("Sorry")
    expect(draw(run.events)).toBe(
      lines(
        "                  0 ms",
        "Fan r-1           xxxxxxxxxxxx████  200 ms  Sorry",
        "  Book            xxxxxxxxxxxx████  200 ms  → Sorry",
        "    attempt 1     xxxxxxxxxxxx      150 ms  failed: Down, 2…",
        "      a           ████               50 ms  undone",
        "      item 1      ████               50 ms  undone",
        "      b               xxxx           50 ms  failed: Down",
        "  ↺ Book: item 1          <<         20 ms",
        "  ↺ Book: a                <<<       30 ms",
        "█ ran  x failed  < undone"
      )
    )
  })

  it("shows where it was interrupted", () => {
    const run = new Script("Stop", "r-1").start("Work").branch("a").at(100).stopBranch("a").stop()
    run.finish(Exit.failCause(Cause.interrupt(1)))
    expect(draw(run.events)).toBe(
      lines(
        "          0 ms          50 ms",
        "Stop r-1  /////////////////////////////  100 ms  interrupted",
        "  Work    /////////////////////////////  100 ms  interrupted",
        "    a     /////////////////////////////  100 ms  interrupted",
        "/ interrupted"
      )
    )
  })

  it("shows where it was interrupted when its last attempt had failed before", () => {
    const run = new Script("Stop", "r-1").start("Work").at(100).fail(down).at(150)
    expect(summary(draw(run.finish(Exit.failCause(Cause.interrupt(1))).events))).toEqual([
      "Stop r-1 | 150 ms | interrupted",
      "Work | 100 ms | interrupted"
    ])
  })

  it("tells a defect from a failure, and what an error is that has no tag", () => {
    const die = new Script("Die", "r-1").start("Work").at(100)
    die.finish(Exit.die(new TypeError("x is not a function")))
    expect(draw(die.events)).toContain("died: TypeError")
    const text = new Script("Text", "r-1").start("Work").at(100).finish(Exit.fail("no luck"))
    expect(draw(text.events)).toContain("failed: no luck")
    const lost = new CompensationFailed({
      workflow: "Lost",
      runId: "r-1",
      cause: Cause.empty,
      failures: [],
      untried: []
    })
    const both = Exit.failCause(Cause.combine(Cause.interrupt(1), Cause.die(lost)))
    expect(draw(new Script("Lost", "r-1").start("Work").finish(both).events)).toContain("failed: Compens")
    const odd = new Script("Odd", "r-1").start("Work").at(100).finish(Exit.fail(undefined))
    expect(draw(odd.events, 80)).toContain("failed: undefined")
  })

  it("may go on where nothing was tried, as a guard refused", () => {
    const guarded = new Script("Job", "j-1").start("Work")
    const events = guarded
      .at(50)
      .exit("Refused")
      .events.filter(({ _tag }) => _tag !== "AttemptStarted")
    expect(summary(draw(events))).toEqual(["Job j-1 | 50 ms | Refused", "Work | 50 ms | → Refused"])
  })
})

describe("several runs", () => {
  it("stand below the states that call them", () => {
    const trip = new Script("Trip", "t-1").start("Book")
    const origin = { workflow: "Trip", runId: "t-1", state: "Book" }
    const flight = new Script("Flight", "t-1/Book").start("Hold", origin).at(100).exit("Held")
    trip.at(100).to("Pay").at(150).fail(down)
    flight.at(150).undo("Hold", { target: "Held" }, 50)
    trip.at(200).finish(Exit.fail(down))
    const expected = lines(
      "              0 ms",
      "Trip t-1      ███████████xxxxxx<<<<<  200 ms  failed: Down",
      "  Book        ███████████             100 ms  → Pay",
      "    Flight    ███████████     <<<<<<  100 ms  Held",
      "      Hold    ███████████             100 ms  → Held, undone",
      "      ↺ Hold                  <<<<<<   50 ms",
      "  Pay                    xxxxxx        50 ms  failed: Down",
      "█ ran  x failed  < undone"
    )
    expect(draw([...trip.events, ...flight.events])).toBe(expected)
    expect(draw([...flight.events, ...trip.events])).toBe(expected)
  })

  it("stand below the attempt that called them, though they have the same id", () => {
    const trip = new Script("Trip", "t-1").start("Book")
    const origin = { workflow: "Trip", runId: "t-1", state: "Book" }
    const first = new Script("Flight", "t-1/Book").start("Hold", origin).at(100).fail(down).finish(Exit.fail(down))
    trip.at(100).fail(down).retry(50, down)
    const second = new Script("Flight", "t-1/Book", 150).start("Hold", origin).at(200).exit("Held")
    trip.at(200).exit("Done")
    expect(draw([...trip.events, ...first.events, ...second.events])).toBe(
      lines(
        "               0 ms",
        "Trip t-1       xxxxxxxxxx░░░░█████  200 ms  Done",
        "  Book         xxxxxxxxxx░░░░█████  200 ms  → Done, 2 attem…",
        "    attempt 1  xxxxxxxxxx           100 ms  failed: Down",
        "      Flight   xxxxxxxxxx           100 ms  failed: Down",
        "        Hold   xxxxxxxxxx           100 ms  failed: Down",
        "    attempt 2                █████   50 ms",
        "      Flight                 █████   50 ms  Held",
        "        Hold                 █████   50 ms  → Held",
        "█ ran  ░ waited  x failed"
      )
    )
  })

  it("that have nothing to do with each other stand side by side", () => {
    const id = "3f2c8a1e-0b7d-4a53-9d0e-6f1b2c3d4e5f"
    const first = new Script("Job", id).start("Work").at(200).exit("Done")
    const second = new Script("Job", "nightly", 100).start("Work").at(300).exit("Done")
    expect(draw([...first.events, ...second.events])).toBe(
      lines(
        "              0 ms                200 ms",
        "Job 3f2c8a1e  ████████████████████            200 ms  Done",
        "  Work        ████████████████████            200 ms  → Done",
        "Job nightly             ████████████████████  200 ms  Done",
        "  Work                  ████████████████████  200 ms  → Done",
        "█ ran"
      )
    )
  })

  it("of which one takes the id of another, and dies of it, do not mix", () => {
    const first = new Script("Job", "j-1").start("Work").at(100)
    const second = new Script("Job", "j-1", 50)
    second.add("RunStarted", { input: undefined }).finish(Exit.die({ _tag: "RunIdInUse" }))
    const events = [...first.events, ...second.events, ...first.to("Rest").at(200).exit("Done").events.slice(3)]
    expect(summary(draw(events, 80))).toEqual([
      "Job j-1 | 200 ms | Done",
      "Work | 100 ms | → Rest",
      "Rest | 100 ms | → Done",
      "Job j-1 | 0 ms | died: RunIdInUse"
    ])
  })
})

describe("what is missing", () => {
  it("between two runs that each say the other called them leaves both in the picture", () => {
    const caller = (workflow: string) => ({ workflow, runId: "r-1", state: "Call" })
    const first = new Script("First", "r-1").start("Call", caller("Second"))
    const second = new Script("Second", "r-1").start("Call", caller("First"))
    const names = summary(draw([...first.events, ...second.events], 100)).map((line) => line.split(" | ")[0])
    expect(names.toSorted()).toEqual(["Call", "Call", "First r-1", "Second r-1"])
  })

  it("at the end leaves bars open", () => {
    const run = new Script("Run", "r-1").start("Ask").at(100).to("Gather").branch("a", "b").at(200).succeed("a")
    expect(draw(run.events)).toBe(
      lines(
        "          0 ms         100 ms",
        "Run r-1   ████████████████████████████>  > 200 ms  in Gather",
        "  Ask     ██████████████                   100 ms  → Gather",
        "  Gather               ███████████████>  > 100 ms",
        "    a                  ███████████████     100 ms",
        "    b                  ███████████████>  > 100 ms",
        "█ ran  > goes on"
      )
    )
  })

  it("at the end of a wait says for what it waits", () => {
    const wait = (reason: "signal" | "time" | "answer") => {
      const run = new Script("Run", "r-1").start("Rest").at(100)
      return draw(run.wait(reason, { signals: ["Yes", "No"], until: 86_400_000 }).events, 100)
    }
    expect(wait("signal")).toContain("waits for Yes, No")
    expect(wait("time")).toContain("until 1970-01-02T00:00:00Z")
    expect(wait("answer")).toContain("waits for an answer")
    const later = new Script("Run", "r-1").start("Ask").choose("Tell").wait("transition", { until: 86_400_000 })
    expect(draw(later.events, 140)).toContain("→ Tell, until 1970-01-02T00:00:00Z")
  })

  it("of the attempt that called a run leaves the run in the picture", () => {
    const trip = new Script("Trip", "t-1")
      .start("Book")
      .at(100)
      .fail(down)
      .retry(50, down)
      .at(200)
      .fail(down)
      .exit("Sorry")
    const origin = { workflow: "Trip", runId: "t-1", state: "Book" }
    const flight = new Script("Flight", "t-1/Book", 50).start("Hold", origin).at(100).exit("Held")
    const withoutFirst = trip.events.filter((event) => !("attempt" in event) || event.attempt > 1)
    const names = summary(draw([...withoutFirst, ...flight.events], 100)).map((line) => line.split(" | ")[0])
    expect(names).toEqual(["Trip t-1", "Book", "attempt 2", "Flight", "Hold"])
  })

  it("at the beginning is said, and what is known of it is drawn", () => {
    const run = new Script("Run", "r-1")
      .start("Ask")
      .at(50)
      .branch("a")
      .at(100)
      .succeed("a")
      .to("Tell")
      .at(200)
      .exit("Done")
    // The beginnings are not there, but the ends tell how long it took: 25 columns, 8 ms each.
    expect(draw(run.events.slice(4))).toBe(
      lines(
        "         0 ms        100 ms",
        "Run r-1  █████████████████████████  200 ms  Done, oldest ev…",
        "  Ask    █████████████              100 ms  → Tell",
        "    a          ███████               50 ms",
        "  Tell               █████████████  100 ms  → Done",
        "█ ran"
      )
    )
  })

  it("altogether is a picture of nothing", () => {
    expect(Timeline.text([])).toBe("no events")
  })
})

const numbers = (length: number) => Array.from({ length }, (_, index) => index)

describe("very many", () => {
  it("items are a few lines: the first, the last, the longest and those that failed", () => {
    const run = new Script("Each", "r-1").start("Work").branch(...numbers(1000))
    for (const millis of numbers(10))
      run
        .at(10 + millis)
        .succeed(...numbers(1000).filter((item) => item % 10 === millis && item !== 500 && item !== 700))
    run.at(30).failBranch(500, down).at(40).stopBranch(700).join("tolerate", 998, 1, 1).exit("Done")
    expect(summary(draw(run.events, 100))).toEqual([
      "Each r-1 | 40 ms | Done",
      "Work | 40 ms | → Done, 998 of 1000",
      "item 0 | 10 ms",
      "item 1 | 11 ms",
      "item 2 | 12 ms",
      "… 6 items | 18 ms | 6 succeeded",
      "item 9 | 19 ms",
      "… 490 items | 19 ms | 490 succeeded",
      "item 500 | 30 ms | failed: Down",
      "… 199 items | 19 ms | 199 succeeded",
      "item 700 | 40 ms | interrupted",
      "… 296 items | 19 ms | 296 succeeded",
      "item 997 | 17 ms",
      "item 998 | 18 ms",
      "item 999 | 19 ms"
    ])
  })

  it("visits of a loop are, too, with how often each state was visited", () => {
    const run = new Script("Loop", "r-1").start("Ask")
    for (const visit of numbers(999)) run.at(visit + 1).to(visit % 2 === 0 ? "Bid" : "Ask")
    run.at(1000).exit("Done")
    expect(summary(draw(run.events, 100))).toEqual([
      "Loop r-1 | 1 s | Done",
      "Ask | 1 ms | → Bid",
      "Bid | 1 ms | → Ask",
      "Ask | 1 ms | → Bid",
      "… 994 steps | 994 ms | 497 Bid, 497 Ask",
      "Bid | 1 ms | → Ask",
      "Ask | 1 ms | → Bid",
      "Bid | 1 ms | → Done"
    ])
  })

  it("runs are, too, with how they ended", () => {
    const runs = numbers(30).flatMap((run) => {
      const script = new Script("Job", `${run}`, run).start("Work").at(run + 10)
      return run % 10 === 4 ? script.fail(down).finish(Exit.fail(down)).events : script.exit("Done").events
    })
    expect(summary(draw(runs, 100)).filter((line) => !line.startsWith("Work"))).toEqual([
      ...["Job 0 | 10 ms | Done", "Job 1 | 10 ms | Done", "Job 2 | 10 ms | Done"],
      "Job 3 | 10 ms | Done",
      "Job 4 | 10 ms | failed: Down",
      "… 9 runs | 18 ms | 9 Done",
      "Job 14 | 10 ms | failed: Down",
      "… 9 runs | 18 ms | 9 Done",
      "Job 24 | 10 ms | failed: Down",
      "… 2 runs | 11 ms | 2 Done",
      ...["Job 27 | 10 ms | Done", "Job 28 | 10 ms | Done", "Job 29 | 10 ms | Done"]
    ])
  })

  it("are more than twenty", () => {
    const run = new Script("Each", "r-1")
      .start("Work")
      .branch(...numbers(20))
      .at(10)
      .succeed(...numbers(20))
    expect(summary(draw(run.exit("Done").events))).toHaveLength(22)
  })
})

describe("a line", () => {
  const long = new Script("A workflow whose name is much too long for its column", "r-1").start("Ask")
  long.at(10).fail("a reason that nobody would ever read to its end, because it is too long").at(20).exit("Sorry")

  it("is as wide as it is said to be, with names cut off", () => {
    for (const width of [60, 80, 100, 250]) {
      const widths = draw(long.events, width)
        .split("\n")
        .map((line) => line.length)
      expect(Math.max(...widths)).toBe(width)
    }
    expect(draw(long.events, 100)).toContain("A workflow whose name is much…  ")
  })

  it("of the legend ends where it is wide enough", () => {
    const run = new Script("All", "r-1")
      .start("Ask")
      .branch("a")
      .at(10)
      .stopBranch("a")
      .fail(down)
      .retry(9, down)
      .signal("Yes")
    run.choose("Tell").undo("Ask", { target: "Tell" }, 5)
    expect(draw(run.events).split("\n").slice(-2)).toEqual([
      "█ ran  ░ waited  x failed  / interrupted  < undone",
      "> goes on  ! signal"
    ])
    expect(draw(run.events, 80)).toMatch(/\n█ ran {2}░ waited .* > goes on {2}! signal$/)
  })

  it("is 100 wide unless told, and never too narrow to be read", () => {
    expect(Timeline.text(long.events)).toBe(draw(long.events, 100))
    for (const width of [0, -5, Number.NaN, 59.9]) expect(draw(long.events, width)).toBe(draw(long.events, 60))
  })

  it("holds nothing that a terminal takes for more than text", () => {
    const run = new Script("R\u001b[31med", "a\nb")
      .start("\u202eleft")
      .branch("\u0007")
      .at(10)
      .fail("\r\n!")
      .exit("Sorry")
    expect(draw(run.events)).not.toMatch(/[^\P{C}\n]/u)
  })

  it("counts the columns of wide characters", () => {
    const run = new Script("ワークフロー", "r-1").start("状態").at(100).to("ok").at(200).exit("完了")
    const [, first, second] = draw(run.events).split("\n")
    // Both bars begin in the same column; six characters before the one, and two before the other, take two columns each.
    const column = "ワークフロー r-1  ".length + 6
    expect([first!.indexOf("█"), second!.indexOf("█")]).toEqual([column - 6, column - 2])
  })
})

describe("a clock that is set back while a run lasts", () => {
  const day = 86_400_000
  const run = new Script("Checkout", "r-1").start("Check").branch("fraud", "shelf").at(700).succeed("fraud")
  run.at(1400).fail(down).retry(600, down).branch("fraud", "shelf").at(2500).succeed("fraud", "shelf").join("all", 2)
  run.to("Hold").wait("time", { until: 5000 }).at(4000).signal("Hurry").at(5000).to("Charge").at(6000).choose("Paid")
  run.undo("Charge", { target: "Paid" }, 400, down).undo("Check", { target: "Charge" }, 100).finish(Exit.fail(down))
  const { events } = run

  it("changes nothing of the picture, where what ends next says how long it took", () => {
    const ends = events.flatMap((event, index) => ("duration" in event && event._tag !== "Joined" ? [index] : []))
    expect(ends.length).toBeGreaterThan(8)
    for (const index of ends) expect(draw(setBack(events, index, day), 100)).toBe(draw(events, 100))
  })

  it("makes nothing end before it has begun, or come before what it follows, wherever it happens", () => {
    const times = (index: number, millis: number) => straighten(setBack(events, index, millis)).map(({ time }) => time)
    for (const index of events.keys()) {
      for (const millis of [1, 500, 1500, 3000, day]) {
        const told = times(index, millis)
        expect(told).toEqual(told.toSorted((a, b) => a - b))
      }
      // When the run ends, it is known how long it took.
      const told = times(index, day)
      if (index > 0) expect(told.at(-1)! - told[0]!).toBe(6500)
    }
  })

  it("is that of the runs that it calls, too", () => {
    const caller = new Script("Parent", "r-1").start("First").at(2000).to("Call").at(9000).exit("Done")
    const origin = { workflow: "Parent", runId: "r-1", state: "Call" }
    const callee = new Script("Child", "r-1/Call", 2000).start("A", origin).at(5000).to("B").at(9000).exit("End")
    const told = [...caller.events.slice(0, 6), ...callee.events, ...caller.events.slice(6)]
    // In the first state of the caller, before the callee begins; and in the callee.
    for (const index of [3, 9]) expect(draw(setBack(told, index, day))).toBe(draw(told))
    expect(told[3]?._tag).toBe("TransitionTaken")
    expect(told[9]?._tag).toBe("TransitionTaken")
  })

  it("twice, is put right twice", () => {
    const [first, second] = events.flatMap(({ _tag }, index) => (_tag === "TransitionTaken" ? [index] : []))
    expect(draw(setBack(setBack(events, first!, day), second!, day))).toBe(draw(events))
  })
})
