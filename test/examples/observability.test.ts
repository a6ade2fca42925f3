/** The observable exchange as a process: what it tells a real OTLP/HTTP receiver and a scraper of Prometheus, and how it stops. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))

type Values = Readonly<Record<string, unknown>>

/** What OTLP has in JSON, as far as it is looked at here. */
interface KeyValue {
  readonly key: string
  readonly value: Values
}
interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<KeyValue>
  readonly events: ReadonlyArray<{ readonly name: string; readonly attributes: ReadonlyArray<KeyValue> }>
  readonly status: { readonly code: number; readonly message?: string }
}
interface LogRecord {
  readonly body: { readonly stringValue?: string }
  readonly attributes: ReadonlyArray<KeyValue>
  readonly traceId?: string
  readonly spanId?: string
}
interface DataPoint {
  readonly attributes: ReadonlyArray<KeyValue>
  readonly asDouble?: number
  readonly count?: number
  readonly sum?: number
}
interface OtlpMetric {
  readonly name: string
  readonly unit: string
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: ReadonlyArray<DataPoint> }
  readonly gauge?: { readonly dataPoints: ReadonlyArray<DataPoint> }
  readonly histogram?: { readonly dataPoints: ReadonlyArray<DataPoint> }
}

const valuesOf = (attributes: ReadonlyArray<KeyValue>): Values =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

/** A receiver of OTLP over HTTP, which keeps the parts of what it was sent. */
class Receiver {
  readonly spans: Array<Span> = []
  readonly logs: Array<LogRecord> = []
  /** The metrics as they were last exported. */
  metrics: ReadonlyArray<OtlpMetric> = []
  readonly services = new Set<unknown>()
  readonly faults: Array<string> = []
  private readonly server: Server

  constructor() {
    this.server = createServer(async (request, response) => {
      const { headers, method, url } = request
      const body = JSON.parse(await text(request))
      if (method !== "POST" || headers["content-type"] !== "application/json") this.faults.push(`${method} ${url}`)
      const resources = body.resourceSpans ?? body.resourceLogs ?? body.resourceMetrics
      for (const { resource, ...rest } of resources) {
        this.services.add(valuesOf(resource.attributes)["service.name"])
        if (url === "/v1/traces") this.spans.push(...rest.scopeSpans.flatMap((scope: { spans: Span[] }) => scope.spans))
        else if (url === "/v1/logs")
          this.logs.push(...rest.scopeLogs.flatMap((scope: { logRecords: LogRecord[] }) => scope.logRecords))
        else if (url === "/v1/metrics")
          this.metrics = rest.scopeMetrics.flatMap((scope: { metrics: OtlpMetric[] }) => scope.metrics)
        else this.faults.push(`unknown path ${url}`)
      }
      response.setHeader("content-type", "application/json").end("{}")
    })
  }

  async listen(): Promise<string> {
    await once(this.server.listen(0, "127.0.0.1"), "listening")
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  close() {
    this.server.closeAllConnections()
    this.server.close()
  }
}

/** A sample of Prometheus' text format. */
interface Sample {
  readonly name: string
  readonly labels: Values
  readonly value: number
}

/** Reads Prometheus' text format, and takes nothing that is not in it. */
const parsePrometheus = (text: string) => {
  const types: Record<string, string> = {}
  const samples: Array<Sample> = []
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# HELP ")) continue
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line)
    if (type !== null) {
      types[type[1]!] = type[2]!
      continue
    }
    const sample = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (sample === null) throw new Error(`no line of Prometheus: ${line}`)
    const labels = [...(sample[2] ?? "").matchAll(/([a-z_]+)="((?:[^"\\\n]|\\.)*)"(?:,|$)/g)]
    if (labels.map(([all]) => all).join("") !== (sample[2] ?? "")) throw new Error(`no labels: ${sample[2]}`)
    samples.push({
      name: sample[1]!,
      labels: Object.fromEntries(labels.map(([, key, value]) => [key, value])),
      value: Number(sample[3])
    })
  }
  return { types, samples }
}

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
  const headers = { "content-type": "application/json", traceparent: `00-${traceId}-${spanId}-01` }
  const response = await fetch(`${url}/bid`, { method: "POST", body, headers })
  return { status: response.status, body: await response.text() }
}

const scrape = async () => (await fetch(`${url}/metrics`)).text()

