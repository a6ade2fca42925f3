/** Failures of runs that nobody takes: they are logged, once, and those that somebody takes are not. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Fiber, Logger, References, Schema, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { CompensationFailed, Workflow } from "sluice"
import { Boom, settle, succeedAfter } from "../support/runs.ts"
import { strangeErrors } from "../support/strange.ts"
import { installed } from "../types/project.ts"

class Booking extends Workflow.define("Booking")
  .state("Charge", Schema.Number, ["Ship"])
  .state("Ship", Schema.Number, ["Shipped"])
  .exit("Shipped", Schema.String)
  .start("Charge") {}

const Charge = Booking.task("Charge", ({ payload, to }) => Effect.succeed(to.Ship(payload)))

/** Ships as given, after so many milliseconds; what was charged is undone as given. */
const booking = <E>(ship: Effect.Effect<string, E>, undo: Effect.Effect<unknown, unknown> = Effect.void) =>
  Booking.implement({
    Charge: Charge.compensate({ Ship: () => undo }),
    Ship: ({ payload, to }) =>
      Effect.map(payload === 0 ? ship : Effect.andThen(Effect.sleep(payload), ship), to.Shipped)
  })

const boom = new Boom({ id: "bad" })
const noRefund = Effect.fail(new Error("no refund"))

interface Line {
  readonly level: string
  readonly message: unknown
  readonly cause: Cause.Cause<unknown>
  readonly annotations: Readonly<Record<string, unknown>>
}

/** What is logged while an Effect runs. */
const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const lines: Array<Line> = []
    const logger = Logger.make<unknown, void>(({ cause, fiber, logLevel, message }) => {
      const annotations = { ...fiber.getRef(References.CurrentLogAnnotations) }
      lines.push({ level: logLevel, message, cause, annotations })
    })
    yield* Effect.provide(effect, Logger.layer([logger]))
    return lines
  })

const said = ({ annotations, level, message }: Line) => ({
  level,
  message,
  run: `${annotations["workflow.name"]} ${annotations["workflow.run.id"]}`
})

const unawaited = { level: "Error", message: ["A run has failed, and nobody waits for it"], run: "Booking b-1" }
const notUndone = { level: "Error", message: ["A run that was interrupted could not be undone"], run: "Booking b-1" }

describe("a forked run that fails", () => {
  it.effect("is logged with its cause when nobody waits for it, at once or later, failing or dying", () =>
    Effect.gen(function* () {
      for (const input of [0, 10]) {
        for (const fail of [Effect.fail(boom), Effect.die(boom)]) {
          const lines = yield* logged(
            Effect.gen(function* () {
              yield* booking(fail).fork(input, { id: "b-1" })
              yield* TestClock.adjust(100)
            })
          )
          expect(lines.map(said)).toEqual([unawaited])
          expect(Cause.squash(lines[0]!.cause)).toBe(boom)
        }
      }
    })
  )

  it.effect("is logged when it could not be rolled back, and when it is only watched", () =>
    Effect.gen(function* () {
      const lines = yield* logged(
        Effect.gen(function* () {
          const { events } = yield* booking(Effect.fail(boom), noRefund).fork(10, { id: "b-1" })
          const watching = yield* Effect.forkChild(Stream.runCollect(events))
          yield* TestClock.adjust(100)
          expect((yield* Fiber.join(watching)).at(-1)?._tag).toBe("RunFinished")
        })
      )
      expect(lines.map(said)).toEqual([unawaited])
      expect(Cause.squash(lines[0]!.cause)).toBeInstanceOf(CompensationFailed)
    })
  )

  it.effect("is not logged when somebody waits: at once, since before, or with others", () =>
    Effect.gen(function* () {
      const fail = booking(Effect.fail(boom))
      const waits: ReadonlyArray<(fiber: Fiber.Fiber<unknown, unknown>) => Effect.Effect<unknown>> = [
        (fiber) => Effect.exit(Fiber.join(fiber)),
        (fiber) => Fiber.await(fiber),
        (fiber) => Fiber.awaitAll([fiber]),
        (fiber) => Effect.exit(Fiber.joinAll([fiber]))
      ]
      for (const input of [0, 10]) {
        for (const wait of waits) {
          const lines = yield* logged(
            Effect.gen(function* () {
              const { fiber } = yield* fail.fork(input)
              const waiting = yield* Effect.forkChild(wait(fiber), { startImmediately: true })
              yield* TestClock.adjust(100)
              yield* Fiber.join(waiting)
            })
          )
          expect(lines).toEqual([])
        }
      }
    })
  )

  it.effect("is logged when whoever waited has given up", () =>
    Effect.gen(function* () {
      const lines = yield* logged(
        Effect.gen(function* () {
          const { fiber } = yield* booking(Effect.fail(boom)).fork(100, { id: "b-1" })
          yield* Effect.forkChild(Effect.timeoutOption(Fiber.await(fiber), 10))
          yield* TestClock.adjust(1_000)
        })
      )
      expect(lines.map(said)).toEqual([unawaited])
    })
  )

  it.effect("is logged as Effect is told to log what nobody handles", () =>
    Effect.gen(function* () {
      const lines = (level: "Warn" | undefined) =>
        booking(Effect.fail(boom))
          .fork(0, { id: "b-1" })
          .pipe(
            Effect.andThen(TestClock.adjust(100)),
            Effect.provideService(References.UnhandledLogLevel, level),
            logged,
            Effect.map((lines) => lines.map(said))
          )
      expect(yield* lines("Warn")).toEqual([{ ...unawaited, level: "Warn" }])
      expect(yield* lines(undefined)).toEqual([])
    })
  )

  it.effect("ends as it did, whatever its error and whatever a logger makes of it", () =>
    Effect.gen(function* () {
      const failing = Logger.make<unknown, void>(() => {
        throw new Error("disk full")
      })
      for (const [, error] of strangeErrors) {
        const handle = yield* Effect.provide(booking(Effect.fail(error)).fork(0), Logger.layer([failing]))
        yield* TestClock.adjust(100)
        expect(Object.is(Cause.squash(yield* Effect.flip(Effect.sandbox(Fiber.join(handle.fiber)))), error)).toBe(true)
      }
    })
  )
})

