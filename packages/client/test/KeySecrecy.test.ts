/** The key is in nothing that is printed, logged, traced or measured. Its forms stand in `protocol/test/redaction`. */
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { PermissionsError } from "@checkpoint-permissions/core"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Chunk,
  Config,
  Context,
  Effect,
  Exit,
  Fiber,
  Inspectable,
  Layer,
  Logger,
  LogLevel,
  Metric,
  Option,
  Redacted,
  Schedule,
  Schema,
  Stream
} from "effect"
import { checkpoint, collect, key, permissions } from "./support/setup.ts"
import { tracing } from "./support/tracing.ts"
import { type Answer, coded, pageOf, wire } from "./support/wire.ts"

const base64 = Buffer.from(`Bearer ${key}`).toString("base64")
/** The key as a server or a transport may give it back. */
const forms = [key, encodeURIComponent(encodeURIComponent(key)), base64, key.replaceAll("/", "\\/")]
/** What of it must be nowhere: also a part, and base64 without the characters that hold bits of what is beside it. */
const tellTales = [...forms, encodeURIComponent(key), key.slice(0, 16), key.slice(-12), base64.slice(12, -4)]

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

/** What a server and a transport may say that has the key in it. */
const echoes = (form: string): ReadonlyArray<readonly [string, Answer]> => [
  ["a message", { status: 401, body: { error: { message: `Incorrect key: ${form}.`, code: form, param: form } } }],
  ["scopes", { status: 403, body: { error: { message: `Missing scopes: a.${form}.b, ${form}` } } }],
  ["HTML", { headers: { "content-type": "text/html" }, body: `<p>${" ".repeat(20)}${form} and more</p>` }],
  ["a page", { body: { ...pageOf([]), object: form, has_more: { [form]: form } } }],
  ["headers of an error", { status: 429, headers: { "x-request-id": form, "retry-after": form, "x-echo": form } }],
  ["headers of a success", { headers: { "x-request-id": form, "set-cookie": `a=${form}` }, body: pageOf([]) }],
  ["a redirect", { status: 302, headers: { location: `https://elsewhere.example/?key=${form}`, "content-type": form } }]
]
const broken: ReadonlyArray<readonly [string, Answer]> = [
  ["nothing", { body: pageOf([]) }],
  ["no connection", { drop: new TypeError("fetch failed", { cause: coded("ECONNREFUSED") }) }],
  ["an error of the transport", { drop: new Error(`invalid header value "Bearer ${key}"`) }],
  ["a body that breaks off", { body: pageOf([]), cut: new Error(`terminated: Authorization: Bearer ${key}`) }],
  ["an error that breaks off", { status: 500, body: { error: { message: "no" } }, cut: new Error(`Bearer ${key}`) }]
]

