/** Who wins an auction and what is paid: auctions worked out by hand, and what holds of all of them. */

import { Schema } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { runAuction, scoreOf } from "../../examples/ad-exchange/auction.ts"
import type { PartnerBid, Profile, ScoredBid } from "../../examples/ad-exchange/definition.ts"
import { lossValues, substitute, winValues } from "../../examples/ad-exchange/macros.ts"
import { convert } from "../../examples/ad-exchange/money.ts"
import { BidRequest } from "../../examples/ad-exchange/openrtb.ts"

const decode = Schema.decodeUnknownSync(BidRequest)

/** A request for an impression with a floor of 1, unless told otherwise. */
const requestOf = (more: object = {}, imp: object = {}) =>
  decode({ id: "r", site: {}, imp: [{ id: "1", banner: {}, bidfloor: 1, ...imp }], ...more })

interface Offer {
  readonly seat?: string
  readonly cur?: string
  readonly group?: 0 | 1
  readonly [field: string]: unknown
}

/** A bid of a price for impression 1, of a seat and a lot that are named as the bid is, unless told otherwise. */
const offer = (id: string, price: number, { cur = "USD", group, seat = id, ...bid }: Offer = {}): PartnerBid => ({
  partner: id,
  cur,
  seatbid: { seat, ...(group !== undefined && { group }) },
  lot: String(bid.lot ?? id),
  bid: { id, impid: "1", price, ...bid }
})

const interested: Profile = { interests: ["IAB2"] }

const scored = (bid: PartnerBid): ScoredBid => ({ ...bid, score: scoreOf(bid, interested) })

/** What was sold, and why the others lost, in a line each. */
const hold = (request: BidRequest, offers: ReadonlyArray<PartnerBid>) => {
  const { losers, sales } = runAuction(request, offers.map(scored))
  return [
    ...sales.map(({ bid, price }) => `${bid.id} ${price}`),
    ...losers.map(({ bid, loss }) => `${bid.id} lost: ${loss.cause}`).toSorted()
  ]
}

const deals = (private_auction: 0 | 1, ...deals: ReadonlyArray<object>) => ({ pmp: { private_auction, deals } })
const first = { at: 1 }
const relevant = { cat: ["IAB2"] }
const two = {
  imp: [
    { id: "1", banner: {} },
    { id: "2", banner: {} }
  ]
}

const outbid = "lost: a higher bid"

type Auction = readonly [
  what: string,
  request: BidRequest,
  offers: ReadonlyArray<PartnerBid>,
  ...expected: Array<string>
]

