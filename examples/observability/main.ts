/**
 * An ad exchange that can be watched: POST bid requests to /bid, read metrics for Prometheus from /metrics.
 *
 * `OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 OTEL_TRACES_EXPORTER=otlp OTEL_LOGS_EXPORTER=otlp
 * OTEL_METRICS_EXPORTER=otlp node main.ts` exports to a collector; `PORT` is 8080 unless given.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Layer } from "effect"
import { service } from "./service.ts"

NodeRuntime.runMain(Layer.launch(service))