describe("the key is nowhere", () => {
  it.effect.each([
    ...broken,
    ...forms.flatMap((form) => echoes(form).map(([what, answer]) => [`${what} with ${form}`, answer] as const))
  ])("after %s, as bearer and as another header", ([, answer]) =>
    Effect.forEach(["bearer", "api-key"], (authHeader) => {
      const layer = onAnswer(answer, { authHeader })
      return Effect.forEach(calls, (call) => watched(Effect.provide(call, layer)))
    })
  )

  it.effect("in options, services, layers, metrics and refusals", () =>
    Effect.gen(function* () {
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
  )

  it.effect.each([key, `ft:${key}`, `cp_${key}`])("where it is passed for an id, %#", (id) =>
    Effect.gen(function* () {
      const misused: ReadonlyArray<Call> = [
        Effect.asVoid(CheckpointPermissions.list(id)),
        Effect.asVoid(CheckpointPermissions.create(id, [id])),
        Effect.asVoid(CheckpointPermissions.delete(id, id)),
        Effect.asVoid(CheckpointPermissions.delete(checkpoint, id)),
        Stream.runDrain(CheckpointPermissions.stream(id))
      ]
      const layer = onAnswer({ status: 404, body: { error: { message: "no" } } })
      for (const call of misused) yield* watched(Effect.provide(call, layer))
    })
  )

  it.effect("where a client dies of what it was given", () => {
    const dying = HttpClient.make((request) => Effect.die(new Error(`bad header ${request.headers["authorization"]}`)))
    return watched(Effect.provide(list, layerOn(Layer.succeed(HttpClient.HttpClient, dying))))
  })
})

describe("a transformation does not get at the key", () => {
  const shown = (...values: ReadonlyArray<unknown>) => Effect.logInfo(...values, ...values.map(printed))
  const transformations: Readonly<Record<string, (client: HttpClient.HttpClient) => HttpClient.HttpClient>> = {
    "by logging all it sees": (client) =>
      client.pipe(
        HttpClient.tapRequest((request) => shown(request)),
        HttpClient.tap((response) => shown(response, response.request, { ...response.request.headers })),
        HttpClient.tap((response) => Effect.catchAllCause(response.text, (cause) => shown(cause, Cause.squash(cause)))),
        HttpClient.tapError((error) => shown(error, error.request, "response" in error ? error.response : undefined))
      ),
    "by dying of it": HttpClient.transformResponse(
      Effect.matchEffect({ onFailure: Effect.die, onSuccess: Effect.die })
    ),
    "by throwing": HttpClient.transformResponse(
      Effect.map((seen) => {
        throw new Error(`unexpected ${printed(seen)}`, { cause: seen })
      })
    )
  }
  it.effect.each(
    Object.entries(transformations).flatMap(([how, transformClient]) =>
      [...broken, ...echoes(key)].map(([what, answer]) => [how, what, transformClient, answer] as const)
    )
  )("%s after %s", ([, , transformClient, answer]) =>
    Effect.forEach(calls, (call) =>
      watched(Effect.provide(call, onAnswer(answer, { authHeader: "api-key", transformClient })))
    )
  )

  it.effect("and still gets all that a reply has", () => {
    const seen: Array<unknown> = []
    const body = pageOf(["cp_1"])
    const transformClient = HttpClient.tap((response) =>
      Effect.gen(function* () {
        const cookie = Option.getOrUndefined(Option.fromNullable(response.cookies.cookies["a"]))
        seen.push(response.status, response.headers["x-v"], cookie?.value, response.request.method)
        seen.push(Option.isNone(response.remoteAddress), yield* response.json, JSON.parse(yield* response.text))
      })
    )
    return Effect.gen(function* () {
      assert.strictEqual((yield* list).data[0]?.id, "cp_1")
      assert.deepStrictEqual(seen, [200, "v", "c", "GET", true, body, body])
    }).pipe(Effect.provide(onAnswer({ headers: { "x-v": "v", "set-cookie": "a=c" }, body }, { transformClient })))
  })

  /** Every way to read a body, the error of a client that refuses the status included. */
  const ways: Readonly<
    Record<string, (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<unknown, unknown>>
  > = {
    text: (response) => response.text,
    json: (response) => response.json,
    urlParamsBody: (response) => response.urlParamsBody,
    formData: (response) => Effect.map(response.formData, (form) => [...form]),
    arrayBuffer: (response) => Effect.map(response.arrayBuffer, (bytes) => Buffer.from(bytes).toString()),
    stream: (response) => Effect.map(collect(response.stream), (parts) => Buffer.concat(parts).toString()),
    "the response of an error": (response) =>
      HttpClientResponse.filterStatus(response, () => false).pipe(
        Effect.catchAll((error) => ("response" in error ? error.response.text : Effect.void))
      ),
    cookies: (response) => Effect.succeed(inspect(response.cookies, { depth: 20 })),
    headers: (response) => Effect.succeed(response.headers)
  }
  const bodies = [
    ["application/json", (form: string) => JSON.stringify({ error: { message: `not ${form}`, [form]: [form] } })],
    ["application/x-www-form-urlencoded", (form: string) => `${new URLSearchParams([[form, `not ${form}`]])}`]
  ] as const

  it.effect.each(Object.entries(ways))("by reading a reply as %s, a byte at a time", ([, read]) =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const transformClient = HttpClient.tap((response) =>
        Effect.map(Effect.exit(read(response)), (exit) => seen.push(printed(exit)))
      )
      for (const [form, [type, shaped]] of forms.flatMap((form) => bodies.map((body) => [form, body] as const))) {
        const answering = HttpClient.make((request) => {
          const parts = new ReadableStream<Uint8Array>({
            start: (controller) => {
              for (const byte of Buffer.from(shaped(form))) controller.enqueue(Uint8Array.of(byte))
              controller.close()
            }
          })
          const headers = new Headers({ "content-type": type, "x-echo": form })
          if (/^[!-:<-~]+$/.test(form)) headers.set("set-cookie", `session=${form}; path=/${form}`)
          return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(parts, { status: 401, headers })))
        })
        const layer = layerOn(Layer.succeed(HttpClient.HttpClient, answering), { transformClient })
        assertSecret(printed(yield* Effect.flip(Effect.provide(list, layer))), "an error")
      }
      assert.lengthOf(seen, 8)
      for (const text of seen) assertSecret(text, "what is read")
      assert.strictEqual(
        seen.some((text) => text.includes("<redacted>")),
        read !== ways["cookies"]
      )
    })
  )

  it.effect.each(["text", "json", "urlParamsBody", "formData", "arrayBuffer", "stream"])(
    "and an interruption of its reading as %s ends the reading itself",
    (way) => {
      let ended = false
      const reading = Effect.onInterrupt(Effect.never, () => Effect.sync(() => (ended = true)))
      const endless = HttpClient.make((request) =>
        Effect.sync(() =>
          Object.defineProperty(HttpClientResponse.fromWeb(request, new Response("")), "text", { value: reading })
        )
      )
      const transformClient = HttpClient.tap((response) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(ways[way]?.(response) ?? Effect.void)
          yield* Effect.yieldNow()
          yield* Fiber.interrupt(fiber)
          return yield* Effect.die("read")
        })
      )
      const layer = layerOn(Layer.succeed(HttpClient.HttpClient, endless), { transformClient })
      return Effect.map(Effect.exit(Effect.provide(list, layer)), () => assert.isTrue(ended))
    }
  )

  it.effect("what it reads is redacted, and what comes of it is not: a short key is part of many words", () => {
    const body = pageOf(["cp_1"])
    const seen: Array<string> = []
    const transformClient = HttpClient.tap((response) => Effect.map(response.text, (text) => void seen.push(text)))
    return Effect.gen(function* () {
      assert.deepStrictEqual<unknown>((yield* list).data, body.data)
      assert.include(seen[0], "<redacted>")
    }).pipe(Effect.provide(onAnswer({ body }, { adminKey: Redacted.make("proj"), transformClient })))
  })
})

