/** The ad exchange: its states one by one, its market over real sockets, and the program as a process. */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Console, Effect, Fiber, Layer, Queue, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { Workflow } from "sluice"
import { bidders } from "../../examples/ad-exchange/bidders.ts"
import type { BidContext, LostBid, PartnerBid, ScoredBid } from "../../examples/ad-exchange/definition.ts"
import { adExchange } from "../../examples/ad-exchange/handlers.ts"
import * as losses from "../../examples/ad-exchange/losses.ts"
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
const imp = (id: string, more: object = {}) => ({ id, banner: {}, ...more })
const requestOf = (more: object = {}): BidRequest =>
  decode({ id: "r", site, imp: [imp("1", { bidfloor: 1 })], ...more })

const bid = (seat: string, price: number, more: Partial<Bid> = {}): PartnerBid => ({
  partner: seat,
  cur: "USD",
  seatbid: { seat },
  lot: `${seat}/0`,
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
    notified: Effect.void,
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
    [
      "a site nobody knows, by its domain",
      requestOf({ site: { domain: "x.example" } }),
      "unknown site or app x.example"
    ],
    ["a site that says nothing of itself", requestOf({ site: {} }), "unknown site or app without id"],
    ["neither site nor app", decode({ id: "r", imp: [imp("1")] }), "neither site nor app"],
    ["another currency", requestOf({ cur: ["EUR"] }), "this exchange trades in USD"]
  ] as const)("Validate refuses %s", ([, request, reason]) =>
    Effect.gen(function* () {
      const step = yield* adExchange.step("Validate", request)
      expect(step).toEqual({ _tag: "Invalid", payload: { reason } })
    }).pipe(Effect.provide(market))
  )

  it.effect.each([
    ["a site by its id", requestOf()],
    ["a site by its domain", requestOf({ site: { domain: "siteabcd.com" } })],
    ["an app by its bundle", requestOf({ site: null, app: { bundle: "12345" } })],
    ["any currency beside its own", requestOf({ cur: ["EUR", "USD"] })]
  ] as const)("Validate passes a request on as it is, and knows %s", ([, request]) =>
    Effect.gen(function* () {
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

  it.effect.each([
    { regs: { coppa: 1 } },
    { regs: { gdpr: 1 } },
    { regs: { ext: { gdpr: 1 } } },
    { device: { dnt: 1 } },
    { device: { lmt: 1 } }
  ])("GatherContext looks nobody up who is protected by %j", (more) =>
    Effect.gen(function* () {
      const input = requestOf({ user: { id: "456789876567897654678987656789" }, ...more })
      expect(yield* adExchange.step("GatherContext", input)).toMatchObject({
        _tag: "RequestBids",
        payload: { profile: { interests: [] } }
      })
    }).pipe(Effect.provide(market))
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
          tmax: 200,
          user: { id: "u", keywords: "IAB2" },
          device: { ua: "Firefox", devicetype: 4, geo: { country: "DEU" } }
        }
      ])
    }).pipe(Effect.provide(facts))
  )

  it.effect("RequestBids adds to the keywords of a user, and to nobody's without a user or interests", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const requestBids: Partners["Service"]["requestBids"] = (_, { user }) => {
        seen.push(user)
        return Effect.succeed([bid("a", 1)])
      }
      const nobody = { ...contextOf("a"), profile: { interests: [] } }
      const user = { buyeruid: "u", keywords: "cars,boats" }
      for (const [context, more] of [
        [contextOf("a"), { user }],
        [nobody, { user }],
        [contextOf("a"), {}]
      ] as const)
        yield* adExchange
          .step("RequestBids", context, { input: requestOf(more) })
          .pipe(Effect.provide(partners({ requestBids })))
      expect(seen).toEqual([{ ...user, keywords: "cars,boats,IAB2" }, user, undefined])
    }).pipe(Effect.provide(facts))
  )

  it.effect("RequestBids tracks that every partner declined", () =>
    Effect.gen(function* () {
      const step = yield* adExchange.step("RequestBids", contextOf("a", "b"), { input: requestOf() })
      expect(step).toEqual({ _tag: "TrackError", payload: { cause: "no partner bid" } })
    }).pipe(Effect.provide(market))
  )

  it.effect("RequestBids tracks that no partner could be understood", () =>
    Effect.gen(function* () {
      const failing = partners({ requestBids: () => Effect.fail(new PartnerFailed({ url: "a", reason: "gone" })) })
      const step = adExchange.step("RequestBids", contextOf("a", "b"), { input: requestOf() })
      expect(yield* Effect.provide(step, failing)).toEqual({
        _tag: "TrackError",
        payload: { cause: "no partner answered" }
      })
    }).pipe(Effect.provide(facts))
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

  it.effect("RunAuction sells, and says why nothing is sold", () =>
    Effect.gen(function* () {
      const step = (bids: ReadonlyArray<ScoredBid>) => adExchange.step("RunAuction", bids, { input: requestOf() })
      expect(yield* step([scored("a", 2), scored("b", 3)])).toMatchObject({
        _tag: "TrackResults",
        payload: { sales: [{ partner: "b", price: 2, usd: 2 }], losers: [{ partner: "a", loss: { code: 102 } }] }
      })
      const [low, other] = [scored("a", 0.5), scored("b", 2, { impid: "2" })]
      expect(yield* step([low, low, other])).toMatchObject({
        _tag: "TrackError",
        payload: {
          cause: "no bid above the floor, no such impression",
          losers: [{ loss: { code: 100 } }, { loss: { code: 100 } }, { loss: { code: 3 } }]
        }
      })
    }).pipe(Effect.provide(market))
  )

  const won = scored("a", 2, { nurl: `http://a/win?\${AUCTION_PRICE}`, adm: `<ad \${AUCTION_PRICE}>`, crid: "c" })
  const lost = scored("b", 1, { lurl: `http://b/loss?\${AUCTION_PRICE}&\${AUCTION_LOSS}` })
  const loser: LostBid = { ...lost, loss: losses.outbid, price: 1.5 }
  const result = { sales: [{ ...won, price: 1.5, usd: 1.5, minToWin: 1.5 }], losers: [loser] }
  const ad = { id: "a-1", impid: "1", cat: [], crid: "c", adm: "<ad 1.5>", price: 1.5 }
  const response = { id: "r", cur: "USD", seatbid: [{ seat: "a", bid: [ad] }] }
  const filled = { _tag: "Filled", payload: response }

  /** Partners that note what they are told. */
  const telling = (told: Array<unknown>) =>
    partners({ notify: (partner, url) => Effect.sync(() => void told.push([partner, url])) })

  it.effect("TrackResults tells winner and losers, counts, and answers with the ad and the price to pay", () =>
    Effect.gen(function* () {
      const told: Array<unknown> = []
      const step = adExchange.step("TrackResults", result, { input: requestOf() })
      expect(yield* Effect.provide(step, telling(told))).toEqual(filled)
      expect(told.toSorted()).toEqual([
        ["a", "http://a/win?1.5"],
        ["b", "http://b/loss?1.5&102"]
      ])
      expect(yield* Tracking.use(({ events }) => events)).toEqual([
        { kind: "sale", request: "r", price: 1.5 },
        { kind: "auction", request: "r", bids: 2 }
      ])
    }).pipe(Effect.provide(facts))
  )

  it.effect("TrackResults leaves a test out of what is paid", () =>
    Effect.gen(function* () {
      const step = adExchange.step("TrackResults", result, { input: requestOf({ test: 1 }) })
      expect(yield* step).toEqual(filled)
      expect(yield* Tracking.use(({ events }) => events)).toEqual([{ kind: "auction", request: "r", bids: 2 }])
    }).pipe(Effect.provide(market))
  )

  it.effect("TrackResults lets a sale stand that could not be tracked", () =>
    Effect.gen(function* () {
      const step = adExchange.step("TrackResults", result, { input: requestOf() })
      expect(yield* endingAt(100, Effect.provide(step, partners({ notify: () => Effect.never })))).toEqual(filled)
    }).pipe(Effect.provide(facts))
  )

  it.effect("TrackError counts what kept an impression unsold, and tells the losers", () =>
    Effect.gen(function* () {
      const told: Array<unknown> = []
      const failure = { cause: "x", losers: [{ ...lost, loss: losses.floor }] }
      const step = adExchange.step("TrackError", failure, { input: requestOf() })
      expect(yield* Effect.provide(step, telling(told))).toEqual({ _tag: "NoFill", payload: { cause: "x" } })
      expect(told).toEqual([["b", "http://b/loss?&100"]])
      expect(yield* Tracking.use(({ events }) => events)).toEqual([{ kind: "no fill", request: "r", cause: "x" }])
    }).pipe(Effect.provide(facts))
  )
})

