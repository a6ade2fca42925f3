/** The observable exchange as a process: what it tells a real OTLP/HTTP receiver and a scraper of Prometheus, and how it stops. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type OtlpMetric, Receiver, type Span, type Values, valuesOf } from "../support/otlp.ts"
import { parsePrometheus, type Sample } from "../support/prometheus.ts"

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Samples as text, in order. */
const linesOf = (samples: ReadonlyArray<Sample>): ReadonlyArray<string> =>
  samples
    .map(({ labels, name, value }) => {
      const text = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
      return `${name}{${text.toSorted().join(",")}} ${value}`
    })
    .toSorted()

/** The caller's span of a request: the exchange is told of it by a header. */
const callerOf = (nth: number) => ({ traceId: `${nth}`.padStart(32, "ab"), spanId: `${nth}`.padStart(16, "cd") })

const receiver = new Receiver()
let exchange: ChildProcess
let url: string
let stdout = ""
let metricsText: string
let exitCode: unknown
const answers: Array<{ readonly status: number; readonly body: string }> = []

const post = async (body: string, nth: number) => {
  const { spanId, traceId } = callerOf(nth)
  const headers = {
    "content-type": "application/json",
    traceparent: `00-${traceId}-${spanId}-01`,
    // The server need not wait for the connection when it stops.
    connection: "close"
  }
  const response = await fetch(`${url}/bid`, { method: "POST", body, headers })
  return { status: response.status, body: await response.text() }
}

const scrape = async () => (await fetch(`${url}/metrics`)).text()

const isActive = async () =>
  parsePrometheus(await scrape()).samples.some(({ name, value }) => name === "workflow_active_runs" && value === 1)

const banner = await readFile(fileOf("../../examples/ad-exchange/openrtb/6.3.1_simple_banner.json"), "utf8")
const requestOf = (more: object) => JSON.stringify({ ...JSON.parse(banner), ...more })

/** The requests, by their place among the answers; one is in progress when the exchange is told to stop. */
const [sold, unsold, invalid, malformed, broken, tooLong, inProgress] = [0, 1, 2, 3, 4, 5, 6] as const

beforeAll(async () => {
  const never = String(3_600_000)
  const imports = ["register", "slow"].flatMap((file) => ["--import", fileOf(`../support/${file}.mjs`)])
  exchange = spawn(process.execPath, [...imports, fileOf("../../examples/observability/main.ts")], {
    env: {
      PORT: "0",
      OTEL_EXPORTER_OTLP_ENDPOINT: await receiver.listen(),
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_LOGS_EXPORTER: "otlp",
      OTEL_METRICS_EXPORTER: "otlp",
      // Nothing is exported but what is flushed in the end.
      OTEL_BSP_SCHEDULE_DELAY: never,
      OTEL_BLRP_SCHEDULE_DELAY: never,
      OTEL_METRIC_EXPORT_INTERVAL: never
    },
    stdio: ["ignore", "pipe", "inherit"]
  })
  const exited = once(exchange, "exit")
  url = await new Promise<string>((resolve, reject) => {
    exited.then(() => reject(new Error(`the exchange has ended: ${stdout}`)), reject)
    exchange.stdout!.on("data", (chunk) => {
      stdout += chunk
      const [, address] = /Listening on (http:\/\/\S+)/.exec(stdout) ?? []
      if (address !== undefined) resolve(address)
    })
  })
  const bodies = [
    banner,
    requestOf({ imp: [{ id: "1", banner: {}, bidfloor: 1_000_000 }] }),
    requestOf({ site: { id: "4711" } }),
    `{"id": 1}`,
    `{"id": "r",}`,
    " ".repeat(2 ** 20 + 1)
  ]
  answers.push(...(await Promise.all(bodies.map(post))))
  metricsText = await scrape()
  const last = post(banner, inProgress)
  while (!(await isActive())) {}
  exchange.kill("SIGTERM")
  answers.push(await last)
  ;[exitCode] = await exited
})

