import type { ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { FetchHttpClient, type HttpClient } from "@effect/platform"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, TestClock } from "effect"
import { scoped as test } from "../../core/test/effects.ts"
import { fine, type Handle, json, serving } from "./support/server.ts"
import { checkpoint, key, permission, permissions, project } from "./support/setup.ts"
import { pageOf } from "./support/wire.ts"

const transports: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", FetchHttpClient.layer],
  ["undici", NodeHttpClient.layerUndici],
  ["node", NodeHttpClient.layer]
]

/** By the clock of the test, which stands still until it is adjusted. */
const timeout = "5 minutes"

/** Lets the event loop turn once: sockets are read. */
const breath = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Looks again and again; the test's timeout is the bound. */
const until = (isSo: () => boolean) => Effect.repeat(breath, { until: isSo })

/** Returns the result of a call whose timeout ends after the server's last action. */
const timedOut = <A, E, R>(call: Effect.Effect<A, E, R>, hasServed: () => boolean): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(call)
    yield* until(hasServed)
    // the client reads it
    yield* Effect.repeatN(breath, 10)
    yield* TestClock.adjust(timeout)
    return yield* Fiber.join(fiber)
  })

const megabyte = Buffer.alloc(1_000_000, "x")

/** Writes so many megabytes, as fast as they are taken. */
const megabytes = (response: ServerResponse, count: number): void => {
  let left = count
  const write = () => {
    while (left > 0) {
      left -= 1
      if (!response.write(megabyte)) return void response.once("drain", write)
    }
    response.end()
  }
  write()
}

const reply =
  (status: number, headers: Record<string, string>, then: (response: ServerResponse) => void): Handle =>
  (_, response) =>
    then(response.writeHead(status, headers))
const large = (count: number) => (response: ServerResponse) => megabytes(response, count)
const written = (text: string) => (response: ServerResponse) => void response.write(text)
const ended = (text?: string | Buffer) => (response: ServerResponse) => void response.end(text)
const drops = (chunk: string) => (response: ServerResponse) => {
  const timer = setInterval(() => response.write(chunk), 5)
  response.on("close", () => clearInterval(timer))
}
const cut = (text: string) => (response: ServerResponse) => {
  response.write(text)
  setTimeout(() => response.destroy(), 5)
}
const gzip = { ...json, "content-encoding": "gzip" }
const long = { "content-length": "1000" }
const half = '{"object":'

const late = { tag: "RequestTimeoutError" } as const
const broken = { tag: "ConnectionError" } as const
const failed = (status: number) => ({ tag: "ServerError", status }) as const
const invalid = (status: number, reason = /./) => ({ tag: "InvalidResponseError", status, reason }) as const

/** The replies of a broken server, whatever the request. */
const nonsense: ReadonlyArray<
  readonly [
    what: string,
    handle: Handle,
    is: { readonly tag: string; readonly status?: number; readonly reason?: RegExp }
  ]
> = [
  ["an error page of 30 MB", reply(502, { "content-type": "text/html" }, large(30)), failed(502)],
  ["an error page of 30 MB, announced", reply(500, { "content-length": "30000000" }, large(30)), failed(500)],
  ["a success of 40 MB", reply(200, json, large(40)), invalid(200, /larger than/)],
  [
    "a redirect with a body of 30 MB",
    reply(307, { location: "http://127.0.0.1:1/" }, large(30)),
    invalid(307, /never/)
  ],
  ["a reply that never begins", () => {}, late],
  ["a reply that never ends, in silence", reply(200, json, written(half)), late],
  ["a reply that never ends, drop by drop", reply(200, json, drops(" ")), late],
  ["an announced reply that never ends", reply(200, { ...json, ...long }, written(half)), late],
  ["an error that never ends", reply(500, {}, drops("x")), late],
  ["gzip that is garbage", reply(200, gzip, ended(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]))), invalid(200)],
  [
    "gzip that breaks off",
    reply(200, gzip, ended(gzipSync(JSON.stringify(pageOf(["cp_1"]))).subarray(0, 30))),
    invalid(200)
  ],
  ["an error in gzip that is none", reply(503, gzip, ended("not gzip")), failed(503)],
  ["a body that is cut, of a length", reply(200, { ...json, ...long }, cut(half)), { ...broken, status: 200 }],
  ["a body that is cut, in chunks", reply(200, json, cut(half)), { ...broken, status: 200 }],
  ["an error that is cut", reply(500, long, cut("<html>")), failed(500)],
  ["a connection closed before the reply", ({ socket }) => void socket.destroy(), broken],
  [
    "a connection reset before the reply",
    ({ socket }) => void socket.resetAndDestroy(),
    { ...broken, reason: /ECONNRESET|UND_ERR_SOCKET/ }
  ],
  ["what is not HTTP", ({ socket }) => void socket.end("SSH-2.0-OpenSSH_9.6\r\n"), broken],
  ["a redirect to another host", reply(302, { location: "http://localhost:1/" }, ended()), invalid(302, /localhost:1/)],
  ["no content", reply(204, {}, ended()), invalid(204)]
]

