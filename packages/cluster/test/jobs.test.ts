import { AccessPlan, AccessPolicy } from "@checkpoint-permissions/access"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { type Job, Jobs } from "../src/index.ts"
import { applied, ended, mostAtOnce, tally } from "./support/jobs.ts"
import { stores } from "./support/stores.ts"
import { test } from "./support/test.ts"
import { checkpoint, checkpoints, fake, gateAfter, granted, planOf, policyOf, projects } from "./support/world.ts"

const target: Job.Target = { apiUrl: "https://api.openai.com/v1" }

describe.each(stores)("jobs in $name", ({ cluster }) => {
  test("applies a plan to its end, and says what was done", Layer.provideMerge(cluster, fake()), function* () {
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
  })

  test("stores no grant that no worker could plan", Layer.provideMerge(cluster, fake()), function* () {
    const jobs = yield* Jobs.Jobs
    const exit = yield* Effect.exit(jobs.grant(target, checkpoint("ft:a"), projects("@a"), {}))
    assert.match(String(exit), /@a is read as a group/)
    assert.deepStrictEqual(yield* jobs.list(), [])
  })

  test(
    "is one job for several who submit the same at once, and another one once it has ended",
    Layer.provideMerge(cluster, fake()),
    function* () {
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
    }
  )

  test(
    "leaves out a grant whose last day is over when its turn comes, and joins no job of another day",
    Layer.provideMerge(cluster, fake()),
    function* () {
      const [name = ""] = checkpoints(1)
      const until = "2999-12-31"
      const [project] = projects("proj_a")
      assert.isDefined(project)
      const policy: AccessPolicy.AccessPolicy = {
        version: 1,
        checkpoints: { [name]: { projects: [{ project, until }] } }
      }
      const plan = yield* planOf(policy)
      const late = {
        ...plan,
        policyDigest: yield* AccessPolicy.digest(policy, { day: "3000-01-01" }),
        checkpoints: plan.checkpoints.map((one) => ({ ...one, ends: [{ project, until: "2020-01-31" }] }))
      }
      const { events, job } = yield* applied(late)
      assert.deepInclude(tally(events), { Expired: 1, CheckpointFinished: 1 })
      assert.strictEqual(job.outcome, "done")
      assert.deepStrictEqual(yield* granted([name]), [[]])
      const jobs = yield* Jobs.Jobs
      const [today, tomorrow] = yield* Effect.all(
        [plan, late].map((one) => jobs.submit(one, { actor: "test" })),
        { concurrency: "unbounded" }
      )
      assert.notStrictEqual(today?.job.id, tomorrow?.job.id)
    }
  )

  test(
    "deletes what the plan shows and nothing else, and leaves what has drifted",
    Layer.provideMerge(
      cluster,
      fake({ seed: { [checkpoints(2)[0] ?? ""]: ["proj_old"], [checkpoints(2)[1] ?? ""]: ["proj_a", "proj_old"] } })
    ),
    function* () {
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
    }
  )

  test(
    "grants, revokes and audits",
    Layer.provideMerge(cluster, fake({ seed: { [checkpoints(1)[0] ?? ""]: ["proj_x"] } })),
    function* () {
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
    }
  )

  // The plan reads each; then some are begun.
  const gate = gateAfter(40 + 12)
  test(
    "stops before the next checkpoint when it is asked to",
    Layer.provideMerge(cluster, fake({ behavior: { latency: "100 millis" } }, gate.service)),
    function* () {
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
      yield* gate.open
      const { events, job: after } = yield* ended(job.id)
      assert.strictEqual(after.outcome, "stopped")
      const last = events.at(-1)?.happening
      assert.deepInclude(last, { _tag: "Ended", outcome: "stopped", remaining: 40 - after.checkpoints.finished })
      assert.isBelow(after.checkpoints.finished, 40)
      // All others are rows.
      assert.isAtMost(mostAtOnce(events), 8)
      const counts = tally(events)
      assert.strictEqual(counts["Began"], after.checkpoints.finished)
      assert.strictEqual(counts["CheckpointFinished"], after.checkpoints.finished)
      assert.deepStrictEqual(yield* jobs.list({ active: true }), [])
    }
  )
})
