import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { HttpApiBuilder, HttpApiClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Exit, Fiber, Layer, Metric, Redacted, Scope, TestClock } from "effect"
import { Api } from "../src/Api.ts"
import { ApiLive } from "../src/Http.ts"
import * as ModelAccess from "../src/ModelAccess.ts"
import { OpenAI } from "../src/Settings.ts"

const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const project = Identifiers.ProjectId.make("proj_search")

/** Runs a test against the service on a free port. In place of OpenAI it has a fake with these settings. */
const withService =
  (options: FakePermissions.Options = {}) =>
  <A, E, R>(test: Effect.Effect<A, E, R>) => {
    const openai = CheckpointPermissions.layer({
      adminKey: Redacted.make("sk-admin-test"),
      tracePropagation: true
    }).pipe(Layer.provideMerge(FakePermissions.layer(options)))
    const service = HttpApiBuilder.serve().pipe(
      Layer.provide(ApiLive),
      Layer.provide(ModelAccess.layer),
      Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map([["SERVICE_TOKEN", "secret"]])))),
      // The test's HttpClient is that of the service.
      Layer.provideMerge(NodeHttpServer.layerTest)
    )
    return test.pipe(Effect.provide(service), Effect.provide(openai))
  }

const clientWith = (token: string) =>
  HttpApiClient.make(Api, { transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(token)) })
const client = clientWith("secret")

