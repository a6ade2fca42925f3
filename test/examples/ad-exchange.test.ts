/** The ad exchange: its states one by one, its market over real sockets, and the program as a process. */
import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Console, Effect, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { Workflow } from "sluice"
import { type Bidder, bidders } from "../../examples/ad-exchange/bidders.ts"
import type { BidContext, PartnerBid, ScoredBid } from "../../examples/ad-exchange/definition.ts"
import { adExchange } from "../../examples/ad-exchange/handlers.ts"
import { type Bid, BidRequest } from "../../examples/ad-exchange/openrtb.ts"
import { PartnerFailed, Partners } from "../../examples/ad-exchange/partners.ts"
import { live, program } from "../../examples/ad-exchange/program.ts"
import { Devices, Geo, LookupFailed, Profiles, Sites, Tracking } from "../../examples/ad-exchange/services.ts"
import { readSvg } from "../diagram/read.ts"
import { readTimeline } from "../timeline/read.ts"

const example = fileURLToPath(new URL("../../examples/ad-exchange/", import.meta.url))
const samples = (await readdir(`${example}openrtb`)).toSorted().map((file) => `${example}openrtb/${file}`)

const decode = Schema.decodeUnknownSync(BidRequest)
const site = { id: "102855" }
const requestOf = (more: object = {}): BidRequest => decode({ id: "r", site, imp: [{ id: "1", bidfloor: 1 }], ...more })

const bid = (seat: string, price: number, more: Partial<Bid> = {}): PartnerBid => ({
  seat,
  bid: { id: `${seat}-1`, impid: "1", price, cat: [], ...more }
})

const scored = (seat: string, price: number, more: Partial<Bid & { readonly score: number }> = {}): ScoredBid => {
  const { score = price, ...rest } = more
  return { ...bid(seat, price, rest), score }
}

const contextOf = (...names: ReadonlyArray<string>): BidContext => ({
  profile: { interests: ["IAB2"] },
  country: "DEU",
  devicetype: 4,
  partners: names.map((name) => ({ name, url: `http://${name}` }))
})

const facts = Layer.mergeAll(Sites.layer, Profiles.layer, Geo.layer, Devices.layer, Tracking.layer)

/** Partners that decline, and take any notice, unless told otherwise. */
const partners = (more: Partial<Partners["Service"]> = {}) =>
  Layer.succeed(Partners, {
    all: [],
    requestBids: () => Effect.succeed([]),
    notify: () => Effect.void,
    ...more
  })

const market = Layer.merge(facts, partners())

/** The transition of a step that takes exactly so many milliseconds. */
const endingAt = <A, E, R>(millis: number, step: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(step)
    yield* TestClock.adjust(millis - 1)
    expect(fiber.pollUnsafe(), `ended before ${millis} ms`).toBeUndefined()
    yield* TestClock.adjust(1)
    expect(fiber.pollUnsafe(), `still running after ${millis} ms`).toBeDefined()
    return yield* Fiber.join(fiber)
  })