/**
 * What the program makes of files, with the lines it prints. Time stands still until everybody who is in time has answered,
 * and everybody else has been asked: then it moves on to the limit.
 */
const trade = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  const printed: Array<string> = []
  const inTime = bidders.filter(({ delay }) => delay < 200)
  const late = bidders.filter(({ delay }) => delay >= 200)
  const signals = yield* Queue.unbounded<string>()
  const asked = late.map((bidder) => ({
    ...bidder,
    get delay() {
      Queue.offerUnsafe(signals, "asked")
      return 3_600_000
    }
  }))
  const log = (...line: ReadonlyArray<unknown>) => {
    const lines = line.join(" ").split("\n")
    printed.push(...lines)
    for (const line of lines) if (line.endsWith(" answered")) Queue.offerUnsafe(signals, "answered")
  }
  const quiet = Object.assign(Object.create(console), { log, error: log, table: () => {} })
  const running = yield* program(files).pipe(
    Effect.provide(live([...inTime.map((bidder) => ({ ...bidder, delay: 0 })), ...asked])),
    Effect.provide(NodeServices.layer),
    Effect.provideService(Console.Console, quiet),
    Effect.forkChild
  )
  for (const _ of files) {
    yield* Queue.takeN(signals, bidders.length)
    yield* TestClock.adjust(200)
  }
  return { rows: yield* Fiber.join(running), printed }
})