const prices: ReadonlyArray<Auction> = [
  ["first price: the bid", requestOf(first), [offer("a", 3), offer("b", 2)], "a 3", `b ${outbid}`],
  ["first price: to the last digit", requestOf(first), [offer("a", 1.23456789)], "a 1.23456789"],
  [
    "first price: not rounded below the floor",
    requestOf(first, { bidfloor: 0.00004 }),
    [offer("a", 0.00004)],
    "a 0.00004"
  ],
  [
    "first price: at the floor",
    requestOf(first),
    [offer("a", 1), offer("b", 0.99)],
    "a 1",
    "b lost: no bid above the floor"
  ],
  ["second price: the second bid", requestOf(), [offer("a", 3), offer("b", 2)], "a 2", `b ${outbid}`],
  ["second price: the floor when alone", requestOf(), [offer("a", 3)], "a 1"],
  [
    "second price: the floor when the second is below it",
    requestOf(),
    [offer("a", 3), offer("b", 0.5)],
    "a 1",
    "b lost: no bid above the floor"
  ],
  [
    "second price: no less than a floor of many digits",
    requestOf({}, { bidfloor: 1.00001 }),
    [offer("a", 3)],
    "a 1.00001"
  ],
  [
    "second price: no more than the bid",
    requestOf({}, { bidfloor: 0 }),
    [offer("a", 0.00008), offer("b", 0.00007)],
    "a 0.00008",
    `b ${outbid}`
  ],
  ["second price: of equal bids the first to come", requestOf(), [offer("a", 2), offer("b", 2)], "a 2", `b ${outbid}`],
  [
    "second price: what interests the user counts 1.3 times",
    requestOf(),
    [offer("a", 2.4), offer("b", 2, relevant)],
    "b 1.8462",
    `a ${outbid}`
  ],
  [
    "second price: against what interests the user",
    requestOf(),
    [offer("a", 3), offer("b", 2, relevant)],
    "a 2.6",
    `b ${outbid}`
  ],
  [
    "first price: what interests pays its bid, not its score",
    requestOf(first),
    [offer("a", 2.4), offer("b", 2, relevant)],
    "b 2",
    `a ${outbid}`
  ],
  [
    "what interests the user need not meet less of the floor",
    requestOf(),
    [offer("a", 0.9, relevant)],
    "a lost: no bid above the floor"
  ],
  ["nothing for nothing", requestOf({}, { bidfloor: 0 }), [offer("a", 0), offer("b", 0)], "a 0", `b ${outbid}`],
  [
    "deals without a floor",
    requestOf({}, { bidfloor: 0, ...deals(1, { id: "D" }, { id: "E" }) }),
    [offer("a", 0, { dealid: "D" }), offer("b", 0, { dealid: "E" })],
    "a 0",
    `b ${outbid}`
  ],
  [
    "the smallest bid there is",
    requestOf(first, { bidfloor: 0 }),
    [offer("a", Number.MIN_VALUE)],
    `a ${Number.MIN_VALUE}`
  ],
  [
    "a price that cannot be meant",
    requestOf(),
    [offer("a", 1e308), offer("b", 2)],
    "b 1",
    "a lost: a price that cannot be meant"
  ],
  ["a floor nobody can meet", requestOf({}, { bidfloor: 1e308 }), [offer("a", 5)], "a lost: no bid above the floor"]
]

