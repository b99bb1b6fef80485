import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { gzipSync } from "node:zlib"
import { CheckpointPermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { FetchHttpClient, type HttpClient } from "@effect/platform"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { checkpoint, collect, key, permission, permissions, project } from "./support/setup.ts"
import { pageOf } from "./support/wire.ts"

type Handle = (request: IncomingMessage, response: ServerResponse) => void

const json = { "content-type": "application/json" }
const fine: Handle = (_, response) => {
  response.writeHead(200, json).end(JSON.stringify(pageOf(["cp_1"])))
}

/** A server on the loopback address that does what it is told to with each request. */
const serving = (handles: ReadonlyArray<Handle>) =>
  Effect.acquireRelease(
    Effect.async<{
      readonly apiUrl: string
      readonly requests: Array<string>
      /** Connections that were made, and those with a request that is not answered: some clients open the next at once. */
      readonly made: Array<Socket>
      readonly asking: Set<Socket>
      readonly written: () => number
      readonly close: Effect.Effect<void>
    }>((resume) => {
      const requests: Array<string> = []
      const made: Array<Socket> = []
      const asking = new Set<Socket>()
      const node = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
        const handle = handles[requests.length] ?? fine
        requests.push(`${request.method} ${request.url}`)
        request.resume()
        const { socket } = request
        asking.add(socket)
        response.on("close", () => asking.delete(socket))
        handle(request, response)
      })
      node.on("connection", (socket) => {
        made.push(socket)
        socket.on("error", () => {})
      })
      const close = Effect.async<void>((done) => {
        node.close(() => done(Effect.void))
        node.closeAllConnections()
      })
      node.listen(0, "127.0.0.1", () => {
        const { port } = node.address() as AddressInfo
        const written = () => made.reduce((sum, socket) => sum + socket.bytesWritten, 0)
        resume(Effect.succeed({ apiUrl: `http://127.0.0.1:${port}/v1`, requests, made, asking, written, close }))
      })
    }),
    ({ close }) => close
  )

const transports: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", FetchHttpClient.layer],
  ["undici", NodeHttpClient.layerUndici],
  ["node", NodeHttpClient.layer]
]

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

const endlessly = (response: ServerResponse, chunk: string): void => {
  const timer = setInterval(() => response.write(chunk), 5)
  response.on("close", () => clearInterval(timer))
}

const list = Effect.flatMap(permissions, (service) => service.list(checkpoint))

