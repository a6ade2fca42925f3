/** A receiver of OTLP over HTTP on the loopback interface, for JSON, and what it is sent, as far as it is looked at. */
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"

/** Attributes by their names. */
export type Values = Readonly<Record<string, unknown>>

/** An attribute. */
interface KeyValue {
  readonly key: string
  readonly value: Values
}

export interface Span {
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

export interface LogRecord {
  readonly body: { readonly stringValue?: string }
  readonly attributes: ReadonlyArray<KeyValue>
  readonly traceId?: string
  readonly spanId?: string
}

export interface DataPoint {
  readonly attributes: ReadonlyArray<KeyValue>
  readonly asDouble?: number
  readonly count?: number
  readonly sum?: number
}

export interface OtlpMetric {
  readonly name: string
  readonly unit: string
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: ReadonlyArray<DataPoint> }
  readonly gauge?: { readonly dataPoints: ReadonlyArray<DataPoint> }
  readonly histogram?: { readonly dataPoints: ReadonlyArray<DataPoint> }
}

interface Resource {
  readonly resource: { readonly attributes: ReadonlyArray<KeyValue> }
}

/** What one of the three paths is sent. */
interface Exported {
  readonly resourceSpans?: ReadonlyArray<
    Resource & { readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }> }
  >
  readonly resourceLogs?: ReadonlyArray<
    Resource & { readonly scopeLogs: ReadonlyArray<{ readonly logRecords: ReadonlyArray<LogRecord> }> }
  >
  readonly resourceMetrics?: ReadonlyArray<
    Resource & { readonly scopeMetrics: ReadonlyArray<{ readonly metrics: ReadonlyArray<OtlpMetric> }> }
  >
}

export const valuesOf = (attributes: ReadonlyArray<KeyValue>): Values =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

/** The receiver, which keeps what it was sent. */
export class Receiver {
  readonly spans: Array<Span> = []
  readonly logs: Array<LogRecord> = []
  /** The metrics as they were last exported. */
  metrics: ReadonlyArray<OtlpMetric> = []
  /** The names of the services that export. */
  readonly services = new Set<unknown>()
  /** What was sent otherwise than OTLP says. */
  readonly faults: Array<string> = []
  private readonly server: Server

  constructor() {
    this.server = createServer(async (request, response) => {
      if (request.method !== "POST" || request.headers["content-type"] !== "application/json") {
        this.faults.push(`${request.method} of ${request.headers["content-type"]}`)
      }
      this.keep(request.url, JSON.parse(await text(request)))
      response.setHeader("content-type", "application/json").end("{}")
    })
  }

  private keep(url: string | undefined, body: Exported): void {
    const { resourceLogs = [], resourceMetrics = [], resourceSpans = [] } = body
    for (const { resource } of [...resourceLogs, ...resourceMetrics, ...resourceSpans]) {
      this.services.add(valuesOf(resource.attributes)["service.name"])
    }
    if (url === "/v1/traces") {
      this.spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)))
    } else if (url === "/v1/logs") {
      this.logs.push(...resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)))
    } else if (url === "/v1/metrics") {
      this.metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    } else {
      this.faults.push(`${url} is unknown`)
    }
  }

  /** Begins to listen, and gives its URL. */
  async listen(): Promise<string> {
    await once(this.server.listen(0, "127.0.0.1"), "listening")
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  close() {
    this.server.closeAllConnections()
    this.server.close()
  }
}
