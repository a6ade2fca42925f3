/**
 * What the exchange understands of OpenRTB 2.6, as strict as the specification and no stricter. Keys it does not know stay
 * where they are: they are for whoever gets the request or the answer next.
 */
import { Option, Predicate, Schema, SchemaGetter } from "effect"

/** An object of the protocol: these fields, and whatever else there is. */
const object = <const Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.StructWithRest(Schema.Struct(fields), [Schema.Record(Schema.String, Schema.Unknown)])

/** A field that may be left out; null says the same. */
const optional = <S extends Schema.Constraint>(schema: S) =>
  Schema.optionalKey(Schema.NullOr(schema)).pipe(
    Schema.decodeTo(Schema.optionalKey(Schema.toType(schema)), {
      decode: SchemaGetter.transformOptional(Option.filter(Predicate.isNotNull)),
      encode: SchemaGetter.passthrough()
    })
  )

const withDefault = <S extends Schema.Constraint>(schema: S, value: S["Type"]) =>
  Schema.optionalKey(Schema.NullOr(schema)).pipe(
    Schema.decodeTo(Schema.toType(schema), {
      decode: SchemaGetter.transformOptional((given: Option.Option<S["Type"] | null>) =>
        given.pipe(
          Option.filter(Predicate.isNotNull),
          Option.orElseSome(() => value)
        )
      ),
      encode: SchemaGetter.passthrough()
    })
  )

const Id = Schema.NonEmptyString
const Text = optional(Schema.String)
const Texts = optional(Schema.Array(Schema.String))
const YesNo = Schema.Literals([0, 1])
const Flag = withDefault(YesNo, 0)
const Anything = optional(object({}))

/** For a thousand impressions. */
const Price = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** How the price is found: the types of the specification, and those from 500 on that an exchange may define. */
const AuctionType = (...types: ReadonlyArray<number>) =>
  Schema.Int.check(
    Schema.makeFilter((at: number) => types.includes(at) || at >= 500 || `Expected ${types.join(", ")} or at least 500`)
  )

/** The terms of a direct deal (3.2.12). */
export const Deal = object({
  id: Id,
  bidfloor: withDefault(Price, 0),
  bidfloorcur: withDefault(Schema.String, "USD"),
  at: optional(AuctionType(1, 2, 3)),
  wseat: Texts,
  wadomain: Texts
})
export type Deal = typeof Deal.Type

const PrivateMarketplace = object({ private_auction: Flag, deals: withDefault(Schema.Array(Deal), []) })

const formats = ["banner", "video", "audio", "native"] as const

/** An impression on offer (3.2.4). */
export const Impression = object({
  id: Id,
  banner: Anything,
  video: Anything,
  audio: Anything,
  native: Anything,
  bidfloor: withDefault(Price, 0),
  bidfloorcur: withDefault(Schema.String, "USD"),
  pmp: optional(PrivateMarketplace)
}).check(
  Schema.makeFilter((imp) => formats.some((format) => imp[format]) || `Expected one of ${formats.join(", ")} at least`)
)
export type Impression = typeof Impression.Type

export const Device = object({
  ua: Text,
  ip: Text,
  devicetype: optional(Schema.Int),
  geo: optional(object({ country: Text })),
  dnt: optional(YesNo),
  lmt: optional(YesNo)
})
export type Device = typeof Device.Type

/** Where the impressions are: a site, an app, or a screen out of home. */
export const Inventory = object({ id: Text, domain: Text, bundle: Text })
export type Inventory = typeof Inventory.Type

const User = object({ id: Text, keywords: Text })

const Regulations = object({
  coppa: optional(YesNo),
  gdpr: optional(YesNo),
  ext: optional(object({ gdpr: optional(YesNo) }))
})

const inventories = ["site", "app", "dooh"] as const

/** A bid request (3.2.1). */
export const BidRequest = object({
  id: Id,
  imp: Schema.Array(Impression).check(
    Schema.isMinLength(1),
    Schema.makeFilter((imps) => {
      const seen = new Set<string>()
      return imps.flatMap(({ id }, index) => {
        const isNew = !seen.has(id)
        seen.add(id)
        return isNew
          ? []
          : [{ path: [index, "id"], issue: `Expected an id of its own, got ${JSON.stringify(id)} again` }]
      })
    })
  ),
  site: optional(Inventory),
  app: optional(Inventory),
  dooh: optional(Inventory),
  device: withDefault(Device, {}),
  user: optional(User),
  regs: optional(Regulations),
  test: Flag,
  at: withDefault(AuctionType(1, 2), 2),
  tmax: optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  wseat: Texts,
  bseat: Texts,
  acat: Texts,
  bcat: Texts,
  badv: Texts,
  bapp: Texts,
  cur: withDefault(Schema.Array(Schema.String), ["USD"])
}).check(
  Schema.makeFilter(
    (request) =>
      inventories.filter((inventory) => request[inventory]).length <= 1 ||
      `Expected no more than one of ${inventories.join(", ")}`
  )
)
export type BidRequest = typeof BidRequest.Type

/** An offer for one impression (4.2.3). */
export const Bid = object({
  id: Schema.String,
  impid: Schema.String,
  price: Price,
  adid: Text,
  adm: Text,
  adomain: Texts,
  bundle: Text,
  burl: Text,
  cat: Texts,
  dealid: Text,
  lurl: Text,
  nurl: Text
})
export type Bid = typeof Bid.Type

// Whose bids they are (4.2.2); with `group` 1 they win all or none.
const seat = { seat: Text, group: optional(YesNo) }

/** A seat without its bids. */
export const Seat = object(seat)

/** A bid response (4.2.1). One without bids is a no-bid, and may be as short as `{}`. */
export const BidResponse = object({
  id: Text,
  bidid: Text,
  cur: withDefault(Schema.String, "USD"),
  nbr: optional(Schema.Int),
  seatbid: withDefault(Schema.Array(object({ ...seat, bid: Schema.Array(Bid) })), [])
})
export type BidResponse = typeof BidResponse.Type
