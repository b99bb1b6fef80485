import {
  CheckpointPermissions,
  FakePermissions,
  Faults,
  Identifiers,
  ServerBehavior
} from "@checkpoint-permissions/effect4"
import { ConfigProvider, Context, Effect, Exit, Fiber, Layer, Redacted, Scope } from "effect"
import { HttpClientRequest, HttpServer } from "effect/http"
import { HttpApiMiddleware, HttpApiTest } from "effect/http-api"
import { TestClock } from "effect/testing"
import { assert, test } from "vitest"
import { Api, Authorization } from "../src/Api.ts"
import { AccessLive, AuthorizationLive } from "../src/Http.ts"
import * as ModelAccess from "../src/ModelAccess.ts"

const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const project = Identifiers.ProjectId.make("proj_search")

/** A layer with the service, and a fake with these settings in place of OpenAI. */
const service = (options: FakePermissions.Options = {}, token = "secret") =>
  AccessLive.pipe(
    Layer.provide(ModelAccess.layer),
    Layer.provideMerge(AuthorizationLive),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ SERVICE_TOKEN: "secret" }))),
    Layer.provideMerge(
      HttpApiMiddleware.layerClient(Authorization, ({ next, request }) =>
        next(HttpClientRequest.bearerToken(request, token))
      )
    ),
    Layer.provideMerge(HttpServer.layerServices),
    Layer.provideMerge(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") })),
    Layer.provideMerge(FakePermissions.layer(options)),
    Layer.provideMerge(TestClock.layer())
  )

/** Sends requests to the handlers in this process, encoded and decoded as over HTTP. */
const client = Effect.map(HttpApiTest.groups(Api, ["access"]), ({ access }) => access)

test("lists the projects that may use a checkpoint", () =>
  Effect.gen(function* () {
    const { list } = yield* client
    assert.deepStrictEqual(yield* list({ query: { checkpoint } }), { projects: [project] })
  }).pipe(Effect.scoped, Effect.provide(service({ seed: { [checkpoint]: [project] } })), Effect.runPromise))

test("grants and revokes once, however often it is asked", () =>
  Effect.gen(function* () {
    const { grant, revoke } = yield* client
    const fake = yield* FakePermissions.FakePermissions
    const granting = grant({ payload: { checkpoint, project } })
    const revoking = revoke({ query: { checkpoint, project } })
    assert.deepStrictEqual(yield* granting, { result: "granted" })
    assert.deepStrictEqual(yield* granting, { result: "alreadyGranted" })
    assert.deepStrictEqual(yield* fake.projects(checkpoint), [project])
    assert.deepStrictEqual(yield* revoking, { result: "revoked" })
    assert.deepStrictEqual(yield* revoking, { result: "absent" })
  }).pipe(Effect.scoped, Effect.provide(service({ behavior: { regrant: "second" } })), Effect.runPromise))

test("replies 404 for a checkpoint that does not exist", () =>
  Effect.gen(function* () {
    const { list } = yield* client
    const error = yield* Effect.flip(list({ query: { checkpoint } }))
    assert.strictEqual(error._tag, "CheckpointNotFound")
  }).pipe(Effect.scoped, Effect.provide(service({ behavior: { unknownCheckpoints: "not-found" } })), Effect.runPromise))

test("replies 503 immediately if the quota refills too late, with the time of the server", () =>
  Effect.gen(function* () {
    const { list } = yield* client
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.inject(Faults.rateLimited({ "retry-after": "61" }))
    const { headers, status } = yield* list({ query: { checkpoint }, responseMode: "response-only" })
    assert.deepStrictEqual([status, headers["retry-after"]], [503, "61"])
  }).pipe(Effect.scoped, Effect.provide(service()), Effect.runPromise))

const minute = Faults.rateLimited({ "retry-after": "61" })
const slow = Faults.latency({ before: "25 seconds" })

test.each([
  ["a 429 of a minute to the list", minute, "list"],
  ["a 429 of a minute to the create", minute, "create"],
  ["a slow list", slow, "list"],
  ["a slow create", slow, "create"]
] as const)("replies 503 after 20 seconds, and makes the grant later: %s", (_, fault, operation) =>
  Effect.gen(function* () {
    const { grant } = yield* client
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.inject(fault, { operation })
    const granting = yield* Effect.forkChild(grant({ payload: { checkpoint, project }, responseMode: "response-only" }))
    yield* TestClock.adjust("20 seconds")
    const { headers, status } = yield* Fiber.join(granting)
    assert.deepStrictEqual([status, headers["retry-after"]], [503, "10"])
    yield* TestClock.adjust("10 minutes")
    assert.deepStrictEqual(yield* fake.projects(checkpoint), [project])
  }).pipe(Effect.scoped, Effect.provide(service()), Effect.runPromise)
)

test.each([
  ["finishes a create that is in flight", "create", [project]],
  ["sends no more after a list", "list", []]
] as const)("at SIGTERM, after the caller has left, %s", (_, operation, sent) =>
  Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.inject(slow, { operation })
    const scope = yield* Scope.make()
    const { grant } = Context.get(
      yield* Layer.buildWithScope(Layer.fresh(ModelAccess.layer), scope),
      ModelAccess.ModelAccess
    )
    const caller = yield* Effect.forkChild(Effect.timeout(grant(checkpoint, project), "20 seconds"))
    yield* TestClock.adjust("20 seconds")
    assert.isTrue(Exit.isFailure(yield* Fiber.await(caller)))
    const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
    yield* TestClock.adjust("10 minutes")
    yield* Fiber.join(closing)
    assert.deepStrictEqual<ReadonlyArray<string>>(yield* fake.projects(checkpoint), sent)
  }).pipe(Effect.scoped, Effect.provide(service()), Effect.runPromise)
)

test("a refused admin key is a defect, not an error of the API", () =>
  Effect.gen(function* () {
    const { list } = yield* client
    const exit = yield* Effect.exit(list({ query: { checkpoint } }))
    assert.notInclude(JSON.stringify(exit), "CheckpointNotFound")
    assert.strictEqual(exit._tag, "Failure")
  }).pipe(
    Effect.scoped,
    Effect.provide(service({ behavior: { keys: [ServerBehavior.adminKey("sk-admin-other")] } })),
    Effect.runPromise
  ))

test("refuses a request without the token", () =>
  Effect.gen(function* () {
    const { grant } = yield* client
    const fake = yield* FakePermissions.FakePermissions
    const error = yield* Effect.flip(grant({ payload: { checkpoint, project } }))
    assert.strictEqual(error._tag, "Unauthorized")
    assert.isEmpty(yield* fake.requests)
  }).pipe(Effect.scoped, Effect.provide(service({}, "wrong")), Effect.runPromise))
