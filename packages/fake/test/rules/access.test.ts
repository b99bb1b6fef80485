import { behavior } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { as, failed, rule, within } from "./server.ts"

const keys = [behavior.adminKey("sk-admin-1"), behavior.readOnlyKey("sk-admin-read"), behavior.ordinaryKey("sk-proj-1")]

describe("keys, paths, methods", () => {
  rule("keys: any is taken by default, under either header, and none is 401", {}, async ({ list }) => {
    assert.strictEqual((await list({}, as("whatever"))).status, 200)
    assert.strictEqual((await list({}, { headers: { "api-key": "whatever" } })).status, 200)
    failed(await list({}, { headers: {} }), 401, { message: /didn't provide an API key/ })
    failed(await list({}, { headers: { authorization: "Basic abc" } }), 401, {})
    failed(await list({}, { headers: { "api-key": "" } }), 401, {})
  })

  rule(
    "keys: one that the server does not know is 401 invalid_api_key, and is not repeated whole",
    { behavior: { keys } },
    async ({ create, list }) => {
      const reply = await list({}, as("sk-admin-of-somebody-else-entirely"))
      failed(reply, 401, { code: "invalid_api_key", message: /^Incorrect API key provided: sk-\*+rely/ })
      assert.notInclude(JSON.stringify(reply.body), "somebody")
      failed(await create(["proj_a"], { headers: { "api-key": "nope" } }), 401, { code: "invalid_api_key" })
    }
  )

  rule(
    "keys: an ordinary key lacks both scopes, and the message names the one that is missing",
    { behavior: { keys } },
    async ({ create, list, remove }) => {
      const expected = (scope: string) => ({
        code: "missing_scope",
        message: new RegExp(
          `^You have insufficient permissions for this operation. Missing scopes: api.fine_tuning.checkpoints.${scope}\\b`
        )
      })
      failed(await list({}, as("sk-proj-1")), 401, expected("read"))
      failed(await create(["proj_a"], as("sk-proj-1")), 401, expected("write"))
      failed(await remove("cp_1", as("sk-proj-1")), 401, expected("write"))
    }
  )

  rule("keys: a read-only key lists and does not write", { behavior: { keys } }, async ({ create, list, remove }) => {
    assert.strictEqual((await list({}, as("sk-admin-read"))).status, 200)
    failed(await create(["proj_a"], as("sk-admin-read")), 401, { code: "missing_scope" })
    failed(await remove("cp_1", as("sk-admin-read")), 401, { code: "missing_scope" })
  })

  it.each([
    "/embeddings",
    "/fine_tuning/models",
    "/organization/models",
    "/organization/projects/proj_a",
    "/organization/projects/%ff/model_permissions",
    "/fine_tuning/jobs/ftjob-1",
    "/",
    "/fine_tuning/checkpoints",
    "/fine_tuning/checkpoints/",
    "/fine_tuning/checkpoints/ft:a",
    "/fine_tuning/checkpoints/ft:a/permission",
    "/fine_tuning/checkpoints/ft:a/permissions/",
    "/fine_tuning/checkpoints/ft:a/permissions/cp_1/x",
    "/fine_tuning/checkpoints//permissions",
    "/fine_tuning/checkpoints/%ff/permissions",
    "/fine_tuning/checkpoints/ft:a/permissions/..",
    "/fine_tuning/checkpoints/%2e%2e/permissions",
    "/fine_tuning/checkpoints/ft:a/permissions/../../embeddings"
  ])("404 for the path %s", (path) =>
    within({}, async ({ call }) => {
      failed(await call("GET", { path }), 404, { code: "unknown_url", message: /^Invalid URL \(GET \// })
    })
  )

  rule("405 for another method, with what is allowed", {}, async ({ call }) => {
    for (const method of ["PUT", "PATCH", "DELETE"] as const) {
      const reply = await call(method)
      failed(reply, 405, { code: "method_not_supported" })
      assert.strictEqual(reply.headers["allow"], "GET, POST")
    }
    for (const method of ["GET", "POST", "PATCH"] as const) {
      const reply = await call(method, { id: "cp_1" })
      failed(reply, 405, {})
      assert.strictEqual(reply.headers["allow"], "DELETE")
    }
  })

  rule(
    "x-request-id, openai-processing-ms and date are on every reply, and no id comes twice",
    {},
    async ({ call, create, list, remove }) => {
      const replies = [
        await list(),
        await create(["proj_a"]),
        await remove("cp_none"),
        await call("GET", { path: "/embeddings" }),
        await call("PATCH"),
        await list({}, { headers: {} })
      ]
      for (const { headers } of replies) {
        assert.match(headers["x-request-id"] ?? "", /^req_\d{32}$/)
        assert.strictEqual(headers["openai-processing-ms"], "0")
        assert.strictEqual(headers["date"], "Thu, 01 Jan 1970 00:00:00 GMT")
      }
      assert.strictEqual(new Set(replies.map(({ headers }) => headers["x-request-id"])).size, replies.length)
    }
  )
})