const list = Effect.flatMap(permissions, (service) => service.list(checkpoint))

for (const [name, http] of transports) {
  const layerOn = (apiUrl: string) =>
    CheckpointPermissions.layer({
      adminKey: Redacted.make(key),
      apiUrl,
      pacing: Pacing.none,
      retry: RetryPolicy.none,
      timeout
    }).pipe(Layer.provide(http))

  describe(`over ${name}`, () => {
    it.scoped.each(nonsense)("%s is an error that says so, and the next request works", ([, handle, is]) =>
      Effect.gen(function* () {
        const api = yield* serving([handle, handle, handle])
        yield* Effect.gen(function* () {
          const service = yield* permissions
          const calls: ReadonlyArray<Effect.Effect<unknown, CheckpointPermissions.RequestError>> = [
            service.list(checkpoint, { limit: 1 }),
            service.create(checkpoint, [project("a")]),
            service.delete(checkpoint, permission("cp_1"))
          ]
          for (const [n, call] of calls.entries()) {
            const ends = is === late ? timedOut(call, () => api.requests.length > n) : call
            const error = yield* Effect.flip(ends)
            const { _tag, mayHaveExecuted, status } = error
            // the clock may run out before or after the head of the reply came
            const expected = is === late ? status : is.status
            assert.deepStrictEqual([_tag, status, mayHaveExecuted], [is.tag, expected, n > 0])
            if (is.reason !== undefined) assert.match("reason" in error ? error.reason : "", is.reason)
            assert.isBelow(JSON.stringify(error).length, 5000)
          }
          const path = `/v1/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`
          assert.deepStrictEqual(api.requests, [`GET ${path}?limit=1`, `POST ${path}`, `DELETE ${path}/cp_1`])
          // the same pool of connections
          const both = yield* Effect.all([service.list(checkpoint), service.list(checkpoint)], { concurrency: 2 })
          assert.deepStrictEqual(
            both.map(({ data }) => data.length),
            [1, 1]
          )
        }).pipe(Effect.provide(layerOn(api.apiUrl)))
        // no more is taken of what is too much than may be kept
        assert.isBelow(api.written(), 130_000_000)
      })
    )

    test("little is read of one reply of 30 MB after another", function* () {
      const count = 12
      const api = yield* serving(Array.from({ length: count }, () => reply(502, {}, large(30))))
      yield* Effect.gen(function* () {
        for (let n = 0; n < count; n++) yield* Effect.flip(list)
        assert.strictEqual((yield* list).data.length, 1)
      }).pipe(Effect.provide(layerOn(api.apiUrl)))
      // Of 360 MB.
      assert.isBelow(api.written(), 120_000_000)
    })

    test("a port on which nothing listens is ConnectionError, and nothing was executed", function* () {
      const { apiUrl, close } = yield* serving([])
      yield* close
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip((yield* permissions).create(checkpoint, [project("a")]))
        assert.strictEqual(error._tag, "ConnectionError")
        assert.include(error.message, "ECONNREFUSED")
        assert.isFalse(error.mayHaveExecuted)
        assert.isTrue(error.isRetryable)
      }).pipe(Effect.provide(layerOn(apiUrl)))
    })

    test("an interruption closes the connection", function* () {
      const api = yield* serving([() => {}])
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(list)
        yield* until(() => api.requests.length === 1)
        yield* Fiber.interrupt(fiber)
        yield* until(() => api.asking.size === 0)
      }).pipe(Effect.provide(layerOn(api.apiUrl)))
    })

    test("a timeout closes the connection, also in the middle of a body", function* () {
      const api = yield* serving([reply(200, json, written("{")), reply(200, { ...json, ...long }, written("{"))])
      yield* Effect.gen(function* () {
        for (let n = 0; n < 2; n++) {
          const error = yield* Effect.flip(timedOut(list, () => api.requests.length > n))
          assert.strictEqual(error._tag, "RequestTimeoutError")
          yield* until(() => api.asking.size === 0)
        }
      }).pipe(Effect.provide(layerOn(api.apiUrl)))
    })

    // the platform's layer over node:http opens one for each request
    it.scoped.skipIf(name === "node")("one connection is reused, also after errors", () =>
      Effect.gen(function* () {
        const refusing = reply(404, json, ended(JSON.stringify({ error: { message: "x".repeat(2000) } })))
        const api = yield* serving([fine, refusing, fine, refusing, fine, refusing, fine])
        yield* Effect.provide(Effect.replicateEffect(Effect.ignore(list), 8), layerOn(api.apiUrl))
        assert.strictEqual(api.requests.length, 8)
        assert.isAtMost(api.made.length, 2)
      })
    )
  })
}
