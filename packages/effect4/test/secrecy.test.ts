/** The key is in no error, log, span, metric or printed value, whatever the server and the transport do. */
import { inspect } from "node:util"
import {
  CheckpointPermissions,
  FakePermissions,
  Faults,
  PermissionsError,
  PermissionsErrorSchema
} from "@checkpoint-permissions/effect4"
import { Effect, Exit, Layer, Logger, Metric, Redacted, References, Schema, Stream, Tracer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { assert, describe } from "vitest"
import { it } from "./support/it.ts"
import { checkpoint, key, onFake } from "./support/setup.ts"

const base64 = Buffer.from(`Bearer ${key}`).toString("base64")
const forms = [key, encodeURIComponent(key), Buffer.from(key).toString("base64").slice(0, -4), base64.slice(12, -4)]

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
    const spans: Array<Tracer.NativeSpan> = []
    const logs: Array<unknown> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
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
  "HTML that holds it in base64": Faults.reply(200, { body: `<p>${base64}</p>` }),
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

  it.effect("that a transformation of the client sees", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const transformClient = (client: HttpClient.HttpClient) =>
        client.pipe(
          HttpClient.mapRequest((request) => {
            seen.push(request)
            return HttpClientRequest.setHeader(request, "x-mine", "1")
          }),
          HttpClient.tap((response) => Effect.sync(() => void seen.push(response))),
          HttpClient.tapError((error) => Effect.sync(() => void seen.push(error)))
        )
      yield* Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        yield* CheckpointPermissions.list(checkpoint)
        yield* fake.inject(Faults.dropAfter(`ECONNRESET ${key}`))
        yield* Effect.exit(CheckpointPermissions.list(checkpoint))
        const [request] = yield* fake.requests
        assert.strictEqual(request?.headers["x-mine"], "1")
        assert.strictEqual(request?.key && Redacted.value(request.key), key)
      }).pipe(Effect.provide(onFake({}, { transformClient })))
      assert.strictEqual(seen.length, 4)
      for (const one of seen) assertSecret("seen", one)
    })
  )

  for (const [way, read] of Object.entries<
    (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<unknown, unknown>
  >({
    text: (response) => response.text,
    json: (response) => response.json,
    urlParamsBody: (response) => response.urlParamsBody,
    formData: (response) => Effect.map(response.formData, (form) => [...form]),
    arrayBuffer: (response) => Effect.map(response.arrayBuffer, (bytes) => Buffer.from(bytes).toString()),
    stream: (response) => Effect.map(Stream.runCollect(response.stream), (parts) => Buffer.concat(parts).toString()),
    "the response of an error": (response) =>
      HttpClientResponse.filterStatus(response, () => false).pipe(
        Effect.catch(({ reason }) => ("response" in reason ? reason.response.text : Effect.void))
      ),
    cookies: (response) => Effect.succeed(inspect(response.cookies, { depth: 20 }))
  })) {
    it.effect(`that a transformation reads of a reply as ${way}`, () =>
      Effect.gen(function* () {
        const seen: Array<unknown> = []
        for (const [type, text] of [
          ["application/json", JSON.stringify({ error: { message: `not ${key}`, [key]: [base64] } })],
          ["application/x-www-form-urlencoded", new URLSearchParams([[key, `not ${key}`]]).toString()]
        ]) {
          const answering = HttpClient.make((request) => {
            const body = new ReadableStream<Uint8Array>({
              start: (controller) => {
                for (const byte of Buffer.from(String(text))) controller.enqueue(Uint8Array.of(byte))
                controller.close()
              }
            })
            const headers = new Headers({ "content-type": String(type), "set-cookie": `session=${key}` })
            return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { status: 401, headers })))
          })
          const layer = CheckpointPermissions.layer({
            adminKey: Redacted.make(key),
            transformClient: HttpClient.tap((response) =>
              Effect.map(Effect.exit(read(response)), (exit) => void seen.push(exit))
            )
          }).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, answering)))
          assertSecret("exit", yield* Effect.exit(Effect.provide(CheckpointPermissions.list(checkpoint), layer)))
        }
        assert.strictEqual(seen.length, 2)
        for (const one of seen) assertSecret(way, one)
        if (way !== "cookies") assert.include(inspect(seen, { depth: 12 }), "<redacted>")
      })
    )
  }

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

  it.effect("over fetch, which is told not to follow redirects", () =>
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
})
