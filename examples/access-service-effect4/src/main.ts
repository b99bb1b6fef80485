import { createServer } from "node:http"
import { CheckpointPermissions } from "@checkpoint-permissions/effect4"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer, Option } from "effect"
import { FetchHttpClient, HttpRouter } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Otlp } from "effect/observability"
import { Api } from "./Api.ts"
import { AccessLive, AuthorizationLive } from "./Http.ts"
import * as ModelAccess from "./ModelAccess.ts"

/** Traces, metrics and logs to an OpenTelemetry collector, if one is named. */
const Telemetry = Layer.unwrap(
  Effect.gen(function* () {
    const endpoint = yield* Config.option(Config.String("OTEL_EXPORTER_OTLP_ENDPOINT"))
    return Option.match(endpoint, {
      onNone: () => Layer.empty,
      onSome: (baseUrl) => Otlp.layerJson({ baseUrl, resource: { serviceName: "access-service" } })
    })
  })
)

const Server = NodeHttpServer.layerConfig(createServer, {
  port: Config.Port("PORT").pipe(Config.withDefault(3000))
})

const Routes = HttpApiBuilder.layer(Api).pipe(Layer.provide(AccessLive), Layer.provide(AuthorizationLive))

const Main = HttpRouter.serve(Routes).pipe(
  Layer.provide(ModelAccess.layer),
  // The admin key is read from OPENAI_ADMIN_KEY.
  Layer.provide(CheckpointPermissions.layerConfig()),
  Layer.provide(Server),
  Layer.provide(Telemetry),
  Layer.provide(FetchHttpClient.layer)
)

NodeRuntime.runMain(Layer.launch(Main))
