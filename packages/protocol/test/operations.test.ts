import { assert, describe, it } from "vitest"
import * as operations from "../src/operations.ts"

const isId = (id: string): id is string => id !== ""
const table = operations.make({ isPermissionId: isId, isProjectId: isId })
const lists = operations.lists({ isProjectId: isId })
const path = "/fine_tuning/checkpoints/ft%3Aa/permissions"

describe("a row", () => {
  it.each([
    [
      "list",
      table.list({ checkpoint: "ft:a", params: { limit: 100, order: "ascending" } }),
      {
        method: "GET",
        path,
        query: { project_id: undefined, after: undefined, limit: 100, order: "ascending" }
      }
    ],
    [
      "create",
      table.create({ checkpoint: "ft:a", projectIds: ["proj_a", "proj_a"] }),
      { method: "POST", path, body: { project_ids: ["proj_a"] } }
    ],
    ["delete", table.delete({ checkpoint: "ft:a", permission: "cp_1" }), { method: "DELETE", path: `${path}/cp_1` }]
  ] as const)("%s says what is sent", (operation, call, request) => {
    assert("ok" in call)
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
})

describe("a delete", () => {
  const call = table.delete({ checkpoint: "ft:a", permission: "cp_1" })
  const settle = "ok" in call ? call.ok.resolveWrite : assert.fail(call.reason)
  const reply = (deleted: boolean) => ({ reply: { id: "cp_1", object: "checkpoint.permission" as const, deleted } })
  const failed = (kind: "NotFoundError" | "ServerError") => ({
    failure: { kind, operation: "delete" as const, mayHaveExecuted: true }
  })

  it("that finds nothing after a lost reply is done, and is taken as it is otherwise", () => {
    for (const found of [reply(false), failed("NotFoundError")]) {
      assert.deepStrictEqual(settle(found, true), reply(true))
      assert.strictEqual(settle(found, false), found)
    }
    const other = failed("ServerError")
    assert.strictEqual(settle(other, true), other)
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

describe("an attempt", () => {
  const attempt = { method: "GET", template: "/fine_tuning/checkpoints/{checkpoint}/permissions", number: 1 }

  it("has the names of the semantic conventions, and a port that is not the default", () => {
    assert.deepStrictEqual(operations.attemptAttributes(attempt, new URL("http://127.0.0.1:8080/v1")), {
      "http.request.method": "GET",
      "server.address": "127.0.0.1",
      "server.port": 8080,
      "url.template": attempt.template
    })
  })

  it("is counted from the second on", () => {
    assert.deepStrictEqual(
      operations.attemptAttributes({ ...attempt, number: 3 }, new URL("https://api.openai.com/v1")),
      {
        "http.request.method": "GET",
        "server.address": "api.openai.com",
        "url.template": attempt.template,
        "http.request.resend_count": 2
      }
    )
  })
})