afterAll(() => {
  exchange.kill("SIGKILL")
  receiver.close()
})

/** The spans of a request. */
const traceOf = (nth: number) => receiver.spans.filter(({ traceId }) => traceId === callerOf(nth).traceId)

const childrenOf = (spans: ReadonlyArray<Span>, spanId: string) =>
  spans
    .filter(({ parentSpanId }) => parentSpanId === spanId)
    .toSorted((a, b) => (BigInt(a.startTimeUnixNano) < BigInt(b.startTimeUnixNano) ? -1 : 1))

const statuses = ["unset", "ok", "error"]

/** A span in a line: its name, its status, and what its attributes say of it. */
const lineOf = ({ attributes, name, status }: Span): string => {
  const { "effect.fiber.interrupted": interrupted, "error.type": error, ...values } = valuesOf(attributes)
  const own = ["attempt", "branch", "target", "exit"].filter((key) => `workflow.${key}` in values)
  return [
    `${name}:`,
    statuses[status.code],
    ...own.map((key) => `${key}=${values[`workflow.${key}`]}`),
    ...(error === undefined ? [] : [`error=${error}`]),
    ...(interrupted === true ? ["interrupted"] : [])
  ].join(" ")
}

/** The spans below one as a tree. */
const treeOf = (spans: ReadonlyArray<Span>, spanId: string, indent = ""): ReadonlyArray<string> =>
  childrenOf(spans, spanId).flatMap((span) => [
    `${indent}${lineOf(span)}`,
    ...treeOf(spans, span.spanId, `${indent}  `)
  ])

const isOfRun = ({ attributes }: Span) => "workflow.name" in valuesOf(attributes)
const runOf = (nth: number) => traceOf(nth).find(({ name }) => name === "run AdExchange")!
const idOf = (span: Span) => valuesOf(span.attributes)["workflow.run.id"]

describe("the exchange", () => {
  it("answers bid requests", () => {
    expect(answers.map(({ status }) => status)).toEqual([200, 204, 400, 400, 400, 413, 200])
    expect(JSON.parse(answers[sold]!.body).seatbid).toEqual([
      { seat: "Retarget", bid: [expect.objectContaining({ price: 0.9 })] }
    ])
    expect(JSON.parse(answers[invalid]!.body)).toEqual({ reason: "unknown site or app 4711" })
    expect(JSON.parse(answers[malformed]!.body)).toEqual({
      reason: 'Expected string at ["id"]; Missing key at ["imp"]'
    })
    expect(JSON.parse(answers[broken]!.body)).toEqual({ reason: 'No JSON: "}" is not expected at line 1, column 12' })
    expect(JSON.parse(answers[tooLong]!.body)).toEqual({ reason: "A bid request of more than 1 MiB" })
  })

  it("exports JSON to the endpoint that the environment gives, as its own service", () => {
    expect(receiver.faults).toEqual([])
    expect([...receiver.services]).toEqual(["ad-exchange"])
  })

  it("stops gracefully: the run in progress is finished, and all that was buffered is exported", () => {
    expect(exitCode).toBe(130)
    expect(answers[inProgress]).toMatchObject({ status: 200, body: expect.stringContaining(`"id":`) })
    expect(lineOf(runOf(inProgress))).toBe("run AdExchange: ok exit=Filled")
    expect(
      receiver.logs.filter(({ traceId }) => traceId === callerOf(inProgress).traceId).length
    ).toBeGreaterThanOrEqual(2)
    expect(receiver.metrics.length).toBeGreaterThan(0)
  })
})

