import { assert, describe, it } from "vitest"
import { checkpoint, failed, rule, within } from "./server.ts"

describe("delete", () => {
  rule(
    "answers every field: id, object, deleted",
    {
      seed: {
        [checkpoint]: [
          { id: "cp_1", project_id: "proj_a" },
          { id: "cp_2", project_id: "proj_b" }
        ]
      }
    },
    async ({ fake, remove }) => {
      const reply = await remove("cp_1")
      assert.strictEqual(reply.status, 200)
      assert.deepStrictEqual(reply.body, { id: "cp_1", object: "checkpoint.permission", deleted: true })
      assert.deepStrictEqual(fake.projects(checkpoint), ["proj_b"])
    }
  )

  it.each([
    ["deleted-false", false],
    ["deleted-true", true]
  ] as const)("deleteGone: %s is 200 with deleted %s", (deleteGone, deleted) =>
    within({ behavior: { deleteGone } }, async ({ remove }) => {
      const reply = await remove("cp_1")
      assert.strictEqual(reply.status, 200)
      assert.deepStrictEqual(reply.body, { id: "cp_1", object: "checkpoint.permission", deleted })
    })
  )

  rule(
    "a permission of another checkpoint is not there, which is 404",
    { seed: { [checkpoint]: [{ id: "cp_1", project_id: "proj_a" }] } },
    async ({ fake, remove }) => {
      const expected = { message: /cp_1/, param: "permission_id", code: "not_found" }
      failed(await remove("cp_1", { checkpoint: "ft:other" }), 404, expected)
      assert.deepStrictEqual(fake.projects(checkpoint), ["proj_a"])
    }
  )

  rule(
    "owners: a permission of the owning project cannot be deleted",
    {
      seed: { [checkpoint]: [{ id: "cp_1", project_id: "proj_own" }] },
      behavior: { owners: { [checkpoint]: "proj_own" } }
    },
    async ({ fake, remove }) => {
      failed(await remove("cp_1"), 400, {
        message: /^Cannot modify checkpoint permissions for the owning project: proj_own$/
      })
      assert.deepStrictEqual(fake.projects(checkpoint), ["proj_own"])
    }
  )
})
