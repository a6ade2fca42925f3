/**
 * A buyer and a seller alternate offers until they meet, the rounds run out, or one of them walks away.
 *
 * The machine is a loop of two states. What has been said so far is their payload: nothing else remembers it.
 */
import { Array, Console, Effect, Schema } from "effect"
import { Workflow } from "sluice"
import { match } from "ts-pattern"

/** A side of the table: where it starts, how far it goes, and which part of the gap it gives up in each round. */
const Party = Schema.Struct({ opening: Schema.Int, limit: Schema.Int, concession: Schema.Number })
type Party = typeof Party.Type

const Brief = Schema.Struct({ item: Schema.String, rounds: Schema.Int, buyer: Party, seller: Party })
type Brief = typeof Brief.Type

const Offers = Schema.NonEmptyArray(Schema.Int)
const Talks = Schema.Struct({ bids: Offers, asks: Offers })
type Talks = typeof Talks.Type

const Deal = Schema.Struct({ price: Schema.Int, talks: Talks })
const Reason = Schema.Literals(["the buyer walked away", "the seller walked away", "the rounds ran out"])
const Failed = Schema.Struct({ reason: Reason, talks: Talks })

export class Negotiation extends Workflow.define("Negotiation")
  .state("Open", Brief, ["Buyer"])
  .state("Buyer", Talks, ["Seller", "Agreed", "NoDeal"])
  .state("Seller", Talks, ["Buyer", "Agreed", "NoDeal"])
  .exit("Agreed", Deal)
  .exit("NoDeal", Failed)
  .start("Open") {}

/** Goes a part of the way to the other side, by at least one, and never beyond the limit. */
const buyerOffer = ({ concession, limit }: Party, bid: number, ask: number) =>
  Math.min(limit, bid + Math.ceil(concession * (ask - bid)))

const sellerOffer = ({ concession, limit }: Party, ask: number, bid: number) =>
  Math.max(limit, ask - Math.ceil(concession * (ask - bid)))

export const negotiation = Negotiation.implement({
  Open: Negotiation.route("Open", ({ payload: { buyer, seller }, to }) =>
    to.Buyer({ bids: [buyer.opening], asks: [seller.opening] })
  ),

  Buyer: Negotiation.route("Buyer", ({ input, payload, to }) => {
    const last = Array.lastNonEmpty(payload.bids)
    const ask = Array.lastNonEmpty(payload.asks)
    const bid = buyerOffer(input.buyer, last, ask)
    if (ask <= bid) return to.Agreed({ price: ask, talks: payload })
    if (bid === last) return to.NoDeal({ reason: "the buyer walked away", talks: payload })
    return to.Seller({ ...payload, bids: Array.append(payload.bids, bid) })
  }),

  Seller: Negotiation.route("Seller", ({ input, payload, to }) => {
    const last = Array.lastNonEmpty(payload.asks)
    const bid = Array.lastNonEmpty(payload.bids)
    const ask = sellerOffer(input.seller, last, bid)
    if (bid >= ask) return to.Agreed({ price: bid, talks: payload })
    if (ask === last) return to.NoDeal({ reason: "the seller walked away", talks: payload })
    if (payload.asks.length >= input.rounds) return to.NoDeal({ reason: "the rounds ran out", talks: payload })
    return to.Buyer({ ...payload, asks: Array.append(payload.asks, ask) })
  })
})

const rounds = ({ asks, bids }: Talks): ReadonlyArray<string> =>
  bids.map((bid, i) => `  bid ${bid}${asks[i] === undefined ? "" : `, ask ${asks[i]}`}`)

/** Negotiates, and prints the rounds and how they ended. */
export const negotiate = Effect.fn("negotiate")(function* (brief: Brief) {
  const outcome = yield* negotiation.run(brief)
  yield* Console.log(`${brief.item}:`)
  yield* Effect.forEach(rounds(outcome.payload.talks), (round) => Console.log(round), { discard: true })
  yield* Console.log(
    match(outcome)
      .with({ _tag: "Agreed" }, ({ payload }) => `  agreed at ${payload.price}`)
      .with({ _tag: "NoDeal" }, ({ payload }) => `  no deal: ${payload.reason}`)
      .exhaustive()
  )
  return outcome
})

export const program = Effect.forEach(
  [
    {
      item: "A bicycle",
      rounds: 10,
      buyer: { opening: 100, limit: 180, concession: 0.25 },
      seller: { opening: 220, limit: 150, concession: 0.2 }
    },
    {
      item: "A violin",
      rounds: 3,
      buyer: { opening: 800, limit: 1500, concession: 0.1 },
      seller: { opening: 1600, limit: 1000, concession: 0.1 }
    },
    {
      item: "A grand piano",
      rounds: 10,
      buyer: { opening: 2000, limit: 2600, concession: 0.3 },
      seller: { opening: 6000, limit: 4500, concession: 0.1 }
    }
  ],
  negotiate,
  { discard: true }
)
