/** A worker as a process of its own. It reads what to do from `CLUSTER_WORKER`, and says on stdout when it is there. */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Pacing from "@checkpoint-permissions/client/Pacing"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Logger, LogLevel, Redacted } from "effect"
import * as Worker from "../../src/Worker.ts"

export interface Given {
  /** Also its key, so that the server's record says whose a request is. */
  readonly name: string
  readonly database: string
  readonly apiUrl: string
  /** Where the server is reached, which need not be where others reach it. */
  readonly connectTo: string
  readonly lockExpiration: number
  readonly pollInterval: number
}

const given: Given = JSON.parse(process.env["CLUSTER_WORKER"] ?? "{}")

/** The server by another address than the one it is known by: that is all the client sees of it. */
const http = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, (client) =>
    HttpClient.make((request) =>
      client.execute(HttpClientRequest.setUrl(request, request.url.replace(given.apiUrl, given.connectTo)))
    )
  )
).pipe(Layer.provide(NodeHttpClient.layerUndici))

const worker = Worker.layer({
  name: given.name,
  lockExpiration: given.lockExpiration,
  pollInterval: given.pollInterval
}).pipe(
  Layer.provide(PgClient.layer({ url: Redacted.make(given.database), connectTimeout: "2 minutes" })),
  Layer.provide(
    CheckpointPermissions.layer({
      adminKey: Redacted.make(given.name),
      apiUrl: given.apiUrl,
      pacing: Pacing.none,
      timeout: "2 seconds"
    })
  ),
  Layer.provide(http),
  Layer.tap(() => Effect.sync(() => process.stdout.write("ready\n"))),
  Layer.provide(Logger.minimumLogLevel(LogLevel.None))
)

// Ends with the test, whatever ends that.
process.stdin.on("end", () => process.exit(0)).resume()

NodeRuntime.runMain(Layer.launch(worker))
