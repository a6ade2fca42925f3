/** Guards: what stands between a handler and a dependency, as Effect's own circuit breakers, rate limiters and semaphores. */
import { describe, expect, it } from "@effect/vitest"
import {
  Array,
  Context,
  Data,
  Duration,
  Effect,
  Exit,
  Layer,
  Option,
  PartitionedSemaphore,
  Schedule,
  Schema,
  Semaphore
} from "effect"
import { CircuitBreaker, RateLimiter } from "effect/persistence"
import { TestClock } from "effect/testing"
import { Guard, InvalidOptions, Join, Workflow } from "sluice"
import {
  Boom,
  defectsOf,
  ended,
  errorOf,
  failAfter,
  failureOf,
  isInterrupted,
  settle,
  succeedAfter,
  valueOf
} from "../support/runs.ts"
import { Timeline } from "../support/timeline.ts"

class Quote extends Workflow.define("Quote")
  .state("Ask", Schema.String, ["Quoted"])
  .exit("Quoted", Schema.String)
  .start("Ask") {}

/** As `Quote`, with a place to go to when there is none. */
class Offer extends Workflow.define("Offer")
  .state("Ask", Schema.String, ["Offered", "Unavailable"])
  .exit("Offered", Schema.String)
  .exit("Unavailable", Schema.String)
  .start("Ask") {}

/** A dependency that answers after 10 milliseconds, or fails while it is down, and counts the calls. */
class Exchange {
  down = true
  calls = 0

  readonly ask = (symbol: string): Effect.Effect<string, Boom> =>
    Effect.suspend(() => {
      this.calls++
      return this.down ? failAfter(10, symbol) : succeedAfter(10, `quote of ${symbol}`)
    })

  /** A task that asks it. */
  readonly task = Quote.task("Ask", ({ payload, to }) => Effect.map(this.ask(payload), to.Quoted))
}

