/**
 * What each state does.
 */
import { Array, Effect } from "effect"
import { Join } from "sluice"
import { runAuction, scoreOf } from "./auction.ts"
import { AdExchange, type BidContext, type LostBid, type Sale } from "./definition.ts"
import { lossValues, substitute, winValues } from "./macros.ts"
import type { BidRequest, BidResponse } from "./openrtb.ts"
import { Partners } from "./partners.ts"
import { Devices, Geo, Profiles, Sites, type TrackedEvent, Tracking } from "./services.ts"
import { before, deadlineOf, leftOf, partnerTime } from "./time.ts"

const GatherContext = AdExchange.split("GatherContext", {
  profile: ({ payload }) =>
    mayProfile(payload) ? Profiles.use((_) => _.lookup(payload.user?.id)) : Effect.succeed({ interests: [] }),
  country: ({ payload }) => Geo.use((_) => _.locate(payload.device)),
  devicetype: ({ payload }) => Devices.use((_) => _.detect(payload.device))
})
  .join(Join.all, function* ({ results, to }) {
    const { all } = yield* Partners
    return to.RequestBids({ ...results, partners: all })
  })
  .timeout("100 millis")
  .guard((effect, { store }) => Effect.flatMap(store.get("deadline"), (deadline) => before(effect, deadline)))
  .catch(({ error, to }) => to.TrackError({ cause: error._tag }))

const RequestBids = AdExchange.forEach(
  "RequestBids",
  ({ payload }) => payload.partners,
  function* ({ input, item, payload, store }) {
    const deadline = yield* store.get("deadline")
    const tmax = yield* leftOf(partnerTime, deadline)
    const request = { ...enrich(input, payload), tmax }
    return yield* before(
      Partners.use((_) => _.requestBids(item, request)),
      deadline
    )
  }
)
  .join(Join.partialTimeout(partnerTime), ({ payload, results, to }) => {
    const bids = results.successes.flatMap(({ value }) => value)
    if (bids.length > 0) return to.ScoreBids({ profile: payload.profile, bids })
    return to.TrackError({ cause: results.successes.length > 0 ? "no partner bid" : "no partner answered" })
  })
  .catch(({ error, to }) => to.TrackError({ cause: error._tag }))

const ScoreBids = AdExchange.forEach(
  "ScoreBids",
  ({ payload }) => payload.bids,
  ({ item, payload }) => ({ ...item, score: scoreOf(item, payload.profile) })
)
  .join(Join.all, ({ results, to }) => to.RunAuction(results))
  .timeout("50 millis")
  .catch(({ error, to }) => to.TrackError({ cause: error._tag }))

const RunAuction = AdExchange.route("RunAuction", ({ input, payload, to }) => {
  const { losers, sales } = runAuction(input, payload)
  if (sales.length > 0) return to.TrackResults({ sales, losers })
  return to.TrackError({ cause: Array.dedupe(losers.map(({ loss }) => loss.cause)).join(", "), losers })
})

// A sale stands, whether or not it could be tracked.
const TrackResults = AdExchange.split("TrackResults", {
  wins: ({ input, payload }) => Effect.forEach(payload.sales, (sale) => tellWinner(input, sale), atOnce),
  losses: ({ input, payload }) => Effect.forEach(payload.losers, (loser) => tellLoser(input, loser), atOnce),
  sales: ({ input, payload }) =>
    // What is sold in a test is not paid.
    Effect.forEach(input.test === 1 ? [] : payload.sales, ({ usd }) =>
      record({ kind: "sale", request: input.id, price: usd })
    ),
  auction: ({ input, payload: { losers, sales } }) =>
    record({ kind: "auction", request: input.id, bids: sales.length + losers.length })
})
  .join(Join.settled, ({ input, payload, to }) => to.Filled(respond(input, payload.sales)))
  .timeout("100 millis")
  .catch(({ input, payload, to }) => to.Filled(respond(input, payload.sales)))

export const adExchange = AdExchange.implement({
  *Validate({ payload, store, to }) {
    yield* store.set("deadline", yield* deadlineOf(payload))
    const inventory = payload.site ?? payload.app ?? payload.dooh
    if (inventory === undefined) return to.Invalid({ reason: "neither site nor app" })
    if (payload.cur.length > 0 && !payload.cur.includes(currency))
      return to.Invalid({ reason: `this exchange trades in ${currency}` })
    const known = yield* Sites.use((_) => _.isKnown(inventory))
    const name = inventory.id ?? inventory.domain ?? inventory.bundle ?? "without id"
    return known ? to.GatherContext(payload) : to.Invalid({ reason: `unknown site or app ${name}` })
  },
  GatherContext,
  RequestBids,
  ScoreBids,
  RunAuction,
  TrackResults,
  *TrackError({ input, payload: { cause, losers = [] }, to }) {
    yield* Effect.forEach(losers, (loser) => tellLoser(input, loser), atOnce)
    yield* record({ kind: "no fill", request: input.id, cause })
    return to.NoFill({ cause })
  }
})

/** What the exchange is paid in. */
const currency = "USD"

const atOnce = { concurrency: "unbounded", discard: true } as const

const tellWinner = (request: BidRequest, sale: Sale) => notify(sale.partner, sale.bid.nurl, winValues(request, sale))

const tellLoser = (request: BidRequest, loser: LostBid) =>
  notify(loser.partner, loser.bid.lurl, lossValues(request, loser))

const notify = (partner: string, url: string | undefined, values: Parameters<typeof substitute>[1]) =>
  url === undefined ? Effect.void : Partners.use((_) => _.notify(partner, substitute(url, values)))

const record = (event: TrackedEvent) => Tracking.use((_) => _.record(event))

/** Whether the law and the user let the exchange look up what they care for. It reads no consents, and takes each for a no. */
const mayProfile = ({ device, regs }: BidRequest): boolean =>
  [regs?.coppa, regs?.gdpr, regs?.ext?.gdpr, device.dnt, device.lmt].every((flag) => flag !== 1)

/** The request as partners get it: with what the exchange has found out. */
const enrich = (request: BidRequest, { country, devicetype, profile: { interests } }: BidContext): BidRequest => ({
  ...request,
  device: { ...request.device, devicetype, geo: { ...request.device.geo, country } },
  ...(request.user &&
    interests.length > 0 && {
      user: {
        ...request.user,
        keywords: [...(request.user.keywords ? [request.user.keywords] : []), ...interests].join(",")
      }
    })
})

/** The winning bids as they came, but for the price: with those that came together still together. */
const respond = (request: BidRequest, sales: ReadonlyArray<Sale>): BidResponse => ({
  id: request.id,
  seatbid: Array.dedupe(sales.map(({ lot }) => lot)).map((lot) => {
    const together = sales.filter((sale) => sale.lot === lot)
    return { ...together[0]?.seatbid, bid: together.map((sale) => adOf(request, sale)) }
  }),
  cur: currency
})

/** What the seller gets of a winning bid. Notices are the exchange's to call, but the ad may be what the win notice answers. */
const adOf = (request: BidRequest, sale: Sale) => {
  const values = winValues(request, sale)
  const { adm, burl, lurl: _, nurl, ...bid } = sale.bid
  return {
    ...bid,
    price: sale.usd,
    ...(adm !== undefined && { adm: substitute(adm, values) }),
    ...(burl !== undefined && { burl: substitute(burl, values) }),
    ...(nurl !== undefined && adm === undefined && { nurl: substitute(nurl, values) })
  }
}
