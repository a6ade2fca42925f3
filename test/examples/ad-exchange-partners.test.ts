/** What partners can make the exchange do, over real sockets: bounded, and given up when it is over. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Queue, Schema, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { Bidders } from "../../examples/ad-exchange/bidders.ts"
import { adExchange } from "../../examples/ad-exchange/handlers.ts"
import { BidRequest } from "../../examples/ad-exchange/openrtb.ts"
import { Partners } from "../../examples/ad-exchange/partners.ts"
import { Devices, Geo, Profiles, Sites, Tracking } from "../../examples/ad-exchange/services.ts"

const requestOf = (more: object = {}) =>
  Schema.decodeUnknownSync(BidRequest)({ id: "r", site: { id: "102855" }, imp: [{ id: "1", banner: {} }], ...more })

/** A server of a partner; its address. */
const serve = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer(listener).listen(0, "127.0.0.1")
      await once(server, "listening")
      return server
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`))

const answering =
  (body: unknown, status = 200): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body))

const bid = { id: "b", impid: "1", price: 1 }
const bids = (count: number) => Array.from({ length: count }, (_, i) => ({ ...bid, id: `b${i}` }))
const answer = (seatbid: ReadonlyArray<object>, more: object = {}) => ({ id: "r", seatbid, ...more })

const clients = [
  ["fetch", FetchHttpClient.layer],
  ["undici", NodeHttpClient.layerUndici]
] as const

describe.each(clients)("over %s", (_, client) => {
  /** The partners at some addresses, named p0, p1, ... */
  const partnersAt = (...urls: ReadonlyArray<string>) =>
    Layer.build(Layer.provide(Partners.layer(urls.map((url, i) => ({ name: `p${i}`, url }))), client)).pipe(
      Effect.map((context) => Layer.succeedContext(context))
    )

  const ask = Effect.fnUntraced(function* (listener: RequestListener) {
    const url = yield* serve(listener)
    return yield* Partners.use(({ requestBids }) => requestBids({ name: "p", url }, requestOf())).pipe(
      Effect.provide(yield* partnersAt())
    )
  })

  it.live.each([
    ["204", answering("", 204)],
    ["an empty object", answering({})],
    ["no seatbids", answering(answer([]))],
    ["a reason", answering({ id: "r", nbr: 2 })],
    ["a seatbid without bids", answering(answer([{ bid: [] }]))]
  ] as const)("%s is a no-bid", ([, listener]) => Effect.map(ask(listener), (bids) => expect(bids).toEqual([])))

  it.live.each([
    ["another request's id", answering({ ...answer([{ bid: [bid] }]), id: "s" }), "an answer to another request, s"],
    ["bids without an id", answering({ seatbid: [{ bid: [bid] }] }), "an answer to another request, undefined"],
    ["no JSON", answering("<html>"), ""],
    ["nothing", answering(""), ""],
    ["a list", answering([]), "Expected object"],
    ["a price that is a text", answering(answer([{ bid: [{ ...bid, price: "1" }] }])), "Expected number"],
    ["an error", answering(answer([{ bid: [bid] }]), 500), "500"],
    [
      "more than anybody needs",
      answering(JSON.stringify(answer([{ bid: [{ ...bid, adm: "x".repeat(2 ** 20) }] }]))),
      "an answer of more than 1 MiB"
    ],
    ["no answer", (request: IncomingMessage) => void request.socket.destroy(), ""]
  ] as const)("%s fails, and says so", ([, listener, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask(listener))
      expect(error._tag).toBe("PartnerFailed")
      expect(error.reason).toContain(reason)
      expect(error.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+: ./)
    })
  )

  it.live("bids come with what the answer says of them", () =>
    Effect.gen(function* () {
      const seats = [
        { seat: "s", bid: [bid], ext: 1 },
        { group: 1, bid: [{ ...bid, w: 300 }] }
      ]
      expect(yield* ask(answering(answer(seats, { bidid: "x", cur: "EUR" })))).toEqual([
        { partner: "p", bidid: "x", cur: "EUR", seatbid: { seat: "s", ext: 1 }, lot: "p/0", bid },
        { partner: "p", bidid: "x", cur: "EUR", seatbid: { group: 1 }, lot: "p/1", bid: { ...bid, w: 300 } }
      ])
    })
  )

  it.live("of too many bids the first count, and of a group that is cut off none", () =>
    Effect.gen(function* () {
      const taken = yield* ask(answering(answer([{ bid: bids(5_000) }])))
      expect(taken.map(({ bid }) => bid.id)).toEqual(bids(100).map(({ id }) => id))
      const grouped = yield* ask(answering(answer([{ bid: bids(60) }, { group: 1, bid: bids(60) }])))
      expect(grouped).toHaveLength(60)
    })
  )

  it.live("a partner gets the request as the seller sent it", () =>
    Effect.gen(function* () {
      const seen = yield* Queue.unbounded<readonly [version: unknown, body: string]>()
      const url = yield* serve(async (request, response) => {
        const chunks = await request.setEncoding("utf8").toArray()
        Queue.offerUnsafe(seen, [request.headers["x-openrtb-version"], chunks.join("")])
        response.writeHead(204).end()
      })
      const sent = { regs: { coppa: 1, ext: { gdpr: 0 } }, bcat: ["IAB25"], test: 1, tmax: 90, ext: { a: [null] } }
      yield* Partners.use(({ requestBids }) => requestBids({ name: "p", url }, requestOf(sent))).pipe(
        Effect.provide(yield* partnersAt())
      )
      const [version, body] = yield* Queue.take(seen)
      expect(version).toBe("2.6")
      expect(JSON.parse(body)).toMatchObject({ id: "r", ...sent })
    })
  )

  /** A body that never ends, and a signal when nobody listens to it any more. */
  const endless =
    (status: number, closed: Queue.Enqueue<string>) => (request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(status).write("x")
      response.on("close", () => Queue.offerUnsafe(closed, request.url!))
    }

  it.live("what is not read to its end is closed: errors, and whatever a notice is answered", () =>
    Effect.gen(function* () {
      const closed = yield* Queue.unbounded<string>()
      expect((yield* Effect.flip(ask(endless(500, closed)))).reason).toContain("500")
      yield* Queue.take(closed)
      const url = yield* serve(endless(200, closed))
      const there = yield* partnersAt(url)
      yield* Partners.use(({ notify }) => notify("p0", `${url}/win`)).pipe(Effect.provide(there))
      expect(yield* Queue.take(closed)).toBe("/win")
      yield* Partners.use(({ notified }) => notified).pipe(Effect.provide(there))
    })
  )

  it.effect(
    "notices of one partner are called four at a time, and held back to a thousand; others do not wait for them",
    () =>
      Effect.gen(function* () {
        const open: Array<ServerResponse> = []
        const came = yield* Queue.unbounded<string>()
        let most = 0
        const url = yield* serve((request, response) => {
          Queue.offerUnsafe(came, request.url!)
          if (request.url === "/quick") return void response.end()
          open.push(response)
          most = Math.max(most, open.length)
        })
        yield* Effect.gen(function* () {
          const { notified, notify } = yield* Partners
          yield* Effect.forEach(bids(5_000), ({ id }) => notify("p0", `${url}/${id}`), { concurrency: "unbounded" })
          // None has been answered yet.
          expect(yield* Queue.takeN(came, 4)).toEqual(["/b0", "/b1", "/b2", "/b3"])
          yield* notify("p1", `${url}/quick`)
          expect(yield* Queue.take(came)).toBe("/quick")
          for (const response of open.splice(0)) response.end()
          for (let i = 4; i < 1_000; i++) {
            yield* Queue.take(came)
            open.shift()!.end()
          }
          yield* notified
        }).pipe(Effect.provide(yield* partnersAt(url, url)))
        expect(most).toBe(4)
        expect(yield* Queue.size(came)).toBe(0)
      })
  )

  it.effect("a notice that nobody takes, or that is no address, keeps nobody", () =>
    Effect.gen(function* () {
      const came = yield* Queue.unbounded<void>()
      const url = yield* serve(() => Queue.offerUnsafe(came, undefined))
      const scope = yield* Scope.make()
      yield* Effect.gen(function* () {
        const { notified, notify } = yield* Partners
        yield* notify("p0", url)
        yield* notify("p0", "http: //adserver.example/win")
        yield* notify("nobody", url)
        yield* Queue.take(came)
        const waiting = yield* Effect.forkChild(notified)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(waiting)
        yield* notify("p0", url)
        yield* Queue.take(came)
      }).pipe(Effect.provide(yield* Scope.provide(partnersAt(url), scope)))
      // It is being called while the exchange closes.
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
    })
  )
})

const bidder = { name: "a", delay: 0, cpm: { banner: 1, video: 1, native: 1 }, category: "IAB1" }

it.live("bidders do not wait for connections on which nothing was asked", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(Bidders.layer([bidder]), scope)
    const [partner] = yield* Bidders.useSync(({ partners }) => partners).pipe(Effect.provideContext(context))
    const socket = connect(Number(new URL(partner!.url).port), "127.0.0.1")
    yield* Effect.promise(() => once(socket, "connect"))
    // What has been accepted has been connected before.
    yield* Effect.promise(() => fetch(new URL("/win?price=1&reason=0", partner!.url)))
    const closed = once(socket, "close")
    yield* Scope.close(scope, Exit.void)
    yield* Effect.promise(() => closed)
  })
)

it.live("bidders bid on a deal that is open to them, or to all", () =>
  Effect.gen(function* () {
    const deals = [
      { id: "theirs", bidfloor: 9, wseat: ["b"] },
      { id: "open", bidfloor: 2, bidfloorcur: "EUR" }
    ]
    const request = requestOf({ imp: [{ id: "1", banner: {}, pmp: { private_auction: 1, deals } }] })
    const bids = yield* Partners.use(({ all, requestBids }) => requestBids(all[0]!, request)).pipe(
      Effect.provide(Layer.unwrap(Bidders.useSync(({ partners }) => Partners.layer(partners)))),
      Effect.provide([Bidders.layer([bidder]), FetchHttpClient.layer])
    )
    expect(bids.map(({ bid }) => [bid.dealid, bid.price])).toEqual([["open", 2 * 1.1 * 1.2]])
  })
)

describe("the time that a request leaves", () => {
  const facts = Layer.mergeAll(Sites.layer, Profiles.layer, Geo.layer, Devices.layer, Tracking.layer)

  /** What comes of a request when a partner takes so long, how long that took, and what the partner was told. */
  const run = Effect.fnUntraced(function* (more: object, partnerTakes: number, lookupTakes = 0) {
    const told: Array<unknown> = []
    const partners = Layer.mock(Partners)({
      all: [{ name: "p", url: "http://p" }],
      requestBids: (_, { tmax }) =>
        Effect.suspend(() => {
          told.push(tmax)
          return Effect.succeed([{ partner: "p", cur: "USD", seatbid: {}, lot: "p/0", bid }])
        }).pipe(Effect.tap(Effect.sleep(partnerTakes)))
    })
    const slow = Layer.succeed(Geo, { locate: () => Effect.delay(Effect.succeed("DEU"), lookupTakes) })
    const running = yield* adExchange
      .run(requestOf(more))
      .pipe(Effect.timed, Effect.provide([partners, slow]), Effect.provide(facts), Effect.forkChild)
    yield* TestClock.adjust(1_000)
    const [took, outcome] = yield* Fiber.join(running)
    return [outcome._tag === "NoFill" ? outcome.payload.cause : outcome._tag, Duration.toMillis(took), ...told]
  })

  it.effect.each([
    ["without a limit, 200 ms", {}, 199, 0, ["Filled", 199, 200]],
    ["without a limit, no more", {}, 201, 0, ["NoBranchCompleted", 200, 200]],
    ["less than 200 ms, but for what the exchange needs itself", { tmax: 120 }, 99, 0, ["Filled", 99, 100]],
    ["and no more", { tmax: 120 }, 101, 0, ["no partner answered", 100, 100]],
    ["less what came before", { tmax: 120 }, 60, 50, ["no partner answered", 100, 50]],
    ["a lookup included", { tmax: 60 }, 0, 50, ["TooLate", 40]],
    ["none at all: nobody is asked", { tmax: 20 }, 0, 0, ["TooLate", 0]],
    ["more than 200 ms: the exchange does not need it", { tmax: 5_000 }, 201, 0, ["NoBranchCompleted", 200, 200]]
  ] as const)("is %s", ([, more, partnerTakes, lookupTakes, expected]) =>
    Effect.map(run(more, partnerTakes, lookupTakes), (ended) => expect(ended).toEqual(expected))
  )
})
