/** An endpoint that declares the union of errors gives its client the class that its handler failed with. */
import { PermissionsError as Errors, Permission } from "@checkpoint-permissions/core"
import {
  FetchHttpClient,
  HttpApi,
  HttpApiBuilder,
  HttpApiClient,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpServer
} from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer, Schema } from "effect"

const errors: ReadonlyArray<Errors.PermissionsError> = [
  new Errors.NotFoundError({ operation: "list", checkpoint: "ft:a", status: 404, requestId: "req_1" }),
  new Errors.RateLimitError({ operation: "create", retryAfter: Duration.seconds(61), waited: Duration.millis(90_500) }),
  new Errors.ConnectionError({ operation: "delete", reason: "ECONNRESET", sent: true, mayHaveExecuted: true }),
  new Errors.IncompleteListingError({ operation: "list", reason: "a cursor twice", received: 300 })
]

const api = HttpApi.make("api").add(
  HttpApiGroup.make("permissions").add(
    HttpApiEndpoint.get("list", "/list/:index")
      .setPath(Schema.Struct({ index: Schema.NumberFromString }))
      .addSuccess(Permission.PermissionPage)
      .addError(Errors.PermissionsError)
  )
)

it.scoped("an endpoint of HttpApi sends each error as it is", () =>
  Effect.gen(function* () {
    const handlers = HttpApiBuilder.group(api, "permissions", (group) =>
      group.handle("list", ({ path }) =>
        Effect.fromNullable(errors[path.index]).pipe(Effect.orDie, Effect.flatMap(Effect.fail))
      )
    )
    const server = HttpApiBuilder.toWebHandler(
      Layer.merge(HttpApiBuilder.api(api).pipe(Layer.provide(handlers)), HttpServer.layerContext)
    )
    yield* Effect.addFinalizer(() => Effect.promise(server.dispose))
    const client = yield* HttpApiClient.make(api, { baseUrl: "http://localhost" }).pipe(
      Effect.provide(FetchHttpClient.layer)
    )
    const throughHandler: typeof fetch = (input, init) => server.handler(new Request(input, init))
    for (const [index, error] of errors.entries()) {
      const back = yield* client.permissions
        .list({ path: { index } })
        .pipe(Effect.flip, Effect.provideService(FetchHttpClient.Fetch, throughHandler))
      assert.strictEqual(back.constructor, error.constructor)
      assert.deepStrictEqual({ ...back }, { ...error })
      assert.strictEqual(back.message, error.message)
    }
  })
)
