import { assert, describe, it } from "vitest"
import * as operations from "../src/operations.ts"

/** What the rows of permissions send, and how a delete is resolved, is in the contract. */
const isId = (id: string): id is string => id !== ""
const lists = operations.lists({ isProjectId: isId })

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