const ofDeals: ReadonlyArray<Auction> = [
  [
    "a deal of one seat, first price",
    requestOf({}, deals(1, { id: "D", bidfloor: 2.5, at: 1, wseat: ["a"] })),
    [offer("a", 2.6, { dealid: "D" }), offer("b", 99)],
    "a 2.6",
    "b lost: no deal in a private auction"
  ],
  [
    "a deal takes the type of the request",
    requestOf(first, deals(1, { id: "D", bidfloor: 2.5 })),
    [offer("a", 2.6, { dealid: "D" })],
    "a 2.6"
  ],
  [
    "a deal, second price",
    requestOf(first, deals(1, { id: "D", bidfloor: 2.5, at: 2 })),
    [offer("a", 2.6, { dealid: "D" })],
    "a 2.5"
  ],
  [
    "an agreed price",
    requestOf(first, deals(1, { id: "D", bidfloor: 2.00001, at: 3 })),
    [offer("a", 5, { dealid: "D" })],
    "a 2.00001"
  ],
  [
    "an agreed price is to be met",
    requestOf(first, deals(1, { id: "D", bidfloor: 2, at: 3 })),
    [offer("a", 1.9, { dealid: "D" })],
    "a lost: no bid above the floor of its deal"
  ],
  [
    "an agreed price against a higher open bid",
    requestOf(first, deals(0, { id: "D", bidfloor: 2, at: 3 })),
    [offer("a", 5, { dealid: "D" }), offer("b", 6)],
    "b 6",
    `a ${outbid}`
  ],
  [
    "a deal's floor is its own",
    requestOf({}, { bidfloor: 9, ...deals(0, { id: "D", bidfloor: 2 }) }),
    [offer("a", 3, { dealid: "D" }), offer("b", 8)],
    "a 2",
    "b lost: no bid above the floor"
  ],
  [
    "a deal without wseat is open to all",
    requestOf({}, deals(1, { id: "D", bidfloor: 2 })),
    [offer("a", 3, { dealid: "D" }), offer("b", 2.5, { dealid: "D" })],
    "a 2.5",
    `b ${outbid}`
  ],
  [
    "a deal for other seats",
    requestOf({}, deals(1, { id: "D", wseat: ["b"] })),
    [offer("a", 3, { dealid: "D" })],
    "a lost: a deal for other seats"
  ],
  [
    "a deal for seats, and a bid of none",
    requestOf({}, deals(1, { id: "D", wseat: ["b"] })),
    [{ ...offer("a", 3, { dealid: "D" }), seatbid: {} }],
    "a lost: a deal for other seats"
  ],
  [
    "a deal for one advertiser",
    requestOf({}, deals(1, { id: "D", wadomain: ["ford.com"] })),
    [
      offer("a", 2, { dealid: "D", adomain: ["shop.Ford.com"] }),
      offer("b", 3, { dealid: "D", adomain: ["ford.com", "kia.com"] }),
      offer("c", 3, { dealid: "D" })
    ],
    "a 0",
    "b lost: a deal for other advertisers",
    "c lost: a deal for other advertisers"
  ],
  [
    "a deal that is not offered",
    requestOf({}, deals(1, { id: "D" })),
    [offer("a", 3, { dealid: "E" }), offer("b", 3, { dealid: "" })],
    "a lost: no such deal",
    "b lost: no such deal"
  ],
  [
    "a deal of another impression",
    requestOf({
      imp: [
        { id: "1", banner: {} },
        { id: "2", banner: {}, ...deals(0, { id: "D" }) }
      ]
    }),
    [offer("a", 3, { dealid: "D" })],
    "a lost: no such deal"
  ],
  [
    "a type of auction of another exchange",
    requestOf({ at: 500 }, deals(0, { id: "D", at: 1 }, { id: "E", at: 600 })),
    [offer("a", 3), offer("b", 2, { dealid: "D" }), offer("c", 2, { dealid: "E" })],
    "b 2",
    "a lost: an auction type that the exchange does not have",
    "c lost: an auction type that the exchange does not have"
  ]
]

const ofCurrencies: ReadonlyArray<Auction> = [
  [
    "a floor of 5 EUR is above 5 USD",
    requestOf({}, { bidfloor: 5, bidfloorcur: "EUR" }),
    [offer("a", 5)],
    "a lost: no bid above the floor"
  ],
  ["a floor of 5 EUR is met by 6 USD", requestOf({}, { bidfloor: 5, bidfloorcur: "EUR" }), [offer("a", 6)], "a 5.5"],
  [
    "a deal's floor has a currency",
    requestOf({}, deals(1, { id: "D", bidfloor: 5, bidfloorcur: "EUR" })),
    [offer("a", 5, { dealid: "D" })],
    "a lost: no bid above the floor of its deal"
  ],
  [
    "100 JPY do not beat 2 USD",
    requestOf({ cur: ["USD", "JPY"] }, { bidfloor: 0.5 }),
    [offer("a", 100, { cur: "JPY" }), offer("b", 2)],
    "b 0.67",
    `a ${outbid}`
  ],
  [
    "a bid pays in its own currency",
    requestOf({ cur: ["USD", "EUR"] }),
    [offer("a", 3, { cur: "EUR" }), offer("b", 2.2)],
    "a 2",
    `b ${outbid}`
  ],
  [
    "first price in another currency",
    requestOf({ cur: ["USD", "EUR"], ...first }),
    [offer("a", 1.23456, { cur: "EUR" })],
    "a 1.23456"
  ],
  [
    "an agreed price in another currency",
    requestOf({ cur: ["USD", "EUR"] }, deals(1, { id: "D", at: 3, bidfloor: 2.2, bidfloorcur: "EUR" })),
    [offer("a", 3, { cur: "EUR", dealid: "D" })],
    "a 2.2"
  ],
  [
    "a currency that is not allowed",
    requestOf(),
    [offer("a", 5, { cur: "EUR" }), offer("b", 2)],
    "b 1",
    "a lost: a currency that the request does not allow"
  ],
  [
    "a currency that nobody knows",
    requestOf({ cur: ["USD", "XXX"] }),
    [offer("a", 5, { cur: "XXX" }), offer("b", 2)],
    "b 1",
    "a lost: a currency that the request does not allow"
  ],
  [
    "a floor in a currency that nobody knows",
    requestOf({}, { bidfloorcur: "constructor" }),
    [offer("a", 5)],
    "a lost: no rate for the currency of the floor"
  ]
]