for (const [name, http] of transports) {
  const layerOn = (apiUrl: string, options: Partial<CheckpointPermissions.Options> = {}) =>
    CheckpointPermissions.layer({
      adminKey: Redacted.make(key),
      apiUrl,
      pacing: Pacing.none,
      retry: RetryPolicy.none,
      timeout: "4 seconds",
      ...options
    }).pipe(Layer.provide(http))

  describe(`over ${name}`, () => {
    const nonsense: ReadonlyArray<
      readonly [
        what: string,
        handle: Handle,
        tag: string,
        fields?: { readonly status?: number; readonly reason?: RegExp; readonly timeout?: true }
      ]
    > = [
      [
        "an error page of 30 MB",
        (_, response) => {
          response.writeHead(502, { "content-type": "text/html" })
          megabytes(response, 30)
        },
        "ServerError",
        { status: 502 }
      ],
      [
        "an error page of 30 MB, announced",
        (_, response) => {
          response.writeHead(500, { "content-length": String(30_000_000) })
          megabytes(response, 30)
        },
        "ServerError",
        { status: 500 }
      ],
      [
        "a success of 40 MB",
        (_, response) => {
          response.writeHead(200, json)
          megabytes(response, 40)
        },
        "InvalidResponseError",
        { status: 200, reason: /larger than/ }
      ],
      [
        "a redirect with a body of 30 MB",
        (_, response) => {
          response.writeHead(307, { location: "http://127.0.0.1:1/" })
          megabytes(response, 30)
        },
        "InvalidResponseError",
        { status: 307, reason: /redirects are never followed/ }
      ],
      ["a reply that never begins", () => {}, "RequestTimeoutError", { timeout: true }],
      [
        "a reply that never ends, in silence",
        (_, response) => {
          response.writeHead(200, json).write('{"object":')
        },
        "RequestTimeoutError",
        { timeout: true }
      ],
      [
        "a reply that never ends, drop by drop",
        (_, response) => {
          response.writeHead(200, json)
          endlessly(response, " ")
        },
        "RequestTimeoutError",
        { timeout: true }
      ],
      [
        "an announced reply that never ends",
        (_, response) => {
          response.writeHead(200, { ...json, "content-length": "1000" }).write('{"object":')
        },
        "RequestTimeoutError",
        { timeout: true }
      ],
      [
        "an error that never ends",
        (_, response) => {
          response.writeHead(500)
          endlessly(response, "x")
        },
        "RequestTimeoutError",
        { timeout: true }
      ],
      [
        "gzip that is garbage",
        (_, response) => {
          response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]))
        },
        "InvalidResponseError",
        { status: 200 }
      ],
      [
        "gzip that breaks off",
        (_, response) => {
          response
            .writeHead(200, { ...json, "content-encoding": "gzip" })
            .end(gzipSync(JSON.stringify(pageOf(["cp_1"]))).subarray(0, 30))
        },
        "InvalidResponseError",
        { status: 200 }
      ],
      [
        "an error in gzip that is none",
        (_, response) => {
          response.writeHead(503, { "content-encoding": "gzip" }).end("not gzip")
        },
        "ServerError",
        { status: 503 }
      ],
      [
        "a body that is cut, of a length",
        (_, response) => {
          response.writeHead(200, { ...json, "content-length": "1000" }).write('{"object":')
          setTimeout(() => response.destroy(), 5)
        },
        "ConnectionError",
        { status: 200 }
      ],
      [
        "a body that is cut, in chunks",
        (_, response) => {
          response.writeHead(200, json).write('{"object":')
          setTimeout(() => response.destroy(), 5)
        },
        "ConnectionError",
        { status: 200 }
      ],
      [
        "a body that ends early",
        (_, response) => {
          response.writeHead(200, json).end('{"object":"list","da')
        },
        "InvalidResponseError",
        { status: 200, reason: /not JSON/ }
      ],
      [
        "an error that is cut",
        (_, response) => {
          response.writeHead(500, { "content-length": "1000" }).write("<html>")
          setTimeout(() => response.destroy(), 5)
        },
        "ServerError",
        { status: 500 }
      ],
      [
        "a connection closed before the reply",
        (request) => {
          request.socket.destroy()
        },
        "ConnectionError"
      ],
      [
        "a connection reset before the reply",
        (request) => {
          request.socket.resetAndDestroy()
        },
        "ConnectionError",
        { reason: /ECONNRESET|UND_ERR_SOCKET/ }
      ],
      [
        "what is not HTTP",
        (request) => {
          request.socket.end("SSH-2.0-OpenSSH_9.6\r\n")
        },
        "ConnectionError"
      ],
      [
        "a redirect to another host",
        (_, response) => {
          response.writeHead(302, { location: "http://localhost:1/" }).end()
        },
        "InvalidResponseError",
        { status: 302, reason: /http:\/\/localhost:1\// }
      ],
      [
        "a redirect in a circle",
        (request, response) => {
          response.writeHead(308, { location: request.url ?? "" }).end()
        },
        "InvalidResponseError",
        { status: 308 }
      ],
      [
        "no content",
        (_, response) => {
          response.writeHead(204).end()
        },
        "InvalidResponseError",
        { status: 204 }
      ],
      [
        "HTML",
        (_, response) => {
          response.writeHead(200, { "content-type": "text/html" }).end("<html>")
        },
        "InvalidResponseError",
        { status: 200, reason: /text\/html/ }
      ]
    ]

    for (const [what, handle, tag, fields] of nonsense) {
      it.scopedLive(`${what} is ${tag}, and the next request works`, () =>
        Effect.gen(function* () {
          const api = yield* serving([handle, handle, handle])
          yield* Effect.gen(function* () {
            const options = { adminKey: Redacted.make(key), apiUrl: api.apiUrl, pacing: Pacing.none }
            const hasty = yield* CheckpointPermissions.make({
              ...options,
              retry: RetryPolicy.none,
              timeout: fields?.timeout === true ? "150 millis" : "5 minutes"
            })
            const calls: ReadonlyArray<Effect.Effect<unknown, CheckpointPermissions.RequestError>> = [
              hasty.list(checkpoint),
              hasty.create(checkpoint, [project("a")]),
              hasty.delete(checkpoint, permission("cp_1"))
            ]
            for (const [n, call] of calls.entries()) {
              const error = yield* Effect.flip(call)
              assert.strictEqual(error._tag, tag)
              assert.strictEqual(error.status, fields?.status)
              assert.strictEqual(error.mayHaveExecuted, n > 0)
              if (fields?.reason !== undefined) assert.match("reason" in error ? error.reason : "", fields.reason)
              assert.isBelow(JSON.stringify(error).length, 5000)
            }
            assert.strictEqual(api.requests.length, 3)
            // The same pool of connections, and time for it.
            const service = yield* CheckpointPermissions.make(options)
            assert.strictEqual((yield* service.list(checkpoint)).data.length, 1)
            const [one, two] = yield* Effect.all([service.list(checkpoint), service.list(checkpoint)], {
              concurrency: 2
            })
            assert.strictEqual(one.data.length + two.data.length, 2)
          }).pipe(Effect.provide(http))
          // No more is taken of what is too much than may be kept.
          assert.isBelow(api.written(), 130_000_000)
        })
      )
    }

    it.scopedLive("30 MB after 30 MB take no memory", () =>
      Effect.gen(function* () {
        const count = 12
        const api = yield* serving(
          Array.from(
            { length: count },
            (): Handle => (_, response) => {
              response.writeHead(502)
              megabytes(response, 30)
            }
          )
        )
        yield* Effect.gen(function* () {
          const before = process.memoryUsage().rss
          for (let n = 0; n < count; n++) yield* Effect.flip(list)
          assert.isBelow(process.memoryUsage().rss - before, 120_000_000)
          assert.strictEqual((yield* list).data.length, 1)
        }).pipe(Effect.provide(layerOn(api.apiUrl)))
        // The rest was not read: 360 MB would have been written.
        assert.isBelow(api.written(), 120_000_000)
      })
    )

    it.scopedLive("nothing that listens is ConnectionError, and certainly nothing was done", () =>
      Effect.gen(function* () {
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
    )

    it.scopedLive("an interruption closes the connection", () =>
      Effect.gen(function* () {
        const never: Handle = () => {}
        const api = yield* serving([never])
        yield* Effect.gen(function* () {
          const fiber = yield* Effect.fork(list)
          yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => api.requests.length === 1 })
          yield* Fiber.interrupt(fiber)
          yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => api.asking.size === 0, times: 100 })
          assert.strictEqual(api.asking.size, 0)
        }).pipe(Effect.provide(layerOn(api.apiUrl, { timeout: "10 seconds" })))
      })
    )

    it.scopedLive("a timeout closes the connection, also in the middle of a body", () =>
      Effect.gen(function* () {
        const api = yield* serving([
          (_, response) => {
            response.writeHead(200, json).write("{")
          },
          (_, response) => {
            response.writeHead(200, { ...json, "content-length": "99" }).write("{")
          }
        ])
        yield* Effect.gen(function* () {
          for (let n = 0; n < 2; n++) {
            assert.strictEqual((yield* Effect.flip(list))._tag, "RequestTimeoutError")
            yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => api.asking.size === 0, times: 100 })
            assert.strictEqual(api.asking.size, 0)
          }
        }).pipe(Effect.provide(layerOn(api.apiUrl, { timeout: "150 millis" })))
      })
    )

    it.scopedLive("the calls of the API go and come as promised", () =>
      Effect.gen(function* () {
        const api = yield* serving([
          (_, response) => {
            response.writeHead(200, json).end(JSON.stringify(pageOf(["cp_2"], { has_more: true })))
          },
          fine,
          fine,
          (_, response) => {
            response
              .writeHead(200, json)
              .end(JSON.stringify({ id: "cp_1", object: "checkpoint.permission", deleted: true }))
          }
        ])
        yield* Effect.gen(function* () {
          const service = yield* permissions
          assert.deepStrictEqual(
            (yield* collect(service.stream(checkpoint, { limit: 1 }))).map(({ id }): string => id),
            ["cp_2", "cp_1"]
          )
          yield* service.create(checkpoint, [project("a")])
          assert.isTrue((yield* service.delete(checkpoint, permission("cp_1"))).deleted)
        }).pipe(Effect.provide(layerOn(api.apiUrl)))
        const path = `/v1/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`
        assert.deepStrictEqual(api.requests, [
          `GET ${path}?limit=1`,
          `GET ${path}?after=cp_2&limit=1`,
          `POST ${path}`,
          `DELETE ${path}/cp_1`
        ])
      })
    )
  })
}

describe("the connection pool", () => {
  for (const [name, http] of transports.slice(0, 2)) {
    it.scopedLive(`${name} uses one connection again and again, after errors too`, () =>
      Effect.gen(function* () {
        const refusing: Handle = (_, response) => {
          response.writeHead(404, json).end(JSON.stringify({ error: { message: "x".repeat(2000) } }))
        }
        const api = yield* serving([fine, refusing, fine, refusing, fine, refusing, fine])
        yield* Effect.gen(function* () {
          for (let n = 0; n < 8; n++) yield* Effect.ignore(list)
        }).pipe(
          Effect.provide(
            CheckpointPermissions.layer({
              adminKey: Redacted.make(key),
              apiUrl: api.apiUrl,
              pacing: Pacing.none,
              retry: RetryPolicy.none
            }).pipe(Layer.provide(http))
          )
        )
        assert.strictEqual(api.requests.length, 8)
        assert.isAtMost(api.made.length, 2)
      })
    )
  }
})
