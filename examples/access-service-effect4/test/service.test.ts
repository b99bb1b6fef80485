import { CheckpointPermissions, FakePermissions, Faults, Identifiers } from "@checkpoint-permissions/effect4"
import { ConfigProvider, Effect, Fiber, Layer, Metric, Redacted, type Scope } from "effect"
import { HttpClientRequest, HttpServer } from "effect/http"
import { HttpApiMiddleware, HttpApiTest } from "effect/http-api"
import { TestClock } from "effect/testing"
import { assert, describe, test } from "vitest"
import { Api, Authorization } from "../src/Api.ts"
import { AccessLive, AuthorizationLive } from "../src/Http.ts"
import * as ModelAccess from "../src/ModelAccess.ts"

const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const project = Identifiers.ProjectId.make("proj_search")

/** The service, with a fake of these settings in place of OpenAI, and a caller with this token. */
const serviceWith = (options: FakePermissions.Options, token: string) =>
  Layer.mergeAll(AccessLive, HttpServer.layerServices).pipe(
    Layer.provideMerge(AuthorizationLive),
    Layer.provideMerge(
      HttpApiMiddleware.layerClient(Authorization, ({ next, request }) =>
        next(HttpClientRequest.bearerToken(request, token))
      )
    ),
    Layer.provide(ModelAccess.layer),
    Layer.provide(CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test"), tracePropagation: true })),
    Layer.provideMerge(FakePermissions.layer(options)),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ SERVICE_TOKEN: "secret" })))
  )

type Services = Layer.Success<ReturnType<typeof serviceWith>> | Scope.Scope

/** Runs a test in the time of `TestClock`. */
const run = <A, E>(
  effect: Effect.Effect<A, E, Services>,
  { token = "secret", ...options }: FakePermissions.Options & { readonly token?: string } = {}
) =>
  effect.pipe(
    Effect.scoped,
    Effect.provide(serviceWith(options, token)),
    Effect.provide(TestClock.layer()),
    Effect.runPromise
  )

// Calls go through routing, decoding and encoding, without a socket.
const client = HttpApiTest.groups(Api, ["access"])

describe("access service", () => {
  test("says who may use a checkpoint", () =>
    run(
      Effect.gen(function* () {
        const { access } = yield* client
        const other = Identifiers.ProjectId.make("proj_other")
        assert.deepStrictEqual(yield* access.check({ query: { checkpoint, project } }), { granted: true })
        assert.deepStrictEqual(yield* access.check({ query: { checkpoint, project: other } }), { granted: false })
      }),
      { seed: { [checkpoint]: [project] } }
    ))

  test("asks OpenAI once a minute, and anew after a grant", () =>
    run(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const { access } = yield* client
        const check = access.check({ query: { checkpoint, project } })
        const asked = Effect.map(fake.requests, (requests) => requests.length)

        yield* Effect.all([check, check, check], { concurrency: "unbounded" })
        assert.strictEqual(yield* asked, 1)
        yield* TestClock.adjust("61 seconds")
        assert.deepStrictEqual(yield* check, { granted: false })
        assert.strictEqual(yield* asked, 2)

        yield* access.grant({ payload: { checkpoint, project } })
        assert.deepStrictEqual(yield* check, { granted: true })
      })
    ))

  test("counts what it answers, and traces it down to OpenAI", () =>
    run(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const { access } = yield* client
        const granted = Metric.withAttributes(ModelAccess.grants, { outcome: "granted" })
        const before = yield* Metric.value(granted)

        const caller = yield* access
          .grant({ payload: { checkpoint, project } })
          .pipe(Effect.andThen(Effect.currentSpan), Effect.withSpan("caller"))

        assert.strictEqual((yield* Metric.value(granted)).count - before.count, 1)
        const requests = yield* fake.requests
        const traces = new Set(requests.map(({ headers }) => headers["traceparent"]?.split("-")[1]))
        assert.deepStrictEqual([...traces], [caller.traceId])
      })
    ))

  test("says 503 rather than let a caller wait for the quota", () =>
    run(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        yield* fake.inject(Faults.rateLimited({ "retry-after": "61" }))
        const { access } = yield* client
        const waiting = yield* Effect.forkChild(Effect.flip(access.check({ query: { checkpoint, project } })))
        yield* fake.awaitRequests(1)
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "TryAgain")
      })
    ))

  test("lets nobody in without the token", () =>
    run(
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        const { access } = yield* client
        const error = yield* Effect.flip(access.grant({ payload: { checkpoint, project } }))
        assert.strictEqual(error._tag, "Unauthorized")
        assert.isEmpty(yield* fake.requests)
      }),
      { token: "wrong" }
    ))
})
