/**
 * The exchange as a table: its states, what must be known on entry to each, and where each may go.
 */
import { Schema } from "effect"
import { Workflow } from "sluice"
import { Bid, BidRequest, BidResponse } from "./openrtb.ts"

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

export const PartnerBid = Schema.Struct({ seat: Schema.String, bid: Bid })
export type PartnerBid = typeof PartnerBid.Type

export const ScoredBid = Schema.Struct({ ...PartnerBid.fields, score: Schema.Finite })
export type ScoredBid = typeof ScoredBid.Type

/** A winning bid, and what it pays. */
export const Sale = Schema.Struct({ ...ScoredBid.fields, price: Schema.Finite })
export type Sale = typeof Sale.Type

export const Bids = Schema.Struct({ profile: Profile, bids: Schema.Array(PartnerBid) })

export const AuctionResult = Schema.Struct({ sales: Schema.Array(Sale), losers: Schema.Array(ScoredBid) })

export const Failure = Schema.Struct({ cause: Schema.String })

export class AdExchange extends Workflow.define("AdExchange")
  .state("Validate", BidRequest, ["GatherContext", "Invalid"])
  .state("GatherContext", BidRequest, ["RequestBids", "TrackError"])
  .state("RequestBids", BidContext, ["ScoreBids", "TrackError"])
  .state("ScoreBids", Bids, ["RunAuction", "TrackError"])
  .state("RunAuction", Schema.Array(ScoredBid), ["TrackResults", "TrackError"])
  .state("TrackResults", AuctionResult, ["Filled"])
  .state("TrackError", Failure, ["NoFill"])
  .exit("Filled", BidResponse)
  .exit("NoFill", Failure)
  .exit("Invalid", Schema.Struct({ reason: Schema.String }))
  .start("Validate") {}