describe("the spans of a run", () => {
  it("are a tree under the caller's: run, states, attempts, branches; losers are marked as interrupted", () => {
    const spans = traceOf(sold)
    const [request, ...others] = childrenOf(spans, callerOf(sold).spanId)
    expect(others).toEqual([])
    expect(request).toMatchObject({ kind: 2, status: { code: 1 } })
    expect(treeOf(spans.filter(isOfRun), request!.spanId)).toEqual([
      "run AdExchange: ok exit=Filled",
      "  state Validate: ok target=GatherContext",
      "    attempt Validate: ok attempt=1",
      "  state GatherContext: ok target=RequestBids",
      "    attempt GatherContext: ok attempt=1",
      "      branch profile: ok branch=profile",
      "      branch country: ok branch=country",
      "      branch devicetype: ok branch=devicetype",
      "  state RequestBids: ok target=ScoreBids",
      "    attempt RequestBids: ok attempt=1",
      "      branch RequestBids: ok branch=0",
      "      branch RequestBids: ok branch=1",
      "      branch RequestBids: ok branch=2",
      "      branch RequestBids: unset branch=3 interrupted",
      "      branch RequestBids: unset branch=4 interrupted",
      "      branch RequestBids: error branch=5 error=PartnerFailed",
      "  state ScoreBids: ok target=RunAuction",
      "    attempt ScoreBids: ok attempt=1",
      "      branch ScoreBids: ok branch=0",
      "      branch ScoreBids: ok branch=1",
      "      branch ScoreBids: ok branch=2",
      "  state RunAuction: ok target=TrackResults",
      "    attempt RunAuction: ok attempt=1",
      "  state TrackResults: ok target=Filled",
      "    attempt TrackResults: ok attempt=1",
      "      branch wins: ok branch=wins",
      "      branch losses: ok branch=losses",
      "      branch sales: ok branch=sales",
      "      branch auction: ok branch=auction"
    ])
  })

  it("have what the handlers do below them: every partner that is asked, interrupted with its branch", () => {
    const spans = traceOf(sold)
    const branches = spans.filter(({ name }) => name === "branch RequestBids")
    const calls = branches.flatMap(({ spanId }) => childrenOf(spans, spanId))
    expect(calls.map(({ kind, name }) => `${name} ${kind}`)).toEqual(branches.map(() => "POST 3"))
    expect(calls.filter((call) => "effect.fiber.interrupted" in valuesOf(call.attributes))).toHaveLength(2)
  })

  it("say of which run and state they are, and lie within their parents", () => {
    const spans = traceOf(sold).filter(isOfRun)
    const id = idOf(runOf(sold))
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    for (const span of spans) {
      const values = valuesOf(span.attributes)
      expect(values).toMatchObject({ "workflow.name": "AdExchange", "workflow.run.id": id })
      const [kind, name] = span.name.split(" ")
      if (kind === "state" || kind === "attempt") expect(values["workflow.state"]).toBe(name)
      const parent = traceOf(sold).find(({ spanId }) => spanId === span.parentSpanId)!
      expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(parent.startTimeUnixNano))
      expect(BigInt(span.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(parent.endTimeUnixNano))
    }
    expect(
      spans.filter(({ name }) => name.startsWith("branch")).map((span) => valuesOf(span.attributes)["workflow.state"])
    ).toEqual(expect.arrayContaining(["GatherContext", "RequestBids", "ScoreBids", "TrackResults"]))
  })

  it("hold the error where something failed", () => {
    const failed = traceOf(sold).filter((span) => isOfRun(span) && span.status.code === 2)
    expect(failed).toHaveLength(1)
    const [{ events, status }] = failed as [Span]
    expect(events.map(({ name }) => name)).toEqual(["exception"])
    expect(valuesOf(events[0]!.attributes)).toMatchObject({
      "exception.type": "PartnerFailed",
      "exception.message": status.message
    })
  })

  it("show the way of every run", () => {
    const way = (nth: number) =>
      treeOf(traceOf(nth).filter(isOfRun), runOf(nth).parentSpanId!)
        .filter((line) => /^(run| {2}state)/.test(line))
        .map((line) => line.trim())
    expect(way(unsold)).toEqual([
      "run AdExchange: ok exit=NoFill",
      "state Validate: ok target=GatherContext",
      "state GatherContext: ok target=RequestBids",
      "state RequestBids: ok target=ScoreBids",
      "state ScoreBids: ok target=RunAuction",
      "state RunAuction: ok target=TrackError",
      "state TrackError: ok target=NoFill"
    ])
    expect(way(invalid)).toEqual(["run AdExchange: ok exit=Invalid", "state Validate: ok target=Invalid"])
    // What is no bid request is no run.
    expect(traceOf(malformed).filter(isOfRun)).toEqual([])
    expect(traceOf(malformed)).toHaveLength(1)
  })

  it("are of the exchange only: neither its bidders nor a scrape is traced", () => {
    const servers = receiver.spans.filter(({ kind }) => kind === 2)
    expect(servers.map(({ traceId }) => traceId).toSorted()).toEqual(
      answers.map((_, nth) => callerOf(nth).traceId).toSorted()
    )
  })
})

