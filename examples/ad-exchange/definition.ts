/**
 * The exchange as a table: its states, what must be known on entry to each, and where each may go.
 */
import { Option, Schema } from "effect"
import { Workflow } from "sluice"
import { Loss } from "./losses.ts"
import { Bid, BidRequest, BidResponse, Seat } from "./openrtb.ts"

/** A buyer, and where it takes bid requests. */
export const Partner = Schema.Struct({ name: Schema.String, url: Schema.String })
export type Partner = typeof Partner.Type

/** What is known of a user: the content categories they care for. */
export const Profile = Schema.Struct({ interests: Schema.Array(Schema.String) })
export type Profile = typeof Profile.Type

export const BidContext = Schema.Struct({
  profile: Profile,
  country: Schema.String,
  devicetype: Schema.Int,
  partners: Schema.Array(Partner)
})
export type BidContext = typeof BidContext.Type

/** A bid, and what the answer it came in says of it. */
export const PartnerBid = Schema.Struct({
  partner: Schema.String,
  bidid: Schema.optionalKey(Schema.String),
  cur: Schema.String,
  seatbid: Seat,
  /** Names the seatbid among all of them: what stands in one may have to win as a group. */
  lot: Schema.String,
  bid: Bid
})
export type PartnerBid = typeof PartnerBid.Type

/** The score is the price in USD, and more when the bid meets an interest of the user. */
export const ScoredBid = Schema.Struct({ ...PartnerBid.fields, score: Schema.Finite })
export type ScoredBid = typeof ScoredBid.Type

/** A winning bid, and what it pays: in its own currency, and in that of the exchange. */
export const Sale = Schema.Struct({
  ...ScoredBid.fields,
  price: Schema.Finite,
  usd: Schema.Finite,
  /** The price at which it would have been level with the next. */
  minToWin: Schema.Finite
})
export type Sale = typeof Sale.Type

/** A bid that did not win: why, and what it can know of the sale, in its own currency. */
export const LostBid = Schema.Struct({
  ...ScoredBid.fields,
  loss: Loss,
  price: Schema.optionalKey(Schema.Finite),
  minToWin: Schema.optionalKey(Schema.Finite)
})
export type LostBid = typeof LostBid.Type

export const Bids = Schema.Struct({ profile: Profile, bids: Schema.Array(PartnerBid) })

export const AuctionResult = Schema.Struct({ sales: Schema.Array(Sale), losers: Schema.Array(LostBid) })
export type AuctionResult = typeof AuctionResult.Type

export const Failure = Schema.Struct({ cause: Schema.String })

export class AdExchange extends Workflow.define("AdExchange")
  .store({ deadline: Workflow.cell(Schema.Option(Schema.Finite), { initial: Option.none() }) })
  .state("Validate", BidRequest, ["GatherContext", "Invalid"])
  .state("GatherContext", BidRequest, ["RequestBids", "TrackError"])
  .state("RequestBids", BidContext, ["ScoreBids", "TrackError"])
  .state("ScoreBids", Bids, ["RunAuction", "TrackError"])
  .state("RunAuction", Schema.Array(ScoredBid), ["TrackResults", "TrackError"])
  .state("TrackResults", AuctionResult, ["Filled"])
  .state("TrackError", Schema.Struct({ ...Failure.fields, losers: Schema.optionalKey(Schema.Array(LostBid)) }), [
    "NoFill"
  ])
  .exit("Filled", BidResponse)
  .exit("NoFill", Failure)
  .exit("Invalid", Schema.Struct({ reason: Schema.String }))
  .start("Validate") {}
