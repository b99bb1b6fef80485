/** A worker as a process of its own. It reads what to do from `CLUSTER_WORKER`, and says on stdout when it is there. */
import * as Lock from "@checkpoint-permissions/access/Lock"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Pacing from "@checkpoint-permissions/client/Pacing"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodePath from "@effect/platform-node/NodePath"
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
  /** Where the locks of this machine are; none by default. */
  readonly locks?: string
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

/** For how long a worker waits for the lock of another process. */
const timeout = "20 seconds"

const locksIn = (folder: string) =>
  Lock.make({ folder, server: { apiUrl: given.apiUrl }, command: "worker", coordinator: given.database }).pipe(
    Effect.map(
      (locks): Lock.Locks => ({ ...locks, checkpoint: (checkpoint) => locks.checkpoint(checkpoint, { timeout }) })
    ),
    Effect.provide([NodeFileSystem.layer, NodePath.layer])
  )

const worker = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { lockExpiration, name, pollInterval } = given
    const locks = given.locks === undefined ? undefined : yield* locksIn(given.locks)
    return Worker.layer({ name, lockExpiration, pollInterval, locks })
  })
).pipe(
  Layer.provide(PgClient.layer({ url: Redacted.make(given.database), connectTimeout: "2 minutes" })),
  Layer.provide(
    CheckpointPermissions.layer({
      adminKey: Redacted.make(given.name),
      apiUrl: given.apiUrl,
      pacing: Pacing.none,
      timeout: "5 seconds"
    })
  ),
  Layer.provide(http),
  Layer.tap(() => Effect.sync(() => process.stdout.write("ready\n"))),
  Layer.provide(Logger.minimumLogLevel(LogLevel.None))
)

// Ends with the test, whatever ends that.
process.stdin.on("end", () => process.exit(0)).resume()

NodeRuntime.runMain(Layer.launch(worker))
