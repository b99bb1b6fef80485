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
  Inspectable,
  Layer,
  Logger,
  LogLevel,
  Metric,
  Option,
  Redacted,
  Schedule,
  Schema,
  Tracer
} from "effect"
import { checkpoint, collect, key, permission, permissions, project } from "./support/setup.ts"
import { type Answer, coded, pageOf, wire } from "./support/wire.ts"

/** The key in every form that it may be given back in. */
const forms = (secret: string): ReadonlyArray<string> => [
  secret,
  encodeURIComponent(secret),
  encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
  encodeURIComponent(encodeURIComponent(secret)),
  encodeURI(secret),
  JSON.stringify(secret).slice(1, -1),
  JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  secret.replaceAll("/", "\\/"),
  [...secret].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  [...secret].map((c) => `%${c.charCodeAt(0).toString(16)}`).join(""),
  secret.replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
  ...["", "x", "xy", "Bearer ", "user:", '{"key":"'].flatMap((before) => {
    const base64 = Buffer.from(`${before}${secret}`).toString("base64")
    const base64url = Buffer.from(`${before}${secret}`).toString("base64url")
    return [base64, base64url]
  })
]

/** What of the key must be nowhere: whole, in any form, and what its base64 is made of wherever it begins. */
const tellTales = (secret: string): ReadonlyArray<string> => {
  const inner = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)])
    // Without the characters that also hold bits of what is before or after it.
    const strip = (text: string) => text.replaceAll("=", "").slice(Math.ceil((offset * 4) / 3), -1)
    return [strip(bytes.toString("base64")), strip(bytes.toString("base64url"))]
  })
  return [...forms(secret).slice(0, 11), ...inner, secret.slice(0, 16), secret.slice(-12)]
}

const assertSecret = (text: string, what: string, secret = key) => {
  for (const form of tellTales(secret)) {
    assert.isFalse(
      text.includes(form),
      `${what} holds the key as ${form}: …${text.slice(Math.max(0, text.indexOf(form) - 200), text.indexOf(form) + 100)}`
    )
  }
}

/** Every way to print a value. */
const printed = (value: unknown): string => {
  const ways: ReadonlyArray<() => unknown> = [
    () => String(value),
    () => JSON.stringify(value),
    () =>
      inspect(value, {
        depth: Number.POSITIVE_INFINITY,
        showHidden: true,
        getters: true,
        maxArrayLength: null,
        maxStringLength: null
      }),
    () =>
      inspect(value, {
        depth: Number.POSITIVE_INFINITY,
        showHidden: true,
        customInspect: false,
        getters: true,
        maxStringLength: null
      }),
    () => Inspectable.toStringUnknown(value),
    () => Inspectable.format(value),
    () => (value instanceof Error ? `${value.message}\n${value.stack}` : ""),
    () =>
      PermissionsError.isPermissionsError(value)
        ? JSON.stringify(Schema.encodeSync(PermissionsError.PermissionsError)(value))
        : "",
    () =>
      Cause.isCause(value)
        ? `${Cause.pretty(value, { renderErrorCause: true })}${inspect(Cause.prettyErrors(value), { depth: 20, showHidden: true })}`
        : "",
    () =>
      typeof value === "object" && value !== null
        ? JSON.stringify(
            Object.entries(Object.getOwnPropertyDescriptors(value)).map(([name, { value }]) => [name, String(value)])
          )
        : ""
  ]
  return ways
    .map((way) => {
      try {
        return String(way())
      } catch (error) {
        return String(error)
      }
    })
    .join("\n")
}

/** What a value holds, shown or not, of the many that are logged and traced. */
const inside = (value: unknown): string =>
  `${inspect(value, { depth: 30, showHidden: true, customInspect: false, maxStringLength: null })}\n${Cause.isCause(value) ? Cause.pretty(value) : ""}`

interface Captured {
  readonly logs: Array<string>
  readonly spans: Array<{ name: string; attributes: Map<string, unknown>; events: Array<unknown>; exit?: unknown }>
}

