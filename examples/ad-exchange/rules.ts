/**
 * Whether a bid may take part, and on what terms: what the seller allows, and what a deal asks for.
 */
import { Result } from "effect"
import type { PartnerBid } from "./definition.ts"
import * as losses from "./losses.ts"
import { convert, isCurrency } from "./money.ts"
import type { BidRequest, Deal, Impression } from "./openrtb.ts"

/** What a bid has to meet: a floor, in the currency of the bid and in USD, and a way to find the price. */
export interface Terms {
  readonly imp: Impression
  readonly floor: number
  readonly usdFloor: number
  /** 1 the bid itself, 2 what beats the second, 3 the floor, which is the price that a deal has agreed on. */
  readonly at: 1 | 2 | 3
}

/** The terms of the bid's deal, or of the open market; why it may not take part. */
export const termsOf = (request: BidRequest, offer: PartnerBid): Result.Result<Terms, losses.Loss> =>
  Result.gen(function* () {
    const { bid, cur } = offer
    const broken = rules.find(([, breaks]) => breaks(request, offer))
    if (broken !== undefined) return yield* Result.fail(broken[0])
    const imp = request.imp.find(({ id }) => id === bid.impid)
    if (imp === undefined) return yield* Result.fail(losses.impression)
    const deal = yield* dealOf(imp, offer)

    const { bidfloor, bidfloorcur } = deal ?? imp
    if (!isCurrency(bidfloorcur)) return yield* Result.fail(losses.floorCurrency)
    const floor = convert(bidfloor, bidfloorcur, cur)
    const usdFloor = convert(bidfloor, bidfloorcur, "USD")
    const meetsFloor = bid.price >= floor && convert(bid.price, cur, "USD") >= usdFloor
    if (!meetsFloor) return yield* Result.fail(deal ? losses.dealFloor : losses.floor)
    const at = deal?.at ?? request.at
    if (at !== 1 && at !== 2 && at !== 3) return yield* Result.fail(losses.auctionType)
    return { imp, floor, usdFloor, at }
  })

/** No advertiser pays a thousand dollars to be seen once: a price above this, in USD, is a mistake of the bidder. */
const highestPrice = 1_000_000

type Rule = readonly [loss: losses.Loss, breaks: (request: BidRequest, offer: PartnerBid) => boolean]

/** What no bid may break. Block lists do not stop a bid that says nothing of itself; lists of who is allowed do. */
const rules: ReadonlyArray<Rule> = [
  [losses.currency, ({ cur }, offer) => !isCurrency(offer.cur) || !isAllowed(cur, offer.cur)],
  [losses.price, (_, { bid, cur }) => convert(bid.price, cur, "USD") > highestPrice],
  [losses.seat, ({ wseat }, { seatbid }) => !isAllowed(wseat, seatbid.seat)],
  [losses.seat, ({ bseat = [] }, { seatbid }) => bseat.some((blocked) => blocked === seatbid.seat)],
  [losses.advertiser, ({ badv }, { bid }) => domainsOf(bid).some((domain) => isWithin(domain, badv))],
  [losses.app, ({ bapp = [] }, { bid }) => bapp.some((blocked) => blocked === bid.bundle)],
  [losses.category, ({ bcat }, { bid }) => categoriesOf(bid).some((category) => isOf(category, bcat))],
  [losses.category, ({ acat }, { bid }) => isGiven(acat) && !categoriesOf(bid).some((category) => isOf(category, acat))]
]

/** The deal that a bid is for; none when it is for the open market. */
const dealOf = ({ pmp }: Impression, { bid, seatbid }: PartnerBid): Result.Result<Deal | undefined, losses.Loss> => {
  if (bid.dealid === undefined) {
    return pmp?.private_auction === 1 ? Result.fail(losses.privateAuction) : Result.succeed(undefined)
  }
  const deal = pmp?.deals.find(({ id }) => id === bid.dealid)
  if (deal === undefined) return Result.fail(losses.deal)
  if (!isAllowed(deal.wseat, seatbid.seat)) return Result.fail(losses.dealSeat)
  const domains = domainsOf(bid)
  const isForAdvertiser = domains.length > 0 && domains.every((domain) => isWithin(domain, deal.wadomain))
  return isGiven(deal.wadomain) && !isForAdvertiser ? Result.fail(losses.dealAdvertiser) : Result.succeed(deal)
}

type List = ReadonlyArray<string> | undefined

/** An empty list restricts as little as none. */
const isGiven = (list: List): boolean => list !== undefined && list.length > 0

const isAllowed = (list: List, value: string | undefined): boolean =>
  !isGiven(list) || (value !== undefined && list!.includes(value))

const domainsOf = ({ adomain = [] }: PartnerBid["bid"]): ReadonlyArray<string> => adomain

const categoriesOf = ({ cat = [] }: PartnerBid["bid"]): ReadonlyArray<string> => cat

/** Whether a domain is listed, or below one that is: `shop.ford.com` below `ford.com`. */
const isWithin = (domain: string, list: List): boolean =>
  list?.some((listed) => `.${domain}`.toLowerCase().endsWith(`.${listed}`.toLowerCase())) ?? false

/** Whether a category is listed, or part of one that is: `IAB25-3` of `IAB25`. */
const isOf = (category: string, list: List): boolean =>
  list?.some((listed) => `${category}-`.startsWith(`${listed}-`)) ?? false
