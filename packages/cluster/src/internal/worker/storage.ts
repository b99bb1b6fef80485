/** The cluster, over the database only: no worker listens, or calls another one. */
import { PersistenceError } from "@effect/cluster/ClusterError"
import { MessageStorage } from "@effect/cluster/MessageStorage"
import { Runner } from "@effect/cluster/Runner"
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import { RunnerStorage } from "@effect/cluster/RunnerStorage"
import * as Runners from "@effect/cluster/Runners"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "@effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { StoreUnavailable } from "../../StoreError.ts"
import { freshFor } from "../rules/freshness.ts"
import { reasonOf } from "../sqlError.ts"
import { decoded } from "../store/rows.ts"
import { whileOthersMakeThem } from "../store/schema.ts"
import type { Service as Store } from "../store/store.ts"
import { toItsEnd, untilReached } from "./again.ts"
import * as FreshLocks from "./freshLocks.ts"

interface Settings {
  /**
   * Names this start of the worker: a name is never used again, so that no lock of an earlier process is taken for its
   * own.
   */
  readonly address: string
  readonly scope: string
  readonly lockExpiration: Duration.DurationInput
  readonly pollInterval: Duration.DurationInput
}

/**
 * Messages that a lost worker has read are read again by who takes its shards over, once they are reset: otherwise
 * after ten minutes. The cluster gives the reset up after some seconds and goes on without, so it is brought to its end
 * beside that.
 */
const resetToTheEnd = Layer.scoped(
  MessageStorage,
  Effect.gen(function* () {
    const storage = yield* MessageStorage
    const finish = yield* toItsEnd
    return MessageStorage.of({
      ...storage,
      resetShards: (shards) => finish(untilReached("to reset messages")(storage.resetShards([...shards])))
    })
  })
)

const Members = Schema.Array(Schema.Struct({ runner: Schema.parseJson(Runner), healthy: Schema.Boolean }))

/**
 * Workers as the cluster's storage has them, but for those that come and go.
 *
 * In Postgres a worker that sends nothing, since its locks are not fresh any more, is given no shards of others: it may
 * be frozen, and would be waited for until its own locks expire. One that lives finds itself missing and joins again.
 */
const runners = (prefix: string, lockExpiration: Duration.DurationInput) =>
  Layer.effect(
    RunnerStorage,
    Effect.gen(function* () {
      const storage = yield* RunnerStorage
      const sql = yield* SqlClient.SqlClient
      const age = `${freshFor(Duration.toMillis(lockExpiration))} milliseconds`
      const fresh = decoded(Members)(sql`SELECT runner, healthy FROM ${sql(`${prefix}_runners`)}
        WHERE last_heartbeat > NOW() - CAST(${age} AS INTERVAL)`).pipe(
        Effect.map((found) => found.map(({ healthy, runner }) => [runner, healthy] as const)),
        Effect.mapError((cause) => new PersistenceError({ cause }))
      )
      const present = sql.onDialectOrElse({ pg: () => fresh, orElse: () => storage.getRunners })
      let hasLeft = false
      return RunnerStorage.of({
        ...storage,
        unregister: (address) =>
          Effect.suspend(() => {
            hasLeft = true
            return storage.unregister(address)
          }),
        // The last one that ends finds nobody left, itself included, which is nothing to warn of.
        getRunners: Effect.flatMap(present, (some) =>
          hasLeft && some.length === 0 ? Effect.never : Effect.succeed(some)
        )
      })
    })
  )

/** Messages and locks in tables of their own, beside those of the jobs. */
const tables = (prefix: string, lockExpiration: Duration.DurationInput) =>
  Layer.merge(
    Layer.provide(resetToTheEnd, SqlMessageStorage.layerWith({ prefix })),
    Layer.provide(runners(prefix, lockExpiration), SqlRunnerStorage.layerWith({ prefix }))
  ).pipe(
    // The cluster takes what its migrations fail with for a defect.
    Layer.catchAllCause((cause) => {
      const [defect] = Cause.defects(cause)
      return defect instanceof SqlError ? Layer.fail(defect) : Layer.failCause(cause)
    }),
    Layer.retry(whileOthersMakeThem),
    Layer.mapError((error) => new StoreUnavailable({ action: "to join the workers", reason: reasonOf(error) }))
  )

export const layer = (
  { prefix, sql }: Store,
  { address, lockExpiration, pollInterval, scope }: Settings
): Layer.Layer<Sharding.Sharding | FreshLocks.FreshLocks, StoreUnavailable> =>
  Sharding.layer.pipe(
    Layer.provide(Runners.layerNoop),
    Layer.provideMerge(FreshLocks.layer(lockExpiration)),
    Layer.provide([tables(`${prefix}_cluster`, lockExpiration), RunnerHealth.layerNoop]),
    Layer.provide(
      ShardingConfig.layer({
        runnerAddress: Option.some(RunnerAddress.make({ host: address, port: 0 })),
        availableShardGroups: [scope],
        assignedShardGroups: [scope],
        // The same for all workers of a store. Each is a row that is renewed, and a statement when it is handed on, so
        // there are no more than spread the work well over a dozen workers.
        shardsPerGroup: 60,
        // Advisory locks stay with a process that is frozen, and take no notice of the prefix of the tables.
        shardLockDisableAdvisory: true,
        shardLockExpiration: lockExpiration,
        shardLockRefreshInterval: Duration.min(Duration.decode(lockExpiration), Duration.seconds(10)),
        entityMessagePollInterval: pollInterval,
        refreshAssignmentsInterval: pollInterval,
        // Requests in flight are finished, whenever a handler is interrupted.
        entityTerminationTimeout: Duration.zero,
        simulateRemoteSerialization: false
      })
    ),
    Layer.provide(Layer.succeed(SqlClient.SqlClient, sql))
  )
