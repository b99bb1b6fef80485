/** The key is in no error, log, span, metric or printed value, whatever the server and the transport do. */
import { inspect } from "node:util"
import {
  CheckpointPermissions,
  FakePermissions,
  Faults,
  PermissionsError,
  PermissionsErrorSchema
} from "@checkpoint-permissions/effect4"
import { Effect, Exit, Layer, Logger, Metric, Redacted, References, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { assert, describe } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint, key, onFake, tracing } from "./support/setup.ts"

const forms = [key, encodeURIComponent(key)]

const assertSecret = (what: string, value: unknown) => {
  const texts = [
    String(value),
    inspect(value, { depth: 12, showHidden: true, getters: true }),
    inspect(value, { depth: 12, customInspect: false }),
    JSON.stringify(value, (_name, part: unknown) => (typeof part === "bigint" ? String(part) : part)) ?? "",
    value instanceof Error ? (value.stack ?? "") : ""
  ]
  for (const text of texts) {
    for (const form of forms) assert.notInclude(text, form, what)
  }
}

/** Runs with a tracer and a logger that keep all they get. */
const watched = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { spans, tracer } = tracing()
    const logs: Array<unknown> = []
    const logger = Logger.make(
      (entry) => void logs.push([entry.message, entry.cause, entry.fiber.context.mapUnsafe.size])
    )
    const exit = yield* Effect.exit(self).pipe(
      Effect.withTracer(tracer),
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "All")
    )
    return { exit, spans, logs }
  })

const replies = {
  "a message that repeats the key": Faults.error(400, { message: `no such key: ${key}` }),
  "a header that repeats it": Faults.reply(500, { headers: { "x-request-id": key, "x-echo": `Bearer ${key}` } }),
  "HTML that holds it": Faults.reply(200, { body: `<p>${key}</p>` }),
  "HTML that holds it percent-encoded": Faults.reply(200, { body: `<p>${encodeURIComponent(key)}</p>` }),
  "a redirect to it": Faults.redirect(`https://elsewhere.example/?key=${key}`),
  "a connection that breaks": Faults.dropAfter(key),
  "a body that breaks": Faults.truncatedBody(),
  "a 401": Faults.error(401, { message: `Incorrect API key provided: ${key}` })
}

