import { assert, describe, it } from "vitest"
import type { Result } from "../src/calling.ts"
import type { RequestFailure } from "../src/failure.ts"
import * as operations from "../src/operations.ts"
import type { Deleted } from "../src/wire.ts"

const isId = (id: string): id is string => id !== ""
const table = operations.make({ isPermissionId: isId, isProjectId: isId })
const path = "/fine_tuning/checkpoints/ft%3Aa/permissions"

describe("a row", () => {
  it.each([
    [
      "list",
      table.list({ checkpoint: "ft:a", params: { limit: 100, order: "ascending" } }),
      {
        method: "GET",
        path,
        query: { project_id: undefined, after: undefined, limit: 100, order: "ascending" },
        body: undefined
      }
    ],
    [
      "create",
      table.create({ checkpoint: "ft:a", projectIds: ["proj_a", "proj_a"] }),
      { method: "POST", path, query: undefined, body: { project_ids: ["proj_a"] } }
    ],
    [
      "delete",
      table.delete({ checkpoint: "ft:a", permission: "cp_1" }),
      { method: "DELETE", path: `${path}/cp_1`, query: undefined, body: undefined }
    ]
  ] as const)("%s says what is sent", (operation, call, request) => {
    assert.isTrue("ok" in call)
    if (!("ok" in call)) return
    assert.strictEqual(call.ok.operation, operation)
    assert.deepStrictEqual(call.ok.request, request)
    assert.notInclude(call.ok.template, "ft:a")
  })

  it.each([
    ["checkpoint", table.list({ checkpoint: "..", params: undefined })],
    ["limit", table.list({ checkpoint: "ft:a", params: { limit: 0 } })],
    ["projectIds", table.create({ checkpoint: "ft:a", projectIds: [] })],
    ["permissionId", table.delete({ checkpoint: "ft:a", permission: "proj_a" })]
  ])("refuses what no server would take: %s", (field, call) => {
    assert.strictEqual("field" in call && call.field, field)
  })

  describe("delete settles", () => {
    const call = table.delete({ checkpoint: "ft:a", permission: "cp_1" })
    const settle = (result: Result<Deleted>, earlierMayHaveExecuted: boolean) =>
      "ok" in call ? call.ok.settle(result, earlierMayHaveExecuted) : undefined
    const gone: RequestFailure = { kind: "NotFoundError", operation: "delete", mayHaveExecuted: false }
    const reply = (deleted: boolean): Result<Deleted> => ({
      reply: { id: "cp_1", object: "checkpoint.permission", deleted }
    })

    it("a 404 after an attempt that may have been executed as done, and no other", () => {
      assert.deepStrictEqual(settle({ failure: gone }, true), reply(true))
      assert.deepStrictEqual(settle({ failure: gone }, false), { failure: gone })
      const elsewhere = { failure: { ...gone, kind: "BadRequestError" } } as const
      assert.deepStrictEqual(settle(elsewhere, true), elsewhere)
    })

    it("a reply that says deleted: false after such an attempt as done", () => {
      assert.deepStrictEqual(settle(reply(false), true), reply(true))
      assert.deepStrictEqual(settle(reply(false), false), reply(false))
    })
  })
})
