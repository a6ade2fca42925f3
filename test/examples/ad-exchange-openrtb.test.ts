/** What the exchange reads: as strict as the specification and no stricter, and without losing anything. */
import { readdirSync, readFileSync } from "node:fs"
import { Effect, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { BidRequest, BidResponse } from "../../examples/ad-exchange/openrtb.ts"
import { parseRequest } from "../../examples/ad-exchange/parse.ts"

const folder = new URL("../../examples/ad-exchange/openrtb/", import.meta.url)
const samples = readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")))

const decode = Schema.decodeUnknownSync(BidRequest)
const passOn = (request: unknown) => Schema.encodeSync(BidRequest)(decode(request))

const request = { id: "r", imp: [{ id: "1", banner: {} }], site: { id: "s" } }

describe("a bid request", () => {
  it.each([
    ["a site without id", { site: {} }],
    ["an app without id", { site: undefined, app: { bundle: "b" } }],
    ["a user without id", { user: { buyeruid: "u" } }],
    ["a screen out of home", { site: undefined, dooh: { id: "d" } }],
    ["neither site nor app", { site: undefined }],
    ["a type of auction of an exchange", { at: 500 }],
    ["a deal with such a type", { imp: [{ id: "1", video: {}, pmp: { deals: [{ id: "D", at: 501 }] } }] }],
    ["an agreed price", { imp: [{ id: "1", audio: {}, pmp: { private_auction: 1, deals: [{ id: "D", at: 3 }] } }] }],
    ["two formats", { imp: [{ id: "1", banner: {}, native: { request: "{}" } }] }],
    ["a limit of time", { tmax: 120 }],
    [
      "null for whatever is optional",
      {
        ...Object.fromEntries(
          ["app", "device", "user", "regs", "at", "tmax", "test", "cur", "wseat", "badv"].map((key) => [key, null])
        ),
        site: { id: null, domain: null },
        imp: [{ id: "1", banner: null, video: {}, bidfloor: null, bidfloorcur: null, pmp: null }]
      }
    ]
  ])("may have %s", (_, more) => {
    expect(() => decode(JSON.parse(JSON.stringify({ ...request, ...more })))).not.toThrow()
  })

  it.each([
    ["no id", { id: undefined }, 'Missing key at ["id"]'],
    ["an empty id", { id: "" }, 'Expected a value with a length of at least 1 at ["id"]'],
    ["no impression", { imp: [] }, 'Expected a value with a length of at least 1 at ["imp"]'],
    [
      "an impression of no type",
      { imp: [{ id: "1" }] },
      'Expected one of banner, video, audio, native at least at ["imp"][0]'
    ],
    [
      "one of type null",
      { imp: [{ id: "1", banner: null }] },
      'Expected one of banner, video, audio, native at least at ["imp"][0]'
    ],
    [
      "two impressions of one id",
      {
        imp: [
          { id: "1", banner: {} },
          { id: "1", banner: {} }
        ]
      },
      'Expected an id of its own, got "1" again at ["imp"][1]["id"]'
    ],
    ["site and app together", { app: {} }, "Expected no more than one of site, app, dooh"],
    ["an agreed price without a deal", { at: 3 }, 'Expected 1, 2 or at least 500 at ["at"]'],
    ["a type of auction that is none", { at: 499 }, 'Expected 1, 2 or at least 500 at ["at"]'],
    [
      "a deal without a name",
      { imp: [{ id: "1", banner: {}, pmp: { deals: [{ id: "" }] } }] },
      'Expected a value with a length of at least 1 at ["imp"][0]["pmp"]["deals"][0]["id"]'
    ],
    [
      "a floor below nothing",
      { imp: [{ id: "1", banner: {}, bidfloor: -1 }] },
      'Expected a value greater than or equal to 0 at ["imp"][0]["bidfloor"]'
    ],
    ["a text for a number", { tmax: "120" }, 'Expected number | null at ["tmax"]']
  ])("may not have %s", async (_, more, issue) => {
    const malformed = await Effect.runPromise(Effect.flip(parseRequest(JSON.stringify({ ...request, ...more }))))
    expect(malformed.issues).toEqual([issue])
  })

  it("tells all that is wrong with it, but no more than anybody reads", async () => {
    const wrong = (count: number) =>
      JSON.stringify({ at: 3, imp: Array.from({ length: count }, (_, id) => ({ id, banner: {} })) })
    const messageOf = (text: string) => Effect.runPromise(Effect.map(Effect.flip(parseRequest(text)), (_) => _.message))
    expect(await messageOf(wrong(2))).toBe(
      'Missing key at ["id"]; Expected string at ["imp"][0]["id"]; Expected string at ["imp"][1]["id"]; Expected 1, 2 or at least 500 at ["at"]'
    )
    expect(await messageOf(wrong(100))).toMatch(/; and 82 more$/)
  })

  it.each([
    ["", "it ends too early at line 1, column 1"],
    ['{"id": "r"', "it ends too early at line 1, column 11"],
    ['{\n  "id": "r",\n  "imp": [}', '"}" is not expected at line 3, column 11'],
    ['{"id": "r"} {', '"{" is not expected at line 1, column 13'],
    ['{"id": r}', '"r" is not expected at line 1, column 8'],
    ['{"id": "a\tb"}', '"\\t" is not expected at line 1, column 10'],
    ['{"at": 01}', '"1" is not expected at line 1, column 9'],
    [`{"id": "${"r".repeat(100_000)}", nil: 1}`, '"n" is not expected at line 1, column 100012']
  ])("that is no JSON is told where: %s", async (text, issue) => {
    const malformed = await Effect.runPromise(Effect.flip(parseRequest(text)))
    expect(malformed.message).toBe(`No JSON: ${issue}`)
  })

  it("is passed on with all that it came with", () => {
    const more = {
      regs: { coppa: 1, ext: { gdpr: 1, us_privacy: "1YNN" }, gpp: "x" },
      bcat: ["IAB25"],
      wlang: ["de"],
      source: { tid: "t", ext: { schain: { nodes: [null] } } },
      test: 1,
      tmax: 100,
      user: { buyeruid: "b", ext: { consent: "c" } },
      imp: [
        {
          id: "1",
          secure: 1,
          tagid: "t",
          banner: { w: 1, ext: {} },
          pmp: { deals: [{ id: "D", guar: 1 }], ext: 1 },
          ext: { gpid: "g" }
        }
      ],
      ext: { "": 0 }
    }
    for (const sent of [...samples, { ...request, ...more }]) expect(passOn(sent)).toMatchObject(sent)
  })

  it("is passed on with the defaults of the specification, and no facts that nobody knows", () => {
    expect(passOn({ ...request, regs: {}, device: { dnt: null } })).toEqual({
      ...request,
      imp: [{ id: "1", banner: {}, bidfloor: 0, bidfloorcur: "USD" }],
      regs: {},
      device: {},
      test: 0,
      at: 2,
      cur: ["USD"]
    })
  })
})

describe("an answer", () => {
  const read = Schema.decodeUnknownSync(BidResponse)
  const bid = { id: "b", impid: "1", price: 1 }

  it.each([
    ["nothing", {}],
    ["no bids", { id: "r", seatbid: [] }],
    ["a reason", { id: "r", nbr: 2 }],
    ["nulls", { id: "r", seatbid: null, nbr: 2, cur: null }]
  ])("of %s is a no-bid", (_, answer) => {
    expect(read(answer).seatbid).toEqual([])
  })

  it("may be without seat, and keeps all that comes with a bid", () => {
    const answer = {
      id: "r",
      cur: "EUR",
      ext: 1,
      seatbid: [{ bid: [{ ...bid, w: 300, mtype: 1, ext: { a: 1 } }], ext: {} }]
    }
    expect(read(answer)).toEqual(answer)
  })

  it.each([
    ["price", { price: "1" }],
    ["price", { price: null }],
    ["price", { price: -1 }],
    ["impid", { impid: 1 }]
  ])("with a wrong %s is none", (_, wrong) => {
    expect(() => read({ id: "r", seatbid: [{ bid: [{ ...bid, ...wrong }] }] })).toThrow()
  })
})