describe("the states of the exchange", () => {
  it("turn every failure into a transition", () => {
    expectTypeOf<Workflow.Error<typeof adExchange>>().toEqualTypeOf<never>()
  })

  it.effect.each([
    ["a site nobody knows", requestOf({ site: { id: "4711" } }), "unknown site or app 4711"],
    ["neither site nor app", decode({ id: "r", imp: [{ id: "1" }] }), "neither site nor app"],
    ["no impression", requestOf({ imp: [] }), "no impression"],
    ["another currency", requestOf({ cur: ["EUR"] }), "this exchange trades in USD"]
  ] as const)("Validate refuses %s", ([, request, reason]) =>
    Effect.gen(function* () {
      const step = yield* adExchange.step("Validate", request)
      expect(step).toEqual({ _tag: "Invalid", payload: { reason } })
    }).pipe(Effect.provide(market))
  )

  it.effect("Validate passes a request on as it is", () =>
    Effect.gen(function* () {
      const request = requestOf()
      expect(yield* adExchange.step("Validate", request)).toEqual({ _tag: "GatherContext", payload: request })
    }).pipe(Effect.provide(market))
  )

  it.effect("GatherContext finds out who, where and on what", () =>
    Effect.gen(function* () {
      const all = contextOf("a", "b").partners
      const ua = "Mozilla/5.0 (iPhone; CPU iPhone OS 6_1 like Mac OS X)"
      const request = requestOf({
        user: { id: "456789876567897654678987656789" },
        device: { ua, ip: "123.145.167.10" }
      })
      const step = yield* adExchange.step("GatherContext", request).pipe(Effect.provide(partners({ all })))
      const context = { profile: { interests: ["IAB2"] }, country: "CHN", devicetype: 4, partners: all }
      expect(step).toEqual({ _tag: "RequestBids", payload: context })
    }).pipe(Effect.provide(facts))
  )

  it.effect("GatherContext tracks a service that fails", () =>
    Effect.gen(function* () {
      const failing = Layer.succeed(Profiles, {
        lookup: () => Effect.fail(new LookupFailed({ service: "profiles" }))
      })
      const step = yield* adExchange.step("GatherContext", requestOf()).pipe(Effect.provide(failing))
      expect(step).toEqual({ _tag: "TrackError", payload: { cause: "LookupFailed" } })
    }).pipe(Effect.provide(market))
  )

  it.effect("GatherContext gives its services 100 ms", () =>
    Effect.gen(function* () {
      const silent = Layer.succeed(Geo, { locate: () => Effect.never })
      const step = yield* endingAt(100, adExchange.step("GatherContext", requestOf()).pipe(Effect.provide(silent)))
      expect(step).toEqual({ _tag: "TrackError", payload: { cause: "JoinTimeout" } })
    }).pipe(Effect.provide(market))
  )

  it.effect("RequestBids takes what came within 200 ms, and interrupts the rest", () =>
    Effect.gen(function* () {
      const aborted: Array<string> = []
      const delays: Record<string, number> = { fast: 10, last: 199, late: 201, never: 60_000 }
      const requestBids: Partners["Service"]["requestBids"] = ({ name }) =>
        name === "broken"
          ? Effect.fail(new PartnerFailed({ url: name, reason: "no bid response" }))
          : Effect.as(
              Effect.sleep(delays[name] ?? 0),
              name === "fast" ? [bid("x", 1), bid("y", 2)] : [bid(name, 3)]
            ).pipe(Effect.onInterrupt(() => Effect.sync(() => aborted.push(name))))
      const context = contextOf("never", "last", "broken", "fast", "late")
      const step = adExchange.step("RequestBids", context, { input: requestOf() })
      expect(yield* endingAt(200, step.pipe(Effect.provide(partners({ requestBids }))))).toEqual({
        _tag: "ScoreBids",
        payload: { profile: context.profile, bids: [bid("last", 3), bid("x", 1), bid("y", 2)] }
      })
      expect(aborted.toSorted()).toEqual(["late", "never"])
    }).pipe(Effect.provide(facts))
  )

  it.effect("RequestBids tells the partners what the exchange has found out", () =>
    Effect.gen(function* () {
      const seen: Array<BidRequest> = []
      const requestBids: Partners["Service"]["requestBids"] = (_, request) => {
        seen.push(request)
        return Effect.succeed([bid("a", 1)])
      }
      const request = requestOf({ user: { id: "u" }, device: { ua: "Firefox" } })
      yield* adExchange
        .step("RequestBids", contextOf("a"), { input: request })
        .pipe(Effect.provide(partners({ requestBids })))
      expect(seen).toEqual([
        {
          ...request,
          user: { id: "u", keywords: "IAB2" },
          device: { ua: "Firefox", devicetype: 4, geo: { country: "DEU" } }
        }
      ])
    }).pipe(Effect.provide(facts))
  )

  it.effect("RequestBids tracks that every partner declined", () =>
    Effect.gen(function* () {
      const step = yield* adExchange.step("RequestBids", contextOf("a", "b"), { input: requestOf() })
      expect(step).toEqual({ _tag: "TrackError", payload: { cause: "no partner bid" } })
    }).pipe(Effect.provide(market))
  )

  it.effect("RequestBids tracks that nobody answered in time", () =>
    Effect.gen(function* () {
      const step = adExchange.step("RequestBids", contextOf("a", "b"), { input: requestOf() })
      expect(yield* endingAt(200, step.pipe(Effect.provide(partners({ requestBids: () => Effect.never }))))).toEqual({
        _tag: "TrackError",
        payload: { cause: "NoBranchCompleted" }
      })
    }).pipe(Effect.provide(facts))
  )

  it.effect("ScoreBids values what interests the user", () =>
    Effect.gen(function* () {
      const bids = [bid("a", 1, { cat: ["IAB2"] }), bid("b", 1, { cat: ["IAB9"] })]
      const step = yield* adExchange.step("ScoreBids", { profile: { interests: ["IAB2"] }, bids })
      expect(step).toEqual({
        _tag: "RunAuction",
        payload: [scored("a", 1, { cat: ["IAB2"], score: 1.3 }), scored("b", 1, { cat: ["IAB9"] })]
      })
    }).pipe(Effect.provide(market))
  )

  const deals = [
    { id: "D1", bidfloor: 2.5, wseat: ["a"] },
    { id: "D2", bidfloor: 2, at: 3, wseat: ["b"] },
    { id: "D3", bidfloor: 9, at: 1 }
  ]
  const pmp = (private_auction: 0 | 1) =>
    requestOf({ at: 1, imp: [{ id: "1", bidfloor: 1, pmp: { private_auction, deals } }] })

  it.effect.each([
    [
      "the highest score wins, not the highest price",
      { at: 1 },
      [scored("a", 3), scored("b", 2.5, { score: 3.25 })],
      "b",
      2.5
    ],
    ["the winner pays its bid in a first price auction", { at: 1 }, [scored("a", 3), scored("b", 2)], "a", 3],
    [
      "it pays what still beats the second in a second price auction",
      {},
      [scored("a", 3), scored("b", 2, { score: 2.6 })],
      "a",
      2.6
    ],
    ["it pays that at its own rate of score", {}, [scored("a", 2), scored("b", 2, { score: 4 })], "b", 1],
    ["alone it pays the floor", {}, [scored("a", 3), scored("b", 0.5)], "a", 1],
    ["it pays at least the floor", {}, [scored("a", 3, { score: 6 }), scored("b", 1.5)], "a", 1],
    ["a bid at the floor wins", { at: 1 }, [scored("a", 1), scored("b", 0.99)], "a", 1],
    ["a deal's bid wins a private auction", pmp(1), [scored("a", 2.6, { dealid: "D1" }), scored("b", 99)], "a", 2.6],
    ["a deal may have a fixed price", pmp(1), [scored("b", 5, { dealid: "D2" })], "b", 2],
    [
      "an open bid beats a deal's unless the auction is private",
      pmp(0),
      [scored("a", 2.6, { dealid: "D1" }), scored("b", 4)],
      "b",
      4
    ]
  ] as const)("RunAuction: %s", ([, more, bids, seat, price]) =>
    Effect.gen(function* () {
      const step = yield* adExchange.step("RunAuction", bids, { input: requestOf(more) })
      const sale = bids.filter((bid) => bid.seat === seat).map((bid) => ({ ...bid, price }))
      expect(step).toEqual({
        _tag: "TrackResults",
        payload: { sales: sale, losers: bids.filter((bid) => bid.seat !== seat) }
      })
    }).pipe(Effect.provide(market))
  )

  it.effect.each([
    ["a bid below the floor", requestOf(), scored("a", 0.99, { score: 100 })],
    ["a bid for another impression", requestOf(), scored("a", 5, { impid: "2" })],
    ["an open bid in a private auction", pmp(1), scored("a", 99)],
    ["a deal's bid below its floor", pmp(1), scored("a", 2.4, { dealid: "D1" })],
    ["a deal's bid of a seat it is not for", pmp(1), scored("b", 5, { dealid: "D1" })],
    ["a bid on a deal that is not offered", pmp(1), scored("a", 5, { dealid: "D9" })]
  ] as const)("RunAuction does not sell to %s", ([, input, only]) =>
    Effect.gen(function* () {
      const step = yield* adExchange.step("RunAuction", [only], { input })
      expect(step).toEqual({ _tag: "TrackError", payload: { cause: "no bid above the floor" } })
    }).pipe(Effect.provide(market))
  )

  it.effect("RunAuction sells each impression on its own", () =>
    Effect.gen(function* () {
      const input = requestOf({ at: 1, imp: [{ id: "1" }, { id: "2" }, { id: "3" }] })
      const bids = [scored("a", 1), scored("b", 2, { impid: "2" }), scored("c", 1.5, { impid: "2" })]
      const step = yield* adExchange.step("RunAuction", bids, { input })
      const sales = [
        { ...scored("a", 1), price: 1 },
        { ...scored("b", 2, { impid: "2" }), price: 2 }
      ]
      expect(step).toEqual({ _tag: "TrackResults", payload: { sales, losers: bids.slice(2) } })
    }).pipe(Effect.provide(market))
  )

  const won = scored("a", 2, { nurl: "http://a/win" })
  const lost = scored("b", 1, { lurl: "http://b/loss" })
  const result = { sales: [{ ...won, price: 1.5 }], losers: [lost] }
  const response = { id: "r", cur: "USD", seatbid: [{ seat: "a", bid: [{ ...won.bid, price: 1.5 }] }] }
  const filled = { _tag: "Filled", payload: response }

  it.effect("TrackResults tells winner and losers, counts, and answers with the price to pay", () =>
    Effect.gen(function* () {
      const notices: Array<unknown> = []
      const notify = (url: string | undefined, price: number) => Effect.sync(() => void notices.push([url, price]))
      const step = adExchange.step("TrackResults", result, { input: requestOf() })
      expect(yield* Effect.provide(step, partners({ notify }))).toEqual(filled)
      expect(notices.toSorted()).toEqual([
        ["http://a/win", 1.5],
        ["http://b/loss", 1]
      ])
      expect(yield* Tracking.use(({ events }) => events)).toEqual([
        { kind: "sale", request: "r", price: 1.5 },
        { kind: "auction", request: "r", bids: 2 }
      ])
    }).pipe(Effect.provide(facts))
  )

  it.effect("TrackResults lets a sale stand that could not be tracked", () =>
    Effect.gen(function* () {
      const failing = partners({ notify: () => Effect.fail(new PartnerFailed({ url: "a", reason: "gone" })) })
      const step = adExchange.step("TrackResults", result, { input: requestOf() })
      expect(yield* Effect.provide(step, failing)).toEqual(filled)
      expect(yield* endingAt(100, Effect.provide(step, partners({ notify: () => Effect.never })))).toEqual(filled)
    }).pipe(Effect.provide(facts))
  )

  it.effect("TrackError counts what kept an impression unsold", () =>
    Effect.gen(function* () {
      const step = yield* adExchange.step("TrackError", { cause: "x" }, { input: requestOf() })
      expect(step).toEqual({ _tag: "NoFill", payload: { cause: "x" } })
      expect(yield* Tracking.use(({ events }) => events)).toEqual([{ kind: "no fill", request: "r", cause: "x" }])
    }).pipe(Effect.provide(market))
  )
})

