/**
 * A demonstration: seven parcels of two carriers, one of which is down for a day.
 */
import { Clock, Console, Duration, Effect, Fiber, Layer } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { TestClock } from "effect/testing"
import { match } from "ts-pattern"
import { Carriers, parcel, type Shipment, Unavailable } from "./parcel.ts"

/** A carrier that fails for two parcels in a row is left alone for twelve hours; then one of them finds out for all. */
export const breaker = CircuitBreaker.layer({
  tripPolicy: CircuitBreaker.consecutive(2),
  openDuration: "12 hours"
}).pipe(
  // The store forgets what is not used: after an hour, unless it is told that parcels take days.
  Layer.provide(CircuitBreaker.layerStoreMemory({ idleTimeToLive: "1 week" }))
)

const time = Effect.map(Clock.currentTimeMillis, (millis) => {
  const { days, hours, minutes } = Duration.parts(Duration.millis(millis))
  return `day ${days + 1}, ${hours}:${String(minutes).padStart(2, "0")}`
})

const say = (what: string) => Effect.flatMap(time, (now) => Console.log(`${now}  ${what}`))

/** After how many hours a parcel arrives. */
const arrivals = new Map([
  ["H-1", 0.5],
  ["H-2", 20],
  ["G-1", 20],
  ["G-2", 20],
  ["G-3", 20]
])

const carriers = Layer.succeed(Carriers)({
  locate: Effect.fnUntraced(function* (carrier, number) {
    const hours = Duration.toHours(yield* Clock.currentTimeMillis)
    if (carrier === "Gull" && hours < 30) {
      yield* say(`Gull does not answer for ${number}`)
      return yield* new Unavailable({ carrier })
    }
    if (number === "H-4") return "lost"
    return hours < (arrivals.get(number) ?? Number.POSITIVE_INFINITY) ? "on its way" : "delivered"
  })
})

const shipments: ReadonlyArray<Shipment> = [
  { number: "H-1", carrier: "Heron", daysLeft: 3 },
  { number: "H-2", carrier: "Heron", daysLeft: 3 },
  { number: "H-3", carrier: "Heron", daysLeft: 3 },
  { number: "H-4", carrier: "Heron", daysLeft: 3 },
  { number: "G-1", carrier: "Gull", daysLeft: 3 },
  { number: "G-2", carrier: "Gull", daysLeft: 3 }
]

const follow = Effect.fn("follow")(function* (shipment: Shipment) {
  const outcome = yield* parcel.run(shipment)
  const ending = match(outcome)
    .with({ _tag: "Delivered" }, () => "is delivered")
    .with({ _tag: "Lost" }, () => "is lost")
    .with({ _tag: "Overdue" }, () => "is overdue")
    .exhaustive()
  yield* say(`${shipment.number} ${ending}`)
})

/** Follows the parcels. A demonstration does not wait for the post: a week passes at once on the test clock. */
export const program = Effect.gen(function* () {
  const early = yield* Effect.forkChild(Effect.forEach(shipments, follow, { concurrency: "unbounded" }))
  yield* TestClock.adjust("1 hour")
  // By now the circuit of its carrier is open.
  const late = yield* Effect.forkChild(follow({ number: "G-3", carrier: "Gull", daysLeft: 3 }))
  yield* TestClock.adjust("1 week")
  yield* Fiber.joinAll([early, late])
}).pipe(Effect.provide([carriers, breaker]))