const ofLists: ReadonlyArray<Auction> = [
  [
    "wseat",
    requestOf({ wseat: ["b"] }),
    [offer("a", 3), offer("b", 2), { ...offer("c", 4), seatbid: {} }],
    "b 1",
    "a lost: a seat that may not buy",
    "c lost: a seat that may not buy"
  ],
  [
    "bseat",
    requestOf({ bseat: ["a"] }),
    [offer("a", 3), offer("b", 2), { ...offer("c", 1.5), seatbid: {} }],
    "b 1.5",
    "a lost: a seat that may not buy",
    `c ${outbid}`
  ],
  [
    "badv, and what is below it",
    requestOf({ badv: ["ford.com"] }),
    [
      offer("a", 5, { adomain: ["ford.com"] }),
      offer("b", 4, { adomain: ["x.com", "www.FORD.com"] }),
      offer("c", 3, { adomain: ["bedford.com"] }),
      offer("d", 2)
    ],
    "c 2",
    "a lost: a blocked advertiser",
    "b lost: a blocked advertiser",
    `d ${outbid}`
  ],
  [
    "bcat, and what is part of it",
    requestOf({ bcat: ["IAB25", "IAB7-3"] }),
    [
      offer("a", 5, { cat: ["IAB25"] }),
      offer("b", 4, { cat: ["IAB1", "IAB25-3"] }),
      offer("c", 3, { cat: ["IAB7-39", "IAB7"] }),
      offer("d", 2)
    ],
    "c 2",
    "a lost: a blocked category",
    "b lost: a blocked category",
    `d ${outbid}`
  ],
  [
    "acat",
    requestOf({ acat: ["IAB3"] }),
    [offer("a", 3, { cat: ["IAB4"] }), offer("b", 2, { cat: ["IAB3-1"] }), offer("c", 4)],
    "b 1",
    "a lost: a blocked category",
    "c lost: a blocked category"
  ],
  [
    "bapp",
    requestOf({ bapp: ["com.foo"] }),
    [offer("a", 3, { bundle: "com.foo" }), offer("b", 2)],
    "b 1",
    "a lost: a blocked app"
  ],
  [
    "empty lists restrict nobody",
    requestOf(
      { wseat: [], bseat: [], acat: [], bcat: [], badv: [], bapp: [], cur: [] },
      deals(1, { id: "D", wseat: [], wadomain: [] })
    ),
    [offer("a", 3, { dealid: "D" })],
    "a 0"
  ],
  [
    "a deal does not excuse",
    requestOf({ badv: ["ford.com"] }, deals(1, { id: "D" })),
    [offer("a", 3, { dealid: "D", adomain: ["ford.com"] })],
    "a lost: a blocked advertiser"
  ]
]

