/**
 * The ad exchange as a service: takes bid requests over HTTP, and shows what it does as traces, logs and metrics.
 */
import { createServer } from "node:http"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Config, Effect, Layer, Metric } from "effect"
import { HttpMiddleware, HttpRouter, HttpServerResponse } from "effect/http"
import { Otlp, OtlpSerialization, PrometheusMetrics } from "effect/observability"
import { Metrics, Observer } from "sluice"
import { match, P } from "ts-pattern"
import { Bidders, bidders } from "../ad-exchange/bidders.ts"
import { AdExchange } from "../ad-exchange/definition.ts"
import { adExchange } from "../ad-exchange/handlers.ts"
import { Partners } from "../ad-exchange/partners.ts"
import { live } from "../ad-exchange/program.ts"
import { Tracking } from "../ad-exchange/services.ts"

/** Answers as OpenRTB asks: with a bid response, or with nothing when there is no bid. */
const bid = HttpRouter.add("POST", "/bid", (request) =>
  Effect.gen(function* () {
    const outcome = yield* adExchange.run(yield* AdExchange.decodeInput(yield* request.json))
    return match(outcome)
      .with({ _tag: "Filled" }, ({ payload }) => HttpServerResponse.jsonUnsafe(payload))
      .with({ _tag: "NoFill" }, () => HttpServerResponse.empty())
      .with({ _tag: "Invalid" }, ({ payload }) => HttpServerResponse.jsonUnsafe(payload, { status: 400 }))
      .exhaustive()
  }).pipe(Effect.catchTag("InvalidInput", ({ issue }) => HttpServerResponse.json({ reason: issue }, { status: 400 })))
)

const answers = Metric.counter("ad_exchange.answers", { description: "Answers of partners", incremental: true })
const answerOf = { BranchSucceeded: "in time", BranchFailed: "failed", BranchInterrupted: "too late" } as const
const answered = P.union("BranchSucceeded", "BranchFailed", "BranchInterrupted")

/** Counts how partners answer: an answer that fails or is late costs a run nothing, so that nobody else would notice. */
const partnerHealth = Observer.layer((event) =>
  match(event)
    .with({ _tag: answered, workflow: "AdExchange", state: "RequestBids", branch: P.number }, ({ _tag, branch }) =>
      Partners.use(({ all }) =>
        Metric.update(Metric.withAttributes(answers, { partner: all[branch]!.name, answer: answerOf[_tag] }), 1)
      )
    )
    .otherwise(() => Effect.void)
)

/** What the exchange tracks is logged. The lines say by themselves which run and state they are of. */
const tracking = Layer.succeed(Tracking, {
  record: ({ kind, ...what }) => Effect.annotateLogs(Effect.log(kind), what),
  events: Effect.succeed([])
})

/** One of the partners is down. */
const partners = Layer.unwrap(
  Bidders.useSync(({ partners }) => Partners.layer([...partners, { name: "Down", url: "http://127.0.0.1:2/bid" }]))
).pipe(Layer.provide(NodeHttpClient.layerUndici))

/** Exports over OTLP what the standard environment variables ask for. Spans of runs need nothing more than this. */
const telemetry = Otlp.layerFromConfig({ resource: { serviceName: "ad-exchange" } }).pipe(
  Layer.provide([OtlpSerialization.layerJson, NodeHttpClient.layerUndici])
)

const server = NodeHttpServer.layerConfig(createServer, {
  host: Config.succeed("127.0.0.1"),
  port: Config.Int("PORT").pipe(Config.withDefault(8080))
})

/** Stops gracefully: requests are answered first, then observers see the last events, and then everything is exported. */
export const service = HttpRouter.serve(Layer.merge(bid, PrometheusMetrics.layerHttp())).pipe(
  Layer.provide([Metrics.layer, partnerHealth, tracking, HttpMiddleware.layerTracerDisabledForUrls(["/metrics"])]),
  Layer.provide([partners, server]),
  Layer.provide(telemetry),
  Layer.provide(live(bidders))
)
