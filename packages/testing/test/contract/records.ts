import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Inspectable, Redacted, TestClock } from "effect"
import { call, checkpoint, create, failed, fake, list, projects, remove, type Transport } from "./transport.ts"

const key = "sk-admin-very-secret"

export const records = (name: string, transport: Transport) =>
  describe(`${name}: controls`, () => {
    it.effect("requests: method, url, path, query, headers, key, body, time, operation, status, request id", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* TestClock.adjust("5 seconds")
        const headers = { authorization: `Bearer ${key}`, "openai-organization": "org-1" }
        const listed = yield* list({ limit: "2", project_id: "proj_a" }, { headers })
        yield* create(["proj_a"], { headers })
        yield* remove("cp_9", { headers })
        const [first, second, third, ...rest] = yield* controls.requests
        assert.lengthOf(rest, 0)
        assert.strictEqual(first?.method, "GET")
        assert.include(first?.url, `/v1/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`)
        assert.strictEqual(first?.path, `/v1/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`)
        assert.deepStrictEqual(first?.query, { limit: "2", project_id: "proj_a" })
        assert.strictEqual(first?.headers["openai-organization"], "org-1")
        assert.strictEqual(first?.headers["authorization"], "Bearer <redacted>")
        assert.strictEqual(first?.key === undefined ? undefined : Redacted.value(first.key), key)
        assert.strictEqual(first?.body, "")
        assert.strictEqual(first?.time, 5000)
        assert.strictEqual(first?.operation, "list")
        assert.strictEqual(first?.checkpoint, checkpoint)
        assert.strictEqual(first?.permissionId, undefined)
        assert.strictEqual(first?.status, 200)
        assert.strictEqual(first?.outcome, "replied")
        assert.strictEqual(first?.answeredAt, 5000)
        assert.strictEqual(first?.requestId, listed.headers["x-request-id"])
        assert.strictEqual(second?.operation, "create")
        assert.strictEqual(second?.body, '{"project_ids":["proj_a"]}')
        assert.strictEqual(third?.operation, "delete")
        assert.strictEqual(third?.permissionId, "cp_9")
        assert.strictEqual(third?.status, 404)
      }).pipe(Effect.provide(transport()))
    )

    it.effect("paths and parameters come as they were sent", () =>
      Effect.gen(function* () {
        const raw = yield* call("GET", { path: `/fine_tuning/checkpoints/${checkpoint}/x/../permissions` })
        assert.deepStrictEqual(projects(raw), ["proj_a"])
        assert.deepStrictEqual(projects(yield* list({}, { checkpoint: "a/b ?#%é" })), ["proj_b"])
        failed(yield* call("GET", { path: "/fine_tuning/checkpoints/%ff/permissions" }), 404, { code: "unknown_url" })
        const twice = yield* list([
          ["limit", "1"],
          ["limit", "2"]
        ])
        failed(twice, 400, { param: "limit", code: "invalid_value" })
        const wrongType = yield* call("POST", { text: '{"project_ids":["proj_c"]}', contentType: "text/plain" })
        failed(wrongType, 400, { code: "unsupported_content_type" })
        const wrongMethod = yield* call("PUT")
        failed(wrongMethod, 405, { code: "method_not_supported" })
        assert.strictEqual(wrongMethod.headers["allow"], "GET, POST")
      }).pipe(Effect.provide(transport({ seed: { [checkpoint]: ["proj_a"], "a/b ?#%é": ["proj_b"] } })))
    )

    it.effect("rate: over when the clock says so", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* list()).status, 200)
        assert.strictEqual((yield* list()).headers["retry-after"], "60")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* list()).status, 200)
      }).pipe(
        Effect.provide(transport({ behavior: { rate: { requests: 1, per: "1 minute", headers: "retry-after" } } }))
      )
    )

    it.effect("requests: the key is nowhere in the clear, under either header", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* list({}, { headers: { authorization: `Bearer ${key}` } })
        yield* list({}, { headers: { "api-key": key, cookie: `session=${key}` } })
        const requests = yield* controls.requests
        assert.strictEqual(requests[1]?.key === undefined ? undefined : Redacted.value(requests[1].key), key)
        for (const text of [
          JSON.stringify(requests),
          Inspectable.toStringUnknown(requests),
          String(requests[0]?.key)
        ]) {
          assert.notInclude(text, key)
        }
      }).pipe(Effect.provide(transport()))
    )

    it.effect("requests: those that no operation answers, and those that met a fault", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* call("GET", { path: "/embeddings" })
        yield* controls.inject(Faults.dropAfter())
        yield* Effect.flip(create(["proj_a"]))
        const [wrong, dropped] = yield* controls.requests
        assert.strictEqual(wrong?.operation, undefined)
        assert.strictEqual(wrong?.status, 404)
        assert.strictEqual(dropped?.outcome, "dropped")
        assert.strictEqual(dropped?.status, undefined)
        assert.deepStrictEqual(dropped?.fault, Faults.dropAfter())
      }).pipe(Effect.provide(transport()))
    )

    it.effect("clearRequests: forgets them", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* list()
        yield* controls.clearRequests
        assert.deepStrictEqual(yield* controls.requests, [])
        yield* list()
        assert.lengthOf(yield* controls.requests, 1)
        yield* controls.awaitRequests(1)
      }).pipe(Effect.provide(transport()))
    )

    it.effect("seed, permissions, projects, allPermissions, remove", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* TestClock.adjust("10 seconds")
        yield* controls.seed({ "ft:a": ["proj_a", { project_id: "proj_b", id: "cp_b", created_at: 3 }], "ft:b": [] })
        const [oldest, newest] = yield* controls.permissions("ft:a")
        assert.deepEqual(oldest, { id: "cp_b", created_at: 3, object: "checkpoint.permission", project_id: "proj_b" })
        assert.strictEqual(newest?.created_at, 10)
        assert.deepStrictEqual(yield* controls.projects("ft:a"), ["proj_b", "proj_a"])
        assert.deepStrictEqual(Object.keys(yield* controls.allPermissions), ["ft:a", "ft:b"])
        yield* controls.remove("ft:a", "cp_b")
        assert.deepStrictEqual(yield* controls.projects("ft:a"), ["proj_a"])
        assert.deepStrictEqual(yield* controls.permissions("ft:never"), [])
      }).pipe(Effect.provide(transport()))
    )

    it.effect("behavior, setBehavior: at run time, one setting at a time", () =>
      Effect.gen(function* () {
        const controls = yield* fake
        yield* controls.setBehavior({ regrant: "conflict", deleteGone: undefined })
        const behavior = yield* controls.behavior
        assert.strictEqual(behavior.regrant, "conflict")
        assert.strictEqual(behavior.deleteGone, "deleted-true")
        assert.strictEqual((yield* create(["proj_a"])).status, 409)
        assert.strictEqual((yield* remove("cp_none")).status, 200)
      }).pipe(
        Effect.provide(transport({ seed: { [checkpoint]: ["proj_a"] }, behavior: { deleteGone: "deleted-true" } }))
      )
    )

    it.effect("state lives as long as the layer", () =>
      Effect.gen(function* () {
        yield* Effect.provide(create(["proj_a"]), transport())
        assert.deepStrictEqual(
          yield* Effect.provide(
            Effect.flatMap(fake, (_) => _.projects(checkpoint)),
            transport()
          ),
          []
        )
      })
    )
  })
