import { AccessPlan } from "@checkpoint-permissions/access"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import { Cluster, Job, Jobs } from "../src/index.ts"
import { applied, ended, tally } from "./support/jobs.ts"
import { checkpoint, checkpoints, fake, granted, key, planOf, policyOf, projects, storeFile } from "./support/world.ts"

const target: Job.Target = { apiUrl: "https://api.openai.com/v1" }

/** A store of its own for a test, in which this process works. */
const withStore = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.flatMap(storeFile, (file) => Effect.provide(program, Cluster.layerSqlite(file)))

describe("a file of jobs", () => {
  it.scopedLive("applies a plan to its end, and says what was done", () =>
    Effect.gen(function* () {
      const names = checkpoints(10)
      const plan = yield* planOf(policyOf(names, "proj_a", "proj_b"))
      const { events, job } = yield* applied(plan, { maxRevokes: 0 })
      assert.deepStrictEqual(
        yield* granted(names),
        names.map(() => ["proj_a", "proj_b"])
      )
      assert.strictEqual(job.outcome, "done")
      assert.deepStrictEqual(job.checkpoints, { total: 10, finished: 10, complete: 10 })
      assert.strictEqual(job.plan, yield* AccessPlan.sha256Of(plan))
      assert.deepStrictEqual(tally(events), {
        Started: 1,
        Began: 10,
        Journaled: 40,
        Granted: 20,
        CheckpointFinished: 10,
        Ended: 1
      })
      assert.deepStrictEqual(
        events.map(({ number }) => number),
        events.map((_, index) => index + 1)
      )
      assert.deepStrictEqual(events.at(-1)?.happening, { _tag: "Ended", outcome: "done", remaining: 0 })
    }).pipe(withStore, Effect.provide(fake()))
  )

  it.scopedLive("is one job for several who submit the same at once, and another one once it has ended", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs.Jobs
      const server = yield* FakePermissions.FakePermissions
      const plan = yield* planOf(policyOf(checkpoints(5), "proj_a"))
      yield* server.clearRequests
      const submit = jobs.submit(plan, { actor: "test" })
      const submitted = yield* Effect.all(
        Array.from({ length: 5 }, () => submit),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(submitted.map(({ joined }) => joined).sort(), [false, true, true, true, true])
      assert.lengthOf([...new Set(submitted.map(({ job }) => job.id))], 1)
      const [first] = submitted
      assert.isDefined(first)
      yield* ended(first.job.id)
      const creates = Effect.map(server.requests, (all) => all.filter(({ operation }) => operation === "create").length)
      assert.strictEqual(yield* creates, 5)

      const again = yield* submit
      assert.isFalse(again.joined)
      const { events } = yield* ended(again.job.id)
      assert.strictEqual(tally(events)["AlreadyDone"], 5)
      assert.strictEqual(yield* creates, 5)
    }).pipe(withStore, Effect.provide(fake()))
  )

  it.scopedLive("deletes what the plan shows and nothing else, and leaves what has drifted", () =>
    Effect.gen(function* () {
      const names = checkpoints(2)
      const [one = "", other = ""] = names
      const server = yield* FakePermissions.FakePermissions
      const plan = yield* planOf(policyOf(names, "proj_a"))
      yield* server.seed({ [other]: ["proj_new"] })
      const { events, job } = yield* applied(plan)
      assert.deepStrictEqual(yield* granted(names), [["proj_a"], ["proj_a", "proj_new", "proj_old"]])
      assert.strictEqual(job.outcome, "incomplete")
      assert.deepStrictEqual(job.checkpoints, { total: 2, finished: 2, complete: 1 })
      assert.strictEqual(tally(events)["Drifted"], 1)
      const revoked = events.flatMap(({ happening }) =>
        happening._tag === "Step" && happening.step._tag === "Revoked" ? [happening.step.checkpoint] : []
      )
      assert.deepStrictEqual(revoked, [checkpoint(one)])
    }).pipe(
      withStore,
      Effect.provide(
        fake({ seed: { [checkpoints(2)[0] ?? ""]: ["proj_old"], [checkpoints(2)[1] ?? ""]: ["proj_a", "proj_old"] } })
      )
    )
  )

  it.scopedLive("grants, revokes and audits", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs.Jobs
      const [name = ""] = checkpoints(1)
      const one = checkpoint(name)
      const by = { actor: "test" }
      const grant = yield* jobs.grant(target, one, projects("proj_a", "proj_b"), by)
      assert.strictEqual((yield* ended(grant.job.id)).job.outcome, "done")
      assert.deepStrictEqual(yield* granted([name]), [["proj_a", "proj_b", "proj_x"]])
      const revoke = yield* jobs.revoke(target, one, projects("proj_a"), by)
      const revoked = yield* ended(revoke.job.id)
      assert.strictEqual(revoked.job.outcome, "done")
      assert.deepStrictEqual(tally(revoked.events), {
        Started: 1,
        Began: 1,
        Journaled: 2,
        Revoked: 1,
        CheckpointFinished: 1,
        Ended: 1
      })
      const audit = yield* jobs.audit(target, [one, checkpoint("ft:unknown"), one], by)
      const { events } = yield* ended(audit.job.id)
      const rows = events.flatMap(({ happening }) => (happening._tag === "Audited" ? [happening.row] : []))
      assert.deepStrictEqual(
        rows.find((row) => row.checkpoint === one)?.permissions.map((held) => held.project_id),
        [...projects("proj_x", "proj_b")]
      )
      assert.lengthOf(rows, 2)
      assert.deepStrictEqual(
        (yield* jobs.list()).map(({ kind }) => kind),
        ["audit", "revoke", "grant"]
      )
    }).pipe(withStore, Effect.provide(fake({ seed: { [checkpoints(1)[0] ?? ""]: ["proj_x"] } })))
  )

  it.scopedLive("stops before the next checkpoint when it is asked to", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs.Jobs
      const plan = yield* planOf(policyOf(checkpoints(40), "proj_a"))
      const { job } = yield* jobs.submit(plan, { actor: "test" })
      const first = jobs.follow(job.id).pipe(
        Stream.filter(({ happening }) => happening._tag === "Step"),
        Stream.runHead
      )
      yield* first
      const stopping = yield* jobs.stop(job.id, "somebody")
      assert.isTrue(stopping.stopping)
      const { events, job: after } = yield* ended(job.id)
      assert.strictEqual(after.outcome, "stopped")
      const last = events.at(-1)?.happening
      assert.deepInclude(last, { _tag: "Ended", outcome: "stopped", remaining: 40 - after.checkpoints.finished })
      assert.isBelow(after.checkpoints.finished, 40)
      const counts = tally(events)
      assert.strictEqual(counts["Began"], after.checkpoints.finished)
      assert.strictEqual(counts["CheckpointFinished"], after.checkpoints.finished)
      assert.deepStrictEqual(yield* jobs.list({ active: true }), [])
    }).pipe(withStore, Effect.provide(fake({ behavior: { latency: "100 millis" } })))
  )

  it.scopedLive("goes on where it was when the next process opens the file", () =>
    Effect.gen(function* () {
      const file = yield* storeFile
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
    }).pipe(Effect.provide(fake({ behavior: { latency: "50 millis" } })))
  )

  it.scopedLive("has one worker: who opens it later submits and follows, and takes over when that one has ended", () =>
    Effect.gen(function* () {
      const file = yield* storeFile
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
    }).pipe(Effect.provide(fake()))
  )

  it.scopedLive("is the owner's alone, and holds no key, though the server repeats it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* storeFile
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
    }).pipe(Effect.provide(fake()))
  )

  it.scopedLive("submits a saved plan without a key, and refuses one that revokes too much", () =>
    Effect.gen(function* () {
      const file = yield* storeFile
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
    }).pipe(Effect.provide(fake()))
  )
})
