/**
 * Who wins an impression, and at what price.
 */
import { match } from "ts-pattern"
import type { PartnerBid, Profile, Sale, ScoredBid } from "./definition.ts"
import type { Bid, BidRequest, Impression } from "./openrtb.ts"

const relevanceBonus = 1.3

/** What a bid is worth: its price, and more when it meets an interest of the user. */
export const scoreOf = (bid: Bid, { interests }: Profile): number =>
  bid.price * (bid.cat.some((category) => interests.includes(category)) ? relevanceBonus : 1)

/** The sale of an impression to the best bid that meets its floor; none when there is no such bid. */
export const sell = (request: BidRequest, imp: Impression, bids: ReadonlyArray<ScoredBid>): ReadonlyArray<Sale> => {
  const [best, second] = bids
    .filter((bid) => bid.bid.impid === imp.id)
    .flatMap((bid) => termsOf(request, imp, bid).map((terms) => ({ ...bid, ...terms })))
    .filter(({ bid, floor }) => bid.price >= floor)
    .toSorted((a, b) => b.score - a.score)
  if (best === undefined) return []
  const { at, floor, ...bid } = best
  // The least price with which it would still have won.
  const secondPrice = second ? (bid.bid.price * second.score) / bid.score : floor
  const price = match(at)
    .with(1, () => bid.bid.price)
    .with(2, () => Math.max(floor, secondPrice))
    .with(3, () => floor)
    .exhaustive()
  return [{ ...bid, price: Math.round(price * 10_000) / 10_000 }]
}

/** The floor and the kind of auction for a bid: those of its deal or of the open market. None when it may not take part. */
const termsOf = ({ at }: BidRequest, { bidfloor, pmp }: Impression, { bid, seat }: PartnerBid) => {
  if (bid.dealid === undefined) return pmp?.private_auction === 1 ? [] : [{ floor: bidfloor, at }]
  return (pmp?.deals ?? [])
    .filter((deal) => deal.id === bid.dealid && (deal.wseat?.includes(seat) ?? true))
    .map((deal) => ({ floor: deal.bidfloor, at: deal.at ?? at }))
}