describe("access service", () => {
  it.effect("lists the projects that may use a checkpoint", () =>
    Effect.gen(function* () {
      const { access } = yield* client
      assert.deepStrictEqual(yield* access.list({ urlParams: { checkpoint } }), { projects: [project] })
    }).pipe(withService({ seed: { [checkpoint]: [project] } }))
  )

  it.effect("lists once a minute, and again after a change", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const { access } = yield* client
      const list = access.list({ urlParams: { checkpoint } })
      const sent = Effect.map(fake.requests, (requests) => requests.length)

      yield* Effect.all([list, list, list], { concurrency: "unbounded" })
      assert.strictEqual(yield* sent, 1)
      yield* TestClock.adjust("61 seconds")
      assert.isEmpty((yield* list).projects)
      assert.strictEqual(yield* sent, 2)

      yield* access.grant({ payload: { checkpoint, project } })
      assert.deepStrictEqual(yield* list, { projects: [project] })
      yield* access.revoke({ urlParams: { checkpoint, project } })
      assert.isEmpty((yield* list).projects)
    }).pipe(withService())
  )

  it.effect("grants and revokes once, however often it is asked", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const { access } = yield* client
      const grant = access.grant({ payload: { checkpoint, project } })
      const revoke = access.revoke({ urlParams: { checkpoint, project } })

      assert.deepStrictEqual(yield* grant, { result: "granted" })
      assert.deepStrictEqual(yield* grant, { result: "alreadyGranted" })
      assert.deepStrictEqual(yield* fake.projects(checkpoint), [project])
      assert.deepStrictEqual(yield* revoke, { result: "revoked" })
      assert.deepStrictEqual(yield* revoke, { result: "absent" })
    }).pipe(withService({ behavior: { regrant: "second" } }))
  )

  it.effect("RATE=0 is a ConfigError", () =>
    Effect.gen(function* () {
      const settings = new Map([
        ["RATE", "0"],
        ["OPENAI_ADMIN_KEY", "sk-admin-test"]
      ])
      const error = yield* Effect.flip(
        Effect.scoped(Layer.build(OpenAI)).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(settings)))
      )
      assert.include(String(error), "1 or more")
    })
  )

  it.effect("counts what it answers, and traces it down to OpenAI", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const { access } = yield* client
      const before = yield* Metric.value(Metric.tagged(ModelAccess.changes, "result", "granted"))

      const caller = yield* access
        .grant({ payload: { checkpoint, project } })
        .pipe(Effect.zipRight(Effect.currentSpan), Effect.withSpan("caller"))

      const after = yield* Metric.value(Metric.tagged(ModelAccess.changes, "result", "granted"))
      assert.strictEqual(after.count - before.count, 1)
      const requests = yield* fake.requests
      const traces = new Set(requests.map(({ headers }) => headers["traceparent"]?.split("-")[1]))
      assert.deepStrictEqual([...traces], [caller.traceId])
    }).pipe(withService())
  )

  it.effect("says 404 for a checkpoint that there is not", () =>
    Effect.gen(function* () {
      const { access } = yield* client
      const error = yield* Effect.flip(access.list({ urlParams: { checkpoint } }))
      assert.strictEqual(error._tag, "CheckpointNotFound")
    }).pipe(withService({ behavior: { unknownCheckpoints: "not-found" } }))
  )

  it.effect("replies 503 immediately if the quota refills too late, with the time of the server", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.inject(Faults.rateLimited({ "retry-after": "61" }))
      const request = HttpClientRequest.get("/access", { urlParams: { checkpoint } })
      const { headers, status } = yield* HttpClient.execute(HttpClientRequest.bearerToken(request, "secret"))
      assert.deepStrictEqual([status, headers["retry-after"]], [503, "61"])
    }).pipe(withService())
  )

  const minute = Faults.rateLimited({ "retry-after": "61" })
  const slow = Faults.latency({ before: "25 seconds" })
  for (const [name, fault, operation] of [
    ["a 429 of a minute to the list", minute, "list"],
    ["a 429 of a minute to the create", minute, "create"],
    ["a slow list", slow, "list"],
    ["a slow create", slow, "create"]
  ] as const) {
    it.effect(`replies 503 after 20 seconds, and makes the grant later: ${name}`, () =>
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        yield* fake.inject(fault, { operation })
        const { access } = yield* client
        const granting = yield* Effect.fork(Effect.flip(access.grant({ payload: { checkpoint, project } })))
        yield* fake.awaitRequests(operation === "list" ? 1 : 2)
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual((yield* Fiber.join(granting))._tag, "TryAgain")
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(yield* fake.projects(checkpoint), [project])
      }).pipe(withService())
    )
  }

  for (const [name, operation, sent] of [
    ["finishes a create that is in flight", "create", [project]],
    ["sends no more after a list", "list", []]
  ] as const) {
    it.effect(`at SIGTERM, after the caller has left, ${name}`, () =>
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        yield* fake.inject(slow, { operation })
        const scope = yield* Scope.make()
        const { grant } = Context.get(yield* Layer.buildWithScope(ModelAccess.layer, scope), ModelAccess.ModelAccess)
        const caller = yield* Effect.fork(Effect.timeout(grant(checkpoint, project), "20 seconds"))
        yield* fake.awaitRequests(operation === "list" ? 1 : 2)
        yield* TestClock.adjust("20 seconds")
        assert.isTrue(Exit.isFailure(yield* Fiber.await(caller)))
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* TestClock.adjust("10 minutes")
        yield* Fiber.join(closing)
        assert.deepStrictEqual<ReadonlyArray<string>>(yield* fake.projects(checkpoint), sent)
      }).pipe(withService())
    )
  }

  it.effect("says 500, and nothing of our key, when the key is refused", () =>
    Effect.gen(function* () {
      const http = yield* HttpClient.HttpClient
      const request = HttpClientRequest.get("/access").pipe(
        HttpClientRequest.setUrlParams({ checkpoint }),
        HttpClientRequest.bearerToken("secret")
      )
      const response = yield* http.execute(request)
      assert.strictEqual(response.status, 500)
      assert.strictEqual(yield* response.text, "")
    }).pipe(withService({ behavior: { keys: [ServerBehavior.adminKey("sk-admin-other")] } }))
  )

  it.effect("refuses a request without the token", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const { access } = yield* clientWith("wrong")
      const error = yield* Effect.flip(access.grant({ payload: { checkpoint, project } }))
      assert.strictEqual(error._tag, "Unauthorized")
      assert.isEmpty(yield* fake.requests)
    }).pipe(withService())
  )
})