describe("nothing carries the key elsewhere", () => {
  /** A server that notes what it was sent. */
  const listening = (status: number, headers: Record<string, string> = {}) =>
    Effect.acquireRelease(
      Effect.async<{ readonly url: string; readonly seen: Array<string>; readonly node: Server }>((resume) => {
        const seen: Array<string> = []
        const node = createServer((request, response) => {
          seen.push(JSON.stringify(request.rawHeaders))
          request.resume()
          response.writeHead(status, { "content-type": "application/json", ...headers })
          response.end(JSON.stringify(pageOf(["cp_1"])))
        })
        node.listen(0, "127.0.0.1", () => {
          const { port } = node.address() as AddressInfo
          resume(Effect.succeed({ url: `http://127.0.0.1:${port}/v1`, seen, node }))
        })
      }),
      ({ node }) =>
        Effect.async<void>((resume) => {
          node.close(() => resume(Effect.void))
          node.closeAllConnections()
        })
    )
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

  it.effect("no transformation that sends a request of its own", () => {
    const { layer, requests } = wire(({ url }) => ({ body: url.host === "api.openai.com" ? pageOf([]) : {} }))
    const others = [
      "https://evil.example/",
      "http://api.openai.com/",
      "https://api.openai.com:8443/",
      "https://api.openai.com.evil.example/",
      "https://evil.example/https://api.openai.com/v1",
      "https://api.openai.com@evil.example/"
    ]
    const transformClient = (client: HttpClient.HttpClient) =>
      HttpClient.tapRequest(client, () =>
        Effect.forEach(others, (url) => Effect.ignore(client.execute(HttpClientRequest.get(url))))
      )
    return Effect.gen(function* () {
      yield* list
      const withKey = requests.filter(({ headers }) => printed(headers).includes(key)).map(({ url }) => url.origin)
      assert.deepStrictEqual(withKey, ["https://api.openai.com"])
      assert.lengthOf(requests, 7)
    }).pipe(Effect.provide(layerOn(layer, { transformClient })))
  })
})

// So that what is looked for would be found.
it("the key is found in what does hold it", () => {
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