/** Keeps all that is logged, at every level, and every span. */
const capturing = () => {
  const captured: Captured = { logs: [], spans: [] }
  const logger = Logger.make((entry) => {
    captured.logs.push(
      inside(entry.message),
      inside(entry.cause),
      Logger.logfmtLogger.log(entry),
      JSON.stringify(Logger.structuredLogger.log(entry)),
      Logger.jsonLogger.log(entry),
      inspect([...entry.annotations], { depth: 20 })
    )
  })
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const kept: Captured["spans"][number] = { name, attributes: new Map(), events: [] }
      captured.spans.push(kept)
      const span: Tracer.Span = {
        _tag: "Span",
        name,
        spanId: String(captured.spans.length),
        traceId: "trace",
        parent,
        context,
        status: { _tag: "Started", startTime },
        attributes: kept.attributes,
        links: [...links],
        sampled: true,
        kind,
        attribute: (name, value) => void kept.attributes.set(name, value),
        event: (name, at, attributes) => void kept.events.push([name, at, attributes]),
        addLinks: () => {},
        end: (_, exit) => {
          kept.exit = exit
        }
      }
      return span
    },
    context: (run) => run()
  })
  const layer = Layer.mergeAll(
    Logger.replace(Logger.defaultLogger, logger),
    Logger.minimumLogLevel(LogLevel.All),
    Layer.setTracer(tracer)
  )
  return { captured, layer }
}

const assertCapturedSecret = ({ logs, spans }: Captured, secret = key) => {
  for (const line of logs) assertSecret(line, "a log", secret)
  for (const span of spans) {
    assertSecret(inside([...span.attributes]), `the span ${span.name}`, secret)
    assertSecret(inside(span.events), `the span ${span.name}`, secret)
    assertSecret(inside(span.exit), `the end of the span ${span.name}`, secret)
  }
}

const everyCall = (
  service: CheckpointPermissions.Service
): ReadonlyArray<Effect.Effect<unknown, PermissionsError.PermissionsError>> => [
  service.list(checkpoint),
  service.retrieve(checkpoint),
  collect(service.pages(checkpoint)),
  collect(service.stream(checkpoint)),
  service.create(checkpoint, [project("a")]),
  service.delete(checkpoint, permission("cp_1"))
]

const once = RetryPolicy.make({ schedule: Schedule.recurs(1) })

const layerOn = (http: Layer.Layer<HttpClient.HttpClient>, options: Partial<CheckpointPermissions.Options> = {}) =>
  CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing: Pacing.none, retry: once, ...options }).pipe(
    Layer.provide(http)
  )

