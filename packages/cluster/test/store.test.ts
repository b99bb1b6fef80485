import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Runner, RunnerAddress } from "@effect/cluster"
import { FileSystem } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { inject } from "vitest"
import { Cluster, Jobs, Worker } from "../src/index.ts"
import { scopeOf } from "../src/internal/rules/target.ts"
import { make } from "../src/internal/store/store.ts"
import { freshFile, freshPostgres, hasPostgres, postgresClient } from "./support/databases.ts"
import { applied, tally } from "./support/jobs.ts"
import { test } from "./support/test.ts"
import { within } from "./support/within.ts"
import { checkpoints, fake, granted, key, planOf, policyOf } from "./support/world.ts"

const onPostgres = hasPostgres ? it.scopedLive : it.scopedLive.skip

describe("a store", () => {
  test("of another version is refused, and left as it is", fake(), function* () {
    const file = yield* freshFile
    yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.provide(Jobs.Jobs, Jobs.layer())
      yield* sql`UPDATE checkpoint_permissions_store SET version = 7`
      const error = yield* Effect.flip(Layer.build(Layer.fresh(Jobs.layer())))
      assert.strictEqual(
        error.message,
        "the store of jobs has version 7, and this program needs version 1: use the program that made it, or another store"
      )
      assert.deepStrictEqual(yield* sql`SELECT version FROM checkpoint_permissions_store`, [{ version: 7 }])
    }).pipe(Effect.provide(Cluster.sqliteClient(file)))
  })

  test("that is no database is an error of one line", fake(), function* () {
    const fs = yield* FileSystem.FileSystem
    const file = yield* freshFile
    yield* fs.writeFileString(file, "this is no database, and never was one")
    const error = yield* Effect.flip(Layer.build(Cluster.layerSqliteJobs(file)))
    assert.strictEqual(error._tag, "StoreUnavailable")
    assert.match(error.message, /^the store of jobs cannot be used \(to open .*\): file is not a database$/)
    assert.strictEqual(yield* fs.readFileString(file), "this is no database, and never was one")
    const nowhere = yield* Effect.flip(Layer.build(Cluster.layerSqliteJobs("/nowhere/at/all.db")))
    assert.strictEqual(nowhere._tag, "StoreUnavailable")
  })

  onPostgres("is made once by all who open it at the same time", () =>
    Effect.gen(function* () {
      const database = postgresClient(yield* freshPostgres)
      const opened = Layer.build(Layer.provide(Layer.fresh(Cluster.layer()), database))
      yield* Effect.replicateEffect(opened, 6, { concurrency: "unbounded", discard: true })
    }).pipe(Effect.provide(fake()))
  )

  onPostgres("that cannot be reached is an error of one line, for workers and for callers", () =>
    Effect.gen(function* () {
      const nobody = postgresClient("postgres://postgres:hidden@127.0.0.1:1/nothing")
      for (const layer of [Layer.discard(Jobs.layer()), Layer.discard(Worker.layer())]) {
        const error = yield* Effect.flip(Layer.build(Layer.provide(layer, nobody)))
        assert.notInclude(error.message, "\n")
        assert.notInclude(error.message, "hidden")
      }
    }).pipe(Effect.provide(fake()))
  )

  onPostgres(
    "ends transactions whose process stands still, and those that wait for one, before they get its lock",
    () =>
      Effect.gen(function* () {
        const { sql } = yield* make("checkpoint_permissions")
        const settings = Effect.all([sql`SHOW idle_in_transaction_session_timeout`, sql`SHOW lock_timeout`])
        for (const { withTransaction } of [sql, sql.withoutTransforms()]) {
          assert.deepStrictEqual(yield* withTransaction(settings), [
            [{ idle_in_transaction_session_timeout: "15s" }],
            [{ lock_timeout: "10s" }]
          ])
        }
        assert.deepStrictEqual(yield* settings, [
          [{ idle_in_transaction_session_timeout: "0" }],
          [{ lock_timeout: "0" }]
        ])
      }).pipe(Effect.provide(postgresClient(inject("postgres"))))
  )

  onPostgres(
    "gives a worker no checkpoints of others while it sends nothing itself",
    () =>
      Effect.gen(function* () {
        const { server } = yield* CheckpointPermissions.CheckpointPermissions
        const frozen = new Runner.Runner({
          address: RunnerAddress.make("frozen", 0),
          groups: [scopeOf({ apiUrl: server.apiUrl })],
          weight: 1
        })
        const worker = Worker.layer({ lockExpiration: "10 minutes", pollInterval: "100 millis" })
        const sql = yield* SqlClient.SqlClient
        const hasAll = Effect.gen(function* () {
          const { status } = Context.get(yield* Layer.build(Layer.fresh(worker)), Worker.Worker)
          yield* Effect.sleep("10 millis").pipe(
            Effect.zipRight(status),
            Effect.repeat({ until: ({ shards }) => shards === 60 }),
            within("a worker of all checkpoints")
          )
        })
        yield* Effect.scoped(hasAll)
        // Half of what is there would be its own until its own locks expire.
        yield* sql`INSERT INTO checkpoint_permissions_cluster_runners (address, runner, last_heartbeat)
        SELECT 'frozen:0', ${Runner.Runner.encodeSync(frozen)}, NOW() - INTERVAL '6 minutes'`
        yield* hasAll
      }).pipe(
        Effect.scoped,
        Effect.provide(Layer.unwrapScoped(Effect.map(freshPostgres, postgresClient))),
        Effect.provide(fake())
      ),
    600_000
  )

  onPostgres("serves workers of several servers and organizations, each with its own jobs", () =>
    Effect.gen(function* () {
      const database = postgresClient(yield* freshPostgres)
      const names = checkpoints(5)
      const of = (organization: string) =>
        CheckpointPermissions.layer({ adminKey: Redacted.make(key), organizationId: organization, pacing: Pacing.none })
      const worker = (organization: string) =>
        Worker.layer({ name: organization, pollInterval: "100 millis" }).pipe(Layer.provide(of(organization)))
      const run = (organization: string) =>
        Effect.gen(function* () {
          const plan = yield* planOf(policyOf(names, `proj_${organization}`)).pipe(Effect.provide(of(organization)))
          return yield* applied(plan)
        })
      yield* Effect.gen(function* () {
        const { events, job } = yield* run("org-1")
        assert.strictEqual(job.outcome, "done")
        const workers = events.flatMap(({ happening }) => (happening._tag === "Began" ? [happening.worker] : []))
        assert.deepStrictEqual([...new Set(workers)], ["org-1"])
        const second = yield* run("org-2")
        assert.strictEqual(tally(second.events)["Began"], 5)
        assert.isTrue(second.events.every(({ happening }) => !("worker" in happening) || happening.worker === "org-2"))
        assert.deepStrictEqual(
          yield* granted(names),
          names.map(() => ["proj_org-2"])
        )
      }).pipe(
        Effect.provide(
          Layer.mergeAll(
            Jobs.layer({ pollInterval: "100 millis" }),
            Layer.scopedDiscard(Layer.build(worker("org-1"))),
            Layer.scopedDiscard(Layer.build(worker("org-2")))
          ).pipe(Layer.provide(database))
        )
      )
    }).pipe(Effect.provide(fake()))
  )
})
