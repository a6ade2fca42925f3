/**
 * What each state does.
 */
import { Effect } from "effect"
import { Join } from "sluice"
import { scoreOf, sell } from "./auction.ts"
import { AdExchange, type BidContext, type Sale } from "./definition.ts"
import type { BidRequest, BidResponse } from "./openrtb.ts"
import { Partners } from "./partners.ts"
import { Devices, Geo, Profiles, Sites, type TrackedEvent, Tracking } from "./services.ts"

const GatherContext = AdExchange.split("GatherContext", {
  profile: ({ payload }) => Profiles.use((_) => _.lookup(payload.user?.id)),
  country: ({ payload }) => Geo.use((_) => _.locate(payload.device)),
  devicetype: ({ payload }) => Devices.use((_) => _.detect(payload.device))
})
  .join(Join.all, function* ({ results, to }) {
    const { all } = yield* Partners
    return to.RequestBids({ ...results, partners: all })
  })
  .timeout("100 millis")
  .catch(({ error, to }) => to.TrackError({ cause: error._tag }))

const RequestBids = AdExchange.forEach(
  "RequestBids",
  ({ payload }) => payload.partners,
  ({ input, item, payload }) => Partners.use((_) => _.requestBids(item, enrich(input, payload)))
)
  .join(Join.partialTimeout("200 millis"), ({ payload, results, to }) => {
    const bids = results.successes.flatMap(({ value }) => value)
    return bids.length > 0
      ? to.ScoreBids({ profile: payload.profile, bids })
      : to.TrackError({ cause: "no partner bid" })
  })
  .catch(({ error, to }) => to.TrackError({ cause: error._tag }))

const ScoreBids = AdExchange.forEach(
  "ScoreBids",
  ({ payload }) => payload.bids,
  ({ item, payload }) => ({ ...item, score: scoreOf(item.bid, payload.profile) })
)
  .join(Join.all, ({ results, to }) => to.RunAuction(results))
  .timeout("50 millis")
  .catch(({ error, to }) => to.TrackError({ cause: error._tag }))

const RunAuction = AdExchange.route("RunAuction", ({ input, payload, to }) => {
  const sales = input.imp.flatMap((imp) => sell(input, imp, payload))
  const losers = payload.filter(({ bid }) => !sales.some((sale) => sale.bid === bid))
  return sales.length > 0 ? to.TrackResults({ sales, losers }) : to.TrackError({ cause: "no bid above the floor" })
})

// A sale stands, whether or not it could be tracked.
const TrackResults = AdExchange.split("TrackResults", {
  wins: ({ payload }) => Effect.forEach(payload.sales, ({ bid, price }) => notify(bid.nurl, price), atOnce),
  losses: ({ payload }) => Effect.forEach(payload.losers, ({ bid }) => notify(bid.lurl, bid.price), atOnce),
  sales: ({ input, payload }) =>
    Effect.forEach(payload.sales, ({ price }) => record({ kind: "sale", request: input.id, price })),
  auction: ({ input, payload: { losers, sales } }) =>
    record({ kind: "auction", request: input.id, bids: sales.length + losers.length })
})
  .join(Join.settled, ({ input, payload, to }) => to.Filled(respond(input, payload.sales)))
  .timeout("100 millis")
  .catch(({ input, payload, to }) => to.Filled(respond(input, payload.sales)))

export const adExchange = AdExchange.implement({
  *Validate({ payload, to }) {
    const inventory = payload.site ?? payload.app
    if (inventory === undefined) return to.Invalid({ reason: "neither site nor app" })
    if (payload.imp.length === 0) return to.Invalid({ reason: "no impression" })
    if (!payload.cur.includes("USD")) return to.Invalid({ reason: "this exchange trades in USD" })
    const known = yield* Sites.use((_) => _.isKnown(inventory.id))
    return known ? to.GatherContext(payload) : to.Invalid({ reason: `unknown site or app ${inventory.id}` })
  },
  GatherContext,
  RequestBids,
  ScoreBids,
  RunAuction,
  TrackResults,
  *TrackError({ input, payload, to }) {
    yield* record({ kind: "no fill", request: input.id, cause: payload.cause })
    return to.NoFill(payload)
  }
})

const atOnce = { concurrency: "unbounded" } as const

const notify = (url: string | undefined, price: number) => Partners.use((_) => _.notify(url, price))

const record = (event: TrackedEvent) => Tracking.use((_) => _.record(event))

/** The request as partners get it: with what the exchange has found out. */
const enrich = (request: BidRequest, { country, devicetype, profile }: BidContext): BidRequest => ({
  ...request,
  device: { ...request.device, devicetype, geo: { ...request.device.geo, country } },
  ...(request.user && { user: { ...request.user, keywords: profile.interests.join(",") } })
})

const respond = (request: BidRequest, sales: ReadonlyArray<Sale>): BidResponse => ({
  id: request.id,
  seatbid: sales.map(({ bid, price, seat }) => ({ seat, bid: [{ ...bid, price }] })),
  cur: "USD"
})