const ofImpressions: ReadonlyArray<Auction> = [
  [
    "each is sold on its own",
    requestOf({ ...two, ...first }),
    [offer("a", 1), offer("b", 2, { impid: "2" }), offer("c", 1.5, { impid: "2" })],
    "a 1",
    "b 2",
    `c ${outbid}`
  ],
  [
    "one that is not offered",
    requestOf(),
    [offer("a", 5, { impid: "2" }), offer("b", 5, { impid: "__proto__" })],
    "a lost: no such impression",
    "b lost: no such impression"
  ],
  [
    "names that objects have",
    requestOf({
      imp: [
        { id: "__proto__", banner: {} },
        { id: "constructor", banner: {} }
      ],
      ...first
    }),
    [offer("a", 1, { impid: "__proto__" }), offer("b", 2, { impid: "constructor" })],
    "a 1",
    "b 2"
  ],
  [
    "a group that wins all",
    requestOf({ ...two, ...first }),
    [offer("a1", 3, { group: 1, lot: "a" }), offer("a2", 3, { group: 1, lot: "a", impid: "2" }), offer("b", 2)],
    "a1 3",
    "a2 3",
    `b ${outbid}`
  ],
  [
    "a group that wins one only",
    requestOf({ ...two, ...first }),
    [
      offer("a1", 3, { group: 1, lot: "a" }),
      offer("a2", 1, { group: 1, lot: "a", impid: "2" }),
      offer("b", 2),
      offer("c", 2, { impid: "2" })
    ],
    "b 2",
    "c 2",
    "a1 lost: a group that does not win as a whole",
    "a2 lost: a group that does not win as a whole"
  ],
  [
    "a group of which one bid may not take part",
    requestOf({ ...two, ...first, badv: ["ford.com"] }),
    [
      offer("a1", 3, { group: 1, lot: "a" }),
      offer("a2", 3, { group: 1, lot: "a", impid: "2", adomain: ["ford.com"] }),
      offer("b", 2)
    ],
    "b 2",
    "a1 lost: a group that does not win as a whole",
    "a2 lost: a blocked advertiser"
  ],
  [
    "a group that wants one impression twice",
    requestOf(first),
    [offer("a1", 3, { group: 1, lot: "a" }), offer("a2", 2, { group: 1, lot: "a" }), offer("b", 1)],
    "b 1",
    "a1 lost: a group that does not win as a whole",
    "a2 lost: a group that does not win as a whole"
  ],
  [
    "a group that loses leaves its place to another group",
    requestOf({ ...first, imp: ["1", "2", "3"].map((id) => ({ id, banner: {} })) }),
    [
      offer("a1", 10, { group: 1, lot: "a" }),
      offer("a2", 1, { group: 1, lot: "a", impid: "2" }),
      offer("b1", 3, { group: 1, lot: "b" }),
      offer("b3", 3, { group: 1, lot: "b", impid: "3" }),
      offer("c", 5, { impid: "2" })
    ],
    "b1 3",
    "c 5",
    "b3 3",
    "a1 lost: a group that does not win as a whole",
    "a2 lost: a group that does not win as a whole"
  ],
  [
    "a group that lost sets no price",
    requestOf({ ...two }),
    [
      offer("a1", 3, { group: 1, lot: "a" }),
      offer("a2", 1, { group: 1, lot: "a", impid: "2" }),
      offer("b", 4),
      offer("c", 2, { impid: "2" })
    ],
    "b 0",
    "c 0",
    "a1 lost: a group that does not win as a whole",
    "a2 lost: a group that does not win as a whole"
  ]
]

for (const [kind, auctions] of Object.entries({ prices, ofDeals, ofCurrencies, ofLists, ofImpressions })) {
  describe(kind, () => {
    for (const [what, request, offers, ...expected] of auctions) {
      it(what, () => expect(hold(request, offers)).toEqual(expected))
    }
  })
}

describe("the price in the currency of the exchange", () => {
  it("is the price converted, and between floor and bid whatever the rate makes of it", () => {
    const request = requestOf({ cur: ["USD", "EUR"] }, { bidfloor: 3, bidfloorcur: "EUR" })
    const [sale] = runAuction(request, [scored(offer("a", 3, { cur: "EUR" }))]).sales
    expect(sale).toMatchObject({ price: 3, usd: convert(3, "EUR", "USD") })
  })
})