describe("a circuit breaker", () => {
  const openDuration = Duration.seconds(30)
  const breaking = (failures: number) =>
    CircuitBreaker.layer({ tripPolicy: CircuitBreaker.consecutive(failures), openDuration }).pipe(
      Layer.provide(CircuitBreaker.layerStoreMemory())
    )

  /** The reason of a rejection; nothing else may be the failure. */
  const rejection = (error: unknown) =>
    error instanceof CircuitBreaker.CircuitBreakerError ? error.reason._tag : `not a rejection: ${error}`

  /** Lets a run go through its 10 milliseconds, and gives how it ended. */
  const attempt = <A, E, R>(run: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(run, { startImmediately: true })
      yield* TestClock.adjust(10)
      const exit = ended(fiber)
      if (Exit.isSuccess(exit)) return "succeeded"
      const error = errorOf(exit)
      return error instanceof CircuitBreaker.CircuitBreakerError ? error.reason._tag : "failed"
    })

  const stateOf = (key: string) =>
    CircuitBreaker.CircuitBreaker.use((breaker) => Effect.map(breaker.state(key), (state) => state._tag))

  it.effect("opens after so many failures, and rejects without calling", () =>
    Effect.gen(function* () {
      const exchange = new Exchange()
      const quote = Quote.implement({ Ask: exchange.task.guard(Guard.circuitBreaker({ key: "quotes" })) })
      expect(yield* attempt(quote.run("A"))).toBe("failed")
      expect(yield* attempt(quote.run("B"))).toBe("failed")
      expect(yield* stateOf("quotes")).toBe("Closed")
      expect(yield* attempt(quote.run("C"))).toBe("failed")
      expect(yield* stateOf("quotes")).toBe("Open")
      const error = yield* failureOf(quote.run("D"))
      expect(error).toMatchObject({ _tag: "CircuitBreakerError", reason: { _tag: "CircuitOpen", key: "quotes" } })
      expect(exchange.calls).toBe(3)
    }).pipe(Effect.provide(breaking(3)))
  )

  it.effect("says how long it stays open", () =>
    Effect.gen(function* () {
      const exchange = new Exchange()
      const quote = Quote.implement({ Ask: exchange.task.guard(Guard.circuitBreaker({ key: "quotes" })) })
      yield* attempt(quote.run("A"))
      yield* TestClock.adjust("12 seconds")
      const error = yield* Effect.flip(quote.run("B"))
      const reason = error._tag === "CircuitBreakerError" ? error.reason : undefined
      expect(reason?._tag === "CircuitOpen" && Duration.toSeconds(reason.retryAfter)).toBe(18)
    }).pipe(Effect.provide(breaking(1)))
  )

  it.effect("tries one call when the time is up: closes when it succeeds, opens again when it fails", () =>
    Effect.gen(function* () {
      const exchange = new Exchange()
      const quote = Quote.implement({ Ask: exchange.task.guard(Guard.circuitBreaker({ key: "quotes" })) })
      expect(yield* attempt(quote.run("A"))).toBe("failed")
      yield* TestClock.adjust("30 seconds")
      expect(yield* attempt(quote.run("B"))).toBe("failed")
      expect(yield* attempt(quote.run("C"))).toBe("CircuitOpen")
      expect(exchange.calls).toBe(2)

      exchange.down = false
      yield* TestClock.adjust("30 seconds")
      const probe = yield* quote.fork("D")
      yield* TestClock.adjust(5)
      expect(rejection(yield* Effect.flip(quote.run("E")))).toBe("CircuitHalfOpen")
      yield* TestClock.adjust(5)
      expect(ended(probe.fiber)).toEqual(Exit.succeed({ _tag: "Quoted", payload: "quote of D" }))
      expect(yield* attempt(quote.run("F"))).toBe("succeeded")
      expect(yield* stateOf("quotes")).toBe("Closed")
    }).pipe(Effect.provide(breaking(1)))
  )

  it.effect("counts failures in a row: a success begins anew", () =>
    Effect.gen(function* () {
      const exchange = new Exchange()
      const quote = Quote.implement({ Ask: exchange.task.guard(Guard.circuitBreaker({ key: "quotes" })) })
      yield* attempt(quote.run("A"))
      exchange.down = false
      yield* attempt(quote.run("B"))
      exchange.down = true
      yield* attempt(quote.run("C"))
      expect(yield* stateOf("quotes")).toBe("Closed")
    }).pipe(Effect.provide(breaking(2)))
  )

  it.effect("has a circuit for each key that a function of the context gives", () =>
    Effect.gen(function* () {
      const exchange = new Exchange()
      const key = ({ payload }: { readonly payload: string }) => `quotes of ${payload}`
      const quote = Quote.implement({ Ask: exchange.task.guard(Guard.circuitBreaker({ key })) })
      expect(yield* attempt(quote.run("A"))).toBe("failed")
      expect(yield* attempt(quote.run("A"))).toBe("CircuitOpen")
      expect(yield* attempt(quote.run("B"))).toBe("failed")
      expect(yield* stateOf("quotes of A")).toBe("Open")
      expect(yield* stateOf("quotes of C")).toBe("Closed")
    }).pipe(Effect.provide(breaking(1)))
  )

  it.effect("has a circuit for each attempt, when the key is a function of that", () =>
    Effect.gen(function* () {
      const exchange = new Exchange()
      const key = ({ attempt }: { readonly attempt: number }) => (attempt === 1 ? "primary" : "secondary")
      const quote = Quote.implement({
        Ask: exchange.task.guard(Guard.circuitBreaker({ key })).retry({ times: 1 })
      })
      yield* settle(quote.run("A"))
      expect(exchange.calls).toBe(2)
      expect(yield* stateOf("primary")).toBe("Closed")
      expect(yield* stateOf("secondary")).toBe("Closed")
    }).pipe(Effect.provide(breaking(2)))
  )

  it.effect("is shared by all who name it: two states, and two workflows", () =>
    Effect.gen(function* () {
      class Both extends Workflow.define("Both")
        .state("First", Schema.String, ["Second"])
        .state("Second", Schema.String, ["Done"])
        .exit("Done", Schema.String)
        .start("First") {}
      const exchange = new Exchange()
      const guard = Guard.circuitBreaker({ key: "quotes" })
      const both = Both.implement({
        First: Both.task("First", ({ payload, to }) => Effect.map(exchange.ask(payload), to.Second))
          .guard(guard)
          .catchTag("Boom", ({ payload, to }) => to.Second(payload)),
        Second: Both.task("Second", ({ payload, to }) => Effect.map(exchange.ask(payload), to.Done)).guard(guard)
      })
      const quote = Quote.implement({ Ask: exchange.task.guard(Guard.circuitBreaker({ key: "quotes" })) })
      const error = yield* failureOf(both.run("A"))
      expect(error._tag).toBe("Boom")
      expect(exchange.calls).toBe(2)
      expect(yield* attempt(quote.run("B"))).toBe("failed")
      expect(yield* attempt(quote.run("C"))).toBe("CircuitOpen")
      expect(rejection(yield* failureOf(both.run("D")))).toBe("CircuitOpen")
      expect(exchange.calls).toBe(3)
    }).pipe(
      Effect.provide(
        // An hour passes in the middle, and it stays open.
        CircuitBreaker.layer({ tripPolicy: CircuitBreaker.consecutive(3), openDuration: "1 day" }).pipe(
          Layer.provide(CircuitBreaker.layerStoreMemory())
        )
      )
    )
  )

  it.effect("lets its rejection be caught, and turned into a transition", () =>
    Effect.gen(function* () {
      const exchange = new Exchange()
      const offer = Offer.implement({
        Ask: Offer.task("Ask", ({ payload, to }) => Effect.map(exchange.ask(payload), to.Offered))
          .guard(Guard.circuitBreaker({ key: "offers" }))
          .catchTags({
            Boom: ({ error, to }) => to.Unavailable(`failed for ${error.id}`),
            CircuitBreakerError: ({ error, to }) => to.Unavailable(error.reason._tag)
          })
      })
      expect((yield* valueOf(offer.run("A"))).payload).toBe("failed for A")
      expect((yield* valueOf(offer.run("B"))).payload).toBe("CircuitOpen")
    }).pipe(
      Effect.provide(
        CircuitBreaker.layer({ tripPolicy: CircuitBreaker.consecutive(1), openDuration: "1 day" }).pipe(
          Layer.provide(CircuitBreaker.layerStoreMemory())
        )
      )
    )
  )

  it.effect("inside a retry counts each attempt, and outside the whole", () =>
    Effect.gen(function* () {
      const exchange = new Exchange()
      const inside = exchange.task.guard(Guard.circuitBreaker({ key: "inside" })).retry({ times: 4 })
      expect(rejection(yield* failureOf(Quote.implement({ Ask: inside }).run("A")))).toBe("CircuitOpen")
      expect(exchange.calls).toBe(3)
      const outside = exchange.task.retry({ times: 4 }).guard(Guard.circuitBreaker({ key: "outside" }))
      expect(yield* failureOf(Quote.implement({ Ask: outside }).run("A"))).toEqual(new Boom({ id: "A" }))
      expect(exchange.calls).toBe(8)
      expect(yield* stateOf("outside")).toBe("Closed")
    }).pipe(Effect.provide(breaking(3)))
  )

  it.effect("counts a timeout that stands before it, and not one that stands after it", () =>
    Effect.gen(function* () {
      const slow = Quote.task("Ask", ({ payload, to }) => succeedAfter(1_000, to.Quoted(payload)))
      const before = slow.timeout(5).guard(Guard.circuitBreaker({ key: "before" }))
      const after = slow.guard(Guard.circuitBreaker({ key: "after" })).timeout(5)
      expect(yield* attempt(Quote.implement({ Ask: before }).run("A"))).toBe("failed")
      expect(yield* attempt(Quote.implement({ Ask: after }).run("A"))).toBe("failed")
      expect(yield* stateOf("before")).toBe("Open")
      expect(yield* stateOf("after")).toBe("Closed")
    }).pipe(Effect.provide(breaking(1)))
  )

  it.effect("can stand in a branch, where losing the join is no failure", () =>
    Effect.gen(function* () {
      class Race extends Workflow.define("Race")
        .state("Ask", Schema.Void, ["Done"])
        .exit("Done", Schema.String)
        .start("Ask") {}
      const time = new Timeline()
      const race = Race.implement({
        Ask: Race.split("Ask", {
          quick: () => succeedAfter(5, "quick").pipe(Guard.circuitBreaker({ key: "quick" })),
          slow: () => time.track("slow", succeedAfter(1_000, "slow")).pipe(Guard.circuitBreaker({ key: "slow" })),
          broken: () => failAfter(1, "broken").pipe(Guard.circuitBreaker({ key: "broken" }))
        }).join(Join.any, ({ results, to }) => to.Done(results.value))
      })
      for (const _ of [1, 2, 3]) expect(yield* attempt(race.run())).toBe("succeeded")
      expect(time.entries).toHaveLength(6)
      expect(time.entries.slice(0, 2)).toEqual(["0 slow starts", "5 slow interrupted"])
      expect(yield* stateOf("slow")).toBe("Closed")
      expect(yield* stateOf("quick")).toBe("Closed")
      expect(yield* stateOf("broken")).toBe("Open")
    }).pipe(Effect.provide(breaking(1)))
  )

  it.effect("does not count a run that was interrupted", () =>
    Effect.gen(function* () {
      const exchange = new Exchange()
      const quote = Quote.implement({ Ask: exchange.task.guard(Guard.circuitBreaker({ key: "quotes" })) })
      const handle = yield* quote.fork("A")
      yield* TestClock.adjust(5)
      yield* handle.interrupt
      expect(isInterrupted(ended(handle.fiber))).toBe(true)
      expect(yield* stateOf("quotes")).toBe("Closed")
    }).pipe(Effect.provide(breaking(1)))
  )

  it.effect("counts what it is told to", () =>
    Effect.gen(function* () {
      const exchange = new Exchange()
      const classify = (exit: Exit.Exit<unknown, unknown>) => {
        const error = errorOf(exit)
        return error instanceof Boom && error.id === "unknown symbol"
          ? CircuitBreaker.ignored
          : CircuitBreaker.failure()
      }
      const quote = Quote.implement({ Ask: exchange.task.guard(Guard.circuitBreaker({ key: "quotes", classify })) })
      for (const _ of [1, 2, 3]) expect(yield* attempt(quote.run("unknown symbol"))).toBe("failed")
      expect(yield* attempt(quote.run("A"))).toBe("failed")
      expect(yield* attempt(quote.run("B"))).toBe("CircuitOpen")
    }).pipe(Effect.provide(breaking(1)))
  )

  it.effect("may be one of several, each with its policy", () =>
    Effect.gen(function* () {
      class Strict extends Context.Service<Strict, CircuitBreaker.CircuitBreaker>()("test/Strict") {
        static readonly layer = Layer.effect(
          Strict,
          CircuitBreaker.make({ tripPolicy: CircuitBreaker.consecutive(1), openDuration: "1 second" })
        ).pipe(Layer.provide(CircuitBreaker.layerStoreMemory()))
      }
      const exchange = new Exchange()
      const lenient = Quote.implement({ Ask: exchange.task.guard(Guard.circuitBreaker({ key: "quotes" })) })
      const strict = Quote.implement({
        Ask: exchange.task.guard(Guard.circuitBreaker({ key: "quotes", breaker: Strict }))
      })
      const program = Effect.gen(function* () {
        expect(yield* attempt(strict.run("A"))).toBe("failed")
        expect(yield* attempt(strict.run("B"))).toBe("CircuitOpen")
        expect(yield* attempt(lenient.run("C"))).toBe("failed")
        expect(yield* attempt(lenient.run("D"))).toBe("failed")
        yield* TestClock.adjust("1 second")
        exchange.down = false
        expect(yield* attempt(strict.run("E"))).toBe("succeeded")
      })
      const services: Effect.Effect<void, never, CircuitBreaker.CircuitBreaker | Strict> = program
      yield* Effect.provide(services, Layer.merge(Strict.layer, breaking(3)))
    })
  )
})

