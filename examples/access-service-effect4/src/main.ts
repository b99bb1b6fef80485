import { createServer } from "node:http"
import { CheckpointPermissions } from "@checkpoint-permissions/effect4"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Layer } from "effect"
import { FetchHttpClient, HttpRouter } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "./Api.ts"
import { AccessLive, AuthorizationLive } from "./Http.ts"
import * as ModelAccess from "./ModelAccess.ts"

const Main = HttpRouter.serve(HttpApiBuilder.layer(Api)).pipe(
  Layer.provide(AccessLive),
  Layer.provide(AuthorizationLive),
  Layer.provide(ModelAccess.layer),
  // The admin key is read from OPENAI_ADMIN_KEY.
  Layer.provide(CheckpointPermissions.layerConfig()),
  Layer.provide(FetchHttpClient.layer),
  Layer.provide(NodeHttpServer.layerConfig(createServer, { port: Config.Port("PORT").pipe(Config.withDefault(3000)) }))
)

NodeRuntime.runMain(Layer.launch(Main))