/** What a server may say that has the key in it. */
const echoes = (secret: string): ReadonlyArray<readonly [string, Answer]> => [
  ["success", { body: pageOf([]) }],
  ...forms(secret).flatMap(
    (form): ReadonlyArray<readonly [string, Answer]> => [
      [
        `a message with ${form}`,
        { status: 401, body: { error: { message: `Incorrect API key provided: ${form}.`, code: "invalid_api_key" } } }
      ],
      [`a bare message with ${form}`, { status: 500, body: { error: form } }],
      [`a code ${form}`, { status: 400, body: { error: { message: "no", code: form, param: form, type: form } } }],
      [`scopes ${form}`, { status: 403, body: { error: { message: `Missing scopes: a.${form}.b, ${form}` } } }],
      [`HTML with ${form}`, { status: 200, headers: { "content-type": "text/html" }, body: `<p>${form}</p>` }],
      [
        `HTML with half of ${form}`,
        { status: 200, headers: { "content-type": "text/html" }, body: `<html>${" ".repeat(20)}${form} and more` }
      ],
      [`a page that is ${form}`, { status: 200, body: { ...pageOf([]), object: form } }],
      [`has_more as ${form}`, { status: 200, body: { ...pageOf([]), has_more: { [form]: form } } }]
    ]
  ),
  ...forms(secret)
    .filter((form) => !/\s/.test(form))
    .flatMap(
      (form): ReadonlyArray<readonly [string, Answer]> => [
        [`a request id ${form}`, { status: 500, headers: { "x-request-id": form, "x-debug": form } }],
        [
          `a request id ${form} of a success`,
          { status: 200, headers: { "x-request-id": form, "x-echo": `Bearer ${form}` }, body: pageOf([]) }
        ],
        [
          `a redirect to ${form}`,
          { status: 302, headers: { location: `https://elsewhere.example/?key=${form}`, "content-type": form } }
        ],
        [`a content type ${form}`, { status: 200, headers: { "content-type": form }, body: "nothing" }],
        [
          `odd headers ${form}`,
          { status: 429, headers: { "retry-after": form, "x-should-retry": form, "x-ratelimit-limit-requests": form } }
        ]
      ]
    ),
  ["a connection refused", { drop: new TypeError("fetch failed", { cause: coded("ECONNREFUSED") }) }],
  ["a connection error that quotes the key", { drop: new Error(`invalid header value "Bearer ${secret}"`) }],
  ["a body that breaks off", { body: pageOf([]), cut: coded("ECONNRESET") }],
  [
    "a body that breaks off and quotes the request",
    { body: pageOf([]), cut: new Error(`terminated while sending Authorization: Bearer ${secret}`) }
  ],
  [
    "an error's body that breaks off and quotes the request",
    { status: 500, body: { error: { message: "no" } }, cut: new Error(`terminated: Bearer ${secret}`) }
  ]
]

const keys = [key, "sk-admin-abcdefghijklmnopqrstuvwxyz0123456789", "k/+=&%\"'<>\\`{}|^~!$()*,;:@[]#?-admin"] as const

describe("the key is nowhere", () => {
  // Each third of what a server may say under another header, all of it under the first.
  for (const [secret, authHeader, ...thirds] of [
    [keys[0], "bearer", 0, 1, 2],
    [keys[0], "api-key", 0],
    [keys[0], "x-gateway-token", 1],
    [keys[1], "bearer", 2],
    [keys[2], "api-key", 0, 1, 2]
  ] as const) {
    it.effect(`in what is printed, logged, traced and measured: ${JSON.stringify(secret)} as ${authHeader}`, () => {
      const { captured, layer } = capturing()
      return Effect.gen(function* () {
        const outputs: Array<unknown> = []
        for (const [n, [name, answer]] of echoes(secret).entries()) {
          if (n > 0 && !thirds.some((third) => third === n % 3)) continue
          const { layer: http, requests } = wire(() => answer)
          const options = {
            adminKey: Redacted.make(secret),
            pacing: Pacing.none,
            retry: once,
            authHeader,
            timeout: "1 second"
          } as const
          const live = CheckpointPermissions.layer(options).pipe(Layer.provide(http))
          yield* Effect.gen(function* () {
            const service = yield* permissions
            // Each call with the first answer, then one with each.
            for (const [i, call] of everyCall(service).entries()) {
              if (n > 0 && (n + Math.floor(n / 6)) % 6 !== i) continue
              const exit = yield* Effect.exit(Effect.withSpan(call, "a caller's"))
              yield* Effect.logDebug("ended", exit)
              if (Exit.isSuccess(exit)) continue
              yield* Effect.logError("failed", exit.cause)
              assertSecret(printed(Cause.squash(exit.cause)), `${name}, inside a fiber,`, secret)
              outputs.push(exit.cause, Cause.squash(exit.cause))
            }
            if (n === 0) outputs.push(service, yield* Effect.context<never>())
          }).pipe(Effect.provide(live))
          if (n === 0) outputs.push(options, live)
          const sent = requests[0]?.headers[authHeader === "bearer" ? "authorization" : authHeader]
          assert.strictEqual(sent, authHeader === "bearer" ? `Bearer ${secret}` : secret)
        }
        return outputs
      }).pipe(
        Effect.provide(layer),
        Effect.zipWith(Metric.snapshot, (outputs, metrics) => [...outputs, metrics]),
        Effect.tap(() => {
          assertCapturedSecret(captured, secret)
          assert.isAbove(captured.spans.length, 100)
          assert.isAbove(captured.logs.length, 100)
        }),
        (run) => Effect.promise(() => Effect.runPromise(run)),
        Effect.map((outputs) => {
          // Outside of the fiber, too.
          for (const output of outputs) assertSecret(printed(output), "a value", secret)
        })
      )
    })
  }

  it("in options, layers and what refuses them", () => {
    for (const authHeader of ["bearer", "api-key"]) {
      const options = { adminKey: Redacted.make(key), authHeader }
      assertSecret(printed(options), "the options")
      assertSecret(printed(CheckpointPermissions.layer(options)), "the layer")
      assertSecret(
        printed(CheckpointPermissions.layerConfig({ ...options, adminKey: Config.succeed(options.adminKey) })),
        "the layer from the environment"
      )
      assertSecret(printed(CheckpointPermissions.make(options)), "the effect that makes it")
    }
    for (const broken of [`${key} `, ` ${key}`, `${key}\n`, `${key}ä`]) {
      const exit = Effect.runSyncExit(
        Effect.provide(permissions, layerOn(wire(() => ({})).layer, { adminKey: Redacted.make(broken) }))
      )
      assert.isTrue(Exit.isFailure(exit))
      assertSecret(printed(exit), "the refusal")
    }
    const clear = Effect.runSyncExit(
      Effect.provide(permissions, layerOn(wire(() => ({})).layer, { adminKey: key as never }))
    )
    assertSecret(printed(clear), "the refusal of a key in the clear")
  })
})

