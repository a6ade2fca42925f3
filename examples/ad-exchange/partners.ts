/**
 * The buyers, seen from the exchange: OpenRTB over HTTP.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import type { Partner, PartnerBid } from "./definition.ts"
import { BidRequest, BidResponse } from "./openrtb.ts"

/** A partner could not be reached, or what it said is no bid response. */
export class PartnerFailed extends Schema.TaggedError<PartnerFailed>()("PartnerFailed", {
  url: Schema.String,
  reason: Schema.String
}) {}

export class Partners extends Context.Service<
  Partners,
  {
    readonly all: ReadonlyArray<Partner>
    /** Asks one partner for bids; none when it declines. Interrupting it closes the connection. */
    requestBids(partner: Partner, request: BidRequest): Effect.Effect<ReadonlyArray<PartnerBid>, PartnerFailed>
    /** Calls the notice URL of a bid, if it has one, with the price filled in. */
    notify(url: string | undefined, price: number): Effect.Effect<void, PartnerFailed>
  }
>()("ad-exchange/Partners") {
  static readonly layer = (all: ReadonlyArray<Partner>) =>
    Layer.effect(
      Partners,
      Effect.gen(function* () {
        const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
        const failed = (url: string) => (error: { readonly message: string }) =>
          new PartnerFailed({ url, reason: error.message })

        const requestBids = Effect.fnUntraced(
          function* (partner: Partner, request: BidRequest) {
            const post = yield* HttpClientRequest.schemaBodyJson(BidRequest)(
              HttpClientRequest.post(partner.url),
              request
            )
            const response = yield* client.execute(post)
            if (response.status === 204) return []
            const { seatbid } = yield* HttpClientResponse.schemaBodyJson(BidResponse)(response)
            return seatbid.flatMap(({ bid, seat }) => bid.map((bid) => ({ seat, bid })))
          },
          (effect, { url }) => Effect.mapError(effect, failed(url))
        )

        const notify = (url: string | undefined, price: number) =>
          url === undefined
            ? Effect.void
            : client.get(url.replaceAll(priceMacro, String(price))).pipe(Effect.asVoid, Effect.mapError(failed(url)))

        return { all, requestBids, notify }
      })
    )
}

/** Stands in a notice URL for the price the auction ended at. */
export const priceMacro = `\${AUCTION_PRICE}`
