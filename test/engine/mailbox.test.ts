/** The signals that a run keeps: in which order they are taken, and how much work that is. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as fc from "fast-check"
import { Mailbox, type Received } from "../../src/engine/run/mailbox.ts"

const payloads = (mailbox: Mailbox, ...names: ReadonlyArray<string>): ReadonlyArray<unknown> => {
  const taken = mailbox.take(new Set(names))
  return taken === undefined ? [] : [taken.payload, ...payloads(mailbox, ...names)]
}

const filled = (...signals: ReadonlyArray<readonly [name: string, payload: unknown]>): Mailbox => {
  const mailbox = new Mailbox()
  for (const [name, payload] of signals) mailbox.put({ name, payload })
  return mailbox
}

/** Names that count how often they are looked at. */
class Names extends Set<string> {
  looks = 0

  override has(name: string): boolean {
    this.looks++
    return super.has(name)
  }

  override *[Symbol.iterator](): SetIterator<string> {
    for (const name of super.values()) {
      this.looks++
      yield name
    }
  }
}

describe("a mailbox", () => {
  it("gives the oldest signal first, across names and of one name", () => {
    const signals = [
      ["a", 1],
      ["b", 2],
      ["a", 3],
      ["c", 4],
      ["b", 5]
    ] as const
    expect(payloads(filled(...signals), "a", "b", "c")).toEqual([1, 2, 3, 4, 5])
    expect(payloads(filled(...signals), "c", "b")).toEqual([2, 4, 5])
    expect(payloads(filled(...signals), "a")).toEqual([1, 3])
    expect(payloads(filled(...signals), "d")).toEqual([])
  })

  it("gives a signal that was put back as if it had not been taken", () => {
    const mailbox = filled(["a", 1], ["b", 2], ["a", 3], ["a", 4])
    const take = (...names: ReadonlyArray<string>) => mailbox.take(new Set(names))!
    const [one, three, two] = [take("a"), take("a"), take("b")]
    mailbox.put({ name: "a", payload: 5 })
    for (const signal of [three, one, two]) mailbox.putBack(signal)
    expect(payloads(mailbox, "a", "b")).toEqual([1, 2, 3, 4, 5])
  })

  it("takes and puts back in any order as a plain list does", () => {
    const name = fc.constantFrom("a", "b", "c")
    const step = fc.oneof(
      fc.record({ put: name }),
      fc.record({ take: fc.uniqueArray(name) }),
      fc.record({ back: fc.nat() })
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const mailbox = new Mailbox()
        let list: ReadonlyArray<readonly [place: number, name: string]> = []
        const taken: Array<Received> = []
        let count = 0
        for (const step of steps) {
          if ("put" in step) {
            mailbox.put({ name: step.put, payload: count })
            list = [...list, [count++, step.put]]
          } else if ("take" in step) {
            const names = new Set<string>(step.take)
            const oldest = list.find(([, name]) => names.has(name))
            expect(mailbox.has(names)).toBe(oldest !== undefined)
            const signal = mailbox.take(names)
            expect(signal?.payload).toBe(oldest?.[0])
            if (signal !== undefined) taken.push(signal)
            list = list.filter((entry) => entry !== oldest)
          } else {
            const [signal] = taken.splice(step.back % (taken.length || 1), 1)
            if (signal === undefined) continue
            mailbox.putBack(signal)
            list = [...list, [signal.place, signal.name] as const].toSorted(([a], [b]) => a - b)
          }
        }
      })
    )
  })

  it.effect("wakes who waits when a signal comes, and when one is put back", () =>
    Effect.gen(function* () {
      const mailbox = filled(["a", 1])
      const signal = mailbox.take(new Set(["a"]))!
      const put: ReadonlyArray<() => void> = [
        () => mailbox.putBack(signal),
        () => mailbox.put({ name: "a", payload: 2 })
      ]
      for (const wake of put) {
        const waiting = yield* Effect.forkChild(mailbox.await(new Set(["a", "b"])), { startImmediately: true })
        mailbox.put({ name: "other", payload: 0 })
        expect(waiting.pollUnsafe()).toBeUndefined()
        wake()
        yield* Fiber.join(waiting)
        expect(payloads(mailbox, "a")).toHaveLength(1)
      }
    })
  )

  it.effect("does no more work for a signal however many are kept", () =>
    Effect.gen(function* () {
      const count = 100_000
      const mailbox = new Mailbox()
      const names = new Names(["awaited", "also"])
      const waiting = yield* Effect.forkChild(mailbox.await(names), { startImmediately: true })
      for (let i = 0; i < count; i++) mailbox.put({ name: "other", payload: i })
      mailbox.put({ name: "awaited", payload: "it" })
      yield* Fiber.join(waiting)
      expect(mailbox.take(names)?.payload).toBe("it")
      expect(names.looks).toBeLessThanOrEqual(2 * (count + 3))
      const others = new Names(["other"])
      for (let i = 0; i < count; i++) {
        const signal = mailbox.take(others)!
        mailbox.putBack(signal)
        expect(mailbox.take(others)).toBe(signal)
      }
      expect(mailbox.has(others)).toBe(false)
      expect(others.looks).toBeLessThanOrEqual(2 * (count + 1))
    })
  )
})
