/**
 * `npm run figures:failover`: how long until another worker goes on, at the defaults, after one was killed and after one
 * was frozen; by Postgres, two workers and a job whose checkpoints wait.
 */
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { FetchHttpClient } from "@effect/platform"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, Redacted, Stream } from "effect"
import { Jobs } from "../../src/index.ts"
import { fleet, program } from "../chaos/fleet.ts"
import { postgres } from "../support/postgres.ts"
import { checkpoints, policyOf } from "../support/world.ts"

/** From the kill, or the freeze, of the worker that does the job to the first checkpoint that another one begins. */
const measure = (how: "kill" | "freeze", database: string, file: string) =>
  Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    yield* FakePermissions.FakePermissions
    const service = CheckpointPermissions.layer({
      adminKey: Redacted.make("planner"),
      apiUrl: baseUrl,
      pacing: Pacing.none
    }).pipe(Layer.provide(FetchHttpClient.layer))
    const plan = yield* Access.plan(policyOf(checkpoints(200), "proj_a")).pipe(Effect.provide(service))
    const workers = yield* fleet({
      file,
      given: { database, apiUrl: baseUrl, connectTo: baseUrl, lockExpiration: 35_000, pollInterval: 1_000 }
    })
    const jobs = yield* Jobs.Jobs
    yield* workers.start(0)
    const { job } = yield* jobs.submit(plan, { actor: "figures" })
    const begun = yield* jobs.follow(job.id).pipe(
      Stream.filter(({ happening }) => happening._tag === "Began"),
      Stream.runHead
    )
    yield* how === "kill" ? workers.kill(0) : workers.freeze(0)
    const at = Date.now()
    yield* workers.start(1)
    const other = yield* jobs.follow(job.id, { after: begun._tag === "Some" ? begun.value.number : 0 }).pipe(
      Stream.filter(({ happening }) => happening._tag === "Began" && happening.worker.startsWith("worker-1")),
      Stream.runHead
    )
    const took = other._tag === "Some" ? (other.value.at.epochMillis - at) / 1000 : Number.NaN
    console.log(
      `after a worker was ${how === "kill" ? "killed" : "frozen"} another one goes on in ${took.toFixed(1)} s`
    )
    yield* jobs.stop(job.id, "figures")
  }).pipe(
    Effect.scoped,
    Effect.provide(Jobs.layer().pipe(Layer.provide(PgClient.layer({ url: Redacted.make(database) })))),
    Effect.provide(Emulator.layer({ behavior: { latency: "1 second" } }))
  )

const all = Effect.gen(function* () {
  const server = yield* postgres
  const file = yield* program
  yield* measure("kill", server.url("postgres"), file)
  yield* measure("freeze", server.url("postgres"), file)
})

NodeRuntime.runMain(Effect.scoped(all))