describe("the log lines of a run", () => {
  const linesOf = (nth: number) =>
    receiver.logs
      .filter(({ attributes, traceId }) => traceId === callerOf(nth).traceId && "workflow.name" in valuesOf(attributes))
      .map((log) => ({ message: log.body.stringValue, values: valuesOf(log.attributes), spanId: log.spanId }))

  it("carry its workflow, its id and its state, and the span they were logged in", () => {
    const spans = traceOf(sold)
    const spanOf = (name: string) => spans.find((span) => span.name === name)!.spanId
    const run = {
      "workflow.name": "AdExchange",
      "workflow.run.id": idOf(runOf(sold)),
      "workflow.state": "TrackResults"
    }
    expect(linesOf(sold)).toEqual([
      { message: "sale", values: expect.objectContaining({ ...run, price: 0.9 }), spanId: spanOf("branch sales") },
      { message: "auction", values: expect.objectContaining({ ...run, bids: 3 }), spanId: spanOf("branch auction") }
    ])
    expect(linesOf(unsold)).toEqual([
      {
        message: "no fill",
        values: expect.objectContaining({
          ...run,
          "workflow.run.id": idOf(runOf(unsold)),
          "workflow.state": "TrackError",
          cause: "no bid above the floor"
        }),
        spanId: traceOf(unsold).find(({ name }) => name === "attempt TrackError")!.spanId
      }
    ])
  })

  it("are those of the console", () => {
    expect(stdout).toContain(`'workflow.run.id': '${idOf(runOf(sold))}'`)
  })
})

/** What is counted of so many runs by their exits. */
const expectedOf = (exits: { readonly Filled: number; readonly NoFill: number; readonly Invalid: number }) => {
  const { Filled, Invalid, NoFill } = exits
  const auctioned = Filled + NoFill
  const visits = {
    Validate: auctioned + Invalid,
    GatherContext: auctioned,
    RequestBids: auctioned,
    ScoreBids: auctioned,
    RunAuction: auctioned,
    TrackResults: Filled,
    TrackError: NoFill
  }
  const series = (name: string, labels: Values, value: number): Sample => ({ name, labels, value })
  const of = { "workflow.name": "AdExchange" }
  const joins = {
    GatherContext: "all",
    RequestBids: "partialTimeout",
    ScoreBids: "all",
    TrackResults: "settled"
  } as const
  const partners = {
    Agency1: "in time",
    Agency2: "in time",
    Retarget: "in time",
    Slowpoke: "too late",
    Sleeper: "too late",
    Down: "failed"
  }
  const states = Object.entries(visits)
  return [
    series("workflow.active_runs", of, 0),
    ...states.map(([state, n]) => series("workflow.attempts", { ...of, "workflow.state": state }, n)),
    ...states.map(([state, n]) => series("workflow.state.duration", { ...of, "workflow.state": state }, n)),
    ...Object.entries(exits).map(([exit, n]) =>
      series("workflow.runs", { ...of, "workflow.status": "completed", "workflow.exit": exit }, n)
    ),
    ...Object.entries(joins).map(([state, strategy]) =>
      series(
        "workflow.joins",
        { ...of, "workflow.state": state, "workflow.strategy": strategy, "workflow.status": "proceeded" },
        visits[state as keyof typeof joins]
      )
    ),
    ...Object.entries(partners).map(([partner, answer]) =>
      series("ad_exchange.answers", { partner, answer }, auctioned)
    )
  ]
}