describe("a key that is passed for an id", () => {
  for (const id of [key, `ft:${key}`, `cp_${key}`]) {
    it.effect(`${id.slice(0, 5)}… is in no error, log and span`, () => {
      const { captured, layer } = capturing()
      const { layer: http } = wire(() => ({ status: 404, body: { error: { message: "no" } } }))
      return Effect.gen(function* () {
        const service = yield* permissions
        for (const call of [
          service.list(id),
          service.create(id, [id]),
          service.delete(id, id),
          service.delete(checkpoint, id),
          collect(service.stream(id))
        ]) {
          const exit = yield* Effect.exit(call as Effect.Effect<unknown, unknown>)
          yield* Effect.logError("failed", exit)
          if (Exit.isFailure(exit)) assertSecret(printed(Cause.squash(exit.cause)), "an error")
        }
        assertCapturedSecret(captured)
      }).pipe(Effect.provide(layerOn(http)), Effect.provide(layer))
    })
  }

  it.effect("a client that dies and quotes the request does not give it away", () => {
    const { captured, layer } = capturing()
    const dying = HttpClient.make((request) => Effect.die(new Error(`bad header ${request.headers["authorization"]}`)))
    return Effect.gen(function* () {
      const exit = yield* Effect.exit((yield* permissions).list(checkpoint))
      assert.isTrue(Exit.isFailure(exit))
      assertSecret(printed(exit), "the exit")
      assertCapturedSecret(captured)
    }).pipe(Effect.provide(layerOn(Layer.succeed(HttpClient.HttpClient, dying))), Effect.provide(layer))
  })
})

