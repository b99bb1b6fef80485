/** The workflow engine of both programs: `@effect/cluster` over Postgres. */
import { hostname } from "node:os"
import {
  ClusterWorkflowEngine,
  MessageStorage,
  RunnerAddress,
  RunnerHealth,
  Runners,
  ShardId,
  Sharding,
  ShardingConfig,
  SqlMessageStorage,
  SqlRunnerStorage
} from "@effect/cluster"
import { PgClient } from "@effect/sql-pg"
import { Cause, Config, Effect, Layer, Option, Redacted, Schedule } from "effect"

/** A transaction of a process that froze is ended after this time. It would keep others from the rows that it locked. */
const idleInTransaction = "15000"

const postgres = PgClient.layerConfig({
  url: Config.map(Config.url("DATABASE_URL"), (url) => {
    url.searchParams.set("idle_in_transaction_session_timeout", idleInTransaction)
    return Redacted.make(url.href)
  })
})

/** Processes that start at the same time create the same tables. Postgres refuses all but one, which then try again. */
const tables = Layer.merge(SqlMessageStorage.layer, SqlRunnerStorage.layer).pipe(
  Layer.catchAllCause((cause) => Layer.fail(Cause.squash(cause))),
  Layer.retry(Schedule.intersect(Schedule.spaced("1 second"), Schedule.recurs(10))),
  Layer.orDie
)

/**
 * A frozen worker may read a message when it wakes up, although another worker has its shard by then. Without this, no
 * worker would handle the message for ten minutes. The engine ignores the messages that it handles already.
 */
const readAgain = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { hasShardId } = yield* Sharding.Sharding
    const { resetShards } = yield* MessageStorage.MessageStorage
    const shard = ShardId.make("default", 1)
    const reset = Effect.when(Effect.ignore(resetShards([shard])), () => hasShardId(shard))
    yield* Effect.forkScoped(Effect.repeat(reset, Schedule.spaced("30 seconds")))
  })
)

/** The name of this process in the cluster. No other process connects to it: runners meet in the database only. */
const self = RunnerAddress.make(hostname(), process.pid)

/** `role` is `submitter` for a process that runs no part of an apply. */
export const engine = (role: "worker" | "submitter") =>
  readAgain.pipe(
    Layer.provideMerge(ClusterWorkflowEngine.layer),
    Layer.provideMerge(Sharding.layer),
    Layer.provideMerge(Runners.layerNoop),
    Layer.provideMerge(tables),
    Layer.provide(RunnerHealth.layerNoop),
    Layer.provide(
      ShardingConfig.layer({
        runnerAddress: role === "worker" ? Option.some(self) : Option.none(),
        // One shard belongs to one worker at a time. So parts are applied one after the other, and workers need no
        // shared rate limiter. The others stand by.
        shardsPerGroup: 1,
        // The advisory locks of a process that froze stay with it. Those in a table expire.
        shardLockDisableAdvisory: true,
        shardLockRefreshInterval: "5 seconds",
        shardLockExpiration: "20 seconds",
        // The time that a worker has to stop. Whatever it has not finished then, the next one reads and does.
        entityTerminationTimeout: "5 seconds",
        entityMessagePollInterval: "2 seconds"
      })
    ),
    Layer.provide(postgres)
  )
