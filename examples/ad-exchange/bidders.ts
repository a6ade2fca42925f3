/**
 * The other side of the market: real HTTP servers on the loopback interface that answer bid requests, each at its own
 * pace. They note what became of every request, so that one can see who was hung up on.
 */
import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer, Queue, Ref, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Partner } from "./definition.ts"
import { convert, isCurrency } from "./money.ts"
import { type Bid, BidRequest, BidResponse, type Impression } from "./openrtb.ts"

export interface Bidder {
  readonly name: string
  /** How long it takes to answer, in milliseconds. */
  readonly delay: number
  /** What it offers for a thousand impressions. */
  readonly cpm: { readonly banner: number; readonly video: number; readonly native: number }
  /** The content category of its advertisements. */
  readonly category: string
  /** It declines every so many requests. */
  readonly declinesEvery?: number
}

/** The last two are too late for a limit of 200 ms: a slow network, and a slow model behind it. */
export const bidders: ReadonlyArray<Bidder> = [
  { name: "Agency1", delay: 45, cpm: { banner: 0.42, video: 4.2, native: 1.1 }, category: "IAB19" },
  { name: "Agency2", delay: 80, cpm: { banner: 0.38, video: 5, native: 0.8 }, category: "IAB2" },
  { name: "Retarget", delay: 120, cpm: { banner: 0.9, video: 4.6, native: 1.3 }, category: "IAB22", declinesEvery: 3 },
  { name: "Slowpoke", delay: 190 + 100, cpm: { banner: 1.2, video: 6, native: 2 }, category: "IAB2" },
  { name: "Sleeper", delay: 250 + 100, cpm: { banner: 1.5, video: 8, native: 2.5 }, category: "IAB2" }
]

/** How a bid request ended on the bidder's side. */
export interface Settled {
  readonly bidder: string
  readonly as: "bid" | "declined" | "aborted"
}

/** What a bidder was told afterwards: the price that the impression was sold at, if it was, and OpenRTB's code for the reason. */
export interface Notice {
  readonly bidder: string
  readonly of: "win" | "loss"
  readonly price: string
  readonly reason: string
}

export class Bidders extends Context.Service<
  Bidders,
  {
    readonly partners: ReadonlyArray<Partner>
    readonly settled: Queue.Dequeue<Settled>
    readonly notices: Queue.Dequeue<Notice>
  }
>()("ad-exchange/Bidders") {
  static readonly layer = (bidders: ReadonlyArray<Bidder>) =>
    Layer.effect(
      Bidders,
      Effect.gen(function* () {
        const settled = yield* Queue.unbounded<Settled>()
        const notices = yield* Queue.unbounded<Notice>()
        const partners = yield* Effect.forEach(bidders, (bidder) => serve(bidder, settled, notices))
        return { partners, settled, notices }
      })
    )
}

const serve = Effect.fnUntraced(function* (
  bidder: Bidder,
  settled: Queue.Enqueue<Settled>,
  notices: Queue.Enqueue<Notice>
) {
  const http = createServer()
  const server = yield* NodeHttpServer.make(() => http, { host: "127.0.0.1", port: 0 })
  const url = HttpServer.formatAddress(server.address)
  const seen = yield* Ref.make(0)
  const settle = (as: Settled["as"]) => Queue.offer(settled, { bidder: bidder.name, as })

  const answer = Effect.gen(function* () {
    const request = yield* HttpServerRequest.schemaBodyJson(BidRequest)
    const turn = yield* Ref.updateAndGet(seen, (n) => n + 1)
    yield* Effect.sleep(bidder.delay)
    if (bidder.declinesEvery !== undefined && turn % bidder.declinesEvery === 0) {
      yield* settle("declined")
      return HttpServerResponse.empty({ status: 204 })
    }
    yield* settle("bid")
    const bid = request.imp.map((imp) => bidOn(bidder, imp, url))
    const response = { id: request.id, seatbid: [{ seat: bidder.name, bid }], cur: "USD" }
    return yield* HttpServerResponse.schemaJson(BidResponse)(response)
    // The server interrupts the answer when the client closes the connection.
  }).pipe(Effect.onInterrupt(() => settle("aborted")))

  const notice = (of: Notice["of"]) =>
    HttpServerRequest.schemaSearchParams(Schema.Struct({ price: Schema.String, reason: Schema.String })).pipe(
      Effect.flatMap((told) => Queue.offer(notices, { bidder: bidder.name, of, ...told })),
      Effect.as(HttpServerResponse.empty())
    )

  const routes = HttpRouter.addAll([
    HttpRouter.route("POST", "/bid", answer),
    HttpRouter.route("GET", "/win", notice("win")),
    HttpRouter.route("GET", "/loss", notice("loss"))
  ])
  yield* server.serve(yield* HttpRouter.toHttpEffect(routes))
  // A client may keep a connection on which it has never asked anything. The server would wait for it to end.
  yield* Effect.addFinalizer(() => Effect.sync(() => http.closeAllConnections()))
  return { name: bidder.name, url: `${url}/bid` }
})

/** A fifth more than the floor of a deal that is open to the bidder, if that is more than what it always offers for the format. */
const bidOn = ({ category, cpm, name }: Bidder, imp: Impression, url: string): Bid => {
  const deal = imp.pmp?.deals.find(
    ({ bidfloorcur, wseat }) => (wseat?.includes(name) ?? true) && isCurrency(bidfloorcur)
  )
  const format = imp.video ? "video" : imp.native ? "native" : "banner"
  const domain = `${name.toLowerCase()}.example`
  const told = `price=\${AUCTION_PRICE}&reason=\${AUCTION_LOSS}`
  return {
    id: `${name}-${imp.id}`,
    impid: imp.id,
    price: Math.max(deal ? convert(deal.bidfloor, deal.bidfloorcur, "USD") * 1.2 : 0, cpm[format]),
    adm: `<a href="https://${domain}?paid=\${AUCTION_PRICE}">${name}</a>`,
    adomain: [domain],
    cat: [category],
    crid: `${name}-${format}`,
    ...(deal && { dealid: deal.id }),
    nurl: `${url}/win?${told}`,
    lurl: `${url}/loss?${told}`
  }
}