const isActive = async () =>
  parsePrometheus(await scrape()).samples.some(({ name, value }) => name === "workflow_active_runs" && value === 1)

const banner = await readFile(fileOf("../../examples/ad-exchange/openrtb/6.3.1_simple_banner.json"), "utf8")
const requestOf = (more: object) => JSON.stringify({ ...JSON.parse(banner), ...more })

beforeAll(async () => {
  const never = String(3_600_000)
  const main = fileOf("../../examples/observability/main.ts")
  exchange = spawn(process.execPath, ["--import", new URL("../support/register.mjs", import.meta.url).href, main], {
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
  // The first run of a process is its slowest, which might cost it an answer.
  answers.push(await post(banner, 0))
  answers.push(await post(banner, 1))
  answers.push(await post(requestOf({ imp: [{ id: "1", bidfloor: 1_000_000 }] }), 2))
  answers.push(await post(requestOf({ site: { id: "4711" } }), 3))
  answers.push(await post(`{"id": 1}`, 4))
  metricsText = await scrape()
  const last = post(banner, 5)
  while (!(await isActive())) {}
  exchange.kill("SIGTERM")
  answers.push(await last)
  ;[exitCode] = await exited
}, 60_000)

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
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 204, 400, 400, 200])
    expect(JSON.parse(answers[1]!.body).seatbid).toEqual([
      { seat: "Retarget", bid: [expect.objectContaining({ price: 0.9 })] }
    ])
    expect(JSON.parse(answers[3]!.body)).toEqual({ reason: "unknown site or app 4711" })
    expect(JSON.parse(answers[4]!.body).reason).toMatch(/Expected string/)
  })

  it("exports JSON to the endpoint that the environment gives, as its own service", () => {
    expect(receiver.faults).toEqual([])
    expect([...receiver.services]).toEqual(["ad-exchange"])
  })

  it("stops gracefully: the run in progress is finished, and all that was buffered is exported", () => {
    expect(exitCode).toBe(130)
    expect(answers[5]).toMatchObject({ status: 200, body: expect.stringContaining(`"id":`) })
    expect(lineOf(runOf(5))).toBe("run AdExchange: ok exit=Filled")
    expect(receiver.logs.filter(({ traceId }) => traceId === callerOf(5).traceId).length).toBeGreaterThanOrEqual(2)
    expect(receiver.metrics.length).toBeGreaterThan(0)
  })
})

describe("the spans of a run", () => {
  it("are a tree under the caller's: run, states, attempts, branches; losers are marked as interrupted", () => {
    const spans = traceOf(1)
    const [request, ...others] = childrenOf(spans, callerOf(1).spanId)
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
    const spans = traceOf(1)
    const branches = spans.filter(({ name }) => name === "branch RequestBids")
    const calls = branches.flatMap(({ spanId }) => childrenOf(spans, spanId))
    expect(calls.map(({ kind, name }) => `${name} ${kind}`)).toEqual(branches.map(() => "POST 3"))
    expect(calls.filter((call) => "effect.fiber.interrupted" in valuesOf(call.attributes))).toHaveLength(2)
  })

  it("say of which run and state they are, and lie within their parents", () => {
    const spans = traceOf(1).filter(isOfRun)
    const id = idOf(runOf(1))
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    for (const span of spans) {
      const values = valuesOf(span.attributes)
      expect(values).toMatchObject({ "workflow.name": "AdExchange", "workflow.run.id": id })
      const [kind, name] = span.name.split(" ")
      if (kind === "state" || kind === "attempt") expect(values["workflow.state"]).toBe(name)
      const parent = traceOf(1).find(({ spanId }) => spanId === span.parentSpanId)!
      expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(parent.startTimeUnixNano))
      expect(BigInt(span.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(parent.endTimeUnixNano))
    }
    expect(
      spans.filter(({ name }) => name.startsWith("branch")).map((span) => valuesOf(span.attributes)["workflow.state"])
    ).toEqual(expect.arrayContaining(["GatherContext", "RequestBids", "ScoreBids", "TrackResults"]))
  })

  it("hold the error where something failed", () => {
    const failed = traceOf(1).filter((span) => isOfRun(span) && span.status.code === 2)
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
    expect(way(2)).toEqual([
      "run AdExchange: ok exit=NoFill",
      "state Validate: ok target=GatherContext",
      "state GatherContext: ok target=RequestBids",
      "state RequestBids: ok target=ScoreBids",
      "state ScoreBids: ok target=RunAuction",
      "state RunAuction: ok target=TrackError",
      "state TrackError: ok target=NoFill"
    ])
    expect(way(3)).toEqual(["run AdExchange: ok exit=Invalid", "state Validate: ok target=Invalid"])
    // What is no bid request is no run.
    expect(traceOf(4).filter(isOfRun)).toEqual([])
    expect(traceOf(4)).toHaveLength(1)
  })

  it("are of the exchange only: neither its bidders nor a scrape is traced", () => {
    const servers = receiver.spans.filter(({ kind }) => kind === 2)
    expect(servers.map(({ traceId }) => traceId).toSorted()).toEqual(
      [0, 1, 2, 3, 4, 5].map((nth) => callerOf(nth).traceId).toSorted()
    )
  })
})

