/** A fleet over a database, of which workers are frozen and killed, and a server whose requests take some time. */
import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { Jobs } from "../../src/index.ts"
import { fleet, program } from "../chaos/fleet.ts"
import { freshPostgres, postgresClient } from "./databases.ts"
import { until } from "./within.ts"
import { policyOf } from "./world.ts"

export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "checkpoint-permissions-locks-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Makes the locks of a worker that is frozen as old as they become in a minute. */
export const age = (path: string) =>
  Effect.sync(() => {
    const then = Date.now() / 1000 - 60
    for (const file of readdirSync(path)) utimesSync(join(path, file), then, then)
  })

export const wanted = ["proj_a", "proj_b", "proj_c"]

export const keyOf = ({ key }: FakePermissions.RecordedRequest) => (key === undefined ? "" : Redacted.value(key))

/** Workers over a database, and a server whose requests take some time. */
export const setup = (locks?: string) =>
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

export const server = Emulator.layer({ behavior: { latency: "500 millis" }, keptRequests: 10_000 })

/** Each wait has a bound of its own. */
export const timeout = 900_000
