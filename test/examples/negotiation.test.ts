/** The negotiation: each way it can end, one handler at a time, and the program. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestConsole } from "effect/testing"
import fc from "fast-check"
import { negotiation, program } from "../../examples/negotiation/negotiation.ts"

const brief = {
  item: "A chair",
  rounds: 10,
  buyer: { opening: 50, limit: 100, concession: 0.5 },
  seller: { opening: 120, limit: 70, concession: 0.5 }
}

describe("negotiation", () => {
  it.effect("ends agreed when the sides meet", () =>
    Effect.gen(function* () {
      expect(yield* negotiation.run(brief)).toEqual({
        _tag: "Agreed",
        payload: { price: 97, talks: { bids: [50, 85, 94, 96], asks: [120, 102, 98, 97] } }
      })
    })
  )

  it.effect("ends without a deal when the rounds run out", () =>
    Effect.gen(function* () {
      expect(yield* negotiation.run({ ...brief, rounds: 2 })).toEqual({
        _tag: "NoDeal",
        payload: { reason: "the rounds ran out", talks: { bids: [50, 85, 94], asks: [120, 102] } }
      })
    })
  )

  it.effect("ends without a deal when the buyer has nothing more to give", () =>
    Effect.gen(function* () {
      expect(yield* negotiation.run({ ...brief, buyer: { ...brief.buyer, limit: 60 } })).toEqual({
        _tag: "NoDeal",
        payload: { reason: "the buyer walked away", talks: { bids: [50, 60], asks: [120, 90] } }
      })
    })
  )

  it.effect("ends without a deal when the seller has nothing more to give", () =>
    Effect.gen(function* () {
      expect(yield* negotiation.run({ ...brief, seller: { opening: 120, limit: 120, concession: 0.5 } })).toEqual({
        _tag: "NoDeal",
        payload: { reason: "the seller walked away", talks: { bids: [50, 85], asks: [120] } }
      })
    })
  )

  it("never agrees beyond a limit, and always ends", () => {
    const concession = fc.double({ min: 0, max: 1, noNaN: true })
    const side = (sign: 1 | -1) =>
      fc
        .record({ limit: fc.integer({ min: 1, max: 1000 }), room: fc.integer({ min: 0, max: 500 }), concession })
        .map(({ concession, limit, room }) => ({ limit, opening: limit + sign * room, concession }))
    const briefs = fc.record({
      item: fc.string(),
      rounds: fc.integer({ min: 1, max: 50 }),
      buyer: side(-1),
      seller: side(1)
    })
    fc.assert(
      fc.property(briefs, (brief) => {
        const { _tag, payload } = Effect.runSync(negotiation.run(brief))
        expect(payload.talks.asks.length).toBeLessThanOrEqual(brief.rounds)
        if (_tag === "NoDeal") return
        expect(payload.price).toBeLessThanOrEqual(brief.buyer.limit)
        expect(payload.price).toBeGreaterThanOrEqual(brief.seller.limit)
      })
    )
  })
})

describe("a step of the negotiation", () => {
  it.effect("opens with what both sides would like", () =>
    Effect.gen(function* () {
      expect(yield* negotiation.step("Open", brief)).toEqual({ _tag: "Buyer", payload: { bids: [50], asks: [120] } })
    })
  )

  it.effect("lets the buyer accept an ask within the next bid", () =>
    Effect.gen(function* () {
      const talks = { bids: [80], asks: [81] } as const
      expect(yield* negotiation.step("Buyer", talks, { input: brief })).toEqual({
        _tag: "Agreed",
        payload: { price: 81, talks }
      })
    })
  )

  it.effect("lets the seller answer with a lower ask", () =>
    Effect.gen(function* () {
      expect(yield* negotiation.step("Seller", { bids: [50, 85], asks: [120] }, { input: brief })).toEqual({
        _tag: "Buyer",
        payload: { bids: [50, 85], asks: [120, 102] }
      })
    })
  )
})

describe("the program", () => {
  const endings = ["  agreed at 174", "  no deal: the rounds ran out", "  no deal: the buyer walked away"]

  it.effect("prints the rounds and how they ended", () =>
    Effect.gen(function* () {
      yield* program
      const lines = yield* TestConsole.logLines
      expect(lines.slice(0, 3)).toEqual(["A bicycle:", "  bid 100, ask 220", "  bid 130, ask 202"])
      expect(lines.filter((line) => endings.includes(String(line)))).toEqual(endings)
    })
  )

  it("runs as a program of its own", () => {
    const register = new URL("../support/register.mjs", import.meta.url).href
    const main = fileURLToPath(new URL("../../examples/negotiation/main.ts", import.meta.url))
    const output = execFileSync(process.execPath, ["--import", register, main], { encoding: "utf8" })
    expect(output.split("\n").filter((line) => endings.includes(line))).toEqual(endings)
  })
})
