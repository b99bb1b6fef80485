import { readdirSync } from "node:fs"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { faults, overlaps, wrong } from "./chaos/oracle.ts"
import { hasPostgres } from "./support/databases.ts"
import { ended } from "./support/jobs.ts"
import { age, folder, keyOf, server, setup, timeout, wanted } from "./support/lost.ts"
import { until, within } from "./support/within.ts"
import { checkpoints, granted } from "./support/world.ts"

describe.skipIf(!hasPostgres)("a worker that is frozen", () => {
  it.scopedLive(
    "gives up all it holds, the locks of its machine too, while its process is still there; awake, it works again",
    () =>
      Effect.gen(function* () {
        const locks = yield* folder
        const fake = yield* FakePermissions.FakePermissions
        const { client, hasWritten, submitted, workers } = yield* setup(locks)
        const names = checkpoints(30)
        const [first, second] = [names.slice(0, 24), names.slice(24)]
        yield* Effect.gen(function* () {
          yield* Effect.all([workers.start(0), workers.start(1)], { concurrency: 2 })
          const sql = yield* SqlClient.SqlClient
          const holders = sql<{
            readonly address: string
          }>`SELECT DISTINCT address FROM checkpoint_permissions_cluster_locks`
          yield* until(
            "both to hold locks",
            Effect.map(holders, ({ length }) => length === 2)
          )
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
          // One request of a turn, which had been checked just before the freeze, may be sent after it: no second one.
          const late = overlaps(result, keyOf).filter((line) => line.includes("by worker-0"))
          assert.strictEqual(new Set(late.map((line) => line.split(" ")[2])).size, late.length, late.join("\n"))
        }).pipe(Effect.provide(client))
      }).pipe(Effect.provide(server)),
    timeout
  )
})
