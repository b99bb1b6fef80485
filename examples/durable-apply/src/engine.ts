/** The workflow engine of both programs: `@effect/cluster` over Postgres. */
import { hostname } from "node:os"
import {
  ClusterWorkflowEngine,
  RunnerAddress,
  RunnerHealth,
  Runners,
  Sharding,
  ShardingConfig,
  SqlMessageStorage,
  SqlRunnerStorage
} from "@effect/cluster"
import { PgClient } from "@effect/sql-pg"
import { Config, Layer, Option, Redacted } from "effect"

/** A transaction of a process that froze is ended after this time. It would keep others from the rows that it locked. */
const idleInTransaction = "15000"

const postgres = PgClient.layerConfig({
  url: Config.map(Config.url("DATABASE_URL"), (url) => {
    url.searchParams.set("idle_in_transaction_session_timeout", idleInTransaction)
    return Redacted.make(url.href)
  })
})

/** The name of this process in the cluster. No other process connects to it: runners meet in the database only. */
const self = RunnerAddress.make(hostname(), process.pid)

/** `role` is `submitter` for a process that runs no part of an apply. */
export const engine = (role: "worker" | "submitter") =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provideMerge(Sharding.layer),
    Layer.provideMerge(Runners.layerNoop),
    Layer.provideMerge(SqlMessageStorage.layer),
    Layer.provide([Layer.orDie(SqlRunnerStorage.layer), RunnerHealth.layerNoop]),
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
        entityMessagePollInterval: "2 seconds"
      })
    ),
    Layer.provide(postgres)
  )
