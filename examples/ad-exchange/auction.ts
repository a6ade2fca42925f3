/**
 * Who wins each impression, and at what price.
 */
import { Array, Result } from "effect"
import { match } from "ts-pattern"
import type { AuctionResult, LostBid, PartnerBid, Profile, Sale, ScoredBid } from "./definition.ts"
import * as losses from "./losses.ts"
import { convert, isCurrency } from "./money.ts"
import type { BidRequest, Impression } from "./openrtb.ts"
import { type Terms, termsOf } from "./rules.ts"

const relevanceBonus = 1.3

/** What a bid is worth: its price in USD, and more when it meets an interest of the user. */
export const scoreOf = ({ bid, cur }: PartnerBid, { interests }: Profile): number => {
  const isRelevant = bid.cat?.some((category) => interests.includes(category))
  // What has no rate is worth nothing, and the rules refuse it.
  return (convert(bid.price, cur, "USD") || 0) * (isRelevant ? relevanceBonus : 1)
}

/** A bid that may take part, on its terms. */
interface Contender extends Terms {
  readonly offer: ScoredBid
}

/** Sells each impression to the best bid that may have it. */
export const runAuction = (request: BidRequest, offers: ReadonlyArray<ScoredBid>): AuctionResult => {
  const [admitted, refused] = Array.partition(offers, (offer) =>
    Result.mapBoth(termsOf(request, offer), {
      onSuccess: (terms): Contender => ({ ...terms, offer }),
      onFailure: (loss) => ({ offer, loss })
    })
  )
  const { contenders, split } = withWholeGroups(request, offers, admitted)
  const ranking = rank(request, contenders)
  const sales = ranking.map(sell)

  const lost = (offer: ScoredBid, loss: losses.Loss): LostBid => {
    const sale = sales.find(({ bid }) => bid.impid === offer.bid.impid)
    return { ...offer, loss, ...(sale && isCurrency(offer.cur) && { price: convert(sale.price, sale.cur, offer.cur) }) }
  }
  const outbid = ({ offer }: Contender, best: Contender): LostBid => ({
    ...lost(offer, losses.outbid),
    minToWin: priceLevelWith(best.offer, offer)
  })
  const losers = [
    ...ranking.flatMap(([best, ...others]) => others.map((other) => outbid(other, best))),
    ...split.map(({ offer }) => lost(offer, losses.group)),
    ...refused.map(({ loss, offer }) => lost(offer, loss))
  ]
  return { sales, losers }
}

/** The bids for each impression that has any, the best first; of equal ones the first to come. */
const rank = ({ imp: imps }: BidRequest, contenders: ReadonlyArray<Contender>) => {
  const rivals = new Map(imps.map((imp): [Impression, Array<Contender>] => [imp, []]))
  for (const contender of contenders.toSorted((a, b) => b.offer.score - a.offer.score)) {
    rivals.get(contender.imp)?.push(contender)
  }
  return [...rivals.values()].filter(Array.isArrayNonEmpty)
}

/**
 * The bids that stand for themselves, and the groups that win all they bid for: the best group first, then each that takes
 * nothing from those before it. `split` are the bids of the other groups.
 */
const withWholeGroups = (request: BidRequest, offers: ReadonlyArray<ScoredBid>, admitted: ReadonlyArray<Contender>) => {
  const bidsOf = new Map<string, ReadonlyArray<ScoredBid>>()
  for (const offer of offers.filter(isGrouped)) bidsOf.set(offer.lot, [...(bidsOf.get(offer.lot) ?? []), offer])
  const worth = (lot: string) => bidsOf.get(lot)!.reduce((sum, { score }) => sum + score, 0)

  const contendersOf = (lots: ReadonlySet<string>) =>
    Array.partition(admitted, (contender) =>
      isGrouped(contender.offer) && !lots.has(contender.offer.lot) ? Result.fail(contender) : Result.succeed(contender)
    )
  const win = (lots: ReadonlySet<string>): boolean => {
    const [contenders] = contendersOf(lots)
    const won = new Map<string, number>()
    for (const [{ offer }] of rank(request, contenders)) won.set(offer.lot, (won.get(offer.lot) ?? 0) + 1)
    return [...lots].every((lot) => won.get(lot) === bidsOf.get(lot)!.length)
  }
  const whole = new Set<string>()
  for (const lot of [...bidsOf.keys()].toSorted((a, b) => worth(b) - worth(a))) {
    whole.add(lot)
    if (!win(whole)) whole.delete(lot)
  }
  const [contenders, split] = contendersOf(whole)
  return { contenders, split }
}

const isGrouped = ({ seatbid }: ScoredBid): boolean => seatbid.group === 1

/** The price of a sale to the best, given the next best. */
const sell = ([{ at, floor, offer, usdFloor }, next]: Array.NonEmptyReadonlyArray<Contender>): Sale => {
  const { bid, cur } = offer
  const level = Math.max(floor, next ? priceLevelWith(next.offer, offer) : floor)
  const price = match(at)
    .with(1, () => bid.price)
    .with(2, () => Math.min(bid.price, Math.max(floor, Math.round(level * 10_000) / 10_000)))
    .with(3, () => floor)
    .exhaustive()
  // Rates are not exact: neither the bid nor the floor is left for their sake.
  const usd = Math.min(convert(bid.price, cur, "USD"), Math.max(usdFloor, convert(price, cur, "USD")))
  return { ...offer, price, usd, minToWin: Math.min(bid.price, level) }
}

/** The price at which a bid would have the score of another. */
const priceLevelWith = (other: ScoredBid, { bid, cur, score }: ScoredBid): number => {
  const usd = convert(bid.price, cur, "USD")
  const bonus = usd > 0 ? score / usd : 1
  return convert(other.score / bonus, "USD", cur)
}
