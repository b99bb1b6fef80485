import { assert, describe } from "@effect/vitest"
import { Access, AccessPlan } from "../src/index.ts"
import { applied, tagsOf } from "./support/applied.ts"
import { a, policy, projects, test } from "./support/world.ts"

const world = { seed: { [a]: ["proj_own", "proj_x"] }, behavior: { owners: { [a]: "proj_own" } } }

describe("a permission of the owner that the server lists and refuses to delete", () => {
  test("is in each plan that revokes it, also after the owner is known, and no apply is complete", world, function* () {
    for (let time = 1; time <= 2; time++) {
      const made = yield* Access.plan(policy({ [a]: ["proj_x"] }))
      assert.isFalse(AccessPlan.isEmpty(made))
      const steps = yield* applied(made)
      assert.deepStrictEqual(tagsOf(steps), ["OwnerProject", "CheckpointFinished"])
      assert.deepInclude(steps.at(-1), { complete: false })
    }
  })

  test("is left by a revoke, which reports the owner", world, function* () {
    const { ownerProjects, revoked } = yield* Access.revoke(a, ["proj_own", "proj_x"])
    assert.deepStrictEqual([ownerProjects, revoked], [projects("proj_own"), projects("proj_x")])
  })

  test("is no revoke of a policy that names or lists the owner", world, function* () {
    yield* Access.revoke(a, ["proj_own"])
    const named = yield* Access.plan(policy({ [a]: { owner: "proj_own", projects: ["proj_x"] } }))
    assert.isTrue(AccessPlan.isEmpty(named))
    yield* Access.grant(a, ["proj_own"])
    const listed = yield* Access.plan(policy({ [a]: ["proj_own", "proj_x"] }))
    assert.isTrue(AccessPlan.isEmpty(listed))
  })
})

test("the owner that a grant reports is planned no grant afterwards", { ...world, seed: {} }, function* () {
  const { ownerProjects } = yield* Access.grant(a, ["proj_own"])
  assert.deepStrictEqual(ownerProjects, projects("proj_own"))
  assert.isTrue(AccessPlan.isEmpty(yield* Access.plan(policy({ [a]: ["proj_own"] }))))
})

test("the owner that a grant reports is never absent in a revoke", { ...world, seed: {} }, function* () {
  assert.deepInclude(yield* Access.revoke(a, ["proj_own"]), { absent: projects("proj_own"), ownerProjects: [] })
  yield* Access.grant(a, ["proj_own"])
  const none = { revoked: [], absent: [] }
  assert.deepStrictEqual(yield* Access.revoke(a, ["proj_own"]), { ...none, ownerProjects: projects("proj_own") })
})
