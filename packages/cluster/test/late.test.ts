import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { Cluster, type Job, Jobs } from "../src/index.ts"
import * as store from "../src/internal/store/schema.ts"
import { Store } from "../src/internal/store/store.ts"
import { begin, finish, intend } from "../src/internal/store/tasks.ts"
import { ended, tally } from "./support/jobs.ts"
import { stores } from "./support/stores.ts"
import { test } from "./support/test.ts"
import { checkpoint, checkpoints, fake, granted, planOf, policyOf, projects } from "./support/world.ts"

const target: Job.Target = { apiUrl: "https://api.openai.com/v1" }
const by = { actor: "test" }

describe.each(stores)("late messages, in $name", ({ database }) => {
  /** Without a worker: the test does what a worker does. */
  const idle = Layer.merge(Jobs.layer(), store.layer()).pipe(Layer.provide(database), Layer.provide(fake()))
  const working = Layer.merge(Cluster.layer({ pollInterval: "100 millis" }), store.layer()).pipe(
    Layer.provide(database),
    Layer.provideMerge(fake())
  )
  const [name = ""] = checkpoints(1)
  const one = checkpoint(name)

  test("a job does not undo what a later one did, and says which one that was", idle, function* () {
    const jobs = yield* Jobs.Jobs
    const opened = yield* Store
    const { job: earlier } = yield* jobs.grant(target, one, projects("proj_a"), by)
    const { job: later } = yield* jobs.revoke(target, one, projects("proj_a"), by)
    const done = yield* begin(opened, { job: later.id, position: 0 }, "worker")
    assert.strictEqual(done._tag, "Do")
    assert.deepStrictEqual(yield* begin(opened, { job: earlier.id, position: 0 }, "worker"), {
      _tag: "Refused",
      reason: "superseded",
      by: later.id
    })
    assert.deepStrictEqual(yield* begin(opened, { job: earlier.id, position: 0 }, "worker"), { _tag: "Over" })
    const refused = yield* jobs.get(earlier.id)
    assert.deepStrictEqual(refused.checkpoints, { total: 1, finished: 1, complete: 0 })
  })

  test("an audit is not overtaken, and overtakes nothing", idle, function* () {
    const jobs = yield* Jobs.Jobs
    const opened = yield* Store
    const { job: audit } = yield* jobs.audit(target, [one], by)
    const { job: grant } = yield* jobs.grant(target, one, projects("proj_a"), by)
    const { job: last } = yield* jobs.audit(target, [one, checkpoint("ft:other")], by)
    for (const { id } of [last, grant, audit]) {
      assert.strictEqual((yield* begin(opened, { job: id, position: 0 }, "worker"))._tag, "Do")
    }
  })

  test("a worker that has lost its turn stores no intent, and ends nothing", idle, function* () {
    const jobs = yield* Jobs.Jobs
    const opened = yield* Store
    const { job } = yield* jobs.grant(target, one, projects("proj_a"), by)
    const place = { job: job.id, position: 0 }
    const first = yield* begin(opened, place, "frozen")
    const second = yield* begin(opened, place, "its successor")
    if (first._tag !== "Do" || second._tag !== "Do") return assert.fail("neither had a turn")
    assert.deepStrictEqual([first.begun.attempt, second.begun.attempt], [1, 2])
    assert.isFalse(yield* intend(opened, first.begun, [{ _tag: "Started", worker: "frozen" }]))
    assert.isFalse(yield* finish(opened, first.begun, true, []))
    assert.isTrue(yield* intend(opened, second.begun, []))
    assert.isTrue(yield* finish(opened, second.begun, true, []))
    assert.isFalse(yield* finish(opened, second.begun, true, []))
    assert.deepStrictEqual((yield* jobs.get(job.id)).checkpoints, { total: 1, finished: 1, complete: 1 })
  })

  test("a checkpoint whose turn comes after the deadline is refused, by the clock of the store", idle, function* () {
    const jobs = yield* Jobs.Jobs
    const opened = yield* Store
    const { job } = yield* jobs.grant(target, one, projects("proj_a"), { ...by, deadline: 0 })
    // A deadline is over from the next millisecond on.
    yield* opened.sql`UPDATE ${opened.tables.jobs} SET deadline = deadline - 1 WHERE id = ${job.id}`
    assert.deepStrictEqual(yield* begin(opened, { job: job.id, position: 0 }, "worker"), {
      _tag: "Refused",
      reason: "deadline"
    })
    // Nobody works: who submits the same again is not given the one that is over.
    const again = yield* jobs.grant(target, one, projects("proj_a"), by)
    assert.isFalse(again.joined)
    const { events, job: over } = yield* ended(job.id)
    assert.strictEqual(over.outcome, "incomplete")
    assert.deepStrictEqual(tally(events), { Refused: 1, Ended: 1 })
  })

  test("a job that no worker has taken up ends when it is stopped, and another takes its place", idle, function* () {
    const jobs = yield* Jobs.Jobs
    const { job } = yield* jobs.grant(target, one, projects("proj_a"), by)
    const { outcome } = yield* jobs.stop(job.id, "somebody")
    assert.strictEqual(outcome, "stopped")
    const events = yield* Stream.runCollect(jobs.events(job.id))
    assert.deepStrictEqual(
      Array.from(events, ({ happening }) => happening),
      [
        { _tag: "StopRequested", actor: "somebody" },
        { _tag: "Ended", outcome: "stopped", remaining: 1 }
      ]
    )
    assert.isFalse((yield* jobs.grant(target, one, projects("proj_a"), by)).joined)
  })

  test("a job whose deadline is over ends without having begun", working, function* () {
    const jobs = yield* Jobs.Jobs
    const server = yield* FakePermissions.FakePermissions
    const plan = yield* planOf(policyOf(checkpoints(3), "proj_a"))
    yield* server.clearRequests
    const { job } = yield* jobs.submit(plan, { ...by, deadline: 0 })
    const { job: over } = yield* ended(job.id)
    assert.strictEqual(over.outcome, "expired")
    assert.deepStrictEqual(yield* granted(checkpoints(3)), [[], [], []])
    assert.deepStrictEqual(yield* server.requests, [])
  })

  test("what ended long ago is pruned, with all that belongs to it", working, function* () {
    const jobs = yield* Jobs.Jobs
    const { sql, tables } = yield* Store
    const { job } = yield* jobs.grant(target, one, projects("proj_a"), by)
    yield* ended(job.id)
    const { job: active } = yield* jobs.grant({ apiUrl: "https://elsewhere.example/v1" }, one, projects("proj_a"), by)
    assert.strictEqual(yield* jobs.prune({ olderThan: "1 hour" }), 0)
    assert.strictEqual(yield* jobs.prune({ olderThan: 0 }), 1)
    assert.strictEqual((yield* Effect.flip(jobs.get(job.id)))._tag, "JobNotFound")
    const left = yield* Effect.forEach([tables.jobs, tables.tasks, tables.touched, tables.events], (table) =>
      Effect.map(sql`SELECT * FROM ${table}`, (rows) => rows.length)
    )
    assert.deepStrictEqual(left, [1, 1, 0, 0])
    assert.deepStrictEqual(
      (yield* jobs.list()).map(({ id }) => id),
      [active.id]
    )
    const messages = yield* sql`SELECT id FROM checkpoint_permissions_cluster_messages`
    assert.deepStrictEqual(messages, [])
  })
})
