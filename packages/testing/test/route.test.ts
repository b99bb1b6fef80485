import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { route } from "../src/internal/route.ts"

const of = (method: string, path: string) =>
  route({ method, url: `https://a.example${path}`, path, query: [], headers: {}, body: "" })

describe("a route", () => {
  it.each([
    ["GET", "/v1/fine_tuning/checkpoints/ft%3Aa/permissions", { _tag: "List", operation: "list", checkpoint: "ft:a" }],
    ["GET", "/v1/fine_tuning/checkpoints/ft:a/permissions", { _tag: "List", operation: "list", checkpoint: "ft:a" }],
    ["POST", "/fine_tuning/checkpoints/a%2Fb/permissions", { _tag: "Create", operation: "create", checkpoint: "a/b" }],
    ["GET", "/a/b/fine_tuning/checkpoints/x/permissions", { _tag: "List", operation: "list", checkpoint: "x" }],
    [
      "DELETE",
      "/v1/fine_tuning/checkpoints/ft:a/permissions/cp%20a",
      { _tag: "Delete", operation: "delete", checkpoint: "ft:a", permissionId: "cp a" }
    ],
    [
      "DELETE",
      "/v1/fine_tuning/checkpoints/permissions/permissions/permissions",
      { _tag: "Delete", operation: "delete", checkpoint: "permissions", permissionId: "permissions" }
    ]
  ])("%s %s", (method, path, expected) => {
    assert.deepStrictEqual<unknown>(of(method, path), expected)
  })

  it.each([
    "",
    "/",
    "/v1",
    "/v1/models",
    "/v1/fine_tuning/checkpoints",
    "/v1/fine_tuning/checkpoints/",
    "/v1/fine_tuning/checkpoints/a",
    "/v1/fine_tuning/checkpoints/a/",
    "/v1/fine_tuning/checkpoints//permissions",
    "/v1/fine_tuning/checkpoints/a/permission",
    "/v1/fine_tuning/checkpoints/a/Permissions",
    "/v1/fine_tuning/checkpoints/a/permissions/",
    "/v1/fine_tuning/checkpoints/a/permissions//",
    "/v1/fine_tuning/checkpoints/a/permissions/b/",
    "/v1/fine_tuning/checkpoints/a/permissions/b/c",
    "/v1/fine_tuning/checkpoints/a/b/permissions",
    "/v1/fine_tuning/jobs/a/permissions",
    "/v1/Fine_tuning/checkpoints/a/permissions",
    ...["%", "a%", "%2", "%zz", "%E0%A4%A", "%ff", "%c0%ae", "%ed%a0%80", "%u0041"].flatMap((id) => [
      `/v1/fine_tuning/checkpoints/${id}/permissions`,
      `/v1/fine_tuning/checkpoints/a/permissions/${id}`
    ])
  ])("is not %j", (path) => {
    for (const method of ["GET", "POST", "DELETE"]) {
      const refused = of(method, path)
      assert.strictEqual(refused._tag, "Refused")
      if (refused._tag === "Refused") assert.strictEqual(refused.reply.status, 404)
    }
  })

  it.each([
    ["DELETE", "/v1/fine_tuning/checkpoints/a/permissions", "GET, POST"],
    ["PUT", "/v1/fine_tuning/checkpoints/a/permissions", "GET, POST"],
    ["GET", "/v1/fine_tuning/checkpoints/a/permissions/cp_a", "DELETE"]
  ])("%s is not allowed on %s", (method, path, allow) => {
    const refused = of(method, path)
    assert.strictEqual(refused._tag, "Refused")
    if (refused._tag !== "Refused") return
    assert.strictEqual(refused.reply.status, 405)
    assert.strictEqual(refused.reply.headers["allow"], allow)
  })

  it("takes ids as they are encoded, whatever they are", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.string({ unit: "grapheme", minLength: 1 }),
        (a, b) => {
          const path = `/v1/fine_tuning/checkpoints/${encodeURIComponent(a)}/permissions/${encodeURIComponent(b)}`
          assert.deepStrictEqual<unknown>(of("DELETE", path), {
            _tag: "Delete",
            operation: "delete",
            checkpoint: a,
            permissionId: b
          })
        }
      )
    )
  })
})
