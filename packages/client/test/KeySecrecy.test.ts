/** The key is in nothing that is printed, logged, traced or measured. Its forms are in `protocol/test/redaction`. */
import { inspect } from "node:util"
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest } from "@effect/platform"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Chunk,
  Config,
  Context,
  Effect,
  Exit,
  Inspectable,
  Layer,
  Logger,
  LogLevel,
  Metric,
  Redacted,
  Schedule,
  Schema,
  Stream
} from "effect"
import { scoped } from "../../core/test/effects.ts"
import { type Handle, json, serving } from "./support/server.ts"
import { checkpoint, key, permissions } from "./support/setup.ts"
import { tracing } from "./support/tracing.ts"
import { type Answer, coded, pageOf, wire } from "./support/wire.ts"

/** The key as a server or a transport may give it back. */
const forms = [key, encodeURIComponent(key), key.replaceAll("/", "\\/")]
/** The forms and parts of the key that must be nowhere. */
const tellTales = [...forms, key.slice(0, 16), key.slice(-12)]

const assertSecret = (text: string, what: string) => {
  for (const form of tellTales) assert.isFalse(text.includes(form), `${what} holds the key as ${form}: ${text}`)
}

const attempted = (way: () => unknown): string => {
  try {
    return String(way())
  } catch (error) {
    return String(error)
  }
}

const all = { depth: 30, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null }

/** Every way to print a value. */
const printed = (value: unknown): string =>
  [
    () => value,
    () => JSON.stringify(value),
    () => inspect(value, all),
    () => inspect(value, { ...all, customInspect: false }),
    () => Inspectable.toStringUnknown(value),
    () => (value instanceof Error ? `${value.message}\n${value.stack}` : ""),
    () =>
      PermissionsError.isPermissionsError(value)
        ? JSON.stringify(Schema.encodeSync(PermissionsError.PermissionsError)(value))
        : "",
    () => (Cause.isCause(value) ? Cause.pretty(value, { renderErrorCause: true }) : "")
  ]
    .map(attempted)
    .join("\n")

/** Runs, and finds the key nowhere in how it ended, in what was logged at every level, and in the spans. */
const watched = <A, E>(self: Effect.Effect<A, E>): Effect.Effect<Exit.Exit<A, E>> =>
  Effect.suspend(() => {
    const seen: Array<unknown> = []
    const logger = Logger.make((entry) => {
      seen.push(entry.message, entry.cause, Logger.logfmtLogger.log(entry), Logger.jsonLogger.log(entry))
      seen.push([...entry.annotations])
    })
    const { layer: traced, spans } = tracing()
    const layer = Layer.mergeAll(
      Logger.replace(Logger.defaultLogger, logger),
      Logger.minimumLogLevel(LogLevel.All),
      traced
    )
    const told = Effect.tapErrorCause(Effect.withSpan(self, "a caller's"), (cause) => Effect.logError("failed", cause))
    return Effect.promise(() => Effect.runPromiseExit(Effect.provide(told, layer))).pipe(
      Effect.tap((exit) => {
        assert.isAbove(spans.length, 1)
        for (const { attributes, exit, name } of spans) seen.push(name, [...attributes], exit)
        for (const one of [...seen, exit, Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined]) {
          assertSecret(printed(one), "what is seen")
        }
      })
    )
  })

const once = RetryPolicy.make({ schedule: Schedule.recurs(1) })

const layerOn = (http: Layer.Layer<HttpClient.HttpClient>, options: Partial<CheckpointPermissions.Options> = {}) =>
  CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing: Pacing.none, retry: once, ...options }).pipe(
    Layer.provide(http)
  )
const onAnswer = (answer: Answer, options: Partial<CheckpointPermissions.Options> = {}) =>
  layerOn(wire(() => answer).layer, options)

const list = CheckpointPermissions.list(checkpoint)
type Call = Effect.Effect<
  void,
  CheckpointPermissions.RequestError | CheckpointPermissions.ListingError,
  CheckpointPermissions.CheckpointPermissions
