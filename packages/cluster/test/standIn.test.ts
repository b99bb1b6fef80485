import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { hasPostgres } from "./support/databases.ts"
import { ended } from "./support/jobs.ts"
import { server, setup, timeout } from "./support/lost.ts"
import { until, within } from "./support/within.ts"
import { checkpoints } from "./support/world.ts"

describe.skipIf(!hasPostgres)("a worker that stands in for a lost one", () => {
  it.scopedLive(
    "reads the messages that it had read, also where they could not be reset at first",
    () =>
      Effect.gen(function* () {
        const { client, hasWritten, submitted, workers } = yield* setup()
        yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* workers.start(0)
          const job = yield* submitted(checkpoints(20))
          yield* hasWritten(0)
          yield* workers.kill(0)
          const [isHeld, isOver] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
          yield* sql`SELECT id FROM checkpoint_permissions_cluster_messages FOR UPDATE`.pipe(
            Effect.zipRight(Deferred.succeed(isHeld, undefined)),
            Effect.zipRight(Deferred.await(isOver)),
            sql.withTransaction,
            Effect.fork
          )
          yield* Deferred.await(isHeld)
          yield* workers.start(1)
          // It reads the messages of its shards, so it has given up waiting for the reset. The database shows a part of the text.
          const queries = sql<{ readonly query: string }>`SELECT query FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE '%SET last_read = NOW()%'`
          yield* until(
            "a reading of all messages",
            Effect.map(queries, (all) =>
              all.some(({ query }) => [...query.matchAll(/'[0-9a-f]{16}:\d+'/g)].length >= 20)
            )
          )
          yield* Deferred.succeed(isOver, undefined)
          const { job: after } = yield* within("the end of the job")(ended(job))
          assert.strictEqual(after.outcome, "done")
        }).pipe(Effect.provide(client))
      }).pipe(Effect.provide(server)),
    timeout
  )
})
