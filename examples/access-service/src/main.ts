import { createServer } from "node:http"
import * as Otlp from "@effect/opentelemetry/Otlp"
import { FetchHttpClient, HttpApiBuilder, HttpMiddleware, HttpServer } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer, Option } from "effect"
import { ApiLive } from "./Http.ts"
import * as ModelAccess from "./ModelAccess.ts"
import { LogSettings, OpenAI } from "./Settings.ts"

/** Traces, metrics and logs to an OpenTelemetry collector, if one is named. */
const Telemetry = Layer.unwrapEffect(
  Effect.map(
    Config.option(Config.string("OTEL_EXPORTER_OTLP_ENDPOINT")),
    Option.match({
      onNone: () => Layer.empty,
      onSome: (baseUrl) => Otlp.layerJson({ baseUrl, resource: { serviceName: "access-service" } })
    })
  )
)

const Server = NodeHttpServer.layerConfig(createServer, {
  port: Config.port("PORT").pipe(Config.withDefault(3000))
})

const Main = HttpApiBuilder.serve(HttpMiddleware.logger).pipe(
  HttpServer.withLogAddress,
  Layer.provide(ApiLive),
  Layer.provide(ModelAccess.layer),
  Layer.provide(OpenAI),
  Layer.provide(Server),
  Layer.provide(Telemetry),
  Layer.provide(FetchHttpClient.layer),
  Layer.provide(LogSettings)
)

NodeRuntime.runMain(Layer.launch(Main))
