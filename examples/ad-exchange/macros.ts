/**
 * What a bidder learns of the auction (OpenRTB 4.4): macros in its notices and in its ad, for which the exchange puts in what
 * they stand for.
 */
import type { LostBid, PartnerBid, Sale } from "./definition.ts"
import type { BidRequest } from "./openrtb.ts"

/** The values of all macros of the specification; what is not known is an empty text. */
const valuesOf = (request: BidRequest, { bid, bidid = "", cur, seatbid }: PartnerBid) => ({
  ID: request.id,
  BID_ID: bidid,
  IMP_ID: bid.impid,
  SEAT_ID: seatbid.seat ?? "",
  AD_ID: bid.adid ?? "",
  CURRENCY: cur,
  PRICE: "",
  MBR: "",
  LOSS: "",
  MIN_TO_WIN: "",
  MULTIPLIER: "",
  IMP_TS: ""
})

type Values = ReturnType<typeof valuesOf>

/** Of a sale: the price to pay. */
export const winValues = (request: BidRequest, { minToWin, price, ...offer }: Sale): Values => ({
  ...valuesOf(request, offer),
  ...pricesOf(offer, price, minToWin),
  LOSS: "0"
})

/** Of a loss: why, and the price at which the impression was sold, if it was. */
export const lossValues = (request: BidRequest, { loss, minToWin, price, ...offer }: LostBid): Values => ({
  ...valuesOf(request, offer),
  ...pricesOf(offer, price, minToWin),
  LOSS: String(loss.code)
})

const pricesOf = ({ bid }: PartnerBid, price: number | undefined, minToWin: number | undefined) => ({
  PRICE: textOf(price),
  // The price as a part of the bid.
  MBR: textOf(price !== undefined && bid.price > 0 ? price / bid.price : undefined),
  MIN_TO_WIN: textOf(minToWin)
})

/** A number without an exponent, which not everybody can read. */
const textOf = (value: number | undefined): string =>
  value === undefined ? "" : value.toLocaleString("en", { useGrouping: false, maximumFractionDigits: 20 })

/**
 * Puts in the values: as they are, or for `${AUCTION_PRICE:B64}` in Base64. No other encoding is agreed on: what asks for one
 * stays unknown.
 */
export const substitute = (text: string, values: Values): string =>
  text.replaceAll(/\$\{AUCTION_([A-Z_]+)(?::(\w+))?\}/g, (macro, name: string, encoding?: string) => {
    if (!Object.hasOwn(values, name)) return macro
    const value = values[name as keyof Values]
    return encoding === undefined ? value : encoding === "B64" ? Buffer.from(value).toString("base64") : ""
  })