describe("a rate limiter", () => {
  const limiting = RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))

  const prompt = (time: Timeline) =>
    Quote.task("Ask", ({ payload, to }) => Effect.as(time.mark(payload), to.Quoted(payload)))

  it.effect("admits so many calls in a window, and fails for more", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const limited = prompt(time).guard(Guard.rateLimiter({ key: "quotes", limit: 2, window: "1 second" }))
      const quote = Quote.implement({ Ask: limited })
      yield* quote.run("A")
      yield* TestClock.adjust(400)
      yield* quote.run("B")
      const error: RateLimiter.RateLimiterError = yield* Effect.flip(quote.run("C"))
      expect(error).toMatchObject({ _tag: "RateLimiterError", reason: { _tag: "RateLimitExceeded", limit: 2 } })
      yield* TestClock.adjust(600)
      yield* quote.run("D")
      expect(time.entries).toEqual(["0 A", "400 B", "1000 D"])
    }).pipe(Effect.provide(limiting))
  )

  it.effect("lets its failure be caught, and turned into a transition", () =>
    Effect.gen(function* () {
      const offer = Offer.implement({
        Ask: Offer.task("Ask", ({ payload, to }) => to.Offered(payload))
          .guard(Guard.rateLimiter({ key: "offers", limit: 1, window: "1 day" }))
          .catchTag("RateLimiterError", ({ error, to }) => to.Unavailable(error.reason._tag))
      })
      expect((yield* valueOf(offer.run("A"))).payload).toBe("A")
      expect((yield* valueOf(offer.run("B"))).payload).toBe("RateLimitExceeded")
    }).pipe(Effect.provide(limiting))
  )

  it.effect("lets calls wait for their turn when it is told to", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const guard = Guard.rateLimiter({ key: "quotes", limit: 2, window: "1 second", onExceeded: "delay" })
      const quote = Quote.implement({ Ask: prompt(time).guard(guard) })
      const runs = Effect.forEach(["A", "B", "C", "D", "E"], (symbol) => quote.run(symbol), {
        concurrency: "unbounded"
      })
      expect(yield* valueOf(runs)).toHaveLength(5)
      expect(time.entries).toEqual(["0 A", "0 B", "1000 C", "1000 D", "2000 E"])
    }).pipe(Effect.provide(limiting))
  )

  it.effect("admits one after another from a bucket of tokens", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const quote = Quote.implement({
        Ask: prompt(time).guard(
          Guard.rateLimiter({ key: "quotes", limit: 2, window: "1 second", algorithm: "token-bucket" })
        )
      })
      for (const symbol of ["A", "B"]) yield* quote.run(symbol)
      expect((yield* Effect.flip(quote.run("C"))).reason._tag).toBe("RateLimitExceeded")
      yield* TestClock.adjust(500)
      yield* quote.run("D")
      expect((yield* Effect.flip(quote.run("E"))).reason._tag).toBe("RateLimitExceeded")
      expect(time.entries).toEqual(["0 A", "0 B", "500 D"])
    }).pipe(Effect.provide(limiting))
  )

  it.effect("has a limit for each key that a function of the context gives", () =>
    Effect.gen(function* () {
      const key = ({ payload }: { readonly payload: string }) => payload
      const limited = prompt(new Timeline()).guard(Guard.rateLimiter({ key, limit: 1, window: "1 second" }))
      const quote = Quote.implement({ Ask: limited })
      yield* quote.run("A")
      yield* quote.run("B")
      expect((yield* Effect.flip(quote.run("A"))).reason).toMatchObject({ key: "A" })
    }).pipe(Effect.provide(limiting))
  )

  it.effect("is shared by handlers and branches that name it", () =>
    Effect.gen(function* () {
      const guard = Guard.rateLimiter({ key: "quotes", limit: 3, window: "1 second", onExceeded: "delay" })
      const time = new Timeline()
      class Fan extends Workflow.define("Fan")
        .state("Ask", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Ask") {}
      const fan = Fan.implement({
        Ask: Fan.forEach(
          "Ask",
          () => ["B", "C", "D"],
          ({ item }) => time.mark(item).pipe(guard)
        ).join(Join.all, ({ to }) => to.Done())
      })
      const quote = Quote.implement({ Ask: prompt(time).guard(guard) })
      yield* valueOf(Effect.andThen(quote.run("A"), fan.run()))
      expect(time.entries).toEqual(["0 A", "0 B", "0 C", "1000 D"])
    }).pipe(Effect.provide(limiting))
  )

  it.effect("inside a retry admits each attempt, and outside the whole", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const flaky = Quote.task("Ask", function* ({ attempt, payload, to }) {
        yield* time.mark(`attempt ${attempt}`)
        return attempt < 3 ? yield* new Boom({ id: payload }) : to.Quoted(payload)
      })
      const each = Guard.rateLimiter({ key: "each", limit: 1, window: "1 second", onExceeded: "delay" })
      const whole = Guard.rateLimiter({ key: "whole", limit: 1, window: "1 second" })
      const quote = Quote.implement({ Ask: flaky.guard(each).retry({ times: 2 }).guard(whole) })
      yield* valueOf(quote.run("A"))
      expect(time.entries).toEqual(["0 attempt 1", "1000 attempt 2", "2000 attempt 3"])
    }).pipe(Effect.provide(limiting))
  )

  it("is refused for a limit, a window or tokens that are none", () => {
    const limiter = (options: object) => () =>
      Guard.rateLimiter({ key: "quotes", limit: 1 as number, window: "1 second", ...options })
    const problemsOf = (options: object) => {
      try {
        limiter(options)()
      } catch (error) {
        if (error instanceof InvalidOptions) return [error.of, ...error.problems]
        throw error
      }
      return []
    }
    const window = "window must be a finite duration of at least a millisecond, not"
    expect(problemsOf({ limit: Number.NaN, window: Number.NaN, tokens: Number.NaN })).toEqual([
      "Guard.rateLimiter",
      "limit must be a whole number of at least 1, not NaN",
      `${window} NaN`,
      "tokens must be a whole number of at least 1, not NaN"
    ])
    for (const value of [0, -5, "soon", Number.POSITIVE_INFINITY, { minute: 1 }]) {
      expect(problemsOf({ window: value })).toHaveLength(2)
    }
    expect(limiter({ window: "-1 seconds" })).toThrow(
      `The options of Guard.rateLimiter are not sound:\n  - ${window} -1 seconds`
    )
    expect(limiter({ window: 1, tokens: 1 })).not.toThrow()
  })

  it.effect("takes as many tokens a call as it is told to", () =>
    Effect.gen(function* () {
      const limited = prompt(new Timeline()).guard(
        Guard.rateLimiter({ key: "quotes", limit: 5, window: "1 second", tokens: 2 })
      )
      const quote = Quote.implement({ Ask: limited })
      for (const symbol of ["A", "B"]) yield* quote.run(symbol)
      expect((yield* Effect.flip(quote.run("C"))).reason._tag).toBe("RateLimitExceeded")
    }).pipe(Effect.provide(limiting))
  )

  it.effect("lets a call be interrupted that waits for its turn", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const guard = Guard.rateLimiter({ key: "quotes", limit: 1, window: "1 minute", onExceeded: "delay" })
      const quote = Quote.implement({ Ask: prompt(time).guard(guard) })
      yield* quote.run("A")
      const handle = yield* quote.fork("B")
      yield* TestClock.adjust("10 seconds")
      yield* handle.interrupt
      yield* TestClock.adjust("1 hour")
      expect(isInterrupted(ended(handle.fiber))).toBe(true)
      expect(time.entries).toEqual(["0 A"])
    }).pipe(Effect.provide(limiting))
  )
})