describe("a transformation does not get at the key", () => {
  const answers: ReadonlyArray<Answer> = [
    { body: pageOf([]) },
    { status: 500 },
    { status: 302, headers: { location: "https://elsewhere.example/" } },
    { drop: coded("ECONNREFUSED") },
    { body: pageOf([]), cut: coded("ECONNRESET") }
  ]
  const transformed = (transformClient: (client: HttpClient.HttpClient) => HttpClient.HttpClient, answer: Answer) => {
    const { captured, layer } = capturing()
    return Effect.gen(function* () {
      const service = yield* permissions
      const exits = yield* Effect.forEach(everyCall(service), Effect.exit)
      for (const exit of exits) {
        yield* Effect.logDebug(exit)
        if (Exit.isFailure(exit)) yield* Effect.logFatal(exit.cause)
      }
      return exits
    }).pipe(
      Effect.provide(layerOn(wire(() => answer).layer, { authHeader: "api-key", transformClient })),
      Effect.provide(layer),
      (run) => Effect.promise(() => Effect.runPromise(run)),
      Effect.tap((exits) => {
        assertCapturedSecret(captured)
        for (const exit of exits) if (Exit.isFailure(exit)) assertSecret(printed(exit.cause), "a cause")
        for (const exit of exits) if (Exit.isFailure(exit)) assertSecret(printed(Cause.squash(exit.cause)), "an error")
      })
    )
  }

  for (const [n, answer] of answers.entries()) {
    it.effect(`by logging all it sees (${n})`, () =>
      transformed(
        (client) =>
          client.pipe(
            HttpClient.tapRequest((request) =>
              Effect.logInfo(request, inspect(request, { depth: 20, showHidden: true }))
            ),
            HttpClient.tap((response) =>
              Effect.logInfo(
                response,
                printed(response),
                printed(response.request),
                printed({ ...response.request.headers })
              )
            ),
            HttpClient.tap((response) =>
              Effect.catchAllCause(response.text, (cause) =>
                Effect.logInfo(printed(cause), cause, printed(Cause.squash(cause)))
              )
            ),
            HttpClient.tapError((error) =>
              Effect.logInfo(
                error,
                printed(error),
                printed(error.request),
                printed("response" in error ? error.response : undefined)
              )
            )
          ),
        answer
      )
    )

    it.effect(`by dying of what it sees (${n})`, () =>
      Effect.gen(function* () {
        const exits = yield* transformed(
          (client) =>
            client.pipe(
              HttpClient.transformResponse((response) =>
                Effect.matchEffect(response, { onFailure: Effect.die, onSuccess: Effect.die })
              )
            ),
          answer
        )
        for (const exit of exits) assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      })
    )

    it.effect(`by throwing (${n})`, () =>
      transformed(
        (client) =>
          HttpClient.transformResponse(client, (response) =>
            Effect.map(response, (seen) => {
              throw new Error(`unexpected ${printed(seen)}`, { cause: seen })
            })
          ),
        answer
      )
    )
  }

  it.effect("and still gets all that a reply has", () => {
    const seen: Array<unknown> = []
    const body = pageOf(["cp_1"])
    return Effect.gen(function* () {
      const page = yield* (yield* permissions).list(checkpoint)
      assert.strictEqual(page.data[0]?.id, "cp_1")
      assert.deepStrictEqual(seen, [
        200,
        "v",
        "c",
        true,
        JSON.stringify(body),
        body,
        JSON.stringify(body).length,
        "GET"
      ])
    }).pipe(
      Effect.provide(
        layerOn(wire(() => ({ headers: { "x-v": "v", "set-cookie": "a=c" }, body })).layer, {
          transformClient: HttpClient.tap((response) =>
            Effect.gen(function* () {
              const cookie = Option.getOrUndefined(Option.fromNullable(response.cookies.cookies["a"]))
              seen.push(response.status, response.headers["x-v"], cookie?.value, Option.isNone(response.remoteAddress))
              seen.push(yield* response.text)
              seen.push(yield* response.json)
              seen.push((yield* response.text).length, response.request.method)
            })
          )
        })
      )
    )
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
    "stream after text": (response) => Effect.zipRight(response.text, ways["stream"]?.(response) ?? Effect.void),
    "the response of an error": (response) =>
      HttpClientResponse.filterStatus(response, () => false).pipe(
        Effect.catchAll((error) => ("response" in error ? error.response.text : Effect.void))
      ),
    cookies: (response) => Effect.succeed(inspect(response.cookies, { depth: 20 })),
    headers: (response) => Effect.succeed(response.headers)
  }

  for (const [secret, size] of [
    [keys[0], 1],
    [keys[2], 7]
  ] as const) {
    it.effect(`by reading what a reply says: ${JSON.stringify(secret)}, ${size} bytes at a time`, () =>
      Effect.gen(function* () {
        const shapes: ReadonlyArray<readonly [string, (form: string) => string]> = [
          ["application/json", (form) => JSON.stringify({ error: { message: `not ${form}`, [form]: [form] } })],
          ["text/html", (form) => `<p>${form}</p>${form}${" ".repeat(50)}${form}`],
          ["application/x-www-form-urlencoded", (form) => new URLSearchParams([[form, form]]).toString()]
        ]
        const texts = forms(secret).flatMap((form) =>
          shapes.map(([type, shaped]) => [type, form, shaped(form)] as const)
        )
        const seen: Array<string> = []
        let text = texts[0]
        const answering = HttpClient.make((request) => {
          const [type, form, body] = text ?? ["", "", ""]
          const bytes = Buffer.from(body)
          const parts = new ReadableStream<Uint8Array>({
            start: (controller) => {
              for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size))
              controller.close()
            }
          })
          const headers = new Headers({ "content-type": type })
          if (/^[!-:<-~]+$/.test(form)) headers.set("set-cookie", `session=${form}; path=/${form}`)
          return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(parts, { status: 401, headers })))
        })
        // Of what a reply may say each way reads a fourth.
        for (const [at, [way, read]] of Object.entries(ways).entries()) {
          const transformClient = HttpClient.tap((response) =>
            Effect.map(Effect.exit(read(response)), (exit) => {
              const text = inspect(Exit.isSuccess(exit) ? exit.value : exit.cause, { depth: 20, maxStringLength: null })
              assertSecret(text, `${way} of ${response.headers["content-type"]}`, secret)
              seen.push(text)
            })
          )
          yield* Effect.gen(function* () {
            const service = yield* permissions
            for (text of texts.filter((_, n) => (n + at) % 4 === 0)) {
              const error = yield* Effect.flip(service.list(checkpoint))
              assertSecret(inspect(error, { depth: 20 }), "an error", secret)
            }
          }).pipe(
            Effect.provide(
              layerOn(Layer.succeed(HttpClient.HttpClient, answering), {
                adminKey: Redacted.make(secret),
                retry: RetryPolicy.none,
                transformClient
              })
            )
          )
        }
        assert.isAbove(seen.filter((text) => text.includes("<redacted>")).length, 75)
      })
    )
  }

  it.effect("what it reads is redacted, and what comes of it is not: a short key is part of many words", () => {
    const body = pageOf(["cp_1"])
    const seen: Array<string> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual((yield* (yield* permissions).list(checkpoint)).data, body.data as never)
      assert.include(seen[0], "<redacted>")
    }).pipe(
      Effect.provide(
        layerOn(wire(() => ({ body })).layer, {
          adminKey: Redacted.make("proj"),
          transformClient: HttpClient.tap((response) => Effect.map(response.text, (text) => void seen.push(text)))
        })
      )
    )
  })
})

