/**
 * Jobs and a worker together, over a database or a file.
 *
 * @since 0.1.0
 */
import type { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as sqlite from "./internal/sqlite/layer.ts"
import * as store from "./internal/store/schema.ts"
import * as worker from "./internal/worker/worker.ts"
import type { Kind } from "./Job.ts"
import * as Jobs from "./Jobs.ts"
import type { OpenError, StoreUnavailable } from "./StoreError.ts"
import * as Worker from "./Worker.ts"

/**
 * How jobs are kept, and how a worker works.
 *
 * @category models
 */
export interface Options extends Jobs.Options, Worker.Options {}

/**
 * Jobs in a database, and a worker for them. Any number of processes may do the same with one database, on any number
 * of machines.
 *
 * @example
 * ```ts
 * import type { AccessPlan } from "@checkpoint-permissions/access"
 * import { CheckpointPermissions } from "@checkpoint-permissions/client"
 * import { Cluster, Jobs } from "@checkpoint-permissions/cluster"
 * import { FetchHttpClient } from "@effect/platform"
 * import { PgClient } from "@effect/sql-pg"
 * import { Config, Console, Effect, Layer, Stream } from "effect"
 *
 * const cluster = Cluster.layer().pipe(
 *   Layer.provide(PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") })),
 *   Layer.provideMerge(CheckpointPermissions.layerConfig()),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * const applied = Effect.fn(function* (plan: AccessPlan.AccessPlan) {
 *   const jobs = yield* Jobs.Jobs
 *   const { job } = yield* jobs.submit(plan, { actor: "release-bot", maxRevokes: 10 })
 *   yield* Stream.runForEach(jobs.follow(job.id), ({ happening }) => Console.log(happening._tag))
 * }, Effect.provide(cluster))
 * ```
 *
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<Jobs.Jobs | Worker.Worker, OpenError, SqlClient.SqlClient | CheckpointPermissions> =>
  Layer.merge(Jobs.layer(options), Worker.layer(options))

/**
 * What this process does with a file of jobs: the first one that opens it works on them, later ones submit, follow and
 * stop, and one of them works when the first has ended. `holder` is the one that works, where its lock says so;
 * `tookOver` tells whether a later one has begun to work since; `lost` completes when another process has taken over.
 *
 * @category models
 */
export type SqliteRole = sqlite.Role

/** @category tags */
export class Role extends Context.Tag("@checkpoint-permissions/cluster/Role")<Role, SqliteRole>() {}

/**
 * The same, and how processes take turns at the embedded database.
 *
 * @category models
 */
export interface SqliteOptions extends Options {
  /** What this process does, for those who meet its lock. Without secrets. Default: `a worker`. */
  readonly command?: string | undefined
  /** How others are to know this process where there is no `/proc`: as in `Lock.MakeOptions`. */
  readonly process?: sqlite.Options["process"]
  /**
   * Works on jobs of these kinds only, and on none while there is one of another kind that has not ended: `["audit"]`
   * for who must not change anything. Default: all kinds.
   */
  readonly only?: ReadonlyArray<Kind> | undefined
}

/**
 * Jobs in a file, for applies that outlive a process on one machine. The first process that opens the file is its
 * worker, and holds a lock beside it, in `<file>.lock`; later ones submit, follow and stop.
 *
 * When the worker ends, one of those that have the file open goes on within a few seconds, otherwise whoever opens it
 * next.
 *
 * @category layers
 */
export const layerSqlite = (
  file: string,
  options: SqliteOptions = {}
): Layer.Layer<Jobs.Jobs | Role, OpenError, CheckpointPermissions | FileSystem.FileSystem | Path.Path> => {
  const { command = "a worker", only, pollInterval = "200 millis", process } = options
  const role = sqlite.worker(file, { command, process, only }, worker.layer({ ...options, pollInterval }))
  return Layer.merge(
    Jobs.layer({ ...options, pollInterval }),
    Layer.scoped(Role, role).pipe(Layer.provide(store.layer(options.prefix)))
  ).pipe(Layer.provide(sqlite.client(file)))
}

/**
 * The jobs of a file for those who only submit, follow and stop, and need no key.
 *
 * @category layers
 */
export const layerSqliteJobs = (
  file: string,
  options: Jobs.Options = {}
): Layer.Layer<Jobs.Jobs, OpenError, FileSystem.FileSystem> =>
  Jobs.layer({ pollInterval: "200 millis", ...options }).pipe(Layer.provide(sqlite.client(file)))

/**
 * The file of {@link layerSqlite} as a `SqlClient`, for tables of your own and for `SqlRateLimiter`. It is made if it
 * does not exist, for its owner alone.
 *
 * One connection, on which statements and transactions take turns. While another process writes, a statement is tried
 * again for half a minute.
 *
 * @category layers
 */
export const sqliteClient: (file: string) => Layer.Layer<SqlClient.SqlClient, StoreUnavailable, FileSystem.FileSystem> =
  sqlite.client
