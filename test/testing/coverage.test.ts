/** Coverage: what counts as exercised, by report, by Layer and by data, and what the assertion lists. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { Join, Workflow, WorkflowDefinitionError } from "sluice"
import * as Testing from "sluice/testing"
import {
  Check,
  type Checkout,
  checkout,
  Delivery,
  OutOfStock,
  openShop,
  order,
  Price,
  Unavailable
} from "./checkout.ts"

const approval = [{ at: "1 hour", signal: "Approval", payload: { by: "Ada" } }] as const
const sending = Testing.run(checkout, order, { signals: approval })

/** The parts of a kind that were exercised. */
const exercised = (coverage: Testing.Coverage<typeof Checkout>, kind: RegExp) =>
  coverage.toJSON().exercised.filter((part) => kind.test(part))

const edges = / > /
const branches = / (succeeded|failed|interrupted)$/

describe("a report", () => {
  it.effect("counts for the states, edges, branches and the exit that its run came by", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(checkout)
      coverage.add(yield* sending)
      expect(coverage.toJSON()).toEqual({
        workflow: "Checkout",
        exercised: [
          "Check",
          "Price",
          "Limit",
          "Charge",
          "Approve",
          "Deliver",
          "Sent",
          "Check > Price",
          "Price > Limit",
          "Limit > Charge",
          "Charge > Approve",
          "Approve > Deliver",
          "Deliver > Sent",
          "Check.score succeeded",
          "Check.shelf succeeded",
          "Price succeeded"
        ]
      })
      expect(coverage.figures()).toMatchObject({
        states: { total: 6, exercised: 6, missing: [] },
        exits: { total: 3, exercised: 1, missing: ["Declined", "GivenUp"] },
        edges: { total: 13, exercised: 6 },
        branches: { total: 9, exercised: 3 }
      })
    }).pipe(Effect.provide(openShop().layer))
  )

  it.effect("counts for how its branches and items ended", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(checkout)
      const shelf = Effect.fail(new OutOfStock({ line: "" }))
      coverage.add(
        yield* Testing.run(checkout, order, {
          stubs: { Check: Testing.branches(Check, { score: Effect.never, shelf }) }
        })
      )
      coverage.add(
        yield* Testing.run(checkout, order, {
          stubs: {
            Price: Testing.items(Price, ({ index }) =>
              index === 0 ? Effect.fail(new Unavailable({ service: "" })) : Effect.never
            )
          }
        })
      )
      expect(exercised(coverage, branches)).toEqual([
        "Check.score succeeded",
        "Check.score interrupted",
        "Check.shelf succeeded",
        "Check.shelf failed",
        "Price failed",
        "Price interrupted"
      ])
    }).pipe(Effect.provide(openShop().layer))
  )

  it.effect("counts for a workflow that its run has called, but not when that was stood in for", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(Delivery)
      const stub = Testing.layer(Delivery, ({ to }) => to.NoBox())
      coverage.add(yield* sending.pipe(Effect.provide(stub)))
      expect(coverage.toJSON().exercised).toEqual([])
      coverage.add(yield* sending)
      expect(coverage.toJSON().exercised).toEqual(["Pack", "Hand", "Handed", "Pack > Hand", "Hand > Handed"])
    }).pipe(Effect.provide(openShop().layer))
  )

  it.effect("does not count for an exit that was not reached", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(checkout)
      coverage.add(yield* Testing.run(checkout, order, { interruptAt: 1 }))
      expect(coverage.figures().exits.exercised).toBe(0)
      expect(exercised(coverage, edges)).not.toContain("Approve > Declined")
    }).pipe(Effect.provide(openShop().layer))
  )
})

