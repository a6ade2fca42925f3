/**
 * Why a bid does not win, with the code that OpenRTB has for it.
 */
import { Schema } from "effect"

export const Loss = Schema.Struct({ code: Schema.Int, cause: Schema.String })
export type Loss = typeof Loss.Type

const loss = (code: number, cause: string): Loss => ({ code, cause })

export const outbid = loss(102, "a higher bid")
export const group = loss(102, "a group that does not win as a whole")
export const impression = loss(3, "no such impression")
export const price = loss(3, "a price that cannot be meant")
export const currency = loss(3, "a currency that the request does not allow")
export const floorCurrency = loss(1, "no rate for the currency of the floor")
export const auctionType = loss(1, "an auction type that the exchange does not have")
export const seat = loss(104, "a seat that may not buy")
export const advertiser = loss(205, "a blocked advertiser")
export const app = loss(206, "a blocked app")
export const category = loss(209, "a blocked category")
export const privateAuction = loss(4, "no deal in a private auction")
export const deal = loss(4, "no such deal")
export const dealSeat = loss(104, "a deal for other seats")
export const dealAdvertiser = loss(6, "a deal for other advertisers")
export const floor = loss(100, "no bid above the floor")
export const dealFloor = loss(101, "no bid above the floor of its deal")
