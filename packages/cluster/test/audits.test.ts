import { AccessMatrix, AccessPlan } from "@checkpoint-permissions/access"
import { assert, describe, it } from "@effect/vitest"
import { Cron, Deferred, Effect, Layer } from "effect"
import { Audits, Cluster, Jobs } from "../src/index.ts"
import { freshFile } from "./support/databases.ts"
import { ended } from "./support/jobs.ts"
import { test } from "./support/test.ts"
import { checkpoint, checkpoints, fake, policyOf, project } from "./support/world.ts"

const names = checkpoints(3)
const [first = "", second = "", third = ""] = names
const policy = { ...policyOf(names, "proj_a"), names: { proj_a: "Search" } }
const world = fake({ seed: { [first]: ["proj_a"], [second]: ["proj_a", "proj_x"] } })

describe("an audit", () => {
  it.scopedLive("becomes a matrix, and a report of what a policy does not want", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs.Jobs
      const { job } = yield* jobs.audit({ apiUrl: "https://api.openai.com/v1" }, names.map(checkpoint), {
        actor: "test"
      })
      yield* ended(job.id)
      const matrix = yield* Audits.matrix(job.id)
      assert.strictEqual(AccessMatrix.cell(matrix, checkpoint(second), project("proj_x"))._tag, "Access")
      assert.strictEqual(AccessMatrix.cell(matrix, checkpoint(third), project("proj_a"))._tag, "NoPermission")
      assert.deepStrictEqual(yield* AccessMatrix.fromJson(AccessMatrix.toJson(matrix)), matrix)
      const { drift } = yield* Audits.report(job.id, policy)
      assert.deepInclude(drift.counts, { grants: 1, revokes: 1, unread: 0 })
      assert.isFalse(AccessPlan.isEmpty(drift))
    }).pipe(
      Effect.provide(Layer.unwrapScoped(Effect.map(freshFile, (file) => Cluster.layerSqlite(file)))),
      Effect.provide(world)
    )
  )

  test("is made at set times, and its report is handed over", world, function* () {
    const file = yield* freshFile
    const received = yield* Deferred.make<Audits.Report>()
    const nightly = {
      cron: Cron.unsafeParse("* * * * * *"),
      policy: Effect.succeed(policy),
      onReport: (report: Audits.Report) => Effect.asVoid(Deferred.succeed(received, report))
    }
    const report = yield* Effect.provide(Deferred.await(received), Cluster.layerSqlite(file, { nightly }))
    assert.deepInclude(report.job, { kind: "audit", actor: "nightly audit", outcome: "done" })
    assert.deepInclude(report.drift.counts, { grants: 1, revokes: 1, unread: 0 })
    assert.deepStrictEqual(report.matrix.names, { proj_a: "Search" })
  })
})