describe("the Layer", () => {
  it.effect("counts every run below it, be it called by another, and leaves others out", () =>
    Effect.gen(function* () {
      const coverages = [Testing.coverage(checkout), Testing.coverage(Delivery)] as const
      const outside = Testing.coverage(checkout)
      const events = yield* Effect.gen(function* () {
        const handle = yield* checkout.fork({ ...order, id: "huge" })
        yield* handle.signal("Approval", { by: "Ada" })
        return yield* Stream.runCollect(handle.events)
      }).pipe(Effect.provide(Layer.merge(coverages[0].layer, coverages[1].layer)))
      expect(coverages[0].figures().states.missing).toEqual([])
      expect(coverages[1].toJSON().exercised).toEqual(["Pack", "NoBox", "Pack > NoBox"])
      expect(outside.toJSON().exercised).toEqual([])
      outside.add({ events })
      expect(outside.toJSON()).toEqual(coverages[0].toJSON())
    }).pipe(Effect.provide(openShop().layer))
  )
})

describe("an edge to a fallback", () => {
  it.effect("is one for all states, apart from one that a state declares itself", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(checkout)
      const approved = {
        Approve: ({ payload, to }: Workflow.Context<typeof Checkout, "Approve">) => to.Deliver(payload)
      }
      coverage.add(yield* Testing.run(checkout, { ...order, id: "huge" }, { stubs: approved }))
      expect(exercised(coverage, /GivenUp$/)).toEqual(["GivenUp", "Deliver > GivenUp"])
      const reserve = () => Effect.fail(new Unavailable({ service: "stock" }))
      coverage.add(yield* Testing.run(checkout, order).pipe(Effect.provide(openShop({ reserve }).layer)))
      expect(exercised(coverage, /GivenUp$/)).toEqual(["GivenUp", "Deliver > GivenUp", "* > GivenUp"])
    }).pipe(Effect.provide(openShop().layer))
  )

  it.effect("does not count for an exit whose rollback failed", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(checkout)
      const report = yield* Testing.run(checkout, { ...order, id: "huge" }, { signals: approval })
      expect(report.path).toContain("Deliver")
      coverage.add(report)
      expect(exercised(coverage, /GivenUp$/)).toEqual(["Deliver > GivenUp"])
    }).pipe(Effect.provide(openShop({ refund: () => Effect.die("no bank") }).layer))
  )

  class Either extends Workflow.define("Either")
    .fallback(["Broken"])
    .state("Try", Schema.Boolean, ["Done", "Broken"])
    .exit("Done", Schema.Void)
    .exit("Broken", Schema.Void)
    .start("Try") {}
  const either = Either.implement(
    {
      Try: ({ payload, to }) => {
        if (payload) return Effect.fail("no")
        return Effect.succeed(Math.random() > 2 ? to.Done() : to.Broken())
      }
    },
    { policy: (step) => step.catch(({ to }) => to.Broken()) }
  )

  it.effect("is taken by what follows a failure, where a state declares the same place", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(either)
      coverage.add(yield* Testing.run(either, false))
      expect(coverage.figures().edges.missing).toEqual(["Try > Done", "* > Broken"])
      coverage.add(yield* Testing.run(either, true))
      expect(coverage.figures().edges.missing).toEqual(["Try > Done"])
    })
  )

  it.effect("is not taken by an attempt that succeeds after one that failed", () =>
    Effect.gen(function* () {
      const retrying = Either.implement(
        {
          Try: Either.task("Try", ({ attempt, to }) => {
            if (attempt === 1) return Effect.fail("no")
            return Effect.succeed(Math.random() > 2 ? to.Done() : to.Broken())
          }).retry({ times: 1 })
        },
        { policy: (step) => step.catch(({ to }) => to.Broken()) }
      )
      const coverage = Testing.coverage(retrying)
      coverage.add(yield* Testing.run(retrying, true))
      expect(coverage.figures().edges.missing).toEqual(["Try > Done", "* > Broken"])
    })
  )
})