/** Their pace leaves nearly all of the limit to those in time, and no doubt about those too late. */
const unhurried: ReadonlyArray<Bidder> = bidders.map((bidder) => ({
  ...bidder,
  delay: bidder.delay < 200 ? bidder.delay / 10 : 3_600_000
}))

/** What the program makes of files, with the lines it prints. */
const trade = (files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const printed: Array<string> = []
    const log = (...line: ReadonlyArray<unknown>) => void printed.push(...line.join(" ").split("\n"))
    const quiet = Object.assign(Object.create(console), { log, error: log, table: () => {} })
    const rows = yield* program(files).pipe(
      Effect.provide(live(unhurried)),
      Effect.provide(NodeServices.layer),
      Effect.provideService(Console.Console, quiet)
    )
    return { rows, printed }
  })

describe("the market", () => {
  it.live("sells the samples to the best of those who bid in time", () =>
    Effect.gen(function* () {
      const { printed, rows } = yield* trade(samples)
      const all = "Agency1 0.42, Agency2 0.38, Retarget 0.9"
      expect(
        rows.map(({ bids, declined, outcome, request, result }) => [request, outcome, result, bids, declined])
      ).toEqual([
        ["6.3.1_simple_banner.json", "Filled", "Retarget pays 0.9", all, "none"],
        // Second price: that it interests the user makes 0.38 worth 0.494.
        ["6.3.2_expandable_creative.json", "Filled", "Retarget pays 0.494", all, "none"],
        // Retarget declines its third request, and nobody else meets the floor of 0.5.
        ["6.3.3_mobile.json", "NoFill", "no bid above the floor", "Agency1 0.42, Agency2 0.38", "Retarget"],
        ["6.3.4_video.json", "Filled", "Agency2 pays 3.5385", "Agency1 4.2, Agency2 5, Retarget 4.6", "none"],
        // A private auction: only the deals of the two agencies count.
        [
          "6.3.5_pmp_with_direct_deal.json",
          "Filled",
          "Agency2 pays 2.4",
          "Agency1 3, Agency2 2.4, Retarget 0.9",
          "none"
        ],
        ["6.3.6_native_ad.json", "Filled", "Agency1 pays 1.1", "Agency1 1.1, Agency2 0.8", "Retarget"]
      ])
      // The bidders saw it themselves: the connections closed on them, and the notices.
      expect(rows.map(({ aborted }) => aborted?.split(", ").toSorted())).toEqual(
        samples.map(() => ["Sleeper", "Slowpoke"])
      )
      const notices = printed.flatMap((line) => line.split("  notices (seen by the bidder): ").slice(1))
      expect(notices.map((line) => line.split(", ").toSorted())).toEqual([
        ["loss at 0.38 to Agency2", "loss at 0.42 to Agency1", "win at 0.9 to Retarget"],
        ["loss at 0.38 to Agency2", "loss at 0.42 to Agency1", "win at 0.494 to Retarget"],
        ["none"],
        ["loss at 4.2 to Agency1", "loss at 4.6 to Retarget", "win at 3.5385 to Agency2"],
        ["loss at 0.9 to Retarget", "loss at 3 to Agency1", "win at 2.4 to Agency2"],
        ["loss at 0.8 to Agency2", "win at 1.1 to Agency1"]
      ])
      expect(printed).toContain("revenue per thousand of each impression: 8.4325 USD")
    })
  )

  it.live("gives an account of each run: the states, and what became of each partner", () =>
    Effect.gen(function* () {
      const { printed, rows } = yield* trade(samples.filter((file) => file.includes("6.3.1")))
      const beforeTimeline = printed.slice(0, printed.indexOf("6.3.1_simple_banner.json"))
      const account = beforeTimeline.flatMap((line) => line.match(/^ *(\d+) ms {2}(.*)$/)?.slice(1) ?? [])
      const times = account.filter((_, i) => i % 2 === 0).map(Number)
      const lines = account.filter((_, i) => i % 2 === 1)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(lines.filter((line) => !line.startsWith(" "))).toEqual([
        ...["Validate", "GatherContext", "RequestBids", "ScoreBids", "RunAuction", "TrackResults"],
        "Filled: Retarget pays 0.9"
      ])
      const partners = lines.slice(lines.indexOf("RequestBids") + 1, lines.indexOf("ScoreBids"))
      expect(partners.toSorted()).toEqual([
        "  Agency1 answered",
        "  Agency2 answered",
        "  Retarget answered",
        "  Sleeper aborted",
        "  Slowpoke aborted"
      ])
      // The two that are too late cost the limit and no more.
      expect(rows[0]?.ms).toBeGreaterThanOrEqual(199)
    })
  )
})

