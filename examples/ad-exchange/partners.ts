/**
 * The buyers, seen from the exchange: OpenRTB over HTTP, and bounds on what one of them can make the exchange do.
 */
import { Context, Effect, FiberSet, Layer, Schema, Semaphore, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { Partner, PartnerBid } from "./definition.ts"
import { BidRequest, BidResponse } from "./openrtb.ts"

/** A partner could not be reached, or what it said is no answer to the request. */
export class PartnerFailed extends Schema.TaggedError<PartnerFailed>()("PartnerFailed", {
  url: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.url}: ${this.reason}`
  }
}

/** Of an answer, so many bids count, the first ones. */
const bidsPerAnswer = 100
const answerSize = "1 MiB"
/** Of each partner: those that are being called, those that wait for it, and the time for one. */
const noticesAtOnce = 4
const noticesWaiting = 1_000
const noticeTime = "1 second"

export class Partners extends Context.Service<
  Partners,
  {
    readonly all: ReadonlyArray<Partner>
    /** Asks one partner for bids; none when it declines. Interrupting it closes the connection. */
    requestBids(partner: Partner, request: BidRequest): Effect.Effect<ReadonlyArray<PartnerBid>, PartnerFailed>
    /** Has a notice URL of a partner called, in a while: nobody waits for it, and when too many do already it is dropped. */
    notify(partner: string, url: string): Effect.Effect<void>
    /** Waits until there is no notice left to be called. */
    readonly notified: Effect.Effect<void>
  }
>()("ad-exchange/Partners") {
  static readonly layer = (all: ReadonlyArray<Partner>) =>
    Layer.effect(
      Partners,
      Effect.gen(function* () {
        // The response, read or not, is given up with the scope of its request.
        const client = HttpClient.withScope(HttpClient.filterStatusOk(yield* HttpClient.HttpClient))
        const failed = (url: string) => (error: { readonly message: string }) =>
          error instanceof PartnerFailed ? error : new PartnerFailed({ url, reason: error.message })

        const requestBids = Effect.fnUntraced(
          function* ({ name, url }: Partner, request: BidRequest) {
            const post = HttpClientRequest.post(url).pipe(HttpClientRequest.setHeader("x-openrtb-version", "2.6"))
            const response = yield* client.execute(yield* HttpClientRequest.schemaBodyJson(BidRequest)(post, request))
            if (response.status === 204) return []
            const tooLong = new PartnerFailed({ url, reason: `an answer of more than ${answerSize}` })
            const text = yield* response.stream.pipe(
              Stream.mapError(failed(url)),
              Stream.limitBytes(answerSize, () => Stream.fail(tooLong)),
              Stream.decodeText,
              Stream.mkString
            )
            const answer = yield* Schema.decodeEffect(Schema.fromJsonString(BidResponse))(text)
            const bids = bidsOf(name, answer)
            if (bids.length > 0 && answer.id !== request.id) {
              return yield* new PartnerFailed({ url, reason: `an answer to another request, ${answer.id}` })
            }
            // Of a group that does not fit, no bid is taken: it could not win as a whole.
            const cut = bids[bidsPerAnswer]
            return bids.slice(0, bidsPerAnswer).filter(({ lot, seatbid }) => seatbid.group !== 1 || lot !== cut?.lot)
          },
          (effect, { url }) => effect.pipe(Effect.scoped, Effect.mapError(failed(url)))
        )

        const calls = yield* FiberSet.make()
        const lines = new Map(all.map(({ name }) => [name, { waiting: 0, turns: Semaphore.makeUnsafe(noticesAtOnce) }]))

        const call = (url: string) =>
          client.get(url).pipe(
            Effect.scoped,
            Effect.timeout(noticeTime),
            Effect.catch((error) => Effect.logWarning(`A notice was not taken: ${url}: ${error.message}`))
          )

        const notify = Effect.fnUntraced(function* (partner: string, url: string) {
          const line = lines.get(partner)
          if (line === undefined || line.waiting >= noticesWaiting) {
            return yield* Effect.logWarning(`A notice was dropped: ${url}`)
          }
          line.waiting += 1
          const done = Effect.sync(() => {
            line.waiting -= 1
          })
          yield* FiberSet.run(calls, Effect.ensuring(line.turns.withPermit(call(url)), done))
        })

        const notified = FiberSet.awaitEmpty(calls)
        yield* Effect.addFinalizer(() => Effect.timeoutOption(notified, noticeTime))
        return { all, requestBids, notify, notified }
      })
    )
}

/** The bids of an answer, each with what the answer says of it. */
const bidsOf = (partner: string, { bidid, cur, seatbid }: BidResponse): ReadonlyArray<PartnerBid> =>
  seatbid.flatMap(({ bid: bids, ...seat }, index) =>
    bids.map((bid) => ({
      partner,
      ...(bidid !== undefined && { bidid }),
      cur,
      seatbid: seat,
      lot: `${partner}/${index}`,
      bid
    }))
  )
