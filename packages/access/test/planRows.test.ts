import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { Access, AccessPlan } from "../src/index.ts"
import { applied, reloaded, tagsOf } from "./support/applied.ts"
import { checkpoint, policy, projects, test } from "./support/world.ts"

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
