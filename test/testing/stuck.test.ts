/** Runs that do not end: each is a report that says where it was and what it waited for, and soon. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer, Schedule, Schema, Semaphore } from "effect"
import { Join, Workflow } from "sluice"
import * as Testing from "sluice/testing"
import { steppedClock } from "../support/steppedClock.ts"
import { checkout, Delivery, openShop, order } from "./checkout.ts"

/** Nothing in it has a limit of time. */
class Patient extends Workflow.define("Patient")
  .signal("Go", Schema.Void)
  .signal("Stop", Schema.Void)
  .state("Split", Schema.Void, ["Each", "Split"])
  .state("Each", Schema.Void, ["Wait"])
  .state("Wait", Schema.Void, ["Call", "Done"])
  .state("Call", Schema.Void, ["Done"])
  .exit("Done", Schema.Void)
  .start("Split", "Call") {}

const Split = Patient.split("Split", { one: () => 1, two: () => 2, three: () => 3 }).join(
  Join.all,
  ({ results, to }) => (results.one > 1 ? to.Split() : to.Each())
)
const Each = Patient.forEach(
  "Each",
  () => ["a", "b"],
  ({ item }) => item
).join(Join.all, ({ to }) => to.Wait())
const Wait = Patient.wait("Wait", { Go: ({ to }) => to.Call(), Stop: ({ to }) => to.Done() })
const Call = Patient.call("Call", Delivery, () => ({ order: "1" }), {
  Handed: ({ to }) => to.Done(),
  NoBox: ({ to }) => to.Done()
})

const handlers = { Split, Each, Wait, Call }
/** The workflow with other handlers, whatever their types. */
const patientWith = (others: { readonly [State in keyof typeof handlers]?: unknown }) =>
  Patient.implement({ ...handlers, ...others } as typeof handlers)
const patient = patientWith({})

const delivered = Testing.layer(Delivery, ({ to }) => to.NoBox())

type Stubs = Testing.Stubs<typeof Patient>

describe("a run that hangs says that it waits", () => {
  it.effect.each<[string, Stubs, string, string]>([
    ["for a stand-in", { Split: Effect.never }, "Split", "in state 'Split', its stand-in has not ended"],
    [
      "for a branch",
      { Split: Testing.branches(Split, { two: Effect.never }) },
      "Split",
      "in state 'Split', its branch 'two' has not ended"
    ],
    [
      "for branches",
      { Split: Testing.branches(Split, { three: Effect.never, two: Effect.never }) },
      "Split",
      "in state 'Split', its branches 'two', 'three' have not ended"
    ],
    [
      "for items",
      { Each: Testing.items(Each, Effect.never) },
      "Each",
      "in state 'Each', its items 0, 1 have not ended"
    ],
    [
      "for one item",
      { Each: Testing.items(Each, ({ index, item }) => (index > 0 ? Effect.never : item)) },
      "Each",
      "in state 'Each', its item 1 has not ended"
    ],
    ["for signals", {}, "Wait", "in state 'Wait', it waits for one of the signals 'Go', 'Stop'"]
  ])("%s", ([, stubs, state, detail]) =>
    Effect.gen(function* () {
      const { exit, outcome, path, stuck } = yield* Testing.run(patient, undefined, { stubs })
      expect(stuck).toEqual({ reason: "hangs", state, detail })
      expect(path.at(-1)).toBe(state)
      expect([exit, outcome]).toEqual([undefined, undefined])
    }).pipe(Effect.provide(delivered))
  )

  it.effect("for a workflow that it calls, and where that is", () =>
    Effect.gen(function* () {
      const hanging = Delivery.layer({
        Pack: ({ payload, to }) => (payload.order === "" ? to.NoBox() : to.Hand("")),
        Hand: ({ to }) => Effect.as(Effect.never, to.Handed({ tracking: "" }))
      })
      const { stuck } = yield* Testing.runFrom(patient, "Call", undefined, undefined, { patience: "10 millis" }).pipe(
        Effect.provide(hanging)
      )
      const detail = "in state 'Call', the workflow 'Delivery' has not ended: in state 'Hand', its work has not ended"
      expect(stuck).toEqual({ reason: "hangs", state: "Call", detail })
    })
  )

  it.effect("for a compensation", () =>
    Effect.gen(function* () {
      const { compensations, exit, stuck } = yield* Testing.run(checkout, order, {
        interruptAt: "1 hour",
        patience: "10 millis"
      }).pipe(Effect.provide(openShop({ refund: () => Effect.never }).layer))
      expect(stuck?.detail).toBe("the compensation of state 'Charge' has not ended")
      expect(exit).toBeUndefined()
      expect(compensations).toMatchObject([{ state: "Charge", exit: undefined }])
    })
  )

  const leaving = Patient.task("Split", ({ to }) => (Math.random() > 2 ? to.Split() : to.Each()))
  const failing = Patient.task("Split", () => Effect.fail("no"))

  it.effect.each([
    [
      "for a join",
      Patient.split("Split", { one: () => 1 }).join(Join.all, () => Effect.never),
      "its join has not ended"
    ],
    ["for its work", Patient.task("Split", () => Effect.never), "its work has not ended"],
    ["for a guard", leaving.guard(Semaphore.makeUnsafe(0).withPermits(1)), "its work has not ended"],
    ["for what handles a failure", failing.catch(() => Effect.never), "what handles its failure has not ended"],
    [
      "in a later attempt",
      Patient.task("Split", ({ attempt }) => (attempt < 3 ? Effect.fail("no") : Effect.never)).retry({ times: 3 }),
      "its work has not ended"
    ]
  ] as const)("%s", ([, handler, waiting]) =>
    Effect.gen(function* () {
      const { stuck } = yield* Testing.run(patientWith({ Split: handler }), undefined, {
        patience: "10 millis"
      })
      expect(stuck?.detail).toMatch(new RegExp(`^in state 'Split',( attempt 3,)? ${waiting}$`))
    }).pipe(Effect.provide(delivered))
  )
})

