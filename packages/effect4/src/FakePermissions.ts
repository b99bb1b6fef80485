/**
 * A fake of the API that answers an `HttpClient` in-process: put it under the client in a test, and the code under test
 * meets a server that behaves like the real one, without a socket and in the time of the test's own clock.
 *
 * @since 0.1.0
 */
import { inMillis } from "@checkpoint-permissions/fake/behavior"
import * as Host from "@checkpoint-permissions/fake/host"
import { formatRequests } from "@checkpoint-permissions/fake/http"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as client from "./internal/fake/client.ts"
import { toMillis } from "./internal/fake/millis.ts"
import type { InjectOptions, Options, RecordedRequest, Service } from "./internal/fake/service.ts"

export type { Organization, Seed, SeedPermission } from "@checkpoint-permissions/fake/seed"
export type { InjectOptions, Options, RecordedRequest, Service }

/**
 * The controls of the fake: its state, its recorded requests, its faults and its behavior.
 *
 * @example
 * ```ts effect4
 * import assert from "node:assert/strict"
 * import { FakePermissions, Faults } from "@checkpoint-permissions/effect4"
 * import { Effect } from "effect"
 * import { HttpClient } from "effect/http"
 *
 * const program = Effect.gen(function* () {
 *   const fake = yield* FakePermissions.FakePermissions
 *   yield* fake.seed({ "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd": ["proj_a", "proj_b"] })
 *   yield* fake.inject(Faults.rateLimited({ "retry-after": "1" }), { operation: "list" })
 *   yield* HttpClient.get("https://api.openai.com/v1/fine_tuning/checkpoints/ft:a/permissions")
 *   const [request] = yield* fake.requests
 *   return request?.status
 * }).pipe(Effect.provide(FakePermissions.layer()))
 * assert.equal(await Effect.runPromise(program), 429)
 * ```
 *
 * @category services
 */
export class FakePermissions extends Context.Service<FakePermissions, Service>()(
  "@checkpoint-permissions/effect4/FakePermissions"
) {}

const controls = (host: Host.Host): Service => {
  const atNow = (change: (now: number) => void) => Effect.map(Clock.currentTimeMillis, change)
  return {
    seed: (seed) => atNow((now) => host.seed(seed, now)),
    seedOrganization: (organization) => Effect.sync(() => host.seedOrganization(organization)),
    permissions: (checkpoint) => Effect.sync(() => host.permissions(checkpoint)),
    projects: (checkpoint) => Effect.sync(() => host.permissions(checkpoint).map(({ project_id }) => project_id)),
    allPermissions: Effect.sync(() => Object.fromEntries(host.allPermissions())),
    remove: (checkpoint, permissionId, by) => atNow((now) => host.remove(checkpoint, permissionId, now, by)),
    grant: (checkpoint, projectId, by) =>
      atNow((now) => {
        host.grant(checkpoint, projectId, now, by)
      }),
    requests: Effect.sync(() =>
      host.requests().map(({ key, ...request }) => {
        const value = key()
        return { ...request, key: value === undefined ? undefined : Redacted.make(value) }
      })
    ),
    clearRequests: Effect.sync(host.clearRequests),
    awaitRequests: (count) =>
      Effect.callback((resume) => {
        const check = () => {
          if (host.requestCount() >= count) resume(Effect.void)
        }
        const stop = host.onRequest(check)
        check()
        return Effect.sync(stop)
      }),
    inject: (faults, options) =>
      Effect.sync(() => host.inject(("_tag" in faults ? [faults] : faults).map((fault) => ({ ...options, fault })))),
    setFaults: (plan) => Effect.sync(() => host.setFaults(plan)),
    behavior: Effect.sync(host.behavior),
    setBehavior: (settings) => atNow((now) => host.setBehavior(inMillis(settings, toMillis), now))
  }
}

/**
 * The fake server: an `HttpClient` that it answers under its base URL, and its controls. Its state lives as long as the
 * layer.
 *
 * The request logic runs in the fiber that sends the request, so `TestClock` (or `VirtualClock`) drives latency and
 * quotas, and an interruption reaches the server. By default it takes any key and behaves as a sensible server.
 *
 * Options that make no sense are a defect: an `InvalidSetting` whose message names the field and what would do. So they
 * are for the controls.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<HttpClient.HttpClient | FakePermissions> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { behavior = {}, ...others } = options
      const host = Host.make({ ...others, behavior: inMillis(behavior, toMillis) }, yield* Clock.currentTimeMillis)
      return Context.make(HttpClient.HttpClient, yield* client.make(host)).pipe(
        Context.add(FakePermissions, controls(host))
      )
    })
  )

/**
 * Says what the fake was asked if the effect fails, dies or is interrupted, as by the timeout of a test: writes
 * `http.formatRequests` of the recorded requests with `console.error`, past a `TestConsole`, and without the key. Of an
 * effect that succeeds it says nothing.
 *
 * @example
 * ```ts effect4
 * import { FakePermissions } from "@checkpoint-permissions/effect4"
 * import { Effect } from "effect"
 * import { HttpClient } from "effect/http"
 *
 * const test = HttpClient.get("https://api.openai.com/v1/models").pipe(
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
  Effect.flatMap(FakePermissions, ({ requests }) => {
    const log = Effect.map(requests, (all) =>
      formatRequests(all.map(({ key, ...request }) => ({ ...request, key: () => key && Redacted.value(key) })))
    )
    // nobody reads the TestConsole of a test that has failed
    const write = (text: string) =>
      Effect.provideService(Console.error(text), Console.Console, Console.Console.defaultValue())
    return Effect.onError(self, () => Effect.flatMap(log, write))
  })
