/** The fake beside a server under test, each with a client of its own. */
import { CheckpointPermissions, FakePermissions, Faults, Pacing, RetryPolicy } from "@checkpoint-permissions/effect4"
import { Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { assert } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint } from "./support/setup.ts"

/** The application: its route answers with the projects that the API lists, or with the status of the API. */
const app = HttpRouter.add(
  "GET",
  "/projects",
  Effect.matchEffect(CheckpointPermissions.list(checkpoint), {
    onFailure: ({ status = 500 }) => Effect.succeed(HttpServerResponse.empty({ status })),
    onSuccess: ({ data }) => HttpServerResponse.json(data.map(({ project_id }) => project_id))
  })
).pipe(
  HttpRouter.provideRequest(
    CheckpointPermissions.layer({
      adminKey: Redacted.make("sk-admin-test"),
      pacing: Pacing.none,
      retry: RetryPolicy.none
    }).pipe(Layer.orDie)
  )
)

/** The test's own client: each request goes to the application, as that of a test server does. */
const toApp = Layer.effect(
  HttpClient.HttpClient,
  Effect.gen(function* () {
    const handler = yield* HttpRouter.toHttpEffect(Layer.provide(app, FakePermissions.layerHttpClient))
    return HttpClient.make((request) =>
      handler.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromClientRequest(request)),
        Effect.map((response) => HttpServerResponse.toClientResponse(response, { request })),
        Effect.scoped,
        Effect.orDie
      )
    )
  })
)

it.effect("layerControls keeps the test's own client, layerHttpClient is the client of those controls", () =>
  Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.seed({ [checkpoint]: ["proj_a", "proj_b"] })
    const listed = yield* HttpClient.get("http://app.test/projects")
    assert.deepStrictEqual(yield* listed.json, ["proj_b", "proj_a"])
    yield* fake.inject(Faults.error(503))
    const refused = yield* HttpClient.get("http://app.test/projects")
    assert.strictEqual(refused.status, 503)
    assert.deepStrictEqual(
      (yield* fake.requests).map(({ operation, status }) => [operation, status]),
      [
        ["list", 200],
        ["list", 503]
      ]
    )
  }).pipe(Effect.provide(toApp.pipe(Layer.provideMerge(FakePermissions.layerControls()))))
)