describe("no redirect carries the key elsewhere", () => {
  /** A server that notes what it was sent. */
  const listening = (answer: (server: { port: number }) => Record<string, string>, status: number) =>
    Effect.acquireRelease(
      Effect.async<{ readonly port: number; readonly seen: Array<string>; readonly node: Server }>((resume) => {
        const seen: Array<string> = []
        const node = createServer((request, response) => {
          seen.push(`${request.method} ${request.url} ${JSON.stringify(request.rawHeaders)}`)
          request.resume()
          const port = (node.address() as AddressInfo).port
          response.writeHead(status, { "content-type": "application/json", ...answer({ port }) })
          response.end(JSON.stringify(pageOf(["cp_1"])))
        })
        node.listen(0, "127.0.0.1", () =>
          resume(Effect.succeed({ port: (node.address() as AddressInfo).port, seen, node }))
        )
      }),
      ({ node }) =>
        Effect.async<void>((resume) => {
          node.close(() => resume(Effect.void))
          node.closeAllConnections()
        })
    )

  const transports: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
    ["fetch", FetchHttpClient.layer],
    ["undici", NodeHttpClient.layerUndici],
    ["node", NodeHttpClient.layer]
  ]
  const followers: ReadonlyArray<readonly [string, Partial<CheckpointPermissions.Options>]> = [
    ["as it is", {}],
    ["told to follow redirects", { transformClient: HttpClient.followRedirects(5) }]
  ]

  for (const [transport, http] of transports) {
    for (const [how, options] of followers) {
      for (const authHeader of ["bearer", "api-key"]) {
        it.scopedLive(`${transport}, ${how}, ${authHeader}`, () =>
          Effect.gen(function* () {
            const elsewhere = yield* listening(() => ({}), 200)
            for (const status of [301, 302, 303, 307, 308]) {
              const api = yield* listening(() => ({ location: `http://127.0.0.1:${elsewhere.port}/v1/stolen` }), status)
              const apiUrl = `http://127.0.0.1:${api.port}/v1`
              yield* Effect.gen(function* () {
                const service = yield* permissions
                for (const call of everyCall(service)) {
                  const error: PermissionsError.PermissionsError = yield* Effect.flip(call)
                  assert.strictEqual(error._tag, "InvalidResponseError")
                  assert.strictEqual(error.status, status)
                }
              }).pipe(Effect.provide(layerOn(http, { apiUrl, authHeader, ...options })))
              assert.isAbove(api.seen.length, 0)
              for (const line of api.seen) assert.include(line, key)
            }
            assert.deepStrictEqual(elsewhere.seen, [])
          })
        )
      }
    }
  }

  it.scopedLive("fetch, though the application tells it to follow", () =>
    Effect.gen(function* () {
      const elsewhere = yield* listening(() => ({}), 200)
      const api = yield* listening(() => ({ location: `http://127.0.0.1:${elsewhere.port}/` }), 302)
      const error = yield* Effect.flatMap(permissions, (service) => service.list(checkpoint)).pipe(
        Effect.flip,
        Effect.provide(layerOn(FetchHttpClient.layer, { apiUrl: `http://127.0.0.1:${api.port}` })),
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "follow" })
      )
      assert.strictEqual(error._tag, "InvalidResponseError")
      assert.deepStrictEqual(elsewhere.seen, [])
    })
  )

  it.effect("nor does a transformation that sends a request of its own", () => {
    const { layer, requests } = wire(({ url }) => ({ body: url.host === "api.openai.com" ? pageOf([]) : {} }))
    return Effect.gen(function* () {
      yield* (yield* permissions).list(checkpoint)
      const withKey = requests.filter(({ headers }) => printed(headers).includes(key)).map(({ url }) => url.origin)
      assert.deepStrictEqual(withKey, ["https://api.openai.com"])
      assert.strictEqual(requests.length, 7)
    }).pipe(
      Effect.provide(
        layerOn(layer, {
          transformClient: (client) =>
            HttpClient.tapRequest(client, () =>
              Effect.forEach(
                [
                  "https://evil.example/",
                  "http://api.openai.com/",
                  "https://api.openai.com:8443/",
                  "https://api.openai.com.evil.example/",
                  "https://evil.example/https://api.openai.com/v1",
                  "https://api.openai.com@evil.example/"
                ],
                (url) => client.execute(HttpClientRequest.get(url)).pipe(Effect.ignore)
              )
            )
        })
      )
    )
  })
})

// So that what is looked for would be found.
it("the forms of the key are found in what does hold it", () => {
  for (const secret of keys) {
    for (const form of forms(secret)) assert.throws(() => assertSecret(`before ${form} after`, "it", secret))
  }
  const request = HttpClientRequest.setHeader(HttpClientRequest.get("https://a.example"), "api-key", key)
  assert.throws(() => assertSecret(printed(new HttpClientError.RequestError({ request, reason: "Transport" })), "it"))
  assert.throws(() => assertSecret(printed(Context.make(HttpClient.HttpClient, { request } as never)), "it"))
  assert.throws(() => assertSecret(printed(Chunk.of(Cause.die({ request }))), "it"))
})
