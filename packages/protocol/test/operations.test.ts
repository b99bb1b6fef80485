import { assert, describe, expectTypeOf, it } from "vitest"
import { type Operation, type Repeat, type RequestOperation, repeats } from "../src/failure.ts"
import * as operations from "../src/operations.ts"

/** The contract has the requests of permissions, and how a delete is resolved. */
const isId = (id: string): id is string => id !== ""
const lists = operations.lists({ isProjectId: isId })
const permissions = operations.make({ isPermissionId: isId, isProjectId: isId })

/** The effect of repeating a request, by its method (RFC 9110). */
const ofMethod = { GET: "safe", DELETE: "idempotent", POST: "unsafe" } as const

describe("an operation", () => {
  it("has an entry in the table of repeats: a name without one does not compile", () => {
    expectTypeOf<typeof repeats>().toExtend<Record<Operation, Repeat>>()
    // @ts-expect-error a name without an entry is no operation
    const other: Operation = "update"
    assert.notProperty(repeats, other)
  })

  it("has the effect of its method", () => {
    const ids = { checkpoint: "ft:a", permission: "cp_a", project: "proj_a", job: "ftjob-a", projectIds: ["proj_a"] }
    const rows = { ...permissions, ...lists }
    const calls: { readonly [O in RequestOperation]: ReturnType<(typeof rows)[O]> } = {
      list: rows.list({ ...ids, params: {} }),
      create: rows.create(ids),
      delete: rows.delete(ids),
      "list-projects": rows["list-projects"]({}),
      "list-audit-logs": rows["list-audit-logs"]({}),
      "list-admin-keys": rows["list-admin-keys"]({}),
      "get-model-permissions": rows["get-model-permissions"](ids),
      "list-models": rows["list-models"]({}),
      "list-jobs": rows["list-jobs"]({}),
      "list-job-checkpoints": rows["list-job-checkpoints"](ids)
    }
    for (const call of Object.values(calls)) {
      assert("ok" in call)
      assert.strictEqual(repeats[call.ok.operation], ofMethod[call.ok.request.method], call.ok.operation)
    }
  })
})

describe("a list next to those of permissions", () => {
  const place = { after: "x", limit: 7 }
  const times = { since: 1_000_999, until: 1_000_001 }
  const seconds = { "effective_at[gte]": 1000, "effective_at[lt]": 1001 }

  it.each([
    [
      "list-projects",
      lists["list-projects"]({ includeArchived: true, place }),
      "/organization/projects",
      { include_archived: true }
    ],
    ["list-admin-keys", lists["list-admin-keys"]({ place }), "/organization/admin_api_keys", {}],
    ["list-jobs", lists["list-jobs"]({ place }), "/fine_tuning/jobs", {}],
    [
      "list-job-checkpoints",
      lists["list-job-checkpoints"]({ job: "ftjob/1", place }),
      "/fine_tuning/jobs/ftjob%2F1/checkpoints",
      {}
    ],
    [
      "list-audit-logs",
      lists["list-audit-logs"]({ ...times, types: ["a"], place }),
      "/organization/audit_logs",
      { ...seconds, "event_types[]": ["a"] }
    ]
  ])("%s says what is sent", (operation, call, path, query) => {
    assert("ok" in call)
    assert.strictEqual(call.ok.operation, operation)
    assert.deepStrictEqual(call.ok.request, { method: "GET", path, query: { ...query, ...place } })
  })

  it.each([
    ["types", lists["list-audit-logs"]({ types: [] })],
    ["job", lists["list-job-checkpoints"]({ job: "ft:a" })]
  ])("refuses what no server would take: %s", (field, call) => {
    assert.strictEqual("field" in call && call.field, field)
  })
})