describe("a run that may go on", () => {
  /** A clock for the real one, what runs under it, and a workflow that takes so long by it. */
  const inRealTime = () => {
    const { clock, now } = steppedClock()
    const real = Effect.provideService(Clock.Clock, clock)
    const slow = (millis: number) =>
      patientWith({
        Split: ({ to }: Workflow.Context<typeof Patient, "Split">) => Effect.as(real(Effect.sleep(millis)), to.Each())
      })
    return { now, real, slow }
  }

  it.effect("is waited for in real time where it does something real", () =>
    Effect.gen(function* () {
      const { now, real, slow } = inRealTime()
      const signals = [{ at: "1 hour", signal: "Stop" }] as const
      const { path } = yield* real(Testing.run(slow(999), undefined, { signals: [] }))
      expect(path).toEqual(["Split", "Each", "Wait"])
      expect(now()).toBeGreaterThanOrEqual(999)
      const { duration } = yield* real(Testing.run(slow(30), undefined, { signals }))
      expect(duration).toEqual(Duration.hours(1))
    }).pipe(Effect.provide(delivered))
  )

  it.effect("is waited for as long as it is to be", () =>
    Effect.gen(function* () {
      const { now, real, slow } = inRealTime()
      const { stuck } = yield* real(Testing.run(slow(3_600_000), undefined, { patience: "20 millis" }))
      expect(stuck?.state).toBe("Split")
      expect(now()).toBeLessThan(100)
      const late = () => Effect.andThen(real(Effect.sleep(9_000)), Effect.die("late"))
      const { exit } = yield* real(Testing.run(patient, undefined, { stubs: { Split: late }, patience: "10 seconds" }))
      expect(exit).toMatchObject({ _tag: "Failure" })
    }).pipe(Effect.provide(delivered))
  )

  it.effect("is hardly waited for where only stand-ins and signals can wake it", () =>
    Effect.gen(function* () {
      const { now, real } = inRealTime()
      const hangs = [
        Testing.run(patient, undefined),
        Testing.run(patient, undefined, { stubs: { Split: Effect.never } }),
        Testing.run(patient, undefined, { stubs: { Split: Testing.branches(Split, { one: Effect.never }) } }),
        Testing.run(patient, undefined, { stubs: { Each: Testing.items(Each, Effect.never) } }),
        Testing.runFrom(patient, "Call", undefined, undefined).pipe(
          Effect.provide(Testing.layer(Delivery, Effect.never))
        )
      ]
      for (const hang of hangs) {
        const begin = now()
        expect((yield* real(hang)).stuck?.reason).toBe("hangs")
        expect(now() - begin).toBeLessThan(20)
      }
    }).pipe(Effect.provide(delivered))
  )

  it.effect("is given its Promises", () =>
    Effect.gen(function* () {
      const stub = ({ to }: Workflow.Context<typeof Patient, "Split">) => Effect.promise(async () => to.Each())
      const { path } = yield* Testing.run(patient, undefined, { stubs: { Split: stub } })
      expect(path).toEqual(["Split", "Each", "Wait"])
    }).pipe(Effect.provide(delivered))
  )
})