describe("a run that is interrupted", () => {
  it.effect("is not logged, forked or not, when there is nothing that could not be undone", () =>
    Effect.gen(function* () {
      const workflow = booking(Effect.never)
      const lines = yield* logged(
        Effect.gen(function* () {
          const handle = yield* workflow.fork(0)
          const running = yield* Effect.forkChild(workflow.run(0))
          yield* TestClock.adjust(10)
          yield* handle.interrupt
          yield* Fiber.interrupt(running)
          const scope = yield* Scope.make()
          yield* Scope.provide(workflow.fork(0), scope)
          yield* TestClock.adjust(10)
          yield* Scope.close(scope, yield* Effect.exit(Effect.void))
        })
      )
      expect(lines).toEqual([])
    })
  )

  it.effect("is logged with what could not be undone, forked or not, once", () =>
    Effect.gen(function* () {
      const workflow = booking(Effect.never, noRefund)
      class Outer extends Workflow.define("Outer")
        .state("Book", Schema.Number, ["Done"])
        .exit("Done", Schema.String)
        .start("Book") {}
      const outer = Outer.implement({
        *Book({ payload, to }) {
          const { payload: shipped } = yield* workflow.run(payload, { id: "b-1" })
          return to.Done(shipped)
        }
      })
      const options = { id: "b-1" }
      const interrupted: ReadonlyArray<Effect.Effect<unknown, unknown, Scope.Scope>> = [
        Effect.flatMap(workflow.fork(0, options), ({ interrupt }) => Effect.andThen(Effect.sleep(10), interrupt)),
        Effect.flatMap(Effect.forkChild(workflow.run(0, options)), (fiber) =>
          Effect.andThen(Effect.sleep(10), Fiber.interrupt(fiber))
        ),
        Effect.flatMap(Effect.forkChild(outer.run(0)), (fiber) =>
          Effect.andThen(Effect.sleep(10), Fiber.interrupt(fiber))
        ),
        Effect.timeoutOption(workflow.run(0, options), 10),
        Effect.race(workflow.run(0, options), succeedAfter(10, "first")),
        Effect.andThen(Effect.scoped(workflow.fork(0, options)), Effect.void)
      ]
      for (const effect of interrupted) {
        const lines = yield* logged(settle(effect))
        expect(lines.map(said)).toEqual([notUndone])
        const failure = Cause.squash(lines[0]!.cause)
        expect(failure).toBeInstanceOf(CompensationFailed)
        expect((failure as CompensationFailed).message).toContain("'Charge': Error: no refund")
      }
    })
  )

  it.effect("is logged once where it was called by another, and not where that one has a failure of its own", () =>
    Effect.gen(function* () {
      class Caller extends Workflow.define("Caller")
        .state("Book", Schema.Number, ["Done"])
        .exit("Done", Schema.String)
        .start("Book") {}
      class Called extends Workflow.define("Called")
        .state("Charge", Schema.Number, ["Ship"])
        .state("Ship", Schema.Number, ["Shipped"])
        .exit("Shipped", Schema.String)
        .failure(CompensationFailed)
        .start("Charge") {}
      const Book = Caller.call("Book", Called, ({ payload }) => payload, {
        Shipped: ({ result, to }) => to.Done(result)
      })
      const services = Called.layer({
        Charge: Called.task("Charge", ({ payload, to }) => to.Ship(payload)).compensate({ Ship: () => noRefund }),
        Ship: ({ to }) => Effect.as(Effect.never, to.Shipped("never"))
      })
      const caller = Caller.implement({ Book })
      const options = { id: "c-1" }
      const interrupted = yield* logged(
        settle(Effect.timeoutOption(Effect.provide(caller.run(0, options), services), 10))
      )
      expect(interrupted.map(said)).toEqual([{ ...notUndone, run: "Caller c-1" }])
      const timedOut = caller.run(0, { ...options, timeout: 10 })
      expect(yield* logged(settle(Effect.provide(timedOut, services)))).toEqual([])
    })
  )

  it.for(["run", "fork"])("by Ctrl-C says on the terminal what it could not undo: %s", async (how) => {
    const program = fileURLToPath(new URL("../support/interrupted.ts", import.meta.url))
    const child = spawn(installed("node", "bin", "node"), [program, how], { env: { ...process.env, NO_COLOR: "1" } })
    let output = ""
    const read = (chunk: Buffer) => {
      const wasReady = output.includes("ready")
      output += chunk.toString()
      // It is interrupted as soon as the step is done.
      if (!wasReady && output.includes("ready")) child.kill("SIGINT")
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    await new Promise((resolve) => child.on("close", resolve))
    expect(output).toContain("ready")
    expect(output).toContain("A run that was interrupted could not be undone")
    expect(output).toContain("'Charge': Error: no refund")
    expect(output.match(/could not be rolled back/g)).toHaveLength(1)
  })
})