>
const calls: ReadonlyArray<Call> = [
  Effect.asVoid(list),
  Stream.runDrain(CheckpointPermissions.stream(checkpoint)),
  Effect.asVoid(CheckpointPermissions.create(checkpoint, ["proj_a"])),
  Effect.asVoid(CheckpointPermissions.delete(checkpoint, "cp_1"))
]

/** Replies of a server that has the key in them. */
const echoes = (form: string): ReadonlyArray<readonly [string, Answer]> => {
  /** JSON in which the key is written in that form. */
  const json = (body: object): string => JSON.stringify(body).replaceAll("KEY", form)
  return [
    [
      "a message",
      { status: 401, body: json({ error: { message: "Incorrect key: KEY.", code: "KEY", param: "KEY" } }) }
    ],
    ["scopes", { status: 403, body: json({ error: { message: "Missing scopes: a.KEY.b, KEY" } }) }],
    ["HTML", { headers: { "content-type": "text/html" }, body: `<p>${" ".repeat(20)}${form} and more</p>` }],
    ["a page", { body: json({ ...pageOf([]), object: "KEY", has_more: { KEY: "KEY" } }) }],
    ["headers of an error", { status: 429, headers: { "x-request-id": form, "retry-after": form, "x-echo": form } }],
    ["headers of a success", { headers: { "x-request-id": form, "set-cookie": `a=${form}` }, body: pageOf([]) }],
    [
      "a redirect",
      { status: 302, headers: { location: `https://elsewhere.example/?key=${form}`, "content-type": form } }
    ]
  ]
}
const broken: ReadonlyArray<readonly [string, Answer]> = [
  ["nothing", { body: pageOf([]) }],
  ["no connection", { drop: new TypeError("fetch failed", { cause: coded("ECONNREFUSED") }) }],
  ["an error of the transport", { drop: new Error(`invalid header value "Bearer ${key}"`) }],
  ["a body that breaks off", { body: pageOf([]), cut: new Error(`terminated: Authorization: Bearer ${key}`) }],
  ["an error that breaks off", { status: 500, body: { error: { message: "no" } }, cut: new Error(`Bearer ${key}`) }]
]

describe("the key appears nowhere", () => {
  it.effect.each([key, `ft:${key}`, `cp_${key}`])("where it is passed for an id, %#", (id) =>
    Effect.gen(function* () {
      const misused: ReadonlyArray<Call> = [
        Effect.asVoid(CheckpointPermissions.list(id)),
        Effect.asVoid(CheckpointPermissions.create(id, [id])),
        Effect.asVoid(CheckpointPermissions.delete(checkpoint, id)),
        Stream.runDrain(CheckpointPermissions.stream(id))
      ]
      const layer = onAnswer({ status: 404, body: { error: { message: "no" } } })
      for (const call of misused) yield* watched(Effect.provide(call, layer))
    })
  )

  it.effect.each([
    ...broken,
    ...forms.flatMap((form) => echoes(form).map(([what, answer]) => [`${what} with ${form}`, answer] as const))
  ])("after %s, as bearer and as another header", ([, answer]) =>
    Effect.forEach(["bearer", "api-key"], (authHeader) => {
      const layer = onAnswer(answer, { authHeader })
      return Effect.forEach(calls, (call) => watched(Effect.provide(call, layer)))
    })
  )

  scoped("in options, services, layers, metrics and refusals", function* () {
    const options = { adminKey: Redacted.make(key), authHeader: "api-key" }
    const withOptions = { ...options, adminKey: Config.succeed(options.adminKey) }
    const values: Array<unknown> = [options, CheckpointPermissions.layerConfig(withOptions)]
    values.push(CheckpointPermissions.make(options), CheckpointPermissions.layer(options), yield* Metric.snapshot)
    values.push(
      yield* Effect.provide(permissions, onAnswer({})),
      yield* Effect.provide(Effect.context<never>(), onAnswer({}))
    )
    for (const adminKey of [...[`${key} `, `${key}\n`, `${key}ä`].map(Redacted.make), key as never]) {
      const exit = yield* Effect.exit(Effect.provide(permissions, onAnswer({}, { adminKey })))
      assert.isTrue(Exit.isFailure(exit))
      values.push(exit)
    }
    for (const value of values) assertSecret(printed(value), "a value")
  })

  it.effect("where a client dies of what it was given", () => {
    const dying = HttpClient.make((request) => Effect.die(new Error(`bad header ${request.headers["authorization"]}`)))
    return watched(Effect.provide(list, layerOn(Layer.succeed(HttpClient.HttpClient, dying))))
  })
})

