/**
 * A process that works on the jobs of a store, with its own key. As many as you like may run on as many machines; those
 * of one server and organization share its checkpoints among them.
 *
 * @since 0.1.0
 */
import type { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Layer from "effect/Layer"
import * as store from "./internal/store/schema.ts"
import * as worker from "./internal/worker/worker.ts"
import type { OpenError } from "./StoreError.ts"

export type { Nightly } from "./internal/worker/nightly.ts"
export { type Options, type Service, type Status, Worker } from "./internal/worker/worker.ts"

/**
 * A worker while the layer is there. When it is closed, requests in flight are finished, and other workers go on at
 * once.
 *
 * @example
 * ```ts
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Worker } from "@checkpoint-permissions/cluster"
 * import { FetchHttpClient } from "@effect/platform"
 * import { PgClient } from "@effect/sql-pg"
 * import { Config, Effect, Layer } from "effect"
 *
 * const worker = Worker.layer().pipe(
 *   Layer.provide(PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") })),
 *   Layer.provide(CheckpointPermissions.layerConfig()),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * const program = Layer.launch(worker).pipe(Effect.scoped)
 * ```
 *
 * @category layers
 */
export const layer = (
  options: worker.Options = {}
): Layer.Layer<worker.Worker, OpenError, SqlClient.SqlClient | CheckpointPermissions> =>
  worker.layer(options).pipe(Layer.provide(store.layer(options.prefix)))
