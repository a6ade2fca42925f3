/**
 * The ad exchange as a service: takes bid requests over HTTP, and shows what it does as traces, logs and metrics.
 */
import { createServer } from "node:http"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { ByteSize, Config, Effect, Layer, Metric } from "effect"
import { HttpIncomingMessage, HttpMiddleware, HttpRouter, HttpServerResponse } from "effect/http"
import { Otlp, OtlpSerialization, PrometheusMetrics } from "effect/observability"
import { Metrics, Observer } from "sluice"
import { match, P } from "ts-pattern"
import { Bidders, bidders } from "../ad-exchange/bidders.ts"
import { adExchange } from "../ad-exchange/handlers.ts"
import { parseRequest } from "../ad-exchange/parse.ts"
import { Partners } from "../ad-exchange/partners.ts"
import { live } from "../ad-exchange/program.ts"
import { Tracking } from "../ad-exchange/services.ts"

/** A bid request is a few kilobytes. */
const bodySize = ByteSize.fromInputUnsafe("1 MiB")

/** Answers as OpenRTB asks: with a bid response, or with nothing when there is no bid. */
const bid = HttpRouter.add("POST", "/bid", (request) =>
  Effect.gen(function* () {
    const text = yield* Effect.provideService(request.text, HttpIncomingMessage.MaxBodySize, bodySize)
    const outcome = yield* adExchange.run(yield* parseRequest(text))
    return match(outcome)
      .with({ _tag: "Filled" }, ({ payload }) => HttpServerResponse.jsonUnsafe(payload))
      .with({ _tag: "NoFill" }, () => HttpServerResponse.empty())
      .with({ _tag: "Invalid" }, ({ payload }) => refused(400, payload.reason))
      .exhaustive()
  }).pipe(
    Effect.catchTags({
      Malformed: ({ message }) => Effect.succeed(refused(400, message)),
      HttpServerError: ({ message, reason }) =>
        Effect.succeed(
          match(reason)
            .with({ reason: "BodyTooLarge" }, () => refused(413, "A bid request of more than 1 MiB"))
            .otherwise(() => refused(400, message))
        )
    })
  )
)

const refused = (status: number, reason: string) => HttpServerResponse.jsonUnsafe({ reason }, { status })

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
