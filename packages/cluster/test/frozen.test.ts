import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { FetchHttpClient } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Redacted } from "effect"
import { Jobs } from "../src/index.ts"
import { fleet, program } from "./chaos/fleet.ts"
import { faults, overlaps, wrong } from "./chaos/oracle.ts"
import { freshPostgres, hasPostgres, postgresClient } from "./support/databases.ts"
import { ended } from "./support/jobs.ts"
import { within } from "./support/within.ts"
import { checkpoints, granted, policyOf } from "./support/world.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "checkpoint-permissions-locks-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Makes the locks of a worker that is frozen as old as they become in a minute. */
const age = (path: string) =>
  Effect.sync(() => {
    const then = Date.now() / 1000 - 60
    for (const file of readdirSync(path)) utimesSync(join(path, file), then, then)
  })

const wanted = ["proj_a", "proj_b", "proj_c"]

const keyOf = ({ key }: FakePermissions.RecordedRequest) => (key === undefined ? "" : Redacted.value(key))

/** Looks again and again until something is so. */
const until = <E, R>(what: string, isSo: Effect.Effect<boolean, E, R>) =>
  Effect.sleep("10 millis").pipe(Effect.zipRight(isSo), Effect.repeat({ until: (is) => is }), within(what))

/** Workers over a database, and a server whose requests take some time. */
const setup = (locks?: string) =>
  Effect.gen(function* () {
    const database = yield* freshPostgres
    const { baseUrl } = yield* Emulator.Emulator
    const fake = yield* FakePermissions.FakePermissions
    const workers = yield* fleet({
      file: yield* program,
      given: {
        database,
        apiUrl: baseUrl,
        connectTo: baseUrl,
        lockExpiration: 6000,
        pollInterval: 200,
        ...(locks === undefined ? {} : { locks })
      }
    })
    const planner = CheckpointPermissions.layer({
      adminKey: Redacted.make("planner"),
      apiUrl: baseUrl,
      pacing: Pacing.none
    }).pipe(Layer.provide(FetchHttpClient.layer))
    return {
      workers,
      client: Layer.provideMerge(Jobs.layer({ pollInterval: "100 millis" }), postgresClient(database)),
      /** Submits a plan for some checkpoints. */
      submitted: (names: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          const jobs = yield* Jobs.Jobs
          const plan = yield* Effect.provide(Access.plan(policyOf(names, ...wanted)), planner)
          const { job } = yield* jobs.submit(plan, { actor: "test" })
          return job.id
        }),
      /** Waits until a worker has sent a create: it is in the middle of its turn then, and holds its lock. */
      hasWritten: (place: number) =>
        until(
          `a write of worker ${place}`,
          Effect.map(fake.requests, (requests) =>
            requests.some((request) => request.operation === "create" && keyOf(request).startsWith(`worker-${place}`))
          )
        )
    }
  })

const server = Emulator.layer({ behavior: { latency: "500 millis" }, keptRequests: 10_000 })

/** Each wait has a bound of its own. */
const timeout = 900_000

// Both wait most of the time.
describe.skipIf(!hasPostgres)("a worker that is frozen", { concurrent: true }, () => {
  it.scopedLive(
    "gives up all it holds, the locks of its machine too, while its process is still there; awake, it works again",
    () =>
      Effect.gen(function* () {
        const locks = yield* folder
        const fake = yield* FakePermissions.FakePermissions
        const { client, hasWritten, submitted, workers } = yield* setup(locks)
        const names = checkpoints(18)
        const [first, second] = [names.slice(0, 12), names.slice(12)]
        yield* Effect.gen(function* () {
          yield* Effect.all([workers.start(0), workers.start(1)], { concurrency: 2 })
          const job = yield* submitted(first)
          yield* hasWritten(0)
          yield* workers.freeze(0)
          assert.isNotEmpty(readdirSync(locks))
          yield* age(locks)
          const stoodIn = yield* within("the end of the job")(ended(job))
          assert.strictEqual(stoodIn.job.outcome, "done", JSON.stringify(stoodIn.events.slice(-2)))

          yield* workers.thaw(0)
          yield* workers.kill(1)
          const next = yield* within("the end of a job by the worker that woke up")(
            Effect.flatMap(submitted(second), ended)
          )
          assert.strictEqual(next.job.outcome, "done")

          const after = yield* granted(first)
          const requests = (yield* fake.requests).filter(({ checkpoint }) => first.includes(checkpoint ?? ""))
          const result = { ...stoodIn, requests, after, converged: after, wanted, disturbed: [] }
          assert.strictEqual(wrong(after, wanted), 0)
          assert.deepStrictEqual(faults(result), [])
          assert.deepStrictEqual(
            overlaps(result, keyOf).filter((line) => line.includes("worker-0")),
            []
          )
        }).pipe(Effect.provide(client))
      }).pipe(Effect.provide(server)),
    timeout
  )
})

describe.skipIf(!hasPostgres)("a worker that stands in for a lost one", { concurrent: true }, () => {
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