describe("the market", () => {
  it.effect("sells the samples to the best of those who bid in time", () =>
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
        ["loss at 0.9 to Agency1 (102)", "loss at 0.9 to Agency2 (102)", "win at 0.9 to Retarget"],
        ["loss at 0.494 to Agency1 (102)", "loss at 0.494 to Agency2 (102)", "win at 0.494 to Retarget"],
        ["loss to Agency1 (100)", "loss to Agency2 (100)"],
        ["loss at 3.5385 to Agency1 (102)", "loss at 3.5385 to Retarget (102)", "win at 3.5385 to Agency2"],
        ["loss at 2.4 to Agency1 (102)", "loss at 2.4 to Retarget (4)", "win at 2.4 to Agency2"],
        ["loss at 1.1 to Agency2 (102)", "win at 1.1 to Agency1"]
      ])
      expect(printed).toContain("revenue per thousand of each impression: 8.4325 USD")
    })
  )

  it.effect("gives an account of each run: the states, and what became of each partner", () =>
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
      expect(rows[0]?.ms).toBe(200)
    })
  )
})

/** However busy the machine is: how many bids come in time depends on it, that the program ends well does not. */
const patience = 300_000

describe("the program", { timeout: patience }, () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "ad-exchange-"))
  })
  afterAll(() => rm(directory, { recursive: true }))

  const argumentsOf = (own: ReadonlyArray<string>) => [
    ...["--import", new URL("../support/register.mjs", import.meta.url).href],
    ...[`${example}main.ts`, ...own]
  ]

  const run = (files: ReadonlyArray<string>) =>
    new Promise<{ readonly code: unknown; readonly out: string; readonly err: string }>((resolve) => {
      execFile(process.execPath, argumentsOf(files), { timeout: patience }, (error, out, err) =>
        resolve({ code: error === null ? 0 : error.code, out, err })
      )
    })

  it("runs all samples without arguments", async () => {
    const { code, out } = await run([])
    expect(code).toBe(0)
    for (const file of samples) expect(out).toMatch(new RegExp(`'${basename(file)}' +│ '(Filled|NoFill)'`))
    // The last of the runs over time, with the names of the partners.
    const [, timeline = ""] = out.split("\n6.3.6_native_ad.json\n")
    expect(timeline).toMatch(/^ +0 ms +\d.*\nAdExchange .* (Filled|NoFill)\n/)
    for (const late of ["Slowpoke", "Sleeper"])
      expect(timeline).toMatch(new RegExp(`    ${late} +/+ +\\d+ ms  interrupted\n`))
  })

  it("writes two pictures of every run into the folder it is given", async () => {
    const folder = join(directory, "some", "pictures")
    const unsold = join(directory, "unsold.json")
    await writeFile(unsold, JSON.stringify({ id: "own", site, imp: [imp("1", { bidfloor: 1_000 })] }))
    const { code } = await run(["--pictures", folder, ...samples.slice(0, 2), unsold])
    expect(code).toBe(0)
    expect((await readdir(folder)).toSorted()).toEqual([
      "6.3.1_simple_banner.diagram.svg",
      "6.3.1_simple_banner.timeline.svg",
      "6.3.2_expandable_creative.diagram.svg",
      "6.3.2_expandable_creative.timeline.svg",
      "unsold.diagram.svg",
      "unsold.timeline.svg"
    ])
    const read = (file: string) => readFile(join(folder, file), "utf8")
    const { lanes } = readTimeline(await read("6.3.1_simple_banner.timeline.svg"))
    const notes = new Map(lanes.map(({ label, notes }) => [label, notes]))
    expect([notes.get("Slowpoke"), notes.get("Sleeper")]).toEqual(["interrupted", "interrupted"])
    const { edges, nodes } = readSvg(await read("unsold.diagram.svg"))
    expect(nodes.find(({ id }) => id === "RequestBids")!.lines.join(" ")).toMatch(/Slowpoke, Sleeper interrupted$/)
    expect(edges.filter(({ taken }) => taken).map(({ title }) => title)).toContain("TrackError->NoFill")
  })

  it.each([
    [["--bogus"], 1, "Unrecognized flag: --bogus"],
    [["--pictures"], 1, "Missing value for flag --pictures"],
    [["--pictures", `${example}main.ts`], 1, `No pictures can be written to ${example}main.ts: `],
    [["--help"], 0, "--pictures"]
  ])("understands that %j is no trade, and says so without a stack trace", async (args, expected, text) => {
    const { code, err, out } = await run(args)
    expect(code).toBe(expected)
    expect(out + err).toContain(text)
    expect(out + err).not.toMatch(/^\s+at /m)
  })

  it("is quiet when nobody reads on", async () => {
    const child = spawn(process.execPath, argumentsOf([]), { stdio: ["ignore", "pipe", "pipe"] })
    let err = ""
    child.stderr.on("data", (chunk) => {
      err += chunk
    })
    child.stdout.once("data", () => child.stdout.destroy())
    expect(await once(child, "close")).toEqual([0, null])
    expect(err).toBe("")
  })

  it("names a malformed file and its field, runs the others, and exits with 1", async () => {
    const request = { id: "own", site: { id: "102855" }, imp: [{ id: "1", banner: {} }] }
    const files = {
      "field.json": JSON.stringify({ ...request, at: 3, imp: [imp("1", { bidfloor: "free" })] }),
      "syntax.json": '{ "id": ',
      "unknown.json": JSON.stringify({ ...request, site: { id: "4711" } }),
      "own.json": JSON.stringify(request)
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
    const paths = [...Object.keys(files), "missing.json"].map((name) => join(directory, name))
    const { code, err, out } = await run(paths)
    expect(code).toBe(1)
    expect(err.split("\n")).toEqual([
      `${join(directory, "field.json")} is no bid request: Expected number | null at ["imp"][0]["bidfloor"]; Expected 1, 2 or at least 500 at ["at"]`,
      `${join(directory, "syntax.json")} is no bid request: No JSON: it ends too early at line 1, column 9`,
      expect.stringContaining(`${join(directory, "missing.json")} is no bid request: `),
      ""
    ])
    const outcomes = [...out.matchAll(/'(\w+\.json)' +│ '(\w+)'/g)].map(([, name, outcome]) => [name, outcome])
    expect(outcomes).toEqual([
      ["field.json", "malformed"],
      ["syntax.json", "malformed"],
      ["unknown.json", "Invalid"],
      ["own.json", expect.stringMatching(/^(Filled|NoFill)$/)],
      ["missing.json", "malformed"]
    ])
  })
})