describe("a bulkhead", () => {
  const busy = (time: Timeline) =>
    Quote.task("Ask", ({ payload, to }) => time.track(payload, succeedAfter(10, to.Quoted(payload))))

  const runAll = (quote: Workflow.Workflow<typeof Quote, never, never>, symbols: ReadonlyArray<string>) =>
    Effect.forEach(symbols, (symbol) => quote.run(symbol), { concurrency: "unbounded" })

  const oneByOne = ["0 A starts", "10 A done", "10 B starts", "20 B done", "20 C starts", "30 C done"]

  it.effect("is a semaphore: so many at once, and the others in turn", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const quote = Quote.implement({ Ask: busy(time).guard(Semaphore.makeUnsafe(1).withPermits(1)) })
      yield* valueOf(runAll(quote, ["A", "B", "C"]))
      expect(time.entries).toEqual(oneByOne)
      const two = new Timeline()
      const pairs = Quote.implement({ Ask: busy(two).guard(Semaphore.makeUnsafe(2).withPermits(1)) })
      yield* valueOf(runAll(pairs, ["A", "B", "C"]))
      const start = 3_600_000
      expect(two.entries.filter((entry) => entry.endsWith("starts"))).toEqual([
        `${start} A starts`,
        `${start} B starts`,
        `${start + 10} C starts`
      ])
    })
  )

  class Lines extends Context.Service<Lines, Semaphore.Semaphore>()("test/Lines") {
    static readonly of1 = Layer.effect(Lines, Semaphore.make(1))
  }

  it.effect("is a service: shared by handlers, branches and workflows", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const guard = Guard.bulkhead(Lines)
      class Fan extends Workflow.define("Fan")
        .state("Ask", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Ask") {}
      const fan = Fan.implement({
        Ask: Fan.split("Ask", {
          b: () => time.track("B", Effect.sleep(10)).pipe(guard),
          c: () => time.track("C", Effect.sleep(10)).pipe(guard)
        }).join(Join.all, ({ to }) => to.Done())
      })
      const quote = Quote.implement({ Ask: busy(time).guard(Guard.bulkhead(Lines)) })
      const both: Effect.Effect<unknown, never, Lines> = Effect.all([quote.run("A"), fan.run()], {
        concurrency: "unbounded"
      })
      yield* valueOf(both)
      expect(time.entries).toEqual(oneByOne)
    }).pipe(Effect.provide(Lines.of1))
  )

  it.effect("is free again after a failure, a defect, a timeout and an interruption", () =>
    Effect.gen(function* () {
      const lines = yield* Semaphore.make(1)
      const endings = {
        failure: Effect.fail(new Boom({ id: "bad" })),
        defect: Effect.die("bug"),
        timeout: Effect.never,
        interruption: Effect.interrupt
      }
      for (const ending of Object.values(endings)) {
        const bad = Quote.task("Ask", ({ payload, to }) => Effect.as(ending, to.Quoted(payload)))
        const exit = yield* settle(
          Quote.implement({ Ask: bad.guard(lines.withPermits(1)).timeout("1 second") }).run("A")
        )
        expect(Exit.isFailure(exit)).toBe(true)
        expect(yield* lines.withPermitsIfAvailable(1)(Effect.succeed("free"))).toEqual(Option.some("free"))
      }
      const good = Quote.implement({ Ask: busy(new Timeline()).guard(lines.withPermits(1)) })
      expect((yield* valueOf(good.run("A"))).payload).toBe("A")
    })
  )

  it.effect("lets a timeout after it bound the waiting, and one before it not", () =>
    Effect.gen(function* () {
      const symbols = ["A", "B", "C"]
      const lines = yield* Semaphore.make(1)
      const whole = Quote.implement({ Ask: busy(new Timeline()).guard(lines.withPermits(1)).timeout(15) })
      const exits = Effect.forEach(symbols, (symbol) => Effect.exit(whole.run(symbol)), { concurrency: "unbounded" })
      expect((yield* valueOf(exits)).map(Exit.isSuccess)).toEqual([true, false, false])
      const each = Quote.implement({ Ask: busy(new Timeline()).timeout(15).guard(lines.withPermits(1)) })
      const all = Effect.forEach(symbols, (symbol) => Effect.exit(each.run(symbol)), { concurrency: "unbounded" })
      expect((yield* valueOf(all)).map(Exit.isSuccess)).toEqual([true, true, true])
    })
  )

  it.effect("may go round the partitions that a function of the context names", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const lines = yield* PartitionedSemaphore.make<string>({ permits: 1 })
      const quote = Quote.implement({
        Ask: busy(time).guard((effect, { payload }) => lines.withPermit(payload.slice(0, 1))(effect))
      })
      yield* valueOf(runAll(quote, ["a1", "a2", "a3", "b1"]))
      // The customer with one run is not kept waiting until all of the other's are done.
      expect(time.entries.filter((entry) => entry.endsWith("starts"))).toEqual([
        "0 a1 starts",
        "10 a2 starts",
        "20 b1 starts",
        "30 a3 starts"
      ])
    })
  )
})

