import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { Access, AccessPlan } from "../src/index.ts"
import { applied, reloaded, sorted, tagsOf } from "./support/applied.ts"
import { checkpoint, policy, projects, requestCounts, test } from "./support/world.ts"

const a = "ft:gpt-4o-mini-2024-07-18:org:a:A1"
const b = "ft:gpt-4o-mini-2024-07-18:org:b:B1"
const wanted = policy({ [a]: ["proj_x"], [b]: ["proj_x"] })

describe("a plan of a saved audit", () => {
  test("needs no request, is as old as the audit, and says what the audit does not know", {
    seed: { [a]: ["proj_x", "proj_old"] }
  }, function* () {
    const matrix = yield* Access.audit([checkpoint(a)])
    yield* Effect.sleep("3 hours")
    const plan = yield* AccessPlan.fromMatrix(wanted, matrix)
    assert.strictEqual(plan.createdAt, matrix.createdAt)
    assert.deepInclude(plan.counts, { revokes: 1, unread: 1 })
    assert.deepStrictEqual(
      plan.unread.map((unread) => String(unread.checkpoint)),
      [b]
    )
    const again = yield* reloaded(plan)
    assert.deepStrictEqual(tagsOf(yield* applied(again)), ["Revoked", "CheckpointFinished"])
    const filtered = yield* Access.audit([checkpoint(a)], { project: projects("proj_x")[0] })
    assert.strictEqual((yield* AccessPlan.fromMatrix(wanted, filtered)).counts.unread, 2)
  })
})

describe("rows that say who granted", () => {
  test("make a plan that can be saved", {
    seed: { [a]: ["proj_x", "proj_old"], [b]: ["proj_x"] }
  }, function* () {
    const matrix = yield* Access.audit([a, b].map(checkpoint))
    const rows = matrix.rows.map((row) => ({
      ...row,
      permissions: row.permissions.map((permission) => ({ ...permission, by: "ana@example.com" }))
    }))
    const plan = yield* AccessPlan.fromMatrix(wanted, { ...matrix, rows })
    const again = yield* reloaded(plan)
    assert.deepStrictEqual(again.checkpoints, plan.checkpoints)
    assert.strictEqual(again.counts.revokes, 1)
  })
})

describe("a plan to revoke everywhere", () => {
  test("takes the projects away at each checkpoint, and nothing else", {
    seed: { [a]: ["proj_x", "proj_out", "proj_out"], [b]: ["proj_out", "proj_y"] }
  }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const plan = yield* Access.planRevoke([a, b, a].map(checkpoint), projects("proj_out", "proj_gone"))
    assert.deepInclude(plan.counts, { checkpoints: 2, grants: 0, revokes: 3, creates: 0 })
    assert.deepStrictEqual(yield* requestCounts, { list: 2, create: 0, delete: 0 })
    assert.strictEqual(tagsOf(yield* applied(plan)).filter((tag) => tag === "Revoked").length, 3)
    assert.deepStrictEqual(sorted(yield* fake.projects(a)), ["proj_x"])
    assert.deepStrictEqual(sorted(yield* fake.projects(b)), ["proj_y"])
    assert.deepStrictEqual(yield* requestCounts, { list: 2, create: 0, delete: 3 })
  })

  test("leaves what other projects have as it is, duplicates too, and is the same when it was loaded", {
    seed: { [a]: ["proj_x", "proj_out", "proj_x", "proj_y"] }
  }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const fresh = yield* Access.planRevoke([checkpoint(a)], projects("proj_out"))
    assert.deepInclude(fresh.counts, { revokes: 1, unchanged: 2 })
    const loaded = yield* reloaded(fresh)
    yield* fake.seed({ [a]: ["proj_new"] })
    assert.deepStrictEqual(tagsOf(yield* applied(loaded)), ["Revoked", "CheckpointFinished"])
    assert.deepStrictEqual(sorted(yield* fake.projects(a)), ["proj_new", "proj_x", "proj_x", "proj_y"])
    assert.deepStrictEqual(yield* requestCounts, { list: 2, create: 0, delete: 1 })
  })

  test("finds drift in what the projects themselves got meanwhile", { seed: { [a]: ["proj_x"] } }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const plan = yield* Access.planRevoke([checkpoint(a)], projects("proj_out"))
    yield* fake.seed({ [a]: ["proj_out"] })
    const loaded = yield* reloaded(plan)
    assert.deepStrictEqual(tagsOf(yield* applied(loaded)), ["Drifted", "CheckpointFinished"])
  })

  test("is refused when the projects in its file were changed", {
    seed: { [a]: ["proj_x", "proj_out"] }
  }, function* () {
    const json = yield* AccessPlan.toJson(yield* Access.planRevoke([checkpoint(a)], projects("proj_out")))
    const edited = yield* Effect.flip(
      AccessPlan.fromJson(json.replace(/"unwanted": \[[^\]]*\]/, '"unwanted": ["proj_x"]'))
    )
    assert.strictEqual(edited.reason, "edited")
  })

  test("checks its input before a request", {}, function* () {
    const error = yield* Effect.flip(Access.planRevoke([checkpoint(a)], []))
    assert.strictEqual(error._tag, "InvalidInputError")
    assert.deepStrictEqual(yield* requestCounts, { list: 0, create: 0, delete: 0 })
  })
})
