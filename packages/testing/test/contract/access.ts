import { ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { call, create, failed, list, remove, type Transport } from "./transport.ts"

const keys = [
  ServerBehavior.adminKey("sk-admin-1"),
  ServerBehavior.readOnlyKey("sk-admin-read"),
  ServerBehavior.ordinaryKey("sk-proj-1")
]

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

/** Keys, paths and methods: what a request must have before the server looks at it. */
export const access = (name: string, transport: Transport) =>
  describe(`${name}: keys, paths, methods`, () => {
    it.effect("keys: any is taken by default, under either header, and none is 401", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* list({}, bearer("whatever"))).status, 200)
        assert.strictEqual((yield* list({}, { headers: { "api-key": "whatever" } })).status, 200)
        failed(yield* list({}, { headers: {} }), 401, { message: /didn't provide an API key/ })
        failed(yield* list({}, { headers: { authorization: "Basic abc" } }), 401, {})
        failed(yield* list({}, { headers: { "api-key": "" } }), 401, {})
      }).pipe(Effect.provide(transport()))
    )

    it.effect("keys: one that the server does not know is 401 invalid_api_key, and is not repeated whole", () =>
      Effect.gen(function* () {
        const reply = yield* list({}, bearer("sk-admin-of-somebody-else-entirely"))
        failed(reply, 401, { code: "invalid_api_key", message: /^Incorrect API key provided: sk-\*+rely/ })
        assert.notInclude(JSON.stringify(reply.body), "somebody")
        failed(yield* create(["proj_a"], { headers: { "api-key": "nope" } }), 401, { code: "invalid_api_key" })
      }).pipe(Effect.provide(transport({ behavior: { keys } })))
    )

    it.effect("keys: an admin key may do everything, by either header", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* list({}, bearer("sk-admin-1"))).status, 200)
        assert.strictEqual((yield* create(["proj_a"], { headers: { "api-key": "sk-admin-1" } })).status, 200)
        assert.strictEqual((yield* remove("cp_000000000000000000000001", bearer("sk-admin-1"))).status, 200)
      }).pipe(Effect.provide(transport({ behavior: { keys } })))
    )

    it.effect("keys: an ordinary key lacks both scopes, and the message names the one that is missing", () =>
      Effect.gen(function* () {
        const expected = (scope: string) => ({
          code: "missing_scope",
          message: new RegExp(
            `^You have insufficient permissions for this operation. Missing scopes: api.fine_tuning.checkpoints.${scope}\\b`
          )
        })
        failed(yield* list({}, bearer("sk-proj-1")), 401, expected("read"))
        failed(yield* create(["proj_a"], bearer("sk-proj-1")), 401, expected("write"))
        failed(yield* remove("cp_1", bearer("sk-proj-1")), 401, expected("write"))
      }).pipe(Effect.provide(transport({ behavior: { keys } })))
    )

    it.effect("keys: a read-only key lists and does not write; missingScopeStatus says with which status", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* list({}, bearer("sk-admin-read"))).status, 200)
        failed(yield* create(["proj_a"], bearer("sk-admin-read")), 403, { code: "missing_scope" })
        failed(yield* remove("cp_1", bearer("sk-admin-read")), 403, { code: "missing_scope" })
      }).pipe(Effect.provide(transport({ behavior: { keys, missingScopeStatus: 403 } })))
    )

    it.effect.each([
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
      Effect.gen(function* () {
        failed(yield* call("GET", { path }), 404, { code: "unknown_url", message: /^Invalid URL \(GET \// })
      }).pipe(Effect.provide(transport()))
    )

    it.effect("dot segments are resolved before the path is looked at", () =>
      Effect.gen(function* () {
        const reply = yield* call("GET", { path: "/fine_tuning/checkpoints/ft:a/x/../permissions" })
        assert.strictEqual(reply.status, 200)
      }).pipe(Effect.provide(transport()))
    )

    it.effect("405 for another method, with what is allowed", () =>
      Effect.gen(function* () {
        for (const method of ["PUT", "PATCH", "DELETE"] as const) {
          const reply = yield* call(method)
          failed(reply, 405, { code: "method_not_supported" })
          assert.strictEqual(reply.headers["allow"], "GET, POST")
        }
        for (const method of ["GET", "POST", "PATCH"] as const) {
          const reply = yield* call(method, { id: "cp_1" })
          failed(reply, 405, {})
          assert.strictEqual(reply.headers["allow"], "DELETE")
        }
      }).pipe(Effect.provide(transport()))
    )

    it.effect("x-request-id, openai-processing-ms and date are on every reply, and no id comes twice", () =>
      Effect.gen(function* () {
        const replies = [
          yield* list(),
          yield* create(["proj_a"]),
          yield* remove("cp_none"),
          yield* call("GET", { path: "/embeddings" }),
          yield* call("PATCH"),
          yield* list({}, { headers: {} })
        ]
        for (const { headers } of replies) {
          assert.match(headers["x-request-id"] ?? "", /^req_\d{32}$/)
          assert.strictEqual(headers["openai-processing-ms"], "0")
          assert.strictEqual(headers["date"], "Thu, 01 Jan 1970 00:00:00 GMT")
        }
        assert.strictEqual(new Set(replies.map(({ headers }) => headers["x-request-id"])).size, replies.length)
      }).pipe(Effect.provide(transport()))
    )
  })
