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
import { Effect, Layer, Option, Redacted, Stream } from "effect"
import { Jobs } from "../../src/index.ts"
import { fleet, program } from "../chaos/fleet.ts"
import { postgres } from "../support/postgres.ts"
import { checkpoints, policyOf } from "../support/world.ts"

/** From the kill, or the freeze, of one of two workers to the first of its checkpoints that the other one takes over. */
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
    yield* Effect.all([workers.start(0), workers.start(1)], { concurrency: 2 })
    const { job } = yield* jobs.submit(plan, { actor: "figures" })
    /** The first checkpoint that a worker begins after an event: one that another has begun before, or any. */
    const begun = (worker: string, after: number, again: boolean) =>
      jobs.follow(job.id, { after }).pipe(
        Stream.filter(
          ({ happening }) =>
            happening._tag === "Began" && happening.worker.startsWith(worker) && (!again || happening.attempt > 1)
        ),
        Stream.runHead,
        Effect.map(Option.getOrThrow)
      )
    const [one, other] = yield* Effect.all([begun("worker-0", 0, false), begun("worker-1", 0, false)])
    yield* how === "kill" ? workers.kill(0) : workers.freeze(0)
    const at = Date.now()
    const taken = yield* begun("worker-1", Math.max(one.number, other.number), true)
    const took = (taken.at.epochMillis - at) / 1000
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
