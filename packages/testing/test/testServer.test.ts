/** The fake beside a test server of `@effect/platform`, each with a client of its own. */
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { HttpClient, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"

const permissions = "https://api.openai.com/v1/fine_tuning/checkpoints/ft:a/permissions"

/** The application's service, built on an `HttpClient`. */
class Listing extends Context.Tag("test/Listing")<Listing, Effect.Effect<string>>() {}
const ListingLive = Layer.effect(
  Listing,
  Effect.map(HttpClient.HttpClient, (client) =>
    client.get(permissions, { headers: { authorization: "Bearer sk-admin-test" } }).pipe(
      Effect.flatMap(({ text }) => text),
      Effect.scoped,
      Effect.orDie
    )
  )
)

/** The application under test: its route answers with what the API answers. */
const app = HttpRouter.empty.pipe(
  HttpRouter.get(
    "/listing",
    Effect.flatMap(Listing, (listing) => Effect.map(listing, (text) => HttpServerResponse.text(text)))
  ),
  HttpServer.serve()
)

const listing = Effect.flatMap(HttpClient.get("/listing"), ({ text }) => text)

describe("the fake in the test of a server", () => {
  it.scoped("layerControls keeps the test server's client, layerHttpClient is the client of those controls", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.seed({ "ft:a": ["proj_a"] })
      assert.include(yield* listing, '"proj_a"')
      yield* fake.inject(Faults.reply(503, { body: "out of order" }))
      assert.strictEqual(yield* listing, "out of order")
      assert.deepStrictEqual(
        (yield* fake.requests).map(({ url }) => url),
        [permissions, permissions]
      )
    }).pipe(
      Effect.provide(
        app.pipe(
          Layer.provide(ListingLive),
          Layer.provide(FakePermissions.layerHttpClient),
          Layer.provideMerge(FakePermissions.layerControls()),
          Layer.provideMerge(NodeHttpServer.layerTest)
        )
      )
    )
  )
})