/** Names as Prometheus has them. */
const sanitized = ({ labels, name, value }: Sample): Sample => ({
  name: name.replaceAll(".", "_"),
  labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [key.replaceAll(".", "_"), value])),
  value
})

const pointsOf = ({ gauge, histogram, sum }: OtlpMetric) => (sum ?? gauge ?? histogram)!.dataPoints

const exported = (): ReadonlyArray<Sample> =>
  receiver.metrics.flatMap((metric) =>
    pointsOf(metric).map(({ asDouble, attributes, count }) => {
      const { unit: _, ...labels } = valuesOf(attributes)
      return { name: metric.name, labels, value: asDouble ?? count ?? Number.NaN }
    })
  )

describe("metrics", () => {
  it("arrive with exactly these labels and values", () => {
    expect(linesOf(exported())).toEqual(linesOf(expectedOf({ Filled: 2, NoFill: 1, Invalid: 1 })))
  })

  it("arrive as what they are: sums that only grow, a gauge, and seconds", () => {
    const named = (name: string) => receiver.metrics.find((metric) => metric.name === name)!
    expect(named("workflow.runs").sum).toMatchObject({ isMonotonic: true })
    expect(named("workflow.active_runs").gauge).toBeDefined()
    expect(named("workflow.state.duration").unit).toBe("s")
    const bids = pointsOf(named("workflow.state.duration")).find(
      ({ attributes }) => valuesOf(attributes)["workflow.state"] === "RequestBids"
    )!
    // It takes its limit in each of the three runs, but not as a number of milliseconds.
    expect(bids.sum).toBeGreaterThan(3 * 3.9)
    expect(bids.sum).toBeLessThan(3_000)
  })

  it("are the same for Prometheus, in its format", () => {
    const { samples, types } = parsePrometheus(metricsText)
    const before = expectedOf({ Filled: 1, NoFill: 1, Invalid: 1 }).map(sanitized)
    const counted = samples
      .filter(({ name }) => !/_(bucket|sum)$/.test(name))
      .map((sample) => ({ ...sample, name: sample.name.replace(/_count$/, "") }))
    expect(linesOf(counted)).toEqual(linesOf(before))
    expect(types).toEqual({
      ad_exchange_answers: "counter",
      workflow_active_runs: "gauge",
      workflow_attempts: "counter",
      workflow_joins: "counter",
      workflow_runs: "counter",
      workflow_state_duration: "histogram"
    })
  })

  it("have buckets that add up", () => {
    const { samples } = parsePrometheus(metricsText)
    const ofBids = samples.filter(({ labels }) => labels.workflow_state === "RequestBids")
    const buckets = ofBids.filter(({ name }) => name === "workflow_state_duration_bucket")
    const values = buckets.map(({ value }) => value)
    expect(values).toEqual(values.toSorted((a, b) => a - b))
    expect(buckets.at(-1)).toMatchObject({ labels: { le: "+Inf" }, value: 2 })
    expect(buckets.find(({ labels }) => labels.le === "2.5")?.value).toBe(0)
  })

  it("have no label that holds an id", () => {
    const ids = [
      ...receiver.spans.filter(isOfRun).map((span) => String(idOf(span))),
      ...receiver.spans.flatMap(({ spanId, traceId }) => [spanId, traceId]),
      JSON.parse(banner).id
    ]
    const values = [...exported(), ...parsePrometheus(metricsText).samples].flatMap(({ labels }) =>
      Object.values(labels)
    )
    expect(new Set(ids).size).toBeGreaterThan(100)
    expect(values.filter((value) => ids.some((id) => String(value).includes(id)))).toEqual([])
  })
})