const currency = fc.constantFrom("USD", "USD", "EUR", "EUR", "JPY", "GBP", "XXX")
const amount = fc.oneof(
  fc.double({ min: 0, max: 20, noNaN: true }),
  fc.constantFrom(0, Number.MIN_VALUE, 1e-5, 0.1, 1 / 3, 1, 1.00005, 999_999, 1e6, 1e15, 1e308, Number.MAX_VALUE),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })
)

const floor = fc.oneof({ arbitrary: fc.double({ min: 0, max: 3, noNaN: true }), weight: 4 }, amount)

const anyRequest = fc
  .record({
    at: fc.constantFrom(1, 2),
    imps: fc.array(
      fc.record({
        bidfloor: floor,
        bidfloorcur: currency,
        private_auction: fc.constantFrom(0, 1),
        deals: fc.array(
          fc.record({
            id: fc.constantFrom("D", "E"),
            bidfloor: floor,
            bidfloorcur: currency,
            at: fc.constantFrom(1, 2, 3)
          }),
          { maxLength: 2 }
        )
      }),
      { minLength: 1, maxLength: 3 }
    )
  })
  .map(({ at, imps }) =>
    requestOf({
      at,
      cur: ["USD", "EUR", "JPY", "GBP", "XXX"],
      imp: imps.map(({ deals, private_auction, ...imp }, i) => ({
        id: `${i}`,
        banner: {},
        ...imp,
        pmp: { private_auction, deals }
      }))
    })
  )

const anyOffers = fc
  .array(
    fc
      .record({
        price: amount,
        cur: currency,
        impid: fc.constantFrom("0", "0", "0", "1", "2", "9"),
        dealid: fc.constantFrom(undefined, undefined, "D", "E"),
        cat: fc.constantFrom([], ["IAB2"]),
        lot: fc.nat(5)
      })
      .map(({ dealid, lot, price, ...more }) => ({
        price,
        // The first two lots are groups.
        more: { ...more, lot: `${lot}`, group: lot < 2 ? 1 : 0, ...(dealid && { dealid }) } as Offer
      })),
    { maxLength: 12 }
  )
  .map((offers) => offers.map(({ more, price }, i) => scored(offer(`${i}`, price, more))))

describe("whatever is bid", () => {
  const check = (property: (request: BidRequest, offers: ReadonlyArray<ScoredBid>) => void) =>
    fc.assert(fc.property(anyRequest, anyOffers, property), { numRuns: 1_000 })

  it("nobody pays more than the bid or less than the floor, in either currency", () => {
    let sold = 0
    check((request, offers) => {
      for (const { bid, cur, price, usd } of runAuction(request, offers).sales) {
        sold += 1
        const imp = request.imp.find(({ id }) => id === bid.impid)!
        const { bidfloor, bidfloorcur } = bid.dealid ? imp.pmp!.deals.find(({ id }) => id === bid.dealid)! : imp
        expect(price).toBeLessThanOrEqual(bid.price)
        expect(price).toBeGreaterThanOrEqual(convert(bidfloor, bidfloorcur, cur))
        expect(usd).toBeLessThanOrEqual(convert(bid.price, cur, "USD"))
        expect(usd).toBeGreaterThanOrEqual(convert(bidfloor, bidfloorcur, "USD"))
        expect(usd).toBeLessThanOrEqual(1_000_000)
      }
    })
    expect(sold).toBeGreaterThan(50)
  })

  it("every bid has won or lost, and an impression is sold once, to the best that may have it", () => {
    check((request, offers) => {
      const { losers, sales } = runAuction(request, offers)
      expect([...sales, ...losers].map(({ bid }) => bid.id).toSorted()).toEqual(
        offers.map(({ bid }) => bid.id).toSorted()
      )
      expect(new Set(sales.map(({ bid }) => bid.impid)).size).toBe(sales.length)
      for (const { bid, loss, minToWin = 0, price = 0, score } of losers) {
        expect([minToWin, price].every(Number.isFinite)).toBe(true)
        if (loss.cause !== "a higher bid") continue
        const winner = sales.find((sale) => sale.bid.impid === bid.impid)!
        expect(winner.score).toBeGreaterThanOrEqual(score)
      }
      for (const { lot, seatbid } of sales) {
        if (seatbid.group !== 1) continue
        expect(sales.filter((sale) => sale.lot === lot)).toHaveLength(offers.filter((one) => one.lot === lot).length)
      }
    })
  })

  it("a winner that bids what it needed to win is level with the next or the floor", () => {
    check((request, offers) => {
      for (const { bid, minToWin, price } of runAuction(request, offers).sales) {
        expect(minToWin).toBeLessThanOrEqual(bid.price)
        if (request.at === 2 && bid.dealid === undefined)
          expect(Math.abs(price - minToWin)).toBeLessThanOrEqual(0.00005 + minToWin * 1e-12)
      }
    })
  })
})