describe("the key is in nothing", () => {
  for (const [name, fault] of Object.entries(replies)) {
    it.effect(`after ${name}`, () =>
      Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        yield* fake.inject(fault)
        const { exit, logs, spans } = yield* watched(CheckpointPermissions.list(checkpoint))
        assertSecret("exit", exit)
        const errors = Exit.isFailure(exit)
          ? exit.cause.reasons.flatMap((one) => ("error" in one ? [one.error] : []))
          : []
        for (const error of errors.filter(PermissionsError.isPermissionsError)) {
          assertSecret("what is sent of the error", Schema.encodeSync(PermissionsErrorSchema.PermissionsError)(error))
        }
        assertSecret("logs", logs)
        for (const span of spans) assertSecret("span", [span.name, [...span.attributes], span.status, span.events])
        assert.deepStrictEqual(
          spans.map(({ name }) => name),
          ["CheckpointPermissions.list", "GET /fine_tuning/checkpoints/{checkpoint}/permissions"]
        )
        assertSecret("metrics", yield* Metric.snapshot)
        assertSecret("the service", yield* CheckpointPermissions.CheckpointPermissions)
      }).pipe(Effect.provide(onFake({ seed: { [checkpoint]: ["proj_a"] } })))
    )
  }

  it.effect("of a request that a transformation sees; that of a reply or an error has it, and prints as redacted", () =>
    Effect.gen(function* () {
      const requests: Array<HttpClientRequest.HttpClientRequest> = []
      const sent: Array<HttpClientRequest.HttpClientRequest> = []
      const transformClient = (client: HttpClient.HttpClient) =>
        client.pipe(
          HttpClient.mapRequest((request) => {
            requests.push(request)
            return HttpClientRequest.setHeader(request, "x-mine", "1")
          }),
          HttpClient.tap((response) =>
            Effect.andThen(
              Effect.logInfo(response.request),
              Effect.sync(() => void sent.push(response.request))
            )
          ),
          HttpClient.tapError(({ reason }) => Effect.sync(() => void sent.push(reason.request)))
        )
      const lines: Array<string> = []
      const logger = Logger.make((entry) => void lines.push(Logger.formatJson.log(entry)))
      yield* Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        yield* CheckpointPermissions.list(checkpoint)
        yield* fake.inject(Faults.dropAfter("ECONNRESET"))
        yield* Effect.exit(CheckpointPermissions.list(checkpoint))
        const [request] = yield* fake.requests
        assert.strictEqual(request?.headers["x-mine"], "1")
        assert.strictEqual(request?.key && Redacted.value(request.key), key)
      }).pipe(
        Effect.provide(onFake({}, { transformClient, authHeader: "api-key" })),
        Effect.provide(Logger.layer([logger])),
        Effect.provideService(References.MinimumLogLevel, "Info")
      )
      assert.strictEqual(requests.length, 2)
      for (const request of requests) assertSecret("a request", request)
      assert.deepStrictEqual(
        sent.map(({ headers }) => headers["api-key"]),
        [key, key]
      )
      assert.strictEqual(lines.length, 1)
      assertSecret("a log line", lines[0])
      assert.include(lines[0], "<redacted>")
    })
  )

  it.effect("of a reply that a transformation reads, which is read again", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const transformClient = HttpClient.tap((response) => Effect.map(response.json, (json) => void seen.push(json)))
      yield* Effect.gen(function* () {
        const page = yield* CheckpointPermissions.list(checkpoint)
        assert.deepStrictEqual(seen, [page])
      }).pipe(Effect.provide(onFake({ seed: { [checkpoint]: ["proj_a"] } }, { transformClient })))
    })
  )

  it.effect("that goes to another server", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* Effect.ignore(CheckpointPermissions.list(checkpoint))
      const [request] = yield* fake.requests
      assert.strictEqual(request?.url, "https://elsewhere.example/models")
      assert.isUndefined(request?.key)
    }).pipe(
      Effect.provide(
        onFake(
          {},
          {
            transformClient: HttpClient.mapRequest((request) =>
              HttpClientRequest.setUrl(request, "https://elsewhere.example/models")
            )
          }
        )
      )
    )
  )

  it.effect("of a defect of the transport", () =>
    Effect.gen(function* () {
      const broken = HttpClient.make((request) =>
        Effect.die(new Error(`cannot send ${JSON.stringify(request.headers)}`))
      )
      const layer = CheckpointPermissions.layer({ adminKey: Redacted.make(key) }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, broken))
      )
      const { exit, logs } = yield* watched(Effect.provide(CheckpointPermissions.list(checkpoint), layer))
      assertSecret("exit", exit)
      assertSecret("logs", logs)
    })
  )

  it.effect("over fetch, which follows no redirect", () =>
    Effect.gen(function* () {
      const inits: Array<RequestInit | undefined> = []
      const fetch: typeof globalThis.fetch = (_url, init) => {
        inits.push(init)
        return Promise.resolve(new Response(null, { status: 307, headers: { location: "https://elsewhere.example" } }))
      }
      const layer = CheckpointPermissions.layer({ adminKey: Redacted.make(key) }).pipe(
        Layer.provide(FetchHttpClient.layer)
      )
      const { exit } = yield* watched(
        CheckpointPermissions.list(checkpoint).pipe(
          Effect.provide(layer),
          Effect.provideService(FetchHttpClient.Fetch, fetch)
        )
      )
      assertSecret("exit", exit)
      assert.include(String(exit), "redirects are never followed")
      assert.deepStrictEqual(
        inits.map((init) => init?.redirect),
        ["manual"]
      )
    })
  )

  it.effect("of the client for other routes, which sends it to its own server alone", () =>
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const { httpClient } = yield* CheckpointPermissions.CheckpointPermissions
      const { exit, logs, spans } = yield* watched(
        Effect.forEach(["/models", "https://elsewhere.example/models"], (url) =>
          Effect.tap(httpClient.get(url), (response) => Effect.log(response.request))
        )
      )
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(
        (yield* fake.requests).map(({ key: sent, url }) => [url, sent && Redacted.value(sent)]),
        [
          ["https://api.openai.com/v1/models", key],
          ["https://elsewhere.example/models", undefined]
        ]
      )
      assert.strictEqual(spans.length, 2)
      for (const span of spans) assertSecret("span", [span.name, [...span.attributes]])
      assert.isAbove(logs.length, 0)
    }).pipe(Effect.provide(onFake({}, { authHeader: "api-key" })))
  )
})
