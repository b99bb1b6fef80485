/**
 * A fake of the API behind an in-process `HttpClient`. Provide it to the client in a test. The code under test then
 * uses a server that behaves like the real one, without a socket and on the clock of the test.
 */
import "./internal/installEffect3.ts"
import { inMillis } from "@checkpoint-permissions/fake/behavior"
import * as Host from "@checkpoint-permissions/fake/host"
import { formatRequests } from "@checkpoint-permissions/fake/http"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { InjectOptions, Options, RecordedRequest, Service } from "./internal/controls.ts"
import { controls, requireFaults } from "./internal/controls.ts"
import { clocks, toMillis } from "./internal/time.ts"

export type { Organization, Seed, SeedPermission } from "@checkpoint-permissions/fake/seed"
export type { InjectOptions, Options, RecordedRequest, Service }

/**
 * The controls of the fake: its state, its recorded requests, its faults and its behavior.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict"
 * import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
 * import { HttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const fake = yield* FakePermissions.FakePermissions
 *   yield* fake.seed({ "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": ["proj_a", "proj_b"] })
 *   yield* fake.inject(Faults.rateLimited({ "retry-after": "1" }), { operation: "list" })
 *   const client = yield* HttpClient.HttpClient
 *   yield* client.get("https://api.openai.com/v1/fine_tuning/checkpoints/ft:a/permissions")
 *   const [request] = yield* fake.requests
 *   return request?.status
 * }).pipe(Effect.provide(FakePermissions.layer()))
 * assert.equal(await Effect.runPromise(program), 429)
 * ```
 *
 * @category tags
 */
export class FakePermissions extends Context.Tag("@checkpoint-permissions/testing/FakePermissions")<
  FakePermissions,
  Service
>() {}

/**
 * The controls of a fake server, without an `HttpClient`. {@link layerHttpClient} adds the client. A test that needs
 * another `HttpClient`, such as that of `NodeHttpServer.layerTest`, provides the fake's client only to the application.
 *
 * Invalid options are a defect: `InvalidSetting`, whose message names the field and the valid values. The same goes for
 * arguments of the controls.
 *
 * @category layers
 */
export const layerControls = (options: Options = {}): Layer.Layer<FakePermissions> =>
  Layer.scoped(
    FakePermissions,
    Effect.gen(function* () {
      const { behavior = {}, strictFaults, ...others } = options
      const host = Host.make({ ...others, behavior: inMillis(behavior, toMillis) }, yield* Clock.currentTimeMillis)
      yield* requireFaults(host, strictFaults)
      return controls(host, yield* clocks)
    })
  )

/**
 * The `HttpClient` of the fake server whose controls are provided.
 *
 * @category layers
 */
export const layerHttpClient: Layer.Layer<HttpClient.HttpClient, never, FakePermissions> = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(FakePermissions, ({ httpClient }) => httpClient)
)

/**
 * The fake server: an `HttpClient` that reaches it under its base URL, and its controls. Its state lives as long as the
 * layer.
 *
 * The request logic runs in the fiber that sends the request, so `TestClock` (or `VirtualClock`) drives latency and
 * quotas, and an interruption reaches the server. By default it accepts any key.
 *
 * The options are those of {@link layerControls}.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<HttpClient.HttpClient | FakePermissions> =>
  Layer.provideMerge(layerHttpClient, layerControls(options))

/**
 * Prints the requests that the fake received, and the faults that affected none, if the effect fails, dies or is
 * interrupted, for instance by the timeout of a test. The text is that of `http.formatRequests`, without the key.
 * It is printed with `Console.error`. Prints
 * nothing if the effect succeeds.
 *
 * @example
 * ```ts
 * import { FakePermissions } from "@checkpoint-permissions/testing"
 * import { HttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const test = Effect.flatMap(HttpClient.HttpClient, (client) => client.get("https://api.openai.com/v1/models")).pipe(
 *   Effect.andThen(Effect.fail("not as expected")),
 *   // The fake saw 1 request
 *   //   +0ms GET /v1/models: 200
 *   FakePermissions.withRequestLog,
 *   Effect.provide(FakePermissions.layer())
 * )
 * await Effect.runPromiseExit(test)
 * ```
 *
 * @category debugging
 */
export const withRequestLog = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | FakePermissions> =>
  Effect.flatMap(FakePermissions, ({ requests, unusedFaults }) => {
    const log = Effect.zipWith(requests, unusedFaults, (all, unused) =>
      formatRequests(
        all.map(({ key, ...request }) => ({ ...request, key: () => key && Redacted.value(key) })),
        unused
      )
    )
    return Effect.onError(self, () => Effect.flatMap(log, Console.error))
  })
