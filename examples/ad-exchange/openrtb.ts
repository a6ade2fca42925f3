/**
 * What the exchange reads and writes of OpenRTB 2.5. Keys it does not know are dropped.
 */
import { Effect, Schema } from "effect"

const withDefault = <S extends Schema.Constraint>(schema: S, value: S["Type"]) =>
  Schema.withDecodingDefaultTypeKey<S>(Effect.succeed(value))(schema)

const Price = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** How the price is found: 1 the bid itself, 2 the second highest, 3 (deals only) the floor. */
const AuctionType = Schema.Literals([1, 2, 3])

const Deal = Schema.Struct({
  id: Schema.String,
  bidfloor: withDefault(Price, 0),
  at: Schema.optionalKey(AuctionType),
  wseat: Schema.optionalKey(Schema.Array(Schema.String))
})

const PrivateMarketplace = Schema.Struct({
  private_auction: withDefault(Schema.Literals([0, 1]), 0),
  deals: withDefault(Schema.Array(Deal), [])
})

/** A creative's format is passed on as it is: only the bidders look into it. */
const Format = Schema.optionalKey(Schema.Record(Schema.String, Schema.Json))

export const Impression = Schema.Struct({
  id: Schema.String,
  banner: Format,
  video: Format,
  native: Format,
  bidfloor: withDefault(Price, 0),
  pmp: Schema.optionalKey(PrivateMarketplace)
})
export type Impression = typeof Impression.Type

export const Device = Schema.Struct({
  ua: Schema.optionalKey(Schema.String),
  ip: Schema.optionalKey(Schema.String),
  devicetype: Schema.optionalKey(Schema.Int),
  geo: Schema.optionalKey(Schema.Struct({ country: Schema.optionalKey(Schema.String) }))
})
export type Device = typeof Device.Type

const Inventory = Schema.Struct({
  id: Schema.String,
  name: Schema.optionalKey(Schema.String),
  cat: Schema.optionalKey(Schema.Array(Schema.String))
})

const User = Schema.Struct({ id: Schema.String, keywords: Schema.optionalKey(Schema.String) })

export const BidRequest = Schema.Struct({
  id: Schema.String,
  imp: Schema.Array(Impression),
  site: Schema.optionalKey(Inventory),
  app: Schema.optionalKey(Inventory),
  device: withDefault(Device, {}),
  user: Schema.optionalKey(User),
  at: withDefault(AuctionType, 2),
  cur: withDefault(Schema.Array(Schema.String), ["USD"])
})
export type BidRequest = typeof BidRequest.Type

export const Bid = Schema.Struct({
  id: Schema.String,
  impid: Schema.String,
  price: Price,
  cat: withDefault(Schema.Array(Schema.String), []),
  dealid: Schema.optionalKey(Schema.String),
  nurl: Schema.optionalKey(Schema.String),
  lurl: Schema.optionalKey(Schema.String)
})
export type Bid = typeof Bid.Type

export const BidResponse = Schema.Struct({
  id: Schema.String,
  seatbid: Schema.Array(Schema.Struct({ seat: Schema.String, bid: Schema.Array(Bid) })),
  cur: withDefault(Schema.String, "USD")
})
export type BidResponse = typeof BidResponse.Type
