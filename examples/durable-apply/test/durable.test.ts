/** Thirty checkpoints and two workers, of which the one that works is killed, stopped or frozen. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Access, AccessPlan, AccessPolicy } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Redacted, Scope } from "effect"
import { afterAll, beforeAll } from "vitest"
import { type Postgres, postgres } from "./postgres.ts"
import { program, type Running } from "./program.ts"

const checkpoints = Array.from({ length: 30 }, (_, index) => `ft:gpt-4o-mini-2024-07-18:org:model-${index}:A${index}`)
const each = <A>(value: A) => Object.fromEntries(checkpoints.map((checkpoint) => [checkpoint, value]))

/** Bounds a wait, and names it. */
const within = <A, E, R>(what: string, self: Effect.Effect<A, E, R>) =>
  Effect.timeoutFail(self, { duration: "8 minutes", onTimeout: () => new Error(`waited in vain for ${what}`) })

const access = Layer.unwrapEffect(
  Effect.map(Emulator.Emulator, ({ baseUrl }) =>
    Access.layer.pipe(
      Layer.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test"), apiUrl: baseUrl })),
      Layer.provide(NodeHttpClient.layerUndici)
    )
  )
).pipe(
  Layer.provideMerge(
    Emulator.layer({ seed: each(["proj_old"]), behavior: { regrant: "second", latency: "100 millis" } })
  )
)

/** Runs an apply of which `disturb` gets the worker that works and the one that stands by. */
const apply = (database: string, disturb: (working: Worker, other: Worker) => Effect.Effect<void, Error>) =>
  Effect.gen(function* () {
    const url = server.url(database)
    const fake = yield* FakePermissions.FakePermissions
    const { baseUrl } = yield* Emulator.Emulator
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "durable-apply-plan-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    const policy = yield* AccessPolicy.make({ version: 1, checkpoints: each({ projects: ["proj_search"] }) })
    const plan = join(folder, "plan.json")
    writeFileSync(plan, yield* Effect.flatMap(Access.plan(policy), AccessPlan.toJson))
    yield* fake.clearRequests

    const worker = (key: string) =>
      Effect.map(
        program("worker", [], { DATABASE_URL: url, OPENAI_BASE_URL: baseUrl, OPENAI_ADMIN_KEY: key }),
        (running): Worker => ({
          ...running,
          requests: Effect.map(fake.requests, (all) =>
            all.filter((request) => request.key !== undefined && Redacted.value(request.key) === key)
          )
        })
      )
    const workers = yield* Effect.all([worker("sk-admin-1"), worker("sk-admin-2")])
    yield* within(
      "both workers",
      Effect.repeat(Effect.delay(joined(database), "1 second"), { until: (count) => count === 2 })
    )
    const submitter = yield* program("submit", [plan, "night 1"], { DATABASE_URL: url })
    yield* within("the first parts", fake.awaitRequests(12))
    const [one, other] = workers
    const isOne = (yield* one.requests).length > 0
    yield* disturb(isOne ? one : other, isOne ? other : one)

    const { end, stderr, stdout } = yield* within("the end of the apply", submitter.ended)
    assert.strictEqual(end, "0", stderr)
    assert.deepInclude(JSON.parse(stdout), { complete: 30, failed: [] })
    yield* Effect.forEach(workers, ({ signal }) => signal("SIGTERM"))
    yield* within(
      "the end of the workers",
      Effect.forEach(workers, ({ ended }) => ended)
    )
    assert.deepStrictEqual(
      yield* Effect.forEach(checkpoints, fake.projects),
      checkpoints.map(() => ["proj_search"])
    )
    assert.isTrue(AccessPlan.isEmpty(yield* Access.plan(policy)))
  }).pipe(Effect.provide(access), Effect.scoped)

interface Worker extends Running {
  readonly requests: Effect.Effect<ReadonlyArray<{ readonly checkpoint?: string | undefined }>>
}

/** Completes when a worker has sent so many requests. Fails if it ends before. */
const sends = (worker: Worker, count: number) =>
  within(
    `${count} requests of the other worker`,
    Effect.raceFirst(
      Effect.repeat(Effect.delay(worker.requests, "100 millis"), { until: ({ length }) => length >= count }),
      Effect.flatMap(worker.ended, ({ end, stderr }) =>
        Effect.fail(new Error(`the other worker ended: ${end} ${stderr}`))
      )
    )
  )

/** The workers of a database. Before its tables are there, none. */
const joined = (database: string) =>
  Effect.orElseSucceed(
    Effect.try(() => Number(server.query(database, "SELECT count(*) FROM cluster_runners"))),
    () => 0
  )

const scope = Effect.runSync(Scope.make())
let server: Postgres

beforeAll(async () => {
  server = await Effect.runPromise(Scope.extend(postgres("killed", "stopped", "frozen"), scope))
})
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

describe.concurrent("an apply on two workers", () => {
  it.live("survives the one that is killed, and repeats no part that was finished", () =>
    apply("killed", (working, other) =>
      Effect.gen(function* () {
        yield* working.signal("SIGKILL")
        yield* sends(other, 1)
        const begun = new Set((yield* working.requests).map(({ checkpoint }) => checkpoint))
        const again = new Set((yield* other.requests).map(({ checkpoint }) => checkpoint))
        assert.isAtMost([...again].filter((checkpoint) => begun.has(checkpoint)).length, 1)
      })
    )
  )

  it.live("does not wait for the lock of one that is stopped in order", () =>
    apply("stopped", (working, other) =>
      Effect.gen(function* () {
        yield* working.signal("SIGTERM")
        yield* within("the end of the worker", working.ended)
        const locks = server.query("stopped", "SELECT address FROM cluster_locks").split("\n")
        assert.isEmpty(locks.filter((address) => address.includes(`:${working.pid}`)))
        yield* sends(other, 1)
      })
    )
  )

  it.live("survives one that freezes, and converges when it wakes up beside the other", () =>
    apply("frozen", (working, other) =>
      Effect.gen(function* () {
        yield* working.signal("SIGSTOP")
        yield* sends(other, 12)
        yield* working.signal("SIGCONT")
      })
    )
  )
})