describe("macros", () => {
  const request = requestOf({ id: "r-1", cur: ["USD", "EUR"] })
  const offers = [
    { ...offer("a", 4, { cur: "EUR", adid: "ad-7", seat: "s" }), bidid: "b-9" },
    offer("b", 2.2),
    offer("c", 0.5)
  ].map(scored)
  const {
    sales: [sale],
    losers: [outbid, low]
  } = runAuction(request, offers)
  const all = [
    "ID",
    "BID_ID",
    "IMP_ID",
    "SEAT_ID",
    "AD_ID",
    "PRICE",
    "CURRENCY",
    "MBR",
    "LOSS",
    "MIN_TO_WIN",
    "MULTIPLIER",
    "IMP_TS"
  ]
  const text = all.map((name) => `\${AUCTION_${name}}`).join("|")

  it("say of a sale what is paid, in the currency of the bid", () => {
    expect(substitute(text, winValues(request, sale!))).toBe("r-1|b-9|1|s|ad-7|2|EUR|0.5|0|2||")
  })

  it("say of a loss why, at what price it was sold, and what would have been level with the winner", () => {
    expect(substitute(text, lossValues(request, outbid!))).toBe("r-1||1|b||2.2|USD|1|102|4.4||")
    expect(substitute(text, lossValues(request, low!))).toBe("r-1||1|c||2.2|USD|4.4|100|||")
  })

  it("say to who bids nothing, or next to it, what would have been level", () => {
    const free = requestOf({}, { bidfloor: 0 })
    const { losers } = runAuction(free, [offer("a", 2), offer("b", 0), offer("c", Number.MIN_VALUE)].map(scored))
    expect(losers.map(({ minToWin }) => minToWin)).toEqual([2, 2])
  })

  it("say nothing of a price when nothing was sold", () => {
    const [unsold] = runAuction(request, [scored(offer("c", 0.5))]).losers
    expect(substitute(`\${AUCTION_PRICE}.\${AUCTION_MBR}.\${AUCTION_LOSS}`, lossValues(request, unsold!))).toBe("..100")
  })

  it("are encoded as they ask, and left alone when they are none", () => {
    const values = winValues(request, sale!)
    expect(substitute(`\${AUCTION_PRICE:B64} \${AUCTION_PRICE:XOR} \${AUCTION_toString} \${OTHER} $&`, values)).toBe(
      `Mg==  \${AUCTION_toString} \${OTHER} $&`
    )
  })

  it("write numbers without an exponent", () => {
    const cheap = runAuction(requestOf(first, { bidfloor: 0 }), [scored(offer("a", 1e-7))]).sales[0]!
    expect(substitute(`\${AUCTION_PRICE}`, winValues(request, cheap))).toBe("0.0000001")
  })
})
