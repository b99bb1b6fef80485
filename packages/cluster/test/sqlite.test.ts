import { dirname } from "node:path"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { FileSystem } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Logger, LogLevel, Option, Scope, Stream } from "effect"
import { Cluster, Job, Jobs } from "../src/index.ts"
import { freshFile } from "./support/databases.ts"
import { applied, ended, tally } from "./support/jobs.ts"
import { test } from "./support/test.ts"
import { within } from "./support/within.ts"
import { checkpoints, fake, granted, key, planOf, policyOf } from "./support/world.ts"

describe("a file of jobs", () => {
  test(
    "goes on where it was when the next process opens the file",
    fake({ behavior: { latency: "50 millis" } }),
    function* () {
      const file = yield* freshFile
      const names = checkpoints(30)
      const plan = yield* planOf(policyOf(names, "proj_a", "proj_b"))
      const id = yield* Effect.gen(function* () {
        const jobs = yield* Jobs.Jobs
        const { job } = yield* jobs.submit(plan, { actor: "test" })
        yield* jobs.follow(job.id).pipe(
          Stream.filter(({ happening }) => happening._tag === "Step" && happening.step._tag === "CheckpointFinished"),
          Stream.runHead
        )
        return job.id
      }).pipe(Effect.provide(Cluster.layerSqlite(file)))
      const { before, now } = yield* Effect.gen(function* () {
        const jobs = yield* Jobs.Jobs
        return { before: yield* jobs.get(id), now: yield* ended(id) }
      }).pipe(Effect.provide(Cluster.layerSqlite(file)))
      assert.isBelow(before.checkpoints.finished, 30)
      assert.strictEqual(now.job.outcome, "done")
      assert.strictEqual(tally(now.events)["Started"], 2)
      assert.strictEqual(tally(now.events)["CheckpointFinished"], 30)
      assert.deepStrictEqual(
        yield* granted(names),
        names.map(() => ["proj_a", "proj_b"])
      )
    }
  )

  test(
    "has one worker: who opens it later submits and follows, and takes over when that one has ended",
    fake(),
    function* () {
      const file = yield* freshFile
      const plan = yield* planOf(policyOf(checkpoints(3), "proj_a"))
      const held = yield* Effect.gen(function* () {
        const inner = yield* Effect.gen(function* () {
          const { job } = yield* Effect.flatMap(Jobs.Jobs, (jobs) => jobs.submit(plan, { actor: "caller" }))
          const { job: after } = yield* ended(job.id)
          return { role: yield* Cluster.Role, outcome: after.outcome }
        }).pipe(Effect.provide(Cluster.layerSqlite(file, { command: "the second" })))
        return { inner, outer: yield* Cluster.Role }
      }).pipe(Effect.provide(Cluster.layerSqlite(file, { command: "the first" })))
      assert.strictEqual(held.outer._tag, "Worker")
      assert.strictEqual(held.inner.outcome, "done")
      assert.strictEqual(held.inner.role._tag, "Caller")
      const holder = held.inner.role._tag === "Caller" ? held.inner.role.holder : Option.none()
      assert.strictEqual(Option.getOrUndefined(holder)?.command, "the first")
    }
  )

  test("is worked on by who has it open when its worker has ended", fake(), function* () {
    const file = yield* freshFile
    const plan = yield* planOf(policyOf(checkpoints(3), "proj_a"))
    const first = yield* Scope.make()
    yield* Scope.extend(Layer.build(Cluster.layerSqlite(file)), first)
    yield* Effect.gen(function* () {
      const [role, jobs] = yield* Effect.all([Cluster.Role, Jobs.Jobs])
      if (role._tag !== "Caller") return assert.fail("the first works")
      assert.isFalse(yield* role.tookOver)
      yield* Scope.close(first, Exit.void)
      const { job } = yield* jobs.submit(plan, { actor: "caller" })
      assert.strictEqual((yield* ended(job.id)).job.outcome, "done")
      assert.isTrue(yield* role.tookOver)
    }).pipe(Effect.provide(Cluster.layerSqlite(file)))
  })

  test(
    "is left to others by who works on audits only, as long as a job of another kind is there",
    fake(),
    function* () {
      const file = yield* freshFile
      const names = checkpoints(2)
      const plan = yield* planOf(policyOf(names, "proj_a"))
      const target = { apiUrl: plan.apiUrl }
      yield* Effect.gen(function* () {
        const [role, jobs] = yield* Effect.all([Cluster.Role, Jobs.Jobs])
        assert.strictEqual(role._tag, "Worker")
        const { job } = yield* jobs.submit(plan, { actor: "another" })
        const { job: audit } = yield* jobs.audit(
          target,
          plan.checkpoints.map(({ checkpoint }) => checkpoint),
          { actor: "test" }
        )
        assert.strictEqual((yield* ended(audit.id)).job.outcome, "done")
        assert.strictEqual((yield* jobs.get(job.id)).state, "queued")
      }).pipe(Effect.provide(Cluster.layerSqlite(file, { only: ["audit"] })))
      const later = yield* Effect.provide(Cluster.Role, Cluster.layerSqlite(file, { only: ["audit"] }))
      assert.strictEqual(later._tag === "Caller" ? later.holder : undefined, Option.none())
      assert.deepStrictEqual(yield* granted(names), [[], []])
    }
  )

  test(
    "has all that was stored in itself when the last process has closed it, and nothing beside it",
    fake(),
    function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* freshFile
      const plan = yield* planOf(policyOf(checkpoints(3), "proj_a"))
      yield* Effect.provide(applied(plan), Cluster.layerSqlite(file))
      assert.deepStrictEqual(yield* fs.readDirectory(dirname(file)), ["store.db", "store.db.lock"])
      yield* fs.copyFile(file, `${file}.copy`)
      const [job] = yield* Effect.flatMap(Jobs.Jobs, (jobs) => jobs.list({})).pipe(
        Effect.provide(Cluster.layerSqliteJobs(`${file}.copy`))
      )
      assert.strictEqual(job?.outcome, "done")
    }
  )

  test(
    "is left without a warning by its worker, whose requests in flight are finished",
    fake({ behavior: { latency: "500 millis" } }),
    function* () {
      const file = yield* freshFile
      const plan = yield* planOf(policyOf(checkpoints(10), "proj_a"))
      const lines: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (LogLevel.greaterThanEqual(logLevel, LogLevel.Info)) lines.push(message)
      })
      yield* Effect.gen(function* () {
        const jobs = yield* Jobs.Jobs
        const { job } = yield* jobs.submit(plan, { actor: "test" })
        yield* jobs.follow(job.id).pipe(
          Stream.filter(({ happening }) => happening._tag === "Began"),
          Stream.runHead
        )
      }).pipe(
        Effect.provide(Cluster.layerSqlite(file, { pollInterval: "10 millis" })),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      assert.deepStrictEqual(lines, [])
    }
  )

  test("is the owner's alone, and holds no key, though the server repeats it", fake(), function* () {
    const fs = yield* FileSystem.FileSystem
    const file = yield* freshFile
    const server = yield* FakePermissions.FakePermissions
    const plan = yield* planOf(policyOf(checkpoints(2), "proj_a"))
    yield* server.inject([
      Faults.error(401, { message: `Incorrect API key provided: ${key}` }),
      Faults.error(401, { message: `Incorrect API key provided: ${key}` })
    ])
    const { job } = yield* Effect.provide(applied(plan), Cluster.layerSqlite(file))
    assert.strictEqual(job.outcome, "failed")
    assert.include(job.reason, "Incorrect API key")
    for (const name of [file, `${file}-wal`]) {
      if (!(yield* fs.exists(name))) continue
      assert.notInclude(new TextDecoder().decode(yield* fs.readFile(name)), key)
    }
    assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
  })

  test("submits a saved plan without a key, and refuses one that revokes too much", fake(), function* () {
    const file = yield* freshFile
    const [name = ""] = checkpoints(1)
    const plan = yield* planOf(policyOf([name], "proj_a")).pipe(
      Effect.provide(fake({ seed: { [name]: ["proj_x", "proj_y"] } }))
    )
    yield* Effect.gen(function* () {
      const jobs = yield* Jobs.Jobs
      const refused = yield* Effect.flip(jobs.submit(plan, { actor: "test", maxRevokes: 1 }))
      assert.include(refused.message, "it revokes 2 permissions, more than the limit of 1")
      const { job } = yield* jobs.submit(plan, { actor: "test", maxRevokes: 2 })
      assert.strictEqual(job.state, "queued")
      assert.deepStrictEqual(yield* jobs.list({ active: true }), [job])
      assert.strictEqual((yield* Effect.flip(jobs.get(Job.JobId.make(99))))._tag, "JobNotFound")
    }).pipe(Effect.provide(Cluster.layerSqliteJobs(file)))
  })

  it.scopedLive("is written to by two processes at once: neither is held up by a lock that it met", () =>
    Effect.gen(function* () {
      const file = yield* freshFile
      const open = Effect.map(Layer.build(Layer.fresh(Cluster.sqliteClient(file))), (context) =>
        Context.get(context, SqlClient.SqlClient)
      )
      const [one, other] = [yield* open, yield* open]
      yield* one`CREATE TABLE counted (number INTEGER)`
      const add = (sql: SqlClient.SqlClient) => sql`INSERT INTO counted VALUES (1) RETURNING number`
      const [taken, done] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const holding = yield* add(one).pipe(
        Effect.zipRight(Deferred.succeed(taken, undefined)),
        Effect.zipRight(Deferred.await(done)),
        one.withTransaction,
        Effect.fork
      )
      yield* Deferred.await(taken)
      const waiting = yield* Effect.forkAll([other.withTransaction(add(other)), add(other), add(other)])
      // Time for each to meet the lock.
      yield* Effect.sleep("100 millis")
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(holding)
      yield* Fiber.join(waiting)
      yield* one.withTransaction(add(one))
      assert.deepStrictEqual(yield* other`SELECT COUNT(*) AS count FROM counted`, [{ count: 5 }])
    }).pipe(within("statements that met a lock"), Effect.provide(fake()))
  )
})