describe("a guard of one's own", () => {
  class Busy extends Data.TaggedError("Busy")<{ readonly state: string }> {}
  type Asking = readonly [Workflow.BranchContext<typeof Quote, "Ask">]

  it.effect("is given the context of the handler, and may fail with errors of its own", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      let began = 0
      const task = Quote.task("Ask", ({ payload, to }) => {
        began++
        return to.Quoted(payload)
      })
      const unlessBusy: Guard.Guard<Busy, never, Asking> = (effect, { input, payload, run, state }) => {
        seen.push({ input, payload, id: run.id, state })
        return payload === "busy" ? Effect.fail(new Busy({ state })) : effect
      }
      const quote = Quote.implement({ Ask: task.guard(unlessBusy) })
      const error: Busy = yield* Effect.flip(quote.run("busy", { id: "a" }))
      expect(error).toEqual(new Busy({ state: "Ask" }))
      expect(began).toBe(0)
      expect((yield* quote.run("A", { id: "b" })).payload).toBe("A")
      expect(seen).toEqual([
        { input: "busy", payload: "busy", id: "a", state: "Ask" },
        { input: "A", payload: "A", id: "b", state: "Ask" }
      ])
    })
  )

  it.effect("may need services and the store", () =>
    Effect.gen(function* () {
      class Quota extends Context.Service<Quota, { readonly most: number }>()("test/Quota") {}
      class Spend extends Workflow.define("Spend")
        .store({ spent: Workflow.cell(Schema.Number, { initial: 0 }) })
        .state("Buy", Schema.Number, ["Buy", "Done"])
        .exit("Done", Schema.Number)
        .start("Buy") {}
      type Buying = readonly [Workflow.BranchContext<typeof Spend, "Buy">]
      const withinQuota: Guard.Guard<Busy, Quota, Buying> = (effect, { payload, state, store }) =>
        Effect.gen(function* () {
          const { most } = yield* Quota
          if ((yield* store.update("spent", (n) => n + payload)) > most) return yield* new Busy({ state })
          return yield* effect
        })
      const spend = Spend.implement({
        Buy: Spend.task("Buy", ({ payload, to }) => (payload < 5 ? to.Buy(payload + 1) : to.Done(payload)))
          .guard(withinQuota)
          .catchTag("Busy", ({ store, to }) => Effect.map(store.get("spent"), to.Done))
      })
      const run: Effect.Effect<Workflow.Outcome<typeof Spend>, never, Quota> = spend.run(1)
      expect((yield* Effect.provideService(run, Quota, Quota.of({ most: 100 }))).payload).toBe(5)
      expect((yield* Effect.provideService(run, Quota, Quota.of({ most: 5 }))).payload).toBe(6)
    })
  )

  it.effect("stands around what stands before it, in the order they are written", () =>
    Effect.gen(function* () {
      const time = new Timeline()
      const around =
        (name: string): Guard.Guard<never, never> =>
        (effect) =>
          time.track(name, effect)
      const flaky = Quote.task("Ask", ({ attempt, payload, to }) =>
        attempt < 2 ? Effect.fail(new Boom({ id: payload })) : Effect.succeed(to.Quoted(payload))
      )
      const quote = Quote.implement({
        Ask: flaky
          .guard(around("inner"))
          .retry({ times: 1, schedule: Schedule.spaced(10) })
          .guard(around("outer"))
      })
      yield* valueOf(quote.run("A"))
      expect(time.entries).toEqual([
        "0 outer starts",
        "0 inner starts",
        "0 inner failed",
        "10 inner starts",
        "10 inner done",
        "10 outer done"
      ])
    })
  )

  it.effect("in a retry is asked for each attempt, and told which one it is", () =>
    Effect.gen(function* () {
      const inner: Array<number> = []
      const outer: Array<number> = []
      const flaky = Quote.task("Ask", ({ attempt, payload, to }) =>
        attempt < 3 ? Effect.fail(new Boom({ id: payload })) : Effect.succeed(to.Quoted(payload))
      )
      const quote = Quote.implement({
        Ask: flaky
          .guard((effect, { attempt }) => {
            inner.push(attempt)
            return effect
          })
          .retry({ times: 2 })
          .guard((effect, { attempt }) => {
            outer.push(attempt)
            return effect
          })
      })
      yield* quote.run("A")
      expect(inner).toEqual([1, 2, 3])
      expect(outer).toEqual([1])
    })
  )

  it.effect("that rejects does not count as an attempt of the work", () =>
    Effect.gen(function* () {
      let asked = 0
      const busyTwice: Guard.Guard<Busy, never, Asking> = (effect, { state }) =>
        Effect.gen(function* () {
          if (++asked < 3) return yield* new Busy({ state })
          return yield* effect
        })
      const quote = Quote.implement({
        Ask: Quote.task("Ask", ({ attempt, to }) => to.Quoted(`attempt ${attempt}`))
          .guard(busyTwice)
          .retry({ times: 2 })
      })
      expect((yield* quote.run("A")).payload).toBe("attempt 1")
    })
  )

  it.effect("that throws ends the run with its defect", () =>
    Effect.gen(function* () {
      const bug = new Error("bug")
      const throwing: Guard.Guard<never, never> = () => {
        throw bug
      }
      const exit = yield* settle(Quote.implement({ Ask: new Exchange().task.guard(throwing) }).run("A"))
      expect(defectsOf(exit)).toEqual([bug])
    })
  )

  it.effect("stands around every kind of handler that takes policies", () =>
    Effect.gen(function* () {
      const guarded: Array<string> = []
      const guard = <A, E, R>(effect: Effect.Effect<A, E, R>, { state }: { readonly state: string }) =>
        Effect.tap(effect, () => Effect.sync(() => guarded.push(state)))
      class Kinds extends Workflow.define("Kinds")
        .signal("Go", Schema.Void)
        .state("Task", Schema.Void, ["Split"])
        .state("Split", Schema.Void, ["ForEach"])
        .state("ForEach", Schema.Void, ["Wait"])
        .state("Wait", Schema.Void, ["Pause"])
        .state("Pause", Schema.Void, ["Poll"])
        .state("Poll", Schema.Void, ["Call"])
        .state("Call", Schema.Void, ["Done"])
        .exit("Done", Schema.Void)
        .start("Task") {}
      const kinds = Kinds.implement({
        Task: Kinds.task("Task", ({ to }) => to.Split()).guard(guard),
        Split: Kinds.split("Split", { a: () => 1 })
          .join(Join.all, ({ to }) => to.ForEach())
          .guard(guard),
        ForEach: Kinds.forEach(
          "ForEach",
          () => [1],
          ({ item }) => item
        )
          .join(Join.all, ({ to }) => to.Wait())
          .guard(guard),
        Wait: Kinds.wait("Wait", { Go: ({ to }) => to.Pause() }).guard(guard),
        Pause: Kinds.pause("Pause", 10, ({ to }) => to.Poll()).guard(guard),
        Poll: Kinds.poll("Poll", ({ to }) => to.Call(), { schedule: Schedule.spaced(10) }).guard(guard),
        Call: Kinds.call("Call", Quote, () => "A", { Quoted: ({ to }) => to.Done() }).guard(guard)
      })
      const program = Effect.gen(function* () {
        const handle = yield* kinds.fork()
        yield* handle.signal("Go")
        yield* TestClock.adjust(100)
        expect(Exit.isSuccess(ended(handle.fiber))).toBe(true)
      })
      yield* Effect.provide(program, Quote.layer({ Ask: ({ payload, to }) => to.Quoted(payload) }))
      expect(guarded).toEqual(["Task", "Split", "ForEach", "Wait", "Pause", "Poll", "Call"])
    })
  )

  it("is in the graph where it stands among the policies", () => {
    const quote = Quote.implement({
      Ask: new Exchange().task.timeout(10).guard(Semaphore.makeUnsafe(1).withPermits(1)).retry({ times: 1 })
    })
    expect(quote.graph.places[0]?.work?.policies).toEqual([
      { kind: "timeout", duration: Duration.millis(10) },
      { kind: "guard" },
      { kind: "retry" }
    ])
  })

  it.effect("is the same for thousands of runs at once", () =>
    Effect.gen(function* () {
      const lines = yield* Semaphore.make(10)
      let inside = 0
      let most = 0
      const quote = Quote.implement({
        Ask: Quote.task("Ask", function* ({ payload, to }) {
          most = Math.max(most, ++inside)
          yield* Effect.sleep(10)
          inside--
          return to.Quoted(payload)
        }).guard(lines.withPermits(1))
      })
      const symbols = Array.makeBy(2_000, String)
      const outcomes = yield* valueOf(
        Effect.forEach(symbols, (symbol) => quote.run(symbol), { concurrency: "unbounded" })
      )
      expect(outcomes.map((outcome) => outcome.payload)).toEqual(symbols)
      expect(most).toBe(10)
      expect(inside).toBe(0)
    })
  )
})