describe("coverage as data", () => {
  it.effect("goes through JSON, and adds up", () =>
    Effect.gen(function* () {
      const [one, two, both] = [Testing.coverage(checkout), Testing.coverage(checkout), Testing.coverage(checkout)]
      one.add(yield* sending)
      two.add(yield* Testing.run(checkout, { ...order, id: "huge" }, { signals: approval }))
      for (const file of [one, two]) both.add(JSON.parse(JSON.stringify(file)))
      expect(both.figures().exits).toEqual({ total: 3, exercised: 2, missing: ["Declined"] })
    }).pipe(Effect.provide(openShop().layer))
  )

  it("is refused for another workflow", () => {
    const add = () => Testing.coverage(checkout).add(Testing.coverage(Delivery).toJSON())
    expect(add).toThrow(
      new WorkflowDefinitionError({ workflow: "Checkout", problems: ["this is the coverage of 'Delivery'"] })
    )
  })

  it("of what a workflow has no more is forgotten", () => {
    const coverage = Testing.coverage(Delivery)
    coverage.add({ workflow: "Delivery", exercised: ["Pack", "Wrap", "Wrap > Hand"] })
    expect(coverage.toJSON().exercised).toEqual(["Pack"])
  })
})

describe("the assertion", () => {
  class Fork extends Workflow.define("Fork")
    .state("Split", Schema.String, ["Each", "Left"])
    .state("Each", Schema.String, ["Right"])
    .exit("Left", Schema.Void)
    .exit("Right", Schema.Void)
    .start("Split") {}
  const Split = Fork.split("Split", {
    one: ({ payload }) => (payload === "" ? Effect.fail("no") : Effect.succeed(1)),
    two: () => 2
  })
    .join(Join.all, ({ payload, to }) => to.Each(payload))
    .catch(({ to }) => to.Left())
  const Each = Fork.forEach(
    "Each",
    ({ payload }) => [...payload],
    ({ item }) => item
  ).join(Join.all, ({ to }) => to.Right())
  const fork = Fork.implement({ Split, Each })

  const failure = (
    coverage: Testing.Coverage<typeof Fork>,
    options?: Parameters<typeof Testing.assertCovered<typeof Fork>>[1]
  ) => {
    try {
      Testing.assertCovered(coverage, options)
      return undefined
    } catch (error) {
      return error as Testing.AssertionError
    }
  }

  it.effect("lists what is missing of each kind", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(fork)
      coverage.add(yield* Testing.run(fork, ""))
      const error = failure(coverage)
      expect(error?.message.split("\n")).toEqual([
        "The tests of Fork do not cover all of it:",
        "  states, 1 of 2, without:",
        "    Each",
        "  exits, 1 of 2, without:",
        "    Right",
        "  edges, 1 of 3, without:",
        "    Split > Each",
        "    Each > Right",
        "  branches, 1 of 9, without:",
        "    Split.one succeeded",
        "    Split.two succeeded",
        "    Each succeeded"
      ])
      expect(error?.expected).toEqual([])
      expect(error?.actual).toEqual([
        "Each",
        "Right",
        "Split > Each",
        "Each > Right",
        "Split.one succeeded",
        "Split.two succeeded",
        "Each succeeded"
      ])
    })
  )

  it.effect("passes when nothing is missing but what may be", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(fork)
      coverage.add(yield* Testing.run(fork, "ab"))
      expect(failure(coverage)?.actual).toEqual(["Left", "Split > Left"])
      expect(failure(coverage, { except: ["Left", "Split > Left"] })).toBeUndefined()
      coverage.add(yield* Testing.run(fork, ""))
      expect(failure(coverage)).toBeUndefined()
    })
  )

  it.effect("asks for the ends of branches that it is to ask for", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(fork)
      coverage.add(yield* Testing.run(fork, "ab"))
      coverage.add(yield* Testing.run(fork, ""))
      expect(failure(coverage, { branches: ["failed"] })?.actual).toEqual(["Split.two failed", "Each failed"])
      expect(failure(coverage, { branches: ["failed"], except: ["Split.two failed", "Each failed"] })).toBeUndefined()
      expect(failure(coverage, { branches: [] })).toBeUndefined()
    })
  )

  it.effect("asks nothing of the branches of a definition, which does not know them", () =>
    Effect.gen(function* () {
      const coverage = Testing.coverage(Fork)
      coverage.add(yield* Testing.run(fork, "ab"))
      coverage.add(yield* Testing.run(fork, ""))
      expect(failure(coverage, { branches: ["succeeded", "failed", "interrupted"] })).toBeUndefined()
    })
  )
})