describe("a run that takes for ever", () => {
  const asking = patientWith({
    Split: Patient.poll(
      "Split",
      ({ attempt, pending, to }) => (attempt > 1 ? to.Split() : attempt > 2 ? to.Each() : pending),
      {
        schedule: Schedule.spaced("1 day")
      }
    ).catch(({ to }) => to.Each())
  })

  it.effect("is stopped at the limit of virtual time, of 30 days", () =>
    Effect.gen(function* () {
      const { duration, events, stuck } = yield* Testing.run(asking, undefined)
      expect(stuck).toEqual({
        reason: "limit",
        state: "Split",
        detail: "in state 'Split', it waits for the answer of its poll"
      })
      expect(duration).toEqual(Duration.days(30))
      expect(events.filter(({ _tag }) => _tag === "Waiting").length).toBe(31)
    }).pipe(Effect.provide(delivered))
  )

  it.effect("is stopped at a limit of its own, at which it may just end", () =>
    Effect.gen(function* () {
      const signals = [{ at: "2 hours", signal: "Stop" }] as const
      const stopped = yield* Testing.run(patient, undefined, { signals, limit: "119 minutes" })
      expect(stopped.stuck).toMatchObject({ reason: "limit", state: "Wait" })
      expect(stopped.duration).toEqual(Duration.minutes(119))
      const ended = yield* Testing.run(patient, undefined, { signals, limit: "2 hours" })
      expect(ended.outcome).toEqual({ _tag: "Done", payload: undefined })
    }).pipe(Effect.provide(delivered))
  )

  it.effect("is stopped when it never waits", () =>
    Effect.gen(function* () {
      const { duration, events, exit, stuck } = yield* Testing.run(patient, undefined, {
        stubs: { Split: ({ to }) => to.Split() }
      })
      expect(stuck).toEqual({ reason: "loops", state: "Split", detail: "it never waits" })
      expect([exit, duration]).toEqual([undefined, Duration.zero])
      expect(events.filter(({ _tag }) => _tag === "TransitionTaken").length).toBe(10_000)
    }).pipe(Effect.provide(delivered))
  )

  it.effect("is no loop when it waits now and then", () =>
    Effect.gen(function* () {
      let visits = 0
      const { stuck } = yield* Testing.run(patient, undefined, {
        stubs: {
          Split: ({ to }) => (++visits < 12_000 ? (visits === 6_000 ? to.Split.after(1) : to.Split()) : to.Each())
        }
      })
      expect(stuck).toMatchObject({ reason: "hangs", state: "Wait" })
    }).pipe(Effect.provide(delivered))
  )
})

describe("a run that has not ended", () => {
  it.effect("is interrupted once it is reported, and what it holds released", () =>
    Effect.gen(function* () {
      const { done, layer, note } = openShop({
        refund: (receipt) => Effect.delay(note(`late refund ${receipt}`), "1 day")
      })
      const { compensations, duration, stuck } = yield* Testing.run(checkout, order, { limit: "1 hour" }).pipe(
        Effect.provide(layer)
      )
      expect(stuck?.reason).toBe("limit")
      // The report ends where the run was stopped.
      expect(compensations).toEqual([])
      expect(duration).toEqual(Duration.hours(1))
      expect(done).toContain("late refund r-1")
    })
  )

  it.effect("is left alone when it cannot be interrupted", () =>
    Effect.gen(function* () {
      const stubborn = Effect.uninterruptible(Effect.never)
      const { stuck } = yield* Testing.run(patient, undefined, { stubs: { Split: stubborn } })
      expect(stuck?.reason).toBe("hangs")
    }).pipe(Effect.provide(Layer.merge(delivered, Layer.empty)))
  )
})