describe("the program", () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "ad-exchange-"))
  })
  afterAll(() => rm(directory, { recursive: true }))

  const run = (files: ReadonlyArray<string>) =>
    new Promise<{ readonly code: unknown; readonly out: string; readonly err: string }>((resolve) => {
      const args = ["--import", new URL("../support/register.mjs", import.meta.url).href, `${example}main.ts`, ...files]
      execFile(process.execPath, args, { timeout: 12_000 }, (error, out, err) =>
        resolve({ code: error === null ? 0 : error.code, out, err })
      )
    })

  it("runs all samples without arguments", async () => {
    const { code, out } = await run([])
    expect(code).toBe(0)
    for (const file of samples) expect(out).toMatch(new RegExp(`'${basename(file)}' +│ '(Filled|NoFill)'`))
    const aborted = out.split("aborted (seen by the bidder): ").slice(1)
    expect(aborted.map((rest) => rest.split("\n")[0]?.split(", ").toSorted())).toEqual(
      samples.map(() => ["Sleeper", "Slowpoke"])
    )
    // The last of the runs over time, with the names of the partners.
    const [, timeline = ""] = out.split("\n6.3.6_native_ad.json\n")
    expect(timeline).toMatch(/^ +0 ms +\d.*\nAdExchange .* Filled\n/)
    for (const late of ["Slowpoke", "Sleeper"])
      expect(timeline).toMatch(new RegExp(`    ${late} +/+ +\\d+ ms  interrupted\n`))
  })

  it("writes two pictures of every run into the folder it is given", async () => {
    const folder = join(directory, "some", "pictures")
    const { code } = await run(["--pictures", folder, ...samples.slice(0, 3)])
    expect(code).toBe(0)
    expect((await readdir(folder)).toSorted()).toEqual([
      "6.3.1_simple_banner.diagram.svg",
      "6.3.1_simple_banner.timeline.svg",
      "6.3.2_expandable_creative.diagram.svg",
      "6.3.2_expandable_creative.timeline.svg",
      "6.3.3_mobile.diagram.svg",
      "6.3.3_mobile.timeline.svg"
    ])
    const read = (file: string) => readFile(join(folder, file), "utf8")
    const { lanes } = readTimeline(await read("6.3.1_simple_banner.timeline.svg"))
    const notes = new Map(lanes.map(({ label, notes }) => [label, notes]))
    expect([notes.get("Slowpoke"), notes.get("Sleeper")]).toEqual(["interrupted", "interrupted"])
    const { edges, nodes } = readSvg(await read("6.3.3_mobile.diagram.svg"))
    expect(nodes.find(({ id }) => id === "RequestBids")!.lines.join(" ")).toMatch(/Slowpoke, Sleeper interrupted$/)
    expect(edges.filter(({ taken }) => taken).map(({ title }) => title)).toContain("TrackError->NoFill")
  })

  it("names a malformed file and its field, runs the others, and exits with 1", async () => {
    const request = { id: "own", site: { id: "102855" }, imp: [{ id: "1", banner: {} }] }
    const files = {
      "field.json": JSON.stringify({ ...request, imp: [{ id: "1", bidfloor: "free" }] }),
      "syntax.json": '{ "id": ',
      "unknown.json": JSON.stringify({ ...request, site: { id: "4711" } }),
      "own.json": JSON.stringify(request)
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
    const paths = [...Object.keys(files), "missing.json"].map((name) => join(directory, name))
    const { code, err, out } = await run(paths)
    expect(code).toBe(1)
    expect(err.split("\n")).toEqual([
      `${join(directory, "field.json")} is no bid request: Expected number at ["imp"][0]["bidfloor"]`,
      expect.stringContaining(`${join(directory, "syntax.json")} is no bid request: `),
      expect.stringContaining(`${join(directory, "missing.json")} is no bid request: `),
      ""
    ])
    const outcomes = [...out.matchAll(/'(\w+\.json)' +│ '(\w+)'/g)].map(([, name, outcome]) => [name, outcome])
    expect(outcomes).toEqual([
      ["field.json", "malformed"],
      ["syntax.json", "malformed"],
      ["unknown.json", "Invalid"],
      ["own.json", "Filled"],
      ["missing.json", "malformed"]
    ])
  })
})