describe("the log lines of a run", () => {
  const linesOf = (nth: number) =>
    receiver.logs
      .filter(({ attributes, traceId }) => traceId === callerOf(nth).traceId && "workflow.name" in valuesOf(attributes))
      .map((log) => ({ message: log.body.stringValue, values: valuesOf(log.attributes), spanId: log.spanId }))

  it("carry its workflow, its id and its state, and the span they were logged in", () => {
    const spans = traceOf(1)
    const spanOf = (name: string) => spans.find((span) => span.name === name)!.spanId
    const run = { "workflow.name": "AdExchange", "workflow.run.id": idOf(runOf(1)), "workflow.state": "TrackResults" }
    expect(linesOf(1)).toEqual([
      { message: "sale", values: expect.objectContaining({ ...run, price: 0.9 }), spanId: spanOf("branch sales") },
      { message: "auction", values: expect.objectContaining({ ...run, bids: 3 }), spanId: spanOf("branch auction") }
    ])
    expect(linesOf(2)).toEqual([
      {
        message: "no fill",
        values: expect.objectContaining({
          ...run,
          "workflow.run.id": idOf(runOf(2)),
          "workflow.state": "TrackError",
          cause: "no bid above the floor"
        }),
        spanId: traceOf(2).find(({ name }) => name === "attempt TrackError")!.spanId
      }
    ])
  })

  it("are those of the console", () => {
    expect(stdout).toContain(`'workflow.run.id': '${idOf(runOf(1))}'`)
  })
})

/** How often each state is visited by runs that end as given. */
const expectedOf = ({ filled, invalid, unsold }: { filled: number; invalid: number; unsold: number }) => {
  const all = filled + unsold + invalid
  const auctioned = filled + unsold
  const visits = {
    Validate: all,
    GatherContext: auctioned,
    RequestBids: auctioned,
    ScoreBids: auctioned,
    RunAuction: auctioned,
    TrackResults: filled,
    TrackError: unsold
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
    ...Object.entries({ Filled: filled, NoFill: unsold, Invalid: invalid }).map(([exit, n]) =>
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
    expect(linesOf(exported())).toEqual(linesOf(expectedOf({ filled: 3, unsold: 1, invalid: 1 })))
  })

  it("arrive as what they are: sums that only grow, a gauge, and seconds", () => {
    const named = (name: string) => receiver.metrics.find((metric) => metric.name === name)!
    expect(named("workflow.runs").sum).toMatchObject({ isMonotonic: true })
    expect(named("workflow.active_runs").gauge).toBeDefined()
    expect(named("workflow.state.duration").unit).toBe("s")
    const bids = pointsOf(named("workflow.state.duration")).find(
      ({ attributes }) => valuesOf(attributes)["workflow.state"] === "RequestBids"
    )!
    // It takes its 200 milliseconds in each of the four runs.
    expect(bids.sum).toBeGreaterThan(0.79)
    expect(bids.sum).toBeLessThan(8)
  })

  it("are the same for Prometheus, in its format", () => {
    const { samples, types } = parsePrometheus(metricsText)
    const before = expectedOf({ filled: 2, unsold: 1, invalid: 1 }).map(sanitized)
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
    expect(buckets.at(-1)).toMatchObject({ labels: { le: "+Inf" }, value: 3 })
    expect(buckets.find(({ labels }) => labels.le === "0.1")?.value).toBe(0)
    expect(buckets.find(({ labels }) => labels.le === "10")?.value).toBe(3)
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