describe("a transformation", () => {
  /** The values that a transformation of a call receives. */
  const sightOf = (answer: Answer) =>
    Effect.gen(function* () {
      const requests: Array<HttpClientRequest.HttpClientRequest> = []
      const sent: Array<HttpClientRequest.HttpClientRequest> = []
      const lines: Array<string> = []
      const transformClient = (client: HttpClient.HttpClient) =>
        client.pipe(
          HttpClient.tapRequest((request) => Effect.sync(() => void requests.push(request))),
          HttpClient.tap((response) =>
            Effect.zipRight(
              Effect.logInfo(response.request),
              Effect.sync(() => void sent.push(response.request))
            )
          ),
          HttpClient.tapError((error) => Effect.sync(() => void sent.push(error.request)))
        )
      const logger = Logger.make((entry) => {
        lines.push(Logger.logfmtLogger.log(entry), inspect(entry.message, { depth: 20 }))
      })
      yield* Effect.exit(list).pipe(
        Effect.provide(onAnswer(answer, { authHeader: "api-key", transformClient })),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      return { requests, sent, lines }
    })

  scoped("sees requests without the key; the request of a reply or an error has it", function* () {
    for (const answer of [{ body: pageOf([]) }, { drop: coded("ECONNRESET") }]) {
      const { requests, sent } = yield* sightOf(answer)
      assert.isAbove(requests.length, 0)
      for (const request of requests) assertSecret(printed(request), "a request")
      assert.lengthOf(sent, requests.length)
      for (const { headers } of sent) assert.strictEqual(headers["api-key"], key)
    }
  })

  it.effect("that logs the request of a reply logs no key, in a header of another name either", () =>
    Effect.map(sightOf({ body: pageOf([]) }), ({ lines }) => {
      assert.lengthOf(lines, 2)
      for (const line of lines) {
        assert.include(line, "<redacted>")
        assertSecret(line, "a log line")
      }
    })
  )

  it.effect.each(["text", "json"] as const)("can read a reply as %s, however long it is", (way) => {
    const body = pageOf(["cp_1"])
    const seen: Array<unknown> = []
    const transformClient = HttpClient.tap((response) =>
      Effect.map(response[way], (read) => void seen.push(typeof read === "string" ? JSON.parse(read) : read))
    )
    return Effect.gen(function* () {
      for (const headers of [{}, { "content-length": String(JSON.stringify(body).length) }]) {
        const page = yield* Effect.provide(list, onAnswer({ headers, body }, { transformClient }))
        assert.strictEqual(page.data[0]?.id, "cp_1")
      }
      assert.deepStrictEqual(seen, [body, body])
    })
  })

  scoped("that reads a reply leaves its bounds as they are", function* () {
    const transformClient = HttpClient.tap((response) => response.text)
    const answer = { body: { ...pageOf([]), more: "x".repeat(33 * 1024 * 1024) } }
    const error = yield* Effect.flip(Effect.provide(list, onAnswer(answer, { transformClient })))
    assert.include(error.message, "the body is larger than 33554432 bytes")
  })
})

describe("nothing carries the key elsewhere", () => {
  /** A server that notes what it was sent. */
  const listening = (status: number, headers: Record<string, string> = {}) => {
    const seen: Array<string> = []
    const handle: Handle = (request, response) => {
      seen.push(JSON.stringify(request.rawHeaders))
      response.writeHead(status, { ...json, ...headers }).end(JSON.stringify(pageOf(["cp_1"])))
    }
    return Effect.map(serving([], handle), ({ apiUrl }) => ({ url: apiUrl, seen }))
  }
  const told = Layer.succeed(FetchHttpClient.RequestInit, { redirect: "follow" as const })
  const following = { transformClient: HttpClient.followRedirects(5) }

  it.scopedLive.each([
    ["fetch", FetchHttpClient.layer, {}],
    ["fetch that the application tells to follow", Layer.merge(FetchHttpClient.layer, told), {}],
    ["fetch and a transformation that follows", FetchHttpClient.layer, following],
    ["undici and a transformation that follows", NodeHttpClient.layerUndici, following],
    ["node and a transformation that follows", NodeHttpClient.layer, following]
  ] as const)("no redirect, over %s", ([, http, options]) =>
    Effect.gen(function* () {
      const elsewhere = yield* listening(200)
      for (const status of [301, 303, 307]) {
        const api = yield* listening(status, { location: `${elsewhere.url}/stolen` })
        const layer = layerOn(http, { apiUrl: api.url, authHeader: "api-key", ...options })
        const failed = Effect.forEach(calls, (call) => Effect.flip(call))
        for (const error of yield* Effect.provide(failed, Layer.merge(layer, http))) {
          assert.deepInclude({ ...error }, { _tag: "InvalidResponseError", status })
        }
        assert.lengthOf(api.seen, 4)
        for (const line of api.seen) assert.include(line, key)
      }
      assert.deepStrictEqual(elsewhere.seen, [])
    })
  )

  const others = [
    "https://evil.example/",
    "http://api.openai.com/",
    "https://api.openai.com:8443/",
    "https://api.openai.com.evil.example/",
    "https://evil.example/https://api.openai.com/v1",
    "https://api.openai.com@evil.example/"
  ]
  const withKey = (requests: ReturnType<typeof wire>["requests"]) =>
    requests.filter(({ headers }) => printed(headers).includes(key)).map(({ url }) => url.origin)

  it.effect("no transformation that sends a request of its own", () => {
    const { layer, requests } = wire(({ url }) => ({ body: url.host === "api.openai.com" ? pageOf([]) : {} }))
    const transformClient = (client: HttpClient.HttpClient) =>
      HttpClient.tapRequest(client, () =>
        Effect.forEach(others, (url) => Effect.ignore(client.execute(HttpClientRequest.get(url))))
      )
    return Effect.gen(function* () {
      yield* list
      assert.deepStrictEqual(withKey(requests), ["https://api.openai.com"])
      assert.lengthOf(requests, 7)
    }).pipe(Effect.provide(layerOn(layer, { transformClient })))
  })

  it.effect("no request of httpClient", () => {
    const { layer, requests } = wire(() => ({ body: {} }))
    return Effect.gen(function* () {
      const { httpClient } = yield* permissions
      for (const url of [...others, "//evil.example/", "/files"]) yield* Effect.ignore(httpClient.get(url))
      assert.deepStrictEqual(withKey(requests), ["https://api.openai.com", "https://api.openai.com"])
      assert.lengthOf(requests, 8)
    }).pipe(Effect.provide(layerOn(layer)))
  })

  it.scopedLive("no redirect of httpClient, over fetch", () =>
    Effect.gen(function* () {
      const elsewhere = yield* listening(200)
      const api = yield* listening(302, { location: `${elsewhere.url}/stolen` })
      const response = yield* Effect.gen(function* () {
        return yield* (yield* permissions).httpClient.get("/files")
      }).pipe(Effect.provide(layerOn(FetchHttpClient.layer, { apiUrl: api.url, authHeader: "api-key" })))
      assert.strictEqual(response.status, 302)
      assert.lengthOf(api.seen, 1)
      assert.include(api.seen[0], key)
      assert.deepStrictEqual(elsewhere.seen, [])
    })
  )
})

// So that what is looked for would be found.
it("the key is found in texts that contain it", () => {
  for (const form of forms) assert.throws(() => assertSecret(`before ${form} after`, "it"))
  const request = HttpClientRequest.setHeader(HttpClientRequest.get("https://a.example"), "api-key", key)
  const error = new HttpClientError.RequestError({ request, reason: "Transport" })
  for (const value of [
    error,
    Context.make(HttpClient.HttpClient, { request } as never),
    Chunk.of(Cause.die({ request }))
  ]) {
    assert.throws(() => assertSecret(printed(value), "it"))
  }
})
